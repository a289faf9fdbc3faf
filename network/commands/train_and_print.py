"""Training runs with their progress printed, and stopped by a signal."""

import math
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Any

from pipeline.storage.cache import Cache
from pipeline.terminal.console import Console
from pipeline.terminal.counted import counted

if TYPE_CHECKING:
    from network.runs.folder import Run
    from network.runs.training_run import TrainingRun
    from network.training.configuration import Configuration
    from network.training.recipe import Recipe
    from network.training.state import TrainingState


def train_and_print(
    console: Console,
    training_run: "TrainingRun",
    requested: Callable[[], int],
    until: tuple[float, float] = (math.inf, math.inf),
    then: Sequence[str] = (),
) -> dict[str, Any]:
    """Train and print every epoch; after a signal, save the run and exit.

    Training ends after `until`, a number of epochs and a number of steps. `then` are the names of
    the runs to train after this one.

    Returns: the result, as plain data.
    Raises: DivergedError; SystemExit with 128 and the signal's number.
    """
    from network.commands.text.run_text import format_epoch
    from network.commands.text.sparkline import TrainingCurves
    from network.training.state import EpochDone

    recipe, images, started = training_run.recipe, len(training_run.training), perf_counter()
    done = len(training_run.state.history)
    events = training_run.train()
    steps, left = math.ceil(images / recipe.batch_size), (recipe.epochs - done) * images
    is_there = (done, training_run.state.step) >= until
    is_watched = console.shows_progress
    curves = TrainingCurves(steps, recipe.epochs, training_run.state.history)
    with console.progress("training", left, "images", curves.lines) as advance:
        for event in () if is_there else events:
            if is_watched:
                curves.add_event(event)
            if isinstance(event, EpochDone):
                console.note(format_epoch(event, recipe.epochs, images))
            else:
                advance(event.examples)
            if signal_number := requested():
                events.close()
                run = training_run.run
                names = " ".join([run.name, *then])
                what = f"stopped at step {event.step}; saved in {run.folder}"
                console.stop(signal_number, what, f"Next: network train --resume {names}")
            if (len(training_run.state.history), event.step) >= until:
                events.close()
    return result_json(training_run.run, training_run.state, perf_counter() - started)


def continue_run(
    console: Console,
    cache: Cache,
    run: "Run",
    requested: Callable[[], int],
    then: Sequence[str] = (),
) -> dict[str, Any]:
    """Resume a run and train it to its end; `then` are the runs to train after it."""
    from network.environment import describe_environment, differences
    from network.runs.ownership import own_run
    from network.runs.training_run import resume_training_run

    with own_run(run):
        resumed, environment = resume_training_run(cache, run)
        if resumed.state.step == 0:
            print_beginning(console, resumed)
        else:
            console.note(
                f"run {run.name} resumes after step {resumed.state.step:,}, "
                f"{len(resumed.state.history)} of {counted(resumed.recipe.epochs, 'epoch')} done"
            )
            for difference in differences(environment, describe_environment()):
                console.note(f"environment changed: {difference}; the last bits may differ")
        result = train_and_print(console, resumed, requested, then=then)
    print_end(console, result)
    note_stuck(console, resumed.configuration, resumed.recipe, resumed.state)
    return result


def print_beginning(console: Console, begun: "TrainingRun") -> None:
    """Print the images and the seed that a new run is trained with."""
    console.note(
        f"run {begun.run.name}: {counted(len(begun.training), 'training image')}, "
        f"{counted(len(begun.validation), 'validation image')}, seed {begun.configuration.seed}"
    )
    if not len(begun.validation):
        note_no_validation(console, begun.configuration, len(begun.training))


def note_no_validation(console: Console, configuration: "Configuration", images: int) -> None:
    """Print that a share of validation images comes to none of the images, if one is wanted."""
    if configuration.validation > 0:
        console.note(
            f"--validation {configuration.validation:g} of {counted(images, 'image')} is less than "
            "one image, so no accuracy is measured; use more images or a larger --validation"
        )


def note_stuck(
    console: Console, configuration: "Configuration", recipe: "Recipe", state: "TrainingState"
) -> None:
    """Print that a run has hardly learned, and a learning rate to try."""
    from network.training.initial_state import count_outputs
    from network.training.optimizers import OPTIMIZERS
    from network.training.stuck import DEEP, guessing_loss, is_stuck

    classes, rate = count_outputs(recipe.model), recipe.learning_rate
    guessing = guessing_loss(recipe.loss, classes)
    if not is_stuck(state.history, guessing, classes):
        return
    usual = OPTIMIZERS[configuration.optimizer].rates[configuration.loss][0]
    advice = f"a smaller --learning-rate, such as {rate / 10:g}"
    if rate < usual:
        advice = f"a larger --learning-rate; the default is {usual:g}"
    elif sum(map(bool, state.params)) >= DEEP:
        advice += ", or fewer layers"
    console.note(
        f"The network has hardly learned: its loss is {state.history[-1].loss:.4f}, and random "
        f"guessing gives {guessing:.4f}. Try {advice}"
    )


def result_json(run: "Run", state: "TrainingState", seconds: float) -> dict[str, Any]:
    """Return the result as plain data, for the epoch with the final parameters."""
    from network.training.loop import best_epoch

    history, is_best = state.history, state.best is not None
    epoch = (best_epoch(history) if is_best else history[-1]) if history else None
    return {
        "run": run.name,
        "folder": str(run.folder),
        "seconds": seconds,
        "epochs": len(history),
        "loss": epoch and epoch.loss,
        "validation": {
            "accuracy": epoch and epoch.validation_accuracy,
            "loss": epoch and epoch.validation_loss,
        },
    }


def print_end(console: Console, result: dict[str, Any]) -> None:
    """Print the result of a training run in one line."""
    summary = (
        f"run {result['run']}: {counted(result['epochs'], 'epoch')} in {result['seconds']:.1f} s"
    )
    if (accuracy := result["validation"]["accuracy"]) is not None:
        summary += f", validation accuracy {100 * accuracy:.2f} %"
    console.say(summary)
