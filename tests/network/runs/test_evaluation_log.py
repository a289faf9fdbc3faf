"""Every test evaluation is logged, none is lost, and logs of earlier versions are read."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from network.metrics.accuracy import ClassificationResult
from network.runs import evaluation_log
from network.runs.evaluation_log import (
    LoggedEvaluation,
    count_evaluations,
    evaluation_now,
    last_evaluation,
    merge_evaluations,
    read_evaluations,
    save_evaluations,
)
from pipeline.errors import CorruptError
from pipeline.storage.checksummed_json import checksummed_bytes
from tests.support.checkout import REPOSITORY

some_looks = st.lists(
    st.builds(
        LoggedEvaluation, st.sampled_from(["mnist", "qmnist"]), st.sampled_from(["test", "lost"]),
        st.integers(10, 20), st.integers(0, 10), st.none(), st.integers(1, 3),
    ),
    max_size=9,
)  # fmt: skip
PLACES = [(dataset, split) for dataset in ("mnist", "qmnist") for split in ("test", "lost")]


@given(listed=some_looks)
def test_what_is_saved_is_read(listed, tmp_path_factory):
    path = tmp_path_factory.mktemp("run") / "test.json"
    save_evaluations(path, listed)
    assert read_evaluations(path, "mnist") == listed


@given(listed=some_looks)
def test_merging_keeps_every_count_and_every_last_score(listed):
    merged = merge_evaluations(listed)
    for place in PLACES:
        assert count_evaluations(merged, *place) == count_evaluations(listed, *place)
        before, after = last_evaluation(listed, *place), last_evaluation(merged, *place)
        assert (before and before.accuracy) == (after and after.accuracy)
    assert len(merged) <= len(PLACES)


def test_very_many_looks_stay_a_small_file(tmp_path, monkeypatch):
    monkeypatch.setattr(evaluation_log, "MAX_LISTED", 5)
    path = tmp_path / "test.json"
    for _ in range(23):
        save_evaluations(
            path, [*read_evaluations(path, "mnist"), LoggedEvaluation("mnist", "test", 9, 8)]
        )
    found = read_evaluations(path, "mnist")
    assert (count_evaluations(found, "mnist", "test"), len(found) <= 5) == (23, True)


def test_a_run_that_was_never_tested_has_not_looked(tmp_path):
    assert read_evaluations(tmp_path / "test.json", "mnist") == []
    assert last_evaluation([], "mnist") is None
    assert count_evaluations([], "mnist", "test") == 0


@pytest.mark.parametrize(("version", "correct"), [("0.1.0", 1135), ("0.2.0", 2847)])
def test_the_result_of_an_earlier_version_is_one_look(version, correct):
    path = REPOSITORY / "tests" / "artefacts" / version / "runs" / "old" / "test.json"
    assert read_evaluations(path, "mnist") == [
        LoggedEvaluation("mnist", "test", 10_000, correct, None)
    ]


def test_a_count_beyond_all_floats_is_read_as_it_is(tmp_path):
    huge = {"dataset": "mnist", "split": "test", "count": 10**400, "correct": 10**400}
    (tmp_path / "test.json").write_bytes(checksummed_bytes({"format": 2, "looks": [huge]}))
    (look,) = read_evaluations(tmp_path / "test.json", "mnist")
    assert (look.count, look.accuracy) == (10**400, 1.0)


def test_a_look_says_when_it_was_in_utc_to_the_second():
    look = evaluation_now("mnist", "test", ClassificationResult(np.diag([3, 1])), "0" * 64)
    assert look.checkpoint == "0" * 64
    assert look.time is not None
    assert look.time.endswith("+00:00")
    assert len(look.time) == len("2026-01-01T00:00:00+00:00")
    assert (look.count, look.correct, look.accuracy) == (4, 4, 1.0)


GOOD = {"dataset": "mnist", "split": "test", "count": 9, "correct": 8}


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"looks": None}, {"looks": ""}, {"looks": {}},
        {"looks": [1]},
        *({"looks": [GOOD | bad]} for bad in (
            {"count": 0}, {"count": 7}, {"correct": -1}, {"correct": True}, {"looks": 0},
            {"looks": 1.0}, {"split": 1}, {"dataset": None}, {"time": 5}, {"time": 0}, {"more": 1},
            {"checkpoint": 1}, {"checkpoint": []},
        )),
    ],
)  # fmt: skip
def test_what_is_no_test_result_is_refused_with_what_to_do(value, tmp_path):
    path = tmp_path / "mine" / "test.json"
    path.parent.mkdir()
    path.write_bytes(checksummed_bytes({"format": 2, **value}))
    with pytest.raises(CorruptError, match=r"test\.json is damaged") as error:
        read_evaluations(path, "mnist")
    assert error.value.hint == "Delete it and run `network test mine`"


def test_a_newer_format_is_refused_and_an_open_seal_too(tmp_path):
    path = tmp_path / "test.json"
    save_evaluations(path, [LoggedEvaluation(**GOOD)])
    changed = path.read_bytes().replace(b"8", b"9")
    path.write_bytes(checksummed_bytes({"format": 4, "looks": []}))
    with pytest.raises(CorruptError, match="format 4; this version reads 3"):
        read_evaluations(path, "mnist")
    for content in (changed, json.dumps({"format": 2, "looks": []}).encode()):
        path.write_bytes(content)
        with pytest.raises(CorruptError, match="its checksum is"):
            read_evaluations(path, "mnist")
