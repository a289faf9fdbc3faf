"""Films of runs that have none: each is trained again as it was trained."""

import secrets
import shutil
from collections.abc import Generator

from network.core.params import named_arrays
from network.runs.checkpoints import (
    CONFIG_HASH,
    Checkpoint,
    hash_arrays,
    load_checkpoint,
    require_trained,
)
from network.runs.film import OtherTrainingError, list_epochs, load_frame
from network.runs.folder import Run, read_saved_history
from network.runs.live_changes import change_training, extract_changes, first_configuration
from network.runs.names import NEW
from network.runs.ownership import SavedState, own_run
from network.runs.training_run import build_training_run
from network.training.loop import best_epoch
from network.training.state import Event
from pipeline.errors import UsageError
from pipeline.storage.cache import Cache, remove_stale_parts, replace_folder, storage_error


def check_can_make_film(run: Run) -> Checkpoint:
    """Require a run that can be trained again, and return its checkpoint.

    Raises: UsageError, MissingError, CorruptError.
    """
    checkpoint = load_checkpoint(run.checkpoint)
    require_trained(run.name, checkpoint)
    if not checkpoint.meta.get("epoch"):
        raise UsageError(f"run {run.name} has not completed an epoch, so there is nothing to film")
    return checkpoint


def make_film(cache: Cache, run: Run) -> Generator[Event, None, None]:
    """Train a run again, with its changes of settings, and save a frame of every epoch.

    The film is made in a temporary folder next to the runs, and moved as a whole.

    Raises: UsageError, MissingError, CorruptError, DivergedError; StorageError, also if another
    process writes the run or has changed it.
    """
    with own_run(run):
        checkpoint = check_can_make_film(run)
        remove_stale_parts(cache.runs() / NEW)
        made = Run(cache.runs() / f".{NEW}.{secrets.token_hex(8)}.part")
        try:
            yield from train_again(cache, checkpoint, str(run.checkpoint), made)
            SavedState(checkpoint.file_hash).require(run)
            replace_folder(made.film, run.film, made.folder / "old")
        except OSError as error:
            raise storage_error(f"cannot make {run.film}", error) from error
        finally:
            shutil.rmtree(made.folder, ignore_errors=True)


def train_again(
    cache: Cache, checkpoint: Checkpoint, where: str, made: Run
) -> Generator[Event, None, None]:
    """Train up to the step of a checkpoint, with its changes, and with a film in `made`.

    Raises: UsageError, MissingError, CorruptError, DivergedError, StorageError.
    """
    changes = extract_changes(checkpoint, where)
    training_run = build_training_run(cache, first_configuration(checkpoint, where), made)
    if (config_hash := checkpoint.meta.get(CONFIG_HASH)) is not None:
        training_run.state.origin[CONFIG_HASH] = config_hash
    training_run.begin_film()
    for change in changes:
        yield from training_run.train_until(change.place)
        training_run = change_training(training_run, change.values)
    yield from training_run.train_until((checkpoint.meta["epoch"], 0))


def is_film_complete(run: Run, checkpoint: Checkpoint) -> bool | None:
    """Return whether the film ends with the run's weights, bit for bit; None if not known.

    It is not known if the run was stopped within an epoch, or if its film is shorter.
    """
    history = read_saved_history(run, checkpoint)
    if not history or history[-1].step != checkpoint.meta.get("step"):
        return None
    answering = best_epoch(history) if checkpoint.meta.get("answering") == "best" else history[-1]
    if answering.epoch not in list_epochs(run):
        return None
    try:
        frame = load_frame(run, answering.epoch)
    except OtherTrainingError:
        return False
    found, own = (dict(named_arrays(it.params)) for it in (frame.checkpoint, checkpoint))
    return hash_arrays(found) == hash_arrays(own)
