"""Reader of CSV files: their text, header, labels and scale."""

__all__: list[str] = []
