"""The cache folder, and files that are written atomically and verified when read."""

from typing import TYPE_CHECKING

from pipeline.lazy import lazy_exports

if TYPE_CHECKING:
    from pipeline.storage.cache import (
        Cache as Cache,
        DISTRIBUTION as DISTRIBUTION,
        Digest as Digest,
        PIECE_BYTES as PIECE_BYTES,
        STALE_SECONDS as STALE_SECONDS,
        absolute as absolute,
        check_size as check_size,
        compute_digest as compute_digest,
        find_cache as find_cache,
        find_checkout as find_checkout,
        publish as publish,
        read_at_most as read_at_most,
        read_whole as read_whole,
        reading as reading,
        remove_parts as remove_parts,
        remove_quietly as remove_quietly,
        remove_stale_parts as remove_stale_parts,
        replace_folder as replace_folder,
        require_regular_file as require_regular_file,
        storage_error as storage_error,
        sync_folder as sync_folder,
        write_chunks as write_chunks,
    )
    from pipeline.storage.checksummed_json import (
        CHECKSUM_KEY as CHECKSUM_KEY,
        publish_json as publish_json,
        read_json as read_json,
    )
    from pipeline.storage.decompression import (
        BOMB_BYTES as BOMB_BYTES,
        BOMB_RATIO as BOMB_RATIO,
        BombError as BombError,
        check_decompression as check_decompression,
        is_bomb as is_bomb,
    )
    from pipeline.storage.idx import (
        CHUNK_BYTES as CHUNK_BYTES,
        DTYPES as DTYPES,
        GZIP_MAGIC as GZIP_MAGIC,
        GZIP_MAX_RATIO as GZIP_MAX_RATIO,
        IdxStream as IdxStream,
        open_idx as open_idx,
        read_idx as read_idx,
    )
    from pipeline.storage.locks import (
        file_lock as file_lock,
        is_owned as is_owned,
        own_folder as own_folder,
        require_free as require_free,
        work_lock as work_lock,
    )
    from pipeline.storage.npy import (
        MAGIC as MAGIC,
        NpyHeader as NpyHeader,
        read_npy_header as read_npy_header,
    )
    from pipeline.storage.levels import (
        BEYOND as BEYOND,
        FAINT as FAINT,
        FAINT_INK as FAINT_INK,
        FULL as FULL,
        MAX_LEVEL as MAX_LEVEL,
        NEARLY as NEARLY,
        NEARLY_256 as NEARLY_256,
        NOISE as NOISE,
        NOISE_256 as NOISE_256,
        SHARES as SHARES,
        Scale as Scale,
        are_shares as are_shares,
        check_levels as check_levels,
        find_range as find_range,
        fits as fits,
        format_level as format_level,
        guess_full as guess_full,
        is_doubtful as is_doubtful,
        is_on_faint_ink as is_on_faint_ink,
        require_highest as require_highest,
        unscaled as unscaled,
    )
    from pipeline.storage.deep_pictures import (
        DeepPicture as DeepPicture,
        DeepPictures as DeepPictures,
        FileLevels as FileLevels,
        MixedScalesError as MixedScalesError,
        common_levels as common_levels,
    )
    from pipeline.storage.pictures import (
        PictureOptions as PictureOptions,
        SUFFIXES as SUFFIXES,
        decode_image as decode_image,
        decode_picture as decode_picture,
        for_source as for_source,
        read_picture as read_picture,
        sound_pictures as sound_pictures,
        survey_image as survey_image,
    )
    from pipeline.storage.content import (
        describe_content as describe_content,
        describe_start as describe_start,
    )
    from pipeline.storage.file_names import is_device_name as is_device_name
    from pipeline.storage.user_config import (
        read_user_config as read_user_config,
        user_config_path as user_config_path,
    )
    from pipeline.storage.arguments import (
        MAX_SHOWN as MAX_SHOWN,
        check_fields as check_fields,
        checked as checked,
        describe_refusal as describe_refusal,
        show_value as show_value,
    )
    from pipeline.storage.outputs import (
        HTML as HTML,
        ONNX as ONNX,
        Output as Output,
        PNG as PNG,
        PREDICTIONS as PREDICTIONS,
        SAFETENSORS as SAFETENSORS,
        SUBMISSION as SUBMISSION,
        SVG as SVG,
        chosen_by as chosen_by,
        require_outputs as require_outputs,
    )
    from pipeline.storage.python_words import spell_in_python as spell_in_python
    from pipeline.storage.value_equality import ValueEquality as ValueEquality
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__, __file__)
