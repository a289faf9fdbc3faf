"""The textbook is read in one sitting, in order, and no file needs one that comes later."""

import re

from tests.support.checkout import REPOSITORY
from tests.support.import_graph import MODULES, imports_of

CORE = REPOSITORY / "network" / "core"
READING_ORDER = (REPOSITORY / "docs" / "tutorial" / "reading-order.md").read_text("utf-8")
ORDER = re.findall(r"network/core/(\w+)\.py\)", READING_ORDER)
LINES_AT_MOST = 1250


def test_the_reading_order_names_every_file_and_is_the_one_of_the_package():
    files = {path.stem for path in CORE.glob("*.py")} - {"__init__"}
    assert sorted(files) == sorted(ORDER), "Correct docs/tutorial/reading-order.md."
    order = re.search(r"in this order: ([\w\s,]+)\.", MODULES["network"].read_text("utf-8"))
    assert order[1].replace(",", "").split() == ORDER, "Correct the docstring of network."


def test_each_file_uses_only_files_that_come_before_it():
    for place, name in enumerate(ORDER):
        for imported in imports_of(CORE / f"{name}.py"):
            file = imported.module.removeprefix("network.core.")
            assert file not in ORDER[place:], f"core/{name}.py imports {file}, which comes later."


def test_the_textbook_is_read_in_one_sitting():
    lines = sum((CORE / f"{name}.py").read_text("utf-8").count("\n") for name in ORDER)
    assert lines <= LINES_AT_MOST, (
        f"network/core has {lines} lines, expected {LINES_AT_MOST} at most. "
        "Move what a first reader does not need to network/layers or network/training."
    )
