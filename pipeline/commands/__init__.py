"""Commands of `pipeline`, one per file: parse, call the library, print."""

from typing import TYPE_CHECKING

from pipeline.lazy import lazy_exports

if TYPE_CHECKING:
    from pipeline.commands.build_pickles import build_pickles as build_pickles
    from pipeline.commands.export import export as export
    from pipeline.commands.fetch import fetch as fetch
    from pipeline.commands.import_dataset import import_dataset as import_dataset
    from pipeline.commands.inspect import inspect as inspect
    from pipeline.commands.list_datasets import list_datasets as list_datasets
    from pipeline.commands.show import show as show
    from pipeline.commands.verify import verify as verify
    from pipeline.commands.where import where as where
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__, __file__)
