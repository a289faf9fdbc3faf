"""Names that cannot be those of files and folders on every system.

Source: Microsoft, Naming files, paths, and namespaces: names of devices are reserved in every
folder, whatever follows a dot, and the superscripts 1 to 3 count as digits.
"""

import re

DEVICE_NAME = re.compile(r"(?i)(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?")


def is_device_name(name: str) -> bool:
    """Return whether Windows gives this name to a device, so that no file can have it there."""
    return DEVICE_NAME.fullmatch(name) is not None
