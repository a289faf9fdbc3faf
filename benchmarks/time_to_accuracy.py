"""Measure the training time to 97, 98 and 99 % test accuracy.

    python benchmarks/time_to_accuracy.py              # five seeds each, some three minutes
    python benchmarks/time_to_accuracy.py --seeds 1    # quicker

The time is that of the updates, without loading the data, validation, testing and saving. Every run
completes its schedule and is then tested once. The result of a preset is the median over the seeds.
"""

import argparse
import statistics
from dataclasses import replace

import numpy as np

from network.core.data import Examples, load_examples, split_validation
from network.environment import keep_freed_memory, suitable_threads
from network.metrics.accuracy import compute_outputs
from network.training.configuration import Configuration, build_configuration
from network.training.find_preset import load_preset
from network.training.initial_state import TrainingData, find_training_data, initial_state
from network.training.loop import train
from pipeline.build import build_pickles
from pipeline.datasets.catalogue.mnist import MNIST
from pipeline.storage.cache import find_cache

PRESETS = {"fast-97": 0.97, "fast-98": 0.98, "fast-99": 0.99}


def train_and_test(
    configuration: Configuration, data: TrainingData, examples: Examples, unseen: Examples
) -> tuple[float, float]:
    """Train once; return the accuracy on the test images and the seconds of training."""
    recipe, state = initial_state(configuration, data)
    training, held_out = split_validation(examples, configuration.validation, configuration.seed)
    with suitable_threads(state.params, recipe.batch_size, recipe.shards):
        for _ in train(recipe, state, training, held_out):
            pass
    answers = compute_outputs(recipe.model, state.answering, unseen.images).argmax(axis=1)
    return float(np.mean(answers == unseen.labels)), sum(epoch.seconds for epoch in state.history)


def main() -> None:
    """Print a row for every preset."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5, help="runs of each preset (default 5)")
    seeds = range(parser.parse_args().seeds)
    keep_freed_memory()
    cache = find_cache()
    build_pickles(cache, MNIST)
    data = find_training_data(cache, MNIST.name)
    examples, unseen = (load_examples(cache, MNIST, split) for split in ("train", "test"))
    print("| preset | target | test accuracy % by seed | median | seconds by seed | median |")
    print("|---|--:|---|--:|---|--:|")
    for name, wanted in PRESETS.items():
        configuration = build_configuration(load_preset(name).values)
        runs = [
            train_and_test(replace(configuration, seed=s), data, examples, unseen) for s in seeds
        ]
        accuracies, seconds = ([*column] for column in zip(*runs, strict=True))
        print(
            f"| {name} | {100 * wanted:.0f} % | {' '.join(f'{100 * a:.2f}' for a in accuracies)} "
            f"| {100 * statistics.median(accuracies):.2f} "
            f"| {' '.join(f'{s:.2f}' for s in seconds)} | {statistics.median(seconds):.2f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
