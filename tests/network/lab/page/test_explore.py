"""The view Explore: mistakes, confusion matrix, threshold, corruption, projection."""

import json
import re

import numpy as np
import pytest
from playwright.sync_api import expect

from network.core.data import Examples, load_examples, split_validation
from network.metrics.accuracy import compute_outputs, confusion_matrix
from network.metrics.calibration import probabilities
from network.metrics.probability_text import format_score
from network.metrics.risk_coverage import risk_coverage
from network.metrics.robustness import CORRUPTIONS, corrupt, robustness_curve
from network.runs.evaluate import load_runs
from network.runs.evaluation_log import count_evaluations, read_evaluations
from network.runs.make_ensemble import make_ensemble
from pipeline.datasets.catalogue.mnist import MNIST
from pipeline.datasets.registry import find_dataset
from tests.support.browser import check_both_layouts, running_lab, train_run
from tests.support.small_digits import NAME, make_small_digits


class Known:
    """What NumPy computes for the validation images of a run."""

    def __init__(self, cache, name):
        (loaded,) = load_runs(cache, [name])
        configuration = loaded.configuration
        examples = load_examples(cache, MNIST, "train", configuration.limit)
        _, held_out = split_validation(examples, configuration.validation, configuration.seed)
        self.images, self.labels = held_out.images, held_out.labels
        self.network = loaded.checkpoint.model, loaded.checkpoint.params
        self.outputs = compute_outputs(*self.network, held_out.images)
        self.probabilities = probabilities(*self.network, held_out.images)
        self.confidence = self.probabilities.max(axis=1)
        self.predictions = self.outputs.argmax(axis=1)
        self.wrong = np.flatnonzero(self.predictions != self.labels)

    def confident_mistakes(self):
        return self.wrong[np.argsort(-self.confidence[self.wrong], kind="stable")]


@pytest.fixture(scope="module")
def known(lab_cache):
    return Known(lab_cache, "first")


RUNS = ("first", "convolution")  # one ends with sigmoids, one with a softmax


def open_explore(open_page, run="first", **options):
    page = open_page("#explore", run=run, **options)
    page.wait_for_selector(".thumb")
    expect(page.locator("#run-picker")).to_have_value(run)
    page.wait_for_selector(".scatter-state", state="hidden")
    return page


def places_of(page):
    return [int(thumb.get_attribute("data-index")) for thumb in page.locator(".thumb").all()]


def test_mistakes_come_first_the_most_confident_before_all(open_page, known):
    page = open_explore(open_page)
    shown = places_of(page)
    assert shown == known.confident_mistakes()[: len(shown)].tolist()
    expect(page.locator(".big-number")).to_have_text(
        f"{100 * (1 - len(known.wrong) / len(known.labels)):.2f} %"
    )
    page.get_by_role("button", name="Correct").click()
    assert not set(places_of(page)) & set(known.wrong.tolist())
    page.get_by_role("button", name="Mistakes").click()
    page.get_by_role("button", name="Next page").click()
    assert places_of(page)[0] == known.confident_mistakes()[len(shown)]


def test_a_cell_of_the_matrix_opens_its_images(open_page, known):
    page = open_explore(open_page)
    counts = np.zeros((10, 10), int)
    np.add.at(counts, (known.labels, known.predictions), 1)
    np.fill_diagonal(counts, 0)
    label, prediction = np.unravel_index(counts.argmax(), counts.shape)
    page.get_by_role("button", name=f"{label} predicted as {prediction}:").click()
    expect(page.locator(".thumb")).to_have_count(int(counts.max()))
    assert set(page.locator(".thumb").all_inner_texts()) == {f"{label} → {prediction}"}
    for place in places_of(page):
        assert (known.labels[place], known.predictions[place]) == (label, prediction)
    page.locator(".explore-select", has_text="True class").locator("select").select_option("any")
    assert (known.predictions[places_of(page)] == prediction).all()
    page.get_by_role("button", name="Clear filter").click()
    page.get_by_role("button", name=f"Predicted as {prediction}", exact=True).click()
    assert (known.predictions[places_of(page)] == prediction).all()


