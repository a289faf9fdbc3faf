"""Make a dataset from image files, train a network on it and test it.

    python docs/examples/own_images.py

To run without your images, it first writes example files: a folder for each digit, dark ink on
light paper. They, their dataset and their run are in a temporary folder; yours are kept.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from network import load_dataset, train
from pipeline import ImportOptions, find_cache, import_dataset

# For your images, change this line to FOLDER = Path("photos"). Make a folder for each class in it,
# such as photos/cat and photos/dog. The names of the folders are the names of the classes.
FOLDER = None

OPTIONS = ImportOptions(
    resize=True,  # images of any size become 28x28
    invert=True,  # for dark ink on light paper; remove it for light ink on a dark background
    force=True,  # replaces the dataset of an earlier run of this script
)


def write_images(folder: Path) -> Path:
    """Write 500 digits as PNG files, in a folder for each digit."""
    for index, (pixels, name) in enumerate(load_dataset("mnist-sample").train[:500]):
        (folder / name).mkdir(parents=True, exist_ok=True)
        Image.fromarray(255 - pixels).save(folder / name / f"{index}.png")
    return folder


with TemporaryDirectory() as temporary:
    cache_dir = Path(temporary, "cache") if FOLDER is None else None  # None: your cache folder
    folder = FOLDER or write_images(Path(temporary, "images"))
    imported = import_dataset(find_cache(cache_dir), folder, "own-images", OPTIONS)
    print("\n".join(imported.notes))  # notes about the images

    # One image of five was chosen as a test image.
    data = load_dataset("own-images", cache_dir=cache_dir)
    print(f"{len(data.train):,} images for training, {len(data.test):,} for testing")

    run = train("own-images", preset="fast-97", epochs=20, cache_dir=cache_dir)
    result = run.test()
low, high = result.interval
print(f"accuracy {100 * result.accuracy:.1f} % (95 % interval {100 * low:.1f}-{100 * high:.1f})")
print(f'To use your images, change the line "FOLDER = None" in {__file__}')
