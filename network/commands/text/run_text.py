"""Text about a run: its epochs, its accuracy, its comparison with another."""

from statistics import fmean, stdev

from network.core.gradient_check import ArrayCheck
from network.metrics.accuracy import ClassificationResult
from network.metrics.comparison import PairedComparison
from network.metrics.probability_text import format_score
from network.training.state import EpochDone

MAX_WIDTH = 110  # columns of a table
MAX_CONFUSIONS = 15  # lines of a list of confusions


def format_epoch(event: EpochDone, epochs: int, images: int | None = None) -> str:
    """Return the line of an epoch, with its speed if the number of images is known."""
    parts = [f"epoch {event.epoch:>3} of {epochs}", f"loss {event.loss:.4f}"]
    if event.validation_accuracy is not None:
        parts.append(f"validation {100 * event.validation_accuracy:.2f} %")
    if images is not None:
        parts.append(f"{images / event.seconds:,.0f} images/s")
    return "  ".join(parts)


def format_repeat_warning(evaluations: int, whose: str = "this run has") -> str:
    """Return the warning about a run that has been tested more than once."""
    return (
        f"{whose} been tested {evaluations} times. Compare settings on validation images: if you "
        "tune on the test set, its accuracy is not a fair estimate"
    )


def format_spread(accuracies: list[float]) -> str:
    """Return the mean and the spread of the accuracies of several runs."""
    low, mean, high = (
        f"{100 * share:.2f}" for share in (min(accuracies), fmean(accuracies), max(accuracies))
    )
    return f"mean {mean} %, standard deviation {100 * stdev(accuracies):.2f}, {low}-{high} %"


def format_comparison(comparison: PairedComparison, names: tuple[str, str]) -> list[str]:
    """Return a table of the images that both, one or neither run predicts correctly."""
    low, high = (100 * end for end in comparison.interval)
    rows = [
        ("both correct", comparison.both),
        (f"only {names[0]} correct", comparison.only_first),
        (f"only {names[1]} correct", comparison.only_second),
        ("neither correct", comparison.neither),
    ]
    width = max(len(what) for what, _ in rows)
    lines = [f"{what:<{width}}  {count:>7,}" for what, count in rows]
    points = f"{100 * comparison.difference:+.2f} points"
    difference = f"{points}, 95 % interval {low:+.2f} to {high:+.2f}"
    return [*lines, f"accuracy of {names[1]} minus that of {names[0]}: {difference}"]


def format_significance(comparison: PairedComparison, names: tuple[str, str]) -> str:
    """Return whether two runs differ significantly, in a sentence without statistics."""
    more = comparison.only_second - comparison.only_first
    ahead, images = names[int(more > 0)], f"{comparison.count:,} images"
    by_chance = (
        "if the two were equally good, a difference at least this large would come by chance in "
        f"{format_odds(comparison.p_value)} comparisons"
    )
    if comparison.better is not None:
        return f"{ahead} is better: {abs(more):,} more of {images} correct; {by_chance}"
    verdict = f"no significant difference on {images}"
    if more == 0:
        return f"{verdict}: both have as many correct"
    return f"{verdict}: {ahead} has {abs(more):,} more correct; {by_chance}"


def format_odds(chance: float) -> str:
    """Return a probability as odds: 62 of 100, 1 of 250, less than 1 of 1,000,000."""
    if chance > 0.05:
        return f"{100 * chance:.0f} of 100"
    if chance < 1e-6:
        return "less than 1 of 1,000,000"
    return f"1 of {float(f'{1 / chance:.2g}'):,.0f}"


def format_class_table(result: ClassificationResult, classes: tuple[str, ...]) -> list[str]:
    """Return a table of the correct predictions and the accuracy of each class."""
    width = max(5, *map(len, classes))
    lines = [f"{'class':<{width}} correct    all  accuracy %"]
    for index, name in enumerate(classes):
        correct, total = int(result.confusion[index, index]), int(result.confusion[index].sum())
        share = f"{100 * correct / total:.2f}" if total else "-"
        lines.append(f"{name:>{width}}  {correct:6,} {total:6,}  {share:>10}")
    return lines


