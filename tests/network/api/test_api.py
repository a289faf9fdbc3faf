"""The Python interface as documented, from an empty folder and offline."""

import copy
import dataclasses
import doctest
import importlib.metadata
import inspect
import pickle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import network
import pipeline
from network import (
    EpochDone,
    Prediction,
    ProjectError,
    StepDone,
    create_training,
    list_runs,
    load_dataset,
    open_run,
    train,
)
from network.api.notebook import format_layer
from network.core.model import without_output_activation
from network.layers.text import parse_layers
from network.metrics.probability_text import format_probability
from tests.support.deep_pictures import png16
from tests.support.layer_examples import EXAMPLES

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
LAYERS = [layer for layer, _ in EXAMPLES.values()]
NAMES = [(package, name) for package in (network, pipeline) for name in package.__all__]
PNG = b"\x89PNG"


def load_sample(cache_dir):
    return load_dataset("mnist-sample", cache_dir=cache_dir)


@pytest.fixture(scope="module")
def cache_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def run(cache_dir):
    return train("mnist-sample", preset="fast-97", cache_dir=cache_dir, name="first")


@pytest.fixture(scope="module")
def test_images(cache_dir):
    return load_dataset("mnist-sample", cache_dir=cache_dir).test


@pytest.mark.parametrize(("package", "name"), NAMES, ids=lambda it: getattr(it, "__name__", it))
def test_the_examples_of_a_public_name_are_true(package, name, tmp_path, monkeypatch):
    monkeypatch.setenv("MNIST_CACHE_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    found = getattr(package, name)
    assert inspect.getdoc(found), f"{name} has no docstring"
    names = {"np": np, "Path": Path, **{it: getattr(network, it) for it in network.__all__}}
    names |= {it: getattr(package, it) for it in package.__all__}
    for case in doctest.DocTestFinder(recurse=False).find(found, name, globs=names):
        result = doctest.DocTestRunner(optionflags=FLAGS).run(case)
        assert (result.failed, result.attempted > 0) == (0, True)


def test_there_are_few_public_names_and_star_imports_exactly_them():
    assert 12 <= len(network.__all__) <= 30
    names = {}
    exec("from network import *", names)
    assert set(names) - {"__builtins__"} == set(network.__all__)
    assert importlib.metadata.version("mnist-neural-net") == network.__version__


def test_a_dataset_is_arrays_and_the_two_lists_of_the_pickle(test_images):
    images, labels = test_images.to_lists()
    assert np.array_equal(images, test_images.images)
    assert labels[:5] == [7, 2, 1, 0, 4]
    assert [name for _, name in test_images[:5]] == ["7", "2", "1", "0", "4"]
    assert test_images._repr_png_().startswith(PNG)
    assert [len(test_images[which]) for which in (0, -1, [3, 4], slice(5))] == [1, 1, 2, 5]
    assert test_images[-1].labels[0] == labels[-1]
    assert test_images[:0]._repr_png_() is None


def test_a_run_trained_from_python_is_the_one_that_the_command_trains(run, call):
    named = ["--dataset", "mnist-sample", "--preset", "fast-97", "--name", "second"]
    call("train", *named, cache=run.cache)
    other = open_run("second", cache_dir=run.cache.root)
    assert other.history[-1]._replace(seconds=0) == run.history[-1]._replace(seconds=0)


def test_options_are_natural_values_of_python_and_a_run_to_start_from_may_be_an_object(run):
    given = {"cache_dir": run.cache.root, "epochs": np.int64(1), "validation": np.float32(0.25)}
    first = train("mnist-sample", hidden=5, **given)
    assert (first.configuration.hidden, first.configuration.validation) == ((5,), 0.25)
    assert train("mnist-sample", start=first, **given).configuration.start == first.name


def test_predictions_of_arrays_of_every_accepted_form_are_the_same(run, test_images):
    pixels = test_images.images[:4]
    expected = [each.label for each in run.predict(pixels)]
    assert [each.label for each in run.predict(pixels / 255)] == expected
    assert [each.label for each in run.predict(pixels.tolist())] == expected
    assert [run.predict(one)[0].label for one in pixels] == expected
    assert np.array_equal(run.scores(pixels).argmax(axis=1), expected)


@pytest.mark.parametrize("highest", [1, 15, 4095])
def test_another_scale_of_an_array_or_a_picture_is_a_warning_or_an_argument(
    run, test_images, tmp_path, highest
):
    levels = np.rint(test_images.images[:3] * (highest / 255)).astype(np.uint16)
    usual = np.rint(levels * (255 / highest)).astype(np.uint8)
    expected = [each.label for each in run.predict(usual)]
    assert [each.label for each in run.predict(levels, highest=highest)] == expected
    path = tmp_path / "digit.png"
    path.write_bytes(png16(levels[0]))
    for source in (path, path.read_bytes(), Image.fromarray(levels[0])):
        with pytest.warns(UserWarning, match=f"{highest} is .* full ink; .*highest=") as caught:
            (found,) = run.predict(source)
        assert caught[0].filename == __file__
        assert np.array_equal(found.pixels, usual[0])
        (found,) = run.predict(source, highest=highest)
        assert np.array_equal(found.pixels, usual[0])
        assert run.predict_one(source, highest=highest).label == expected[0]
    if highest > 255:
        with pytest.raises(ProjectError, match="pixels are from 0 to 4095; expected 0 to 255"):
            run.predict(levels)
        return
    for predict in (run.predict, run.scores):
        with pytest.warns(UserWarning, match=f"predict with highest={highest}") as caught:
            predict(levels)
        assert caught[0].filename == __file__


def test_blank_images_of_an_array_are_a_warning_that_names_them(run, test_images):
    for level in (0, 3, 255):
        with pytest.warns(UserWarning, match=f"image is blank: every pixel is {level}; its pred"):
            run.predict_one(np.full((28, 28), level))
    pixels = test_images.images[:12].copy()
    pixels[[2, 5]] = 0
    for predict in (run.predict, run.scores):
        with pytest.warns(UserWarning, match="2 of 12 images are blank.*: index 2, 5$") as caught:
            predict(pixels)
        assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match="12 of 12.*: index 0, 1, 2, 3, 4, 5, 6, 7, ...$"):
        run.predict(0 * pixels)


