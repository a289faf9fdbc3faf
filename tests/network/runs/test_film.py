"""The film of a run: one frame per epoch, each with its parameters and predictions."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from network.core.params import named_arrays
from network.metrics.accuracy import predict_classes
from network.runs.checkpoints import Checkpoint, load_checkpoint, save_checkpoint
from network.runs.film import Frame, find_prediction_changes, frame_path, list_epochs, load_frame
from network.runs.names import find_run
from network.runs.training_run import create_training_run, resume_training_run
from network.training.configuration import Configuration
from pipeline.errors import CorruptError, MissingError, UsageError
from tests.support.small_digits import NAME, make_small_digits

CONFIGURATION = Configuration(
    dataset=NAME, layers="Conv2D(2, 5), BatchNorm, ReLU, Flatten", epochs=3, average=0.5
)
ANSWERS = arrays(np.int64, 30, elements=st.integers(0, 3))


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return make_small_digits(tmp_path_factory.mktemp("film"))


@pytest.fixture(scope="module")
def filmed(cache):
    """A run with a film, trained to its end."""
    training_run = create_training_run(cache, CONFIGURATION, "filmed", film=True)
    for _ in training_run.train():
        pass
    return training_run


def test_a_frame_has_what_the_epochs_validation_was_measured_with(filmed):
    assert list_epochs(filmed.run) == [0, 1, 2, 3]
    for done in filmed.state.history:
        frame = load_frame(filmed.run, done.epoch)
        right = frame.answers == filmed.validation.labels
        assert right.mean() == pytest.approx(done.validation_accuracy)
        kept = frame.checkpoint
        again = predict_classes(kept.model, kept.params, filmed.validation.images)
        assert np.array_equal(again, frame.answers)
    last = dict(named_arrays(load_checkpoint(filmed.run.checkpoint).params))
    for name, array in named_arrays(load_frame(filmed.run, 3).checkpoint.params):
        assert np.array_equal(array, last[name])


def test_a_run_that_was_stopped_goes_on_with_the_same_film(filmed, cache):
    stopped = create_training_run(cache, CONFIGURATION, "stopped", film=True)
    events = stopped.train()
    for event in events:
        if event.step == 3:
            events.close()
    for _ in resume_training_run(cache, stopped.run)[0].train():
        pass
    assert list_epochs(stopped.run) == list_epochs(filmed.run)
    for epoch in list_epochs(stopped.run):
        path = frame_path(stopped.run.film, epoch)
        assert path.read_bytes() == frame_path(filmed.run.film, epoch).read_bytes()


def test_a_run_without_a_film_gets_none(cache):
    plain = create_training_run(cache, CONFIGURATION, "plain")
    for _ in plain.train():
        pass
    assert list_epochs(plain.run) == []
    with pytest.raises(MissingError):
        load_frame(plain.run, 0)


def test_a_film_without_validation_has_frames_without_answers(cache):
    nothing = replace(CONFIGURATION, validation=0.0, epochs=1)
    training_run = create_training_run(cache, nothing, "nothing-held-out", film=True)
    for _ in training_run.train():
        pass
    assert len(load_frame(training_run.run, 1).answers) == 0


def test_a_film_ends_before_its_first_gap(cache, call):
    call("train", "--dataset", NAME, "--hidden", "2", "--epochs", "3", "--film", "--name", "gap",
         cache=cache)  # fmt: skip
    run = find_run(cache, "gap")
    assert list_epochs(run) == [0, 1, 2, 3]
    frame_path(run.film, 2).unlink()
    assert list_epochs(run) == [0, 1]


def test_a_checkpoint_that_is_no_frame_is_refused(filmed, cache):
    plain = load_checkpoint(filmed.run.checkpoint)
    path = frame_path(filmed.run.film, 7)
    for meta in ({}, {"epoch": 7}, {"epoch": 8, "answers": []}):
        save_checkpoint(path, Checkpoint(plain.model, plain.params, {}, meta))
        with pytest.raises(CorruptError, match="is not the frame of epoch"):
            load_frame(filmed.run, 7)
    path.unlink()


def test_a_film_is_kept_by_a_training_here_from_its_beginning(call, cache):
    assert (
        "--film cannot be combined with --resume"
        in call("train", "--resume", "--film", code=2, cache=cache).err
    )
    told = call("train", "--film", "--workers", "1", code=UsageError.exit_code, cache=cache).err
    assert "--film cannot be combined with --workers or --scheduler" in told


@given(was=ANSWERS, now=ANSWERS, labels=ANSWERS)
def test_every_image_whose_answer_changed_flipped_in_one_way(was, now, labels):
    nothing = Checkpoint(None, [])
    flips = find_prediction_changes(Frame(1, nothing, was), Frame(2, nothing, now), labels)
    parts = [flips.put_right, flips.put_wrong, flips.other_wrong]
    assert sorted(np.concatenate(parts)) == np.flatnonzero(was != now).tolist()
    gained = len(flips.put_right) - len(flips.put_wrong)
    assert gained == (now == labels).sum() - (was == labels).sum()


@pytest.mark.parametrize("epoch", [0, 2])
def test_a_frame_of_another_training_is_refused_and_one_of_an_earlier_version_is_not(cache, epoch):
    one, other = (replace(CONFIGURATION, seed=seed, epochs=2) for seed in (1, 2))
    runs = []
    for number, configuration in enumerate((one, other)):
        training_run = create_training_run(cache, configuration, f"of-{epoch}-{number}", film=True)
        for _ in training_run.train():
            pass
        runs.append(training_run.run)
    path = frame_path(runs[0].film, epoch)
    shutil.copy(frame_path(runs[1].film, epoch), path)
    with pytest.raises(CorruptError, match=r"is a frame of another training run\. Remove .*film"):
        load_frame(runs[0], epoch)
    frame = load_checkpoint(path)
    del frame.meta["training_sha256"]
    save_checkpoint(path, frame)
    assert load_frame(runs[0], epoch).epoch == epoch
