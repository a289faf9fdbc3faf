"""Datasets by name: the published ones and your own."""
