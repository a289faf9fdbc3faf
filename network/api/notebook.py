"""Runs and pictures as HTML, for notebooks."""

import base64
from collections.abc import Sequence
from dataclasses import MISSING, fields
from html import escape

from network.core.layers import Layer
from network.plots.style import COLOURS

WIDTH, HEIGHT, MARGIN = 300, 90, 4  # pixels of a curve
TILE = 112  # width of a digit in a list, in pixels


def picture_html(png: bytes) -> str:
    """Return a picture as an HTML element that needs no file."""
    return f'<img src="data:image/png;base64,{base64.b64encode(png).decode()}">'


def curve_svg(values: Sequence[float], title: str) -> str:
    """Return a curve as SVG, scaled to its lowest and its highest value."""
    low, high = min(values), max(values)
    across, up = (WIDTH - 2 * MARGIN) / max(len(values) - 1, 1), HEIGHT - 2 * MARGIN
    points = " ".join(
        f"{MARGIN + across * index:.1f},{MARGIN + up * (high - value) / ((high - low) or 1):.1f}"
        for index, value in enumerate(values)
    )
    return (
        f'<svg width="{WIDTH}" height="{HEIGHT}" role="img"><title>{escape(title)}</title>'
        f'<polyline points="{points}" fill="none" stroke="{COLOURS[0]}" stroke-width="2"/></svg>'
    )


def tiles_html(tiles: Sequence[str]) -> str:
    """Return pieces of HTML side by side, wrapped into rows."""
    cells = "".join(
        f'<div style="width: {TILE}px; text-align: center">{tile}</div>' for tile in tiles
    )
    return f'<div style="display: flex; flex-wrap: wrap; gap: 8px">{cells}</div>'


def table_html(rows: Sequence[tuple[str, str]]) -> str:
    """Return a table of two columns."""
    cells = "".join(f"<tr><th>{escape(a)}</th><td>{escape(b)}</td></tr>" for a, b in rows)
    return f"<table>{cells}</table>"


def format_layer(layer: Layer) -> str:
    """Return a layer as in `--layers`, without default arguments: Linear(30)."""
    values = {field.name: getattr(layer, field.name) for field in fields(layer)}
    required = [repr(values[it.name]) for it in fields(layer) if it.default is MISSING]
    chosen = [
        f"{it.name}={values[it.name]!r}"
        for it in fields(layer)
        if it.default is not MISSING and values[it.name] != it.default
    ]
    name, arguments = type(layer).__name__, ", ".join(required + chosen)
    return f"{name}({arguments})" if arguments else name
