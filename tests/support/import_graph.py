"""The modules of both packages, their imports and their public names, read from the source."""

import ast
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.lazy import read_exports
from tests.support.checkout import REPOSITORY

PACKAGES = ("pipeline", "network")


def module_name(path: Path) -> str:
    parts = path.relative_to(REPOSITORY).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {
    module_name(path): path
    for package in PACKAGES
    for path in sorted((REPOSITORY / package).rglob("*.py"))
}
FACES = [name for name, path in MODULES.items() if path.name == "__init__.py"]
BENCHMARKS = {module_name(path): path for path in sorted((REPOSITORY / "benchmarks").glob("*.py"))}


class Import(NamedTuple):
    """A module that another one imports, and the name that it takes from there."""

    module: str
    name: str | None
    line: int
    is_late: bool  # inside a function


def wing_of(module: str) -> str:
    """`network.lab.routes.draw` is in the wing `network.lab`."""
    return ".".join(module.split(".")[:2])


def face_of(module: str) -> str:
    """Return the package whose `__init__.py` lists the public names of a module."""
    return module if module in FACES else module.rpartition(".")[0]


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


@cache
def imports_of(path: Path) -> list[Import]:
    return list(find_imports(tree_of(path)))


def find_imports(tree: ast.Module) -> Iterator[Import]:
    late = {
        node
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, None, node.lineno, node in late)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                if whole in MODULES and alias.name not in public_names(str(node.module)):
                    for name in attributes(tree, alias.asname or alias.name):
                        yield Import(whole, name, node.lineno, node in late)
                else:
                    yield Import(str(node.module), alias.name, node.lineno, node in late)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            module, _, name = node.value.partition(":")  # for `import_module`, or a `Registry`
            if module in MODULES and "." in module:
                yield Import(module, name or None, node.lineno, is_late=True)


def attributes(tree: ast.Module, name: str) -> set[str]:
    """Return the attributes of a name that are used: `conformal.quantile` gives `quantile`."""
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == name
    }


@cache
def public_names(face: str) -> dict[str, str]:
    """Return name -> module, as the package imports its public names for type checkers."""
    return read_exports(str(MODULES[face])) if face in FACES else {}


def defined_names(module: str) -> set[str]:
    """Return the names that a module defines itself; an import does not define one."""
    if module in FACES:
        return set(public_names(module))
    found = set()
    for node in tree_of(MODULES[module]).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            found |= {part.id for part in ast.walk(node) if is_assigned(part)}
    return found


def is_assigned(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def for_every(cases: Iterable[Any]) -> Callable[[Callable[[Any], None]], Callable[[], None]]:
    """Make one test of a check of many files: that takes a tenth of the time of a test each."""

    def decorate(check: Callable[[Any], None]) -> Callable[[], None]:
        def run() -> None:
            for case in cases:
                check(case)

        run.__name__ = check.__name__
        return run

    return decorate
