"""Hints name what is wrong with real trainings, and are silent on those that learn well."""

import itertools
import json

import pytest

from tests.support.pace import PATIENCE

names = itertools.count()
CROSS = {"loss": "cross-entropy"}
RELU = {**CROSS, "activation": "relu"}

HINTS_OF = """async (events) => {
    const { hintsOf } = await import("/views/train/hints.js");
    const { newRun, applyEvent } = await import("/views/train/training_run.js");
    const run = newRun("run"), ever = new Set();
    for (const event of events) {
        applyEvent(run, event);
        for (const hint of hintsOf(run)) ever.add(hint.rule);
    }
    return { ever: [...ever].sort(), last: hintsOf(run) };
}"""


@pytest.fixture(scope="module")
def page(browser, lab):
    """A page that has the rules, and is at another view: that of trainings would draw them all."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{lab.entrance}#film")
    page.wait_for_selector(".view-film h1")
    yield page
    context.close()


def begin(lab, **choices):
    """Begin a training, and return its name."""
    body = {"name": f"hinted-{next(names)}", "choices": choices, "film": False}
    answer = lab.post(f"{lab.address}api/trainings", json=body, timeout=PATIENCE)
    return answer.json()["run"]


def listen(lab, run):
    """Give the events of a run as they come."""
    with lab.get(
        f"{lab.address}api/trainings/{run}/events", stream=True, timeout=PATIENCE
    ) as answer:
        for line in answer.iter_lines(chunk_size=1, decode_unicode=True):
            if line.startswith("data: "):
                yield json.loads(line[6:])


def train(lab, **choices):
    """Train to the end, and return all events."""
    return list(listen(lab, begin(lab, **choices)))


HEALTHY = {
    "the default": {"limit": 6000, "epochs": 3},
    "the default, whose loss jitters": {"limit": 12_000, "epochs": 16, "schedule": "constant"},
    "relu and Adam": {"limit": 6000, "epochs": 3, "optimizer": "adam", "hidden": "64", **RELU},
    "small batches": {"limit": 1000, "epochs": 3, "batch_size": 5, "learning_rate": 0.1, **RELU},
    "deep, relu": {"limit": 6000, "epochs": 3, "hidden": "64,64,64", "learning_rate": 0.1, **RELU},
    "a convolution": {
        "limit": 3000, "epochs": 2, "optimizer": "adam", "layers": "Conv2D(4, 5), ReLU, Flatten",
        **CROSS,
    },
}  # fmt: skip


@pytest.mark.parametrize("choices", HEALTHY.values(), ids=HEALTHY)
def test_a_training_that_learns_has_no_hint_at_any_moment(page, lab, choices):
    found = page.evaluate(HINTS_OF, train(lab, **choices))
    assert found == {"ever": [], "last": []}


SICK = {
    "dead": ({"learning_rate": 100}, "layer 4 (Linear) are saturated", "rate, 100, is too high"),
    "jumps": ({"learning_rate": 100, **RELU}, "guessing gives 2.3", "rate, 100, is too high"),
    "creeps": ({"learning_rate": 0.0001}, "guessing gives 0.45", "0.0001, is too low"),
    "vanishes": ({"hidden": "30,30,30,30,30"}, "times smaller than in the last", "Use ReLU"),
    "diverged": (
        {"learning_rate": 1e6, "weight_decay": 1000}, "the loss is", "rate, 1,000,000, is too high"
    ),
    "overfits": (
        {"limit": 500, "epochs": 80, "hidden": "100", "optimizer": "adam", "schedule": "constant",
         "learning_rate": 0.003, "weight_decay": 0, **RELU},
        "overfitting", "dropout",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("rule", "case"), SICK.items(), ids=SICK)
def test_what_is_wrong_is_named_with_its_value_and_what_to_do(page, lab, rule, case):
    choices, problem, fix = case
    found = page.evaluate(HINTS_OF, train(lab, **{"limit": 6000, "epochs": 3, **choices}))
    (hint,) = [one for one in found["last"] if one["rule"] == rule]
    assert problem in hint["problem"]
    assert fix in hint["fix"]
    too_high = {"dead", "jumps", "swings"}  # which of them, depends on when a page looks
    assert set(found["ever"]) <= {rule, *too_high}  # no other cause is claimed on the way


def test_a_rate_of_which_the_loss_swings_is_too_high(page, lab):
    choices = {"hidden": "none", "learning_rate": 10, "schedule": "constant", **CROSS}
    found = page.evaluate(HINTS_OF, train(lab, limit=2000, epochs=10, **choices))
    assert "swings" in found["ever"]


def test_a_learning_rate_that_is_set_too_high_makes_the_loss_rise(page, lab):
    run = begin(lab, limit=6000, epochs=10_000)
    place, seen, enough = f"{lab.address}api/trainings/{run}", [], 600
    for event in listen(lab, run):
        seen.append(event)
        if event["type"] == "change":
            enough = event["step"] + 600
        if event["type"] == "epoch" and event["step"] > enough:
            if enough > 600:
                break
            lab.request("PATCH", place, json={"learning_rate": 100}, timeout=PATIENCE)
            enough = 10**9  # until the change is told
    lab.post(f"{place}/stop", timeout=PATIENCE)
    found = page.evaluate(HINTS_OF, seen)
    assert "rises" in found["ever"]
    assert all("rate, 100, is too high" in hint["fix"] for hint in found["last"])


def test_a_run_from_disk_that_overfitted_is_told_so_too(page):
    epochs = [
        {"type": "epoch", "epoch": n, "step": n, "loss": 1 / n, "validation_loss": held_out}
        for n, held_out in enumerate([0.5, 0.4, 0.43, 0.45, 0.5], 1)
    ]
    told = {"sizes": "784-10", "layers": [], "configuration": {"loss": "cross-entropy"}}
    begun = {"type": "begin", **told, "controls": None, "epochs": 5, "history": [], "changes": []}
    found = page.evaluate(HINTS_OF, [begun, *epochs])
    (hint,) = found["last"]
    lowest = "The network is overfitting: the validation loss was lowest after epoch 2 (0.4)"
    assert hint["problem"].startswith(lowest)
    assert page.evaluate(HINTS_OF, [begun, *epochs[:4]])["last"] == []  # too early to tell