def test_an_image_shows_its_scores_and_opens_in_the_other_views(open_page, known):
    page = open_explore(open_page)
    index = known.confident_mistakes()[3]
    page.locator(f".thumb[data-index='{index}']").click()
    scores = page.locator(".explore-detail .score-text").all_inner_texts()
    assert scores == [format_score(score) for score in known.outputs[index]]
    expect(page.locator(".detail-verdict")).to_have_text(
        f"True class {known.labels[index]}, predicted as {known.predictions[index]}."
    )
    page.locator("[data-action=draw]").click()
    expect(page.locator(".prediction")).to_have_text(re.compile(f"^{known.predictions[index]}"))
    page.go_back()
    expect(page.locator(f".thumb[data-index='{index}']")).to_have_attribute("aria-pressed", "true")


def slide(page, label, place):
    """Put a slider where it is wanted, as a hand does."""
    page.get_by_label(label).evaluate(
        """(it, place) => {
            it.value = place;
            for (const name of ["input", "change"]) it.dispatchEvent(new Event(name));
        }""",
        place,
    )


def shares(page):
    """The share of images predicted and the accuracy on them, in per cent."""
    texts = [page.locator(f"[data-is={it}]").inner_text() for it in ("coverage", "accuracy")]
    return [float(text.removesuffix(" %")) for text in texts]


@pytest.mark.parametrize("run", RUNS)
def test_coverage_and_accuracy_above_a_threshold_are_those_of_risk_coverage(
    open_page, lab_cache, run
):
    known, page = Known(lab_cache, run), open_explore(open_page, run)
    coverage, risk = risk_coverage(known.probabilities, known.labels)
    levels = np.unique(known.confidence)[::-1]  # risk_coverage has a point for each
    drawn = page.evaluate(
        """async (run) => {
            const { openImages } = await import("/views/explore/images.js");
            return (await openImages(run, "held-out")).curve;
        }""",
        run,
    )
    assert np.array(drawn) == pytest.approx(np.stack([coverage, risk], axis=1), abs=1e-12)
    for place in (0, 40, 133, 200):
        slide(page, "Minimum confidence", place)
        least = float(page.locator(".threshold-value").inner_text().removesuffix(" %")) / 100
        point = np.count_nonzero(levels >= least) - 1
        assert shares(page) == pytest.approx(
            [100 * coverage[point], 100 * (1 - risk[point])], abs=0.0051
        )
    left = int(np.count_nonzero(known.confidence < least))
    expect(page.locator(".explore-images .chip", has_text="Below threshold")).to_contain_text(
        f"{left:,}"
    )


def test_images_below_the_threshold_are_marked_and_found(open_page, known):
    page = open_explore(open_page)
    expect(page.locator(".thumb.is-below")).to_have_count(0)
    page.get_by_label("Minimum confidence").focus()
    for _ in range(3):
        page.keyboard.press("PageUp")
    least = float(page.locator(".threshold-value").inner_text().removesuffix(" %")) / 100
    assert 0.3 < least < 0.99
    below = known.confidence < least
    for place in places_of(page):
        marks = page.locator(f".thumb[data-index='{place}']").get_attribute("class").split()
        assert ("is-below" in marks) == below[place]
    page.locator(".chip", has_text="Below threshold").click()
    assert below[places_of(page)].all()
    page.get_by_role("link", name="Draw").click()
    page.go_back()
    expect(page.locator(".thumb.is-below").first).to_be_visible()
    slide(page, "Minimum confidence", 400)
    expect(page.locator(".threshold-result")).to_contain_text(f"{len(known.labels):,} images")


def corrupt_images(page, name):
    """Choose a corruption, and wait for the predictions."""
    page.locator(f"[data-corruption={name}]").click()
    expect(page.locator(".corruption")).to_have_attribute("aria-busy", "false")


