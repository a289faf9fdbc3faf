"""The page that a run is exported as: it opens from disk, asks nobody, and reads what is drawn."""

import json
import re

import numpy as np
import pytest
from playwright.sync_api import expect

from network.images.pages.read import PageOptions, read_page
from network.lab.bundle import bundle
from tests.support.browser import WAIT, Watched, check_layout, network, write_digit
from tests.support.pace import PATIENCE
from tests.support.small_digits import NAME, make_small_digits

REACH = 1  # grey level by which a pixel may differ: rounding


@pytest.fixture(scope="module")
def exported(lab_cache, tmp_path_factory):
    """The pages of both runs, by name."""
    folder = tmp_path_factory.mktemp("exported pages")
    paths = {run: folder / f"{run} & more.html" for run in ("first", "convolution")}
    for run, path in paths.items():
        process = network(lab_cache, "export", run, "--quiet", "--html", str(path))
        assert process.wait(timeout=PATIENCE) == 0
    return paths


@pytest.fixture
def open_file(browser):
    """Open a file, and fail if it complains or asks for anything but itself."""
    watched, contexts = Watched("file://"), []

    def open_path(path, **options):
        context = browser.new_context(offline=True, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(WAIT)
        watched.watch(page)
        page.goto(path.as_uri())
        page.wait_for_selector(".cell")
        return page

    yield open_path
    for context in contexts:
        context.close()
    assert watched.problems == []
    assert watched.requests == len(contexts)  # the file itself


@pytest.mark.parametrize("run", ["first", "convolution"])
def test_a_three_is_read_from_disk_without_a_single_request(exported, open_file, run):
    page = open_file(exported[run])
    write_digit(page, 3)
    expect(page.locator(".prediction")).to_have_text(re.compile("^3"))
    page.locator(".cell").nth(5).click()
    expect(page.locator(".unit-panel .thumbnail")).to_have_count(12)
    page.get_by_role("button", name="Switch off").click()
    expect(page.locator(".cell").nth(5)).to_have_class(re.compile("is-off"))
    page.get_by_label("Factor of the weights").fill("0")
    expect(page.locator(".edits-made .note")).to_have_text("1 switched off, 1 with scaled weights.")


def test_it_explains_predictions_from_disk(exported, open_file):
    page = open_file(exported["first"])
    write_digit(page, 4)
    page.get_by_role("link", name="Explain").click()
    expect(page.locator(".facts dd")).to_have_count(6)
    values = [
        float(text.replace("\u2212", "-")) for text in page.locator(".facts dd").all_inner_texts()
    ]
    assert values[2] == pytest.approx(values[5], abs=0.02)
    page.get_by_role("group", name="Target class").get_by_role("button", name="9").click()
    expect(page.locator(".change")).to_contain_text("Predicted as 9")
    labels = page.locator(".near").first.locator("b").all_inner_texts()
    assert labels[0] == "4"


@pytest.mark.parametrize("width", [375, 1440])
def test_it_fits_its_window(exported, open_file, width):
    page = open_file(exported["convolution"], viewport={"width": width, "height": 900})
    write_digit(page, 3)
    check_layout(page)
    page.get_by_role("link", name="Explain").click()
    page.wait_for_selector(".change .equation")
    check_layout(page)


def test_the_page_may_run_its_own_script_and_nothing_else(call, tmp_path):
    cache, page = make_small_digits(tmp_path), tmp_path / "page.html"
    call("init", "--dataset", NAME, "--name", "first", cache=cache)
    call("export", "first", "--html", str(page), cache=cache)
    text = page.read_text("utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)[1]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert not re.search(r'(src|href)="(?!#|data:)', text)
    assert not re.search(r"https?://(?!www\.w3\.org/)", text)  # names of formats are no addresses


PREPARE = """async (strokes) => {
  const { Board } = await import("/ui/board.js");
  const { prepareGrey } = await import("/maths/prepare.js");
  const board = new Board(() => {});
  board.load({ strokes, under: null });
  const { side, grey } = board.toGrey();
  const file = new Uint8Array(await (await board.toBlob()).arrayBuffer());
  return [String.fromCharCode(...file), [...prepareGrey(grey, side)]];
}"""


def test_drawings_are_prepared_in_the_page_as_they_are_in_python(open_page, figure):
    page = open_page()
    rng = np.random.default_rng(0)
    largest = 0
    for _ in range(30):
        width, count = int(rng.choice([20, 32, 46])), int(rng.integers(2, 5))
        corner, size = rng.uniform(40, 150, 2), rng.uniform(60, 200, 2)
        strokes = [
            {"width": width, "points": (corner + size * rng.random((6, 2))).tolist()}
            for _ in range(count)
        ]
        file, pixels = page.evaluate(PREPARE, strokes)
        (digit,) = read_page(file.encode("latin-1"), PageOptions(separate=False)).digits
        expected = digit.pixels.astype(int)
        found = np.array(pixels).reshape(28, 28)
        largest = max(largest, int(np.abs(found - expected).max()))
    figure(
        "Drawings prepared in JavaScript: a pixel differs by {most_levels} of 255 at most",
        most_levels=largest,
    )
    assert largest <= REACH


def test_a_bundle_refuses_what_it_does_not_understand(tmp_path):
    (tmp_path / "a.js").write_text('export { b } from "./b.js";\n')
    with pytest.raises(ValueError, match="is not supported in a bundle"):
        bundle(tmp_path, "a.js")


def test_a_bundle_runs_each_module_once_and_keeps_names_apart(tmp_path, browser):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "one.js").write_text(
        'import { count } from "../two.js";\nconst own = 1;\nexport const seen = own + count();\n'
    )
    (tmp_path / "two.js").write_text(
        "const own = 10;\nlet called = 0;\nexport function count() {\n  called += 1;\n"
        "  return called * own;\n}\n"
    )
    (tmp_path / "first.js").write_text(
        'import { seen as before } from "./sub/one.js";\nimport * as two from "./two.js";\n'
        "globalThis.result = [before, two.count()];\n"
    )
    page = browser.new_page()
    page.evaluate(bundle(tmp_path, "first.js").replace('"use strict";', ""))
    assert json.dumps(page.evaluate("globalThis.result")) == "[11, 20]"
    page.close()
