"""One damaged run does not stop the list of runs, the lab, or plots of other runs."""

import json
import os
import shutil
from pathlib import Path

import pytest

from network.lab.run_cache import RunCache
from network.runs.checkpoints import Checkpoint, load_checkpoint, save_checkpoint
from network.runs.film import load_frame
from network.runs.folder import load_run, read_history, summarise_runs
from network.runs.history import pack_epoch
from network.runs.names import find_run, list_runs
from network.runs.training_run import create_training_run
from network.training.configuration import Configuration
from pipeline.errors import CorruptError
from pipeline.storage.cache import Cache
from tests.support.small_digits import NAME, make_small_digits

SMALL = Configuration(dataset=NAME, hidden=(3,), epochs=1, batch_size=5, validation=0.4)


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory):
    cache = make_small_digits(tmp_path_factory.mktemp("runs"), 60)
    for name in ("bad", "good"):
        list(create_training_run(cache, SMALL, name, film=True).train())
    return cache


@pytest.fixture
def cache(two_runs, tmp_path):
    return Cache(Path(shutil.copytree(two_runs.root, tmp_path / "cache")), "test")


def change_meta(**changed):
    def change(run):
        checkpoint = load_checkpoint(run.checkpoint)
        checkpoint.meta.update(changed)
        save_checkpoint(run.checkpoint, checkpoint)

    return change


def change_history(**changed):
    def change(run):
        told = json.loads(run.history.read_bytes())
        del told["sha256"]
        run.history.write_text(json.dumps(told | changed) + "\n")

    return change


WRONG_META = [
    {"epoch": "1"}, {"epoch": -1}, {"epoch": True}, {"step": None}, {"loss_sum": float("nan")},
    {"seconds": "fast"}, {"answering": 1}, {"members": "good"}, {"members": [1]}, {"edited": 5},
    {"edited": {}}, {"environment": []}, {"environment": {"blas": 5}}, {"history_sha256": 1},
    {"changes": [1]}, {"changes": {}}, {"first": 1},
    {"data": 5}, {"seen": 7}, {"configuration": None}, {"configuration": {"hidden": "wide"}},
]  # fmt: skip
WRONG_HISTORY = [
    {"validation_accuracy": "0.075"}, {"validation_accuracy": 1.5}, {"loss": float("inf")},
    {"loss": float("nan")}, {"loss": None}, {"loss": 10**400}, {"epoch": 1.0}, {"epoch": True},
    {"seconds": -1}, {"step": 0}, {"more": 1},
]  # fmt: skip


@pytest.mark.parametrize("changed", WRONG_META, ids=str)
def test_a_wrong_type_in_a_checkpoint_is_a_row_that_says_so(cache, changed, call, call_json):
    change_meta(**changed)(find_run(cache, "bad"))
    check_lists(cache)
    (bad, good) = call_json("runs", cache=cache)["runs"]
    assert good["problem"] is None
    assert "checkpoint.npz" in bad["problem"]
    assert (bad["accuracy"], bad["outdated"]) == (None, False)
    printed = call("runs", cache=cache).out.splitlines()
    assert [line.split()[:2] for line in printed] == [["bad", "damaged"], ["good", "1"]]


@pytest.mark.parametrize("changed", WRONG_HISTORY, ids=str)
def test_a_wrong_type_in_a_history_is_a_row_of_the_lab_that_says_so(cache, changed, call):
    change_history(**changed)(find_run(cache, "bad"))
    rows = check_lists(cache)
    assert "history.jsonl: line 1 is damaged" in rows["bad"]["problem"]
    told = call("plot", "bad", cache=cache, code=4).err
    assert "history.jsonl: line 1 is damaged" in told
    assert told.count("\n") == 1


def check_lists(cache):
    """Both lists have a row for each run, and are JSON."""
    rows = {row["name"]: row for row in RunCache(cache).summary_of_all()}
    json.dumps([*rows.values(), *summarise_runs(list_runs(cache))], allow_nan=False)
    assert rows["good"]["epochs"] == 1
    assert "\n" not in rows["bad"]["problem"]
    return rows