def test_accuracy_with_a_corruption_is_what_robustness_measures(open_page, lab_cache):
    known, page = Known(lab_cache, "convolution"), open_explore(open_page, "convolution")
    examples = Examples(known.images, known.labels)
    for name, corruption in CORRUPTIONS.items():
        measured = dict(robustness_curve(*known.network, examples, name))
        corrupt_images(page, name)
        slide(page, "Severity", len(corruption.levels) - 1)
        expect(page.locator(".corruption")).to_have_attribute("aria-busy", "false")
        expected = f"{100 * measured[corruption.levels[-1]]:.2f} %"
        expect(page.locator("[data-is=corrupted]")).to_have_text(expected)
        expect(page.locator(".big-number")).to_have_text(expected)


def test_all_but_the_projection_follows_a_corruption_until_it_is_removed(open_page, known):
    page = open_explore(open_page)
    seen = "() => [...document.querySelectorAll('.thumb')].map((it) => it.dataset.index).join()"
    before = page.evaluate(seen)
    expect(page.get_by_text("without corruption")).to_be_hidden()
    corrupt_images(page, "blur")
    slide(page, "Severity", 3)
    expect(page.locator(".severity")).to_contain_text("1.5")
    expect(page.locator(".corruption")).to_have_attribute("aria-busy", "false")
    images = corrupt(known.images, "blur", 1.5)
    p = probabilities(*known.network, images)
    counts = confusion_matrix(known.labels, p.argmax(axis=1), 10)
    drawn = page.locator(".matrix tbody tr").evaluate_all(
        "(rows) => rows.map((row) => [...row.cells].slice(1, 11).map((it) => it.innerText))"
    )
    assert [[int(it.replace("·", "0")) for it in row] for row in drawn] == counts.tolist()
    wrong = np.flatnonzero(p.argmax(axis=1) != known.labels)
    assert places_of(page)[0] == wrong[p[wrong].max(axis=1).argmax()]
    slide(page, "Minimum confidence", 100)
    coverage = np.mean(p.max(axis=1) >= 0.9)
    assert shares(page)[0] == pytest.approx(100 * coverage, abs=0.0051)
    expect(page.get_by_text("without corruption")).to_be_visible()
    page.get_by_role("link", name="Draw").click()
    page.go_back()  # what was chosen is there again
    expect(page.locator("[data-is=corrupted]")).to_be_visible()
    page.get_by_role("button", name="Remove corruption").click()
    expect(page.locator("[data-corruption=blur]")).to_be_focused()
    assert page.evaluate(seen) == before


def test_of_corruptions_chosen_in_haste_only_the_last_is_shown(open_page, lab_cache):
    known, page = Known(lab_cache, "convolution"), open_explore(open_page, "convolution")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate("""() => {
        for (const name of ["shift", "rotation", "noise", "thickness", "blur"])
            document.querySelector(`[data-corruption=${name}]`).click();
    }""")
    expect(page.locator(".corruption-result")).to_contain_text("corrupted images")
    expect(page.locator(".corruption")).to_have_attribute("aria-busy", "false")
    level = CORRUPTIONS["blur"].levels[4]
    p = probabilities(*known.network, corrupt(known.images, "blur", level))
    expect(page.locator("[data-is=corrupted]")).to_have_text(
        f"{100 * np.mean(p.argmax(axis=1) == known.labels):.2f} %"
    )
    names = [re.search(r"answers.*damage=(\w+)", url)[1] for url in asked if "answers" in url]
    assert names == ["shift", "blur"]  # the others were never asked for
    page.evaluate("""() => {
        document.querySelector("[data-corruption=noise]").click();
        document.querySelector("[data-corruption=noise]").click();
    }""")
    expect(page.locator("[data-is=corrupted]")).to_have_count(0)
    expect(page.locator(".big-number")).to_have_text(
        f"{100 * (1 - len(known.wrong) / len(known.labels)):.2f} %"
    )


def test_keys_go_from_image_to_image(open_page):
    page = open_explore(open_page)
    page.locator(".thumb").first.focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp", "ArrowRight"):
        page.keyboard.press(key)
    second = page.locator(".thumb").nth(1)
    expect(second).to_be_focused()
    page.keyboard.press("Enter")
    expect(second).to_have_attribute("aria-pressed", "true")


