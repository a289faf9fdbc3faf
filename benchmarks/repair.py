"""Fix the bugs of the original one by one, and measure the gain from each fix.

    python benchmarks/repair.py           # the tables and the picture of docs/tutorial/repair.md
    python benchmarks/repair.py --steps 5          # only the five bugs: two minutes
    python benchmarks/repair.py --choose           # the settings of the later steps, on validation
    python benchmarks/repair.py --published FOLDER # from the published untrained to trained weights

Step 0 is the original. Every later step keeps the fixes before it. A random seed determines the
initial weights, the order of the images, and the tenth of the training images for validation.
Settings are chosen on validation images, with other seeds; the tables report the test set. The gain
of a step is the mean of its differences to the step before, seed by seed. As long as a bug is left,
the original network is trained, in float64 like the original; after that ours, in float32.
"""

import argparse
import statistics
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
from repair_chart import draw_steps
from repair_steps import FAULTS, REPAIRS, Repair, Training, after
from repair_training import Score, as_ours, draw_first, run, train_ours, train_seed
from seed_network import SEED, SeedNetwork

from network.core.data import Examples, load_examples, split_validation
from network.core.params import Params, zip_arrays
from network.environment import one_core_each
from network.runs.import_original import read_arrays
from pipeline.build import build_pickles
from pipeline.datasets.catalogue.mnist import MNIST
from pipeline.storage.cache import find_cache
from pipeline.terminal.preview import save_picture

HELD_OUT = 0.1
CHOOSING_SEEDS = range(20, 23)
PATIENT = 10  # epochs, to test whether the original only needed a longer training
SHARES = (5, 1, 0.2, 0.04)  # times the original learning rate, to test whether another helps


@cache
def examples_of(split: str) -> Examples:
    """Load a split once."""
    return load_examples(find_cache(), MNIST, split)


def measure(network: SeedNetwork, training: Training, seeds: Sequence[int]) -> list[Score]:
    """Train once for each random seed, and evaluate on the test set."""
    return [
        run(
            network, training, split_validation(examples_of("train"), HELD_OUT, seed)[0],
            examples_of("test"), seed,
        )
        for seed in seeds
    ]  # fmt: skip


def accuracies(scores: Sequence[Score]) -> list[float]:
    """Return the accuracies, in percent."""
    return [score.accuracy for score in scores]


def mean_and_spread(values: Sequence[float], sign: str = "") -> str:
    """Format a mean and its standard deviation."""
    spread = statistics.stdev(values) if len(values) > 1 else 0.0
    return f"{statistics.mean(values):{sign}.2f} ± {spread:.2f}"


def print_steps(repairs: Sequence[Repair], seeds: Sequence[int]) -> list[list[float]]:
    """Print a row for each step, and return its accuracies."""
    print("| step | change | test accuracy % | gain, points | saturated % | after ten epochs % |")
    print("|--:|---|--:|--:|--:|--:|")
    found: list[list[float]] = []
    for number, repair in enumerate(repairs):
        network, training = after(repairs[: number + 1])
        scores = measure(network, training, seeds)
        found.append(accuracies(scores))
        worth = ""
        if number:
            differences = [b - a for a, b in zip(*found[-2:], strict=True)]
            worth = mean_and_spread(differences, "+")
        stuck = statistics.mean(score.stuck for score in scores)
        patient = ""
        if training.epochs == 1:
            longer = measure(network, replace(training, epochs=PATIENT), seeds)
            patient = mean_and_spread(accuracies(longer))
        print(
            f"| {number} | {repair.name} | {mean_and_spread(found[-1])} | {worth} "
            f"| {stuck:.0f} | {patient} |",
            flush=True,
        )
    return found


def print_alone(seeds: Sequence[int]) -> None:
    """Print each fix alone: as the only one made, and as the only one missing."""
    one_pass = Training()
    seed_as_it_was = accuracies(measure(SEED, one_pass, seeds))
    right = accuracies(measure(SeedNetwork(), one_pass, seeds))
    print("\n| fix | alone in the original | missing in the correct network |")
    print("|---|--:|--:|")
    print(f"| none | {mean_and_spread(seed_as_it_was)} | {mean_and_spread(right)} |")
    for repair in FAULTS:
        mended = measure(replace(SEED, **{repair.fault: False}), one_pass, seeds)
        left = measure(SeedNetwork(**{repair.fault: True}), one_pass, seeds)
        print(
            f"| {repair.name} | {mean_and_spread(accuracies(mended))} "
            f"| {mean_and_spread(accuracies(left))} |",
            flush=True,
        )


