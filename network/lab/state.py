"""What a lab knows while it runs: its cache, and what it has loaded from there."""

from dataclasses import dataclass

from network.lab.loaded import Loaded
from pipeline.cache import Cache


@dataclass(frozen=True)
class Lab:
    """What every part of the lab's interface is given."""

    cache: Cache
    loaded: Loaded


def open_lab(cache: Cache) -> Lab:
    """Make the lab of a cache."""
    return Lab(cache, Loaded(cache))
