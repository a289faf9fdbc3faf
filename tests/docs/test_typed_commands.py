"""Every command in the documents, and every one that a command suggests, can be typed as it stands.

All are parsed. Those of the guides are also run, from a bare shell in a checkout, as they are read.
"""

import re
from pathlib import Path

import pytest

from tests.docs.checkout_copy import CheckoutCopy
from tests.docs.typed_commands import (
    DOCUMENTS,
    NotTypedError,
    check_extras,
    check_line,
    find_blocks,
    find_hints,
    find_spans,
)
from tests.support.checkout import REPOSITORY

SOURCES = sorted(it for name in ("pipeline", "network") for it in (REPOSITORY / name).rglob("*.py"))
README, INSTALL = (REPOSITORY / name for name in ("README.md", "docs/how-to/install.md"))
TYPED = "{commands} typed commands checked, {run} of them run from a bare shell"
GUIDES = [  # the others have nothing to run but benchmarks, which take hours, and examples of help
    *(README, REPOSITORY / "docs/package.md", REPOSITORY / "docs/examples/README.md"),
    *(REPOSITORY / f"docs/how-to/{it}.md" for it in ("handwriting", "install", "own-images")),
    *(REPOSITORY / f"docs/how-to/{it}.md" for it in ("searching", "teaching", "training")),
    *(REPOSITORY / "docs/reliability.md", REPOSITORY / "docs/tutorial/backpropagation.md"),
]
NOT_RUN = {  # what is only parsed, and why
    r"pip install|^uv |^python3 -m venv|^pip ": "installs packages",
    r"^dask |--scheduler|DASK_|^openssl": "needs a cluster",
    r"^make (lab|test|soak)|^network lab|^jupyter|optuna-dashboard": "does not end soon",
    r"^python benchmarks|-m pytest": "takes long",
    r"^python docs/examples/read_my_digits": "trains on all of MNIST, once, in test_examples.py",
    r"^network sweep docs/examples/": "is run in test_examples.py, and its result is checked there",
}
RUNS_ONCE = {  # where it is read in others, too
    "make run": README,
    **dict.fromkeys(
        ("pipeline build-pickles mnist-sample", "network train --dataset mnist-sample"),
        REPOSITORY / "docs/package.md",
    ),
}
SHORTER = {  # what is added to a command so that it ends soon
    "network train": " --epochs 1 --limit 300",
    "network check": " --sample 20",
    "network sweep --best": " --seeds 1",
    "network sweep": " --trials 2 --workers 1",
}
MORE_IMAGES = {"handwriting.md": " --limit 450 --validation 0.45"}  # for the coverage in the guide


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_the_commands_of_a_document_can_be_typed(document, figure):
    typed = sum(check_line(line) for block in find_blocks(document) for line in block.lines)
    named = sum(check_line(span, named=True) for span in find_spans(document))
    figure(TYPED, commands=typed + named, run=0)


def test_the_commands_that_are_suggested_can_be_typed(figure):
    hints = {hint for source in SOURCES for hint in find_hints(source)}
    figure(TYPED, commands=sum(check_line(hint, named=True) for hint in hints), run=0)
    assert len(hints) > 30


def test_the_extras_that_are_suggested_exist():
    call = re.compile(r"\b(?:needs_extra|extra_command)\(\"(\w+)\"")
    extras = [extra for path in SOURCES for extra in call.findall(path.read_text("utf-8"))]
    check_extras(extras)
    assert len(extras) > 5


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("network trian", "No such command"),
        ("network train --epoch 1", "No such option"),
        ("network train --epochs many", "--epochs"),
        ("network train --preset fats-97", "no preset fats-97"),
        ("network sweep --preset fast-97", "no preset fast-97"),
        ("pipeline show mnist && network predict", "IMAGE is missing"),
        ("make everything", "the Makefile has no"),
        ("pip install -e '.[labs]'", "no extra"),
        ("python3 -m pip install 'mnist-neural-net[labs]'", "no extra"),
        ("pip install -c constraint.txt -e .", "constraint.txt is not there"),
        ("python benchmarks/fast.py", "fast.py is not there"),
        ("python benchmarks/speed.py --often", "no --often"),
        ("python -m network trian", "No such command"),
        ("dask worker tcp://127.0.0.1:1 --workers 2", "no {'--workers'}"),
        ("neural-net", "no check of neural-net"),
    ],
)
def test_a_command_that_cannot_be_typed_is_noticed(line, reason):
    with pytest.raises(NotTypedError, match=re.escape(reason)):
        check_line(line)


