"""A run's folder: its name is free and plain, it is never overwritten, it is found again."""

import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from network.core.losses import CrossEntropy
from network.runs.checkpoints import Checkpoint, save_checkpoint
from network.runs.evaluation_log import LoggedEvaluation, save_evaluations
from network.runs.folder import (
    Run,
    load_run,
    read_history,
    read_saved_history,
    save_run,
    summarise_run,
)
from network.runs.names import (
    check_new_name,
    check_run_name,
    create_run,
    describe_sizes,
    find_run,
    find_run_to_resume,
    list_runs,
    order_by_change,
)
from network.training.build import fully_connected
from network.training.configuration import Configuration
from network.training.state import EpochDone, TrainingState
from pipeline.errors import CorruptError, MissingError, UsageError
from pipeline.storage.cache import Cache
from pipeline.storage.checksummed_json import read_json

MODEL = fully_connected((5,), 10, "sigmoid", "uniform", CrossEntropy)
PARAMS = MODEL.init(np.random.default_rng(0), (28, 28))
CONFIGURATION = Configuration(hidden=(5,), loss="cross-entropy")


@pytest.fixture
def cache(tmp_path):
    return Cache(tmp_path, "test")


def save(cache, name=None, history=(), step=12, origin=None):
    run = create_run(cache, name, MODEL, PARAMS, CONFIGURATION)
    state = TrainingState(PARAMS, {}, step, list(history), origin=origin or {})
    save_run(run, MODEL, state, CONFIGURATION)
    return run


def test_runs_are_called_after_their_sizes_and_the_next_number(cache):
    assert describe_sizes(MODEL) == "784-5-10"
    assert [save(cache).name for _ in range(3)] == ["784-5-10-1", "784-5-10-2", "784-5-10-3"]


def test_a_run_is_never_overwritten(cache):
    run = save(cache, "mine")
    before = run.checkpoint.read_bytes()
    with pytest.raises(UsageError, match='run "mine" already exists') as error:
        save(cache, "mine")
    assert error.value.hint == "Choose another --name"
    assert run.checkpoint.read_bytes() == before


def test_of_many_who_want_a_name_at_once_one_gets_it(cache):
    def try_it(_):
        try:
            return create_run(cache, "mine", MODEL, PARAMS, CONFIGURATION)
        except UsageError:
            return None

    with ThreadPoolExecutor(8) as pool:
        made = [run for run in pool.map(try_it, range(8)) if run]
    assert [run.name for run in made] == ["mine"]
    assert [path.name for path in cache.runs().iterdir()] == ["mine"]


def test_a_run_that_was_killed_as_it_began_is_no_run_and_goes_away(cache):
    left = cache.runs() / ".new.0123456789abcdef.part"
    left.mkdir(parents=True)
    (left / "checkpoint.npz").write_bytes(b"")
    os.utime(left, (0, 0))
    assert list_runs(cache) == []
    save(cache)
    assert not left.exists()


@pytest.mark.parametrize("name", ["a", "784-30-10", "best_run.2", "Ümläut", "x" * 100])
def test_plain_names_are_taken(cache, name):
    assert save(cache, name).folder == cache.runs() / name
    assert find_run(cache, name).name == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../up",
        "a/b",
        "a\\b",
        "/etc",
        "C:x",
        ".hidden",
        "-x",
        "a b",
        "a\n",
        "x" * 101,
    ],
)
def test_names_that_are_paths_or_options_are_refused(cache, name):
    with pytest.raises(UsageError, match="is not a valid run name"):
        create_run(cache, name, MODEL, PARAMS, CONFIGURATION)
    assert list_runs(cache) == []


@pytest.mark.parametrize(
    "name", ["con", "CON", "nul", "aux.txt", "Com1", "lpt9.a.b", "prn", "com¹"]
)
def test_names_of_devices_are_refused(cache, name):
    with pytest.raises(UsageError, match="Windows has a device of this name"):
        create_run(cache, name, MODEL, PARAMS, CONFIGURATION)
    assert list_runs(cache) == []


