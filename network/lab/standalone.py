"""A run as one HTML file: the views Draw and Explain with the network, without a server."""

import base64
import hashlib
import html
import json
import zlib
from pathlib import Path
from string import Template
from typing import Any

import numpy as np

from network.core.data import Examples, split_validation
from network.core.model import Model
from network.core.params import Array, Params
from network.interpret.units import unit_activations
from network.lab.bundle import bundle
from network.lab.model_json import array_to_json, model_to_json
from network.runs.checkpoints import Checkpoint
from network.runs.folder import LoadedRun
from pipeline.datasets.records import Dataset

HERE = Path(__file__).parent
PAGE = HERE / "page"
STYLES = ("ui/style.css", "views/draw/draw.css", "views/explain/explain.css")
OF_EACH = 50  # training digits of each class, for nearest images and activations


def page_to_bytes(loaded: LoadedRun, dataset: Dataset, train: Examples) -> bytes:
    """Return the HTML file of a run; `train` is the split that it was trained on."""
    icon = data_address((PAGE / "icon.svg").read_bytes())
    style = "".join((PAGE / name).read_text("utf-8") for name in STYLES)
    style = style.replace('"../icon.svg"', f'"{icon}"')
    script = bundle(PAGE, "standalone.js")
    network = json.dumps(describe(loaded, dataset, train)).replace("<", "\\u003c")
    page = Template((HERE / "standalone.html").read_text("utf-8")).substitute(
        policy=policy(style, script),
        title=html.escape(f"{loaded.name} · {dataset.name}"),
        icon=icon,
        style=style,
        network=network,
        script=script,
    )
    return page.encode()


def describe(loaded: LoadedRun, dataset: Dataset, train: Examples) -> dict[str, Any]:
    """Return the data of the page: the network, digits, and the activations for them."""
    checkpoint = loaded.checkpoint
    digits = pick_digits(train, loaded, len(dataset.classes))
    pixels = np.rint(255 * digits.images).astype(np.uint8).tobytes()
    return {
        "run": loaded.name,
        "classes": dataset.classes,
        "members": checkpoint.meta.get("members", []),
        "layers": model_to_json(checkpoint),
        "digits": {
            "pixels": base64.b64encode(zlib.compress(pixels, 9)).decode(),
            "labels": digits.labels.tolist(),
        },
        "parts": [pack_activations(*part, digits.images) for part in list_networks(checkpoint)],
    }


def pick_digits(train: Examples, loaded: LoadedRun, n_classes: int) -> Examples:
    """Return the first OF_EACH training digits of each class."""
    configuration = loaded.configuration
    examples = train.take(slice(configuration.limit))
    trained_on, _ = split_validation(examples, configuration.validation, configuration.seed)
    places = [np.flatnonzero(trained_on.labels == k)[:OF_EACH] for k in range(n_classes)]
    return trained_on.take(np.sort(np.concatenate(places)))


def list_networks(checkpoint: Checkpoint) -> list[tuple[Model, Params]]:
    """List the whole network, then the members if it is an ensemble."""
    members = checkpoint.model.layers[0].inner_networks(checkpoint.params[0])
    parts = [(Model(layers), params) for layers, params in members]
    return [(checkpoint.model, checkpoint.params), *parts]


def pack_activations(model: Model, params: Params, images: Array) -> list[dict[str, Any]]:
    """Return the activations of each block for images as plain data."""
    activations = unit_activations(model, params, images)
    return [{"layer": end, "answers": array_to_json(it)} for end, it in activations.items()]


def data_address(image: bytes) -> str:
    """Return an image as a data URL."""
    return f"data:image/svg+xml;base64,{base64.b64encode(image).decode()}"


def policy(style: str, script: str) -> str:
    """Return a policy that allows only this script, this style, and embedded pictures.

    Source: W3C, Content Security Policy Level 3, section 2.3.1 (hash sources).
    """
    script_hash, style_hash = (
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for text in (script, style)
    )
    return (
        f"default-src 'none'; script-src 'sha256-{script_hash}'; "
        f"style-src 'sha256-{style_hash}'; img-src data: blob:; base-uri 'none'; form-action 'none'"
    )
