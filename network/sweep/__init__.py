"""Hyperparameter search over many training runs."""
