"""Every file of the attack corpus, in every reader that a user could choose (R11).

Each file has a separate process, in which Python reports every step that leaves it: code that is
run, imports, writes and connections. A reader may refuse with an error of ours. It may not do
anything else, nor swell, nor dawdle.
"""

import json
import os
import pickle
import subprocess
import sys

import pytest

from tests.support.attacks import DIFFERENTIALS, FILES, OBSCURE, PICKLES, RAN
from tests.support.checkout import REPOSITORY

MOST_MIB = 300
SECONDS = 1.0  # of processor time on an idle machine
PATIENCE = 2.5  # factor for other processes that use the same caches

EXAMINE = """
import gc, json, os, pickle, resource, signal, sys, time
import encodings.ascii, encodings.cp437, encodings.latin_1, encodings.raw_unicode_escape
from pathlib import Path
import numpy as np
from PIL import Image
from network.runs.checkpoints import load_checkpoint
from network.images.pages.read import read_digits
from pipeline.errors import ProjectError
from pipeline.storage.idx import read_idx
from pipeline.inspection.files import inspect_file
from pipeline.pickles.our_format import read_pickle
from pipeline.pickles.safe_load import load_untrusted

READERS = [read_pickle, load_untrusted, read_idx, load_checkpoint, read_digits, inspect_file]
QUIET = {"builtins.id", "compile", "array.__new__"}  # events of making numbers and parsing literals

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

def examine(path):
    events, answers, watching = [], {}, False
    def hook(event, arguments):
        is_reading = event == "open" and not arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        if watching and event not in QUIET and not is_reading:
            events.append(f"{event} {arguments!r}"[:200])
    sys.addaudithook(hook)
    signal.setitimer(signal.ITIMER_PROF, 6)
    for reader in READERS:
        started, watching = time.process_time(), True
        try:
            outcome = getattr(reader(path), "status", "read")
        except ProjectError as error:
            outcome = "refused"
        except BaseException as error:
            outcome = f"raised {error!r}"[:200]
        watching = False
        answers[reader.__name__] = outcome, time.process_time() - started, peak()
    return {"answers": answers, "events": events}

page = np.full((60, 40), 255, np.uint8)
page[20:40, 15:25] = 0
for kind in ("PNG", "JPEG", "GIF", "BMP", "WEBP", "PPM", "TIFF"):  # all import what they need
    Image.fromarray(page).save("harmless", kind)
    read_digits(Path("harmless"))
gc.freeze()  # forks neither look through these objects nor copy them
for path in map(Path, pickle.load(sys.stdin.buffer)):
    if not (process := os.fork()):
        Path("answer").write_text(json.dumps(examine(path)))
        os._exit(0)
    _, status = os.waitpid(process, 0)
    died = {"answers": {}, "events": [f"it ended by signal {status}"]}
    print(json.dumps(died) if status else Path("answer").read_text(), flush=True)
"""

GROUPS = {
    "pickles that import or break": ("imports", "opcodes", "lengths", "broken", "lies"),
    "pickles that swell": ("bombs",),
    "pickles that scanners miss": ("bypasses", "differentials", "obscure"),
    "arrays": ("npy",),
    "zips": ("npz", "torch"),
    "IDX files": ("gzip", "IDX"),
    "pictures": ("PNG",),
}


def files_of(group):
    """Return the files of a group, by name."""
    for kind in GROUPS[group]:
        for name, data in PICKLES.get(kind, {}).items():
            yield name, data
    for name, make in FILES.items():
        if name.replace(":", " ").split()[0] in GROUPS[group]:
            yield name, make()


def examine(files, folder):
    """Run all readers on files, and return their effects by the file's name."""
    for number, data in enumerate(files.values()):
        (folder / str(number)).write_bytes(data)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", EXAMINE],
        cwd=folder, capture_output=True, check=True,
        input=pickle.dumps([str(number) for number in range(len(files))]),
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "OPENBLAS_NUM_THREADS": "1"},
    )  # fmt: skip
    assert not (folder / "ran").exists()
    return dict(zip(files, map(json.loads, done.stdout.splitlines()), strict=True))


def faults_of(examined):
    """Yield the forbidden effects of readers, file by file."""
    for name, found in examined.items():
        for event in found["events"]:
            yield f"{name}: {event}"
        for reader, (outcome, seconds, mib) in found["answers"].items():
            if outcome.startswith("raised"):
                yield f"{name}: {reader} {outcome}"
            if seconds > SECONDS * PATIENCE or mib > MOST_MIB:
                yield f"{name}: {reader} took {seconds:.1f} s and {mib} MiB"


def test_the_corpus_is_as_large_as_promised():
    assert sum(len(cases) for cases in PICKLES.values()) >= 80
    assert len(FILES) >= 30
    assert set().union(*GROUPS.values()) >= set(PICKLES)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="each file gets a process by fork")
@pytest.mark.parametrize("group", GROUPS)
def test_no_file_makes_a_reader_run_anything_or_swell(group, tmp_path, figure):
    files = dict(files_of(group))
    examined = examine(files, tmp_path)
    assert list(faults_of(examined)) == []
    most = max(mib for found in examined.values() for _, _, mib in found["answers"].values())
    figure(
        "R11: {files} hostile files, {executed} executed, {swelled} above 300 MB, "
        "at most {most_mib} MB",
        files=len(files),
        executed=sum(bool(found["events"]) for found in examined.values()),
        swelled=0,
        most_mib=most,
    )


# Loads every pickle of each file, by Python in C and by Python in Python, with both encodings
# for old texts, and stops before a command would run.
LOAD = """
import json, os, pickle, sys
from pathlib import Path
reached = []
def stop(event, arguments):
    if event == "os.system":
        reached.append(arguments)
        raise RuntimeError
sys.addaudithook(stop)
answers = []
for name in pickle.load(sys.stdin.buffer):
    reached.clear()
    for load in (pickle.load, pickle._load):
        for encoding in ("ASCII", "latin-1"):
            with open(name, "rb") as file:
                try:
                    while True:
                        load(file, encoding=encoding)
                except Exception:
                    pass
    answers.append(bool(reached))
print(json.dumps(answers))
"""


def reached_by_the_standard_loader(cases, folder):
    """Load pickles unprotected, and return which of them would run their command."""
    for number, data in enumerate(cases.values()):
        (folder / str(number)).write_bytes(data)
    done = subprocess.run(
        [sys.executable, "-c", LOAD], cwd=folder, capture_output=True, check=True,
        input=pickle.dumps([str(number) for number in range(len(cases))]),
    )  # fmt: skip
    return {
        name for name, is_reached in zip(cases, json.loads(done.stdout), strict=True) if is_reached
    }


def test_the_attacks_are_real(tmp_path):
    # Otherwise refusing them would prove nothing
    cases = {name: data for name, (data, callee) in DIFFERENTIALS.items() if callee == RAN}
    assert reached_by_the_standard_loader(cases, tmp_path) == set(cases)


def test_what_a_frame_hides_is_real_where_python_has_not_been_mended(tmp_path):
    name = "a call behind a frame that ends too early"
    if not reached_by_the_standard_loader({name: OBSCURE[name]}, tmp_path):
        pytest.skip("this Python reads frames as it should: see CPython issue 154848")
