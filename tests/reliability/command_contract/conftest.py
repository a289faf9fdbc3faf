"""What the tests of the contract share: a cache, what is in it, ways to run a line."""

import os
import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.reliability.command_contract.places import PLAN, make_cache, make_mixed
from tests.reliability.command_contract.running import (
    COLOURFUL,
    Call,
    Case,
    run,
    variables,
    words_of,
)
from tests.reliability.warm_commands import Ended

CONTRACT = "R18: {cases} cases of the command line's contract, {broken} broken"


@pytest.fixture
def case(figure: Callable[..., None]) -> Case:
    """Count what is proved in a `with` block as a case of the contract."""

    @contextmanager
    def count() -> Iterator[None]:
        try:
            yield
        except (Exception, pytest.fail.Exception):
            figure(CONTRACT, cases=1, broken=1)
            raise
        figure(CONTRACT, cases=1, broken=0)

    return count


@pytest.fixture(scope="session")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A cache with a data set of a few images and two runs, and what commands are given."""
    root = tmp_path_factory.mktemp("contract")
    cache = make_cache(root / "cache")
    rng = np.random.default_rng(0)
    shapes = [(2, 784), (10, 2)]
    for name, arrays in (
        ("weights", [rng.normal(size=shape) for shape in shapes]),
        ("biases", [rng.normal(size=shape[0]) for shape in shapes]),
    ):
        (root / name).write_bytes(pickle.dumps(arrays))
    images, labels = rng.integers(0, 256, (6, 28, 28), np.uint8), np.arange(6) % 3
    np.savez(root / "arrays.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    Image.fromarray(images[0]).save(root / "picture.png")
    (root / "plan.toml").write_text(PLAN)
    mixed = make_mixed(root / "mixed", cache)
    named = {"weights": "weights", "biases": "biases", "arrays": "arrays.npz"}
    named |= {"picture": "picture.png", "plan": "plan.toml"}
    files = {name: root / file for name, file in named.items()}
    return {"cache": cache.root, "mixed": mixed, **files}


@pytest.fixture
def call(places: dict[str, Path], tmp_path: Path) -> Call:
    """Run a line with the places filled in, on the small cache, from a folder of the test."""
    given = {"cache": places["cache"], "cwd": tmp_path, "places": {**places, "folder": tmp_path}}
    return lambda line, **options: run(line, **{**given, **options})


@pytest.fixture
def quick(request: pytest.FixtureRequest, call: Call, tmp_path: Path) -> Call:
    """Run a line as `call` does, but without the time that a start takes, where there is fork."""
    if not hasattr(os, "fork"):
        return call
    places, warm = request.getfixturevalue("places"), request.getfixturevalue("warm_commands")
    given = {**places, "folder": tmp_path}

    def start(line: str, cache: Path = places["cache"], **changes: str | None) -> Ended:
        environment = variables(cache, {"COLUMNS": "80", **COLOURFUL, **changes})
        return warm.run(*words_of(line, given), environment=environment, cwd=tmp_path)

    return start
