"""HTTP routes of the lab, one file per view."""

__all__: list[str] = []
