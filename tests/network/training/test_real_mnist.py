"""Real MNIST: after a few seconds of training, 93 of 100 test images are correct."""

import pytest

pytestmark = pytest.mark.slow


def test_real_mnist_reaches_its_figure(run_json, built_cache):
    options = ("--optimizer=adam", "--learning-rate=0.005", "--epochs=4", "--batch-size=32")
    trained = run_json("network", "train", *options, "--name=accuracy", cache=built_cache)
    assert trained["validation"]["accuracy"] > 0.93
    tested = run_json("network", "test", "accuracy", cache=built_cache)
    assert tested["count"] == 10_000
    assert tested["accuracy"] >= 0.93
    assert tested["interval"][0] > 0.92
