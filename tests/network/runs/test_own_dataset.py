"""A run belongs to the data that it was trained on, whatever has the name of its dataset later."""

import json
from dataclasses import replace

import numpy as np
import pytest

from network.core.data import split_indices
from network.lab.run_cache import RunCache
from network.runs.checkpoints import load_checkpoint, save_checkpoint
from network.runs.evaluate import load_runs
from network.runs.held_out import split_examples
from network.runs.make_ensemble import make_ensemble
from network.runs.names import find_run
from network.runs.own_dataset import describe_new_classes, find_classes
from network.runs.training_run import create_training_run
from network.training.configuration import Configuration
from pipeline.errors import UsageError
from pipeline.formats.import_dataset import ImportOptions, import_dataset
from pipeline.storage.cache import Cache

NAME, CLASSES = "letters", ("a", "b", "c")
SMALL = Configuration(dataset=NAME, hidden=(3,), epochs=1, batch_size=5, validation=0.4)
REFUSAL = {
    "other images": "run one was trained on data with sha256 ",
    "other names": "the classes of letters do not match run one: found 3 classes (x, y, z, ...)",
    "fewer classes": "the classes of letters do not match run one: found 2 classes (a, b, ...)",
}
EVERY_CHANGE = pytest.mark.parametrize("change", REFUSAL)


def import_letters(cache, folder, names, seed=0, dataset=NAME):
    """Import images of bars whose classes have these names."""
    rng = np.random.default_rng(seed)
    labels = np.arange(60) % len(names)
    images = rng.integers(0, 50, (60, 28, 28), np.uint8)
    images[np.arange(60), :, 5 + 6 * labels] = 255
    source = folder / "letters.npz"
    texts = np.array(names)[labels]
    np.savez(source, x_train=images, y_train=texts, x_test=images[::-1], y_test=texts[::-1])
    import_dataset(cache, source, dataset, ImportOptions(force=True))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("letters")
    cache = Cache(folder / "cache", "test")
    import_letters(cache, folder, CLASSES)
    for name in ("one", "two"):
        list(create_training_run(cache, SMALL, name).train())
    make_ensemble(cache, ["one", "two"], "both")
    return cache


@pytest.fixture
def changed(trained, change, tmp_path):
    """The cache after something else was imported under the name of the dataset."""
    names, seed = {
        "other images": (CLASSES, 1),
        "other names": (("x", "y", "z"), 0),
        "fewer classes": (("a", "b"), 0),
    }[change]
    import_letters(trained, tmp_path, names, seed)
    yield trained
    import_letters(trained, tmp_path, CLASSES)


@EVERY_CHANGE
@pytest.mark.parametrize(
    "typed",
    [
        ["test", "one"],
        ["test", "one", "--dataset", NAME],
        ["show", "one", "--wrong"],
        ["compare", "one", "two"],
        ["export", "one", "--html", "page.html"],
        ["plot", "one", "--kind", "confusion", "--split", "test"],
    ],
    ids=" ".join,
)
def test_a_run_is_not_shown_images_of_other_data(
    changed, change, typed, call, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    before = list(tmp_path.iterdir())
    assert REFUSAL[change] in call(*typed, code=2, cache=changed).err
    assert list(tmp_path.iterdir()) == before
    assert not find_run(changed, "one").result.exists()


@EVERY_CHANGE
def test_the_lab_shows_no_images_of_other_data(changed, change):
    loaded = RunCache(changed)
    for look in (loaded.validation, lambda run: loaded.examples(run, "test")):
        with pytest.raises(UsageError) as refused:
            look(loaded.run("one"))
        assert REFUSAL[change] in str(refused.value)


@EVERY_CHANGE
def test_a_run_keeps_the_names_of_its_classes(changed, change, call_json, tmp_path):
    """A picture can be predicted whatever became of the dataset."""
    np.save(tmp_path / "images.npy", np.zeros((2, 28, 28), np.uint8))
    for name in ("one", "both"):
        (run,) = load_runs(changed, [name])
        assert find_classes(changed, run) == CLASSES
    found = call_json("predict", str(tmp_path / "images.npy"), "--run", "one", cache=changed)
    assert set(found["files"][0]["labels"]) <= set(CLASSES)


@pytest.mark.parametrize("change", ["other images", "fewer classes"])
def test_a_run_of_an_earlier_version_takes_no_names_from_other_data(changed, change):
    path = find_run(changed, "one").checkpoint
    whole = load_checkpoint(path)
    save_checkpoint(path, without_classes(whole))
    try:
        (run,) = load_runs(changed, ["one"])
        with pytest.raises(UsageError, match=r"was trained on data with sha256|has 3 outputs"):
            find_classes(changed, run)
    finally:
        save_checkpoint(path, whole)


def test_a_run_of_an_earlier_version_takes_the_names_of_its_dataset(trained):
    path = find_run(trained, "one").checkpoint
    whole = load_checkpoint(path)
    save_checkpoint(path, without_classes(whole))
    try:
        (run,) = load_runs(trained, ["one"])
        assert find_classes(trained, run) == CLASSES
    finally:
        save_checkpoint(path, whole)


def without_classes(checkpoint):
    meta = {key: json.loads(json.dumps(it)) for key, it in checkpoint.meta.items()}
    del meta["classes"]
    return type(checkpoint)(checkpoint.model, checkpoint.params, checkpoint.state, meta)


def test_a_run_that_starts_from_one_on_another_dataset_is_measured_on_its_own(trained, tmp_path):
    import_letters(trained, tmp_path, ("a", "d", "e"), seed=2, dataset="others")
    start = replace(SMALL, dataset="others", start="one", seed=1)
    assert describe_new_classes(trained, start) == (
        "others has other classes than run one: b is now d, c is now e"
    )
    assert describe_new_classes(trained, replace(start, dataset=NAME)) == ""
    list(create_training_run(trained, start, "further").train())
    (further,) = load_runs(trained, ["further"])
    division = split_examples(trained, further.run, further.checkpoint, further.configuration)
    training, held_out = split_indices(60, start.validation, start.seed)
    assert division.trained.tolist() == training.tolist()
    assert division.held_out.tolist() == held_out.tolist()


@pytest.mark.parametrize("names", [("a", "b"), ("a", "b", "c", "d")])
def test_a_run_has_to_have_an_output_for_each_class_of_the_dataset(trained, tmp_path, names):
    import_letters(trained, tmp_path, names, dataset="more")
    expected = f"run one has 3 outputs, but dataset more has {len(names)} classes"
    with pytest.raises(UsageError, match=expected):
        create_training_run(trained, replace(SMALL, dataset="more", start="one"), "none")
