"""Lazy exports: a package imports a module when its public name is used."""

import ast
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any


class LazyPackage(ModuleType):
    """A package whose public names take precedence over modules.

    Importing `core/train_step.py` would otherwise make `core.train_step` the module, and the
    function `train_step` could no longer be imported from `core`.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if not (isinstance(value, ModuleType) and name in self.__all__):
            super().__setattr__(name, value)


def lazy_exports(
    package: str, source: str
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Return `__getattr__`, `__dir__` and `__all__` for a package's `__init__.py`.

    The public names are those that the file imports under `TYPE_CHECKING`, so each is listed
    once, for Python and for type checkers. `--help` then imports a package without NumPy, and
    `from package import name` works.

    Source: PEP 562, module `__getattr__` and `__dir__`.
    """
    module_of = read_exports(source)

    def load_name(name: str) -> Any:
        if name == "__version__":
            import importlib.metadata  # takes longer than the rest of `--help`

            return importlib.metadata.version("mnist-neural-net")
        if name not in module_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}", name=name)
        value = getattr(import_module(module_of[name]), name)
        setattr(sys.modules[package], name, value)  # the next use does not call this function
        return value

    sys.modules[package].__class__ = LazyPackage
    return load_name, lambda: sorted(module_of), list(module_of)


def read_exports(source: str) -> dict[str, str]:
    """Return the module of each name imported under `TYPE_CHECKING`."""
    return {
        alias.name: str(statement.module)
        for block in ast.parse(Path(source).read_text("utf-8")).body
        if isinstance(block, ast.If)
        for statement in block.body
        if isinstance(statement, ast.ImportFrom)
        for alias in statement.names
    }
