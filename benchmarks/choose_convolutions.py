"""Compare presets and their ensembles by cross-validation, with PyTorch on a GPU.

    python benchmarks/choose_convolutions.py conv conv-3x3 vgg gap mine.toml

Each preset has a twin in PyTorch with the same layers, rates, schedule and augmentation. One thing
differs: BatchNorm uses the whole batch instead of a shard. Each preset is trained once for each of
three folds of 10,000 training images, and then predicts this fold. The test images are not used. It
takes a minute per preset and fold; without a GPU, an hour.
"""

import argparse
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from network.commands.options import configure
from network.core.activations import ReLU
from network.core.data import Examples, load_examples
from network.core.layers import Flatten, Linear
from network.core.params import Array
from network.layers.convolution import Conv2D
from network.layers.dropout import Dropout
from network.layers.normalization import BatchNorm
from network.layers.pooling import AveragePool2D, MaxPool2D
from network.training.build import build_model, build_recipe
from network.training.find_preset import preset_names
from network.training.recipe import Recipe
from pipeline.datasets.catalogue.mnist import MNIST
from pipeline.storage.cache import find_cache

FOLDS, FOLD, SEED = 3, 10_000, 11
CALIBRATE_ON = 1000  # images, as in network/training/loop.py
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


# layer -> its twin; the first batch determines its number of inputs
TWINS: dict[type, Callable[[Any], nn.Module]] = {
    Conv2D: lambda layer: nn.LazyConv2d(layer.n_out, layer.size, padding=layer.padding),
    Linear: lambda layer: nn.LazyLinear(layer.n_out),
    BatchNorm: lambda layer: nn.LazyBatchNorm2d(),
    ReLU: lambda layer: nn.ReLU(),
    MaxPool2D: lambda layer: nn.MaxPool2d(layer.size),
    AveragePool2D: lambda layer: nn.AvgPool2d(layer.size),
    Flatten: lambda layer: nn.Flatten(),
    Dropout: lambda layer: nn.Dropout(layer.rate),
}


def twin_of(recipe: Recipe) -> nn.Sequential:
    """Return the same network in PyTorch, up to its logits."""
    modules: list[nn.Module] = [nn.Unflatten(1, (1, 28))]  # (N, 28, 28) -> (N, 1, 28, 28)
    is_flat = False
    for layer in recipe.model.layers[:-1]:
        is_flat |= isinstance(layer, Flatten)
        is_vector = is_flat and isinstance(layer, BatchNorm)
        modules.append(nn.LazyBatchNorm1d() if is_vector else TWINS[type(layer)](layer))
    model = nn.Sequential(*modules)
    model(torch.zeros(2, 28, 28))
    for module in model:
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            nn.init.zeros_(module.bias)
    return model.to(DEVICE)


def train_twin(recipe: Recipe, decay: float, average: float, training: Examples) -> nn.Module:
    """Train a twin and return its weight average (EMA)."""
    model, rng = twin_of(recipe), np.random.default_rng(recipe.seed)
    ema = torch.optim.swa_utils.get_ema_multi_avg_fn(average)
    averaged = torch.optim.swa_utils.AveragedModel(model, multi_avg_fn=ema)
    weights = [param for param in model.parameters() if param.ndim > 1]
    others = [param for param in model.parameters() if param.ndim == 1]
    groups = [{"params": weights, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=recipe.learning_rate)
    labels, steps = torch.tensor(training.labels).to(DEVICE), len(training) // recipe.batch_size
    for epoch in range(recipe.epochs):
        order = rng.permutation(len(training))
        for step in range(steps):
            progress = (epoch * steps + step) / (recipe.epochs * steps)
            for group in optimizer.param_groups:
                group["lr"] = recipe.learning_rate * recipe.schedule(progress)
            which = order[step * recipe.batch_size : (step + 1) * recipe.batch_size]
            images = training.images[which]
            images = images if recipe.augment is None else recipe.augment(images, rng)
            logits = model(torch.from_numpy(images).to(DEVICE))
            loss = nn.functional.cross_entropy(logits, labels[which])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            averaged.update_parameters(model)
    some = torch.from_numpy(training.images[:CALIBRATE_ON]).to(DEVICE)
    torch.optim.swa_utils.update_bn([some], averaged)
    averaged.eval()
    return averaged


def score(model: nn.Module, images: Array) -> Array:
    """Return the scores of images.

    Shapes: (N, 28, 28) -> (N, 10).
    """
    parts = torch.from_numpy(images).to(DEVICE).split(FOLD // 10)
    with torch.no_grad():
        scores: Array = torch.cat([model(part).softmax(1) for part in parts]).cpu().numpy()
    return scores


def cross_validate(name: str, examples: Examples) -> Array:
    """Return the scores of a preset or a config file for the images of all folds.

    Shapes: (FOLDS * FOLD, 10).
    """
    is_preset = name in preset_names()
    configuration = configure(
        preset=name if is_preset else None, config=None if is_preset else Path(name)
    )
    recipe = build_recipe(configuration, build_model(configuration, len(MNIST.classes)))
    decay = configuration.weight_decay or 0.0
    scores = []
    for fold in range(FOLDS):
        torch.manual_seed(fold)
        held_out = np.arange(fold * FOLD, (fold + 1) * FOLD)
        training = examples.take(np.delete(np.arange(len(examples)), held_out))
        model = train_twin(recipe, decay, configuration.average, training)
        scores.append(score(model, examples.images[held_out]))
    return np.concatenate(scores)


def main() -> None:
    """Print the errors and the log-loss of each preset and of all ensembles."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("recipes", nargs="+", help="presets, or TOML files")
    names = parser.parse_args().recipes
    examples = load_examples(find_cache(), MNIST, "train")
    examples = examples.take(np.random.default_rng(SEED).permutation(len(examples)))
    labels = examples.labels[: FOLDS * FOLD]
    scores = {name: cross_validate(name, examples) for name in names}
    print(f"errors of {len(labels):,}  accuracy  log-loss  presets")
    for count in range(1, len(names) + 1):
        for members in itertools.combinations(names, count):
            mean = np.mean([scores[name] for name in members], axis=0)
            errors = int((mean.argmax(1) != labels).sum())
            log_loss = -np.log(mean[np.arange(len(labels)), labels]).mean()
            accuracy = 100 * (1 - errors / len(labels))
            print(f"{errors:>16}  {accuracy:>6.3f} %  {log_loss:.5f}   {', '.join(members)}")


if __name__ == "__main__":
    main()
