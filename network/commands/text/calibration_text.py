"""Text about the calibration of a run and of its predictions."""

from network.metrics.out_of_distribution import FALSE_POSITIVE_RATE, MIN_EXAMPLES
from network.metrics.probability_text import format_probability
from network.runs.calibrate import MIN_MISTAKES, Calibration
from network.runs.predict import Prediction


def format_temperatures(calibration: Calibration) -> list[str]:
    """Return a table of the calibration errors, and the temperature in use."""
    names = "probabilities as they are", "with a fitted temperature"
    rows = zip(names, calibration.calibration_error, calibration.log_loss, strict=True)
    return [
        f"{'':25}   calibration error   log-loss",
        *(f"{what:<25}  {100 * error:15.2f} %   {loss:8.4f}" for what, error, loss in rows),
        format_temperature(calibration),
    ]


def format_temperature(calibration: Calibration) -> str:
    """Return the temperature in use, with the reason for it."""
    if calibration.temperature != 1:
        bias = "underconfident" if calibration.temperature < 1 else "overconfident"
        return f"temperature {calibration.temperature:.3f}: without it the network is {bias}"
    if calibration.mistakes < MIN_MISTAKES:
        return f"kept as they are: {calibration.mistakes} mistakes are too few to fit a temperature"
    return "kept as they are: in cross-validation, a fitted temperature is not better"


def format_coverage(calibration: Calibration) -> list[str]:
    """Return a table of the mean size of a prediction set at each coverage, and what that means."""
    rows = [
        f"{100 * float(coverage):7.1f} %  {size:27.3f}"
        for coverage, size in calibration.set_sizes.items()
    ]
    return [
        "A prediction set lists the classes that an image may have. The coverage is the share of",
        "images whose set contains the correct class; higher coverage needs larger sets:",
        "coverage   classes in a set, on average",
        *rows,
    ]


def format_detectors(calibration: Calibration) -> list[str]:
    """Return the threshold beyond which an image is out of distribution."""
    if calibration.familiarity is None:
        found = f"{calibration.examples:,} validation images"
        return [f"{found} are too few to detect other images; {MIN_EXAMPLES} are needed"]
    far, rate = f"{calibration.familiarity.threshold:.3f}", f"{100 * FALSE_POSITIVE_RATE:g} %"
    return [
        f"Images farther than {far} from every training image are out of distribution: unlike",
        f"all that the network knows. At most {rate} of the validation images are.",
    ]


def format_prediction(
    prediction: Prediction, classes: tuple[str, ...], coverage: str | None, examples: int
) -> list[str]:
    """Return the probability and the prediction set of an image, or that it is OOD.

    Probability and set hold for images like the `examples` for validation. For an image that is
    out of distribution they would mislead, so they are left out.
    """
    if prediction.is_out_of_distribution and prediction.share_closer is not None:
        return [format_out_of_distribution(prediction.share_closer, classes, examples)]
    probability = format_probability(prediction.probability)
    lines = [f"{classes[prediction.answer]} with probability {probability}"]
    if prediction.prediction_set is not None and coverage is not None:
        names = " or ".join(classes[which] for which in prediction.prediction_set)
        lines.append(f"{names}, correct in {100 * float(coverage):g} % of cases")
    return lines


def format_out_of_distribution(share_nearer: float, classes: tuple[str, ...], examples: int) -> str:
    """Return how far an image is from the training images of a run."""
    what = "digits" if all(name.isdigit() for name in classes) else "images"
    share = "all" if share_nearer == 1 else f"{format_probability(share_nearer)} of"
    return (
        f"out of distribution: farther from the training {what} than {share} "
        f"{examples:,} validation {what}"
    )
