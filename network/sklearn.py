"""A scikit-learn estimator of the network, for any table of numbers.

It works in pipelines, `cross_val_score` and `GridSearchCV`. It needs the extra `sklearn`.
"""

from collections.abc import Sequence
from itertools import chain
from numbers import Integral
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from network.core.activations import Softmax
from network.core.data import Examples, split_validation
from network.core.layers import Linear
from network.core.model import Model
from network.core.params import Array
from network.layers.activations import ACTIVATIONS
from network.metrics.accuracy import compute_outputs
from network.metrics.calibration import log_scores
from network.training.build import build_recipe
from network.training.configuration import Configuration
from network.training.enough_examples import require_held_out
from network.training.loop import train
from network.training.option import options_spelled
from network.training.recipe import Recipe
from network.training.state import TrainingState
from pipeline.storage.arguments import checked

SEEDS = 2**31  # range of seeds that a random state draws from


class NetworkClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # it has no types
    """A fully connected network with softmax outputs, trained on cross-entropy.

    The parameters are the options of `network train` of the same names. With `validation`, that
    fraction of the examples is not trained on: `validation_scores_` has the accuracy on it after
    each epoch. With `patience` training stops after that number of epochs without improvement and
    keeps the best. Scale the features first, to about -1 to 1, as for any network.

    Attributes after `fit`: `classes_`, `model_`, `params_`, `loss_curve_`, `validation_scores_`,
    `n_features_in_`.

    Example:
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.pipeline import make_pipeline
        >>> from sklearn.preprocessing import StandardScaler
        >>> X, y = load_iris(return_X_y=True)
        >>> network = NetworkClassifier(epochs=50, random_state=0)
        >>> make_pipeline(StandardScaler(), network).fit(X, y).score(X, y) > 0.95
        True
    """

    def __init__(
        self,
        hidden: int | Sequence[int] = (100,),
        activation: str = "relu",
        *,
        optimizer: str = "adam",
        learning_rate: float = 0.003,
        weight_decay: float = 0.001,
        schedule: str = "cosine",
        batch_size: int = 32,
        epochs: int = 40,
        validation: float = 0.0,
        patience: int | None = None,
        random_state: Any = None,
    ) -> None:
        self.hidden = hidden
        self.activation = activation
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.schedule = schedule
        self.batch_size = batch_size
        self.epochs = epochs
        self.validation = validation
        self.patience = patience
        self.random_state = random_state

    @checked
    def fit(self, X: Any, y: Any) -> Self:  # noqa: N803 - the name in scikit-learn
        """Train on features X and classes y, from the beginning each time.

        Shapes: X (N, F), y (N,).
        Raises: ValueError, and UsageError for options that are not valid.
        """
        X, y = validate_data(self, X, y, dtype=np.float32)  # noqa: N806
        check_classification_targets(y)
        self.classes_, labels = np.unique(y, return_inverse=True)
        configuration = self.configuration()
        if configuration.patience is not None:
            require_held_out("{patience}", configuration, len(X))
        model = self.build_model(configuration)
        rng = np.random.default_rng([configuration.seed, 0])
        params = model.init(rng, (X.shape[1],))
        recipe = build_recipe(configuration, model)
        state = TrainingState(params, recipe.optimizer.init(params))
        training, held_out = split_validation(
            Examples(X, labels), configuration.validation, configuration.seed
        )
        self.run(recipe, state, training, held_out)
        return self

    def configuration(self) -> Configuration:
        """Return the options as a configuration, which checks them; only `fit` calls this."""
        seed = self.random_state
        if not isinstance(seed, Integral):
            seed = check_random_state(seed).randint(SEEDS)
        names = (name for name in self.get_params() if name != "random_state")
        options = {name: getattr(self, name) for name in names}
        with options_spelled(lambda key: "random_state" if key == "seed" else key):
            return Configuration(loss="cross-entropy", seed=int(seed), **options)

    def build_model(self, configuration: Configuration) -> Model:
        """Return the model: hidden layers with activations, and a score for each class."""
        hidden = [
            (Linear(n_out, "he"), ACTIVATIONS[configuration.activation]())
            for n_out in configuration.hidden
        ]
        return Model((*chain.from_iterable(hidden), Linear(len(self.classes_)), Softmax()))

    def run(
        self, recipe: Recipe, state: TrainingState, training: Examples, held_out: Examples
    ) -> None:
        """Train to the end, and set the attributes of a fitted estimator."""
        for _ in train(recipe, state, training, held_out):
            pass
        self.model_, self.params_ = recipe.model, state.answering
        self.n_iter_ = len(state.history)
        self.loss_curve_ = [epoch.loss for epoch in state.history]
        self.validation_scores_ = [epoch.validation_accuracy for epoch in state.history]

    def predict_proba(self, X: Any) -> Array:  # noqa: N803
        """Return the probability of each class.

        Shapes: X (N, F) -> (N, K), in the order of `classes_`.
        """
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float32, reset=False)  # noqa: N806
        scores = compute_outputs(self.model_, self.params_, X).astype(np.float64)
        probabilities: Array = scores / scores.sum(axis=1, keepdims=True)
        return probabilities

    def predict_log_proba(self, X: Any) -> Array:  # noqa: N803
        """Return the logarithm of each probability, finite even where that rounds to 0.

        Shapes: X (N, F) -> (N, K), in the order of `classes_`.
        """
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float32, reset=False)  # noqa: N806
        logits = log_scores(self.model_, self.params_, X)  # up to an addend per row
        return logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)

    def predict(self, X: Any) -> Array:  # noqa: N803
        """Return the most probable class of each row.

        Shapes: X (N, F) -> (N,).
        """
        likeliest = self.predict_proba(X).argmax(axis=1)
        predicted: Array = self.classes_[likeliest]
        return predicted
