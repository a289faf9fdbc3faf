"""Other images are detected as out of distribution, and digits no more often than allowed."""

from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from network.metrics.out_of_distribution import (
    FALSE_POSITIVE_RATE,
    MIN_EXAMPLES,
    DistanceDetector,
    fit_detector,
    held_out_distances,
    nearest_distances,
    safe_rank,
    stroke_vectors,
)


def at_least(rank, count, share):
    """P(Binomial(count, share) >= rank), term by term."""
    terms = range(rank, count + 1)
    return sum(comb(count, it) * share**it * (1 - share) ** (count - it) for it in terms)


@given(
    count=st.integers(1, 900),
    share=st.sampled_from([0.5, 0.9, 0.99, 0.999]),
    confidence=st.sampled_from([0.6, 0.95, 0.99]),
)
def test_the_rank_is_the_lowest_that_is_safe(count, share, confidence):
    rank = safe_rank(count, share, confidence)
    if rank is None:
        assert at_least(count, count, share) > 1 - confidence
    else:
        assert at_least(rank, count, share) <= 1 - confidence
        assert at_least(rank - 1, count, share) > 1 - confidence


def test_in_19_of_20_measurements_no_more_than_promised_are_called_unlike():
    rng = np.random.default_rng(0)
    measured = [fit_detector(rng.random(800)) for _ in range(1000)]
    broken = [1 - it.threshold > FALSE_POSITIVE_RATE for it in measured]  # of all between 0 and 1
    assert 0.01 < np.mean(broken) < 0.065


def test_fewer_than_299_examples_cannot_tell():
    assert MIN_EXAMPLES == 299
    assert fit_detector(np.linspace(0, 1, 298)) is None
    assert fit_detector(np.linspace(0, 1, 299)).threshold == 1


def test_the_share_of_nearer_examples_is_counted_where_it_is_told():
    measured = fit_detector(np.arange(1000) / 1000)
    assert measured.farthest == tuple(np.arange(990, 1000) / 1000)
    assert measured.is_out_of_distribution(0.9999)
    assert not measured.is_out_of_distribution(measured.threshold)
    assert measured.share_closer(0.9999) == 1
    assert measured.share_closer(0.9975) == pytest.approx(0.998)


@pytest.mark.parametrize(
    "change",
    [{"farthest": ()}, {"farthest": (0.2, 0.1)}, {"threshold": float("nan")}, {"count": 1}],
)
def test_what_cannot_be_measured_is_refused(change):
    values = {"count": 300, "threshold": 0.2, "farthest": (0.1, 0.2, 0.3)}
    with pytest.raises(ValueError, match="distances"):
        DistanceDetector(**values | change)


def test_vectors_have_length_1_and_brightness_makes_no_difference(mnist_test_set):
    images = mnist_test_set[0][:50]
    vectors = stroke_vectors(images)
    assert np.square(vectors).sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert stroke_vectors(images // 2 * 2) == pytest.approx(vectors, abs=0.01)
    assert nearest_distances(stroke_vectors(images // 3), vectors).max() < 1e-3
    assert not stroke_vectors(np.zeros((1, 28, 28), np.uint8)).any()


def test_distances_are_those_of_the_nearest(mnist_test_set):
    vectors = stroke_vectors(mnist_test_set[0][:700])
    images, known = vectors[:300], vectors[300:]  # more than a chunk
    expected = 1 - np.einsum("nd,md->nm", images, known).max(axis=1)
    assert nearest_distances(images, known) == pytest.approx(expected, abs=1e-5)


def test_a_held_out_example_is_not_compared_with_what_lies_beside_it():
    rng = np.random.default_rng(0)
    vectors = stroke_vectors(rng.integers(0, 256, (1000, 28, 28), np.uint8))
    vectors[505] = vectors[510] = vectors[511] = vectors[500]  # a hundredth of 1,000 are 10
    held_out = np.array([500, 700])
    trained = np.setdiff1d(np.arange(1000), held_out)
    beside = held_out_distances(vectors, trained, held_out)
    assert beside[0] == pytest.approx(0, abs=1e-5)  # 511 is not beside it
    vectors[511] = -vectors[511]
    assert held_out_distances(vectors, trained, held_out)[0] > 0.1
    assert beside[1] == pytest.approx(
        nearest_distances(vectors[700:701], np.delete(vectors, np.arange(690, 711), axis=0))[0],
        abs=1e-5,
    )


def test_digits_are_familiar_and_other_things_are_not(mnist_test_set):
    images, labels = mnist_test_set
    order = np.random.default_rng(0).permutation(10_000)
    vectors = stroke_vectors(images)
    known, held_out, new = np.split(order, [5000, 8000])
    measured = fit_detector(nearest_distances(vectors[held_out], vectors[known]))

    def share_unlike(pixels):
        far = nearest_distances(stroke_vectors(pixels), vectors[known])
        return np.mean([measured.is_out_of_distribution(it) for it in far.tolist()])

    assert share_unlike(images[new]) < FALSE_POSITIVE_RATE + 3 * np.sqrt(FALSE_POSITIVE_RATE / 2000)
    rng = np.random.default_rng(0)
    assert share_unlike(rng.integers(0, 256, (50, 28, 28), np.uint8)) == 1
    assert share_unlike(255 - images[new[:50]]) == 1
    lying = np.rot90(images[new][np.isin(labels[new], (2, 3, 4, 5))], axes=(1, 2))
    assert share_unlike(lying) > 0.5
    halves = np.concatenate([images[new[:200], :, 7:21], images[new[200:400], :, 7:21]], axis=2)
    assert share_unlike(halves) > 0.9