def test_fractions_of_an_array_are_rounded(run, test_images):
    pixels = test_images.images[:3]
    assert np.array_equal([it.pixels for it in run.predict(pixels - 0.3 * (pixels > 0))], pixels)
    assert np.array_equal([it.pixels for it in run.predict(pixels / 50, highest=5.1)], pixels)


def test_a_prediction_shows_itself(run, test_images):
    (prediction,) = run.predict(test_images.images[0], coverage=0.9)
    assert isinstance(prediction, Prediction)
    assert prediction.name == run.classes[prediction.label]
    assert repr(prediction) == f"7 ({format_probability(prediction.probability)})"
    assert prediction._repr_png_().startswith(PNG)
    assert "data:image/png" in prediction._repr_html_()
    assert prediction.name in prediction.prediction_set


def test_one_image_has_one_prediction_and_a_list_says_where_it_is(run, test_images, tmp_path):
    image = test_images.images[0]
    (known,) = run.predict(image, coverage=0.9)
    one = run.predict_one(image, coverage=0.9)
    assert (one.name, one.probability, one.prediction_set) == (
        known.name, known.probability, known.prediction_set,
    )  # fmt: skip
    assert run.predict_one(image[None]).name == one.name
    Image.fromarray(255 - np.pad(image, 8)).save(tmp_path / "a.png")
    assert isinstance(run.predict_one(tmp_path / "a.png"), Prediction)
    predictions = run.predict(test_images.images[:2])
    for field in dataclasses.fields(Prediction):
        with pytest.raises(AttributeError, match=rf"list, of 2 here: .*\[0\]\.{field.name}, or"):
            getattr(predictions, field.name)
    with pytest.raises(AttributeError, match="no attribute 'unknown'"):
        _ = predictions.unknown
    assert copy.deepcopy(predictions)[0].name == pickle.loads(pickle.dumps(predictions))[0].name


def test_a_list_of_predictions_shows_its_first_digits(run, test_images):
    predictions = run.predict(test_images.images[:45])
    assert predictions == list(predictions)
    shown = predictions._repr_html_()
    assert shown.count("data:image/png") == 40
    assert "and 5 more" in shown
    assert run.predict(test_images.images[:40])._repr_html_().endswith("</div>")


def test_a_picture_is_read_from_its_path_and_from_memory(run, test_images, tmp_path):
    page = np.full((60, 120), 255, np.uint8)
    page[16:44, 16:44] = 255 - test_images.images[0]
    page[16:44, 70:98] = 255 - test_images.images[1]
    Image.fromarray(page).save(tmp_path / "page.png")
    from_path = run.predict(tmp_path / "page.png")
    from_memory = run.predict(Image.open(tmp_path / "page.png"))
    assert [each.label for each in from_path] == [each.label for each in from_memory]
    assert len(from_path) == 2
    assert from_path[0].box.left < from_path[1].box.left


def test_a_calibration_is_measured_once_and_kept(run, test_images):
    assert not run.predictor.is_saved
    before = run.predict(test_images.images[:3])
    result = run.calibrate()
    assert run.loaded.run.calibration.exists()
    assert run.predictor.is_saved
    assert run.predictor.calibration == result
    assert [it.probability for it in run.predict(test_images.images[:3])] == [
        it.probability for it in before
    ]


