"""Read the digits in your photos, scans or drawings.

    python docs/examples/read_my_digits.py docs/page.jpg another.png

The first run trains the network on the 60,000 images of MNIST, which takes some seconds. Write
large digits with space between them, on paper of one colour.
"""

import os
import sys
from argparse import ArgumentParser
from pathlib import Path

from network import ProjectError, Run, open_run, train
from pipeline.errors import MissingError

NAME = "read-my-digits"  # of the run, in the cache folder


def find_run() -> Run:
    """Open the run of an earlier call of this script, or train it."""
    try:
        return open_run(NAME)
    except MissingError:
        print("Training a network, once ...")
        run = train("mnist", preset="fast-97", name=NAME)
        os.utime(run.folder / "checkpoint.npz", (0, 0))  # old: your latest run stays the latest
        return run


def main() -> None:
    """Print the digits of every image on the command line."""
    parser = ArgumentParser(description="Read the digits in your photos, scans or drawings.")
    parser.add_argument("images", nargs="+", help="image files: PNG, JPEG, TIFF and more")
    images = parser.parse_args().images
    for image in images:
        if not Path(image).exists():  # found out before the network is trained
            raise MissingError(f"{image} not found")
    run = find_run()
    for image in images:
        digits = run.predict(image)
        print(f"{image}: {''.join(digit.name for digit in digits)}")
        for digit in digits:
            doubt = "  (does not look like a digit)" if digit.is_out_of_distribution else ""
            print(f"  {digit}{doubt}")  # the digit and its probability


if __name__ == "__main__":
    try:
        main()
    except ProjectError as error:  # such as a file that does not exist or is not an image
        sys.exit(f"read_my_digits.py: {error}")
