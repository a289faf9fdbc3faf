"""The view Train in a real browser: a network learns, and its settings are changed."""

import re

import pytest
from playwright.sync_api import expect

from network.runs.checkpoints import load_checkpoint
from network.runs.names import find_run
from tests.support.browser import check_layout, each_size, network, wait_until_drawn
from tests.support.pace import PATIENCE

ENDLESS = "100000"  # epochs of a training that a test stops: the most that a form takes


@pytest.fixture(autouse=True)
def stop_all(lab):
    """Leave no training behind, whatever a test comes to: the next page would show it, too."""
    yield
    for one in lab.get(f"{lab.address}api/trainings", timeout=PATIENCE).json()["trainings"]:
        if one["state"] in {"training", "paused"}:
            place = f"{lab.address}api/trainings/{one['run']}"
            lab.post(f"{place}/stop", timeout=PATIENCE)
            lab.get(f"{place}/events", timeout=PATIENCE)  # to the last, which says that it is over


def begin(page, **choices):
    """Begin a training through the form, and return its name."""
    page.wait_for_selector(".new-training form", state="attached")
    page.evaluate("document.querySelectorAll('.new-training, .more').forEach(it => it.open = true)")
    for name, text in choices.items():
        field = page.locator(f"#field-{name}")
        if field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(text)
        else:
            field.fill(text)
    page.click("text=Start training")
    page.wait_for_selector(".run-side:not([hidden])")
    page.wait_for_selector(".run-state:has-text('training')")
    return page.input_value("#run-picker")


def stop(page):
    page.click("[data-command=stop]")
    page.wait_for_selector(".run-state:has-text('stopped')")


def epochs_done(page):
    return int(re.search(r"epoch ([\d,]+) of", page.inner_text(".run-facts"))[1].replace(",", ""))


def wait_for_epoch(page, number):
    facts = "document.querySelector('.run-facts').innerText"
    page.wait_for_function(f"n => parseInt({facts}.match(/epoch (\\d+)/)[1]) >= n", arg=number)


def test_the_accuracy_passes_90_percent_while_one_watches(open_page):
    page = open_page("#train")
    begin(page, limit="6000", epochs=ENDLESS)
    page.wait_for_function(
        "() => parseFloat(document.querySelector('.run-side .big-number').innerText) > 90"
    )
    wait_until_drawn(page)
    assert page.locator(".curves polyline").count() >= 2
    expect(page.locator(".weights canvas")).to_have_count(30)
    expect(page.locator(".bar-row")).to_have_count(2)  # hidden sigmoids and those of the outputs
    page.locator(".chart").nth(2).locator("polyline").nth(1).wait_for()  # gradients of two layers
    check_layout(page)
    stop(page)


def test_weights_are_seen_as_they_form(open_page):
    page = open_page("#train")
    begin(page, limit="6000", epochs=ENDLESS)
    page.wait_for_selector(".weights canvas")
    picture = "document.querySelector('.weights canvas').toDataURL()"
    before = page.evaluate(picture)
    page.wait_for_function(f"before => {picture} !== before", arg=before)
    stop(page)


def test_weights_are_seen_even_if_the_page_is_faster_than_the_pause_between_two_requests(open_page):
    page = open_page("#train")
    page.add_init_script("performance.now = () => 1")  # milliseconds after the page was opened
    page.reload()
    expect(page.locator(".weights canvas")).not_to_have_count(0)


def test_the_weights_of_every_layer_are_seen_to_spread(open_page):
    page = open_page("#train")
    begin(page, limit="6000", epochs=ENDLESS)
    words = page.locator(".histogram figcaption:has-text('times as wide')")
    words.nth(1).wait_for()  # of both layers
    assert re.search(
        r"Layer 2 \(Linear\)\s*standard deviation 0\.\d+, initially 0\.021",
        words.nth(0).inner_text(),
    )
    for kind in ("now", "start"):
        expect(page.locator(f".histogram-{kind}")).to_have_count(2)
    stop(page)


