"""Objects of known libraries in pickles: neither plain data nor an attack.

A pickle is foreign only if every name that it imports is one of these, exactly. They build
data frames, bunches and tables of models and run nothing else; any other name makes a pickle
hostile.

Source: what pickle.dump and joblib.dump of these libraries write.
"""

from collections.abc import Iterable

from pipeline.inspection.trace import Trace

OBJECTS = {  # with their usual names
    "sklearn.utils.Bunch": "a Bunch of scikit-learn",
    "sklearn.utils._bunch.Bunch": "a Bunch of scikit-learn",
    "sklearn.datasets.base.Bunch": "a Bunch of scikit-learn",
    "joblib.numpy_pickle.NumpyArrayWrapper": "arrays of joblib",
    "joblib.numpy_pickle.NDArrayWrapper": "arrays of joblib",
    "sklearn.externals.joblib.numpy_pickle.NumpyArrayWrapper": "arrays of joblib",
    "pandas.core.frame.DataFrame": "a DataFrame of pandas",
    "pandas.DataFrame": "a DataFrame of pandas",
    "pandas.core.series.Series": "a Series of pandas",
    "pandas.Series": "a Series of pandas",
}
PARTS = frozenset(  # further names in these objects
    (
        *("copyreg._reconstructor", "copy_reg._reconstructor"),
        *("builtins.object", "__builtin__.object", "builtins.slice", "__builtin__.slice"),
        *("pandas.core.internals.managers.BlockManager", "pandas.core.internals.BlockManager"),
        "pandas.core.internals.managers.SingleBlockManager",
        "pandas._libs.internals._unpickle_block",
        "pandas._libs.internals.BlockManager",
        "pandas._libs.arrays.__pyx_unpickle_NDArrayBacked",
        *("pandas.core.indexes.base._new_Index", "pandas.core.indexes.base.Index"),
        *("pandas.Index", "pandas.RangeIndex", "pandas.core.indexes.range.RangeIndex"),
        "pandas.core.indexes.numeric.Int64Index",
        *("pandas.core.arrays.string_.StringDtype", "pandas.StringDtype"),
        "pandas.core.arrays.string_.StringArray",
        "pandas.core.arrays.string_arrow.ArrowStringArray",
        *("pyarrow.lib.type_for_alias", "pyarrow.lib.chunked_array"),
        *("pyarrow.lib._restore_array", "pyarrow.lib.py_buffer"),
    )
)
KNOWN = PARTS | OBJECTS.keys()


def name_foreign(traces: Iterable[Trace]) -> str:
    """Name the objects of known libraries in pickles without other foreign names."""
    imports = [name for trace in traces for name in trace.foreign_imports]
    calls = [call for trace in traces for call in trace.foreign_calls]
    are_known = all(name in KNOWN for name in imports)
    if not imports or not are_known or not all(call.split("(")[0] in KNOWN for call in calls):
        return ""
    objects = dict.fromkeys(OBJECTS[name] for name in imports if name in OBJECTS)
    return " and ".join(objects)


def unknown_first(texts: Iterable[str]) -> list[str]:
    """Put calls and imports of unknown names before the others."""
    return sorted(texts, key=lambda text: text.split("(")[0] in KNOWN)