@pytest.mark.parametrize("name", ["console", "con-1", "com", "com10", "a.con", "lpt"])
def test_names_that_only_begin_like_a_device_are_taken(cache, name):
    assert save(cache, name).name == name


def test_a_run_from_the_future_does_not_hide_the_latest(cache):
    for name in ("far", "old", "new"):
        save(cache, name)
    now = time.time()
    os.utime(find_run(cache, "far").checkpoint, (now + 3 * 86_400,) * 2)
    os.utime(find_run(cache, "old").checkpoint, (now - 60,) * 2)
    assert find_run(cache, None).name == "new"
    assert [run.name for run in order_by_change(list_runs(cache))] == ["far", "old", "new"]


def test_the_latest_run_is_found_without_a_name(cache):
    runs = [save(cache, name) for name in ("c", "a", "b")]
    for age, run in enumerate(runs):
        os.utime(run.checkpoint, ns=(0, 1_000_000_000 * (10 - age % 2)))
    assert find_run(cache, None).name == "c"  # as old as b, but the later name
    os.utime(runs[1].checkpoint, ns=(0, 99_000_000_000))
    assert find_run(cache, None).name == "a"


def test_the_latest_run_is_a_trained_one_and_no_replay_of_another(cache):
    trained = save(cache, "trained")
    later = [("untrained", 0, {"seen": []}), ("again", 12, {"replay_of": "trained"})]
    for number, (name, step, origin) in enumerate(later):
        run = save(cache, name, step=step, origin=origin)
        os.utime(run.checkpoint, ns=(0, 10**9 * (20 + number)))
        os.utime(trained.checkpoint, ns=(0, 10**9))
        assert find_run(cache, None).name == "trained"
    shutil.rmtree(trained.folder)
    assert find_run(cache, None).name == "again"  # better than none


@pytest.mark.parametrize(
    ("origin", "counts"),
    [
        ({"data": "0" * 64}, False),  # `network train --epochs 0`, or a training that never began
        ({"data": "0" * 64, "seen": [{"data": None}]}, False),  # the same with --from
        ({"seen": []}, False),  # `network init`
        ({"seen": None}, True),  # an imported network
        ({"members": ["a", "b"], "seen": None}, True),
        ({}, True),  # not known in earlier versions
    ],
)
def test_a_training_without_a_step_is_never_the_latest_run(cache, origin, counts):
    os.utime(save(cache, "trained").checkpoint, ns=(0, 10**9))
    save(cache, "later", step=0, origin=origin)
    assert find_run(cache, None).name == ("later" if counts else "trained")


def test_a_training_without_a_step_can_still_be_resumed_without_its_name(cache):
    os.utime(save(cache, "trained").checkpoint, ns=(0, 10**9))
    save(cache, "new", step=0, origin={"seen": []})
    begun = save(cache, "begun", step=0, origin={"data": "0" * 64})
    os.utime(begun.checkpoint, ns=(0, 2 * 10**9))
    assert find_run_to_resume(cache, None).name == "begun"
    assert find_run_to_resume(cache, "trained").name == "trained"
    shutil.rmtree(begun.folder)
    assert find_run_to_resume(cache, None).name == "trained"


def test_a_misspelt_name_gets_the_nearest(cache):
    with pytest.raises(MissingError, match="there is no run") as error:
        find_run(cache, "784-5-10-1")
    assert error.value.hint == "Run `network train`"
    save(cache)
    with pytest.raises(MissingError, match='run "784-5-10" not found') as error:
        find_run(cache, "784-5-10")
    assert error.value.hint == "Did you mean 784-5-10-1?"
    with pytest.raises(MissingError) as error:
        find_run(cache, "zzz")
    assert error.value.hint == "`network runs` lists all runs"


