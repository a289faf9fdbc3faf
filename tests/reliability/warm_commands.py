"""Run commands in forks of a process that has imported everything, which takes no start-up.

A fork is a whole process with its own `sys.argv`, streams and exit: it runs `pipeline`, `network`
or `publish` to its end as `python -m` does; it is called by the name alone, or by the path to its
`__main__.py`. It stops itself before it begins, so that strace can be attached, and only the
command's own system calls are counted.
"""

import atexit
import contextlib
import ctypes
import gc
import importlib
import io
import json
import math
import os
import pickle
import pkgutil
import select
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from tests.support.checkout import REPOSITORY

WASTED_WRITES = "WASTED_WRITES"  # in the environment of a warm process: how many
PROGRAMS = {
    "pipeline": "pipeline.cli",
    "network": "network.cli",
    "publish": "tests.reliability.publishing",
}
# What few commands need and every fork would copy; in the end of a process onnx looks for leaks.
LEFT_OUT = ("network.lab", "network.plots.notebook_figure", "network.runs.exports.onnx_file")
PR_SET_PTRACER, ANY_PROCESS = 0x59616D61, -1  # linux/prctl.h


class Ended(NamedTuple):
    """How a command ended."""

    code: int  # negative: the signal that killed it
    stdout: str
    stderr: str


class WarmCommands:
    """A process that has imported both packages and forks for every command."""

    def __init__(
        self, folder: Path, datasets: list[Any], prefix: Sequence[str], environment: dict[str, str]
    ) -> None:
        """Start it; the data sets are registered beside those that the project knows."""
        self.folder, self.has_mounts = folder, bool(prefix)
        self.folder.mkdir(parents=True)
        (folder / "datasets").write_bytes(pickle.dumps(datasets))
        variables = {**os.environ, "PYTHONPATH": str(REPOSITORY), "OPENBLAS_NUM_THREADS": "1"}
        variables["NO_PROXY"] = "127.0.0.1"
        for name in ("DISPLAY", "WAYLAND_DISPLAY", "MNIST_CACHE_DIR", "PYTHONUNBUFFERED"):
            variables.pop(name, None)
        self.codes: dict[int, int] = {}  # of commands that have ended, until somebody asks
        self.process = subprocess.Popen(  # read without a buffer, for `select` sees none
            [*prefix, sys.executable, __file__, str(folder / "datasets")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, cwd=folder,
            env=variables | environment,
        )  # fmt: skip

    def run(
        self,
        *arguments: str,
        strace: Sequence[str] = (),
        stdin: str = os.devnull,
        stdout: str | None = None,
        stderr: str | None = None,
        file_size: int | None = None,
        killed_after: float | None = None,
        environment: dict[str, str] | None = None,
        cwd: Path | None = None,
        meanwhile: Callable[[int], None] = lambda pid: None,
    ) -> Ended:
        """Run one command to its end.

        Traced by this strace command, with the streams in these files, with no file allowed to be
        larger than `file_size` bytes, or killed after so many seconds. Without an environment and
        a folder it has those of the warm process. `meanwhile` is called when it begins.
        """
        out, err = (
            it or str(self.folder / name) for it, name in ((stdout, "out"), (stderr, "err"))
        )
        pid = self.ask(
            arguments=arguments, stdin=stdin, stdout=out, stderr=err, file_size=file_size,
            environment=environment, cwd=cwd and str(cwd),
        )  # fmt: skip
        with attached(strace, pid):
            os.kill(pid, signal.SIGCONT)
            meanwhile(pid)
            if killed_after is not None and self.wait(pid, killed_after) is None:
                with contextlib.suppress(ProcessLookupError):  # it has just ended
                    os.kill(pid, signal.SIGKILL)
            code = self.wait(pid)
        printed = (
            "" if given else Path(it).read_text() for given, it in ((stdout, out), (stderr, err))
        )
        return Ended(code, *printed)

    def ask(self, **request: Any) -> int:
        """Send a request, and return the process that is ready to begin."""
        self.process.stdin.write(json.dumps(request).encode() + b"\n")
        while len(answer := self.read_answer()) > 1:
            self.codes[answer[0]] = answer[1]
        self.codes.pop(answer[0], None)  # of an earlier process with its number
        return answer[0]

    def read_answer(self) -> list[int]:
        """Read of a process that is ready, or of one that has ended and by which code."""
        answer = self.process.stdout.readline()
        assert answer, "the warm process has ended"
        return [int(word) for word in answer.split()]

    def wait(self, pid: int, seconds: float = math.inf) -> int | None:
        """Wait for the end of a command, at most so long; return its code."""
        until = time.monotonic() + seconds
        while pid not in self.codes:
            left = None if seconds == math.inf else max(0, until - time.monotonic())
            if not select.select([self.process.stdout], [], [], left)[0]:
                return None
            ended, code = self.read_answer()
            self.codes[ended] = code
        return self.codes[pid]

    def view(self, path: Path) -> Path:
        """Where this process finds what the commands find at a path, mounts of theirs included."""
        return Path(f"/proc/{self.process.pid}/root{path}") if self.has_mounts else path

    def mount(self, folder: Path, options: str) -> None:
        """Mount a file system of memory on a folder, or change the options of the one there."""
        enter = ["nsenter", "--target", str(self.process.pid), "--mount"]
        if os.geteuid() != 0:
            enter += ["--user", "--preserve-credentials"]
        mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        subprocess.run([*enter, *mount], check=True, capture_output=True)

    def close(self) -> None:
        """End it."""
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


@contextlib.contextmanager
def attached(strace: Sequence[str], pid: int) -> Any:
    """Attach strace to a stopped process, if there is a strace command at all."""
    if not strace:
        yield
        return
    command = [*strace, "-p", str(pid)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tracer:
        answer = tracer.stderr.readline()
        yield
        tracer.communicate()
    assert "attached" in answer, answer


def serve() -> list[str]:
    """Fork for every request; return in the fork alone, with the arguments of its command.

    Several may run at once: each is told of when it is ready, and again when it has ended.
    """
    running, (woken, wake) = set[int](), os.pipe()
    for end in (woken, wake):
        os.set_blocking(end, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake)
    while True:
        if woken in select.select([sys.stdin, woken], [], [])[0]:
            os.read(woken, 1 << 10)
            tell_ended(running)
        elif not (line := sys.stdin.readline()):
            return []
        else:
            request = json.loads(line)
            pid = os.fork()
            if pid == 0:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                os.close(woken)
                os.close(wake)
                become(**request)
                return list(request["arguments"])
            os.waitpid(pid, os.WUNTRACED)  # it stops itself when it is ready
            running.add(pid)
            print(pid, flush=True)


def tell_ended(running: set[int]) -> None:
    """Tell of every process that has ended, and forget it."""
    for pid in sorted(running):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            running.remove(pid)
            print(pid, os.waitstatus_to_exitcode(status), flush=True)


def become(
    arguments: list[str],
    stdin: str,
    stdout: str,
    stderr: str,
    file_size: int | None,
    environment: dict[str, str] | None,
    cwd: str | None,
) -> None:
    """Turn this fork into a process of its own, and stop until it is told to go on."""
    if environment is not None:
        os.environ.clear()
        os.environ.update(environment)
    if cwd is not None:
        os.chdir(cwd)
    new = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    for number, path, flags in (
        (0, stdin, os.O_RDONLY), (1, stdout, new), (2, stderr, new)
    ):  # fmt: skip
        descriptor = os.open(path, flags)
        os.dup2(descriptor, number)
        os.close(descriptor)
    reopen_streams()
    if file_size is not None:
        import resource  # which Windows has not

        resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size))
    if sys.platform.startswith("linux"):  # where only parents may trace, let strace do it, too
        ctypes.CDLL(None).prctl(PR_SET_PTRACER, ctypes.c_ulong(ANY_PROCESS), 0, 0, 0)
    os.kill(os.getpid(), signal.SIGSTOP)
    waste_writes(int(os.environ.get(WASTED_WRITES, "0")))


