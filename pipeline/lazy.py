"""Lazy exports: a package lists its public names and imports a module when a name is used."""

import sys
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any


class LazyPackage(ModuleType):
    """A package in which a public name wins over a module of the same name.

    Importing `core/train_step.py` would otherwise make `core.train_step` the module, and the
    function `train_step` could no longer be imported from `core`.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if not (isinstance(value, ModuleType) and name in self.__all__):
            super().__setattr__(name, value)


def lazy_exports(
    package: str, **modules: str
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Return `__getattr__`, `__dir__` and `__all__` for a package's `__init__.py`.

    Each keyword is a module of the package, its value the public names of this module, separated
    by spaces. So `--help` imports a package without NumPy, and `from package import name` works.

    Source: PEP 562, module `__getattr__` and `__dir__`.
    """
    module_of = {name: module for module, names in modules.items() for name in names.split()}

    def load_name(name: str) -> Any:
        if name not in module_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}", name=name)
        value = getattr(import_module(f"{package}.{module_of[name]}"), name)
        setattr(sys.modules[package], name, value)  # the next use finds it without this function
        return value

    sys.modules[package].__class__ = LazyPackage
    return load_name, lambda: sorted(module_of), list(module_of)
