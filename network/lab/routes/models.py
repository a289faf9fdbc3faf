"""The network of a run, images of its dataset, and edits of the network."""

import contextlib
from typing import Any, Literal

import numpy as np
from fastapi import APIRouter

from network.core.data import Examples
from network.interpret.edits import edit_model
from network.lab.model_json import array_to_json, model_to_json
from network.lab.network_part import select_member
from network.lab.predictions import find_predictions
from network.lab.request_models import EditsForm, Place, SaveForm
from network.lab.save_edited import save_edited
from network.lab.state import Lab
from network.metrics.accuracy import compute_outputs
from network.runs.folder import LoadedRun
from network.runs.own_dataset import find_classes
from pipeline.errors import MissingError, UsageError

Split = Literal["train", "held-out", "test"]
MAX_SAVED_RUNS = 100  # edited runs per lab, so that a page cannot fill the disk


def router(lab: Lab) -> APIRouter:
    """Return the routes of networks."""
    routes = APIRouter(prefix="/runs/{name}")
    add_network(routes, lab)
    add_edits(routes, lab)
    return routes


def add_network(routes: APIRouter, lab: Lab) -> None:
    """Add the routes that return the network and images."""

    @routes.get("/model")
    def model(name: str) -> dict[str, Any]:
        """Return the layers of a run with their parameters."""
        run = lab.loaded.run(name)
        return {
            "run": name,
            "classes": find_classes(lab.cache, run),
            "members": run.checkpoint.meta.get("members", []),
            "layers": model_to_json(run.checkpoint),
        }

    @routes.get("/digit")
    def digit(name: str, split: Split = "held-out", index: Place = 0) -> dict[str, Any]:
        """Return an image of the dataset of a run."""
        examples = find_examples(lab, lab.loaded.run(name), split)
        if not index < len(examples):
            raise MissingError(f"image {index} not found; the split {split} has {len(examples):,}")
        return {
            "pixels": array_to_json(np.rint(255 * examples.images[index]), "uint8"),
            "label": int(examples.labels[index]),
            "count": len(examples),
        }


def add_edits(routes: APIRouter, lab: Lab) -> None:
    """Add the routes that evaluate and save edits."""

    @routes.post("/accuracy")
    def accuracy(name: str, form: EditsForm) -> dict[str, Any]:
        """Return the test accuracy with edits; the first test evaluation is logged."""
        run = lab.loaded.run(name)
        looks = find_predictions(lab, name, "test").looks
        part = select_member(run, form.member)
        examples = find_examples(lab, run, "test")
        try:
            edited, params = edit_model(part.model, part.params, form.edits)
        except ValueError as error:
            raise UsageError(f"run {name} cannot be edited: {error}") from error
        predictions = compute_outputs(edited, params, examples.images).argmax(axis=1)
        correct = int(np.sum(predictions == examples.labels))
        return {"correct": correct, "count": len(examples), "looks": looks}

    @routes.post("/edited")
    def edited(name: str, form: SaveForm) -> dict[str, str]:
        """Save an edited network as a new run."""
        run = lab.loaded.run(name)
        part = select_member(run, form.member)
        with lab.editing:
            if len(lab.edited) >= MAX_SAVED_RUNS:
                raise UsageError(
                    f"this lab has saved {MAX_SAVED_RUNS} edited runs, the maximum",
                    "Start `network lab` again to save more",
                )
            made = save_edited(lab.cache, run, part, form.edits, form.member, form.name or None)
            lab.edited.append(made.name)
        return {"run": made.name}


def find_examples(lab: Lab, run: LoadedRun, split: Split) -> Examples:
    """Load a split of the dataset; without known validation images, the training images.

    Raises: MissingError, CorruptError.
    """
    if split == "held-out":
        with contextlib.suppress(UsageError):
            if len(held_out := lab.loaded.held_out(run)):
                return held_out
    return lab.loaded.examples(run, "test" if split == "test" else "train")
