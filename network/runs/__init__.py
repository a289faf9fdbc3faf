"""A training run on disk, and everything that is done with one."""
