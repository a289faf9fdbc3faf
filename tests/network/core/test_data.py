"""Pixels are scaled, and examples are split and batched without losing one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from network.core.data import Examples, batches, load_examples, scale_pixels, split_validation
from pipeline.datasets.catalogue.mnist import MNIST
from pipeline.errors import MissingError, UsageError

counts = st.integers(1, 200)
seeds = st.integers(0, 2**63 - 1)


def numbered(count):
    """Distinct examples: label i, and i in every pixel."""
    labels = np.arange(count)
    return Examples(np.repeat(labels, 4).reshape(-1, 2, 2).astype(np.float32), labels)


def is_intact(examples):
    """Is every image still with its label?"""
    return np.array_equal(examples.images[:, 1, 1], examples.labels)


def test_255_grey_levels_become_0_to_1_in_float32():
    scaled = scale_pixels(np.arange(256, dtype=np.uint8))
    assert scaled.dtype == np.float32
    assert (scaled[0], scaled[-1]) == (0, 1)  # exactly
    assert scaled == pytest.approx(np.arange(256) / 255, rel=1e-6)
    assert np.array_equal(np.round(255 * scaled), np.arange(256))


@given(count=counts, share=st.floats(0, 0.9), seed=seeds)
def test_the_validation_split_is_a_partition_that_depends_on_the_seed_alone(count, share, seed):
    examples = numbered(count)
    if round(count * share) == count:
        with pytest.raises(UsageError, match="no training examples are left"):
            split_validation(examples, share, seed)
        return
    training, validation = split_validation(examples, share, seed)
    assert len(validation) == round(count * share)
    assert sorted([*training.labels, *validation.labels]) == list(range(count))
    assert is_intact(training)
    assert is_intact(validation)
    again = split_validation(examples, share, seed)
    assert np.array_equal(again[1].labels, validation.labels)
    other = split_validation(examples, share, seed ^ 1)
    assert len(validation) < 10 or not np.array_equal(other[1].labels, validation.labels)


@given(count=counts, batch_size=st.integers(1, 64), seed=seeds)
def test_an_epochs_batches_are_all_the_examples_once(count, batch_size, seed):
    dealt = [*batches(numbered(count), batch_size, np.random.default_rng(seed))]
    assert sorted(np.concatenate([labels for _, labels in dealt])) == list(range(count))
    assert all(is_intact(Examples(images, labels)) for images, labels in dealt)
    sizes = [len(labels) for _, labels in dealt]
    assert all(size == batch_size for size in sizes[:-1])
    assert sizes[-1] == count - batch_size * (len(sizes) - 1)


def test_examples_are_shuffled_not_whole_batches():
    rng = np.random.default_rng(0)
    one, other = ([{*labels} for _, labels in batches(numbered(96), 8, rng)] for _ in range(2))
    assert {frozenset(batch) for batch in one}.isdisjoint(frozenset(batch) for batch in other)
    in_order = [set(range(start, start + 8)) for start in range(0, 96, 8)]
    assert all(batch not in in_order for batch in one + other)


def test_examples_come_from_the_pickles(built_cache, mnist_test_set):
    pixels, labels = mnist_test_set
    examples = load_examples(built_cache, MNIST, "test")
    assert len(examples) == 10_000
    assert (examples.images.dtype, examples.labels.dtype) == (np.float32, np.int64)
    assert np.array_equal(np.round(255 * examples.images), pixels)
    assert np.array_equal(examples.labels, labels)
    first = load_examples(built_cache, MNIST, "test", limit=7)
    assert np.array_equal(first.images, examples.images[:7])
    assert np.array_equal(first.labels, labels[:7])


def test_a_missing_pickle_and_an_unknown_split_are_refused(raw_cache, built_cache):
    with pytest.raises(MissingError, match=r"not built.*pipeline build-pickles"):
        load_examples(raw_cache, MNIST, "train")
    with pytest.raises(UsageError, match='no split "validation"'):
        load_examples(built_cache, MNIST, "validation")
