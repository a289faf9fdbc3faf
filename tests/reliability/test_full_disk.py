"""R4: a disk too small for what is written, and a stdout that takes nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.reliability.judgement import is_healed, is_told, temporary_files, wrong_files
from tests.reliability.scenarios import EVERY_COMMAND, POSIX, WRITERS, Workshop, every_kind
from tests.reliability.warm_commands import Ended
from tests.support.checkout import REPOSITORY
from tests.support.programs import PROGRAMS

FIGURE = (
    "R4: {sizes} sizes of a full disk and {streams} full streams, {untold} not told in one line "
    "and by exit code 6, {harmed} harmed a file, {unhealed} not healed by more room"
)
PAGE = 4096  # bytes, the least that a file system of memory hands out
SPARE = 6  # pages or files more than there are in the end: while a file is replaced there are two
ROOMY = "size=64m,nr_inodes=10000"
DISK_ERROR = 6
FULL = Path("/dev/full")
STREAMS = [name for name in EVERY_COMMAND if name != "publish"]
JSON_STREAMS = [name for name in STREAMS if EVERY_COMMAND[name].takes_folder]


def find_mount_prefix():
    """Find the command in front of those that may mount; an empty list when nobody may."""
    for prefix in (["unshare", "--mount"], ["unshare", "--map-root-user", "--mount"]):
        attempt = [*prefix, "mount", "-t", "tmpfs", "tmpfs", "/tmp"]
        try:
            if subprocess.run(attempt, capture_output=True, check=False).returncode == 0:
                return prefix
        except FileNotFoundError:
            break
    return []


MOUNT_PREFIX = find_mount_prefix()


@pytest.fixture(scope="module")
def small_disk(tmp_path_factory):
    """A workshop whose disk is a file system of memory."""
    workshop = Workshop(tmp_path_factory.mktemp("small"), *MOUNT_PREFIX)
    workshop.warm.mount(workshop.disk, ROOMY)
    yield workshop
    workshop.close()


class Judge:
    """Looks at how a command has ended for which there was no room, and at the cache."""

    def __init__(self, figure):
        self.figure = figure
        self.sizes = self.streams = 0
        self.untold, self.harmed, self.unhealed = [], [], []

    def look(self, workshop, known, where, ended):
        has_made_a_run = ended.code == 2 and is_healed(workshop.cache, known, ended.code)
        if not is_told(ended, {0, DISK_ERROR}) and not has_made_a_run:
            self.untold.append((where, ended))
        found = wrong_files(workshop.cache, known) + temporary_files(workshop.cache)
        self.harmed += [(where, item) for item in found]

    def look_at_last(self, workshop, known, ended):
        if not is_healed(workshop.cache, known, ended.code):
            self.unhealed.append(ended)

    def decide(self):
        lists = {"untold": self.untold, "harmed": self.harmed, "unhealed": self.unhealed}
        counts = {name: len(found) for name, found in lists.items()}
        self.figure(FIGURE, sizes=self.sizes, streams=self.streams, **counts)
        assert not {name: found for name, found in lists.items() if found}


@pytest.fixture
def judge(figure):
    return Judge(figure)


def in_use(workshop):
    """How many pages and files there are on a small disk."""
    room = os.statvfs(workshop.warm.view(workshop.disk))
    return room.f_blocks - room.f_bfree, room.f_files - room.f_ffree


@pytest.mark.slow
@pytest.mark.skipif(not MOUNT_PREFIX, reason="no file system may be mounted here")
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("kind", ["pages", "files"])
@every_kind(WRITERS)
def test_on_a_disk_that_grows_a_command_fails_cleanly_until_it_fits(
    name, kind, small_disk, amount, judge
):
    small_disk.warm.mount(small_disk.disk, f"remount,{ROOMY}")
    small_disk.reset(name)
    before = in_use(small_disk)[kind == "files"]
    known = small_disk.rehearse(name)
    more = max(0, in_use(small_disk)[kind == "files"] - before) + SPARE
    small_disk.reset(name)
    steps = amount(2, 8)
    for step in range(steps):
        size = before + 1 + more * step // steps  # nought would mean no limit
        limit = f"size={size * PAGE}" if kind == "pages" else f"nr_inodes={size}"
        small_disk.warm.mount(small_disk.disk, f"remount,{ROOMY},{limit}")
        judge.sizes += 1
        judge.look(small_disk, known, limit, small_disk.run(name))
    small_disk.warm.mount(small_disk.disk, f"remount,{ROOMY}")
    judge.look_at_last(small_disk, known, small_disk.run(name))
    judge.decide()


@pytest.mark.slow
@POSIX
@pytest.mark.timeout(7200)
@every_kind(WRITERS)
def test_under_a_limit_of_file_size_that_grows_a_command_fails_cleanly_until_it_fits(
    name, workshop, amount, judge
):
    known = workshop.rehearse(name)
    largest = max(path.stat().st_size for path in workshop.cache.root.rglob("*"))
    workshop.reset(name)
    steps = amount(2, 15)
    for step in range(steps):
        limit = 1024 + largest * step // steps
        judge.sizes += 1
        judge.look(workshop, known, limit, workshop.run(name, file_size=limit))
    judge.look_at_last(workshop, known, workshop.run(name))
    judge.decide()


@pytest.mark.slow
@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize("name", STREAMS)
def test_a_stdout_that_is_full_is_told_and_harms_nothing(name, workshop, judge):
    look_at_a_full_stream(name, workshop, judge)


@pytest.mark.slow
@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full here")
@every_kind(JSON_STREAMS)
def test_a_stdout_too_full_for_json_is_told_and_harms_nothing(name, workshop, judge):
    look_at_a_full_stream(name, workshop, judge, "--json")


def look_at_a_full_stream(name, workshop, judge, *more):
    known = workshop.known_of(name)
    workshop.reset(name)
    ended = workshop.run(name, *more, stdout=str(FULL))
    judge.streams += 1
    judge.look(workshop, known, "stdout", ended)
    judge.decide()
    assert ended.code == DISK_ERROR


@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("line", ["pipeline where", "network --help"])
def test_a_stdout_that_is_full_is_told_by_a_process_of_its_own(line, unbuffered, figure):
    with FULL.open("w") as stdout:
        done = subprocess.run(
            [sys.executable, "-m", *line.split()],
            stdout=stdout, stderr=subprocess.PIPE, text=True, cwd=REPOSITORY, check=False,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
        )  # fmt: skip
    told = is_told(Ended(done.returncode, "", done.stderr), {DISK_ERROR})
    figure(FIGURE, sizes=0, streams=1, untold=not told, harmed=0, unhealed=0)
    assert told, done


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_command_is_tried(program):
    tried = {tuple(command.line.split()[:2]) for command in EVERY_COMMAND.values()}
    shown = {(program.name, name) for name, it in program.commands.items() if not it.hidden}
    assert shown <= tried
