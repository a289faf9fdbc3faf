"""Move the pixels of images: each new pixel is fetched from between four of the old ones.

A new pixel at place p, counted from the image's centre, takes what lies at

    matrix @ (p, 1) + displacement(p)

in the old image (inverse mapping: every new pixel is filled, and once). Between the centres of
four pixels the value is interpolated, first along the row and then along the column; outside of
the image there is no ink, and the outermost pixels fade into that within a pixel's width.

Source: Wolberg, Digital image warping (1990), sections 3.1 (inverse mapping) and 5.4.2 (linear
interpolation).
"""

from functools import lru_cache

import numpy as np

from network.core.params import Array

MARGIN = 1  # pixels without ink on each side: what is farther away is read there


def resample(images: Array, matrices: Array, displacement: Array | None = None) -> Array:
    """Fetch every pixel from where its image's matrix and the displacement say.

    Shapes: images (N, H, W) float32, matrices (N, 2, 3) or (N, 3, 3), of which two rows count,
        displacement (2, N, H, W): rows, columns -> (N, H, W) float32.
    Units: rows and columns in pixels, from the centre of the image.
    """
    height, width = images.shape[1:]
    rows, columns = fetching_places(matrices, height, width)  # (N, H * W) each
    if displacement is not None:
        rows += displacement[0].reshape(rows.shape)
        columns += displacement[1].reshape(rows.shape)
    np.clip(rows, 0, height + MARGIN, out=rows)
    np.clip(columns, 0, width + MARGIN, out=columns)
    return interpolate(images, rows, columns).reshape(images.shape)


def fetching_places(matrices: Array, height: int, width: int) -> Array:
    """Return the rows and the columns of all places, from the corner of the framed image.

    Shapes: matrices (N, 2 or 3, 3) -> (2, N, H * W) float32.
    """
    to_corner = np.zeros((2, 3))
    to_corner[:, 2] = (height - 1) / 2 + MARGIN, (width - 1) / 2 + MARGIN
    from_corner = (matrices[:, :2] + to_corner).swapaxes(0, 1).astype(np.float32)
    places = from_corner.reshape(-1, 3) @ pixel_places(height, width)  # (2 N, 3) @ (3, H * W)
    return places.reshape(2, len(matrices), -1)


@lru_cache(maxsize=8)
def pixel_places(height: int, width: int) -> Array:
    """Return row, column and 1 of every pixel, counted from the centre.

    Shapes: (3, H * W) float32.
    """
    places = np.ones((3, height, width), np.float32)
    places[0] = (np.arange(height) - (height - 1) / 2)[:, None]
    places[1] = np.arange(width) - (width - 1) / 2
    return places.reshape(3, -1)


def interpolate(images: Array, rows: Array, columns: Array) -> Array:
    """Interpolate between the four pixels around each place; rows and columns are used up.

    Shapes: images (N, H, W), rows and columns (N, M), from 0 to H + 1 and to W + 1: places in the
        framed image -> (N, M).
    """
    pixels, line, frame = frame_images(images)
    above, left = np.floor(rows), np.floor(columns)
    rows -= above
    columns -= left
    above *= line
    above += left
    corner = above.astype(np.intp)
    corner += np.arange(0, frame * len(images), frame)[:, None]
    upper = mix(fetch(pixels, corner), fetch(pixels[1:], corner), columns)
    lower = mix(fetch(pixels[line:], corner), fetch(pixels[line + 1 :], corner), columns)
    return mix(upper, lower, rows)


def frame_images(images: Array) -> tuple[Array, int, int]:
    """Lay all images in one row of numbers, each with a margin without ink around it.

    Returns: the numbers, of which there is a line more than needed, so that every place has a
    next one; how many of them are a line, and how many an image.
    """
    count, height, width = images.shape
    line, frame = width + 2 * MARGIN, (height + 2 * MARGIN) * (width + 2 * MARGIN)
    pixels = np.zeros(count * frame + line + 1, np.float32)
    framed = pixels[: count * frame].reshape(count, -1, line)
    framed[:, MARGIN:-MARGIN, MARGIN:-MARGIN] = images
    return pixels, line, frame


def fetch(pixels: Array, where: Array) -> Array:
    """Take pixels at indices that are known to be in range; of NumPy's ways the fastest."""
    return pixels.take(where, mode="wrap")


def mix(one: Array, other: Array, share: Array) -> Array:
    """Return `one + share * (other - one)`; both are used up."""
    other -= one
    other *= share
    one += other
    return one
