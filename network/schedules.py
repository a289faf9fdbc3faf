"""Learning rate as a function of the step.

A schedule is given the progress of the run, 0 at the first step and 1 after the last, and
returns the share of the learning rate to use.
"""

from collections.abc import Callable
from math import cos, pi
from typing import TypeAlias

Schedule: TypeAlias = Callable[[float], float]


def constant(progress: float) -> float:
    """Keep the learning rate as it is."""
    return 1.0


def cosine(progress: float) -> float:
    """Fall from 1 to 0 along half a cosine wave.

    Source: Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts
    (2017), equation 5, without restarts.
    """
    return 0.5 * (1 + cos(pi * progress))


SCHEDULES: dict[str, Schedule] = {"constant": constant, "cosine": cosine}
