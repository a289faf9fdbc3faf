"""Maps of what a layer makes of images: computed in the background, one at a time, and kept."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from threading import Event, Lock, Thread

import numpy as np

from network.core.model import Model
from network.core.params import Array, Params
from network.interpret.projection import project
from network.metrics.accuracy import compute_outputs
from pipeline.errors import ProjectError, UsageError

MAPPED = 2000  # images on a map
MAX_MISTAKES = 500  # of them at most that come before all others
KEPT = 64  # maps


@dataclass
class Projection:
    """A map that is being computed, or is there."""

    started: float = field(default_factory=time.monotonic)
    done: Event = field(default_factory=Event)
    places: Array | None = None  # (N, 2)
    problem: ProjectError | None = None

    @property
    def seconds(self) -> float:
        """How long it has been computed."""
        return time.monotonic() - self.started


class Projections:
    """The maps that were asked for."""

    def __init__(self) -> None:
        self.maps, self.lock, self.turn = OrderedDict[Hashable, Projection](), Lock(), Lock()

    def find(self, key: Hashable, make: Callable[[], Array]) -> Projection:
        """Return a map, begun when it is asked for first; one that failed is begun again."""
        with self.lock:
            found = self.maps.get(key)
            if found is None or (found.done.is_set() and found.problem):
                found = self.maps[key] = Projection()
                while len(self.maps) > KEPT:
                    self.maps.popitem(last=False)
                # a daemon: whoever ends the lab does not wait for a map
                Thread(target=self.compute, args=(found, make), daemon=True).start()
            self.maps.move_to_end(key)
            return found

    def compute(self, wanted: Projection, make: Callable[[], Array]) -> None:
        """Compute a map when its turn has come."""
        with self.turn:
            try:
                wanted.places = make()
            except ProjectError as error:
                wanted.problem = error
            except (ValueError, ArithmeticError, MemoryError) as error:
                wanted.problem = UsageError(f"there is no such map: {error}"[:500])
            finally:
                wanted.done.set()


def choose_images(labels: Array, answers: Array) -> Array:
    """Choose which images are on a map: mistakes first, then as the images come; in their order.

    Shapes: labels (N,), answers (N,) -> (at most MAPPED,).
    """
    mistakes = np.flatnonzero(labels != answers)[:MAX_MISTAKES]
    others = np.setdiff1d(np.arange(len(labels)), mistakes)
    return np.sort(np.concatenate([mistakes, others[: MAPPED - len(mistakes)]]))


def project_layer(model: Model, params: Params, images: Array, layers: int, method: str) -> Array:
    """Lay images out by what the first so many layers make of them; 0: by their pixels.

    Shapes: images (N, H, W) -> (N, 2).
    Raises: MissingError.
    """
    first = Model(model.layers[:layers])
    activations = compute_outputs(first, params[:layers], images)
    return project(activations.reshape(len(images), -1), method)
