"""The page computes what NumPy computes: every layer, every image, forwards and backwards."""

import base64
import json

import numpy as np
import pytest

from network.core.data import scale_pixels
from network.core.model import Model
from network.interpret.attribution import ATTRIBUTIONS, logit_model
from network.interpret.counterfactual import (
    margin_of_class,
    move_along_gradient,
    smallest_change,
)
from network.interpret.edits import Edits, edit_model
from network.interpret.units import layer_outputs
from network.lab.model_json import array_to_json, layers_to_json, model_to_json
from network.layers.ensemble import Ensemble
from network.layers.text import LAYERS, parse_layers
from network.metrics.accuracy import compute_outputs
from network.runs.checkpoints import Checkpoint, load_checkpoint
from tests.support.layer_examples import Application

IMPORTS = """
const names = "arrays edits explanations layers model smallest_change".split(" ");
const modules = await Promise.all(names.map((name) => import(`/maths/${name}.js`)));
globalThis.page = Object.assign({}, ...modules);
"""
EVERY_LAYER = """
Conv2D(6, 3, padding=1), BatchNorm, LeakyReLU(0.1), AveragePool2D, Conv2D(8, 5), MaxPool2D, GELU,
Conv2D(4, 2), ReLU, Flatten, Identity, Dropout, Linear(12), Tanh, BatchNorm, Linear(10), Sigmoid
"""
TOGETHER = """
Ensemble(('Flatten, Linear(10), Softmax', 'Conv2D(2, 7), ReLU, Flatten, Linear(10), Sigmoid'))
"""
TEXTS = [
    EVERY_LAYER,
    "MaxPool2D(3), Flatten, Linear(5), Linear(10), LogSoftmax",
    TOGETHER,
    repr(Ensemble((TOGETHER, "Flatten, Linear(10), Sigmoid"))),
]
every_network = pytest.mark.parametrize(
    "text", TEXTS, ids=["every layer", "small", "ensemble", "ensemble of an ensemble"]
)
RELATIVE = 1e-5


