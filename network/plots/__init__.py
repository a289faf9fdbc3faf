"""Charts of a run and its predictions, one file per kind."""

from typing import TYPE_CHECKING

from pipeline.lazy import lazy_exports

if TYPE_CHECKING:
    from network.plots.drawing import (
        check_kinds as check_kinds,
        check_plot as check_plot,
        draw_figure as draw_figure,
        draw_panel as draw_panel,
        plan_plots as plan_plots,
        write_plots as write_plots,
    )
    from network.plots.page import make_page as make_page
    from network.plots.registry import PLOTS as PLOTS
    from network.plots.subject import load_subjects as load_subjects
    from network.plots.style import COLOURS as COLOURS
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__, __file__)
