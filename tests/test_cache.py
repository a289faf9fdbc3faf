"""Where artefacts live, and that a file is written whole or not at all."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import REPOSITORY

from pipeline.cache import (
    ENVIRONMENT_VARIABLE,
    STALE_SECONDS,
    Cache,
    Digest,
    digest_of,
    find_cache,
    find_checkout,
    publish,
)
from pipeline.errors import CorruptError, StorageError

PUBLISH_FOREVER = """
import sys, time
from pathlib import Path
from pipeline.cache import publish
def chunks():
    yield b"half of the new file"
    print("writing", flush=True)
    time.sleep(60)
publish(Path(sys.argv[1]), chunks())
"""

PUBLISH_TOO_MUCH = """
import resource, sys
from pathlib import Path
from pipeline.cache import publish
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
    assert "checkout" in find_cache().rule


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


def test_a_published_file_is_its_chunks_and_the_digest_is_the_files(tmp_path):
    path = tmp_path / "new" / "folders" / "artefact"
    digest = publish(path, [b"ab", memoryview(b"cd"), b""])
    assert path.read_bytes() == b"abcd"
    assert digest == digest_of(path) == Digest(4, hashlib.sha256(b"abcd").hexdigest())
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
