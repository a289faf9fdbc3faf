"""The estimator passes the checks of scikit-learn, and works in its tools."""

import doctest

import numpy as np
import pytest

from pipeline.errors import UsageError


@pytest.fixture(scope="module")
def sklearn():
    """Scikit-learn, imported only here because the import takes seconds."""
    pytest.importorskip("sklearn")
    import network.sklearn

    return network.sklearn


@pytest.fixture
def classifier(sklearn):
    return sklearn.NetworkClassifier


@pytest.mark.filterwarnings("default")
def test_it_passes_the_checks_of_scikit_learn(classifier):
    from sklearn.utils.estimator_checks import check_estimator

    check_estimator(classifier(epochs=20))


def test_it_learns_tables_that_are_no_digits(classifier):
    from sklearn.datasets import load_wine
    from sklearn.model_selection import cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    x, y = load_wine(return_X_y=True)
    scaled = make_pipeline(StandardScaler(), classifier(random_state=0))
    assert cross_val_score(scaled, x, y, cv=3).mean() > 0.95


def test_a_grid_search_chooses_its_options(classifier):
    from sklearn.datasets import load_digits
    from sklearn.model_selection import GridSearchCV
    from sklearn.preprocessing import MinMaxScaler

    x, y = load_digits(return_X_y=True)
    x, y = MinMaxScaler().fit_transform(x)[:500], y[:500]
    sizes = [(), 50, np.int64(50)]
    search = GridSearchCV(classifier(epochs=5, random_state=0), {"hidden": sizes}, cv=2)
    assert search.fit(x, y).best_params_["hidden"] in {(), 50}


def test_it_stops_early_and_keeps_the_best_epoch(classifier):
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    network = classifier(epochs=100, validation=0.2, patience=3, random_state=0)
    network.fit(x / 16, y)
    assert network.n_iter_ < 100
    assert len(network.validation_scores_) == len(network.loss_curve_) == network.n_iter_
    assert max(network.validation_scores_) > 0.95


def test_the_same_random_state_gives_the_same_network(classifier):
    from sklearn.datasets import load_wine

    x, y = load_wine(return_X_y=True)
    first, second = (
        classifier(epochs=2, random_state=seed).fit(x, y).predict_proba(x) for seed in (3, 3)
    )
    assert np.array_equal(first, second)


def test_an_option_that_is_not_valid_is_one_line(classifier):
    with pytest.raises(UsageError, match="epochs is -1; expected"):
        classifier(epochs=-1).fit(np.eye(3), [0, 1, 2])


def test_its_example_is_true(sklearn):
    result = doctest.testmod(sklearn)
    assert (result.failed, result.attempted > 3) == (0, True)


def test_patience_without_validation_images_is_one_line(classifier):
    estimator = classifier(patience=2, validation=0.01)
    with pytest.raises(UsageError, match="patience needs validation images"):
        estimator.fit(np.eye(3), [0, 1, 2])


def test_an_error_about_the_seed_names_the_parameter_that_was_given(classifier):
    with pytest.raises(UsageError, match="random_state is -1; expected 0 to"):
        classifier(random_state=-1).fit(np.eye(3), [0, 1, 2])


def test_the_logarithms_of_probabilities_are_finite_where_these_round_to_0(classifier):
    x, y = np.repeat(np.eye(3), 20, axis=0), np.repeat([0, 1, 2], 20)
    network, x = classifier(epochs=20, random_state=0).fit(x, y), 1000 * np.eye(3)
    logarithms = network.predict_log_proba(x)
    assert np.isfinite(logarithms).all()
    assert logarithms.min() < -110
    assert np.allclose(np.exp(logarithms), network.predict_proba(x))
