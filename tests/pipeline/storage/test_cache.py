"""The cache folder, and atomic writing of files."""

import errno
import hashlib
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.errors import CorruptError, StorageError, UsageError
from pipeline.storage import cache as cache_file
from pipeline.storage.cache import (
    ENVIRONMENT_VARIABLE,
    STALE_SECONDS,
    Cache,
    Digest,
    check_size,
    compute_digest,
    find_cache,
    find_checkout,
    publish,
    storage_error,
)
from tests.support.checkout import REPOSITORY

PUBLISH_FOREVER = """
import sys, time
from pathlib import Path
from pipeline.storage.cache import publish
def chunks():
    yield b"half of the new file"
    print("writing", flush=True)
    time.sleep(60)
publish(Path(sys.argv[1]), chunks())
"""

PUBLISH_TOO_MUCH = """
import resource, sys
from pathlib import Path
from pipeline.storage.cache import publish
from pipeline.errors import StorageError
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
try:
    publish(Path(sys.argv[1]), [bytes(10_000)] * 10)
except StorageError as error:
    print(error.message)
"""


@pytest.fixture
def old_file(tmp_path):
    path = tmp_path / "artefact"
    path.write_bytes(b"old")
    return path


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def child(script, *arguments):
    return [sys.executable, "-c", script, *map(str, arguments)]


def test_the_option_comes_before_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(tmp_path / "environment"))
    assert find_cache(tmp_path / "option") == Cache(tmp_path / "option", "--cache-dir")


def test_the_environment_comes_before_the_checkout(tmp_path, monkeypatch):
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(tmp_path))
    assert find_cache() == Cache(tmp_path, ENVIRONMENT_VARIABLE)


@pytest.mark.parametrize("value", [None, ""])
def test_a_checkout_uses_its_own_cache_wherever_the_command_is_typed(value, tmp_path, monkeypatch):
    monkeypatch.delenv(ENVIRONMENT_VARIABLE, raising=False)
    if value is not None:
        monkeypatch.setenv(ENVIRONMENT_VARIABLE, value)
    monkeypatch.chdir(tmp_path)
    assert find_checkout() == REPOSITORY
    assert find_cache().root == REPOSITORY / "cache"
    assert find_cache().rule == "the checkout that this code runs from"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="XDG_CACHE_HOME is for Linux")
def test_an_installed_copy_uses_the_users_cache_folder(tmp_path):
    site, here, home = tmp_path / "site", tmp_path / "here", tmp_path / "home"
    shutil.copytree(REPOSITORY / "pipeline", site / "pipeline")
    here.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(site), "XDG_CACHE_HOME": str(home)}
    environment.pop(ENVIRONMENT_VARIABLE, None)
    where = [sys.executable, "-m", "pipeline", "where"]
    done = subprocess.run(
        where, cwd=here, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{home / 'mnist-neural-net'}  (chosen by the user's cache folder)\n"


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Move this process's code to the place of an installed copy."""
    monkeypatch.delenv(ENVIRONMENT_VARIABLE, raising=False)
    monkeypatch.setattr(
        "pipeline.storage.cache.__file__", str(tmp_path / "site" / "pipeline" / "cache.py")
    )
    (tmp_path / "site" / "cache").mkdir(parents=True)
    return tmp_path / "site"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="XDG_CACHE_HOME is for Linux")
@pytest.mark.parametrize("name", ["pyproject.toml", "cache/README.md"])
def test_a_folder_with_half_the_marks_of_a_checkout_is_none(name, installed, monkeypatch):
    (installed / name).touch()
    assert find_checkout() is None
    monkeypatch.setenv("XDG_CACHE_HOME", str(installed))
    assert find_cache() == Cache(installed / "mnist-neural-net", "the user's cache folder")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="others ask the system itself")
