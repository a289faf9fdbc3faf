"""Projections of points to two dimensions: PCA; with extra libraries t-SNE and UMAP."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np

from network.core.params import Array
from network.environment import one_thread
from pipeline.extras import extra_command, missing_package, pip_command

OVERSAMPLED, ITERATIONS = 10, 8  # extra directions, and the number of refinements
FIRST = 50  # principal components that t-SNE and UMAP begin with; the others are noise
NEIGHBOURS = 15  # that UMAP keeps together


def principal_components(x: Array, count: int = 2) -> tuple[Array, Array]:
    """Project points onto the directions in which they vary most (principal components).

    x - mean = u s vt, of which the first `count` columns of u s are kept. A few random directions
    are multiplied by the matrix and its transpose, which turns them towards the principal ones. So
    no array as large as all pairs of numbers is needed.

    The result is approximate. If the variance of the next directions is clearly less, coordinates
    are correct to 1e-4 or better. In noise, where all directions have about the same variance, the
    second axis can be a different one, whose share of the variance is the same to 1e-3.

    Returns: the coordinates, and the share (0 to 1) of all variance that each axis has.

    Shapes: x (N, D) -> (N, count), (count,).
    Source: Halko, Martinsson, Tropp, Finding structure with randomness (2011), algorithms 4.4
    and 5.1.
    """
    centred = x - x.mean(axis=0)
    wanted = min(count + OVERSAMPLED, *centred.shape)
    q = np.random.default_rng(0).normal(size=(centred.shape[1], wanted)).astype(centred.dtype)
    for _ in range(ITERATIONS):
        q, _ = np.linalg.qr(centred.T @ np.linalg.qr(centred @ q)[0])  # (D, wanted)
    u, s, _ = np.linalg.svd(centred @ q, full_matrices=False)
    farthest = u[np.abs(u).argmax(axis=0), np.arange(wanted)]
    u *= np.where(farthest < 0, -1, 1)  # a direction and its opposite are the same
    coordinates = np.zeros((len(x), count), centred.dtype)
    shares = np.zeros(count)
    kept = min(count, wanted)
    coordinates[:, :kept] = (u * s)[:, :kept]
    shares[:kept] = s[:kept].astype(np.float64) ** 2 / max(np.vdot(centred, centred), 1e-30)
    return coordinates, shares


def pca(x: Array) -> Array:
    """Project points onto their two principal components.

    Shapes: x (N, D) -> (N, 2).
    """
    return principal_components(x)[0]


def t_sne(x: Array) -> Array:
    """Project points with t-SNE: neighbours stay neighbours, other distances mean little.

    Shapes: x (N, D) -> (N, 2).
    Source: van der Maaten and Hinton, Visualizing data using t-SNE (2008); by scikit-learn.
    """
    from sklearn.manifold import TSNE

    perplexity = min(30.0, (len(x) - 1) / 3)
    layout = TSNE(init="pca", perplexity=perplexity, random_state=0)
    with one_thread():
        placed: Array = layout.fit_transform(principal_components(x, min(FIRST, *x.shape))[0])
    return placed


def umap(x: Array) -> Array:
    """Project points with UMAP, which keeps the shape of the graph of neighbours.

    Shapes: x (N, D) -> (N, 2).
    Source: McInnes, Healy, Melville, UMAP (2018); by umap-learn.
    """
    from umap import UMAP

    neighbours = min(NEIGHBOURS, len(x) - 1)
    layout = UMAP(n_neighbors=neighbours, random_state=0, n_jobs=1)
    placed: Array = layout.fit_transform(principal_components(x, min(FIRST, *x.shape))[0])
    return placed


@dataclass(frozen=True)
class Method:
    """A projection method, and the package that it needs."""

    title: str
    project: Callable[[Array], Array]  # (N, D) -> (N, 2)
    module: str | None = None
    install_command: Callable[[], str] = str

    @property
    def is_installed(self) -> bool:
        """Whether the package that it needs can be imported."""
        return self.module is None or find_spec(self.module) is not None


PROJECTIONS = {
    "pca": Method("PCA", pca),
    "t-sne": Method("t-SNE", t_sne, "sklearn", lambda: extra_command("sklearn")),
    "umap": Method("UMAP", umap, "umap", lambda: pip_command("umap-learn")),
}


def project(x: Array, method: str) -> Array:
    """Project points to the plane, between -1 and 1 on the longer side.

    Shapes: x (N, D) -> (N, 2) float32.
    Raises: MissingError if the package of the method is not installed, ValueError for points that
    are not finite.
    """
    if not np.isfinite(x).all():
        raise ValueError("the points contain values that are not finite numbers")
    chosen = PROJECTIONS[method]
    if chosen.module is not None and not chosen.is_installed:
        raise missing_package(chosen.module, chosen.title, chosen.install_command())
    return fit_square(chosen.project(x))


def fit_square(places: Array) -> Array:
    """Shift and scale points so that the longer side goes from -1 to 1.

    Shapes: (N, 2) -> (N, 2) float32.
    """
    low, high = places.min(axis=0), places.max(axis=0)
    half = max(float((high - low).max()) / 2, 1e-30)
    fitted: Array = ((places - (low + high) / 2) / half).astype(np.float32)
    return fitted
