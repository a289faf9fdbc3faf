"""A folder has one owner, which errors name; a dead process owns nothing."""

import json
import multiprocessing
import os
import platform
import signal
import threading
from contextlib import ExitStack

import pytest

from pipeline.errors import StorageError
from pipeline.storage import locks
from pipeline.storage.locks import is_owned, own_folder, require_free
from tests.support.pace import PATIENCE

FORK = multiprocessing.get_context("fork") if hasattr(os, "fork") else None
needs_fork = pytest.mark.skipif(FORK is None, reason="processes are forked")


def hold(folder, pipe):
    """Own a folder until a message arrives."""
    with own_folder(folder, "it"):
        pipe.send(os.getpid())
        pipe.recv()
    pipe.send("free")


@pytest.fixture
def holder(tmp_path):
    """A process that owns the folder, and the pipe to it."""
    ours, theirs = FORK.Pipe()
    process = FORK.Process(target=hold, args=(tmp_path, theirs))
    process.start()
    assert ours.poll(PATIENCE)
    assert ours.recv() == process.pid
    yield process, ours
    process.kill()
    process.join()


def words(folder):
    with pytest.raises(StorageError) as error, own_folder(folder, "run x"):
        pass
    assert "\n" not in str(error.value)
    return str(error.value)


@needs_fork
def test_another_process_is_told_who_has_a_folder_and_what_to_do(tmp_path, holder, monkeypatch):
    monkeypatch.setattr(locks, "OWNER_PATIENCE", 0.1)
    pid, host = holder[0].pid, platform.node()
    told = json.loads((tmp_path / "owner.json").read_bytes())
    assert (told["pid"], told["host"]) == (pid, host)
    begin = f"run x is in use by process {pid} on {host} since {told['since']} UTC"
    assert words(tmp_path) == f"{begin}. Wait until it ends, or end it: kill {pid}"
    assert is_owned(tmp_path) is True
    monkeypatch.setattr(platform, "node", lambda: "elsewhere")
    assert words(tmp_path).endswith(f"or end it on {host}: kill {pid}")
    for damaged in (b"", b"{}", b'{"pid": "1", "host": 1, "since": 0}'):
        (tmp_path / "owner.json").write_bytes(damaged)
        assert words(tmp_path).startswith("run x is in use by another process. Wait")
    (tmp_path / "owner.json").unlink()
    assert words(tmp_path).startswith("run x is in use by another process. Wait")


@needs_fork
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, None])
def test_the_end_of_a_process_frees_its_folder(tmp_path, holder, end):
    process, pipe = holder
    if end is None:
        pipe.send("enough")
        assert pipe.recv() == "free"
        assert not (tmp_path / "owner.json").exists()
    else:
        os.kill(process.pid, end)
        process.join(PATIENCE)
    require_free(tmp_path, "it")
    assert is_owned(tmp_path) is False
    with own_folder(tmp_path, "it"):
        assert json.loads((tmp_path / "owner.json").read_bytes())["pid"] == os.getpid()


@needs_fork
def test_a_process_that_is_stopped_has_its_folder_still(tmp_path, holder, monkeypatch):
    monkeypatch.setattr(locks, "OWNER_PATIENCE", 0.1)
    os.kill(holder[0].pid, signal.SIGSTOP)
    assert f"process {holder[0].pid} on" in words(tmp_path)


@needs_fork
def test_who_is_about_to_end_is_waited_for(tmp_path, holder):
    threading.Timer(0.2, holder[1].send, ["enough"]).start()
    with own_folder(tmp_path, "it"):
        assert is_owned(tmp_path) is True


@needs_fork
def test_a_child_owns_nothing_of_its_parents(tmp_path, monkeypatch):
    monkeypatch.setattr(locks, "OWNER_PATIENCE", 0.1)
    with own_folder(tmp_path, "it"):
        ours, theirs = FORK.Pipe()
        child = FORK.Process(target=lambda: theirs.send(words(tmp_path)))
        child.start()
        assert f"process {os.getpid()} on" in ours.recv()
        child.join(PATIENCE)


def test_an_owner_may_take_its_folder_again_in_any_order(tmp_path):
    one, other = ExitStack(), ExitStack()
    one.enter_context(own_folder(tmp_path, "it"))
    other.enter_context(own_folder(tmp_path, "it"))
    one.close()
    assert is_owned(tmp_path) is True
    other.close()
    assert is_owned(tmp_path) is False


def test_nobody_has_owned_a_folder_without_a_lock(tmp_path):
    assert is_owned(tmp_path) is None
    require_free(tmp_path, "it")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_not_made(tmp_path):
    with own_folder(tmp_path / "gone", "it"):
        assert not (tmp_path / "gone").exists()


def test_a_folder_that_is_removed_meanwhile_does_not_come_back(tmp_path):
    folder = tmp_path / "it"
    folder.mkdir()
    with own_folder(folder, "it"):
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
    assert not folder.exists()


def test_a_planted_link_is_not_followed_and_work_is_done(tmp_path):
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    folder = tmp_path / "it"
    folder.mkdir()
    (folder / "owner.lock").symlink_to(victim)
    (folder / "owner.json").symlink_to(victim)
    with own_folder(folder, "it"):
        assert victim.read_bytes() == b"precious"
    assert victim.read_bytes() == b"precious"
