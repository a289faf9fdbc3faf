"""Further layers, every layer by its name, and layers written as text."""
