"""What a lab knows while it runs: its cache, what it has loaded from there, its trainings."""

from dataclasses import dataclass, field
from threading import Event, Lock

from network.lab.films import Films
from network.lab.run_cache import RunCache
from network.lab.training_runs import Training, Trainings
from network.lab.worker_process import stop_all
from pipeline.storage.cache import Cache


@dataclass(frozen=True)
class Lab:
    """What every part of the lab's interface is given."""

    cache: Cache
    loaded: RunCache
    trainings: Trainings
    films: Films
    is_closing: Event = field(default_factory=Event)  # streams end then
    edited: list[str] = field(default_factory=list)  # names of the runs that were made by edits
    editing: Lock = field(default_factory=Lock)  # one is made at a time

    def close(self) -> list[str]:
        """End the streams of events, and stop the trainings; name the runs that were not saved."""
        self.is_closing.set()
        ended = stop_all([*self.trainings.list(), *self.films.all.values()])
        return [work.name for work in ended if isinstance(work, Training)]


def open_lab(cache: Cache) -> Lab:
    """Make the lab of a cache."""
    return Lab(cache, RunCache(cache), Trainings(cache), Films(cache))
