"""Projections of layer outputs: computed in the background, one at a time, and cached."""

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

MAX_IMAGES = 2000  # images of a projection
MAX_MISTAKES = 500  # mistakes that are chosen before other images
KEPT = 64  # projections


@dataclass(eq=False)
class Projection:
    """A projection that is being computed, or is finished."""

    started: float = field(default_factory=time.monotonic)
    done: Event = field(default_factory=Event)
    places: Array | None = None  # (N, 2)
    problem: ProjectError | None = None

    @property
    def seconds(self) -> float:
        """Seconds since the computation started."""
        return time.monotonic() - self.started


class Projections:
    """The requested projections."""

    def __init__(self) -> None:
        self.maps, self.lock, self.turn = OrderedDict[Hashable, Projection](), Lock(), Lock()

    def find(self, key: Hashable, make: Callable[[], Array]) -> Projection:
        """Return a projection; start it at the first request, or again after an error."""
        with self.lock:
            found = self.maps.get(key)
            if found is None or (found.done.is_set() and found.problem):
                found = self.maps[key] = Projection()
                while len(self.maps) > KEPT:
                    self.maps.popitem(last=False)
                # a daemon thread, so that the lab can end at once
                Thread(target=self.compute, args=(found, make), daemon=True).start()
            self.maps.move_to_end(key)
            return found

    def compute(self, wanted: Projection, make: Callable[[], Array]) -> None:
        """Compute a projection after the ones requested before."""
        with self.turn:
            try:
                wanted.places = make()
            except ProjectError as error:
                wanted.problem = error
            except (ValueError, ArithmeticError, MemoryError) as error:
                wanted.problem = UsageError(f"the projection failed: {error}"[:500])
            finally:
                wanted.done.set()


def choose_images(labels: Array, predictions: Array) -> Array:
    """Return the indices of the images to project, sorted: mistakes and the first others.

    Shapes: labels (N,), predictions (N,) -> (at most MAX_IMAGES,).
    """
    mistakes = np.flatnonzero(labels != predictions)[:MAX_MISTAKES]
    others = np.setdiff1d(np.arange(len(labels)), mistakes)
    return np.sort(np.concatenate([mistakes, others[: MAX_IMAGES - len(mistakes)]]))


def project_layer(model: Model, params: Params, images: Array, layers: int, method: str) -> Array:
    """Project images by the output of the first `layers` layers; 0: by their pixels.

    Shapes: images (N, H, W) -> (N, 2).
    Raises: MissingError.
    """
    first = Model(model.layers[:layers])
    activations = compute_outputs(first, params[:layers], images)
    return project(activations.reshape(len(images), -1), method)
