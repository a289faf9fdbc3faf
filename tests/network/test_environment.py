"""The environment of a run is described, and small networks stay on one core."""

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from network.core.losses import SquaredError
from network.environment import describe_environment, suitable_threads
from network.training.build import fully_connected


def blas_threads():
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


def test_versions_blas_and_threads_are_named():
    told = describe_environment()
    assert told["numpy"] == np.__version__
    assert {pool["num_threads"] for pool in told["blas"]} <= {*blas_threads()}
    assert all(pool["version"] for pool in told["blas"])


def test_the_blas_of_another_package_computes_nothing_here_and_is_not_named():
    before = describe_environment()
    linalg = pytest.importorskip("scipy.linalg")
    assert linalg.det(np.eye(2)) == 1  # SciPy's BLAS is loaded
    assert describe_environment() == before
    assert len(before["blas"]) == 1


@pytest.mark.parametrize(("hidden", "batch_size", "is_small"), [(30, 128, True), (512, 128, False)])
def test_a_small_network_stays_on_one_core_and_a_large_one_has_all(hidden, batch_size, is_small):
    model = fully_connected((hidden,), 10, "sigmoid", "uniform", SquaredError)
    params = model.init(np.random.default_rng(0), (28, 28))
    with threadpool_limits(2, user_api="blas"):
        before = blas_threads()
        assert set(before) == {2}
        with suitable_threads(params, batch_size):
            assert blas_threads() == ([1] * len(before) if is_small else before)
        assert blas_threads() == before


def test_tests_share_the_cores_and_no_matrix_product_takes_them_all():
    assert set(blas_threads()) == {1}
