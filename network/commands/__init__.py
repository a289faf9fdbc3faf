"""The commands of `network`, one file each: parse, call the library, print."""

from typing import TYPE_CHECKING

from pipeline.lazy import lazy_exports

if TYPE_CHECKING:
    from network.commands.calibrate import calibrate as calibrate
    from network.commands.check import check as check
    from network.commands.compare import compare as compare
    from network.commands.ensemble import ensemble as ensemble
    from network.commands.export import export as export
    from network.commands.import_original import import_original as import_original
    from network.commands.init import init as init
    from network.commands.lab import lab as lab
    from network.commands.options import configure as configure
    from network.commands.plot import plot as plot
    from network.commands.predict import predict as predict
    from network.commands.presets import show_presets as show_presets
    from network.commands.replay import replay as replay
    from network.commands.report import report as report
    from network.commands.runs import show_runs as show_runs
    from network.commands.show import show as show
    from network.commands.sweep import sweep as sweep
    from network.commands.test import measure as measure
    from network.commands.train import train as train
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__, __file__)
