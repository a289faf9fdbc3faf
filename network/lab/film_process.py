"""Make a film in a separate process and report its progress."""

import time
from collections.abc import Mapping
from contextlib import closing
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from network.lab.worker_process import lower_priority, reporting_problems
from network.runs.make_film import check_can_make_film, make_film
from network.runs.names import find_run
from network.training.state import EpochDone
from pipeline.storage.cache import Cache

REPORT = 0.2  # seconds between two reports


def make_film_in_process(pipe: Connection, root: str, order: Mapping[str, Any]) -> None:
    """Make the film of the run that an order names; any order that comes meanwhile stops it."""
    lower_priority()
    with reporting_problems(pipe):
        cache = Cache(Path(root), "the lab's")
        run = find_run(cache, order["run"])
        epochs = check_can_make_film(run).meta["epoch"]
        pipe.send({"type": "begin", "run": run.name, "epochs": epochs})
        state, told, seen, done = "ended", 0.0, 0, 0
        with closing(make_film(cache, run)) as events:
            for event in events:
                if isinstance(event, EpochDone):
                    done, seen = event.epoch, event.step
                if time.monotonic() - told > REPORT:
                    told = time.monotonic()
                    a_part = (event.step - seen) / (seen / done) if done else 0.0
                    pipe.send({"type": "progress", "epoch": done + a_part})
                    if pipe.poll():
                        state = "stopped"
                        break
        pipe.send({"type": "state", "state": state})