def test_what_a_run_with_a_beginning_of_its_own_spread_from_is_known_or_said_not_to_be(
    open_page, lab
):
    for name, film in (("follows", []), ("follows-filmed", ["--film"])):
        if not (lab.cache.runs() / name).exists():
            order = f"train --quiet --limit 1000 --epochs 1 --from first --name {name}".split()
            assert network(lab.cache, *order, *film).wait() == 0
    page = open_page("#train")
    for name, words in (("follows-filmed", "initially"), ("follows", "unknown")):
        page.wait_for_selector(f"#run-picker option[value={name}]", state="attached")
        page.select_option("#run-picker", name)
        page.locator(f".histogram figcaption:has-text('{words}')").nth(1).wait_for()
    expect(page.locator(".histogram-start")).to_have_count(0)
    check_layout(page)


def test_the_learning_rate_is_changed_while_it_runs(open_page, lab):
    page = open_page("#train")
    run = begin(page, limit="6000", epochs=ENDLESS)
    wait_for_epoch(page, 2)
    page.fill("#setting-learning-rate", "0.5")
    page.press("#setting-learning-rate", "Enter")
    page.wait_for_selector(".changes:has-text('learning rate 0.5')")
    expect(page.locator(".chart-mark")).to_have_count(2)  # in both curves
    expect(page.locator("#setting-momentum")).to_be_disabled()  # SGD has none
    expect(page.locator("#setting-dropout")).to_be_disabled()
    done = epochs_done(page)
    wait_for_epoch(page, done + 1)  # it goes on
    page.fill("#setting-weight-decay", "-1")
    page.press("#setting-weight-decay", "Enter")
    page.wait_for_selector(".run-side .problem:has-text('Weight decay is -1')")
    expect(page.locator("#setting-weight-decay")).to_have_value("0.000024")
    page.fill("#setting-augment", "shift=2")
    page.press("#setting-augment", "Enter")
    page.wait_for_selector(".changes:has-text('augment')")
    expect(page.locator("#setting-augment")).to_have_value("shift=2")
    stop(page)
    meta = load_checkpoint(find_run(lab.cache, run).checkpoint).meta
    assert meta["configuration"]["learning_rate"] == 0.5
    changed = [{"learning_rate": 0.5}, {"augment": {"shift": 2.0}}]
    assert [change["values"] for change in meta["changes"]] == changed


def test_a_page_that_is_reloaded_in_mid_training_has_missed_nothing(open_page):
    page = open_page("#train")
    run = begin(page, limit="6000", epochs=ENDLESS)
    wait_for_epoch(page, 3)
    page.reload()
    page.wait_for_selector(".run-state:has-text('training')")
    wait_for_epoch(page, 4)
    expect(page.locator("#run-picker")).to_have_value(run)
    page.click("[data-command=pause]")
    page.wait_for_selector(".run-state:has-text('paused')")
    wait_until_drawn(page)
    done = epochs_done(page)
    dots = page.locator(f".curves .panel:first-child [data-series='{run}'] circle")
    expect(dots).to_have_count(done)  # one an epoch
    page.click("[data-command=epoch]")
    wait_for_epoch(page, done + 1)
    page.wait_for_selector(".run-state:has-text('paused')")
    wait_until_drawn(page)
    assert epochs_done(page) == done + 1
    expect(dots).to_have_count(done + 1)
    stop(page)
    page.click("[data-command=resume]")
    page.wait_for_selector(".run-state:has-text('training')")
    wait_for_epoch(page, done + 2)
    stop(page)


def test_a_list_of_runs_that_comes_late_does_not_take_the_focus_from_a_new_run(open_page):
    page, held = open_page("#train"), []

    def hold_the_first(route):
        if held:
            route.continue_()
        else:
            held.append((route, route.fetch()))

    page.route("**/api/runs", hold_the_first)
    page.select_option(".chip-select", "convolution")  # a finished run: its end refreshes the list
    page.wait_for_function("() => document.querySelectorAll('.chip').length > 1")
    run = begin(page, limit="6000", epochs=ENDLESS)
    route, response = held[0]
    with page.expect_response("**/api/runs"):
        route.fulfill(response=response)
    wait_for_epoch(page, 2)
    wait_until_drawn(page)
    expect(page.locator("#run-picker")).to_have_value(run)
    page.wait_for_selector(".run-state:has-text('training')")
    stop(page)


