"""The bug fixes of the original: each trains, all together work, and the tutorial has them."""

import os
import re
import subprocess
import sys
from dataclasses import fields, replace

import numpy as np
import pytest
from repair import agreement
from repair_steps import FAULTS, REPAIRS, Training, after
from repair_training import run
from seed_network import SEED, SeedNetwork

from network.core.data import Examples, scale_pixels
from tests.support.checkout import REPOSITORY

ACCURACY_BY_CHANCE = 10


@pytest.fixture(scope="module")
def examples(mnist_test_set):
    pixels, labels = mnist_test_set
    return Examples(scale_pixels(pixels), labels)


def test_every_fault_of_the_seed_is_mended_once_and_no_other():
    assert sorted(repair.fault for repair in FAULTS) == sorted(f.name for f in fields(SeedNetwork))
    assert after(REPAIRS[:1]) == (SEED, Training())
    assert after(REPAIRS)[0] == SeedNetwork()


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(REPAIRS)), ids=lambda n: REPAIRS[n].name)
def test_every_step_learns_something(number, examples):
    network, training = after(REPAIRS[: number + 1])
    some, unseen = examples.take(slice(8000)), examples.take(slice(8000, 10_000))
    briefly = replace(training, epochs=3)
    assert run(network, briefly, some, unseen, 0).accuracy > 2 * ACCURACY_BY_CHANCE


def test_the_seed_without_its_faults_and_our_network_are_one(examples):
    assert agreement(examples.take(slice(600)), 0) < 1e-13


@pytest.mark.parametrize("layer", ["hidden", "outputs"])
def test_averaging_what_is_desired_makes_a_fifth_of_the_hidden_gradients(layer, examples):
    params = SeedNetwork().init(np.random.default_rng(0))
    some = examples.images[:20].reshape(20, 784).astype(float), examples.labels[:20]
    right, averaged = (
        network.grads(params, *some)[layer == "outputs"]
        for network in (SeedNetwork(), SeedNetwork(uses_desired=True))
    )
    share = 1 if layer == "outputs" else 2 / 10
    for name in ("weight", "bias"):
        np.testing.assert_allclose(averaged[name], share * right[name], rtol=1e-8, atol=1e-16)


def test_the_document_has_a_row_for_each_step():
    text = (REPOSITORY / "docs" / "tutorial" / "repair.md").read_text("utf-8")
    rows = re.findall(r"^\| (\d+) \| ([^|]+) \|", text, re.MULTILINE)
    assert rows == [(str(number), repair.name) for number, repair in enumerate(REPAIRS)]
    for repair in FAULTS:
        assert f"`{repair.fault}`" in text


@pytest.mark.slow
def test_the_script_prints_the_rows_that_it_is_asked_for(built_cache, tmp_path):
    chart = tmp_path / "chart.png"
    done = subprocess.run(
        [sys.executable, REPOSITORY / "benchmarks" / "repair.py",
         "--steps", "0", "--seeds", "1", "--out", chart],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "MNIST_CACHE_DIR": str(built_cache.root)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert re.search(r"^\| 0 \| the original \| 5\d\.\d\d ", done.stdout, re.MULTILINE)
    assert done.stdout.count("\n") == 3
    assert chart.read_bytes().startswith(b"\x89PNG")