def test_the_projection_is_drawn_and_describes_the_image_under_the_mouse(open_page, known):
    page = open_explore(open_page)
    scatter, tip = page.locator(".scatter"), page.locator(".scatter-tip")
    drawn = scatter.evaluate(
        "(it) => it.getContext('2d').getImageData(0, 0, it.width, it.height).data.some((x) => x)"
    )
    assert drawn
    scatter.focus()
    page.keyboard.press("ArrowRight")
    expect(tip).to_contain_text("predicted")
    page.keyboard.press("Enter")
    shown = page.locator("[data-is=index]").inner_text()
    place = int(re.search(r"Image ([\d,]+)", shown)[1].replace(",", ""))
    text = tip.inner_text()
    assert text.startswith(str(known.labels[place]))
    page.keyboard.press("Escape")
    scatter.scroll_into_view_if_needed()
    box = scatter.bounding_box()
    found = False
    for share in np.linspace(0.2, 0.8, 40):
        page.mouse.move(box["x"] + share * box["width"], box["y"] + share * box["height"])
        found = found or tip.is_visible()
    assert found


def test_the_projection_is_zoomed_by_the_wheel_and_moved_by_dragging(open_page):
    page = open_explore(open_page)
    scatter = page.locator(".scatter")
    picture = "(it) => it.toDataURL()"
    pictures = [scatter.evaluate(picture)]
    scatter.scroll_into_view_if_needed()
    box = scatter.bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(*middle)
    scatter.focus()
    page.mouse.wheel(0, -500)
    page.wait_for_function(
        "(before) => document.querySelector('.scatter').toDataURL() !== before", arg=pictures[0]
    )
    pictures.append(scatter.evaluate(picture))
    page.mouse.down()
    page.mouse.move(middle[0] + 80, middle[1] + 30, steps=4)
    page.mouse.up()
    pictures.append(scatter.evaluate(picture))
    page.get_by_role("button", name="Show all").click()
    page.mouse.move(box["x"] + 2, box["y"] + 2)
    assert len(set(pictures)) == 3
    assert page.locator(".thumb").first.is_visible()


def test_a_slow_projection_shows_its_progress_and_then_itself(open_page):
    page = open_explore(open_page, "convolution")
    before = page.locator(".scatter").evaluate("(it) => it.toDataURL()")
    page.get_by_role("button", name="t-SNE").click()
    expect(page.locator(".scatter-state")).to_contain_text("Computing the projection")
    expect(page.locator(".scatter-state")).to_be_hidden()
    page.wait_for_function(
        "(before) => document.querySelector('.scatter').toDataURL() !== before", arg=before
    )
    page.select_option(".projection-choices select", "0")
    expect(page.locator(".scatter-state")).to_contain_text("Computing the projection")


