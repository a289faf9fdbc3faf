"""R18: every failure is one line with its exit code, or one JSON object."""

import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys

import numpy as np
import pytest

from network.core.params import map_params
from network.runs.checkpoints import Checkpoint, load_checkpoint, save_checkpoint
from network.runs.folder import Run
from network.runs.names import find_run
from pipeline.storage.cache import Cache
from tests.reliability.command_contract.lines import EMPTY, FAILURES, FIRST_OF_EACH_CODE
from tests.reliability.command_contract.running import POSIX, check_line, parse, variables
from tests.support.pace import PATIENCE

LITTLE_MEMORY = 600_000  # KiB; the weights of 100,000 neurons do not fit into it
WRONG_LAYER = """
import sys
import numpy as np
from network.cli import main
from network.core.activations import Sigmoid

def forward(self, params, x, rng=None):
    y = 1 / (1 + np.exp(-x))
    return y, lambda d_y, need_d_x=True: (d_y * y, {})

Sigmoid.forward = forward
sys.argv[0] = "network"
main()
"""


@pytest.mark.parametrize(("line", "code", "words"), FAILURES)
def test_what_fails_is_one_line_with_its_code(line, code, words, quick, case):
    with case():
        ended = quick(line)
        assert ended.code == code, ended
        check_line(ended, line.split()[0], words)


@pytest.mark.parametrize("line", EMPTY)
def test_an_empty_argument_is_refused(line, quick, case, tmp_path):
    with case():
        ended = quick(line)
        assert ended.code in {2, 3}, ended
        check_line(ended, line.split()[0], "")
        assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(("line", "code"), FIRST_OF_EACH_CODE)
def test_every_failure_is_an_object_if_asked_for(line, code, quick, case):
    with case():
        answer = quick(f"{line} --json")
        assert (answer.code, answer.stderr) == (code, "")
        error = parse(answer.stdout)["error"]
        assert error.keys() == {"code", "message", "hint"}
        assert error["code"] == code


def test_a_wrong_gradient_ends_with_1_and_is_a_result(places, case):
    with case():
        done = subprocess.run(
            [sys.executable, "-c", WRONG_LAYER, "check", "first", "--sample", "2", "--json"],
            capture_output=True, check=False, env=variables(places["cache"], {}),
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (1, b"")
        assert parse(done.stdout.decode())["right"] is False


def test_parameters_that_are_no_numbers_give_no_answer(places, call, case):
    with case():
        cache = Cache(places["cache"], "test")
        first = load_checkpoint(find_run(cache, "first").checkpoint)
        params = map_params(lambda array: np.full_like(array, np.nan), first.params)
        kept = {"configuration": first.meta["configuration"], "epoch": 0, "step": 0}
        path = Run(cache.runs() / "nan").checkpoint
        path.parent.mkdir()
        save_checkpoint(path, Checkpoint(first.model, params, {}, kept))
        answer = call("network predict {picture} --run nan --json")
        shutil.rmtree(path.parent)
        assert parse(answer.stdout)["error"]["code"] == answer.code == 4


@POSIX
def test_memory_that_is_not_there_is_a_failure_like_others(call, case):
    with case():
        limited = ("sh", "-c", f'ulimit -v {LITTLE_MEMORY}; exec "$@"', "sh")
        line = "network init --dataset obst --hidden 100000"
        ended = call(line, through=limited, OPENBLAS_NUM_THREADS="1")
        assert ended.code == 6
        check_line(ended, "network", "not enough memory")


@POSIX
@pytest.mark.parametrize(
    "line", ["pipeline list", "network presets", "network runs --json", "network test first"]
)
def test_a_reader_that_has_gone_is_no_fault(line, places, case):
    with case():
        reading, writing = os.pipe()
        os.close(reading)
        done = subprocess.run(
            [sys.executable, "-m", *line.split()], stdout=writing, stderr=subprocess.PIPE,
            env=variables(places["cache"], {}), check=False, text=True,
        )  # fmt: skip
        os.close(writing)
        assert done.returncode == 141  # as if by SIGPIPE
        assert not re.search("Traceback|Exception|Errno|Broken", done.stderr)


@pytest.mark.slow
@POSIX
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("line", ["network train --dataset obst --epochs 100000", "pipeline fetch"])
def test_a_signal_ends_with_its_code_and_without_a_word_of_python(
    line, number, code, places, case, tmp_path
):
    with case(), socket.create_server(("127.0.0.1", 0)) as silent_mirror:
        address = f"http://127.0.0.1:{silent_mirror.getsockname()[1]}/"
        silent = {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
        is_fetch = line == "pipeline fetch"
        options = ["--mirror", address, "--cache-dir", str(tmp_path)] if is_fetch else []
        process = subprocess.Popen(
            [sys.executable, "-m", *line.split(), *options], stdout=subprocess.PIPE, text=True,
            stderr=subprocess.PIPE, env=variables(places["cache"], silent),
        )  # fmt: skip
        with process:
            if is_fetch:
                assert select.select([silent_mirror], [], [], PATIENCE)[0]  # somebody calls
            else:
                while "epoch   2" not in process.stderr.readline():
                    assert process.poll() is None
            process.send_signal(number)
            out, err = process.communicate(timeout=PATIENCE)
        assert (process.returncode, out) == (code, "")
        assert "Traceback" not in err
        assert not [*tmp_path.rglob("*.part")]
