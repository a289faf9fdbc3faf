"""Further optimizers, and the registry of all with their default rates.

`core/optimizers.py` has SGD, Momentum and Adam, and explains what an optimizer is.
`gradient_clipping.py` and `weight_averaging.py` wrap any of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from network.core.optimizers import (
    SGD,
    Adam,
    Momentum,
    Optimizer,
    State,
    decay_weights,
)
from network.core.params import (
    Array,
    Params,
    zeros_like,
    zip_arrays,
)
from network.core.plumbing.arguments import CheckedArguments, Epsilon, Share, Strength


@dataclass(frozen=True, kw_only=True)
class Nesterov(Momentum):
    """Momentum with the gradient of the point ahead.

        velocity <- momentum * velocity + grad
        param <- param - learning_rate * (grad + momentum * velocity)

    In effect, the gradient is that of the point to which the velocity leads.

    Source: Nesterov, A method of solving a convex programming problem with convergence rate
    O(1/k^2) (1983); Sutskever, Martens, Dahl, Hinton (2013), equations 3 and 4, in the variables
    of Bengio, Boulanger-Lewandowski, Pascanu, Advances in optimizing recurrent networks (2013),
    equation 7.
    """

    def update(self, params: Params, grads: Params, state: State, learning_rate: float) -> None:
        decay_weights(params, learning_rate * self.weight_decay)
        for _, (param, grad, velocity) in zip_arrays(params, grads, state["velocity"]):
            velocity *= self.momentum
            velocity += grad  # velocity <- momentum * velocity + grad
            grad += self.momentum * velocity
            grad *= learning_rate
            param -= grad  # param <- param - learning_rate * (grad + momentum * velocity)


@dataclass(frozen=True, kw_only=True)
class RMSProp(CheckedArguments):
    """Each gradient divided by its recent size.

        v <- decay * v + (1 - decay) * grad^2
        param <- param - learning_rate * grad / (sqrt(v) + epsilon)

    v is a moving average of the squares. Division by its root gives a parameter with small
    gradients steps as large as those of one with large gradients.
    epsilon avoids a division by 0.

    Source: Tieleman and Hinton, Lecture 6.5, rmsprop: divide the gradient by a running average
    of its recent magnitude, COURSERA: Neural networks for machine learning (2012).
    """

    decay: Share = 0.9
    epsilon: Epsilon = 1e-8
    weight_decay: Strength = 0.0

    def init(self, params: Params) -> State:
        return {"v": zeros_like(params)}

    def update(self, params: Params, grads: Params, state: State, learning_rate: float) -> None:
        decay_weights(params, learning_rate * self.weight_decay)
        for _, (param, grad, v) in zip_arrays(params, grads, state["v"]):
            v += (1 - self.decay) * (grad * grad - v)  # v <- decay * v + (1 - decay) * grad^2
            grad *= learning_rate
            grad /= np.sqrt(v) + self.epsilon
            param -= grad  # param <- param - learning_rate * grad / (sqrt(v) + epsilon)


@dataclass(frozen=True, kw_only=True)
class Adagrad(CheckedArguments):
    """Each gradient divided by the size of all before it, so that steps become smaller.

        v <- v + grad^2
        param <- param - learning_rate * grad / (sqrt(v) + epsilon)

    Source: Duchi, Hazan, Singer, Adaptive subgradient methods for online learning and stochastic
    optimization (2011), figure 1, with diagonal matrices.
    """

    epsilon: Epsilon = 1e-8
    weight_decay: Strength = 0.0

    def init(self, params: Params) -> State:
        return {"v": zeros_like(params)}

    def update(self, params: Params, grads: Params, state: State, learning_rate: float) -> None:
        decay_weights(params, learning_rate * self.weight_decay)
        for _, (param, grad, v) in zip_arrays(params, grads, state["v"]):
            v += grad * grad
            grad *= learning_rate
            grad /= np.sqrt(v) + self.epsilon
            param -= grad


@dataclass(frozen=True, kw_only=True)
class Lion(CheckedArguments):
    """The sign of the gradient and its moving mean.

        param <- param - learning_rate * sign(beta1 * m + (1 - beta1) * grad)
        m <- beta2 * m + (1 - beta2) * grad

    Every number moves by the learning rate, which should be 3 to 10 times smaller than Adam's.
    Source: Chen and others, Symbolic discovery of optimization algorithms (2023), algorithm 2.
    """

    beta1: Share = 0.9
    beta2: Share = 0.99
    weight_decay: Strength = 0.0

    def init(self, params: Params) -> State:
        return {"m": zeros_like(params)}

    def update(self, params: Params, grads: Params, state: State, learning_rate: float) -> None:
        decay_weights(params, learning_rate * self.weight_decay)
        for _, (param, grad, m) in zip_arrays(params, grads, state["m"]):
            step = m - grad
            step *= self.beta1
            step += grad
            np.sign(step, out=step)
            step *= learning_rate
            param -= step
            m += (1 - self.beta2) * (grad - m)


@dataclass(frozen=True, kw_only=True)
class Muon(CheckedArguments):
    """Momentum for matrices, whose steps are made orthogonal.

        velocity <- momentum * velocity + (1 - momentum) * grad
        step <- orthogonalize((1 - momentum) * grad + momentum * velocity)
        param <- param - learning_rate * sqrt(max(1, n_out / n_in)) * step

    A kernel of a convolution counts as the matrix (size * size * C, n_out); biases and all other
    vectors are left to Adam, at the same rate.
    Source: Jordan and others, Muon: an optimizer for hidden layers in neural networks (2024),
    section "Definition"; the scale is that of its published code.
    """

    momentum: Share = 0.95
    weight_decay: Strength = 0.0

    def init(self, params: Params) -> State:
        return {"velocity": zeros_like(matrices(params)), **Adam().init(vectors(params))}

    def update(self, params: Params, grads: Params, state: State, learning_rate: float) -> None:
        decay_weights(params, learning_rate * self.weight_decay)
        Adam().update(vectors(params), vectors(grads), state, learning_rate)
        trees = matrices(params), matrices(grads), state["velocity"]
        for _, (param, grad, velocity) in zip_arrays(*trees):
            grad *= 1 - self.momentum
            velocity *= self.momentum
            velocity += grad
            grad += self.momentum * velocity
            step = orthogonalize(grad.reshape(-1, grad.shape[-1]))  # (n_in, n_out)
            step *= learning_rate * max(1, step.shape[1] / step.shape[0]) ** 0.5
            param -= step.reshape(param.shape)


def matrices(params: Params) -> Params:
    """Return the arrays with two or more axes: weights, and kernels of convolutions."""
    return [{n: array for n, array in layer.items() if array.ndim > 1} for layer in params]


def vectors(params: Params) -> Params:
    """Return the arrays with one axis or none: biases and scales."""
    return [{n: array for n, array in layer.items() if array.ndim <= 1} for layer in params]


# Chosen for a steep start: 5 rounds bring values above 1 % of the norm to 0.68 to 1.14.
LINEAR, CUBIC, QUINTIC = 3.4445, -4.7750, 2.0315


def orthogonalize(matrix: Array, rounds: int = 5) -> Array:
    """Make every singular value about 1, and keep the singular vectors.

    Each round turns a singular value s into 3.4445 s - 4.7750 s^3 + 2.0315 s^5; the first is
    divided by the norm plus 1e-7, so that none is above 1.

    There are limits. A matrix whose norm is below about 1e-7 stays small: its step is shorter than
    others, or next to nothing. In float32 the squares overflow where the norm is above 1.8e19, and
    the result is 0. A singular value below about 1 % of the norm has not reached 1 after 5 rounds.

    Shapes: (n, m) -> (n, m).
    Source: Jordan and others, Muon: an optimizer for hidden layers in neural networks (2024),
    sections "Definition" and "Tuning the coefficients".
    """
    is_tall = matrix.shape[0] > matrix.shape[1]
    x: Array = matrix.T if is_tall else matrix  # the gram is the smaller one
    x = x / (np.linalg.norm(x) + x.dtype.type(1e-7))
    for _ in range(rounds):
        gram = x @ x.T
        x = LINEAR * x + (CUBIC * gram + QUINTIC * (gram @ gram)) @ x
    return x.T if is_tall else x


@dataclass(frozen=True)
class OptimizerEntry:
    """An optimizer in the registry: its class, and its properties for other code.

    The rates are the learning rate and the weight decay of a run that chooses none, for each
    loss. They were found on validation images (docs/results.md).
    """

    build: Callable[..., Optimizer]
    help: str
    rates: Mapping[str, tuple[float, float]]
    learning_rate_range: tuple[float, float] = (1e-12, 1e6)
    momentum_range: tuple[float, float] = (0, 0.9999)

    def __call__(self, **settings: float | None) -> Optimizer:
        return self.build(**settings)

    @property
    def momentum(self) -> float | None:
        """Return the default momentum; None if this optimizer has none."""
        momentum: float | None = getattr(self.build, "momentum", None)
        return momentum


OPTIMIZERS: dict[str, OptimizerEntry] = {
    "sgd": OptimizerEntry(
        SGD,
        "stochastic gradient descent: a step along the gradient of each batch",
        {
            "squared-error": (7.0, 2.4e-5),
            "cross-entropy": (1.0, 1e-4),
            "binary-cross-entropy": (1.0, 1e-4),
        },
    ),
    "momentum": OptimizerEntry(
        Momentum,
        "steps along a moving sum of the gradients",
        {
            "squared-error": (0.7, 2.4e-4),
            "cross-entropy": (0.1, 1e-3),
            "binary-cross-entropy": (0.1, 1e-3),
        },
    ),
    "nesterov": OptimizerEntry(
        Nesterov,
        "momentum with the gradient of the point ahead",
        {
            "squared-error": (0.7, 2.4e-4),
            "cross-entropy": (0.1, 1e-3),
            "binary-cross-entropy": (0.1, 1e-3),
        },
    ),
    "rmsprop": OptimizerEntry(
        RMSProp,
        "each gradient divided by its recent size",
        {
            "squared-error": (0.02, 0.03),
            "cross-entropy": (0.01, 0.03),
            "binary-cross-entropy": (0.01, 0.03),
        },
    ),
    "adagrad": OptimizerEntry(
        Adagrad,
        "each gradient divided by the size of all before it",
        {
            "squared-error": (0.1, 0.001),
            "cross-entropy": (0.2, 0.001),
            "binary-cross-entropy": (0.2, 0.001),
        },
    ),
    "adam": OptimizerEntry(
        Adam,
        "momentum and RMSProp together (AdamW)",
        {
            "squared-error": (0.02, 0.03),
            "cross-entropy": (0.01, 0.03),
            "binary-cross-entropy": (0.01, 0.03),
        },
    ),
    "lion": OptimizerEntry(
        Lion,
        "the sign of the gradient and its moving mean",
        {
            "squared-error": (0.0003, 0.5),
            "cross-entropy": (0.002, 0.1),
            "binary-cross-entropy": (0.0003, 0.1),
        },
    ),
    "muon": OptimizerEntry(
        Muon,
        "momentum whose steps are made orthogonal, for weights",
        {
            "squared-error": (0.01, 0.02),
            "cross-entropy": (0.02, 0.02),
            "binary-cross-entropy": (0.01, 0.01),
        },
    ),
}