def test_the_first_test_evaluation_of_a_lab_is_logged_and_shown(open_page, lab_cache):
    (loaded,) = load_runs(lab_cache, ["convolution"])
    before = count_evaluations(read_evaluations(loaded.run.result, "mnist"), "mnist", "test")
    page = open_explore(open_page, "convolution")
    assert (
        count_evaluations(read_evaluations(loaded.run.result, "mnist"), "mnist", "test") == before
    )
    page.get_by_role("button", name="Test images").click()
    expect(page.locator(".explore-summary")).to_contain_text("Test evaluation")
    page.wait_for_selector(".thumb")
    looks = count_evaluations(read_evaluations(loaded.run.result, "mnist"), "mnist", "test")
    assert looks - before in (0, 1)  # another test of the lab may have been first
    assert looks >= 1
    page.get_by_role("button", name="Validation images").click()
    page.wait_for_selector(".thumb")
    page.get_by_role("button", name="Test images").click()
    page.wait_for_selector(".thumb")
    assert count_evaluations(read_evaluations(loaded.run.result, "mnist"), "mnist", "test") == looks


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_it_fits_its_window_in_light_and_dark(open_page, size):
    page = open_explore(open_page, size=size)
    corrupt_images(page, "noise")
    slide(page, "Minimum confidence", 60)
    page.locator(".matrix .is-mistake").first.click()
    page.locator(".thumb").first.click()
    expect(page.locator(".explore-detail")).to_be_visible()
    check_both_layouts(page)
    if size == "phone":
        page.get_by_role("button", name="Close").click()
        expect(page.locator(".explore-detail")).to_be_hidden()


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("none/answers", 404, "none"),
        ("first/answers?split=train", 422, "split"),
        ("first/answers?damage=fog&strength=1", 422, "damage"),
        ("first/answers?damage=noise&strength=1.01", 422, "expected 0 to 1"),
        ("first/images?damage=rotation&strength=nan", 422, "expected -60 to 60"),
        ("first/map?layers=1", 422, "expected one of [0, 3, 5]"),
        ("first/map?layers=3&method=som", 422, "method"),
        ("first/map?layers=3&member=0", 404, "no member 0"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_sentence(quick_lab, path, status, said):
    refused = quick_lab.get(f"{quick_lab.address}api/runs/{path}")
    assert refused.status_code == status
    assert said in refused.json()["error"]["message"]


@pytest.fixture(scope="module")
def small_lab(tmp_path_factory):
    """A lab with few images: an ensemble of two runs, and a run without validation images."""
    cache = make_small_digits(tmp_path_factory.mktemp("small"))
    choices = {"dataset": NAME, "epochs": 1}
    train_run(cache, "plain", hidden=(5,), **choices)
    train_run(cache, "other", hidden=(7, 6), **choices)
    make_ensemble(cache, ["plain", "other"], "together")
    train_run(cache, "greedy", hidden=(3,), validation=0.0, **choices)
    with running_lab(cache) as started:
        yield started


def test_each_network_of_an_ensemble_has_its_projections(open_page, small_lab):
    page = open_page("#explore", address=small_lab.entrance)
    page.wait_for_selector("#run-picker option >> nth=3", state="attached")
    page.select_option("#run-picker", "together")
    expect(page.locator(".explore-summary")).to_contain_text(
        "No network of this ensemble was trained on these images"
    )
    expect(page.locator(".projection-choices select").first).to_contain_text(
        "Layer 2 (Linear): 5 neurons"
    )
    page.get_by_label("Network", exact=True).select_option("other")
    expect(page.locator(".projection-choices select").first).to_contain_text(
        "Layer 4 (Linear): 6 neurons"
    )
    expect(page.locator(".scatter-state")).to_be_hidden()


def test_a_run_without_validation_images_has_its_test_images(open_page, small_lab):
    page = open_page("#explore", address=small_lab.entrance)
    page.wait_for_selector("#run-picker option >> nth=3", state="attached")
    page.select_option("#run-picker", "greedy")
    expect(page.locator(".problem")).to_contain_text("has no validation images")
    page.get_by_role("button", name="Test images").click()
    expect(page.locator(".explore-summary")).to_contain_text("Test evaluation 1 of this run")
    expect(page.locator(".thumb").first).to_be_visible()


def ask(lab, path):
    answer = lab.get(f"{lab.address}api/runs/{path}")
    answer.raise_for_status()
    return answer.content


@pytest.mark.slow
def test_a_corrupted_test_set_is_the_same_test_evaluation(small_lab):
    damaged = "split=test&damage=noise&strength=0.5"
    (loaded,) = load_runs(small_lab.cache, ["plain"])
    ask(small_lab, f"plain/images?{damaged}")
    for query in (damaged, "split=test", damaged.replace("noise", "blur")):
        assert json.loads(ask(small_lab, f"plain/answers?{query}"))["looks"] == 1
    looks = read_evaluations(loaded.run.result, NAME)
    assert count_evaluations(looks, NAME, "test") == 1
    examples = load_examples(small_lab.cache, find_dataset(small_lab.cache, NAME), "test")
    outputs = compute_outputs(loaded.checkpoint.model, loaded.checkpoint.params, examples.images)
    assert looks[-1].correct == np.sum(
        outputs.argmax(axis=1) == examples.labels
    )  # without corruption
