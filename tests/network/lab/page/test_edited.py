"""Edited networks saved from the lab: the button, the new run that is chosen, what is refused."""

import re
import shutil

import pytest
from playwright.sync_api import expect

from network.lab.routes.models import MAX_SAVED_RUNS
from network.runs.folder import load_run
from network.runs.make_ensemble import make_ensemble
from network.runs.names import find_run, list_runs
from tests.support.browser import check_layout, running_lab, train_run
from tests.support.pace import PATIENCE
from tests.support.small_digits import NAME, make_small_digits

OFF = {"off": [[2, 0]]}


@pytest.fixture(scope="module")
def small_lab(tmp_path_factory):
    """A lab of its own: what is saved here is no other test's run."""
    cache = make_small_digits(tmp_path_factory.mktemp("edited"))
    choices = {"dataset": NAME, "hidden": (5,), "epochs": 2, "validation": 0.5}
    for seed, name in enumerate(("first", "second")):
        train_run(cache, name, seed=seed, **choices)
    make_ensemble(cache, ["first", "second"], "both")
    with running_lab(cache) as started:
        yield started


def open_draw(open_page, lab, run, **options):
    page = open_page("#draw", address=lab.entrance, **options)
    page.wait_for_selector("#run-picker:not([disabled])")
    page.select_option("#run-picker", run)
    page.wait_for_selector(".board")
    page.get_by_role("button", name="Another digit").click()
    expect(page.locator(".prediction")).not_to_have_text("?")
    return page


def scores(page):
    return page.locator(".score-text").all_inner_texts()


def test_an_edited_network_is_saved_chosen_and_keeps_its_scores(open_page, small_lab):
    page = open_draw(open_page, small_lab, "first")
    save = page.get_by_role("button", name="Save run")
    expect(save).to_be_disabled()  # nothing is edited
    page.get_by_role("button", name="Layer 2 (Linear), neuron 3", exact=True).click()
    page.get_by_role("button", name="Switch off").click()
    page.get_by_label("Prune the smallest weights").fill("0.4")
    page.get_by_label("Factor of the weights").fill("3")
    edited = scores(page)
    page.get_by_label("Run name").fill("../first")
    save.click()
    expect(page.locator(".save-edited .field-problem")).to_contain_text("is not a valid run name")
    page.get_by_label("Run name").fill("without-two")
    page.get_by_label("Run name").press("Enter")
    expect(page.locator("#run-picker")).to_have_value("without-two")
    note = page.locator(".save-edited [role=status]")
    expect(note).to_have_text("Saved as run without-two.")
    assert scores(page) == edited
    expect(page.get_by_role("button", name="Undo all edits")).to_be_disabled()
    expect(page.locator(".cell.is-off")).to_have_count(0)  # it is what the weights say
    told = load_run(find_run(small_lab.cache, "without-two"))[0].meta["edited"]
    assert (told["off"], told["prune"], told["run"]) == ([[2, 2]], 0.4, "first")


def test_without_a_name_it_is_called_after_the_run_and_the_picker_lists_both(open_page, small_lab):
    page = open_draw(open_page, small_lab, "both")
    expect(page.locator(".edit-panel")).to_have_count(0)
    page.get_by_role("button", name=re.compile("second")).click()
    page.get_by_role("button", name="Layer 2 (Linear), neuron 2", exact=True).click()
    page.get_by_role("button", name="Switch off").click()
    page.get_by_role("button", name="Save run").click()
    expect(page.locator("#run-picker")).to_have_value("both-edited-1")
    names = page.locator("#run-picker option").evaluate_all("all => all.map(it => it.value)")
    assert {"both", "both-edited-1"} <= {*names}
    assert load_run(find_run(small_lab.cache, "both-edited-1"))[0].meta["edited"]["member"] == 1


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_the_field_and_its_button_fit_the_window_and_a_finger(open_page, small_lab, size):
    page = open_draw(open_page, small_lab, "first", size=size, dark=size == "phone")
    for control in (page.get_by_label("Run name"), page.locator(".save-edited .button")):
        assert control.bounding_box()["height"] >= 40
    check_layout(page)


def save(lab, value, run="first"):
    answer = lab.post(f"{lab.address}api/runs/{run}/edited", json=value, timeout=PATIENCE)
    return answer.status_code, answer.json()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("run", "value", "status", "words"),
    [
        ("first", {}, 422, "run first has no edits"),
        ("first", {**OFF, "name": "first"}, 422, 'run "first" already exists'),
        ("first", {**OFF, "name": "../../first"}, 422, "is not a valid run name"),
        ("first", {**OFF, "name": "a" * 101}, 422, "at most 100 characters"),
        ("first", {"off": [[0, 0]]}, 422, "layer 0, Flatten, has no units to switch off"),
        ("first", {"scales": [[0, 0, 2.0]]}, 422, "index 0 is out of range for 0 entries"),
        ("both", {**OFF, "member": 2}, 404, "has no member 2"),
        ("no", OFF, 404, 'run "no" not found'),
        ("..%2ffirst", OFF, 405, "Method Not Allowed"),
    ],
    ids=str,
)
def test_what_cannot_be_saved_is_refused_in_one_line(small_lab, run, value, status, words):
    before = list_runs(small_lab.cache)
    found, answer = save(small_lab, value, run)
    assert (found, words in answer["error"]["message"]) == (status, True)
    assert list_runs(small_lab.cache) == before


@pytest.mark.slow
def test_a_page_cannot_fill_the_disk(small_lab):
    with running_lab(small_lab.cache) as started:
        names = [save(started, OFF)[1]["run"] for _ in range(MAX_SAVED_RUNS)]
        status, answer = save(started, OFF)
    assert len({*names}) == MAX_SAVED_RUNS
    assert (status, answer["error"]["hint"]) == (422, "Start `network lab` again to save more")
    for name in names:
        shutil.rmtree(find_run(small_lab.cache, name).folder)
