"""Signals that end a program: Ctrl-C, SIGTERM, and SIGHUP as its terminal closes.

They become exceptions, so that temporary files are removed, but not in an import. There an
exception is a traceback, or even lost, and the program would go on: modules in C, as NumPy has,
drop it. A start is mostly imports, with nothing to remove, and ends at once. In a later import the
signal waits until the import is over.
"""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

INTERRUPTED = 128 + signal.SIGINT  # as a shell reports it
END_SIGNALS = (signal.SIGTERM, *filter(None, [getattr(signal, "SIGHUP", None)]))
IMPORTS = "<frozen importlib._bootstrap>"  # the code of Python that imports modules
SHORT = 0.005  # seconds until a signal is tried again


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


def catch_end_signals() -> None:
    """End the program by an exception on each signal, unless it is ignored, as `nohup` has it."""
    with contextlib.suppress(ValueError):  # not the main thread
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, end_by_exception)
        for number in END_SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, end_by_exception)


def end_by_exception(number: int, frame: FrameType | None) -> None:
    """Raise the exception of a signal; in an import, send the signal again a moment later.

    Raises: KeyboardInterrupt, SystemExit.
    """
    if is_importing(frame):
        again = threading.Timer(SHORT, send_again, [number])
        again.daemon = True
        again.start()
    elif number == signal.SIGINT:
        raise KeyboardInterrupt
    else:
        sys.exit(128 + number)


def send_again(number: int) -> None:
    """Send a signal to the main thread, whose sleep it ends; on Windows it does not."""
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, number)
    else:
        signal.raise_signal(number)


@contextmanager
def shielded_start() -> Iterator[None]:
    """Start processes and threads to which Ctrl-C and the end of a terminal do not get through.

    A terminal sends these signals to all processes of a program, also to one that still imports
    modules and has no handler yet. What is started inherits the signals that are blocked here; on
    Windows nothing is blocked.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    from multiprocessing import resource_tracker  # most programs start no processes

    resource_tracker.ensure_running()  # multiprocessing starts it itself, and then lets Ctrl-C in
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def is_importing(frame: FrameType | None) -> bool:
    """Return whether a module is being imported in this frame or in one that called it."""
    while frame is not None:
        if frame.f_code.co_filename == IMPORTS:
            return True
        frame = frame.f_back
    return False
