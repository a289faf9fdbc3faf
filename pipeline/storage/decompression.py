"""What unpacks to far more than its size justifies."""

from pipeline.errors import CorruptError

BOMB_BYTES, BOMB_RATIO = 64 << 20, 100  # what unpacks to more than both is a bomb


class BombError(CorruptError):
    """A file that is meant to fill the memory."""


def is_bomb(content_size: int, size: int) -> bool:
    """Tell whether so few bytes that unpack to so many are meant to fill the memory."""
    return content_size > max(BOMB_BYTES, BOMB_RATIO * size)


def check_decompression(name: object, content_size: int, size: int) -> None:
    """Refuse a file that states or turns out to unpack to so many bytes.

    Raises: BombError.
    """
    if is_bomb(content_size, size):
        raise BombError(
            f"{name}: it unpacks to {content_size:,} bytes, {content_size // size:,} times its size"
        )
