"""The log of files that are read and written, for `--log-level debug`."""

import sys


def log_step(message: str, *values: object) -> None:
    """Log a step, in the style of `logging`, if a log is kept.

    Importing `logging` takes as long as the rest of `--help`, so only `--log-level` imports it.
    """
    if (logging := sys.modules.get("logging")) is not None:
        logging.getLogger("mnist-neural-net").debug(message, *values)
