"""Mend the seed's training, one fault at a time, and print what each repair is worth.

    python benchmarks/repair.py        # the tables and the picture of docs/tutorial/repair.md
    python benchmarks/repair.py --steps 5       # the seed's five faults alone: two minutes
    python benchmarks/repair.py --choose        # how the later repairs were chosen
    python benchmarks/repair.py --published DIR # the seed's own files, from untrained to trained

Step 0 is the seed as it was; every later step keeps the repairs before it. A seed draws the first
weights, the order of the images, and the tenth of the training images that is held out. Choices
are made on what was held out, with seeds of their own; the tables report the test set. The worth
of a step is the mean of its differences from the step before, seed by seed. While a fault is left
it is the seed's network that is trained, in float64 as it was; after that our own, in float32.
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
PATIENT = 10  # passes over the images, to see whether the seed only lacked patience
SHARES = (5, 1, 0.2, 0.04)  # of the seed's learning rate, to see whether another one helps


@cache
def examples_of(split: str) -> Examples:
    """Load a split once."""
    return load_examples(find_cache(), MNIST, split)


def measure(network: SeedNetwork, training: Training, seeds: Sequence[int]) -> list[Score]:
    """Train once for each seed, and score on the test set."""
    return [
        run(
            network, training, split_validation(examples_of("train"), HELD_OUT, seed)[0],
            examples_of("test"), seed,
        )
        for seed in seeds
    ]  # fmt: skip


def accuracies(scores: Sequence[Score]) -> list[float]:
    """Pick the accuracies, in per cent."""
    return [score.accuracy for score in scores]


def mean_and_spread(values: Sequence[float], sign: str = "") -> str:
    """Write a mean with the standard deviation behind it."""
    spread = statistics.stdev(values) if len(values) > 1 else 0.0
    return f"{statistics.mean(values):{sign}.2f} ± {spread:.2f}"


def print_steps(repairs: Sequence[Repair], seeds: Sequence[int]) -> list[list[float]]:
    """Print a row for each step, and return its accuracies."""
    print("| step | mended | test % | worth | stuck % | after ten passes % |")
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
    """Print what each repair is worth alone: in the seed, and when the right network lacks it."""
    one_pass = Training()
    seed_as_it_was = accuracies(measure(SEED, one_pass, seeds))
    right = accuracies(measure(SeedNetwork(), one_pass, seeds))
    print("\n| repair | made alone, in the seed | missing alone, in the right network |")
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
    """Print what other learning rates make of the steps whose inputs are raw pixels."""
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
    """Train the seed's network without its faults and ours, at equal settings in float64.

    Returns: the largest difference of a parameter after one pass.
    """
    params = draw_first(SeedNetwork(), seed)
    ours = as_ours(params, np.float64)
    in_float64 = Examples(examples.images.astype(np.float64), examples.labels)
    train_seed(SeedNetwork(), Training(), params, in_float64, seed)
    train_ours(Training(), ours, in_float64, seed)
    return farthest(as_ours(params, np.float64), ours)


def read_published(folder: Path, kind: str) -> Params:
    """Read the seed's own files, "untrained" or "trained".

    Raises: MissingError, CorruptError.
    """
    weights = read_arrays(folder / f"{kind}Weights.pickle", 2)
    biases = read_arrays(folder / f"{kind}Biases.pickle", 1)
    return [
        {"weight": weight.T.copy(), "bias": bias}
        for weight, bias in zip(weights, biases, strict=True)
    ]


def print_published(folder: Path) -> None:
    """Train from the seed's untrained files, as step 0 does but on all images, and compare.

    On one thread of BLAS: how many there are decides in which order numbers are added.
    """
    params = read_published(folder, "untrained")
    with one_core_each():
        train_seed(SEED, Training(), params, examples_of("train"), 0)
    difference = farthest(params, read_published(folder, "trained"))
    print(f"The largest difference from the published trained parameters is {difference:.1e}")


def print_choices(repairs: Sequence[Repair]) -> None:
    """Print how what the repairs chose did on validation, and what they could have chosen."""
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
    """Print the tables, and draw the picture where it is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=len(REPAIRS), help="the last one to take")
    parser.add_argument("--choose", action="store_true", help="print the choices on validation")
    parser.add_argument("--published", type=Path, help="a folder with the seed's own files")
    parser.add_argument("--out", type=Path, help="draw the steps in this PNG file")
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
            print(f"\nOurs and the seed's without faults differ by {difference:.1e} at most")
        if options.out:
            names = [repair.name for repair in repairs]
            save_picture(draw_steps(names, found, len(FAULTS)), options.out)


if __name__ == "__main__":
    main()
