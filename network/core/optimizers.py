"""Turn gradients into better parameters: SGD, Momentum, Nesterov, RMSProp, Adam.

An optimizer is a description with two functions: `init` makes its memory (the state, a value
that can be saved) and `update` takes one step. A run owns its arrays, so `update` writes the
new numbers over the old ones instead of allocating the whole network once a step.

`weight_decay` shrinks the weights, never the biases, by learning_rate * weight_decay a step,
apart from the gradient (Loshchilov and Hutter, Decoupled weight decay regularization, 2019,
algorithm 2); with SGD this is the L2 penalty of the textbooks.
"""

from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np

from network.core.params import Params, params_dtype, zeros_like, zip_arrays

State: TypeAlias = dict[str, Params]  # named memories, each a tree of the parameters' form


class Optimizer(Protocol):
    """A rule for one step."""

    def init(self, params: Params) -> State:
        """Make the memory that the rule starts with."""

    def update(self, params: Params, grads: Params, state: State, learning_rate: float) -> None:
        """Take one step: params and state change in place, grads may be used up."""


def decay_weights(params: Params, factor: float) -> None:
    """Multiply every weight, but no bias, by `1 - factor`."""
    if factor:
        for layer in params:
            if "weight" in layer:
                layer["weight"] *= 1 - factor


@dataclass(frozen=True)
class SGD:
    """param <- param - learning_rate * grad.

    Source: Robbins and Monro, A stochastic approximation method (1951); Bottou, Large-scale
    machine learning with stochastic gradient descent (2010), equation 3.
    """

    weight_decay: float = 0.0

    def init(self, params: Params) -> State:
        return {}

    def update(self, params: Params, grads: Params, state: State, learning_rate: float) -> None:
        decay_weights(params, learning_rate * self.weight_decay)
        rate = np.array(learning_rate, params_dtype(grads))  # converted once, not for every array
        for layer, layer_grads in zip(params, grads, strict=True):
            for name, grad in layer_grads.items():
                param = layer[name]
                grad *= rate
                param -= grad


@dataclass(frozen=True)
class Momentum:
    """velocity <- momentum * velocity + grad;  param <- param - learning_rate * velocity.

    Source: Polyak, Some methods of speeding up the convergence of iteration methods (1964);
    Sutskever, Martens, Dahl, Hinton (2013), equations 1 and 2, with the rate taken outside.
    """

    momentum: float = 0.9
    weight_decay: float = 0.0

    def init(self, params: Params) -> State:
        return {"velocity": zeros_like(params)}

    def update(self, params: Params, grads: Params, state: State, learning_rate: float) -> None:
        decay_weights(params, learning_rate * self.weight_decay)
        for _, (param, grad, velocity) in zip_arrays(params, grads, state["velocity"]):
            velocity *= self.momentum
            velocity += grad
            np.multiply(velocity, learning_rate, out=grad)
            param -= grad


@dataclass(frozen=True)
class Nesterov(Momentum):
    """Momentum that looks ahead.

        velocity <- momentum * velocity + grad
        param <- param - learning_rate * (grad + momentum * velocity)

    The gradient counts as if it were taken where the velocity will have led.
    Source: Nesterov, A method of solving a convex programming problem with convergence rate
    O(1/k^2) (1983); Sutskever, Martens, Dahl, Hinton (2013), equations 3 and 4, in the variables
    of Bengio, Boulanger-Lewandowski, Pascanu, Advances in optimizing recurrent networks (2013),
    equation 7.
    """

    def update(self, params: Params, grads: Params, state: State, learning_rate: float) -> None:
        decay_weights(params, learning_rate * self.weight_decay)
        for _, (param, grad, velocity) in zip_arrays(params, grads, state["velocity"]):
            velocity *= self.momentum
            velocity += grad
            grad += self.momentum * velocity
            grad *= learning_rate
            param -= grad


@dataclass(frozen=True)
class RMSProp:
    """Each gradient divided by how large it has been of late.

        v <- decay * v + (1 - decay) * grad^2
        param <- param - learning_rate * grad / (sqrt(v) + epsilon)

    Source: Tieleman and Hinton, Lecture 6.5, rmsprop: divide the gradient by a running average
    of its recent magnitude, COURSERA: Neural networks for machine learning (2012).
    """

    decay: float = 0.9
    epsilon: float = 1e-8
    weight_decay: float = 0.0

    def init(self, params: Params) -> State:
        return {"v": zeros_like(params)}

    def update(self, params: Params, grads: Params, state: State, learning_rate: float) -> None:
        decay_weights(params, learning_rate * self.weight_decay)
        for _, (param, grad, v) in zip_arrays(params, grads, state["v"]):
            v += (1 - self.decay) * (grad * grad - v)
            grad *= learning_rate
            grad /= np.sqrt(v) + self.epsilon
            param -= grad


@dataclass(frozen=True)
class Adam:
    """Steps of about the learning rate in every direction, however large its gradients are.

        m <- beta1 * m + (1 - beta1) * grad             the mean of the gradients
        v <- beta2 * v + (1 - beta2) * grad^2           the mean of their squares
        param <- param - learning_rate * m_hat / (sqrt(v_hat) + epsilon)

    with m_hat = m / (1 - beta1^t) and v_hat = v / (1 - beta2^t) at step t = 1, 2, ...
    Source: Kingma and Ba, Adam: a method for stochastic optimization (2015), algorithm 1, with
    the order of its section 2's last paragraph; with weight_decay it is AdamW.
    """

    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    weight_decay: float = 0.0

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
        # lr * m_hat / (sqrt(v_hat) + eps) = rate * m / (sqrt(v) + eps * root), scalars first
        root = float(np.sqrt(1 - self.beta2**t))
        rate = learning_rate * root / (1 - self.beta1**t)
        for _, (param, grad, m, v) in zip_arrays(params, grads, state["m"], state["v"]):
            m += (1 - self.beta1) * (grad - m)
            grad *= grad
            v += (1 - self.beta2) * (grad - v)
            np.sqrt(v, out=grad)
            grad += self.epsilon * root
            np.divide(m, grad, out=grad)
            grad *= rate
            param -= grad
