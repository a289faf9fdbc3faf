"""Text of probabilities and scores: cut after the last digit, so that only 1 looks certain.

Rounded, 0.9996 would be 100.0 % and its score 1.000. The lab has the same rule, in `ui/dom.js`.
"""

import math


def format_probability(probability: float) -> str:
    """Format a probability in percent, cut after one decimal: 0.9896 -> 98.9 %."""
    return f"{math.floor(1000 * probability) / 10:.1f} %"


def format_score(score: float) -> str:
    """Format an output of a network: from 0 to 1 cut like a probability, 0.9896 -> 0.989."""
    return f"{math.floor(1000 * score) / 1000 if 0 <= score <= 1 else score:.3f}"
