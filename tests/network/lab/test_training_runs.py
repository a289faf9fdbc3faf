"""Trainings of a lab over HTTP: begun, steered, changed, watched, ended, and never lost."""

import itertools
import json
import platform
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from network.lab.form_options import read_changes
from network.lab.training_runs import MAX_TRAININGS
from network.runs.checkpoints import load_checkpoint
from network.runs.film import list_epochs
from network.runs.live_changes import extract_changes
from network.runs.names import find_run
from tests.support.browser import network, running_lab
from tests.support.pace import PATIENCE, SOON, slowness
from tests.support.processes import children_of, command_line
from tests.support.small_digits import NAME, make_small_digits

RESPONSE = (
    "R16: while networks train, 99 of 100 answers take up to {most_milliseconds:.0f} ms of 100"
)
names = itertools.count()
LONG = {"dataset": NAME, "hidden": "5", "epochs": 100_000, "batch_size": 5}


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A lab whose only data set has a few digits."""
    with running_lab(make_small_digits(tmp_path_factory.mktemp("trainings"))) as started:
        yield started


@pytest.fixture(autouse=True)
def stop_all(lab):
    """Leave no training behind, whatever a test comes to."""
    yield
    for one in ask(lab, "GET", "trainings")[1]["trainings"]:
        if one["state"] in {"training", "paused"}:
            ask(lab, "POST", f"trainings/{one['run']}/stop")  # it may have ended since
            listen(lab, one["run"], is_end)


def ask(lab, method, path, **options):
    """Ask the lab, and return the status and the JSON of its answer."""
    answer = lab.request(method, f"{lab.address}api/{path}", timeout=PATIENCE, **options)
    return answer.status_code, answer.json()


def begin(lab, **choices):
    """Begin a training and return its name."""
    name = f"run-{next(names)}"
    usual = {
        key: value for key, value in LONG.items() if key != "hidden" or "layers" not in choices
    }
    body = {"name": name, "choices": {**usual, **choices}, "film": choices.get("epochs", 99) < 9}
    assert ask(lab, "POST", "trainings", json=body) == (200, {"run": name})
    return name


def listen(lab, run, until, last_id=""):
    """Read the events of a run until one is enough; returns them and the last id."""
    found, headers = [], {"Last-Event-ID": last_id} if last_id else {}
    with lab.get(
        f"{lab.address}api/trainings/{run}/events", headers=headers, stream=True, timeout=PATIENCE
    ) as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        for line in answer.iter_lines(chunk_size=1, decode_unicode=True):
            if line.startswith("id: "):
                last_id = line[4:]
            if line.startswith("data: "):
                found.append(json.loads(line[6:]))
                if until(found[-1]):
                    break
    return found, last_id


def is_state(*states):
    return lambda event: event["type"] == "state" and event["state"] in states


def is_end(event):
    return event["type"] == "end"


def stop(lab, run):
    assert ask(lab, "POST", f"trainings/{run}/stop")[0] == 200
    return listen(lab, run, is_end)[0]


def test_a_training_tells_of_every_step_and_epoch_to_its_end(lab):
    run = begin(lab, epochs=4)
    events, _ = listen(lab, run, is_end)
    assert events[0]["type"] == "begin"
    assert events[-2] == {"type": "state", "state": "ended"}
    assert [e["epoch"] for e in events if e["type"] == "epoch"] == [1, 2, 3, 4]
    told = [point for e in events if e["type"] == "progress" for point in e["losses"]]
    assert sum(count for _, _, count in told) == told[-1][0] == 4 * 9  # 42 images, 5 a step
    layers = [e["layers"] for e in events if "layers" in e and e["type"] == "progress"]
    assert [layer["name"] for layer in layers[0]] == ["layer 2 (Linear)", "layer 4 (Linear)"]
    assert list_epochs(find_run(lab.cache, run)) == [0, 1, 2, 3, 4]


def test_a_page_that_comes_back_gets_what_it_has_missed_and_nothing_twice(lab):
    run = begin(lab)
    first, last_id = listen(lab, run, lambda event: event["type"] == "epoch")
    time.sleep(0.5)
    more, last_id = listen(lab, run, lambda event: event["type"] == "progress", last_id)
    stop(lab, run)
    rest, _ = listen(lab, run, is_end, last_id)
    whole, _ = listen(lab, run, is_end)
    assert first + more + rest == whole


def test_pause_stands_still_and_goes_on(lab):
    run = begin(lab)
    ask(lab, "POST", f"trainings/{run}/pause")
    events, last_id = listen(lab, run, is_state("paused"))
    step = events[-2]["step"]
    assert load_checkpoint(find_run(lab.cache, run).checkpoint).meta["step"] == step
    time.sleep(0.3)
    assert load_checkpoint(find_run(lab.cache, run).checkpoint).meta["step"] == step
    ask(lab, "POST", f"trainings/{run}/epoch")
    events, last_id = listen(lab, run, is_state("paused"), last_id)
    (epoch,) = [event for event in events if event["type"] == "epoch"]
    assert epoch["step"] == -(-(step + 1) // 9) * 9
    ask(lab, "POST", f"trainings/{run}/resume")
    listen(lab, run, lambda event: event["type"] == "epoch", last_id)
    stop(lab, run)


@pytest.mark.slow
def test_slow_motion_comes_to_the_same_weights_as_full_speed(lab, call):
    run = begin(lab)
    ask(lab, "POST", f"trainings/{run}/pace", json={"steps_a_second": 50})
    _, last_id = listen(lab, run, lambda event: event["type"] == "pace")
    _, last_id = listen(lab, run, lambda event: event["type"] == "epoch", last_id)
    ask(lab, "POST", f"trainings/{run}/pace", json={"steps_a_second": None})
    _, last_id = listen(lab, run, lambda event: event["type"] == "pace", last_id)
    listen(lab, run, lambda event: event["type"] == "epoch", last_id)
    stop(lab, run)
    assert "the same weights, bit for bit" in call("replay", run, cache=lab.cache).out


def test_in_slow_motion_every_step_is_told_and_orders_are_obeyed_at_once(lab):
    run = begin(lab)
    ask(lab, "POST", f"trainings/{run}/pace", json={"steps_a_second": 20})
    _, last_id = listen(lab, run, lambda event: event["type"] == "pace")
    told = itertools.count()
    events, last_id = listen(
        lab, run, lambda event: event["type"] == "progress" and next(told) > 12, last_id
    )
    points = [point for event in events if event["type"] == "progress" for point in event["losses"]]
    assert {count for _, _, count in points[1:]} == {1}
    ask(lab, "POST", f"trainings/{run}/pace", json={"steps_a_second": 0.1})
    _, last_id = listen(lab, run, lambda event: event["type"] == "pace", last_id)
    ask(lab, "POST", f"trainings/{run}/pause")
    paused, _ = listen(lab, run, is_state("paused"), last_id)
    steps = [event for event in paused if event["type"] == "progress" and event["losses"]]
    assert len(steps) <= 1  # that of the order; the next would be due 10 s later
    for wrong in (0, -1, "fast", 1e9):
        assert ask(lab, "POST", f"trainings/{run}/pace", json={"steps_a_second": wrong})[0] == 422
    stop(lab, run)
    assert ask(lab, "POST", f"trainings/{run}/pace", json={"steps_a_second": 1})[0] == 422


@pytest.mark.slow
def test_one_more_epoch_of_a_training_that_has_ended(lab):
    run = begin(lab, epochs=2)
    _, last_id = listen(lab, run, is_end)
    ask(lab, "POST", f"trainings/{run}/epoch")
    events, _ = listen(lab, run, is_end, last_id)
    assert [event["epoch"] for event in events if event["type"] == "epoch"] == [3]
    assert list_epochs(find_run(lab.cache, run)) == [0, 1, 2, 3]


@pytest.mark.slow
@pytest.mark.parametrize(("order", "epochs"), [("resume", []), ("epoch", [1])])
def test_a_run_that_no_epoch_is_planned_for_can_be_gone_on_with(lab, order, epochs):
    name = f"untrained-{order}"
    init = ["init", "--quiet", "--dataset", NAME, "--hidden", "3", "--name", name]
    assert network(lab.cache, *init).wait() == 0
    assert ask(lab, "POST", f"trainings/{name}/{order}")[0] == 200
    events, _ = listen(lab, name, is_state("ended", "failed"))
    assert events[-1]["state"] == "ended"
    assert [event["epoch"] for event in events if event["type"] == "epoch"] == epochs


@pytest.mark.slow
def test_what_is_changed_is_written_down_and_replay_makes_it_again(lab, call):
    run = begin(lab, optimizer="momentum", layers="Flatten, Linear(5), Dropout(0.5), ReLU")
    asked = {"learning_rate": 0.01, "momentum": 0.5, "dropout": 0.1, "augment": {"shift": 1}}
    for name, value in asked.items():
        assert ask(lab, "PATCH", f"trainings/{run}", json={name: value})[0] == 200
    changed, _ = listen(lab, run, lambda e: e.get("values", {}).keys() == {"augment"})
    controls = changed[-1]["controls"]
    assert {name: controls[name] for name in asked} == asked
    stop(lab, run)
    path = find_run(lab.cache, run).checkpoint
    checkpoint = load_checkpoint(path)
    kept = {}
    for change in extract_changes(checkpoint, str(path)):
        kept |= change.values
    assert kept == asked
    assert "the same weights, bit for bit" in call("replay", run, cache=lab.cache).out


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({"choices": {"learning_rate": -1}}, "learning_rate", "Learning rate is -1"),
        (
            {"choices": {"learning_rate": "fast"}},
            "learning_rate",
            'Learning rate is "fast"; expected a number',
        ),
        ({"choices": {"hidden": "a"}}, "hidden", 'Hidden sizes is "a"'),
        ({"choices": {"optimizer": "amad"}}, "optimizer", "Did you mean adam?"),
        ({"choices": {"momentum": 0.9}}, "momentum", "Momentum needs momentum, nesterov or muon"),
        ({"choices": {"layers": "Linaer(2)"}}, "layers", "Did you mean Linear?"),
        ({"choices": {"layers": "Conv2D(2), Linear(2)"}}, "layers", "cannot take inputs"),
        ({"choices": {"augment": "shift"}}, "augment", "shift=2,rotate=10"),
        ({"choices": {"epochs": 0}}, "epochs", "Epochs is 0"),
        ({"choices": {"hidden": "100000"}}, "", "the lab trains up to 20,000,000"),
        ({"choices": {"hidden": "1," * 200 + "1"}}, "layers", "the lab trains up to 100"),
        ({"choices": {"dataset": "mnits"}}, "dataset", "Did you mean mnist?"),
        ({"preset": "textbok"}, "preset", "Did you mean textbook?"),
        ({"name": "../x"}, "name", "is not a valid run name"),
        ({"name": "taken"}, "name", "never overwritten"),
        ({"colour": "red"}, "colour", "not permitted"),
        ({"choices": {"limit": 1, "dataset": NAME}, "name": "x" * 101}, "name", "100 characters"),
        (
            {"choices": {"dataset": NAME, "layers": "Flatten, BatchNorm", "batch_size": 1}},
            "batch_size",
            "BatchNorm needs 2 images at once to train, but Batch size 1",
        ),
        (
            {"choices": {"dataset": NAME, "patience": 2, "validation": 0.001}},
            "validation",
            "Patience needs validation images, but Validation fraction 0.001",
        ),
        (
            {"preset": "conv", "choices": {"dataset": NAME, "activation": "gelu"}},
            "activation",
            "Activation is gelu and has no effect with Layers",
        ),
    ],
)
def test_a_choice_that_makes_no_sense_is_told_with_its_field(lab, body, field, words):
    if body.get("name") == "taken":
        ask(lab, "POST", "trainings", json={"name": "taken", "choices": {**LONG, "epochs": 1}})
    status, answer = ask(lab, "POST", "trainings", json=body)
    assert status == 422
    assert answer["error"]["field"] == field
    assert words in f"{answer['error']['message']}. {answer['error']['hint']}"


def test_a_training_that_diverges_says_what_to_do(lab):
    run = begin(lab, learning_rate=1e6, weight_decay=1000.0)
    events, _ = listen(lab, run, is_end)
    assert events[-2]["state"] == "failed"
    assert "Try a lower --learning-rate" in events[-2]["message"]


@pytest.mark.slow
def test_what_cannot_be_done_is_refused(lab):
    run = begin(lab, epochs=1)
    listen(lab, run, is_end)
    assert ask(lab, "PATCH", f"trainings/{run}", json={"learning_rate": 1})[0] == 422
    assert ask(lab, "POST", f"trainings/{run}/stop")[0] == 422
    assert ask(lab, "POST", f"trainings/{run}/jump")[0] == 422
    for path in ("no-such-run/pause", f"{run}%2F..%2F{run}/pause", "..%2Fruns/pause"):
        assert ask(lab, "POST", f"trainings/{path}")[0] in {404, 405}
    live = begin(lab)
    status, answer = ask(lab, "PATCH", f"trainings/{live}", json={"dropout": 0.5})
    assert (status, answer["error"]["field"]) == (422, "dropout")
    for body, field, words in [
        ({"learning_rate": -5}, "learning_rate", "Learning rate is -5"),
        ({"augment": "shift"}, "augment", "shift=2,rotate=10"),
        ({"dropout": 2}, "dropout", "Dropout is 2; expected 0 to 0.95"),
        ({"optimizer": "adam"}, "", "optimizer cannot be changed while a run is trained"),
    ]:
        status, answer = ask(lab, "PATCH", f"trainings/{live}", json=body)
        assert (status, answer["error"].get("field", "")) == (422, field)
        assert words in answer["error"]["message"]
    stop(lab, live)


def test_a_text_of_a_change_is_read_as_it_is_typed_and_none_is_the_default():
    assert read_changes({"augment": "shift=2", "learning_rate": 0.5, "dropout": None}) == {
        "augment": {"shift": 2.0}, "learning_rate": 0.5,
    }  # fmt: skip
    assert read_changes({"augment": " "}) == {"augment": {}}


@pytest.mark.slow
def test_every_live_setting_has_a_control_whose_value_is_sent(lab):
    offered = {one["name"]: one for one in ask(lab, "GET", "choices")[1]["live"]}
    assert offered.keys() >= {"learning_rate", "weight_decay", "momentum", "augment", "dropout"}
    assert offered["dropout"]["slider"] == {
        "low": 0, "high": 0.95, "scale": "linear", "lacks": "this model has no Dropout layer",
    }  # fmt: skip
    run = begin(lab)
    events, _ = listen(lab, run, lambda event: event["type"] == "begin")
    assert events[-1]["controls"].keys() == offered.keys()
    stop(lab, run)


@pytest.mark.slow
def test_no_more_than_four_are_trained_at_once(lab):
    runs = [begin(lab) for _ in range(4)]
    status, answer = ask(lab, "POST", "trainings", json={"choices": LONG})
    assert (status, answer["error"]["hint"]) == (429, "Stop one of them first")
    for run in runs:
        stop(lab, run)


def test_a_run_that_is_trained_in_a_terminal_is_watched(lab):
    order = ["train", "--dataset", NAME, "--hidden", "5", "--epochs", "100000", "--quiet"]
    process = network(lab.cache, *order, "--name", "terminal")
    with process:
        while not (lab.cache.runs() / "terminal" / "checkpoint.npz").exists():
            assert process.poll() is None
            time.sleep(0.05)
        events, last_id = listen(
            lab, "terminal", lambda event: event["type"] == "epoch" and event["epoch"] > 3
        )
        assert events[1] == {"type": "state", "state": "watched"}
        status, answer = ask(lab, "POST", "trainings/terminal/resume")
        who = f"run terminal is in use by process {process.pid} on {platform.node()} since 20"
        assert (status, answer["error"]["message"].startswith(who)) == (409, True)
        assert f"kill {process.pid}" in answer["error"]["hint"]
        events, _ = listen(lab, "terminal", lambda event: event["type"] == "epoch", last_id)
        assert len(events) == 1
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 130


@pytest.mark.slow
def test_the_page_is_answered_while_networks_are_trained(lab, figure, amount):
    limit = max(0.1, 10 * slow_answer(lab, 100))  # as the machine is now
    runs = [begin(lab), begin(lab)]
    for _ in range(3):
        slow = slow_answer(lab, amount(100, 1000))
        if slow < limit:
            break
    for run in runs:
        stop(lab, run)
    figure(RESPONSE, most_milliseconds=1000 * slow)
    assert slow < limit


def slow_answer(lab, count):
    """Return the seconds within which 99 of 100 requests are answered."""
    seconds = []
    with requests.Session() as session:
        session.headers.update(lab.headers)
        for _ in range(count):
            begun = time.perf_counter()
            assert session.get(f"{lab.address}api/runs").status_code == 200
            seconds.append(time.perf_counter() - begun)
            time.sleep(0.005)
    return sorted(seconds)[int(0.99 * len(seconds))]


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_lab_ends_within_two_seconds_and_its_trainings_can_go_on(number, tmp_path):
    with running_lab(make_small_digits(tmp_path)) as started:
        runs = [begin(started), begin(started)]
        streams = [threading.Thread(target=listen_to_the_end, args=(started, run)) for run in runs]
        for stream in streams:
            stream.start()
        for run in runs:
            listen(started, run, lambda event: event["type"] == "epoch")
        limit, begun = SOON * slowness(started.process.pid), time.monotonic()
        assert started.stop(number) == 0
        assert time.monotonic() - begun < limit
    for stream in streams:
        stream.join(PATIENCE)
        assert not stream.is_alive()
    for run in runs:
        step = step_of(started, run)
        assert step > 0
        with network(started.cache, "train", "--resume", run, "--quiet") as process:
            while step_of(started, run) == step:
                assert process.poll() is None
                time.sleep(0.05)
            process.send_signal(signal.SIGINT)
            assert process.wait(PATIENCE) == 130


@pytest.mark.slow
def test_a_lab_that_is_killed_leaves_no_process_and_its_training_is_saved(tmp_path):
    with running_lab(make_small_digits(tmp_path)) as started:
        run = begin(started)
        listen(started, run, lambda event: event["type"] == "epoch")
        (trainer,) = children_of(started.process.pid)
        step = step_of(started, run)
        started.process.kill()
        started.process.wait()
        while command_line(trainer):
            time.sleep(0.05)
        assert step_of(started, run) > step


def step_of(lab, run):
    """Return how many steps are saved of a run."""
    return load_checkpoint(find_run(lab.cache, run).checkpoint).meta["step"]


def listen_to_the_end(lab, run):
    """Keep a stream open until the lab ends it, however it does."""
    try:
        listen(lab, run, is_end)
    except requests.RequestException:
        return


@pytest.mark.slow
def test_of_many_trainings_that_are_begun_at_once_as_many_begin_as_the_lab_trains(lab):
    bodies = [{"name": f"crowd-{number}", "choices": LONG} for number in range(12)]
    with ThreadPoolExecutor(len(bodies)) as pool:
        answers = list(pool.map(lambda body: ask(lab, "POST", "trainings", json=body), bodies))
    assert [status for status, _ in answers].count(200) == MAX_TRAININGS
    for status, answer in answers:
        if status != 200:
            assert status == 429
            assert answer["error"]["message"].startswith("4 runs are being trained")
            assert answer["error"]["hint"] == "Stop one of them first"
