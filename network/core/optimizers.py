"""Optimizers: rules that turn gradients into better parameters.

The gradient points to where the loss grows fastest, so training moves every parameter a little
against it, again and again. One such move is a *step*. The *learning rate* is the factor between
gradient and move: if it is too low, training takes too long; if it is too high, steps jump over
the minimum, and the loss may grow without limit.

A step uses the gradient of one batch, a fast estimate of the gradient of all images that differs
a little from batch to batch. Hence the name of the simplest rule, *stochastic* (random) *gradient
descent*, SGD. Other rules remember earlier gradients to make better steps: Momentum and Adam
here, further ones in `network/training/optimizers.py`.

*Weight decay* multiplies every weight, but no bias, by 1 - learning_rate * weight_decay in each
step. Weights that the gradient does not maintain fade, which favours simple solutions. In SGD
this is the same as adding weight_decay / 2 * weight^2 to the loss for every weight (L2
regularization); in Adam it is not, and works better.
Source: Loshchilov and Hutter, Decoupled weight decay regularization (2019), algorithm 2.

An update computes in place: new parameters overwrite the old ones, and the arrays of the gradients
hold intermediate results. So `grad` is no longer the gradient in the last lines of an update.
"""

from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np

from network.core.params import Params, zeros_like, zip_arrays
from network.core.plumbing.arguments import CheckedArguments, Epsilon, Share, Strength
from network.core.plumbing.speed import params_dtype

State: TypeAlias = dict[str, Params]  # trees by name, each of the form of the parameters


class Optimizer(Protocol):
    """A rule for one training step."""

    def init(self, params: Params) -> State:
        """Return the state before the first step."""

    def update(self, params: Params, grads: Params, state: State, learning_rate: float) -> None:
        """Take one step: params and state change in place, and grads are overwritten."""


def decay_weights(params: Params, factor: float) -> None:
    """Multiply every weight, but no bias, by 1 - factor."""
    if factor:
        share = 1 - factor
        for layer in params:
            for name in layer:
                if name.endswith("weight"):  # also 0.1.weight, in a member of an ensemble
                    layer[name] *= share


@dataclass(frozen=True, kw_only=True)
class SGD(CheckedArguments):
    """param <- param - learning_rate * grad.

    Source: Robbins and Monro, A stochastic approximation method (1951); Bottou, Large-scale
    machine learning with stochastic gradient descent (2010), equation 3.

    Example:
        >>> params, grads = [{"weight": np.array([1.0])}], [{"weight": np.array([0.5])}]
        >>> SGD().update(params, grads, {}, learning_rate=0.1)
        >>> params
        [{'weight': array([0.95])}]
    """

    weight_decay: Strength = 0.0

    def init(self, params: Params) -> State:
        return {}

    def update(self, params: Params, grads: Params, state: State, learning_rate: float) -> None:
        decay_weights(params, learning_rate * self.weight_decay)
        rate = np.array(learning_rate, params_dtype(grads))  # converted once, not for every array
        for layer, layer_grads in zip(params, grads, strict=True):
            for name, grad in layer_grads.items():
                param = layer[name]
                grad *= rate
                param -= grad  # param <- param - learning_rate * grad


@dataclass(frozen=True, kw_only=True)
class Momentum(CheckedArguments):
    """velocity <- momentum * velocity + grad;  param <- param - learning_rate * velocity.

    The velocity is a sum of gradients in which older ones fade. Differences between batches cancel
    out, and a lasting direction becomes up to 1 / (1 - momentum) times as strong, 10 with 0.9.

    Source: Polyak, Some methods of speeding up the convergence of iteration methods (1964);
    Sutskever, Martens, Dahl, Hinton (2013), equations 1 and 2, with the rate taken outside.
    """

    momentum: Share = 0.9
    weight_decay: Strength = 0.0

    def init(self, params: Params) -> State:
        return {"velocity": zeros_like(params)}

    def update(self, params: Params, grads: Params, state: State, learning_rate: float) -> None:
        decay_weights(params, learning_rate * self.weight_decay)
        for _, (param, grad, velocity) in zip_arrays(params, grads, state["velocity"]):
            velocity *= self.momentum
            velocity += grad  # velocity <- momentum * velocity + grad
            np.multiply(velocity, learning_rate, out=grad)
            param -= grad  # param <- param - learning_rate * velocity


@dataclass(frozen=True, kw_only=True)
class Adam(CheckedArguments):
    """A step along the mean of recent gradients, divided by their recent size.

        m <- beta1 * m + (1 - beta1) * grad             moving average of the gradients
        v <- beta2 * v + (1 - beta2) * grad^2           moving average of their squares
        m_hat = m / (1 - beta1^t)                       at step t = 1, 2, ...
        v_hat = v / (1 - beta2^t)
        param <- param - learning_rate * m_hat / (sqrt(v_hat) + epsilon)

    So every parameter moves by about the learning rate, however large or small its gradients
    are. m and v start at 0 and are too small at first: for a constant gradient, m is
    (1 - beta1^t) * grad after t steps. m_hat and v_hat correct that. epsilon avoids a
    division by 0.

    Source: Kingma and Ba, Adam: a method for stochastic optimization (2015), algorithm 1, with
    the order of its section 2's last paragraph; with weight_decay it is AdamW.

    Example:
        >>> params, grads = [{"weight": np.array([1.0])}], [{"weight": np.array([0.5])}]
        >>> optimizer = Adam()
        >>> optimizer.update(params, grads, optimizer.init(params), learning_rate=0.1)
        >>> params
        [{'weight': array([0.9])}]
    """

    beta1: Share = 0.9
    beta2: Share = 0.999
    epsilon: Epsilon = 1e-8
    weight_decay: Strength = 0.0

    def init(self, params: Params) -> State:
        return {
            "m": zeros_like(params),
            "v": zeros_like(params),
            "t": [{"t": np.zeros((), np.int64)}],
        }

    def update(self, params: Params, grads: Params, state: State, learning_rate: float) -> None:
        decay_weights(params, learning_rate * self.weight_decay)
        state["t"][0]["t"] += 1
        t = int(state["t"][0]["t"])
        # The corrections are two numbers for all parameters. With root = sqrt(1 - beta2^t):
        # m_hat / (sqrt(v_hat) + epsilon) = root / (1 - beta1^t) * m / (sqrt(v) + epsilon * root)
        root = float(np.sqrt(1 - self.beta2**t))
        rate = learning_rate * root / (1 - self.beta1**t)
        for _, (param, grad, m, v) in zip_arrays(params, grads, state["m"], state["v"]):
            m += (1 - self.beta1) * (grad - m)  # m <- beta1 * m + (1 - beta1) * grad
            grad *= grad
            v += (1 - self.beta2) * (grad - v)  # v <- beta2 * v + (1 - beta2) * grad^2
            np.sqrt(v, out=grad)
            grad += self.epsilon * root
            np.divide(m, grad, out=grad)
            grad *= rate
            param -= grad  # param <- param - rate * m / (sqrt(v) + epsilon * root)