def test_a_user_without_a_home_folder_is_told_to_choose_one(installed, monkeypatch):
    def nobody(number):
        raise KeyError(number)

    for name in "HOME", "XDG_CACHE_HOME":
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", nobody)
    with pytest.raises(UsageError) as caught:
        find_cache()
    assert caught.value.message == "no home folder found for the cache"
    assert caught.value.hint == "Choose a folder with cache_dir"


@pytest.mark.skipif(os.name != "posix", reason="no other system can take it away")
def test_a_working_directory_that_is_gone_is_told_with_the_folder_that_needs_it(
    tmp_path, monkeypatch
):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(StorageError) as caught:
        find_cache(Path("c"))
    assert caught.value.message == "cache_dir is c, and the working directory is gone"
    assert caught.value.hint == "Change to another folder"
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, "d")
    with pytest.raises(StorageError, match=f"{ENVIRONMENT_VARIABLE} is d, and the working"):
        find_cache()


def test_a_home_folder_that_is_nobodys_is_told():
    with pytest.raises(UsageError) as caught:
        find_cache(Path("~nobody-of-this-name/c"))
    assert caught.value.message == (
        "cache_dir is ~nobody-of-this-name/c; no user of that name has a home folder"
    )


def test_a_tilde_means_the_home_folder_and_a_relative_folder_becomes_absolute(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert find_cache(Path("~/c")).root == find_cache(Path("c")).root == tmp_path / "c"


def test_every_artefact_lies_in_the_cache_and_has_a_place_of_its_own(tmp_path):
    cache = Cache(tmp_path, "test")
    places = [cache.raw("a"), cache.raw("b"), cache.manifest("a"), cache.pictures(), cache.runs()]
    places += [cache.pickle("a", "train"), cache.pickle("a", "test"), cache.pickle("b", "test")]
    assert len(set(places)) == len(places)
    assert all(place.is_relative_to(tmp_path) for place in places)


def test_a_cache_of_another_version_has_the_same_places(tmp_path):
    cache = Cache(tmp_path, "test")
    places = [cache.raw("a"), cache.record("a"), cache.pickle("a", "b"), cache.manifest("a")]
    places += [cache.lock("a"), cache.pictures(), cache.runs()]
    assert [place.relative_to(tmp_path).as_posix() for place in places] == [
        *("raw/a", "raw/a/dataset.json", "pickles/a_b.pickle", "pickles/a.json"),
        *("locks/a.lock", "pictures", "runs"),
    ]


def test_a_published_file_is_its_chunks_and_the_digest_is_the_files(tmp_path):
    path = tmp_path / "new" / "folders" / "artefact"
    digest = publish(path, [b"ab", memoryview(b"cd"), b""])
    assert path.read_bytes() == b"abcd"
    assert digest == compute_digest(path) == Digest(4, hashlib.sha256(b"abcd").hexdigest())
    assert names(path.parent) == ["artefact"]


def test_the_check_sees_the_whole_file_before_it_is_in_place(old_file):
    seen = []
    publish(old_file, [b"new"], lambda path, digest: seen.append((path.read_bytes(), digest.size)))
    assert seen == [(b"new", 3)]
    assert old_file.read_bytes() == b"new"


@pytest.mark.parametrize("failure", [ValueError, CorruptError, KeyboardInterrupt, SystemExit])
def test_chunks_that_fail_leave_the_old_file(failure, old_file):
    def chunks():
        yield b"half of the new file"
        raise failure("stop")

    with pytest.raises(failure, match="stop"):
        publish(old_file, chunks())
    assert old_file.read_bytes() == b"old"
    assert names(old_file.parent) == ["artefact"]


def test_a_check_that_fails_leaves_the_old_file(old_file):
    def check(path, digest):
        raise CorruptError("not what it should be")

    with pytest.raises(CorruptError, match="not what it should be"):
        publish(old_file, [b"new"], check)
    assert old_file.read_bytes() == b"old"
    assert names(old_file.parent) == ["artefact"]


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is POSIX")
def test_a_process_killed_while_it_publishes_leaves_the_old_file_and_the_next_one_succeeds(
    old_file,
):
    with subprocess.Popen(child(PUBLISH_FOREVER, old_file), stdout=subprocess.PIPE) as process:
        process.stdout.readline()  # it has written half
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert old_file.read_bytes() == b"old"
    publish(old_file, [b"new"])
    assert old_file.read_bytes() == b"new"


def test_what_killed_processes_left_is_removed_after_an_hour_and_nothing_else_is(old_file):
    stale, fresh, other = (
        old_file.with_name(name)
        for name in (".artefact.aa.part", ".artefact.bb.part", ".other.cc.part")
    )
    for part, age in (stale, STALE_SECONDS + 60), (fresh, STALE_SECONDS - 60), (other, 1e6):
        part.write_bytes(b"part")
        os.utime(part, (time.time() - age,) * 2)
    folder = old_file.with_name(".artefact.dd.part")
    folder.mkdir()
    (folder / "file").touch()
    os.utime(folder, (0, 0))
    publish(old_file, [b"new"])
    assert names(old_file.parent) == sorted(["artefact", fresh.name, other.name])


@pytest.mark.skipif(os.name != "posix", reason="links need rights on Windows")
def test_a_symlink_at_the_target_is_replaced_and_its_victim_stays(tmp_path):
    victim, target = tmp_path / "victim", tmp_path / "target"
    victim.write_bytes(b"precious")
    target.symlink_to(victim)
    publish(target, [b"new"])
    assert victim.read_bytes() == b"precious"
    assert not target.is_symlink()
    assert target.read_bytes() == b"new"


@pytest.fixture
def fail_at_folder(monkeypatch):
    """Make forcing a folder to disk fail; return the forced items, True for folders."""
    forced, fsync = [], os.fsync

    def use(number):
        def force(descriptor):
            forced.append(stat.S_ISDIR(os.fstat(descriptor).st_mode))
            if forced[-1] and number:
                raise OSError(number, os.strerror(number))
            fsync(descriptor)

        monkeypatch.setattr(os, "fsync", force)
        return forced

    return use


@pytest.mark.skipif(os.name != "posix", reason="Windows cannot force a folder to disk")
@pytest.mark.parametrize("number", [0, errno.EINVAL, errno.ENOTSUP])
def test_the_file_is_forced_to_disk_and_then_its_folder_if_the_disk_can(
    number, old_file, fail_at_folder
):
    forced = fail_at_folder(number)
    publish(old_file, [b"new"])
    assert forced == [False, True]
    assert old_file.read_bytes() == b"new"


@pytest.mark.skipif(os.name != "posix", reason="Windows cannot force a folder to disk")
def test_a_folder_that_is_lost_is_a_storage_error(old_file, fail_at_folder):
    fail_at_folder(errno.EIO)
    with pytest.raises(StorageError) as caught:
        publish(old_file, [b"new"])
    assert caught.value.message == f"cannot write {old_file}: {os.strerror(errno.EIO)}"
    assert caught.value.hint == "Choose another folder with --cache-dir"


@pytest.mark.parametrize(
    ("cause", "advice"),
    [
        (errno.ENOSPC, "Free some space, or choose another folder with --cache-dir"),
        (errno.EACCES, "Give yourself permission to write there, or choose another folder with "),
        (errno.EROFS, "Choose another folder with --cache-dir"),
    ],
)
def test_the_advice_about_a_file_that_cannot_be_written_fits_its_cause(cause, advice):
    error = storage_error("cannot write x", OSError(cause, os.strerror(cause)))
    assert error.message == f"cannot write x: {os.strerror(cause)}"
    assert error.hint.startswith(advice)


def test_a_disk_that_keeps_less_than_it_took_is_found_out(old_file):
    check_size(old_file, 1003, 1003)
    with pytest.raises(OSError, match="the disk kept 1,003 of 1,004 bytes") as caught:
        check_size(old_file, 1003, 1004)
    assert (caught.value.errno, caught.value.filename) == (errno.EIO, str(old_file))


def test_a_folder_that_cannot_be_made_is_a_storage_error(old_file):
    with pytest.raises(StorageError, match=r"cannot write .*artefact.inside") as caught:
        publish(old_file / "inside", [b"new"])
    assert "--cache-dir" in caught.value.hint
    assert old_file.read_bytes() == b"old"


def test_a_folder_at_the_target_is_a_storage_error(tmp_path):
    (tmp_path / "target").mkdir()
    with pytest.raises(StorageError, match=r"cannot write .*target: "):
        publish(tmp_path / "target", [b"new"])
    assert names(tmp_path) == ["target"]


def test_an_unwritable_folder_is_a_storage_error(old_file):
    old_file.parent.chmod(0o555)
    try:
        if os.access(old_file.parent, os.W_OK):
            pytest.skip("this user may write anywhere; ulimit stands in for it")
        with pytest.raises(StorageError, match="Permission denied"):
            publish(old_file, [b"new"])
    finally:
        old_file.parent.chmod(0o755)
    assert old_file.read_bytes() == b"old"


@pytest.mark.skipif(os.name != "posix", reason="ulimit is POSIX")
def test_a_disk_that_takes_no_more_leaves_the_old_file(old_file):
    done = subprocess.run(
        child(PUBLISH_TOO_MUCH, old_file), capture_output=True, text=True, check=True
    )
    assert done.stdout == f"cannot write {old_file}: File too large\n"
    assert old_file.read_bytes() == b"old"
    assert names(old_file.parent) == ["artefact"]


def refuse_to_replace(monkeypatch, times):
    """Make replacing a file fail `times` times, as while a reader has it open."""
    replace, left = Path.replace, iter(range(times))

    def refuse(path, target):
        if next(left, None) is not None:
            raise PermissionError(errno.EACCES, "Access is denied")
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", refuse)


def test_a_file_that_another_process_has_open_is_replaced_when_it_lets_go(old_file, monkeypatch):
    monkeypatch.setattr(cache_file, "REPLACE_PAUSE", 0.001)
    refuse_to_replace(monkeypatch, 5)
    publish(old_file, [b"new"])
    assert old_file.read_bytes() == b"new"


def test_a_file_that_stays_open_is_a_storage_error_and_keeps_its_content(old_file, monkeypatch):
    monkeypatch.setattr(cache_file, "REPLACE_PATIENCE", 0.1)
    before = old_file.read_bytes()
    refuse_to_replace(monkeypatch, 10**9)
    with pytest.raises(StorageError, match="Access is denied"):
        publish(old_file, [b"new"])
    assert old_file.read_bytes() == before
    assert [path.name for path in old_file.parent.iterdir()] == [old_file.name]


def test_without_make_folder_a_folder_that_is_gone_does_not_come_back(tmp_path):
    with pytest.raises(StorageError, match="cannot write"):
        publish(tmp_path / "gone" / "file", [b"new"], make_folder=False)
    assert not (tmp_path / "gone").exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
@pytest.mark.parametrize("kind", ["a pipe", "a folder", "a socket"])
def test_what_is_no_file_is_never_replaced_by_one(kind, tmp_path):
    path = tmp_path / "out.csv"
    with socket.socket(socket.AF_UNIX) as server:
        make = {"a pipe": os.mkfifo, "a folder": os.mkdir, "a socket": server.bind}
        make[kind](str(path))
        before = path.lstat()
        with pytest.raises(StorageError, match=f"cannot write .*: it is {kind}; expected a file"):
            publish(path, [b"data"])
    assert path.lstat().st_mode == before.st_mode
    assert list(tmp_path.iterdir()) == [path]
