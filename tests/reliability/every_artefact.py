"""One of every artefact that the project makes, and how each is normally read."""

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from network.runs.calibrate import FORMAT, load_calibration
from network.runs.checkpoints import Checkpoint, load_checkpoint, save_checkpoint
from network.runs.evaluation_log import LoggedEvaluation, save_evaluations
from network.runs.film import load_frame
from network.runs.folder import Run, load_run, read_saved_history, save_run, summarise_run
from network.runs.names import create_run
from network.training.build import fully_connected
from network.training.configuration import Configuration
from network.training.losses import LOSSES
from network.training.optimizers import OPTIMIZERS
from network.training.state import EpochDone, TrainingState
from pipeline.build import build_pickles
from pipeline.datasets.user_datasets import publish_record, read_record
from pipeline.download.raw_files import check_raw, read_image_chunks, read_label_chunks
from pipeline.errors import ProjectError
from pipeline.pickles.manifest import check_pickle, read_manifest, read_split
from pipeline.storage.cache import Cache
from pipeline.storage.checksummed_json import publish_json, read_json
from tests.reliability.seeds import CALIBRATION
from tests.support.tiny_dataset import fill, make_dataset

DATASET, FILES = make_dataset(mirrors=())
IMAGES, LABELS = DATASET.splits["train"].files
EPOCH = EpochDone(1, 3, 0.5, None, None, 0.1, 0.2)


@dataclass(frozen=True)
class Artefact:
    """A file, and every way to read it; each raises an error of the project or accepts it."""

    path: Path
    readers: tuple[Callable[[], Any], ...]

    def accepted_by(self) -> list[int]:
        """Return which of the readers accept the file as it is now."""
        return [number for number, read in enumerate(self.readers) if accepts(read)]


def accepts(read: Callable[[], Any]) -> bool:
    """Tell whether a reader finds nothing wrong."""
    try:
        read()
    except ProjectError:
        return False
    return True


def make_run(cache: Cache) -> Run:
    """Save a small run that was tested."""
    model = fully_connected((), 2, "tanh", "glorot", LOSSES["cross-entropy"])
    params = model.init(np.random.default_rng(0), (28, 28))
    state = OPTIMIZERS["adam"]().init(params)
    configuration = Configuration(hidden=())
    run = create_run(cache, "tiny", model, params, configuration)
    frame = Checkpoint(model, params, {}, {"epoch": 0, "answers": [0, 1]})
    save_checkpoint(run.film / "00000.npz", frame)
    save_run(run, model, TrainingState(params, state, 3, [EPOCH]), configuration)
    save_evaluations(
        run.result, [LoggedEvaluation("mnist", "test", 18, 18, "2026-01-01T00:00:00+00:00")]
    )
    publish_json(run.calibration, {"format": FORMAT, **CALIBRATION})
    return run


def make_artefacts(folder: Path) -> dict[str, Artefact]:
    """Make one of every kind."""
    cache, plain = Cache(folder / "cache", "test"), Cache(folder / "plain", "test")
    fill(cache, DATASET, FILES)
    fill(plain, DATASET, {name: gzip.decompress(data) for name, data in FILES.items()})
    build_pickles(cache, DATASET)
    publish_record(cache, DATASET)
    run = make_run(cache)

    def raw(cache: Cache, file: Any, read: Callable[..., Any]) -> Artefact:
        path = cache.raw("tiny") / file.name
        return Artefact(
            path, (lambda: check_raw(path, file), lambda: list(read(cache, DATASET, "train")))
        )

    def split() -> Any:
        return read_split(cache, DATASET, "train")

    return {
        "images, gzipped": raw(cache, IMAGES, read_image_chunks),
        "images": raw(plain, IMAGES, read_image_chunks),
        "labels, gzipped": raw(cache, LABELS, read_label_chunks),
        "labels": raw(plain, LABELS, read_label_chunks),
        "pickle": Artefact(
            cache.pickle("tiny", "train"), (split, lambda: check_pickle(cache, DATASET, "train"))
        ),
        "manifest": Artefact(
            cache.manifest("tiny"), (split, lambda: read_manifest(cache, DATASET))
        ),
        "record": Artefact(cache.record("tiny"), (lambda: read_record(cache, "tiny"),)),
        "checkpoint": Artefact(
            run.checkpoint, (lambda: load_checkpoint(run.checkpoint), lambda: load_run(run))
        ),
        "configuration": Artefact(run.configuration, (lambda: read_json(run.configuration),)),
        "calibration": Artefact(
            run.calibration, (lambda: load_calibration(run, CALIBRATION["weights"]),)
        ),
        "test result": Artefact(run.result, (lambda: summarise_run(run),)),
        "history": Artefact(
            run.history, (lambda: read_saved_history(run, load_checkpoint(run.checkpoint)),)
        ),
        "frame": Artefact(run.film / "00000.npz", (lambda: load_frame(run, 0),)),
    }
