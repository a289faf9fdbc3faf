"""File names that are not valid on every system.

Source: Microsoft, Naming files, paths, and namespaces: names of devices are reserved in every
folder, with any suffix, and the superscripts 1 to 3 count as digits.
"""

import re

DEVICE_NAME = re.compile(r"(?i)(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?")


def is_device_name(name: str) -> bool:
    """Return whether Windows reserves this name for a device."""
    return DEVICE_NAME.fullmatch(name) is not None