def print_rates(seeds: Sequence[int]) -> None:
    """Print the accuracy at other learning rates, for the steps with raw pixels."""
    faulty = [n for n in range(len(REPAIRS)) if after(REPAIRS[: n + 1])[0].raw_pixels]
    print("\n| learning rate | " + " | ".join(f"step {number}" for number in faulty) + " |")
    print("|--:|" + "--:|" * len(faulty))
    for share in SHARES:
        cells = []
        for number in faulty:
            network, training = after(REPAIRS[: number + 1])
            rate = share * training.learning_rate
            scores = measure(network, replace(training, learning_rate=rate), seeds)
            cells.append(mean_and_spread(accuracies(scores)))
        print(f"| times {share:g} | {' | '.join(cells)} |", flush=True)


def farthest(params: Params, others: Params) -> float:
    """Return the largest difference between two networks' parameters."""
    return max(float(np.abs(a - b).max()) for _, (a, b) in zip_arrays(params, others))


def agreement(examples: Examples, seed: int) -> float:
    """Train the original without bugs and our network, with equal settings.

    Returns: the largest difference of a parameter after one epoch.
    """
    params = draw_first(SeedNetwork(), seed)
    ours = as_ours(params, np.float64)
    in_float64 = Examples(examples.images.astype(np.float64), examples.labels)
    train_seed(SeedNetwork(), Training(), params, in_float64, seed)
    train_ours(Training(), ours, in_float64, seed)
    return farthest(as_ours(params, np.float64), ours)


def read_published(folder: Path, kind: str) -> Params:
    """Read the published files of the original, "untrained" or "trained".

    Raises: MissingError, CorruptError.
    """
    weights = read_arrays(folder / f"{kind}Weights.pickle", 2)
    biases = read_arrays(folder / f"{kind}Biases.pickle", 1)
    return [
        {"weight": weight.T.copy(), "bias": bias}
        for weight, bias in zip(weights, biases, strict=True)
    ]


def print_published(folder: Path) -> None:
    """Train from the published untrained weights, and compare the result.

    Uses one BLAS thread, because the number of threads affects the order of additions.
    """
    params = read_published(folder, "untrained")
    with one_core_each():
        train_seed(SEED, Training(), params, examples_of("train"), 0)
    difference = farthest(params, read_published(folder, "trained"))
    print(f"Largest difference from the published trained parameters: {difference:.1e}")


def print_choices(repairs: Sequence[Repair]) -> None:
    """Print the validation accuracy of the chosen settings and of the alternatives."""
    print("| step | setting | validation % |\n|--:|---|--:|")
    for number, repair in enumerate(repairs):
        for rival in ({}, *repair.rivals) if repair.rivals else ():
            network, training = after(repairs[: number + 1])
            training = replace(training, **rival)
            found = []
            for seed in CHOOSING_SEEDS:
                examples, held_out = split_validation(examples_of("train"), HELD_OUT, seed)
                found.append(run(network, training, examples, held_out, seed).accuracy)
            chosen = ", ".join(
                f"{key} {value}" for key, value in {**repair.training, **rival}.items()
            )
            print(f"| {number} | {chosen} | {mean_and_spread(found)} |", flush=True)


def main() -> None:
    """Print the tables, and draw the picture if --out is given."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=len(REPAIRS), help="the last step to run")
    parser.add_argument(
        "--choose", action="store_true", help="compare settings on validation images"
    )
    parser.add_argument(
        "--published", type=Path, help="folder with the published files of the original"
    )
    parser.add_argument("--out", type=Path, help="PNG file for the chart of the steps")
    options = parser.parse_args()
    build_pickles(find_cache(), MNIST)
    repairs, seeds = REPAIRS[: options.steps + 1], range(options.seeds)
    if options.choose:
        print_choices(repairs)
    elif options.published:
        print_published(options.published)
    else:
        found = print_steps(repairs, seeds)
        if len(found) > len(FAULTS):
            print_alone(seeds)
            print_rates(seeds)
            difference = agreement(examples_of("train"), 0)
            print(f"\nOurs and the original without bugs differ by at most {difference:.1e}")
        if options.out:
            names = [repair.name for repair in repairs]
            save_picture(draw_steps(names, found, len(FAULTS)), options.out)


if __name__ == "__main__":
    main()