def test_plots_of_the_others_are_drawn_and_the_bad_run_is_told(cache, call, tmp_path):
    change_meta(epoch="1")(find_run(cache, "bad"))
    options = ("--kind", "learning", "--out", str(tmp_path / "plots"))
    told = call("plot", "bad", "good", *options, cache=cache, code=4)
    assert "checkpoint.npz" in told.err
    assert told.err.count("\n") == 1
    assert [path.name for path in (tmp_path / "plots").iterdir()] == ["good_learning.png"]


def test_a_run_that_goes_away_while_the_list_is_made_is_left_out_or_explained(cache):
    find_run(cache, "bad").checkpoint.unlink()
    runs = [find_run(cache, "good"), *list_runs(cache)]
    assert [row["problem"] for row in summarise_runs(runs)] == [None, None]


@pytest.mark.parametrize("answers", [None, 5, ["1"], [1.5], [-1], [True], [10**400]], ids=str)
def test_answers_of_a_frame_that_are_no_classes_are_refused(cache, answers):
    path = find_run(cache, "bad").film / "00001.npz"
    frame = load_checkpoint(path)
    meta = {"epoch": 1, "answers": answers}
    save_checkpoint(path, Checkpoint(frame.model, frame.params, {}, meta))
    with pytest.raises(CorruptError, match=r"00001\.npz"):
        load_frame(find_run(cache, "bad"), 1)


def test_the_line_of_an_epoch_is_written_in_one_way(cache):
    run = find_run(cache, "good")
    assert b"".join(map(pack_epoch, read_history(run))) == run.history.read_bytes()


def fifo(path):
    os.mkfifo(path)


@pytest.mark.parametrize("make", [fifo, Path.mkdir, lambda path: path.symlink_to("nowhere")])
def test_a_checkpoint_that_is_no_file_is_a_row_that_says_so(cache, make, call_json):
    bad = find_run(cache, "bad")
    bad.checkpoint.unlink()
    make(bad.checkpoint)
    (row, good) = call_json("runs", cache=cache)["runs"]
    assert (row["run"], good["problem"]) == ("bad", None)
    assert "checkpoint.npz" in row["problem"]


def test_a_configuration_that_was_changed_is_noticed_and_can_be_deleted(cache, call):
    bad = find_run(cache, "bad")
    bad.configuration.write_bytes(bad.configuration.read_bytes().replace(b"0.4", b"0.3"))
    told = call("test", "bad", cache=cache, code=4).err
    assert "config.json was changed: its sha256 is" in told
    assert "as in the checkpoint. Delete it; the checkpoint has the configuration" in told
    bad.configuration.unlink()
    assert load_run(bad)[1] == load_run(find_run(cache, "good"))[1]


def test_a_configuration_of_an_earlier_version_may_have_been_changed(cache):
    bad = find_run(cache, "bad")
    checkpoint = load_checkpoint(bad.checkpoint)
    del checkpoint.meta["config_sha256"]
    save_checkpoint(bad.checkpoint, checkpoint)
    bad.configuration.write_text("{}")
    assert load_run(bad)[1].epochs == 1


def test_a_damaged_history_is_said_in_one_note_and_the_list_is_kept(cache, call):
    change_history(more=1)(find_run(cache, "bad"))
    listed = call("runs", cache=cache)
    assert [line.split()[:2] for line in listed.out.splitlines()] == [["bad", "1"], ["good", "1"]]
    assert "The history of bad is damaged: " in listed.err
    assert 'line 1 is damaged ("more" is unknown)' in listed.err
    tested = call("test", "bad", cache=cache)
    assert "accuracy" in tested.out
    assert tested.err.count("The history is damaged") == 1
    find_run(cache, "good").history.unlink()
    both = call("runs", cache=cache).err
    assert (both.count("\n"), "The history of bad, good is damaged" in both) == (1, True)
