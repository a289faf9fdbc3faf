"""The view Step by step: the result of each lesson is the number that NumPy computes."""

import json
import re

import numpy as np
import pytest
from playwright.sync_api import expect

from network.core.data import load_examples, scale_pixels, split_validation
from network.interpret.units import layer_outputs
from network.lab.model_json import array_to_json, layers_to_json
from network.layers.text import LAYERS
from network.runs.evaluate import load_runs
from pipeline.datasets.catalogue.mnist import MNIST
from tests.network.lab.page.test_maths import EVERY_LAYER, make_model, plain
from tests.support.browser import SIZES, check_both_layouts, check_layout
from tests.support.layer_examples import Application

IMPORTS = """
const names = ["maths/arrays", "maths/layers", "maths/model", "views/arithmetic/lessons"];
const modules = await Promise.all(names.map((name) => import(`/${name}.js`)));
globalThis.page = Object.assign({}, ...modules);
"""
# the result of a lesson, its sentences, and the number that it shows
TEACH = """
const outputs = page.forward(given.layers, given.x);
const classes = Array.from({ length: 99 }, (_, k) => `class ${k}`);
return given.cells.map(([index, cell]) => {
  const at = { layers: given.layers, outputs, index, cell, classes, members: [], label: null };
  const { value, steps } = page.LESSONS[given.layers[index].kind](at);
  const shown = document.createElement("div");
  for (const { show } of steps) shown.append(...show);
  const { dataset } = shown.querySelector("[data-value]");
  return { value, texts: steps.map(({ text }) => text), shown: Number(dataset.value) };
});
"""
BARS_OUTSIDE = """() => [...document.querySelectorAll(".term")].filter((bar) => {
  const [inner, outer] = [bar, bar.closest("td")].map((one) => one.getBoundingClientRect());
  return inner.top < outer.top || inner.bottom > outer.bottom || inner.left < outer.left - 1 ||
    inner.right > outer.right + 1;
}).length"""
SENTENCE = re.compile(r"^[\dA-Zae“].*[.:]$")


