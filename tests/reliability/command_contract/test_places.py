"""R18: commands work in whatever place they run: streams, folders, homes, disks."""

import json
import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache as once
from pathlib import Path

import pytest

from network.runs.folder import load_run
from network.runs.names import find_run
from pipeline.storage.cache import Cache
from tests.reliability.command_contract.running import ASCII, POSIX, check_line, parse
from tests.support.checkout import REPOSITORY
from tests.support.programs import PROGRAMS

pytestmark = pytest.mark.slow


@POSIX
@pytest.mark.parametrize("closed", ["<&-", ">&-", "<&- >&- 2>&-"])
def test_closed_streams_are_never_mistaken_for_artefacts(closed, places, call, case):
    with case():
        through = ("sh", "-c", f'exec "$@" {closed}', "sh")
        name = f"closed-{secrets.token_hex(4)}"
        line = f"network train --dataset obst --hidden 2 --epochs 2 --name {name} --json"
        ended = call(line, through=through)
        assert (ended.code, ended.stderr) == (0, "")
        assert (ended.stdout == "") == (" >&-" in f" {closed}")
        found = find_run(Cache(places["cache"], "test"), name)
        assert load_run(found)[0].meta["epoch"] == 2
        assert len(found.history.read_text().splitlines()) == 2


@POSIX
@pytest.mark.parametrize(
    ("name", "environment"),
    [("Öl und Äther", {}), ("Öl und Äther", ASCII), ("new\nline", {}), ("'\udcff\"", ASCII)],
)
def test_a_folder_may_have_any_name(name, environment, places, call, quick, case, tmp_path):
    with case():
        cache = tmp_path / name
        shutil.copytree(places["cache"], cache)
        given, start = {"cache": cache, **environment}, call if environment else quick
        for line in ("pipeline build-pickles obst --force", "network test first --json"):
            ended = start(line, **given)
            assert ended.code == 0, ended
        ended = start("pipeline verify obst", **given)
        assert [text.split()[0] for text in ended.stdout.splitlines()] == ["intact"] * 7


def test_a_run_may_have_any_letters_in_its_name(places, call, quick, case):
    with case():
        name = "Größe.+_-2"
        line = f"network init --dataset obst --hidden 2 --name {name}"
        assert quick(line).stdout.startswith(f"run {name}: ")
        assert quick(f"network test {name}").code == 0
        assert ascii(name)[1:-1] in call("network runs", PYTHONIOENCODING="ascii").stdout
        shutil.rmtree(places["cache"] / "runs" / name)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of a copy without a checkout around it."""
    folder = tmp_path_factory.mktemp("installed")
    for program in PROGRAMS:
        shutil.copytree(REPOSITORY / program.name, folder / program.name)
    return str(folder)


@POSIX
@pytest.mark.parametrize(
    "homes",
    [
        {"HOME": None},
        {"HOME": None, "XDG_CACHE_HOME": None},
        {"HOME": "", "XDG_CACHE_HOME": ""},
        {"XDG_CACHE_HOME": "not/absolute"},
    ],
    ids=str,
)
def test_without_a_home_in_the_environment_the_cache_is_still_the_users(
    homes, installed, call, case, tmp_path
):
    with case():
        answer = call("pipeline where --json", cache=None, PYTHONPATH=installed, **homes)
        found = parse(answer.stdout)
        assert found["rule"] == "the user's cache folder"
        path = Path(found["path"])
        assert path.is_absolute()
        assert not path.is_relative_to(tmp_path)  # the working directory decides nothing
        assert path.name == "mnist-neural-net"


def can(*command: str) -> bool:
    """Does this command work here?"""
    if shutil.which(command[0]) is None:
        return False
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@once
def can_mount() -> bool:
    """Does this system let anybody mount folders that only he sees?"""
    return can("unshare", "-rm", "mount", "--bind", "/tmp", "/tmp")


@pytest.mark.parametrize("line", ["pipeline where", "network runs"])
def test_a_user_without_a_home_is_told_to_choose_a_folder(line, installed, call, case):
    nobody = ("unshare", "-U", "--map-user=54321")
    if not can(*nobody, "true"):
        pytest.skip("no user can be made up here")
    with case():
        homes = {"HOME": None, "XDG_CACHE_HOME": None}
        ended = call(line, cache=None, through=nobody, PYTHONPATH=installed, **homes)
        assert ended.code == 2
        check_line(ended, line.split()[0], "--cache-dir")


@POSIX
@pytest.mark.parametrize(
    ("line", "code", "words"),
    [
        ("pipeline list --json", 0, '"obst"'),
        ("network test first", 0, "accuracy"),
        ("pipeline where --cache-dir relative", 6, "relative"),
        ("pipeline show obst --out sheet.png", 6, "sheet.png"),
        ("network predict picture.png --run first", 3, "picture.png"),
    ],
)
def test_a_working_directory_that_is_gone_matters_only_to_relative_paths(
    line, code, words, call, case
):
    with case():
        gone = ("sh", "-c", 'mkdir gone && cd gone && rmdir ../gone && exec "$@"', "sh")
        ended = call(line, through=gone)
        assert ended.code == code, ended
        if code:
            check_line(ended, line.split()[0], words)
        assert words in ended.stdout + ended.stderr


@contextmanager
def read_only(folder: Path) -> Iterator[tuple[str, ...]]:
    """Yield what to run commands through, so that nothing can be written into a folder."""
    if os.geteuid():
        modes = {path: path.stat().st_mode for path in (folder, *folder.rglob("*"))}
        for path, mode in modes.items():
            path.chmod(mode & ~0o222)
        try:
            yield ()
        finally:
            for path, mode in modes.items():
                path.chmod(mode)
    elif can_mount():
        mount = f'mount --bind "{folder}" "{folder}" && mount -o remount,ro,bind "{folder}"'
        yield ("unshare", "-rm", "sh", "-c", f'{mount} && exec "$@"', "sh")
    else:
        pytest.skip("root may write everywhere, and can mount nothing read-only here")


@POSIX
@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("pipeline build-pickles obst", ""),
        ("pipeline show obst --out {folder}/sheet.png", ""),
        ("network predict {picture} --run first", ""),
        ("network show first", "--out"),
        ("network train --dataset obst", "--cache-dir"),
        ("pipeline fetch", "--cache-dir"),
    ],
)
def test_a_cache_that_is_read_only_can_be_read(line, words, places, call, case):
    with read_only(places["cache"]) as through, case():
        ended = call(line, through=through)
        assert ended.code == (6 if words else 0), ended
        if words:
            check_line(ended, line.split()[0], words)


@POSIX
@pytest.mark.parametrize(
    ("line", "printed", "key"),
    [
        ("network test first", "accuracy ", "accuracy"),
        ("network test first second", "2 runs on ", "mean"),
        ("network compare first second", "first and second on ", "difference"),
        ("network calibrate trained", "validation images", "temperature"),
    ],
)
def test_a_result_that_cannot_be_saved_is_printed_all_the_same(
    line, printed, key, places, call, case
):
    with read_only(places["cache"]) as through, case():
        ended = call(line, through=through)
        assert ended.code == 6
        assert printed in ended.stdout
        *notes, last = ended.stderr.splitlines()
        assert last.startswith("network: this result could not be saved: cannot write ")
        assert not any("Saved" in note or "Next:" in note for note in notes)
        data = json.loads(call(f"{line} --json", through=through).stdout)
        assert data[key] is not None
        assert data["errors"][0]["code"] == 6
        assert "Read-only file system" in data["errors"][0]["error"]
