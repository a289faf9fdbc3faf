"""State of a running lab: its cache folder, loaded runs, training runs and films."""

from dataclasses import dataclass, field
from threading import Event, Lock

from network.lab.films import Films
from network.lab.run_cache import RunCache
from network.lab.training_runs import Training, Trainings
from network.lab.worker_process import stop_all
from pipeline.storage.cache import Cache


@dataclass(frozen=True)
class Lab:
    """The state that all routes share."""

    cache: Cache
    loaded: RunCache
    trainings: Trainings
    films: Films
    is_closing: Event = field(default_factory=Event)  # ends the streams of events
    edited: list[str] = field(default_factory=list)  # names of the runs saved from edits
    editing: Lock = field(default_factory=Lock)  # held while an edited run is saved

    def close(self) -> list[str]:
        """Stop all streams, training runs and films; return the names of unsaved runs."""
        self.is_closing.set()
        ended = stop_all([*self.trainings.list(), *self.films.all.values()])
        return [work.name for work in ended if isinstance(work, Training)]


def open_lab(cache: Cache) -> Lab:
    """Return the state of a lab on a cache folder."""
    return Lab(cache, RunCache(cache), Trainings(cache), Films(cache))
