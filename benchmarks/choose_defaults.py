"""Compare settings of the default network on validation images.

    python benchmarks/choose_defaults.py                        # the table in docs/results.md
    python benchmarks/choose_defaults.py --seeds 2 --only adam  # a part of it
    python benchmarks/choose_defaults.py --own                  # all optimizers, at default rates

Every candidate is trained with each seed, which also selects the tenth of the training images for
validation. The mean validation accuracy decides. The test set is not used, and the seeds are not
those of the test figures (0 to 4).
"""

import argparse
import itertools
import statistics
from dataclasses import replace
from typing import TypeAlias

from network.core.data import Examples, load_examples, split_validation
from network.training.configuration import Configuration, build_configuration
from network.training.initial_state import TrainingData, find_training_data, initial_state
from network.training.loop import train
from network.training.losses import LOSSES
from network.training.optimizers import OPTIMIZERS
from network.training.state import EpochDone
from pipeline.build import build_pickles
from pipeline.datasets.catalogue.mnist import MNIST
from pipeline.storage.cache import find_cache

FIRST_SEED = 20
# loss, optimizer, learning rates, weight decays
Candidates: TypeAlias = tuple[str, str, tuple[float, ...], tuple[float, ...]]
GRID: list[Candidates] = [
    ("squared-error", "sgd", (7, 10, 13), (1.2e-5, 2.4e-5)),
    ("squared-error", "momentum", (0.7, 1.0, 1.3), (1.2e-4, 2.4e-4)),
    ("squared-error", "adam", (0.01, 0.02), (0.015, 0.03)),
    ("cross-entropy", "sgd", (0.3, 1.0), (1e-4, 3e-4)),
    ("cross-entropy", "momentum", (0.03, 0.1), (1e-3, 3e-3)),
    ("cross-entropy", "adam", (0.003, 0.01), (0.03, 0.1)),
    ("binary-cross-entropy", "sgd", (0.3, 1.0), (1e-4, 3e-4)),
    ("binary-cross-entropy", "momentum", (0.03, 0.1), (1e-3, 3e-3)),
    ("binary-cross-entropy", "adam", (0.003, 0.01), (0.03, 0.1)),
]


def own_rates() -> list[Candidates]:
    """Return the default rates for every loss and optimizer."""
    return [
        (loss, name, (entry.rates[loss][0],), (entry.rates[loss][1],))
        for loss in LOSSES
        for name, entry in OPTIMIZERS.items()
    ]


def validate(
    data: TrainingData, examples: Examples, configuration: Configuration
) -> tuple[float, float]:
    """Train once; return the validation accuracy and the seconds of training."""
    recipe, state = initial_state(configuration, data)
    training, held_out = split_validation(examples, configuration.validation, configuration.seed)
    last, seconds = 0.0, 0.0
    for event in train(recipe, state, training, held_out):
        if isinstance(event, EpochDone):
            last, seconds = event.validation_accuracy or 0.0, seconds + event.seconds
    return last, seconds


def main() -> None:
    """Print a row for every candidate."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--only", default="", help="rows that contain this word")
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--own", action="store_true", help="every optimizer with its default rates")
    options = parser.parse_args()
    cache = find_cache()
    build_pickles(cache, MNIST)
    data = find_training_data(cache, MNIST.name)
    examples = load_examples(cache, MNIST, "train")
    print(
        "| loss | optimizer | learning rate | weight decay "
        "| validation accuracy % | ± | seconds |\n"
        "|---|---|--:|--:|--:|--:|--:|"
    )
    for loss, optimizer, rates, decays in own_rates() if options.own else GRID:
        if options.only not in f"{loss} {optimizer}":
            continue
        for rate, decay in itertools.product(rates, decays):
            configuration = build_configuration(
                {
                    "loss": loss,
                    "optimizer": optimizer,
                    "learning_rate": rate,
                    "weight_decay": decay,
                    "epochs": options.epochs,
                }
            )
            runs = [
                validate(data, examples, replace(configuration, seed=FIRST_SEED + number))
                for number in range(options.seeds)
            ]
            scores = [100 * accuracy for accuracy, _ in runs]
            spread = statistics.stdev(scores) if len(scores) > 1 else 0.0
            seconds = statistics.median(seconds for _, seconds in runs)
            print(
                f"| {loss} | {optimizer} | {rate:g} | {decay:g} "
                f"| {statistics.mean(scores):.2f} | {spread:.2f} | {seconds:.1f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