@pytest.fixture(scope="module")
def javascript(browser, lab):
    """Run lines of JavaScript beside the modules of the page, in a real browser."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(lab.entrance)
    page.evaluate(f"async () => {{ {IMPORTS} }}")
    yield lambda body, argument: page.evaluate(f"async (given) => {{ {body} }}", argument)
    context.close()


def make_model(text, seed=0):
    """A model whose parameters are all of some size."""
    model, rng = Model(parse_layers(text)), np.random.default_rng(seed)
    params = model.init(rng, (28, 28))
    for layer in params:
        for name, array in layer.items():
            array += rng.uniform(0, 0.2, array.shape).astype(array.dtype) * (name != "weight")
    return model, params


def plain(model, params):
    """What the page is given, through JSON."""
    return json.loads(json.dumps(model_to_json(Checkpoint(model, params))))


def close(found, expected, tolerance=RELATIVE):
    """Within so much of the largest of the expected numbers."""
    limit = max(1.0, float(np.abs(expected).max()))
    np.testing.assert_allclose(
        np.array(found, np.float64), expected, rtol=0, atol=tolerance * limit
    )


def test_the_page_has_every_layer_of_the_registry(javascript):
    names = javascript("return Object.keys(page.LAYERS)", None)
    assert set(names) == {*LAYERS, "Log"}


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("seed", range(3))
def test_a_layer_gives_what_numpy_gives(javascript, name, seed):
    at = Application(name, seed, np.float32, scale=3.0)
    at.is_training = False
    y, backward = at.forward()
    (layer,) = layers_to_json((at.layer,), [at.params], at.x.shape[1:])
    found = javascript(
        """
        const layers = page.readLayers([given.layer]);
        return given.x.map((x, n) => {
          const outputs = page.forward(layers, page.decode(x));
          const d_x = page.backward(layers, outputs, page.decode(given.d_y[n]));
          return [outputs[1], d_x].map(({ shape, values }) => [shape, [...values]]);
        });
        """,
        {
            "layer": json.loads(json.dumps(layer)),
            "x": [array_to_json(x) for x in at.x],
            "d_y": [array_to_json(d_y) for d_y in at.d_y],
        },
    )
    for n, pair in enumerate(found):
        for (shape, values), expected in zip(pair, (y[n], backward(at.d_y)[0][n]), strict=True):
            assert tuple(shape) == expected.shape
            close(values, expected.ravel())


@every_network
def test_every_layer_of_a_network_gives_what_numpy_gives(javascript, text, mnist_test_set):
    model, params = make_model(text)
    images = scale_pixels(mnist_test_set[0][:3])
    found = javascript(
        """
        const layers = page.readLayers(given.layers);
        return given.images.map((x) =>
          page.forward(layers, page.decode(x)).map(({ values }) => [...values]));
        """,
        {"layers": plain(model, params), "images": [array_to_json(image) for image in images]},
    )
    for place, expected in enumerate(layer_outputs(model, params, images)):
        close([outputs[place] for outputs in found], expected.reshape(3, -1))


OUTPUTS_OF_MANY = """
const layers = page.readLayers(given.layers);
const pixels = Uint8Array.from(atob(given.pixels), (letter) => letter.charCodeAt(0));
const found = [];
const start = performance.now();
for (let at = 0; at < pixels.length; at += 784) {
  const image = page.scalePixels(pixels.subarray(at, at + 784));
  found.push([...page.forward(layers, image).at(-1).values]);
}
return [found, (performance.now() - start) / found.length];
"""


def compare_many(javascript, run, pixels):
    """Return the largest difference of outputs, how many answers differ, milliseconds an image."""
    checkpoint = load_checkpoint(run)
    found, milliseconds = javascript(
        OUTPUTS_OF_MANY,
        {
            "layers": plain(checkpoint.model, checkpoint.params),
            "pixels": base64.b64encode(pixels.tobytes()).decode(),
        },
    )
    expected = compute_outputs(checkpoint.model, checkpoint.params, scale_pixels(pixels))
    found = np.array(found)
    return (
        np.abs(found - expected).max(),
        int(np.sum(found.argmax(axis=1) != expected.argmax(axis=1))),
        milliseconds,
    )


@pytest.mark.parametrize(("run", "count"), [("first", 10_000), ("convolution", 1_000)])
def test_trained_runs_answer_test_images_as_numpy_does(
    javascript, lab, mnist_test_set, figure, run, count
):
    path = lab.cache.runs() / run / "checkpoint.npz"
    difference, others, _ = compare_many(javascript, path, mnist_test_set[0][:count])
    figure(
        "Forward pass in JavaScript: {images:,} test images, {others} answers other than NumPy's",
        images=count, others=others,
    )  # fmt: skip
    assert difference <= RELATIVE
    assert others == 0


@pytest.mark.parametrize("text", TEXTS[:2], ids=["every layer", "small"])
def test_an_edited_model_is_the_same_in_both(javascript, text, mnist_test_set):
    model, params = make_model(text)
    first = next(place for place, layer in enumerate(params) if "bias" in layer)
    last = len(params) - 2
    edits = Edits(
        off=((first, 0), (first, 2), (last, 4)),
        shifts={(first, 1): 0.7, (last, 0): -2.0},
        scales={(first, 3): -1.7, (first, 1): 2.5, (last, 1): 0.0},
        prune=0.4,
        noise=0.3,
    )
    edited, edited_params = edit_model(model, params, edits)
    images = scale_pixels(mnist_test_set[0][:3])
    found = javascript(
        """
        const layers = page.editLayers(page.readLayers(given.layers), given.edits);
        return given.images.map((x) => [...page.forward(layers, page.decode(x)).at(-1).values]);
        """,
        {
            "layers": plain(model, params),
            "images": [array_to_json(image) for image in images],
            "edits": {
                "off": edits.off,
                "shifts": [[*place, by] for place, by in edits.shifts.items()],
                "scales": [[*place, times] for place, times in edits.scales.items()],
                "prune": edits.prune,
                "noise": edits.noise,
            },
        },
    )
    close(found, edited.forward(edited_params, images)[0])


@every_network
@pytest.mark.parametrize("method", ATTRIBUTIONS)
def test_contributions_are_the_same_in_both(javascript, text, method, mnist_test_set):
    model, params = make_model(text)
    image = scale_pixels(mnist_test_set[0][0])
    wanted = np.eye(10)[3] - np.eye(10)[7]
    found = javascript(
        """
        const layers = page.withoutOutputActivation(page.readLayers(given.layers));
        const wanted = Float32Array.from(given.wanted);
        const image = page.decode(given.image);
        return [...(await page.METHODS[given.method](layers, image, wanted)).values];
        """,
        {
            "layers": plain(model, params),
            "image": array_to_json(image),
            "wanted": wanted.tolist(),
            "method": method,
        },
    )
    expected = ATTRIBUTIONS[method](*logit_model(model, params), image, wanted)
    close(
        np.array(found).reshape(28, 28) / np.abs(expected).max(),
        expected / np.abs(expected).max(),
        1e-4,
    )


@pytest.mark.parametrize("target", range(10))
def test_each_step_towards_another_prediction_is_the_same_in_both(javascript, lab, target):
    """The searches as a whole may part: where two ways are equally long, rounding chooses."""
    checkpoint = load_checkpoint(lab.cache.runs() / "first" / "checkpoint.npz")
    model, params = logit_model(checkpoint.model, checkpoint.params)
    here = np.random.default_rng(target).uniform(0, 1, (28, 28)).astype(np.float32)
    for _ in range(8):
        found = javascript(
            """
            const layers = page.withoutOutputActivation(page.readLayers(given.layers));
            const here = page.decode(given.here);
            const { margin, gradient } = page.marginOf(layers, here, given.target);
            const next = page.stepAlong(here, gradient, -margin);
            return { margin, gradient: [...gradient.values], next: [...next.values] };
            """,
            {
                "layers": plain(checkpoint.model, checkpoint.params),
                "here": array_to_json(here),
                "target": target,
            },
        )
        margin, gradient = margin_of_class(model, params, here, target)
        close(found["margin"], np.array(margin), 1e-4)
        close(found["gradient"], gradient.ravel(), 1e-4)
        here = move_along_gradient(here, gradient, -margin)
        close(found["next"], here.ravel(), 1e-3)


@pytest.mark.parametrize("target", range(10))
def test_the_smallest_change_is_about_as_small_in_both(javascript, lab, mnist_test_set, target):
    checkpoint = load_checkpoint(lab.cache.runs() / "first" / "checkpoint.npz")
    images, labels = scale_pixels(mnist_test_set[0]), mnist_test_set[1]
    image, known = images[0], images[1:200][labels[1:200] == target]
    model, params = logit_model(checkpoint.model, checkpoint.params)
    found = javascript(
        """
        const layers = page.withoutOutputActivation(page.readLayers(given.layers));
        const image = page.decode(given.image);
        const known = given.known.map(page.decode);
        const change = await page.smallestChange(layers, image, given.target, known);
        return { distance: change.distance, values: [...change.image.values] };
        """,
        {
            "layers": plain(checkpoint.model, checkpoint.params),
            "image": array_to_json(image),
            "target": target,
            "known": [array_to_json(one) for one in known],
        },
    )
    expected = smallest_change(model, params, image, target, known)
    assert 0.8 < (found["distance"] + 1e-6) / (expected.distance + 1e-6) < 1.25
    changed = np.array(found["values"], np.float32).reshape(1, 28, 28)
    outputs = model.forward(params, changed)[0][0]
    assert outputs[target] >= outputs.max() - RELATIVE * np.abs(outputs).max()
