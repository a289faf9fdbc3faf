"""Damaged files of runs and of the cache: the message is one line, and has advice."""

import pytest

from pipeline.errors import CorruptError
from tests.reliability.every_artefact import make_artefacts
from tests.support.damages import DAMAGES, require_clear


@pytest.fixture(scope="module")
def artefacts(tmp_path_factory):
    return make_artefacts(tmp_path_factory.mktemp("artefacts"))


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_artefact_has_a_clear_message(damage, artefacts):
    refused = 0
    for artefact in artefacts.values():
        intact = artefact.path.read_bytes()
        artefact.path.write_bytes(DAMAGES[damage](intact))
        for read in artefact.readers:
            try:
                read()
            except CorruptError as error:
                require_clear(error)
                refused += 1
        artefact.path.write_bytes(intact)
    assert refused >= len(artefacts) / 2