def format_confusion_table(result: ClassificationResult, classes: tuple[str, ...]) -> list[str]:
    """Return the confusion matrix: true classes as rows, predicted ones as columns.

    A point is 0. If the matrix is too wide for a screen, return the most frequent confusions.
    """
    widths = [max(6, len(name) + 2) for name in classes]
    if sum(widths) > MAX_WIDTH:
        return format_confusion_list(result, classes)
    cells = zip(classes, widths, strict=True)
    lines = ["label \\ predicted" + "".join(f"{name:>{width}}" for name, width in cells)]
    for name, row in zip(classes, result.confusion, strict=True):
        cells = zip((str(count or ".") for count in row), widths, strict=True)
        lines.append(f"{name:>17}" + "".join(f"{count:>{width}}" for count, width in cells))
    return lines


def format_confusion_list(result: ClassificationResult, classes: tuple[str, ...]) -> list[str]:
    """Return the most frequent confusions of two classes, one per line."""
    counts = [
        (int(count), label, answer)
        for label, row in enumerate(result.confusion)
        for answer, count in enumerate(row)
        if count and label != answer
    ]
    lines = ["most frequent confusions"]
    for count, label, answer in sorted(counts, key=lambda item: -item[0])[:MAX_CONFUSIONS]:
        lines.append(f"{count:6,}  {classes[label]} predicted as {classes[answer]}")
    return lines


def format_check(check: ArrayCheck) -> str:
    """Return the line of an array whose gradient was checked."""
    verdict = "correct" if check.is_right else "INCORRECT"
    place = f"{check.layer} {check.layer_name}.{check.array_name}"
    return (
        f"{place:20} {check.checked:>9,} checked  "
        f"largest relative error {check.relative_error:.1e}  {verdict}"
    )


def format_scores(scores: list[float], classes: tuple[str, ...]) -> str:
    """Return all scores of an image, the highest marked."""
    best = max(scores)
    cells = [
        f"{'*' if score == best else ' '}{name} {format_score(score)}"
        for name, score in zip(classes, scores, strict=True)
    ]
    return " ".join(cells)


def format_advice(checks: list[ArrayCheck]) -> str:
    """Return the place of the bug: the highest layer with an incorrect gradient.

    Errors spread downwards. If one gradient of this layer or of one below is correct, the layer
    got a correct d_y, and the bug is in the code of the incorrect gradients. If all are incorrect,
    the bug is in the d_y that reaches the layer.
    """
    wrong = [check for check in checks if not check.is_right]
    top = max(check.layer for check in wrong)
    at_fault = [check for check in wrong if check.layer == top]
    counted = f"{len(wrong)} of {len(checks)} gradients are incorrect: check first"
    if all(not check.is_right for check in checks if check.layer <= top):
        below = " and all below" if any(check.layer < top for check in checks) else ""
        return (
            f"{counted} the d_y that reaches layer {top}, {at_fault[0].layer_name}, because all of "
            f"its gradients{below} are incorrect. It is {describe_d_y(checks, top)}"
        )
    names = " and ".join(check.array_name for check in at_fault)
    made = " and ".join(dict.fromkeys(describe_gradient(check.array_name) for check in at_fault))
    return (
        f"{counted} layer {top}, {at_fault[0].layer_name}.{names}: its d_y is correct, so the bug "
        f"is in {made}"
    )


def describe_d_y(checks: list[ArrayCheck], layer: int) -> str:
    """Return the source of the d_y that reaches a layer."""
    above = next((check for check in checks if check.layer > layer), None)
    if above is None:
        return "the gradient of the loss, carried through the d_x of the output activation"
    between = ", carried through the layers between" if above.layer > layer + 1 else ""
    return f"the d_x of layer {above.layer}, {above.layer_name}{between}"


def describe_gradient(array_name: str) -> str:
    """Return the source of an array's gradient; names may be member.layer.name."""
    kind = array_name.rpartition(".")[2]
    makers = {
        "weight": "the product of x and d_y",
        "bias": "the sum of d_y over the batch",
        "scale": "the sum of d_y times the normalised x",
        "shift": "the sum of d_y over the batch",
    }
    return f"{makers.get(kind, 'the code')} that makes d_{kind}"
