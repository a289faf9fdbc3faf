"""The estimator passes scikit-learn's own checks, and works where its estimators work."""

import doctest

import numpy as np
import pytest

import network.sklearn
from network.sklearn import NetworkClassifier

sklearn = pytest.importorskip("sklearn")

from sklearn.datasets import load_digits, load_wine  # noqa: E402
from sklearn.model_selection import GridSearchCV, cross_val_score  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import MinMaxScaler, StandardScaler  # noqa: E402
from sklearn.utils.estimator_checks import parametrize_with_checks  # noqa: E402

from pipeline.errors import UsageError  # noqa: E402


@pytest.mark.filterwarnings("default")
@parametrize_with_checks([NetworkClassifier(epochs=20)])
def test_it_passes_the_checks_of_scikit_learn(estimator, check):
    check(estimator)


def test_it_learns_tables_that_are_no_digits():
    x, y = load_wine(return_X_y=True)
    classifier = make_pipeline(StandardScaler(), NetworkClassifier(random_state=0))
    assert cross_val_score(classifier, x, y, cv=3).mean() > 0.95


def test_a_grid_search_chooses_its_options():
    x, y = load_digits(return_X_y=True)
    x, y = MinMaxScaler().fit_transform(x)[:500], y[:500]
    search = GridSearchCV(
        NetworkClassifier(epochs=5, random_state=0), {"hidden": [(), (50,)]}, cv=2
    )
    assert search.fit(x, y).best_params_["hidden"] in {(), (50,)}


def test_it_stops_early_and_keeps_the_best_epoch():
    x, y = load_digits(return_X_y=True)
    network = NetworkClassifier(epochs=100, validation=0.2, patience=3, random_state=0)
    network.fit(x / 16, y)
    assert network.n_iter_ < 100
    assert len(network.validation_scores_) == len(network.loss_curve_) == network.n_iter_
    assert max(network.validation_scores_) > 0.95


def test_the_same_random_state_gives_the_same_network():
    x, y = load_wine(return_X_y=True)
    first, second = (
        NetworkClassifier(epochs=2, random_state=seed).fit(x, y).predict_proba(x) for seed in (3, 3)
    )
    assert np.array_equal(first, second)


def test_an_option_that_is_not_valid_is_one_line():
    with pytest.raises(UsageError, match="epochs is -1; expected"):
        NetworkClassifier(epochs=-1).fit(np.eye(3), [0, 1, 2])


def test_its_example_is_true():
    result = doctest.testmod(network.sklearn)
    assert (result.failed, result.attempted > 3) == (0, True)


def test_patience_without_validation_images_is_one_line():
    estimator = NetworkClassifier(patience=2, validation=0.01)
    with pytest.raises(UsageError, match="patience needs validation images"):
        estimator.fit(np.eye(3), [0, 1, 2])
