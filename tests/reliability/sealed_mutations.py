"""Change a value in sealed JSON files, and make their seal true again."""

import copy
import hashlib
import json
import sys
from typing import Any

import numpy as np

from pipeline.storage.checksummed_json import CHECKSUM_KEY, checksummed_bytes
from tests.reliability.mutations import NUMBERS, choose

INFINITY = float("inf")
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2, 1.5, 1e308, INFINITY, -INFINITY, float("nan"), 10**400),
    *(
        "",
        "a",
        "..",
        "../../x",
        "a/b",
        "a\0b",
        "\ud800",
        "\x1b[2J",
        "0" * 64,
        "x" * 5000,
        "x" * 10**6,
    ),
    *([], {}, [[]], [0], ["a", "a"], {"a": 1}, [0] * 999, "tiny", "mnist", "sigmoid", [1.5]),
)


def places_in(value: Any) -> list[tuple[Any, Any]]:
    """List every place in nested objects and lists: what holds it, and the key or index."""
    places, waiting = [], [value]
    while waiting:
        holder = waiting.pop()
        keys = list(holder) if isinstance(holder, dict) else range(len(holder))
        places += [(holder, key) for key in keys]
        waiting += [holder[key] for key in keys if isinstance(holder[key], dict | list)]
    return places


def change_value(rng: np.random.Generator, value: dict[str, Any]) -> dict[str, Any]:
    """Change one to three values, keys or items, in place."""
    for _ in range(int(rng.integers(1, 4))):
        places = places_in(value)
        if places:
            change_place(rng, *choose(rng, places), *choose(rng, places))
    return value


def change_place(rng: np.random.Generator, holder: Any, key: Any, donor: Any, donated: Any) -> None:
    """Change one place: another value, one from elsewhere, none, another name, once more."""
    match int(rng.integers(6)):
        case 0 | 1:
            holder[key] = copy.deepcopy(choose(rng, VALUES))
        case 2:
            holder[key] = copy.deepcopy(donor[donated])
        case 3:
            del holder[key]
        case 4 if isinstance(holder, dict):
            holder[choose(rng, ("", "format", "sha256", "a", "hidden"))] = holder.pop(key)
        case 5 if isinstance(holder, list):
            holder.append(holder[key])
        case _:
            holder[key] = choose(rng, NUMBERS)


def change_sealed_json(rng, data, other):
    """Change a value behind the seal."""
    value = json.loads(data)
    value.pop(CHECKSUM_KEY, None)
    return checksummed_bytes(change_value(rng, value))


def change_unsealed_json(rng, data, other):
    """Change a value, and leave the seal away, as the first version did."""
    value = json.loads(data)
    value.pop(CHECKSUM_KEY, None)
    return json.dumps(change_value(rng, value)).encode()


def nest(rng, data, other):
    """Put a value into very many lists or objects."""
    opening, closing = choose(rng, ((b"[", b"]"), (b'{"a":', b"}")))
    depth = int(2 ** rng.uniform(4, 14))
    if rng.random() < 0.5:
        depth = sys.getrecursionlimit() - int(rng.integers(40))
    start, end = data.rfind(b":") + 1, data.rfind(b"}")
    return data[:start] + opening * depth + b"1" + closing * depth + data[end:]


def change_epoch(rng, data, other):
    """Change values in one line of a history, and make its hash true again, or leave it away."""
    lines = data.splitlines(keepends=True)
    at = int(rng.integers(len(lines)))
    told = json.loads(lines[at])
    told.pop(CHECKSUM_KEY, None)
    told = change_value(rng, told)
    if rng.random() < 0.7:
        told[CHECKSUM_KEY] = hashlib.sha256(json.dumps(told).encode()).hexdigest()
    lines[at] = json.dumps(told).encode() + b"\n"
    return b"".join(lines)


HISTORY_MUTATIONS = (change_epoch,)
SEALED_MUTATIONS = (change_sealed_json, change_sealed_json, change_unsealed_json, nest)
