"""R22: every file is on the disk before it has its name, and its name before all goes on."""

import pytest

from tests.reliability.scenarios import WRITERS
from tests.reliability.strace import (
    NEEDS_STRACE,
    RENAMES,
    SYNCS,
    SYNCS_OF_ALL,
    WRITES,
    Call,
    read_threads,
    watch,
)

FIGURE = (
    "R22: {renames} renames in {commands} commands, {unordered} not between their two fsyncs, "
    "{unpublished} files written without a rename"
)
CHANGES = WRITES | SYNCS | {"ftruncate", "truncate", "fallocate"}


def parent(path):
    return path.rpartition("/")[0]


def unordered_renames(calls):
    """List the renames of a thread that are not between the fsync of the file and of its folder.

    The last change to the file (to each, when a folder is renamed) must be an fsync, and the next
    fsync after the rename that of the folder. What is given a hidden name is on its way out, or
    not yet where it will be.
    """
    found, last = [], {}  # the last change of each path
    for index, call in enumerate(calls):
        if call.name in SYNCS_OF_ALL:
            last = dict.fromkeys(last, call)
        elif call.name in CHANGES:
            last |= dict.fromkeys(call.paths, call)
        elif call.name in RENAMES and call.succeeded:
            source, target = call.paths[-2:]
            moved = {path: last.pop(path) for path in list(last) if is_in(path, source)}
            last |= {target + path.removeprefix(source): change for path, change in moved.items()}
            is_synced = bool(moved) and all(map(is_sync, moved.values()))
            following = next(filter(is_sync, calls[index + 1 :]), None)
            is_followed = following is not None and following.paths in ([], [parent(target)])
            if not is_hidden(target) and not (is_synced and is_followed):
                found.append(call.line)
    return found


def is_in(path, place):
    return path == place or path.startswith(f"{place}/")


def is_hidden(path):
    return "/." in path


def is_sync(call):
    return call.name in SYNCS | SYNCS_OF_ALL and call.succeeded


def unpublished_files(calls):
    """List the files that a thread has written to and not given their names by a rename.

    A lock holds nothing, so nothing is written to it.
    """
    written = {path for call in calls if call.name in CHANGES - SYNCS for path in call.paths}
    renamed = [call.paths[-2] for call in calls if call.name in RENAMES]
    return {path for path in written if not any(is_in(path, place) for place in renamed)}


@pytest.mark.slow
@NEEDS_STRACE
@pytest.mark.parametrize("name", WRITERS)
def test_every_rename_is_between_the_fsync_of_the_file_and_that_of_its_folder(
    name, workshop, figure
):
    workshop.rehearse(name, watch(workshop.logs))
    threads = [
        [c for c in thread if c.touches(workshop.cache.root) or c.name in SYNCS_OF_ALL]
        for thread in read_threads(workshop.logs)
    ]
    renames = sum(call.name in RENAMES for thread in threads for call in thread)
    unordered = [line for thread in threads for line in unordered_renames(thread)]
    unpublished = [path for thread in threads for path in unpublished_files(thread)]
    figure(
        FIGURE, commands=1, renames=renames, unordered=len(unordered), unpublished=len(unpublished)
    )
    assert renames
    assert not unordered
    assert not unpublished


def call(line):
    return Call(line.split("(")[0], 1, line)


IN_ORDER = [
    call(line)
    for line in (
        'openat(AT_FDCWD</>, "/c/.a.part", O_WRONLY|O_CREAT|O_EXCL, 0666) = 3</c/.a.part>',
        'write(3</c/.a.part>, ""..., 9) = 9',
        "fsync(3</c/.a.part>) = 0",
        "close(3</c/.a.part>) = 0",
        'rename("/c/.a.part", "/c/a") = 0',
        "fsync(3</c>) = 0",
    )
]


def test_what_is_in_order_passes():
    assert unordered_renames(IN_ORDER) == []
    assert unpublished_files(IN_ORDER) == set()


@pytest.mark.parametrize(
    "order",
    [[0, 1, 3, 4, 5], [0, 2, 1, 3, 4, 5], [0, 1, 2, 3, 4], [0, 1, 2, 3, 5, 4], [4, 5]],
    ids=["no fsync", "written after it", "no fsync of the folder", "too early", "nothing at all"],
)
def test_what_is_not_in_order_is_seen(order):
    assert unordered_renames([IN_ORDER[index] for index in order])


def test_a_file_that_is_written_in_its_place_is_seen():
    assert unpublished_files([call('write(3</c/a>, ""..., 9) = 9')]) == {"/c/a"}