def test_a_test_is_logged_and_a_validation_is_not(run, cache_dir):
    assert not run.loaded.run.result.exists()
    assert 0 < run.validation_accuracy < 1
    result = run.test()
    assert result.count == 200
    low, high = result.interval
    assert low <= result.accuracy <= high
    assert run.loaded.run.result.exists()


def test_a_run_is_drawn_as_a_figure_or_into_axes_and_shows_itself(run):
    from matplotlib.figure import Figure

    assert len(run.plot().axes) == 2
    for kind in ("accuracy", "loss"):
        assert run.plot(kind).axes[0].has_data()
    picture, size = run.plot()._repr_png_()
    assert picture.startswith(PNG)
    assert size == {"width": 912, "height": 346}
    assert isinstance(pickle.loads(pickle.dumps(run.plot())), Figure)
    axes = Figure().subplots(1, 2)
    for kind, panel in zip(("confusion", "accuracy"), axes, strict=True):
        assert run.plot(kind, panel) is panel
        assert panel.has_data()
    shown = run._repr_html_()
    assert "<svg" in shown
    assert "Flatten, Linear(120, initializer=&#x27;he&#x27;), ReLU" in shown
    assert repr(run).startswith("Run first: 2 epochs, validation accuracy ")


@pytest.mark.parametrize("layer", LAYERS, ids=lambda it: type(it).__name__)
def test_a_layer_is_shown_as_it_may_be_typed(layer):
    assert parse_layers(format_layer(layer)) == (layer,)
    assert len(format_layer(layer)) <= len(repr(layer))


def test_a_loop_of_ones_own_can_be_left_and_the_run_is_saved(cache_dir):
    training = create_training("mnist-sample", epochs=3, name="left", cache_dir=cache_dir)
    before = training.params[1]["weight"].copy()
    for event in training:
        assert isinstance(event, StepDone | EpochDone)
        if event.step == 40:
            break
    assert not np.array_equal(training.params[1]["weight"], before)
    assert len(training.run.history) == 1
    assert "left" in [one.name for one in list_runs(cache_dir=cache_dir)]


def test_a_second_iterator_of_a_training_is_an_error_and_a_later_one_continues(cache_dir):
    training = create_training("mnist-sample", epochs=2, name="twice", cache_dir=cache_dir)
    first, second = iter(training), iter(training)
    next(first)
    with pytest.raises(ProjectError, match="has an iterator that has not ended"):
        next(second)
    first.close()
    epochs = [event.epoch for event in training if isinstance(event, EpochDone)]
    assert epochs == [1, 2]
    assert list(training) == []


def test_the_parameters_of_a_run_cannot_be_changed_but_a_copy_can(run, cache_dir, test_images):
    opened = open_run(run.name, cache_dir=cache_dir)
    before = opened.scores(test_images.images[:9])
    for one in (opened, pickle.loads(pickle.dumps(opened)), copy.deepcopy(opened)):
        with pytest.raises(ValueError, match="read-only"):
            one.params[1]["weight"][:] = 0
        one.params[1]["weight"] = np.zeros_like(one.params[1]["weight"])
        one.params[1] = {}
        assert np.array_equal(one.scores(test_images.images[:9]), before)
    images, labels = test_images.images[:9] / np.float32(255), test_images.labels[:9]
    loss, rng = network.CrossEntropy(), np.random.default_rng(0)
    given = without_output_activation(opened.model, loss), loss, network.SGD()
    with pytest.raises(ProjectError, match=r"read-only.*copy\.deepcopy"):
        network.train_step(*given, opened.params, {}, images, labels, 0.1, rng)
    params = copy.deepcopy(opened.params)
    network.train_step(*given, params, {}, images, labels, 0.1, rng)
    assert not np.array_equal(params[1]["weight"], opened.params[1]["weight"])
    for suffix in ("html", "onnx", "safetensors"):
        assert opened.export(f"{cache_dir}/read-only.{suffix}").exists()


@pytest.mark.parametrize("suffix", ["html", "onnx", "safetensors"])
def test_a_run_is_exported_by_the_suffix_of_the_path(run, tmp_path, suffix):
    path = run.export(tmp_path / f"run.{suffix}")
    assert path.stat().st_size > 10_000


