"""The data sets of scikit-learn, as np.savez(**bunch) or a pickle of dict(bunch) saves them.

Next to `data` and `target` they hold the names of the columns, descriptions, and the same images
once more.

Source: scikit-learn's `fetch_openml` and `load_digits`.
"""

from collections.abc import Sequence

import numpy as np

from pipeline.formats.arrays.named import TEXT, NamedArray

USED = {"data", "target"}
MARKS = {"feature_names", "target_names"}
BESIDE = {"feature_names", "frame", "categories", "DESCR", "details", "url"}
COPIES = {"images"}  # of `data`


def without_bunch(
    arrays: Sequence[NamedArray],
) -> tuple[list[NamedArray], list[NamedArray]]:
    """Set apart what accompanies images and labels in a data set of scikit-learn.

    `target_names` are class names, or the name of the column of labels.

    Returns: the other arrays, and those.
    """
    by_name = {it.name: it for it in arrays}
    if not (USED | MARKS).issubset(by_name):
        return list(arrays), []
    names, target = by_name["target_names"], by_name["target"]
    ignored = BESIDE | COPIES
    if names.kind != TEXT or len(np.unique(target.load().astype(str))) > max(
        names.shape, default=0
    ):
        ignored = ignored | {"target_names"}
    kept = [it for it in arrays if it.name not in ignored]
    return kept, [it for it in arrays if it.name in ignored]