def reopen_streams() -> None:
    """Give Python streams as it makes them on a terminal or a pipe: lines, and no seeking."""
    for name, number in (("stdout", 1), ("stderr", 2)):
        if os.isatty(number) or stat.S_ISFIFO(os.fstat(number).st_mode):
            before = getattr(sys, name)
            kept = {"encoding": before.encoding, "errors": before.errors}
            setattr(sys, name, open(number, "w", buffering=1, closefd=False, **kept))  # noqa: SIM115


def waste_writes(count: int) -> None:
    """Use up the first writes of the main thread, whatever becomes of them.

    Strace counts in each thread: else an error meant for the first write of another thread would
    also meet the first write of this one, which is the line on stderr that tells of the error.
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for _ in range(count):
        with contextlib.suppress(OSError):
            os.write(nowhere, b".")
    os.close(nowhere)


def import_everything() -> None:
    """Import nearly every module of both packages, and what they import only when it is needed."""
    for name in ("pipeline", "network"):
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(package.__path__, f"{name}."):
            is_needed = not module.name.startswith((*LEFT_OUT, "network.sklearn"))  # another BLAS
            if is_needed and not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    for name in (*PROGRAMS.values(), "requests", "rich.progress", "PIL.PngImagePlugin", "filelock"):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


def practise() -> None:
    """Run a command that does nothing, for typer imports most of itself at its first option."""
    import network.cli
    import pipeline.cli
    from pipeline.storage.user_config import read_user_config
    from pipeline.terminal.command_line import build_command

    for program in (network.cli.program, pipeline.cli.program):
        for command in ("", *program.commands):
            build_command(program.app(command), with_completion=False)
    with contextlib.redirect_stdout(io.StringIO()):
        pipeline.cli.program.app()(args=["where", "--cache-dir", os.curdir], standalone_mode=False)
    read_user_config.cache_clear()  # a fork may have another
    gc.freeze()  # a fork neither looks through these objects nor copies them


def main() -> None:
    """Register the data sets, then serve; in a fork, run its command as its own program would."""
    import_everything()
    practise()
    from pipeline.datasets.registry import DATASETS

    for dataset in pickle.loads(Path(sys.argv[1]).read_bytes()):
        DATASETS[dataset.name] = dataset
    if arguments := serve():
        sys.argv = arguments
        program = Path(arguments[0]).parent.name or arguments[0]
        try:
            importlib.import_module(PROGRAMS[program]).main()
        except SystemExit as ended:
            end(ended.code)


def end(code: int) -> NoReturn:
    """End a fork as Python ends a program, in its order, but leave its modules as they are.

    To clear them is to copy the memory of all that was imported: more work than most commands.
    """
    threading._shutdown()  # waits for threads
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        code = 120  # Python's own
    os._exit(code)


if __name__ == "__main__":
    main()
