"""Images and labels as other programs write them."""

import io
import pickle

import numpy as np
from PIL import Image

from pipeline.storage.idx import idx_bytes

N = 24
PIXELS = np.random.default_rng(0).integers(0, 256, (N, 28, 28), np.uint8)
LABELS = (np.arange(N) % 4).astype(np.uint8)
ROWS = PIXELS.reshape(N, 784)


def png(pixels, mode="L", kind="PNG", **options):
    buffer = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(buffer, kind, **options)
    return buffer.getvalue()


def images(folder, under="", mode="L", kind="PNG", names="0123"):
    for i, (pixels, label) in enumerate(zip(PIXELS, LABELS, strict=True)):
        path = folder / under / names[label] / f"{i}.{kind.lower()}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png(pixels, mode, kind))
    return folder


def lines(header="", labels=LABELS, end="\n", quote=""):
    rows = (
        ",".join(f"{quote}{value}{quote}" for value in (label, *row))
        for label, row in zip(labels, ROWS.tolist(), strict=True)
    )
    return end.join(filter(None, (header, *rows))).encode()


def save(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def npz(path, compressed=False, **arrays):
    (np.savez_compressed if compressed else np.savez)(path, **arrays)
    return path


def pickled(path, value, protocol=2):
    return save(path, pickle.dumps(value, protocol))


def idx_pair(
    folder, images="train-images-idx3-ubyte", labels="train-labels-idx1-ubyte", pack=bytes
):
    save(folder / images, pack(idx_bytes(PIXELS)))
    return save(folder / labels, pack(idx_bytes(LABELS)))


KAGGLE = ",".join(["label", *(f"pixel{i}" for i in range(784))])
IN_CSV = ",".join(["label", *(f"{i}x{j}" for i in range(1, 29) for j in range(1, 29))])
