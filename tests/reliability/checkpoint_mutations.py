"""Change checkpoints behind their seal: the zip, its arrays, their headers, the JSON."""

import hashlib
import io
import json
from functools import lru_cache

import numpy as np

from network.runs.checkpoints import CHECKSUM_BYTES, hash_arrays, parse_npy, with_checksum
from tests.reliability.mutations import choose, mutate
from tests.reliability.sealed_mutations import change_value
from tests.reliability.zips import members_of, zip_of

TYPES = (
    *("'<f4'", "'>f8'", "'|u1'", "'<i8'", "'?'", "'O'", "'|O8'", "'<U3'", "'|S0'", "'|V0'"),
    *("'<M8[s]'", "'f4,f4'", "'(2,3)f4'", "'(99999999,9999)f8'", "'<f3'", "''", "','", "'V99'"),
    *("[('a', '<f4')]", "[('a', 'O')]", "[('a', '<f4', (2**9,))]", "()", "None", "1", "'<c16'"),
)
SHAPES = (
    *("()", "(0,)", "(1,)", "(1L,)", "(3,)", "(28, 28)", "(-1,)", "(1, -1)", "(True,)", "(1.5,)"),
    *("3", "None", f"(0, {2**62})", f"({2**62},)", f"({2**31}, {2**31}, 4)", f"({10**30}, 0)"),
    "(" + "1, " * 70 + ")",
)
HEADERS = (
    *("{}", "", "[]", "os.system('touch ran')", "(lambda: 0)()", "{'descr': '<f4'}", "-" * 900),
    *("[" * 300, "{'shape': (1,)}" * 3, "1" * 5000, "'\\N{BULLET}'", "__import__('this')", "\0"),
)


def npy_header(rng: np.random.Generator) -> bytes:
    """Write the header of a `.npy` file that says anything."""
    shape, kind, order = (
        choose(rng, SHAPES),
        choose(rng, TYPES),
        choose(rng, ("False", "True", "2")),
    )
    text = f"{{'descr': {kind}, 'fortran_order': {order}, 'shape': {shape}, }}"
    text = choose(rng, HEADERS) if rng.random() < 0.2 else text
    header = text.encode() + b"\n"
    return b"\x93NUMPY\1\0" + len(header).to_bytes(2, "little") + header


def change_npy(rng, data, other):
    """Change the header of a `.npy` file, or its text, or anything in it."""
    start = 10 + int.from_bytes(data[8:10], "little")
    match int(rng.integers(3)):
        case 0:
            return npy_header(rng) + data[start:]
        case 1:
            text = mutate(rng, data[10:start], other[10:start])[:60_000]
            return data[:8] + len(text).to_bytes(2, "little") + text + data[start:]
    return mutate(rng, data, other)


def change_members(rng, data, other):
    """Change an array, a name or the JSON in a checkpoint, with all its hashes put right."""
    members = members_of(data)
    place = int(rng.integers(len(members)))
    name, content = members[place]
    match int(rng.integers(5)):
        case 0:
            members[place] = name, change_npy(rng, content, content)
        case 1:
            names = (
                name,
                "params/9/weight.npy",
                "params/-1/x.npy",
                "x.npy",
                "a/b.npy",
                "/.npy",
                "",
            )
            members.append((choose(rng, names), content))
        case 2:
            del members[place]
        case 3:
            members[place] = (mutate(rng, name.encode(), b"/").decode("latin-1")[:999], content)
        case 4:
            members = [(name, change_meta(rng, name, content)) for name, content in members]
    return resealed(with_right_hash(members))


def change_meta(rng: np.random.Generator, name: str, content: bytes) -> bytes:
    """Change a value in the JSON of a checkpoint; leave arrays as they are."""
    if name != "meta.npy":
        return content
    return npy_of(change_value(rng, json.loads(parse_npy(name, content).tobytes())))


def npy_of(value: object) -> bytes:
    """Write JSON as an array of bytes."""
    buffer = io.BytesIO()
    np.save(buffer, np.frombuffer(json.dumps(value).encode(), np.uint8))
    return buffer.getvalue()


def with_right_hash(members: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """Put the hash of the arrays into the JSON, if both can be read."""
    try:
        arrays = {name.removesuffix(".npy"): parse_npy(name, data) for name, data in members}
        meta = json.loads(arrays.pop("meta").tobytes())
        meta["sha256"] = hash_arrays(arrays)
    except Exception:  # noqa: BLE001
        return members  # it will be refused before its hash is looked at
    return [(name, npy_of(meta) if name == "meta.npy" else data) for name, data in members]


def resealed(members: list[tuple[str, bytes]]) -> bytes:
    """Write a checkpoint with the seal that it needs."""
    return with_checksum(zip_of(members))


def change_zip_behind_the_seal(rng, data, other):
    """Change the bytes of the zip, and make the seal true."""
    body = mutate(rng, data[:-CHECKSUM_BYTES], other[:-CHECKSUM_BYTES])
    return body + hashlib.sha256(body).hexdigest().encode()


def change_saved_meta(rng, data, other):
    """Change values of the meta alone, and save the checkpoint as it then is."""
    (name, content), *arrays = unchanged_members(data)
    meta = json.loads(parse_npy(name, content).tobytes())
    own = {key: meta.pop(key) for key in ("format", "layers", "sha256")}
    meta = own | change_value(rng, meta) | {"sha256": own["sha256"]}
    return resealed([(name, npy_of(meta)), *arrays])


@lru_cache
def unchanged_members(data: bytes) -> tuple[tuple[str, bytes], ...]:
    """List the members of a valid checkpoint, whose meta is the first."""
    return tuple(members_of(data))


CHECKPOINT_MUTATIONS = (change_members, change_members, change_zip_behind_the_seal)
