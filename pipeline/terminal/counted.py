"""Numbers with their nouns, as a sentence has them."""


def counted(number: int, noun: str, nouns: str = "") -> str:
    """Write a number with its noun, of which `nouns` is the plural: 1 epoch, 2,000 images."""
    return f"{number:,} {noun if number == 1 else nouns or noun + 's'}"
