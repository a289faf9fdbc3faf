"""Further schedules, and the registry of all.

`core/schedules.py` has the constant and the cosine, and explains what a schedule is.
"""

from network.core.schedules import Schedule, constant, cosine

WARM_UP = 0.05  # progress up to which the rate rises in `warm_cosine`
FIRST = 1 / 25  # factor of the first step of a rise
PEAK, LAST = 0.3, 1e-5  # of `one_cycle`: progress at its peak, factor at its end


def step(progress: float) -> float:
    """Return 1, after half of the training 0.1, after three quarters 0.01.

    Source: He, Zhang, Ren, Sun, Deep residual learning for image recognition (2016), section 4.2.
    """
    return 1.0 if progress < 0.5 else 0.1 if progress < 0.75 else 0.01


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
