"""The pickles of images and labels, and safe reading of pickles from elsewhere."""

from typing import TYPE_CHECKING

from pipeline.lazy import lazy_exports

if TYPE_CHECKING:
    from pipeline.pickles.foreign_formats import (
        LayoutError as LayoutError,
        kinds_of_leaves as kinds_of_leaves,
    )
    from pipeline.pickles.machine import UnsafePickleError as UnsafePickleError
    from pipeline.pickles.manifest import (
        OtherInputsError as OtherInputsError,
        check_pickle as check_pickle,
        publish_manifest as publish_manifest,
        read_known as read_known,
        read_manifest as read_manifest,
        read_split as read_split,
        split_count as split_count,
        split_hash as split_hash,
    )
    from pipeline.pickles.opcodes import (
        Frames as Frames,
        MalformedPickleError as MalformedPickleError,
        TruncatedPickleError as TruncatedPickleError,
        read_opcodes as read_opcodes,
    )
    from pipeline.pickles.our_format import (
        pickle_chunks as pickle_chunks,
        read_our_layout as read_our_layout,
        read_pickle as read_pickle,
    )
    from pipeline.pickles.safe_load import (
        MAX_OPCODES as MAX_OPCODES,
        frames_hold as frames_hold,
        is_plain_lists as is_plain_lists,
        load_bytes as load_bytes,
        load_plain as load_plain,
        load_untrusted as load_untrusted,
    )
    from pipeline.pickles.values import (
        CallResult as CallResult,
        Container as Container,
        ENDLESS as ENDLESS,
        GlobalReference as GlobalReference,
        NAMES as NAMES,
        UnknownValue as UnknownValue,
        count_words as count_words,
        is_bytearray as is_bytearray,
        is_empty_dictionary as is_empty_dictionary,
        is_for_arrays as is_for_arrays,
        show as show,
        show_items as show_items,
    )
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__, __file__)
