"""Keep the memory of arrays that are gone for the next ones."""

import ctypes
import sys

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # as malloc.h of glibc numbers them
NEVER_TRIM = 2**31 - 1  # the largest int


def keep_freed_memory() -> bool:
    """Let new arrays take the place of old ones, and tell whether the C library can do that.

    By itself glibc gives a large array back to the system when it is freed, and the next one is
    made of new pages, each zeroed at its first touch: in a step of a small convolutional network
    that is a third of the time. The process then keeps what it needed at its peak.

    Source: mallopt(3) of the Linux manual.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
    if mallopt is None:
        return False
    sizes = (2**30, 2**25)  # older versions take no more than the second
    return bool(mallopt(TRIM_THRESHOLD, NEVER_TRIM)) and any(
        mallopt(MMAP_THRESHOLD, size) for size in sizes
    )
