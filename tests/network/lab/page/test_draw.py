"""The view Draw: a digit is predicted, neurons show their computation, edits have effects."""

import base64
import io
import re
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from network.runs.evaluation_log import read_evaluations
from tests.support.browser import check_both_layouts, running_lab, write_digit

THREE_IS_READ = re.compile("^3")


def prediction_of(page):
    return page.locator(".prediction")


def open_draw(open_page, run="first", **options):
    page = open_page("#draw", run=run, **options)
    page.wait_for_selector(".view-draw .cell")
    expect(page.locator("#run-picker")).to_have_value(run)
    return page


def scores(page):
    return page.locator(".score-text").all_inner_texts()


def test_a_three_that_is_written_with_the_mouse_is_read(open_page):
    page = open_draw(open_page)
    assert prediction_of(page).inner_text() == "?"
    write_digit(page, 3)
    expect(prediction_of(page)).to_have_text(THREE_IS_READ)
    assert max(scores(page), key=lambda text: float(text.split()[0])) == scores(page)[3]
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(prediction_of(page)).to_have_text("?")
    write_digit(page, 4)
    expect(prediction_of(page)).to_have_text(re.compile("^4"))
    page.get_by_role("button", name="Clear").click()
    expect(prediction_of(page)).to_have_text("?")


def test_a_finger_writes_as_the_mouse_does(open_page):
    page = open_draw(open_page, size="phone")
    page.get_by_role("button", name="Thick pen").tap()
    page.locator(".board").tap()
    expect(prediction_of(page)).not_to_have_text("?")


def test_a_drawing_stays_when_one_looks_at_another_view(open_page):
    page = open_draw(open_page)
    write_digit(page, 3)
    expect(prediction_of(page)).to_have_text(THREE_IS_READ)
    page.keyboard.press("1")
    page.wait_for_selector(".view-train h1")
    page.keyboard.press("2")
    expect(prediction_of(page)).to_have_text(THREE_IS_READ)


def test_an_image_file_is_read_and_one_that_is_none_is_refused(open_page, mnist_test_set):
    page = open_draw(open_page)
    image = io.BytesIO()
    Image.fromarray(255 - mnist_test_set[0][0]).resize((300, 300)).save(image, "PNG")
    given = {"name": "seven.png", "mimeType": "image/png", "buffer": image.getvalue()}
    page.set_input_files(".file-input", given)
    expect(prediction_of(page)).to_have_text(re.compile("^7"))
    page.set_input_files(".file-input", {**given, "buffer": b"nothing"})
    expect(page.locator(".problem")).to_contain_text("not an image")