def test_runs_lie_over_each_other_and_are_chosen_by_chips(open_page):
    page = open_page("#train")
    page.select_option("#run-picker", "first")
    page.wait_for_selector(".chip[aria-pressed=true]:has-text('first')")
    page.select_option(".chip-select", "convolution")
    page.wait_for_function("() => document.querySelectorAll('.curves polyline').length == 4")
    page.click(".chip:has-text('convolution')")
    page.wait_for_selector(".run-facts:has-text('784-c8-10')")
    expect(page.locator("#run-picker")).to_have_value("convolution")
    expect(page.locator(".weights canvas")).to_have_count(8)  # kernels
    wait_until_drawn(page)
    page.hover(".curves .panel:first-child svg", position={"x": 200, "y": 100})
    expect(page.locator(".chart-readout:not([hidden])")).to_contain_text("first")
    page.click("[aria-label='Remove first from charts']")
    page.wait_for_function("() => document.querySelectorAll('.curves polyline').length == 2")


def test_a_hint_stands_above_the_curves_and_is_read_out(open_page):
    page = open_page("#train")
    begin(page, limit="6000", epochs=ENDLESS, learning_rate="100")
    page.wait_for_selector("[role=status] .hint:has-text('learning rate, 100, is too high')")
    for _ in each_size(page):
        page.wait_for_function("""() => {
            const boxes = [".hint", ".curves"].map((it) => document.querySelector(it));
            const [hint, curves] = boxes.map((it) => it?.getBoundingClientRect());
            return hint && curves.height && hint.bottom <= curves.top;
        }""")
        check_layout(page)
    stop(page)
    page.select_option("#run-picker", "first")  # which learns
    page.wait_for_selector(".hint", state="detached")


def test_a_training_that_has_failed_says_what_to_do(open_page, lab):
    body = {"choices": {"limit": 1000, "learning_rate": 1e6, "weight_decay": 1000}}
    answer = lab.post(f"{lab.address}api/trainings", json=body, timeout=PATIENCE)
    page = open_page("#train")
    page.select_option("#run-picker", answer.json()["run"])
    page.wait_for_selector(".run-state:has-text('failed')")
    page.wait_for_selector(".hint:has-text('1,000,000, is too high. Restart with a tenth')")


def test_what_makes_no_sense_is_told_at_its_field(open_page):
    page = open_page("#train")
    page.wait_for_selector(".new-training form", state="attached")
    page.evaluate("document.querySelector('.new-training').open = true")
    page.evaluate("document.querySelector('.more').open = true")
    for name, text, words in (
        ("learning_rate", "-1", "Learning rate is -1"),
        ("layers", "Linaer(3)", "Did you mean Linear?"),
        ("name", "first", "never overwritten"),
    ):
        field = page.locator(f"#field-{name}")
        before = field.input_value()
        field.fill(text)
        page.click("text=Start training")
        page.wait_for_selector(
            f".field.is-invalid:has(#field-{name}) .field-problem:has-text('{words}')"
        )
        expect(page.locator(".field.is-invalid")).to_have_count(1)
        check_layout(page)
        field.fill(before)


def test_slow_motion_lets_each_step_be_seen(open_page):
    page = open_page("#train", size="phone")
    begin(page, limit="6000", epochs=ENDLESS)
    page.click(".speed button:has-text('5')")
    page.wait_for_selector(".speed [aria-pressed=true]:has-text('5')")
    page.wait_for_selector(".run-facts :text-matches('^[1-5] steps.s')")
    check_layout(page)
    page.click("[data-command=pause]")
    page.wait_for_selector(".run-state:has-text('paused')")
    page.click(".speed button:has-text('Maximum')")
    page.wait_for_selector(".speed [aria-pressed=true]:has-text('Maximum')")
    page.click("[data-command=resume]")
    wait_for_epoch(page, epochs_done(page) + 2)
    stop(page)
    page.wait_for_selector(".speed", state="hidden")


def test_a_training_fits_every_window(open_page):
    page = open_page("#train")
    begin(page, limit="3000", epochs=ENDLESS, hidden="64")
    wait_for_epoch(page, 2)
    page.wait_for_selector(".weights canvas")
    for _ in each_size(page):
        check_layout(page)
        small = page.evaluate("""() => [...document.querySelectorAll(
            "main button, main select, main summary, nav a, header button, header select")]
            .map((it) => [it.getBoundingClientRect().height, it.outerHTML])
            .filter(([height]) => height && height < 40)""")
        assert small == []  # every one of them is large enough for a finger
    stop(page)
