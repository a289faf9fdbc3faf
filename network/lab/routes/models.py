"""A run's network for the page to compute with, digits to show it, its accuracy when edited."""

import contextlib
from typing import Any, Literal

import numpy as np
from fastapi import APIRouter

from network.data import Examples
from network.edits import edit_model
from network.evaluation import compute_outputs
from network.lab.answers import find_answers
from network.lab.forms import EditsForm, Place
from network.lab.parts import take_part
from network.lab.state import Lab
from network.measuring import LoadedRun
from network.model_json import array_to_json, model_to_json
from pipeline.datasets import find_dataset
from pipeline.errors import MissingError, UsageError

Split = Literal["train", "held-out", "test"]


def router(lab: Lab) -> APIRouter:
    """Make the routes."""
    routes = APIRouter(prefix="/runs/{name}")

    @routes.get("/model")
    def model(name: str) -> dict[str, Any]:
        """Give a run's layers with their parameters."""
        run = lab.loaded.run(name)
        return {
            "run": name,
            "classes": find_dataset(lab.cache, run.configuration.dataset).classes,
            "members": run.checkpoint.meta.get("members", []),
            "layers": model_to_json(run.checkpoint),
        }

    @routes.get("/digit")
    def digit(name: str, split: Split = "held-out", index: Place = 0) -> dict[str, Any]:
        """Give an image of a run's data set; those held out are new to it and no test images."""
        examples = find_examples(lab, lab.loaded.run(name), split)
        if not index < len(examples):
            raise MissingError(f"there is no image {index} among {len(examples):,} ({split})")
        return {
            "pixels": array_to_json(np.rint(255 * examples.images[index]), "uint8"),
            "label": int(examples.labels[index]),
            "count": len(examples),
        }

    @routes.post("/accuracy")
    def accuracy(name: str, form: EditsForm) -> dict[str, Any]:
        """Measure a run on the test images under edits; the first look of the lab is counted."""
        run = lab.loaded.run(name)
        looks = find_answers(lab, name, "test").looks
        part = take_part(run, form.member)
        examples = find_examples(lab, run, "test")
        try:
            edited, params = edit_model(part.model, part.params, form.edits)
        except ValueError as error:
            raise UsageError(f"no edit of run {name}: {error}") from error
        answers = compute_outputs(edited, params, examples.images).argmax(axis=1)
        correct = int(np.sum(answers == examples.labels))
        return {"correct": correct, "count": len(examples), "looks": looks}

    return routes


def find_examples(lab: Lab, run: LoadedRun, split: Split) -> Examples:
    """Find a split of a run's data set; what is held out is all there is where nobody knows it.

    Raises: MissingError, CorruptError.
    """
    if split == "held-out":
        with contextlib.suppress(UsageError):
            if len(held_out := lab.loaded.held_out(run)):
                return held_out
    return lab.loaded.examples(run.configuration.dataset, "test" if split == "test" else "train")
