"""Inspection of a `.npy` file: its header against the bytes that follow.

Source: the format's description in `numpy.lib.format`.
"""

import io
import math
import warnings
from typing import Any

import numpy as np

from pipeline.errors import CorruptError
from pipeline.inspection.pickles import find_threat, trace_pickle
from pipeline.inspection.report import Report, Status
from pipeline.storage.decompression import is_bomb
from pipeline.storage.npy import read_npy_header

MAX_HEADER = 4096  # bytes; NumPy's time for a damaged one grows with its square


def inspect_npy(data: bytes) -> Report:
    """Describe the array that a file declares, and check that it is complete."""
    try:
        version, header, content = read_header(data)
    except CorruptError as error:
        return Report("npy", len(data), "damaged", error.message)
    shape, is_fortran, dtype = header
    kind = f"npy, version {version[0]}.{version[1]}"
    holds = (f"array of {str(dtype)[:100]} {str(shape)[:100]}",)
    if dtype.hasobject:
        return inspect_objects(kind, data, content, holds)
    status, verdict = judge_array(shape, is_fortran, dtype, content)
    if status == "plain" and not is_read(data):
        status, verdict = "refused", "this project reads plain numbers. Loading it runs nothing"
    return Report(kind, len(data), status, verdict, holds)


def read_header(data: bytes) -> tuple[tuple[int, int], tuple[Any, bool, np.dtype[Any]], bytes]:
    """Read version and header, and return them with the rest of the data.

    Raises: CorruptError.
    """
    stream = io.BytesIO(data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # headers that Python 2 wrote are read all the same
            version = np.lib.format.read_magic(stream)
            readers = {
                (1, 0): np.lib.format.read_array_header_1_0,
                (2, 0): np.lib.format.read_array_header_2_0,
                (3, 0): np.lib.format.read_array_header_2_0,  # the same, but for names in UTF-8
            }
            if version not in readers:
                raise ValueError(f"version {version[0]}.{version[1]} is not supported")
            header = readers[version](stream, max_header_size=MAX_HEADER)
    except Exception as error:  # NumPy has many ways to refuse a header
        raise CorruptError("the npy header does not describe an array") from error
    return version, header, data[stream.tell() :]


def is_read(data: bytes) -> bool:
    """Return whether the project also reads such an array."""
    try:
        read_npy_header("array", io.BytesIO(data))
    except CorruptError:
        return False
    return True


def judge_array(
    shape: Any, is_fortran: bool, dtype: np.dtype[Any], content: bytes
) -> tuple[Status, str]:
    """Compare the declared size of an array with its bytes."""
    promised = math.prod(shape) * dtype.itemsize
    if promised != len(content):
        verdict = f"its header declares {promised:,} bytes; found {len(content):,}"
        return ("hostile" if is_bomb(promised, len(content)) else "damaged"), verdict
    try:
        np.frombuffer(content, dtype).reshape(shape, order="F" if is_fortran else "C")
    except (ValueError, TypeError):
        return "damaged", "its header does not describe an array"
    return "plain", "loading it runs nothing"


def inspect_objects(kind: str, data: bytes, content: bytes, holds: tuple[str, ...]) -> Report:
    """Trace the pickle in an array of objects."""
    traces = trace_pickle(content)
    threat = find_threat(content, traces)
    verdict = threat or "an array of objects is a pickle, which this project does not read here"
    return Report(
        f"{kind}, with a pickle",
        len(data),
        "hostile" if threat else "refused",
        verdict.replace("pickle.load", "numpy.load and allow_pickle"),
        holds,
        tuple(name for trace in traces for name in trace.imports),
        tuple(call for trace in traces for call in trace.calls),
    )
