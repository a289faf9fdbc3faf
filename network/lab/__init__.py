"""The lab's server: train, draw on and inspect a network in the browser."""

from typing import TYPE_CHECKING

from pipeline.lazy import lazy_exports

if TYPE_CHECKING:
    from network.lab.app import build_app as build_app
    from network.lab.bundle import bundle as bundle
    from network.lab.model_json import model_to_json as model_to_json
    from network.lab.serve import (
        bind as bind,
        open_browser as open_browser,
        page_address as page_address,
        serve as serve,
    )
    from network.lab.standalone import PAGE as PAGE, page_to_bytes as page_to_bytes
    from network.lab.state import open_lab as open_lab
    from network.lab.token import make_token as make_token
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__, __file__)
