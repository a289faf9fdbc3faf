"""Any argument of a public function is accepted, or is an error of one line."""

import dataclasses
import inspect
import math
import pickle
import sys
import traceback
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import network
import pipeline
from network import ProjectError, create_training, load_dataset, open_run, train
from pipeline import fetch_dataset, find_cache, find_dataset, import_dataset, read_split
from pipeline.errors import DownloadError, MissingError, StorageError, UsageError
from pipeline.storage.arguments import checked

WRONG = [None, 3, "", {}, object(), math.nan, b"a", "a\0b", "é" * 300, -1, [], np.eye(3), ()]
# their arguments are arrays, as in the mathematics; the README quotes the first
MATHEMATICS = {"train_step", "check_gradients"}
FUNCTIONS = {
    name: getattr(package, name)
    for package in (network, pipeline)
    for name in package.__all__
    if inspect.isfunction(getattr(package, name)) and name not in MATHEMATICS
}
CLASSES = {
    name: getattr(package, name)
    for package in (network, pipeline)
    for name in package.__all__
    if inspect.isclass(getattr(package, name))
}
RUN = [name for name, _ in inspect.getmembers(network.Run, inspect.isfunction) if name[0] != "_"]
GIVEN = {  # valid arguments, so that only one argument is not valid
    "dataset": "mnist-sample",
    "name": "mine",
    "split": "test",
    "format_name": "npz",
    "path": "somewhere.npz",
    "source": np.eye(28),
    "images": np.eye(28)[np.newaxis],
}


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    folder = tmp_path_factory.mktemp("arguments")
    train("mnist-sample", cache_dir=folder, epochs=1, name="first")
    return find_cache(folder)


@pytest.fixture(autouse=True)
def elsewhere(cache, tmp_path, monkeypatch):
    monkeypatch.setenv("MNIST_CACHE_DIR", str(cache.root))
    monkeypatch.chdir(tmp_path)


def ends_well(function, *given, **named):
    """Call a function, and require success or a ProjectError of one line."""
    message, shown = "", []
    try:
        function(*given, **named)
    except ProjectError as error:
        message, shown = str(error), traceback.format_exception(error)
    if inspect.isroutine(function):
        assert len(shown) <= 6, "one traceback: the call here, and its error"
    assert "\n" not in message
    assert len(message) < 700


def parameters_of(function):
    parameters = inspect.signature(function).parameters.values()
    return [it for it in parameters if it.kind is not it.VAR_KEYWORD and it.name != "self"]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_public_function_takes_no_wrong_argument(cache, name):
    needed = parameters_of(FUNCTIONS[name])
    given = GIVEN | {"cache": cache}
    given = {it.name: given[it.name] for it in needed if it.default is it.empty}
    for parameter in needed:
        for value in WRONG:
            if name in {"train", "create_training"}:
                given |= {"limit": 64, "epochs": 1}
            ends_well(FUNCTIONS[name], **{**given, parameter.name: value})


@pytest.mark.parametrize("name", RUN)
def test_a_method_of_a_run_takes_no_wrong_argument(name):
    run = open_run("first")
    method = getattr(run, name)
    needed = parameters_of(method)
    given = {it.name: GIVEN[it.name] for it in needed if it.default is it.empty}
    for parameter in needed:
        for value in WRONG:
            ends_well(method, **{**given, parameter.name: value})


@pytest.mark.parametrize("name", CLASSES)
def test_a_public_class_takes_no_wrong_argument(name):
    fields = parameters_of(CLASSES[name])
    needed = [it for it in fields if it.default is it.empty] or fields[:1]
    for value in WRONG:
        positional = [value for it in needed if it.kind < it.VAR_POSITIONAL]
        named = {it.name: value for it in needed if it.kind == it.KEYWORD_ONLY}
        ends_well(CLASSES[name], *positional, **named)