@pytest.fixture(scope="module")
def teach(browser, lab):
    """Give lessons about layers, [[index, cell], ...], in a real browser."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(lab.entrance)
    page.evaluate(f"async () => {{ {IMPORTS} }}")

    def run(layers, x, cells):
        given = {"layers": json.loads(json.dumps(layers)), "x": array_to_json(x), "cells": cells}
        read = "given.layers = page.readLayers(given.layers); given.x = page.decode(given.x);"
        return page.evaluate(f"(given) => {{ {read} {TEACH} }}", given)

    yield run
    context.close()


def test_there_is_a_lesson_for_every_layer(browser, lab):
    context = browser.new_context()
    page = context.new_page()
    page.goto(lab.entrance)
    names = page.evaluate(
        "import('/views/arithmetic/lessons.js').then((it) => Object.keys(it.LESSONS))"
    )
    context.close()
    assert set(names) == {*LAYERS, "Prediction"}


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("seed", range(3))
def test_a_lesson_comes_to_what_numpy_computes(teach, name, seed):
    at = Application(name, seed, np.float32)
    at.is_training = False
    y, _ = at.forward()
    y = y[0].ravel()
    layers = layers_to_json((at.layer,), [at.params], at.x.shape[1:])
    cells = sorted({0, len(y) // 2, len(y) - 1})
    for cell, lesson in zip(
        cells, teach(layers, at.x[0], [[0, cell] for cell in cells]), strict=True
    ):
        assert lesson["value"] == pytest.approx(y[cell], rel=1e-4, abs=1e-5)
        assert lesson["shown"] == lesson["value"]
        assert all(SENTENCE.match(sentence) for sentence in lesson["texts"]), lesson["texts"]


def test_lessons_of_a_whole_network_come_to_what_numpy_computes(teach, mnist_test_set):
    model, params = make_model(EVERY_LAYER)
    image = scale_pixels(mnist_test_set[0][:1])
    outputs = layer_outputs(model, params, image)[1:]
    rng = np.random.default_rng(0)
    cells = [[n, int(rng.integers(y.size))] for n, y in enumerate(outputs) for _ in range(3)]
    lessons = teach(plain(model, params), image[0], cells)
    for (index, cell), lesson in zip(cells, lessons, strict=True):
        expected = outputs[index].ravel()[cell]
        assert lesson["value"] == pytest.approx(expected, rel=1e-3, abs=1e-4)


def outputs_of(lab_cache, name):
    """What each layer of a run makes of the first image held out, and what that shows."""
    (loaded,) = load_runs(lab_cache, [name])
    configuration = loaded.configuration
    examples = load_examples(lab_cache, MNIST, "train", configuration.limit)
    _, held_out = split_validation(examples, configuration.validation, configuration.seed)
    checkpoint = loaded.checkpoint
    outputs = layer_outputs(checkpoint.model, checkpoint.params, held_out.images[:1])
    return outputs[1:], int(held_out.labels[0])


def open_arithmetic(open_page, run, **options):
    page = open_page("#arithmetic", run=run, **options)
    page.wait_for_selector(".lesson-text")
    expect(page.locator("#run-picker")).to_have_value(run)
    return page


def cell_shown(page, shape):
    """Where the number is that the lesson is about, in a layer of this shape."""
    chips = page.locator(".cell-picker .chip").all()
    if chips:
        return [chip.get_attribute("aria-pressed") for chip in chips].index("true")
    axes = page.locator(".cell-axis input").all()
    indices = [int(one.input_value()) - int(one.get_attribute("min")) for one in axes]
    return int(np.ravel_multi_index(indices, shape))


@pytest.mark.parametrize("run", ["first", "convolution"])
def test_keys_go_from_the_first_layer_to_the_prediction(open_page, lab_cache, run):
    outputs, label = outputs_of(lab_cache, run)
    page = open_arithmetic(open_page, run)
    for index, y in enumerate(outputs):
        expect(page.locator(".lesson-where")).to_contain_text(
            f"Layer {index + 1} of {len(outputs)}"
        )
        for _ in range(page.locator(".lesson-dots i").count() - 1):
            page.keyboard.press("ArrowRight")
        cell = cell_shown(page, y.shape[1:])
        value = float(page.locator(".lesson-result").get_attribute("data-value"))
        assert value == pytest.approx(y.ravel()[cell], rel=1e-4, abs=1e-5)
        page.keyboard.press("ArrowRight")
    expect(page.locator(".lesson-where")).to_have_text("Prediction")
    page.keyboard.press("ArrowRight")
    scores = outputs[-1][0]
    expect(page.locator(".lesson-prediction")).to_have_text(str(scores.argmax()))
    shown = page.locator(".class-table td:nth-child(2)").all_inner_texts()[: len(scores)]
    for text, score in zip(shown, scores, strict=True):
        if "·" not in text:  # as a power of ten
            assert float(text) == pytest.approx(score, abs=0.0006)
    expect(page.locator(".arithmetic-picture")).to_contain_text(f"True class {label}")
    expect(page.get_by_role("button", name="Next")).to_be_disabled()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".lesson-where")).to_contain_text(f"Layer {len(outputs)} of {len(outputs)}")


def test_the_results_of_softmax_are_the_scores_of_the_run(open_page, lab_cache):
    outputs, _ = outputs_of(lab_cache, "convolution")
    page = open_arithmetic(open_page, "first", reduced_motion="reduce")
    page.select_option("#run-picker", "convolution")
    page.reload()  # the image is of this run, too
    page.locator(".chain button", has_text="Softmax").click()
    for k in range(10):
        page.locator(".cell-picker .chip").nth(k).click()
        page.wait_for_selector(f".cell-picker .chip:nth-child({k + 1})[aria-pressed=true]")
        for _ in range(page.locator(".lesson-dots i").count() - 1):
            page.keyboard.press("ArrowRight")
        value = float(page.locator(".lesson-result").get_attribute("data-value"))
        assert value == pytest.approx(outputs[-1][0][k], rel=1e-4, abs=1e-6)


def test_it_plays_by_itself_and_stops_when_asked(open_page):
    page = open_arithmetic(open_page, "first")
    page.clock.install()  # from here on the page's time passes when the test says so
    text = page.locator(".lesson-text")
    first = text.inner_text()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.clock.run_for(4000)
    expect(text).not_to_have_text(first)
    page.get_by_role("button", name="Pause").click()
    second = text.inner_text()
    page.clock.run_for(60_000)
    expect(text).to_have_text(second)


def test_another_number_is_chosen_by_its_place_or_by_a_click(open_page):
    page = open_arithmetic(open_page, "first")
    page.locator(".chain button", has_text="Linear").first.click()
    page.locator(".cell-axis input").fill("17")
    page.keyboard.press("Enter")
    expect(page.locator(".lesson-text")).to_contain_text("Neuron 17 receives all 784 pixels")
    page.locator(".is-clickable").click(position={"x": 4, "y": 4})
    expect(page.locator(".lesson-text")).to_contain_text("Neuron 1 receives all 784 pixels")


@pytest.mark.parametrize("run", ["first", "convolution"])
def test_it_fits_its_window_in_light_and_dark(open_page, run):
    page = open_arithmetic(open_page, run, reduced_motion="reduce")
    for size in SIZES:
        change_size(page, size)
        check_both_layouts(page)
    for button in page.locator(".chain button").all():
        button.click()
        for _ in range(page.locator(".lesson-dots i").count() - 1):
            page.keyboard.press("ArrowRight")
        for size in SIZES:
            change_size(page, size)
            check_layout(page)
            assert page.evaluate(BARS_OUTSIDE) == 0


def change_size(page, size):
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
