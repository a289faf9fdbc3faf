"""Decompression bombs: files that unpack to far more than their size."""

from pipeline.errors import CorruptError

BOMB_BYTES, BOMB_RATIO = 64 << 20, 100  # a file that unpacks to more than both is a bomb


class BombError(CorruptError):
    """A file that is meant to fill the memory."""


def is_bomb(content_size: int, size: int) -> bool:
    """Return whether `size` bytes that unpack to `content_size` are a bomb."""
    return content_size > max(BOMB_BYTES, BOMB_RATIO * size)


def check_decompression(name: object, content_size: int, size: int) -> None:
    """Require that a file does not unpack to far more than its size.

    Raises: BombError.
    """
    if is_bomb(content_size, size):
        raise BombError(
            f"{name}: it unpacks to {content_size:,} bytes, {content_size // size:,} times its size"
        )
