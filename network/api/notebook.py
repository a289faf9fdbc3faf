"""Runs and pictures as HTML, for notebooks."""

import base64
from collections.abc import Sequence
from html import escape

WIDTH, HEIGHT, MARGIN = 300, 90, 4  # pixels of a curve


def picture_html(png: bytes) -> str:
    """Return a picture as an element that needs no file."""
    return f'<img src="data:image/png;base64,{base64.b64encode(png).decode()}">'


def curve_svg(values: Sequence[float], title: str) -> str:
    """Return a curve from the left edge to the right, from its lowest value to its highest."""
    low, high = min(values), max(values)
    across, up = (WIDTH - 2 * MARGIN) / max(len(values) - 1, 1), HEIGHT - 2 * MARGIN
    points = " ".join(
        f"{MARGIN + across * index:.1f},{MARGIN + up * (high - value) / ((high - low) or 1):.1f}"
        for index, value in enumerate(values)
    )
    return (
        f'<svg width="{WIDTH}" height="{HEIGHT}" role="img"><title>{escape(title)}</title>'
        f'<polyline points="{points}" fill="none" stroke="#0072b2" stroke-width="2"/></svg>'
    )


def table_html(rows: Sequence[tuple[str, str]]) -> str:
    """Return a table of two columns."""
    cells = "".join(f"<tr><th>{escape(a)}</th><td>{escape(b)}</td></tr>" for a, b in rows)
    return f"<table>{cells}</table>"
