"""Ctrl-C while a program starts: it ends at once, without a word.

A start is mostly imports. A KeyboardInterrupt in one of them is a traceback, or even lost: Python
ignores it in the functions that it calls when an object is gone. Here no exception is raised.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

INTERRUPTED = 128 + signal.SIGINT  # as a shell reports it


@contextmanager
def silent_interrupts() -> Iterator[None]:
    """End the process on Ctrl-C, unless the program that started it asked to ignore it."""
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    try:
        signal.signal(signal.SIGINT, end_at_once)
    except ValueError:  # only the main thread has signals
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def end_at_once(number: int, frame: FrameType | None) -> NoReturn:
    """End the process with the code of Ctrl-C; nothing is open or printed yet."""
    os._exit(INTERRUPTED)
