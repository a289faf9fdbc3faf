"""Who may import whom, what a file may be, and which names mean what: read from the code itself."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.checkout import REPOSITORY

FILES = sorted(
    path for package in ("pipeline", "network") for path in (REPOSITORY / package).rglob("*.py")
)


def name_of(path: Path) -> str:
    return path.relative_to(REPOSITORY).as_posix()


# module -> the only files that may import it
RESERVED = {
    "requests": {"pipeline/download/http.py"},
    "urllib3": {"pipeline/download/http.py"},
    "PIL": {
        "pipeline/terminal/preview.py",
        "pipeline/formats/folder.py",
        "network/images/pages/decoding.py",
        "network/images/pages/deskew.py",
        "network/images/pages/fitting.py",
        "network/images/pages/ink.py",
        "network/images/pages/draw_steps.py",
    },
    "rich": {"pipeline/terminal/console.py"},
    "filelock": {"pipeline/storage/locks.py"},
    "platformdirs": {"pipeline/storage/cache.py"},
    "threadpoolctl": {"network/environment.py"},
    "pickle": {"pipeline/pickles/safe_load.py"},
    "optuna": {
        "network/sweep/study_storage.py",
        "network/sweep/storage.py",
        "network/sweep/study.py",
        "network/sweep/search.py",
    },
    "sklearn": {"network/interpret/projection.py"},
    "umap": {"network/interpret/projection.py"},
    "onnx": {"network/runs/exports/onnx_file.py", "network/runs/exports/onnx_layers.py"},
    "safetensors": {"network/runs/exports/safetensors_file.py"},
    "sqlalchemy": {"network/sweep/storage.py"},
    "pebble": {"network/sweep/workers/local.py"},
    "distributed": {"network/sweep/workers/cluster.py"},
}
LAB = {name for path in FILES if (name := name_of(path)).startswith("network/lab/")}
PLOTS = {name for path in FILES if (name := name_of(path)).startswith("network/plots/")}
RESERVED["matplotlib"] = {"network/sweep/chart.py", *PLOTS}
RESERVED |= dict.fromkeys(("fastapi", "pydantic", "starlette"), LAB)
RESERVED["uvicorn"] = {"network/lab/serve.py"}
DOORS = {
    "errors",
    *("storage.cache", "storage.checksummed_json", "storage.npy"),
    *("datasets.registry", "datasets.records", "pickles.manifest", "pickles.safe_load"),
    *("terminal.command_line", "terminal.console", "terminal.preview"),
}
STANDARD_OR_CORE = set(sys.stdlib_module_names) | {"numpy", "typer", "pipeline", "network"}


def imports_of(path: Path) -> list[tuple[str, bool]]:
    """Every module that a file imports, and whether it does so at import time."""
    tree = ast.parse(path.read_text("utf-8"))
    inside = {
        node
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
    }
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, node not in inside) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)}: relative import"
            assert all(alias.name != "*" for alias in node.names), f"{name_of(path)}: star import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            modules = [
                name
                for name in names
                if (REPOSITORY / name.replace(".", "/")).with_suffix(".py").exists()
            ]
            found += [(name, node not in inside) for name in modules or [str(node.module)]]
    return found


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_file_imports_only_what_it_may(path):
    for module, at_import_time in imports_of(path):
        top, *rest = module.split(".")
        if path.is_relative_to(REPOSITORY / "pipeline"):
            assert top != "network"
        elif top == "pipeline":
            assert ".".join(rest) in DOORS
        if top in RESERVED:
            assert name_of(path) in RESERVED[top]
        else:
            assert top in STANDARD_OR_CORE
        if top == "typer":
            assert "commands" in path.parts or path.stem in ("cli", "command_line", "console")
        if "commands" in path.parts and at_import_time:
            assert top != "numpy"


def test_there_are_no_circles():
    graph = {
        name_of(path)[:-3].replace("/", "."): {
            module for module, at_import_time in imports_of(path) if at_import_time
        }
        for path in FILES
    }
    done: set[str] = set()

    def visit(module: str, above: tuple[str, ...]) -> None:
        assert module not in above, " -> ".join((*above, module))
        if module in graph and module not in done:
            for other in graph[module]:
                visit(other, (*above, module))
            done.add(module)

    for module in graph:
        visit(module, ())
    assert done == set(graph)


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_file_is_read_in_one_sitting_and_says_what_it_is_for(path):
    text = path.read_text("utf-8")
    assert text.count("\n") <= 260
    first = (ast.get_docstring(ast.parse(text)) or "").split("\n")[0]
    assert first.endswith(".")
    assert len(first) <= 90


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_functions_are_short_enough_to_see(path):
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            length = (body[-1].end_lineno - body[0].lineno + 1) if body else 0
            assert length <= 50, f"{name_of(path)}: {node.name} has {length} lines"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_no_library_function_starts_with_test(path):
    functions = [
        n for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.FunctionDef)
    ]
    assert not [function.name for function in functions if function.name.startswith("test")]


@pytest.mark.parametrize("command", ["pipeline", "network"])
def test_help_answers_without_numpy(command):
    code = f"import sys, {command}.cli; sys.exit('numpy' in sys.modules or 'PIL' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, check=False).returncode == 0