def test_an_image_file_of_another_scale_is_read_and_it_is_said(open_page, mnist_test_set):
    page = open_draw(open_page)
    image = io.BytesIO()
    Image.fromarray(mnist_test_set[0][0] // 17).save(image, "PNG")
    given = {"name": "seven.png", "mimeType": "image/png", "buffer": image.getvalue()}
    page.set_input_files(".file-input", given)
    expect(prediction_of(page)).to_have_text(re.compile("^7"))
    expect(page.locator(".problem")).to_have_text(
        "No pixel is above 15 of 255: 15 is used as full ink"
    )


DROP = """([name, base64]) => {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([bytes], name, { type: "image/png" }));
  const event = new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true });
  document.querySelector(".board").dispatchEvent(event);
}"""


def test_an_image_can_be_dropped_on_the_board(open_page, mnist_test_set):
    page = open_draw(open_page)
    image = io.BytesIO()
    Image.fromarray(mnist_test_set[0][1]).save(image, "PNG")
    page.evaluate(DROP, ["two.png", base64.b64encode(image.getvalue()).decode()])
    expect(prediction_of(page)).to_have_text(re.compile("^2"))


def test_several_digits_in_a_file_can_be_looked_at_one_by_one(open_page, mnist_test_set):
    page = open_draw(open_page)
    paper, image = np.full((60, 160), 250, np.uint8), io.BytesIO()
    for n, digit in enumerate(mnist_test_set[0][[0, 1, 2]]):
        paper[16:44, 16 + 50 * n : 44 + 50 * n] = np.minimum(250, 255 - digit)
    Image.fromarray(paper).resize((480, 180)).save(image, "PNG")
    page.set_input_files(
        ".file-input",
        {"name": "many.png", "mimeType": "image/png", "buffer": image.getvalue()},
    )
    for n, digit in enumerate("721"):
        page.get_by_role("button", name=f"Digit {n + 1}").click()
        expect(prediction_of(page)).to_have_text(re.compile(f"^{digit}"))


def test_a_digit_that_the_address_names_is_on_the_board(open_page):
    page = open_page("#draw/test/0")
    expect(page.locator(".seen")).to_contain_text("true class 7")
    expect(prediction_of(page)).to_have_text(re.compile("^7"))
    page.get_by_role("button", name="Clear").click()
    assert page.url.endswith("#draw")


def test_a_neuron_shows_its_weights_its_sum_and_the_digits_with_the_highest_activation(open_page):
    page = open_draw(open_page)
    write_digit(page, 3)
    expect(prediction_of(page)).to_have_text(THREE_IS_READ)
    page.get_by_role("button", name="Layer 2 (Linear), neuron 5", exact=True).click()
    panel = page.locator(".unit-panel")
    expect(panel.locator("h2")).to_have_text("Layer 2 (Linear), neuron 5")
    assert panel.locator(".equation canvas").count() == 3
    expect(panel.locator(".thumbnail")).to_have_count(12)
    values = [
        float(text.replace("\u2212", "-"))
        for text in panel.locator(".terms td:last-child").all_inner_texts()
    ]
    *terms, total, activation = values
    assert sum(terms) == pytest.approx(total, abs=0.06)  # each is rounded to two places
    assert activation == pytest.approx(1 / (1 + np.exp(-total)), abs=0.005)


def test_a_neuron_that_is_switched_off_changes_the_scores_and_the_accuracy(open_page):
    page = open_draw(open_page)
    write_digit(page, 3)
    expect(prediction_of(page)).to_have_text(THREE_IS_READ)
    before = scores(page)
    accuracy = page.locator(".accuracy .big-number")
    expect(accuracy).to_have_text(re.compile(r"^9\d\.\d\d %$"))
    original = accuracy.inner_text()
    strongest = page.locator(".block").first.locator(".cell.is-strong").first
    strongest.click()
    page.get_by_role("button", name="Switch off").click()
    expect(accuracy).not_to_have_text(original)
    assert scores(page) != before
    expect(page.locator(".effect")).to_contain_text(f"compared with the original {original}")
    page.get_by_role("button", name="Undo all edits").click()
    expect(accuracy).to_have_text(original)
    assert scores(page) == before
    page.get_by_label("Shift of the bias").fill("-5")
    expect(accuracy).not_to_have_text(original)
    page.get_by_role("button", name="Undo all edits").click()
    page.get_by_label("Prune the smallest weights").fill("1")
    expect(accuracy).to_have_text(re.compile(r"^(9|1\d)\.\d\d %$"))  # all predictions are one digit


@pytest.mark.parametrize(
    ("run", "unit"),
    [("first", "Layer 2 (Linear), neuron 5"), ("convolution", "Layer 1 (Conv2D), feature map 2")],
)
def test_weights_that_are_scaled_change_the_terms_and_the_prediction(open_page, run, unit):
    page = open_draw(open_page, run)
    write_digit(page, 3)
    before = scores(page)
    page.get_by_role("button", name=unit, exact=True).click()
    panel = page.locator(".unit-panel")
    heading = panel.locator(".equation + div h3")
    terms = panel.locator(".terms tr:not(.terms-sum) td:last-child")
    expect(heading).to_contain_text("Weighted sum")
    first = terms.all_inner_texts()
    factor = panel.get_by_label("Factor of the weights")
    factor.fill("-2.5")
    expect(panel.locator(".unit-sliders output").nth(1)).to_have_text("\u22122.5")
    expect(page.locator(".edits-made .note")).to_have_text("1 with scaled weights.")
    assert scores(page) != before
    values = [
        float(text.replace("\u2212", "-"))
        for text in panel.locator(".terms td:last-child").all_inner_texts()
        if text
    ]
    total = panel.locator(".terms-sum td").inner_text()
    at = values.index(float(total.replace("\u2212", "-")))
    assert sum(values[:at]) == pytest.approx(values[at], abs=0.06)  # each is rounded to two places
    factor.fill("0")  # the sum is the bias
    expect(panel.locator(".terms-sum td")).to_have_text(
        panel.locator(".terms tr", has_text="bias").locator("td").last.inner_text()
    )
    factor.fill("1")
    expect(page.get_by_role("button", name="Undo all edits")).to_be_disabled()
    factor.fill("2")
    page.get_by_role("button", name="Undo all edits").click()
    assert scores(page) == before
    assert terms.all_inner_texts() == first


def test_a_convolution_shows_its_maps_and_their_kernels(open_page):
    page = open_draw(open_page, "convolution")
    write_digit(page, 3)
    expect(prediction_of(page)).to_have_text(THREE_IS_READ)
    assert page.locator(".cells.is-images .cell").count() == 8
    page.get_by_role("button", name="Layer 1 (Conv2D), feature map 2", exact=True).click()
    panel = page.locator(".unit-panel")
    expect(panel.locator("figcaption").first).to_contain_text("feature map")
    assert panel.locator(".equation canvas").nth(2).evaluate("it => [it.width, it.height]") == [
        5,
        5,
    ]
    heading = panel.locator("h3").first
    first = heading.inner_text()
    panel.locator(".map-with-marker canvas").click(position={"x": 3, "y": 3})
    expect(heading).to_have_text("Weighted sum at row 0, column 0")
    assert first != heading.inner_text()


@pytest.mark.parametrize("size", ["wide", "phone"])
@pytest.mark.parametrize("run", ["first", "convolution"])
def test_nothing_is_wider_than_the_window(open_page, run, size):
    page = open_draw(open_page, run, size=size)
    page.get_by_role("button", name="Another digit").click()
    expect(prediction_of(page)).not_to_have_text("?")
    page.locator(".cell").nth(3).click()
    expect(page.locator(".unit-panel .thumbnail")).to_have_count(12)
    check_both_layouts(page)


def ask(lab, path, value=None, run="first"):
    method = "GET" if value is None else "POST"
    answer = lab.request(method, f"{lab.address}api/runs/{run}/{path}", json=value)
    return answer.status_code, answer.json()


@pytest.mark.slow
def test_the_first_look_at_a_runs_test_images_is_counted_and_no_other(lab):
    _, first = ask(lab, "accuracy", {})
    path = lab.cache.runs() / "first" / "test.json"
    looks = read_evaluations(path, "mnist")
    assert looks[-1].correct == first["correct"]
    assert first["looks"] == len(looks)
    _, edited = ask(lab, "accuracy", {"off": [[2, 3], [2, 4]], "noise": 0.5})
    assert edited["correct"] < first["correct"]
    assert read_evaluations(path, "mnist") == looks


@pytest.mark.parametrize(
    ("path", "value", "status"),
    [
        ("accuracy", {"off": [[2, 30]]}, 422),
        ("accuracy", {"shifts": [[0, 0, 1.0]]}, 422),
        ("accuracy", {"scales": [[1, 30, 2.0]]}, 422),
        ("accuracy", {"scales": [[1, 0, 5.1]]}, 422),
        ("accuracy", {"prune": 2}, 422),
        ("accuracy", {"member": 0}, 404),
        ("exciting?layer=1&unit=0", None, 404),
        ("exciting?layer=2&unit=30", None, 404),
        ("digit?split=held-out&index=999999", None, 404),
        ("change", {"pixels": [0] * 784, "target": 10}, 422),
        ("contributions", {"pixels": [0] * 783, "target": 1}, 422),
        ("contributions", {"pixels": [256] * 784, "target": 1}, 422),
    ],
)
def test_what_is_not_there_is_refused_in_one_line(quick_lab, path, value, status):
    found, answer = ask(quick_lab, path, value)
    assert found == status
    assert answer["error"]["message"]


@pytest.mark.slow
def test_a_lab_that_ends_in_the_middle_of_an_answer_says_nothing(lab_cache):
    with running_lab(lab_cache) as started, ThreadPoolExecutor(30) as pool:
        waiting = [
            pool.submit(ask, started, "accuracy", {"noise": n / 10}, run="convolution")
            for n in range(30)
        ]
        time.sleep(0.5)
        assert started.stop() == 0
        for one in waiting:
            one.exception()  # whatever became of it
