"""Change IDX files: their header, what is zipped, how it is zipped; with right checksums."""

import gzip
import zipfile

from pipeline.storage.idx import GZIP_MAGIC
from tests.reliability.mutations import NUMBERS, choose, mutate
from tests.reliability.zips import members_of, zip_of


def change_idx_header(rng, data, other):
    """Change the type, the number of dimensions or a dimension; sometimes make the file fit."""
    header, content = bytearray(data[: 4 + 4 * data[3]]), data[4 + 4 * data[3] :]
    match int(rng.integers(3)):
        case 0:
            header[2] = choose(rng, (0x08, 0x09, 0x0B, 0x0C, 0x0D, 0x0E, 0x00, 0xFF))
        case 1:
            header[3] = choose(rng, (0, 1, 2, 3, 4, 32, 33, 64, 65, 255))
        case 2:
            place = 4 + 4 * int(rng.integers(max(1, (len(header) - 4) // 4)))
            header[place : place + 4] = (choose(rng, NUMBERS) % 2**32).to_bytes(4, "big")
    if rng.random() < 0.3:
        content = content[: int(rng.integers(len(content) + 1))]
    if rng.random() < 0.3:
        content += bytes(choose(rng, (1, 4, 784, 1 << 16)))
    return bytes(header) + content


def change_gzip_content(rng, data, other):
    """Change what is zipped, and zip it again; sometimes as two members."""
    content, level = gzip.decompress(data), int(rng.integers(10))
    change = change_idx_header if rng.random() < 0.5 else mutate
    content = change(rng, content, gzip.decompress(other))
    if rng.random() < 0.8:
        return gzip.compress(content, level, mtime=0)
    middle = int(rng.integers(len(content) + 1))
    return gzip.compress(content[:middle], level) + gzip.compress(content[middle:], level)


def change_zipped_idx(rng, data, other):
    """Change the zipped IDX file inside a zip, or how it is packed there."""
    method = choose(rng, (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
    method = choose(rng, (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)) if rng.random() < 0.1 else method
    (name, content), *rest = members_of(data)
    change = change_gzip_content if content[:2] == GZIP_MAGIC and rng.random() < 0.6 else mutate
    return zip_of([(name, change(rng, content, content)), *rest], method)
