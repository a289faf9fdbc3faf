"""Schedules: the learning rate in the course of training.

At first, large steps are best, because good parameters are far away. Later, large steps only jump
about, because the gradient differs from batch to batch; many small steps average this out. So
most schedules let the learning rate fall, nearly to 0.

A schedule is a function of the *progress* of training, 0 at the first step and 1 after the last.
It returns a factor from 0 to 1 for the learning rate. `training/schedules.py` has further ones.
"""

from collections.abc import Callable
from math import cos, pi
from typing import TypeAlias

Schedule: TypeAlias = Callable[[float], float]  # progress, 0 to 1 -> factor, 0 to 1


def constant(progress: float) -> float:
    """Return 1: the learning rate stays as it is."""
    return 1.0


def cosine(progress: float) -> float:
    """Return a factor that falls from 1 to 0 along half a cosine wave.

    Source: Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts
    (2017), equation 5, without restarts.
    """
    return 0.5 * (1 + cos(pi * progress))