WRONG = {
    "pixels are from 0 to 300; expected 0 to 255": lambda run: run.predict(300 * np.eye(28)),
    "highest is -1; expected a number above 0": lambda run: run.predict(np.eye(28), highest=-1),
    "some pixels are NaN; expected": lambda run: run.predict(np.full((28, 28), np.nan)),
    "images have the shape (27, 28)": lambda run: run.predict(np.zeros((27, 28))),
    "images have the shape (0, 27, 28)": lambda run: run.predict(np.zeros((0, 27, 28))),
    "nowhere.png not found": lambda run: run.predict("nowhere.png"),
    'source is the folder "."; expected the file of one picture': lambda run: run.predict("."),
    "Predict pictures one by one: [run.predict(path)": lambda run: run.predict(["a.png", "b.png"]),
    "`network predict` in a terminal, which also": lambda run: run.predict(__file__),
    "expected a path, bytes, an image of Pillow, an array or a list": lambda run: run.predict(3),
    "source has 2 digits; expected one": lambda run: run.predict_one(np.array([np.eye(28)] * 2)),
    "expected loss, accuracy or confusion for axes": lambda run: run.plot("mistakes", 3),
    "the picture: it has no pixels (0x3)": lambda run: run.predict(Image.new("RGB", (0, 3))),
    "augment is \"shift=2,shift=3\"; expected one value for shift": lambda run: train(
        "mnist-sample", augment="shift=2,shift=3", cache_dir=run.cache.root
    ),
    'layers is ""; expected a string such as "Flatten': lambda run: train(
        "mnist-sample", layers="", cache_dir=run.cache.root
    ),
    'ends in .html, .onnx or .safetensors': lambda run: run.export("run.txt"),
    "kind is": lambda run: run.plot("beauty"),
    'has no split "lost"': lambda run: load_sample(run.cache.root)["lost"],
    "epochs is": lambda run: train("mnist-sample", epochs=-1, cache_dir=run.cache.root),
    '"epoch" is not a training option': lambda run: train("mnist-sample", epoch=1, cache_dir="c"),
    'dataset "mnits" not found': lambda run: train("mnits", cache_dir=run.cache.root),
    'run "frist" not found': lambda run: open_run("frist", cache_dir=run.cache.root),
}  # fmt: skip


@pytest.mark.parametrize("words", WRONG)
def test_a_mistake_is_one_line_of_ours(run, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ProjectError) as caught:
        WRONG[words](run)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_objects_of_the_interface_are_compared_and_collected(run, cache_dir, test_images):
    again = open_run("first", cache_dir=cache_dir)
    image = test_images.images[0]
    pairs = [
        (run, again),
        (run.configuration, again.configuration),
        (run.model, again.model),
        (run.test(), again.test()),
        (run.predict_one(image), again.predict_one(image)),
        (run.calibrate(), again.calibrate()),
        (test_images, load_dataset("mnist-sample", cache_dir=cache_dir).test),
        (load_sample(cache_dir), load_sample(cache_dir)),
    ]
    for one, other in pairs:
        assert one == other
        assert len({one, other}) == 1
        assert one != run.name
    assert run in list_runs(cache_dir=cache_dir)
    assert run.predict_one(image) != run.predict_one(test_images.images[1])
    assert test_images != test_images[:10]
    training = create_training("mnist-sample", limit=20, epochs=1, cache_dir=cache_dir)
    assert len({training, training}) == 1
    assert training.training_run.state == training.training_run.state


def test_no_images_have_no_predictions(run, test_images):
    none = test_images.images[test_images.labels == 99]
    for images in (none, none / 255, []):
        assert run.predict(images) == []
        assert run.predict(images)._repr_html_()
    assert run.scores(none).shape == (0, 10)
    with pytest.raises(ProjectError, match="source has 0 digits"):
        run.predict_one(none)


@pytest.mark.parametrize(
    "convert", [lambda x: x / 127.5 - 1, lambda x: (x / 255 - 0.1307) / 0.3081]
)
def test_pixels_of_another_range_are_converted_by_the_formula_of_the_error(
    run, test_images, convert
):
    x = convert(test_images.images[:20])
    with pytest.raises(ProjectError, match="expected 0 to 255, or floats from 0 to 1") as caught:
        run.predict(x)
    formula = caught.value.hint.removeprefix("Convert them: ")
    assert np.array_equal(eval(formula, {"np": np, "x": x}), test_images.images[:20])


def test_results_are_shown_by_their_numbers(run, cache_dir, test_images):
    result = run.test()
    assert repr(result).startswith(f"{result.correct} / 200 ({100 * result.accuracy:.2f} %, 95 %")
    assert result._repr_html_().count("<td>") == 100
    assert repr(run.calibrate()).startswith("Calibration on 100 validation images: calibration er")
    training = create_training("mnist-sample", epochs=3, name="shown", cache_dir=cache_dir)
    assert repr(training) == "Training shown: epoch 0 of 3, 900 images"
    predictions = run.predict(test_images.images[:5])
    assert predictions[1:3] == [predictions[1], predictions[2]]
    assert predictions[1:3]._repr_html_().count("data:image/png") == 2
