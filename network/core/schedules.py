"""Schedules: the learning rate in the course of training.

At first, large steps are best, because good parameters are far away. Later, large steps only jump
about, because the gradient differs from batch to batch; many small steps average this out. So
most schedules let the learning rate fall, nearly to 0.

A schedule is a function of the *progress* of training, 0 at the first step and 1 after the last.
It returns a factor from 0 to 1 for the learning rate.
"""

from collections.abc import Callable
from math import cos, pi
from typing import TypeAlias

Schedule: TypeAlias = Callable[[float], float]  # progress, 0 to 1 -> factor, 0 to 1

WARM_UP = 0.05  # progress up to which the rate rises in `warm_cosine`
FIRST = 1 / 25  # factor of the first step of a rise
PEAK, LAST = 0.3, 1e-5  # of `one_cycle`: progress at its peak, factor at its end


def constant(progress: float) -> float:
    """Return 1: the learning rate stays as it is."""
    return 1.0


def step(progress: float) -> float:
    """Return 1, after half of the training 0.1, after three quarters 0.01.

    Source: He, Zhang, Ren, Sun, Deep residual learning for image recognition (2016), section 4.2.
    """
    return 1.0 if progress < 0.5 else 0.1 if progress < 0.75 else 0.01


def cosine(progress: float) -> float:
    """Return a factor that falls from 1 to 0 along half a cosine wave.

    Source: Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts
    (2017), equation 5, without restarts.
    """
    return 0.5 * (1 + cos(pi * progress))


def warm_cosine(progress: float) -> float:
    """Return a factor that rises to 1 in the first 5 %, then falls as `cosine` does.

    The rise is called *warm-up*: the first gradients, of random weights, are large and a poor
    guide. It begins at 1/25, not at 0, or the first step would be wasted.

    Source: Goyal and others, Accurate, large minibatch SGD (2017), section 2.2 (gradual warm-up);
    Loshchilov and Hutter (2017), equation 5.
    """
    if progress < WARM_UP:
        return FIRST + (1 - FIRST) * progress / WARM_UP
    return cosine((progress - WARM_UP) / (1 - WARM_UP))


def one_cycle(progress: float) -> float:
    """Return a factor that rises to 1 in the first 30 %, then falls to almost 0.

    It begins at 1/25. Both parts are half cosine waves. The slow rise allows a higher peak than
    would be stable from the start.

    Source: Smith and Topin, Super-convergence (2017), section 4; the numbers and the cosines are
    those that fast.ai found to work best.
    """
    if progress < PEAK:
        return FIRST + (1 - FIRST) * (1 - cosine(progress / PEAK))
    return LAST + (1 - LAST) * cosine((progress - PEAK) / (1 - PEAK))


SCHEDULES: dict[str, Schedule] = {
    "constant": constant,
    "cosine": cosine,
    "warm-cosine": warm_cosine,
    "one-cycle": one_cycle,
    "step": step,
}
