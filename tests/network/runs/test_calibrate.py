"""Calibration is computed on validation images, saved next to the weights, and used."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest

from network.metrics import calibration, conformal
from network.metrics.out_of_distribution import FALSE_POSITIVE_RATE
from network.runs.calibrate import (
    calibrate,
    calibrate_run,
    cross_calibrate,
    load_calibration,
)
from network.runs.evaluate import load_runs
from network.runs.held_out import split_examples
from network.runs.predict import load_predictor
from network.runs.training_run import create_training_run
from network.training.configuration import Configuration
from pipeline.errors import CorruptError, UsageError
from pipeline.storage.checksummed_json import checksummed_bytes
from tests.support.small_digits import make_small_digits

BASE = Configuration(limit=4000, validation=0.5, loss="cross-entropy", optimizer="adam")
# one that stops early, and one that learns its training images by heart
CHOICES = {
    "modest": replace(BASE, epochs=3),
    "too-sure": replace(BASE, epochs=25, hidden=(64,), activation="relu", weight_decay=0.0),
}


@pytest.fixture(scope="module")
def runs(built_cache):
    """Runs with the examples that they have seen and those that they have not."""
    for name, choices in CHOICES.items():
        for _ in create_training_run(built_cache, choices, f"calibrated-{name}").train():
            pass
    return {name: load(built_cache, name) for name in CHOICES}


def load(cache, name):
    (loaded,) = load_runs(cache, [f"calibrated-{name}"])
    return loaded, split_examples(cache, loaded.run, loaded.checkpoint, loaded.configuration)


@pytest.fixture(scope="module")
def measured(runs):
    return {name: calibrate(*run) for name, run in runs.items()}


def test_a_network_that_is_too_sure_is_told_so_and_mended(measured):
    found = measured["too-sure"]
    assert found.temperature > 1.2
    assert found.log_loss[1] < found.log_loss[0]
    assert found.calibration_error[1] < found.calibration_error[0] / 2


def test_each_example_is_measured_with_a_temperature_that_it_had_no_part_in(runs):
    loaded, division = runs["modest"]
    model, params = loaded.checkpoint.model, loaded.checkpoint.params
    scores = calibration.log_scores(model, params, division.examples.images[:50])
    labels = division.examples.labels[:50]
    before = cross_calibrate(scores, labels)
    for index in range(10):
        other = labels.copy()
        other[index] = (labels[index] + 5) % 10
        changed = cross_calibrate(scores, other)
        assert np.array_equal(changed[index], before[index])
        assert not np.array_equal(changed, before)


def test_a_temperature_that_is_no_better_or_rests_on_few_mistakes_is_not_taken(runs):
    loaded, division = runs["too-sure"]
    few = replace(division, held_out=division.held_out[:40])
    assert calibrate(loaded, few).mistakes < 10
    assert calibrate(loaded, few).temperature == 1


@pytest.mark.parametrize("name", CHOICES)
def test_the_promised_coverage_holds_on_other_held_out_examples(name, runs):
    loaded, division = runs[name]
    checkpoint, examples = loaded.checkpoint, division.examples
    scores = calibration.log_scores(checkpoint.model, checkpoint.params, examples.images)
    one, other = np.split(np.random.default_rng(1).permutation(len(examples)), 2)
    p, labels = calibration.apply_temperature(scores, 1.0), examples.labels
    for coverage in conformal.COVERAGES:
        limit = conformal.conformal_threshold(p[one], labels[one], coverage)
        sets = conformal.prediction_sets(p[other], limit)
        covered = sets[np.arange(len(other)), labels[other]].mean()
        spread = np.sqrt(coverage * (1 - coverage) * 2 / len(other))  # of the limit and of these
        assert covered > coverage - 3 * spread
        assert covered < coverage + 3 * spread or (sets.sum(axis=1) == 1).all()


def test_more_is_promised_with_larger_sets_and_what_cannot_be_promised_is_refused(measured):
    found = measured["modest"]
    assert [*found.thresholds] == [f"{it:g}" for it in conformal.COVERAGES]
    assert [*found.set_sizes.values()] == sorted(found.set_sizes.values())
    assert found.threshold_for(0.97) == ("0.98", found.thresholds["0.98"])
    with pytest.raises(UsageError, match=r"coverage is 0.9999; 2,000 .* support 0.999 at most"):
        found.threshold_for(0.9999)


def test_no_more_held_out_digits_are_unlike_than_promised(runs, built_cache):
    loaded, division = runs["modest"]
    one, other = division.held_out[::2], division.held_out[1::2]
    found = calibrate(loaded, replace(division, held_out=one)).familiarity
    judged = load_predictor(built_cache, loaded).predict(division.pixels[other])
    share = np.mean([found.is_out_of_distribution(it.distance) for it in judged])
    assert share < FALSE_POSITIVE_RATE + 3 * np.sqrt(FALSE_POSITIVE_RATE / len(other))


def test_what_is_saved_is_read_and_only_for_these_weights(runs, measured, built_cache):
    loaded, _ = runs["modest"]
    weights = loaded.checkpoint.meta["sha256"]
    assert load_calibration(loaded.run, weights) is None
    made = calibrate_run(built_cache, loaded)
    assert made == measured["modest"] == load_calibration(loaded.run, weights)
    assert load_calibration(loaded.run, "0" * 64) is None
    loaded.run.calibration.unlink()


CHANGES = [
    {"temperature": "1"},
    {"temperature": 99.0},
    {"log_loss": [1.0]},
    {"calibration_error": [0.1, float("nan")]},
    {"thresholds": {}},
    {"set_sizes": {"0.9": 1.0}},
    {"thresholds": {"x": 1.0}, "set_sizes": {"x": 1.0}},
    {"thresholds": {"2": 1.0}, "set_sizes": {"2": 1.0}},
    {"familiarity": 3},
    {"familiarity": {"count": 300}},
    {"examples": None},
    {"more": 1},
]


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_a_file_that_makes_no_sense_is_refused_and_says_what_to_do(change, runs, measured):
    run, values = runs["modest"][0].run, {"format": 1, **asdict(measured["modest"]), **change}
    run.calibration.write_bytes(checksummed_bytes(values))
    with pytest.raises(CorruptError, match=r"calibration\.json is damaged") as refused:
        load_calibration(run, values["weights"])
    assert refused.value.hint == f"Run `network calibrate {run.name}` to replace it"
    run.calibration.unlink()


def test_too_few_held_out_examples_are_refused_and_few_cannot_tell_what_is_unlike(tmp_path):
    cache = make_small_digits(tmp_path, count=400)
    choices = replace(BASE, dataset="small-digits", epochs=1)
    for name, share in (("few", 0.04), ("some", 0.5)):
        for _ in create_training_run(cache, replace(choices, validation=share), name).train():
            pass
    loaded = {run.name: run for run in load_runs(cache, ["few", "some"])}
    with pytest.raises(
        UsageError, match="few has 16 validation images; expected at least 20"
    ) as refused:
        calibrate_run(cache, loaded["few"])
    assert "--validation 0.1 " in refused.value.hint
    few = loaded["few"]
    division = split_examples(cache, few.run, few.checkpoint, few.configuration)
    fewer = replace(division, trained=division.trained[:144])  # 160 images: a tenth is not enough
    with pytest.raises(UsageError, match=r"Train with --validation 0\.13 to keep"):
        calibrate(few, fewer)
    found = calibrate_run(cache, loaded["some"])
    assert found.familiarity is None
    assert max(found.thresholds) == "0.995"  # 200 examples are too few for 99.9 %


def test_judging_without_a_file_is_judging_with_it(runs, built_cache, mnist_test_set):
    loaded, division = runs["too-sure"]
    pixels = np.concatenate([mnist_test_set[0][:20], 255 - mnist_test_set[0][:5]])
    before = load_predictor(built_cache, loaded)
    calibrate_run(built_cache, loaded)
    after = load_predictor(built_cache, loaded)
    loaded.run.calibration.unlink()
    assert (before.is_saved, after.is_saved) == (False, True)
    for one, other in zip(*(it.predict(pixels, 0.99) for it in (before, after)), strict=True):
        assert one.answer in one.prediction_set
        assert np.array_equal(one.probabilities, other.probabilities)
        assert replace(one, probabilities=None) == replace(other, probabilities=None)
        assert one.share_closer <= 1
    assert [it.is_out_of_distribution for it in after.predict(pixels)[-5:]] == [True] * 5
    mean = np.mean(
        [
            it.is_out_of_distribution
            for it in after.predict(division.pixels[division.held_out[:500]])
        ]
    )
    assert mean < 3 * FALSE_POSITIVE_RATE


def test_a_judge_says_what_it_lacks_and_judges_without_it(tmp_path, mnist_test_set):
    cache = make_small_digits(tmp_path)
    choices = replace(BASE, dataset="small-digits", epochs=1, validation=0.0)
    for _ in create_training_run(cache, choices, "greedy").train():
        pass
    (loaded,) = load_runs(cache, ["greedy"])
    predictor = load_predictor(cache, loaded)
    assert "has 0 validation images" in predictor.unavailable_reason.message
    (prediction,) = predictor.predict(mnist_test_set[0][:1])
    assert prediction.probabilities.sum() == pytest.approx(1)
    assert prediction.is_out_of_distribution is None
    with pytest.raises(UsageError, match="has 0 validation images"):
        predictor.predict(mnist_test_set[0][:1], coverage=0.9)


def test_the_command_tells_and_saves(call, call_json, runs, built_cache):
    loaded, _ = runs["too-sure"]
    told = call("calibrate", loaded.name)
    assert "2,000 validation images" in told.out
    assert "without it the network is overconfident" in told.out
    saved = json.loads(loaded.run.calibration.read_text())
    assert call_json("calibrate", loaded.name)["temperature"] == saved["temperature"]
    loaded.run.calibration.unlink()
