"""Say in lines what a run's answers are worth."""

import math

from network.metrics.out_of_distribution import FALSE_POSITIVE_RATE, MIN_EXAMPLES
from network.runs.calibrate import MIN_MISTAKES, Calibration
from network.runs.predict import Prediction


def format_temperatures(calibration: Calibration) -> list[str]:
    """What a temperature is good for, and which one was taken."""
    names = "temperature 1", "fitted to others"
    rows = zip(names, calibration.calibration_error, calibration.log_loss, strict=True)
    return [
        "                  calibration error   log-loss",
        *(f"{what:<16}  {100 * error:15.2f} %   {loss:8.4f}" for what, error, loss in rows),
        format_temperature(calibration),
    ]


def format_temperature(calibration: Calibration) -> str:
    """Which temperature was taken, and why."""
    if calibration.temperature != 1:
        bolder = "surer" if calibration.temperature < 1 else "less sure"
        return f"temperature {calibration.temperature:.3f}: answers are {bolder} than the scores"
    if calibration.mistakes < MIN_MISTAKES:
        return f"temperature 1: {calibration.mistakes} wrong answers are too few to fit another"
    return "temperature 1: on examples that it was not fitted to, another is no better"


def format_coverage(calibration: Calibration) -> list[str]:
    """How large sets are that hold the right class as often as promised."""
    rows = [
        f"{100 * float(coverage):7.1f} %  {size:24.3f}"
        for coverage, size in calibration.set_sizes.items()
    ]
    return ["promised   classes in a set, on average", *rows]


def format_detectors(calibration: Calibration) -> list[str]:
    """What is called unlike the images to train on."""
    if calibration.familiarity is None:
        some = f"{calibration.examples:,} examples are too few"
        return [f"{some} to tell what is unlike them, {MIN_EXAMPLES} are needed"]
    far = f"{calibration.familiarity.threshold:.3f}"
    return [
        f"unlike them is what is farther than {far} from every image that it was trained on,",
        f"as at most {100 * FALSE_POSITIVE_RATE:g} % of such examples are",
    ]


def format_prediction(
    prediction: Prediction, classes: tuple[str, ...], coverage: str | None, examples: int
) -> list[str]:
    """What to think of an answer, where `examples` were held out to tell.

    How likely it is, and what sets promise, is said of digits; of what is none it would mislead.
    """
    if prediction.is_out_of_distribution and prediction.share_closer is not None:
        return [format_out_of_distribution(prediction.share_closer, classes, examples)]
    lines = [
        f"{classes[prediction.answer]} with probability {format_percent(prediction.probability)}"
    ]
    if prediction.prediction_set is not None and coverage is not None:
        names = " or ".join(classes[which] for which in prediction.prediction_set)
        lines.append(f"{names}, which holds in {100 * float(coverage):g} % of cases")
    return lines


def format_out_of_distribution(share_nearer: float, classes: tuple[str, ...], examples: int) -> str:
    """How far an image is from all that a run was trained on."""
    what = "digits" if all(name.isdigit() for name in classes) else "images"
    share = "all" if share_nearer == 1 else f"{format_percent(share_nearer)} of"
    return (
        f"unlike the {what} it was trained on: farther from them than {share} "
        f"{examples:,} held-out {what}"
    )


def format_percent(share: float) -> str:
    """A share in percent, rounded down: what is not certain is never 100 %."""
    return f"{math.floor(1000 * share) / 10:.1f} %"
