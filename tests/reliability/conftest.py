"""What the tests of reliability share: one workshop, so that one process imports everything."""

from collections.abc import Iterator

import pytest

from pipeline.datasets.registry import DATASETS
from tests.reliability.scenarios import Workshop
from tests.reliability.warm_commands import WASTED_WRITES


@pytest.fixture(scope="session")
def shared_workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """Set up the workshop of all tests."""
    workshop = Workshop(tmp_path_factory.mktemp("workshop"), **{WASTED_WRITES: "50"})
    yield workshop
    workshop.close()


@pytest.fixture
def workshop(shared_workshop: Workshop) -> Iterator[Workshop]:
    """Lend the workshop to a test, and forget its dataset afterwards."""
    yield shared_workshop
    DATASETS.pop(shared_workshop.dataset.name, None)