def test_what_is_typed_on_windows_is_what_is_typed_elsewhere():
    rows = re.findall(r"^\| \w+ \| `(.+)` \| `(.+)` \|$", README.read_text("utf-8"), re.MULTILINE)
    text = INSTALL.read_text("utf-8")
    blocks = [it.splitlines() for it in re.findall(r"```\w+\n(.*?)```", text, re.DOTALL)]
    (windows,) = (it for it in blocks if it[0].startswith("py "))
    (posix,) = (it for it in blocks if it[0].startswith("python3 -m venv"))
    for here, there in [*rows, *zip(posix, windows, strict=True)]:
        assert as_on_posix(there) == here
    assert len(rows) == 3


def as_on_posix(line: str) -> str:
    """Translate a command of the command prompt."""
    line = re.sub(r"^py ", "python3 ", line)
    line = re.sub(r"^\.venv\\Scripts\\activate", ". .venv/bin/activate", line)
    return line.replace(".venv\\Scripts\\", ".venv/bin/")


@pytest.fixture(scope="module")
def runs(tmp_path_factory, built_cache):
    """The folder of a network that was trained in a checkout."""
    checkout = CheckoutCopy(tmp_path_factory.mktemp("trained"), built_cache)
    checkout.type_lines(["network train --epochs 1 --limit 1000"])
    return checkout.runs


@pytest.mark.slow
@pytest.mark.parametrize("document", GUIDES, ids=lambda path: path.name)
def test_the_commands_of_a_guide_run_where_they_are_read(
    document, tmp_path, built_cache, runs, figure
):
    checkout = CheckoutCopy(tmp_path, built_cache, runs)
    if document == README:
        checkout.choose_preset("fast-97")  # so that the training of `make run` ends soon
    for block in find_blocks(document):
        kept = [line for line in block.lines if not reason_not_to_run(line, document)]
        lines = [shorten(line, MORE_IMAGES.get(document.name, "")) for line in kept]
        printed = checkout.type_lines(lines)
        figure(TYPED, commands=0, run=len(lines))
        for hint in re.findall(r"(?:Next|Install it): (.*)", printed):
            check_line(hint.replace(", or ", " && "))


@pytest.mark.slow
@pytest.mark.parametrize("program", [".venv/bin/{}", "python -m {}", "{}"])
def test_what_a_command_suggests_can_be_typed_until_the_network_is_tested(
    program, tmp_path, built_cache, runs
):
    checkout, line, seen = CheckoutCopy(tmp_path, built_cache, runs), "pipeline fetch", []
    name, _, rest = line.partition(" ")
    line = f"{program.format(name)} {rest}"
    while line and len(seen) < 10:
        seen.append(line)
        printed = checkout.type_lines([shorten(line)], active=not program.startswith("."))
        line, *_ = [*re.findall(r"Next: (.*?)(?:, or .*)?$", printed, re.MULTILINE), ""]
    commands = [re.search(r"(?:pipeline|network) \S+", it)[0] for it in seen]
    assert commands == [
        "pipeline fetch", "pipeline build-pickles", "network train", "network test", "network show",
    ]  # fmt: skip


def reason_not_to_run(line: str, document: Path) -> str | None:
    """Return why a command is only parsed, None if it is run."""
    typed = line.partition("#")[0].rstrip()
    if document != RUNS_ONCE.get(typed, document):
        return f"runs once, for {RUNS_ONCE[typed].name}"
    return next((why for pattern, why in NOT_RUN.items() if re.search(pattern, line)), None)


def shorten(line: str, more_images: str = "") -> str:
    """Let a command end soon: fewer images, epochs and trials."""
    command = line.partition("#")[0].rstrip()
    for start, more in SHORTER.items():
        if re.search(rf"(^|/|-m ){start}\b", command) and "--resume" not in command:
            return command + more + more_images * (start == "network train")
    return command
