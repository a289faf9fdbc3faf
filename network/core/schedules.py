"""Learning rate as a function of the step.

A schedule is given the progress of the run, 0 at the first step and 1 after the last, and
returns the share of the learning rate to use.
"""

from collections.abc import Callable
from math import cos, pi
from typing import TypeAlias

Schedule: TypeAlias = Callable[[float], float]

WARM_UP = 0.05  # share of the run in which the rate rises
PEAK, FIRST, LAST = 0.3, 1 / 25, 1e-5  # of the cycle: where it peaks, and where it starts and ends


def constant(progress: float) -> float:
    """Keep the learning rate as it is."""
    return 1.0


def cosine(progress: float) -> float:
    """Fall from 1 to 0 along half a cosine wave.

    Source: Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts
    (2017), equation 5, without restarts.
    """
    return 0.5 * (1 + cos(pi * progress))


def warm_cosine(progress: float) -> float:
    """Rise from 0 to 1 in the first twentieth of the run, then fall as `cosine` does.

    Source: Goyal and others, Accurate, large minibatch SGD (2017), section 2.2 (gradual warm-up);
    Loshchilov and Hutter (2017), equation 5.
    """
    if progress < WARM_UP:
        return progress / WARM_UP
    return cosine((progress - WARM_UP) / (1 - WARM_UP))


def one_cycle(progress: float) -> float:
    """Rise from 1/25 to 1 in the first 30 % of the run, then fall to almost 0, along cosines.

    Source: Smith and Topin, Super-convergence (2017), section 4; the numbers and the cosines are
    those that fast.ai found to work best.
    """
    if progress < PEAK:
        return FIRST + (1 - FIRST) * (1 - cosine(progress / PEAK))
    return LAST + (1 - LAST) * cosine((progress - PEAK) / (1 - PEAK))


def step(progress: float) -> float:
    """Fall to a tenth at half of the run, and to a hundredth at three quarters.

    Source: He, Zhang, Ren, Sun, Deep residual learning for image recognition (2016), section 4.2.
    """
    return 1.0 if progress < 0.5 else 0.1 if progress < 0.75 else 0.01


SCHEDULES: dict[str, Schedule] = {
    "constant": constant,
    "cosine": cosine,
    "warm-cosine": warm_cosine,
    "one-cycle": one_cycle,
    "step": step,
}
