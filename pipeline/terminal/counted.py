"""Numbers with their nouns, for sentences."""


def counted(number: int, noun: str, nouns: str = "") -> str:
    """Format a number with its noun, or the plural `nouns`: 2,000 images."""
    return f"{number:,} {noun if number == 1 else nouns or noun + 's'}"
