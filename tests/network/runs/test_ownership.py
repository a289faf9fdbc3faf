"""A run has one writer, which only replaces the state that it continued from."""

import shutil
from contextlib import closing
from itertools import islice

import pytest

from network.runs.calibrate import calibrate_run
from network.runs.checkpoints import load_checkpoint, pack_checkpoint, read_file_hash
from network.runs.folder import LoadedRun, load_run, read_saved_history
from network.runs.live_changes import change_training
from network.runs.make_film import make_film
from network.runs.ownership import SavedState
from network.runs.training_run import create_training_run, resume_training_run
from network.training.configuration import Configuration
from network.training.state import EpochDone
from pipeline.errors import StorageError
from tests.support.small_digits import NAME, make_small_digits

SMALL = Configuration(dataset=NAME, hidden=(3,), epochs=6, batch_size=5)
CHANGED = "run one was changed by another process: its checkpoint has sha256"


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    return make_small_digits(tmp_path_factory.mktemp("owned"), 60)


@pytest.fixture
def cache(digits):
    yield digits
    shutil.rmtree(digits.runs())


def train_epochs(training_run, count):
    """Train some epochs, and stop as a signal does."""
    with closing(training_run.train()) as events:
        done = (event for event in events if isinstance(event, EpochDone))
        for _ in islice(done, count):
            pass


def files_of(run):
    return {path.name: path.read_bytes() for path in run.folder.iterdir() if path.is_file()}


def finish_elsewhere(cache, run):
    list(resume_training_run(cache, run)[0].train())
    return files_of(run)


def test_an_older_state_never_replaces_a_finished_training(cache):
    one = create_training_run(cache, SMALL, "one")
    train_epochs(one, 1)
    finished = finish_elsewhere(cache, one.run)
    for write in (
        lambda: list(one.train()),
        lambda: train_epochs(one, 1),
        one.save,
        one.save_epoch,
        lambda: change_training(one, {"learning_rate": 0.5}),
    ):
        with pytest.raises(StorageError, match=CHANGED):
            write()
        assert files_of(one.run) == finished
    assert load_run(one.run)[0].meta["epoch"] == 6


def test_a_state_that_is_replaced_between_two_epochs_is_noticed(cache):
    one = create_training_run(cache, SMALL, "one")
    events = one.train()
    while not isinstance(next(events), EpochDone):
        pass
    finished = finish_elsewhere(cache, one.run)
    with pytest.raises(StorageError, match=CHANGED):
        list(events)
    del finished["owner.json"]  # of this process, which has let go of it since
    assert files_of(one.run) == finished
    assert len(read_saved_history(one.run, load_checkpoint(one.run.checkpoint))) == 6


@pytest.mark.parametrize("film", [False, True])
@pytest.mark.parametrize("is_stopped", [False, True])
def test_a_run_that_is_removed_while_it_is_trained_does_not_come_back(cache, film, is_stopped):
    one = create_training_run(cache, SMALL, "one", film=film)
    events = one.train()
    next(events)
    shutil.rmtree(one.run.folder)
    with pytest.raises(StorageError, match="run one was removed or moved") as error:
        events.close() if is_stopped else list(events)
    assert str(one.run.checkpoint) in str(error.value)
    assert not one.run.folder.exists()


def test_calibration_and_film_belong_to_the_state_that_they_were_made_of(cache):
    one = create_training_run(cache, SMALL, "one")
    train_epochs(one, 2)
    loaded = LoadedRun(one.run, *load_run(one.run))
    filming = make_film(cache, one.run)
    next(filming)
    finish_elsewhere(cache, one.run)
    with pytest.raises(StorageError, match=CHANGED):
        calibrate_run(cache, loaded)
    with pytest.raises(StorageError, match=CHANGED):
        list(filming)
    assert sorted(path.name for path in one.run.folder.iterdir()) == [
        "checkpoint.npz", "config.json", "history.jsonl", "owner.lock",
    ]  # fmt: skip
    assert [path.name for path in cache.runs().iterdir()] == ["one"]


def test_a_writer_may_begin_with_nothing(cache, tmp_path):
    one = create_training_run(cache, SMALL, "one")
    checkpoint = load_checkpoint(one.run.checkpoint)
    shutil.rmtree(one.run.folder)
    state = SavedState()
    state.save(one.run, checkpoint, [])
    assert state.file_hash == read_file_hash(one.run.checkpoint) == checkpoint.file_hash


def test_the_hash_of_a_file_is_that_of_what_was_read_from_it(cache):
    run = create_training_run(cache, SMALL, "one").run
    checkpoint = load_checkpoint(run.checkpoint)
    assert read_file_hash(run.checkpoint) == checkpoint.file_hash
    sealed = pack_checkpoint(checkpoint)
    run.checkpoint.write_bytes(sealed[:-66] + b"\0\0")  # as the first version wrote it: unsealed
    assert len(read_file_hash(run.checkpoint)) == 64
    assert read_file_hash(run.checkpoint) != checkpoint.file_hash
    assert read_file_hash(run.folder / "none.npz") is None


@pytest.mark.parametrize("film", [False, True])
def test_who_resumes_a_run_removes_what_a_killed_writer_left(cache, film):
    one = create_training_run(cache, SMALL, "one", film=film)
    train_epochs(one, 1)
    folder = one.run.folder
    left = [folder / ".checkpoint.npz.00ff.part", folder / ".history.jsonl.00ff.part"]
    left += [one.run.film / ".00002.npz.00ff.part"] if film else []
    others = [folder / ".test.json.00ff.part", folder / "my.part"]  # which no owner writes
    for path in (*left, *others):
        path.write_bytes(b"a part")
    train_epochs(resume_training_run(cache, one.run)[0], 1)
    assert [path.exists() for path in (*left, *others)] == [False] * len(left) + [True, True]


def test_without_locks_nothing_unfinished_is_removed_at_once(cache, monkeypatch):
    one = create_training_run(cache, SMALL, "one")
    (part := one.run.folder / ".checkpoint.npz.00ff.part").write_bytes(b"of a living process")
    monkeypatch.setattr("pipeline.storage.locks.try_lock", lambda *_: None)
    train_epochs(one, 1)
    assert part.exists()
