"""R3: a disk that fails at any call: one line, the right exit code, and the old file intact."""

import shutil
import subprocess

import pytest

from tests.reliability.judgement import is_healed, is_told, temporary_files, wrong_files
from tests.reliability.scenarios import COMMANDS, KINDS, WRITERS, Workshop, every_kind
from tests.reliability.strace import NEEDS_STRACE, RENAMES, SYNCS, WRITES, choose, spread

pytestmark = pytest.mark.slow

FIGURE = (
    "R3: {points} disk errors, {untold} not told in one line and by the exit code, "
    "{harmed} harmed a file, {left} left temporary files, {unhealed} not healed by the next run"
)
TOLD_OF_A_FULL_DISK = WRITES | SYNCS | RENAMES | {"mkdir", "mkdirat", "openat"}
INTERRUPTED = WRITES | SYNCS | {"openat", "read", "pread64", "flock"}  # the calls that may be
REMOVALS = {"unlink", "unlinkat"}
DISK_ERROR = 6
ANY_CODE = {0, 2, 3, 4, 5, DISK_ERROR}  # what cannot be read may be found missing or damaged, too
HALVE_EVERY_WRITE = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <unistd.h>
ssize_t write(int descriptor, const void *bytes, size_t size) {
    ssize_t (*whole)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
    return whole(descriptor, bytes, size > 1 ? size / 2 : size);
}
"""


class Judge:
    """Looks at how a command has ended that met an error, at the cache, and at the next run."""

    def __init__(self, figure, workshop):
        self.figure, self.workshop = figure, workshop
        self.points, self.untold, self.harmed, self.left, self.unhealed = 0, [], [], [], []

    def look(self, name, known, call, ended, codes):
        cache, where = self.workshop.cache, getattr(call, "line", call)
        self.points += 1
        if not is_told(ended, codes) or (ended.code == 0 and not is_healed(cache, known, 0)):
            self.untold.append((where, ended))
        self.harmed += [(where, item) for item in wrong_files(cache, known)]
        if REMOVALS.isdisjoint(call.name for call in self.workshop.injected()):
            self.left += [(where, item) for item in temporary_files(cache)]
        healing = self.workshop.run(name)
        if not is_healed(cache, known, healing.code):
            self.unhealed.append((where, healing))

    def decide(self):
        lists = {
            "untold": self.untold, "harmed": self.harmed, "left": self.left,
            "unhealed": self.unhealed,
        }  # fmt: skip
        counts = {name: len(found) for name, found in lists.items()}
        self.figure(FIGURE, points=self.points, **counts)
        assert not {name: found for name, found in lists.items() if found}


@pytest.fixture
def judge(figure, workshop):
    return Judge(figure, workshop)


def codes_for(call):
    """The exit codes that are right when this call fails."""
    if call.name in REMOVALS:
        return {0}
    if is_artefacts(call) and call.name in SYNCS:  # an error that is told only once
        return {DISK_ERROR}
    return {0, DISK_ERROR} if call.name in WRITES | RENAMES else ANY_CODE


def opens_folder(call):
    """Is this opendir, which nothing interrupts and Python therefore does not call again?"""
    return "O_DIRECTORY" in call.line


def is_artefacts(call):
    """Is this call about a file that becomes an artefact?"""
    return ".part" in call.line


def some(name, calls, count):
    """Choose the calls to disturb: so many of a command, and all of the function under them."""
    return calls if name == "publish" else spread(calls, count)


@NEEDS_STRACE
@pytest.mark.timeout(7200)
@every_kind(COMMANDS)
def test_an_error_at_any_call_is_told_and_harms_nothing(name, workshop, amount, judge):
    calls, known = workshop.watch(name)
    chosen = calls if name == "publish" else choose(calls, amount(6, len(calls)))
    for call in chosen:
        ended = workshop.disturb(name, call, "error=EIO")
        if ended is not None:
            judge.look(name, known, call, ended, codes_for(call))
    judge.decide()


@NEEDS_STRACE
@pytest.mark.timeout(7200)
@every_kind(COMMANDS)
def test_a_disk_that_is_full_at_any_call_is_told_and_harms_nothing(name, workshop, amount, judge):
    calls, known = workshop.watch(name)
    calls = [call for call in calls if call.name in TOLD_OF_A_FULL_DISK]
    for call in some(name, calls, amount(3, len(calls))):
        ended = workshop.disturb(name, call, "error=ENOSPC")
        if ended is not None:
            judge.look(name, known, call, ended, ANY_CODE)
    judge.decide()


@NEEDS_STRACE
@pytest.mark.timeout(7200)
@every_kind(COMMANDS)
def test_an_interrupted_call_is_made_again(name, workshop, amount, judge):
    calls, known = workshop.watch(name)
    calls = [call for call in calls if call.name in INTERRUPTED and not opens_folder(call)]
    for call in some(name, calls, amount(2, len(calls))):
        ended = workshop.disturb(name, call, "error=EINTR")
        if ended is not None and not any(map(opens_folder, workshop.injected())):
            judge.look(name, known, call, ended, {0})
    judge.decide()


@NEEDS_STRACE
@pytest.mark.timeout(7200)
@every_kind(COMMANDS)
def test_a_write_that_keeps_less_than_it_says_is_noticed(name, workshop, amount, judge):
    calls, known = workshop.watch(name)
    calls = [call for call in calls if call.name in WRITES and is_artefacts(call)]
    for call in some(name, calls, amount(2, len(calls))):
        ended = workshop.disturb(name, call, "retval=1")
        if ended is not None:
            judge.look(name, known, call, ended, {DISK_ERROR})
    judge.decide()


@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler here")
def test_writes_that_are_really_short_are_gone_on_with(tmp_path, pytestconfig, figure):
    source, library = tmp_path / "halve.c", tmp_path / "halve.so"
    source.write_text(HALVE_EVERY_WRITE)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    workshop = Workshop(tmp_path, LD_PRELOAD=str(library))
    judge = Judge(figure, workshop)
    for name in COMMANDS if pytestconfig.getoption("--soak") else KINDS:
        known = workshop.rehearse(name)
        workshop.reset(name)
        judge.look(name, known, "every write", workshop.run(name), {0})
    workshop.close()
    judge.decide()


@NEEDS_STRACE
@every_kind(WRITERS)
def test_a_file_that_cannot_be_cleared_away_hides_no_error_and_loses_no_result(
    name, workshop, judge
):
    calls, known = workshop.watch(name)
    rename, removal = (
        next(call for call in calls if call.name in names) for names in (RENAMES, REMOVALS)
    )
    ended = workshop.disturb(name, rename, "error=EIO", f"{removal.name}:error=EACCES")
    assert "Input/output error" in ended.stderr
    judge.look(name, known, rename, ended, {DISK_ERROR})
    ended = workshop.disturb(name, removal, "error=EACCES")
    judge.look(name, known, removal, ended, {0})
    judge.decide()


@NEEDS_STRACE
@pytest.mark.parametrize("error", ["EINVAL", "EOPNOTSUPP"])
@every_kind(WRITERS)
def test_a_folder_that_cannot_be_synced_is_no_failure(name, error, workshop, judge):
    calls, known = workshop.watch(name)
    syncs = [call for call in calls if call.name in SYNCS and not is_artefacts(call)]
    for call in spread(syncs, 1):
        ended = workshop.disturb(name, call, f"error={error}")
        if ended is not None:
            judge.look(name, known, call, ended, {0})
    judge.decide()
