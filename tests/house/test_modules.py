"""Every module is short, says what it is for, and contains nothing that surprises its readers."""

import ast
import re
from itertools import chain

from tests.support.checkout import REPOSITORY
from tests.support.import_graph import MODULES, for_every, tree_of

LINES_AT_MOST = 400
BODY_LINES_AT_MOST = 50
FIRST_LINE_AT_MOST = 90  # characters
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
EVERY_FILE = sorted(
    chain.from_iterable(
        (REPOSITORY / folder).rglob("*.py")
        for folder in ("pipeline", "network", "benchmarks", "tests")
    )
)


def functions_of(module):
    return [node for node in ast.walk(tree_of(MODULES[module])) if isinstance(node, FUNCTIONS)]


@for_every(MODULES)
def test_a_file_is_read_in_one_sitting(module):
    lines = MODULES[module].read_text("utf-8").count("\n")
    assert lines <= LINES_AT_MOST, (
        f"{module} has {lines} lines, expected {LINES_AT_MOST} at most. Split it by its concepts."
    )


@for_every(MODULES)
def test_a_file_begins_with_one_sentence_on_what_it_is_for(module):
    first = (ast.get_docstring(tree_of(MODULES[module])) or "").split("\n")[0]
    assert first.endswith("."), (
        f'{module} begins with "{first}", expected a docstring whose first line is one sentence.'
    )
    assert len(first) <= FIRST_LINE_AT_MOST, (
        f"{module}: the first line has {len(first)} characters, expected {FIRST_LINE_AT_MOST} at "
        "most. Shorten it, and explain below."
    )


@for_every(MODULES)
def test_functions_are_short_enough_to_see(module):
    for node in functions_of(module):
        body = node.body[1:] if ast.get_docstring(node) else node.body
        length = (body[-1].end_lineno - body[0].lineno + 1) if body else 0
        assert length <= BODY_LINES_AT_MOST, (
            f"{module}, line {node.lineno}: {node.name} has {length} lines, expected "
            f"{BODY_LINES_AT_MOST} at most. Give a part of it a name of its own."
        )


@for_every(MODULES)
def test_pytest_collects_nothing_from_the_packages(module):
    functions = [node for node in tree_of(MODULES[module]).body if isinstance(node, FUNCTIONS)]
    names = [MODULES[module].name.replace("test.py", ""), *(it.name for it in functions)]
    for name in names:
        assert not name.startswith("test"), f"{module}: {name} begins with test. Rename it."


@for_every(MODULES)
def test_the_packages_do_not_assert(module):
    for node in ast.walk(tree_of(MODULES[module])):
        assert not isinstance(node, ast.Assert), (
            f"{module}, line {node.lineno}: assert, which -O removes and users read as a bug. "
            "Raise an error from pipeline.errors, or let the types say it."
        )


@for_every(EVERY_FILE)
def test_no_file_counts_the_folders_above_it(path):
    counted = re.search(r"__file__\)?.*(\.parent\.parent|\.parents\[)", path.read_text("utf-8"))
    assert counted is None, (
        f"{path}: {counted[0]} is wrong once the file moves. "
        "Search the parents for what is in the folder, as find_checkout does."
    )