def test_a_public_function_says_what_it_expected():
    cases = {
        "name is 3; expected a string": lambda: train("mnist-sample", name=3),
        'name is Path("a"); expected a string': lambda: train("mnist-sample", name=Path("a")),
        "dataset is None; expected a string": lambda: train(None),
        "name is a dict; expected a string": lambda: load_dataset({}),
        "cache_dir is 3; expected a path": lambda: network.list_runs(cache_dir=3),
        "highest is NaN; expected": lambda: open_run().predict(np.eye(28), highest=math.nan),
        "highest is inf; expected a number above": lambda: open_run().predict(
            "a", highest=math.inf
        ),
        "pixels are from -255 to 0; ex": lambda: open_run().predict(-255.0 * np.eye(28)),
        "cache_dir is NaN; expected a path": lambda: find_cache(math.nan),
        'path is "a\\u0000b"; expected a path without NUL': lambda: pipeline.inspect_file("a\0b"),
        "cache is a str; expected a Cache": lambda: pipeline.all_datasets([]),
        "cache_dir is empty": lambda: find_cache(""),
        "coverage is -1; expected 0 to 1": lambda: open_run().predict(np.eye(28), -1),
        'coverage is "0.9"; expected a number': lambda: open_run().predict(np.eye(28), "0.9"),
        "images are strings; expected": lambda: open_run().predict(np.full((1, 28, 28), "a")),
        "images are strings; expected numbers": lambda: open_run().predict(["a.png", "bb.png"]),
        "some pixels are NaN": lambda: open_run().predict(np.full((28, 28), math.nan)),
        "an image of Pillow, an array or a list": lambda: open_run().predict(3),
        "name is an array; expected a string": lambda: load_dataset(np.eye(3)),
        "source is empty; expected a path": lambda: open_run().predict(""),
        "mirrors is a list with 3; expected a list of strings or a string": lambda: fetch_dataset(
            find_cache(), "a", [3]
        ),
        "layers is 3; expected a string such as": lambda: train("mnist-sample", layers=3),
        "layers is []; expected": lambda: train("mnist-sample", layers=[]),
        'such as "Flatten, Linear(30)': lambda: train("mnist-sample", layers=[network.Flatten]),
        'cache is "mnist"; expected a Cache': lambda: pipeline.verify_dataset("mnist", "mnist"),
        "images have different shapes": lambda: open_run().predict([[1], [2, 3]]),
        "seconds is -1; expected a number above 0": lambda: fetch_dataset(
            find_cache(), "mnist-sample", seconds=-1
        ),
        "some pixels are masked; expected numbers. Fill them": lambda: open_run().predict(
            np.ma.masked_less(np.eye(28), 1)
        ),
        'the address "https://a/b.png"; expected a file': lambda: open_run().predict(
            "https://a/b.png"
        ),
        'no split "Lost"': lambda: load_dataset("mnist-sample")[Path("Lost")],
        "limit is 0; expected 1 to": lambda: open_run().test(limit=0),
        "axes is 3": lambda: open_run().plot("accuracy", 3),
    }
    for words, call in cases.items():
        with pytest.raises(ProjectError) as caught:
            call()
        assert words.replace("a str;", "a list;") in str(caught.value)


def test_an_error_is_one_short_traceback_in_the_words_of_python(cache):
    diverging = {"loss": "cross-entropy", "learning_rate": 1e6, "optimizer": "sgd", "epochs": 1}
    cases = {
        'epochs is "2x"; expected a whole number': lambda: train("mnist-sample", epochs="2x"),
        "epochs is True; expected": lambda: train("mnist-sample", epochs=True),
        "Try a lower learning_rate than 1e+06": lambda: train("mnist-sample", **diverging),
        "Try a lower learning_rate": lambda: [*create_training("mnist-sample", **diverging)],
        'Did you mean learning_rate?': lambda: train("mnist-sample", lr=1),
        "are always shuffled": lambda: train("mnist-sample", shuffle=True),
        "test_arguments.py, which is a file": lambda: open_run("first", cache_dir=__file__),
        'expected a string. Use its name': lambda: train(load_dataset("mnist-sample")),
        "NetworkClassifier": lambda: train(load_dataset("mnist-sample").train),
        "pipeline.import_dataset": lambda: train(load_dataset("mnist-sample").train.images),
        'Name the split': lambda: open_run().test(load_dataset("mnist-sample").test),
        'list_runs() lists all runs': lambda: open_run("xxxx"),
        'Run train(cache_dir="nowhere")': lambda: open_run("x", cache_dir="nowhere"),
        "nope not found": lambda: pipeline.load_untrusted("nope"),
        "not a pickle: it is text": lambda: pipeline.load_untrusted(__file__),
        "digits.test.images": lambda: open_run().predict(load_dataset("mnist-sample").test),
        "digits.test.images.": lambda: open_run().scores(load_dataset("mnist-sample")),
    }  # fmt: skip
    for words, call in cases.items():
        with pytest.raises(ProjectError) as caught:
            call()
        assert words.rstrip(".") in str(caught.value)
        assert len(traceback.format_exception(caught.value)) <= 6, words


