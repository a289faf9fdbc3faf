"""Interpretation of a network: attribution, counterfactuals, units, edits, projections."""

from typing import TYPE_CHECKING

from pipeline.lazy import lazy_exports

if TYPE_CHECKING:
    from network.interpret.attribution import (
        ATTRIBUTIONS as ATTRIBUTIONS,
        logit_model as logit_model,
        nearest_images as nearest_images,
    )
    from network.interpret.counterfactual import smallest_change as smallest_change
    from network.interpret.edits import Edits as Edits, edit_model as edit_model
    from network.interpret.projection import PROJECTIONS as PROJECTIONS, project as project
    from network.interpret.units import (
        block_ends as block_ends,
        blocks as blocks,
        first_layer_weights as first_layer_weights,
        top_images as top_images,
        unit_activations as unit_activations,
    )
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__, __file__)