def test_a_folder_without_a_checkpoint_is_no_run(cache):
    save(cache, "whole")
    (cache.runs() / "half").mkdir()
    (cache.runs() / "note.txt").write_text("x")
    assert [run.name for run in list_runs(cache)] == ["whole"]


def test_what_is_saved_is_read(cache):
    history = [
        EpochDone(1, 6, 0.5, None, None, 0.1, 0.01),
        EpochDone(2, 12, 0.4, 0.5, 0.9, 0.1, 1.0),
    ]
    run = save(cache, "r", history)
    checkpoint, configuration = load_run(run)
    assert configuration == Configuration(hidden=(5,), loss="cross-entropy")
    assert checkpoint.model == MODEL
    assert (checkpoint.meta["epoch"], checkpoint.meta["step"]) == (2, 12)
    assert read_json(run.configuration) == checkpoint.meta["configuration"]
    assert read_history(run) == read_saved_history(run, checkpoint) == history
    assert sorted(file.name for file in run.folder.iterdir()) == [
        "checkpoint.npz",
        "config.json",
        "history.jsonl",
    ]


def test_the_summary_tells_the_score_once_there_is_one(cache):
    run = save(cache, "r")
    assert summarise_run(run)["accuracy"] is None
    about = {"checkpoint": load_run(run)[0].meta["sha256"]}
    other = LoggedEvaluation("mnist", "test", 9, 9, checkpoint="0" * 64)
    lost = LoggedEvaluation("mnist", "lost", 5, 1, **about)
    save_evaluations(run.result, [LoggedEvaluation("mnist", "test", 5, 4, **about), other, lost])
    assert (summarise_run(run)["accuracy"], summarise_run(run)["count"]) == (0.8, 5)
    assert (summarise_run(run)["run"], summarise_run(run)["epochs"]) == ("r", 0)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"count": 5}'])
def test_a_damaged_test_result_is_no_fault_of_ours(cache, text):
    run = save(cache, "r")
    run.result.write_text(text)
    with pytest.raises(CorruptError, match=r"test\.json"):
        summarise_run(run)


def test_a_checkpoint_without_configuration_is_refused(cache):
    run = Run(cache.runs() / "r")
    params = MODEL.init(np.random.default_rng(0), (28, 28))
    save_checkpoint(run.checkpoint, Checkpoint(MODEL, params))
    with pytest.raises(CorruptError, match="no configuration"):
        load_run(run)


COMPOSED, DECOMPOSED = "Z\u00fcrich-\u00e9", "Zu\u0308rich-e\u0301"  # one name, written in two ways


def test_a_name_with_accents_is_found_however_it_is_written(cache):
    run = save(cache, DECOMPOSED)
    assert run.name == COMPOSED
    assert find_run(cache, DECOMPOSED) == find_run(cache, COMPOSED) == run
    with pytest.raises(UsageError, match="never overwritten"):
        check_new_name(cache, DECOMPOSED)
    run.folder.rename(run.folder.with_name(DECOMPOSED))  # as a disk may have it
    assert find_run(cache, COMPOSED).folder.name == DECOMPOSED


@pytest.mark.parametrize("letter", ["a", "\u00e9", "\u65e5", "\U00020000"])
def test_a_name_has_100_bytes_at_most(cache, letter):
    most = 100 // len(letter.encode())
    assert save(cache, letter * most).name == letter * most
    with pytest.raises(UsageError, match="100 bytes at most"):
        check_new_name(cache, letter * (most + 1))


@pytest.mark.parametrize("stem", ["\u00e9" * 300, "-".join(["100"] * 90)])
def test_a_name_of_our_own_is_short_enough_for_every_disk(cache, stem):
    run = create_run(cache, None, MODEL, PARAMS, CONFIGURATION, stem)
    assert run.name.endswith("-1")
    assert check_run_name(run.name) == run.name