@pytest.mark.parametrize(
    "options",
    [
        {"epoch": 3},
        {"epochs": "x"},
        {"name": "a b"},
        {"name": "first"},
        {"preset": "nope"},
        {"start": "lost"},
        {"images": np.eye(3)},
        {"hidden": 3, "layers": "ReLU"},
    ],
    ids=str,
)
def test_arguments_are_checked_before_a_dataset_is_downloaded(cache, options, monkeypatch):
    def download(*_):
        raise DownloadError("this takes long")

    monkeypatch.setattr(sys.modules[network.Training.__module__], "require_built", download)
    with pytest.raises(DownloadError):
        train("kmnist")
    for start in (train, create_training):
        with pytest.raises((UsageError, MissingError)):
            start("kmnist", **options)


def test_a_file_that_cannot_be_written_is_named_by_its_argument(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    cases = [lambda path: open_run().export(f"{path}.html")]
    cases += [lambda path: pipeline.export_dataset(find_cache(), "mnist-sample", "csv", path)]
    for call in cases:
        for path in ("file/run", str(tmp_path / "file" / "run")):
            with pytest.raises(StorageError, match=r"Choose another path$"):
                call(path)


def test_a_value_that_is_not_valid_is_a_value_error_as_elsewhere_in_python(cache):
    cases = [
        lambda: train("mnist-sample", epochs=-1),
        lambda: train("mnist-sample", epoch=1),
        lambda: network.Configuration(loss="mse"),
        lambda: network.Linear(0),
        lambda: network.Adam(beta1=2),
        lambda: network.Model([3]),
        lambda: open_run().predict(np.eye(28), coverage=2),
        lambda: open_run().predict(np.eye(3)),
        lambda: load_dataset("mnits"),
        lambda: load_dataset("mnist-sample")["lost"],
    ]
    for call in cases:
        with pytest.raises(ValueError) as caught:  # noqa: PT011 - the type is what is tested
            call()
        assert isinstance(caught.value, ProjectError)
        assert pickle.loads(pickle.dumps(caught.value)).args == caught.value.args


def test_a_wrong_call_names_the_function_and_its_arguments():
    run, cases = open_run("first"), {
        "Run.export() missing a required argument: 'path'. Its arguments: path, force=False":
            lambda run: run.export(),
        'train() takes options by name; found "fast-97" without one. Write it as one of name=,':
            lambda run: train("mnist-sample", "fast-97"),
        'list_runs() takes options by name; found "a" without one. Write it as cache_dir=':
            lambda run: network.list_runs("a"),
        'load_dataset() takes options by name; found "train"':
            lambda run: load_dataset("mnist", "train"),
        "build_pickles() missing a required argument: 'dataset'. Its arguments: cache, dataset, "
        "force=False, reporter=...": lambda run: pipeline.build_pickles("mnist"),
        "Run.predict() got an unexpected keyword argument 'cover'. Its arguments: source, cov":
            lambda run: run.predict(3, cover=1),
        "Run.calibrate() got too many positional arguments. It takes no arguments":
            lambda run: run.calibrate(1),
        "train() got multiple values for argument 'dataset'": lambda run: train(
            "mnist-sample", **run.configuration.to_dict()
        ),
        "create_training() has no verbose. Print in the loop": lambda run: create_training(
            "mnist-sample", verbose=True
        ),
        "a dataset is not iterable; mnist-sample has several splits. Iterate over a split: for":
            lambda run: list(load_dataset("mnist-sample")),
        "Run.plot() got multiple values for argument 'kind'":
            lambda run: run.plot("loss", kind="loss"),
    }  # fmt: skip
    for words, call in cases.items():
        with pytest.raises(ProjectError) as caught:
            call(run)
        assert isinstance(caught.value, TypeError)
        assert str(caught.value).startswith(words)


def test_an_error_for_a_command_keeps_its_options():
    code = "from pipeline.storage.cache import find_cache; find_cache('~no such user/')"
    with pytest.raises(ProjectError, match="--cache-dir is ~no such user"):
        exec(code, {"__name__": "network.commands.somewhere"})


def test_of_a_split_the_first_images_can_be_tested():
    assert open_run("first").test(limit=50).count == 50


def test_paths_may_be_texts_and_datasets_names(cache, tmp_path):
    images, labels = read_split(cache, "mnist-sample", "test")
    assert np.array_equal(images, read_split(cache, find_dataset(cache, "mnist-sample"), "test")[0])
    np.savez(tmp_path / "a.npz", x_train=images, y_train=labels)
    assert import_dataset(cache, "a.npz", "texts").dataset.name == "texts"
    assert pipeline.export_dataset(cache, "texts", "npz", "b.npz").path == tmp_path / "b.npz"
    assert pipeline.inspect_file("b.npz").is_plain
    assert {it.status for it in pipeline.verify_dataset(cache, "texts")} == {"intact"}
    assert pipeline.build_pickles(cache, "texts")[0].was_intact


def test_an_image_that_is_damaged_is_an_error_of_ours(tmp_path):
    Image.effect_noise((64, 64), 50).save(tmp_path / "a.png")
    whole = (tmp_path / "a.png").read_bytes()
    (tmp_path / "a.png").write_bytes(whole[: len(whole) // 2])
    with (
        Image.open(tmp_path / "a.png") as image,
        pytest.raises(ProjectError, match="the picture: damaged image"),
    ):
        open_run("first").predict(image)


def test_a_checked_function_keeps_its_name_its_help_and_its_signature():
    @checked
    def add(one: int, other: float = 1) -> float:
        """Add."""
        return one + other

    assert (add.__name__, add.__doc__, add(1, other=2)) == ("add", "Add.", 3)
    assert list(inspect.signature(add).parameters) == ["one", "other"]
    assert add(np.int64(1), np.float32(2)) == 3
    for wrong in (True, 1.5, "1", None):
        with pytest.raises(ProjectError, match=r"one is .*; expected a whole number"):
            add(wrong)


@pytest.mark.parametrize("field", [it.name for it in dataclasses.fields(pipeline.ImportOptions)])
def test_every_field_of_the_import_options_is_checked(cache, tmp_path, field):
    np.savez(tmp_path / "a.npz", x_train=np.zeros((4, 28, 28), np.uint8), y_train=[0, 1, 0, 1])
    for value in ({}, object(), math.nan, b"a", (), []):
        with pytest.raises(ProjectError, match=f"^({field}|--test-share) is "):
            import_dataset(cache, "a.npz", "mine", pipeline.ImportOptions(**{field: value}))


def test_a_public_function_takes_mirrors_as_a_list_a_tuple_or_a_string(tmp_path):
    folder = (Path(pipeline.__file__).parent / "datasets/catalogue/mnist_sample").as_uri()
    for number, mirrors in enumerate(([folder], (folder,), folder)):
        fetched = fetch_dataset(find_cache(tmp_path / str(number)), "mnist-sample", mirrors)
        assert {it.mirror for it in fetched} == {folder + "/"}


def test_layers_of_a_training_may_be_objects(cache):
    layers = [network.Conv2D(2, 5), network.ReLU(), network.Flatten(), network.Dropout(0.25)]
    for given in (layers, tuple(layers)):
        chosen = train("mnist-sample", layers=given, epochs=1, limit=64, validation=0)
        assert chosen.model.layers[: len(layers)] == tuple(layers)


def test_what_a_user_displays_is_short(cache, tmp_path):
    images, labels = read_split(cache, "mnist-sample", "test")
    np.savez(tmp_path / "short.npz", x_train=images, y_train=labels)
    assert len(repr(cache)) < 60 + len(str(cache.root))
    assert repr(find_dataset(cache, "mnist")) == (
        "Dataset mnist: 60,000 train, 10,000 test images, 10 classes"
    )
    imported = import_dataset(cache, "short.npz", "short")
    assert repr(imported).startswith("Imported(dataset=Dataset short: ")
    assert len(repr(imported)) - len("".join(imported.notes)) < 150


@pytest.mark.parametrize("full", [255, 1.0, 16])
def test_dark_ink_in_an_array_is_a_warning_and_light_ink_is_not(full):
    run, images = open_run("first"), load_dataset("mnist-sample").test.images
    scaled = np.round(images / 255 * full) if full > 1 else images / 255
    highest = full if full == 16 else None
    with pytest.warns(UserWarning, match=f"dark ink on light paper.*: pass {full:g} - images"):
        run.predict(full - scaled, highest=highest)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run.predict(scaled, highest=highest)
        for one in scaled[:50]:
            run.predict(one, highest=highest)
