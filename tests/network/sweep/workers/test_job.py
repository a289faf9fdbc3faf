"""Jobs: training in parts equals training at once, and data are verified."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from network.core.params import named_arrays
from network.runs.checkpoints import unpack_checkpoint
from network.runs.training_run import create_training_run
from network.sweep.workers.job import NoDataError, TrainingJob, load_job_state, run_job
from network.training.initial_state import TrainingData, find_training_data
from network.training.state import EpochDone
from pipeline.errors import CorruptError, UsageError
from tests.support.configurations import configurations
from tests.support.small_digits import NAME, make_small_digits


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return make_small_digits(tmp_path_factory.mktemp("orders"))


def arrays(checkpoint):
    trees = {"params": checkpoint.params, **checkpoint.state}
    return {
        f"{tree}/{name}": array.tobytes()
        for tree, params in trees.items()
        for name, array in named_arrays(params)
    }


@settings(max_examples=25)
@given(configuration=configurations, parts=st.sets(st.integers(1, 3)))
def test_a_training_in_parts_is_that_of_a_run(cache, configuration, parts):
    data, checkpoint = find_training_data(cache, NAME), None
    for until in [*sorted(parts), configuration.epochs]:
        job = TrainingJob(configuration.to_dict(), until, data, checkpoint)
        job_result = run_job(job)
        checkpoint = job_result.checkpoint
    run = create_training_run(cache, configuration, None)
    history = [event for event in run.train() if isinstance(event, EpochDone)]
    assert [epoch._replace(seconds=0) for epoch in job_result.history] == [
        epoch._replace(seconds=0) for epoch in history
    ]
    whole = unpack_checkpoint(run.run.checkpoint.read_bytes(), "the run")
    assert arrays(unpack_checkpoint(checkpoint, "the result")) == arrays(whole)


def test_what_is_there_already_is_not_trained_again(cache):
    configuration = first(cache)
    data = find_training_data(cache, NAME)
    done = run_job(TrainingJob(configuration.to_dict(), 2, data))
    again = run_job(TrainingJob(configuration.to_dict(), 1, data, done.checkpoint))
    assert again.history == done.history
    assert again.checkpoint == done.checkpoint


def test_a_training_that_diverges_is_an_outcome(cache):
    configuration = replace(first(cache), optimizer="sgd", learning_rate=1e6, epochs=3)
    configuration = replace(configuration, activation="relu", loss="cross-entropy")
    job_result = run_job(TrainingJob(configuration.to_dict(), 3, find_training_data(cache, NAME)))
    assert "at step" in job_result.problem
    assert job_result.epochs < 3


def first(cache):
    from network.training.configuration import Configuration

    return Configuration(dataset=NAME, hidden=(3,), epochs=2)


def test_examples_that_are_sent_do_as_well_and_must_be_the_right_ones(cache):
    here = find_training_data(cache, NAME)
    elsewhere = TrainingData("/nowhere/train.pickle", here.sha256, here.n_classes)
    job = TrainingJob(first(cache).to_dict(), 1, elsewhere)
    with pytest.raises(NoDataError):
        run_job(job)
    sent = cache.pickle(NAME, "train").read_bytes()
    assert run_job(job, sent).history[0]._replace(seconds=0) == run_job(
        replace(job, data=here)
    ).history[0]._replace(seconds=0)
    damaged = bytearray(sent)
    damaged[1000] ^= 1
    wrong = replace(elsewhere, sha256="0" * 64)
    with pytest.raises(CorruptError, match="received examples have sha256"):
        run_job(replace(job, data=wrong), bytes(damaged))


def test_examples_on_the_disk_must_be_the_right_ones(cache):
    data = replace(find_training_data(cache, NAME), sha256="0" * 64)
    with pytest.raises(CorruptError, match="expected 0000"):
        run_job(TrainingJob(first(cache).to_dict(), 1, data))


def test_a_checkpoint_that_is_damaged_is_refused(cache):
    data = find_training_data(cache, NAME)
    done = bytearray(run_job(TrainingJob(first(cache).to_dict(), 1, data)).checkpoint)
    done[len(done) // 2] ^= 1
    with pytest.raises(CorruptError, match="the job's checkpoint"):
        run_job(TrainingJob(first(cache).to_dict(), 2, data, bytes(done)))


def test_a_checkpoint_of_other_data_is_not_a_damaged_one(cache):
    configuration, data = first(cache), find_training_data(cache, NAME)
    done = run_job(TrainingJob(configuration.to_dict(), 1, data)).checkpoint
    other = replace(data, sha256="0" * 64)
    with pytest.raises(UsageError, match="was trained on data with"):
        load_job_state(TrainingJob(configuration.to_dict(), 2, other, done), configuration)
