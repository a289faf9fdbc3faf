"""A page becomes digits: ink is found under any light, parts are joined, order is kept."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from network.images.pages.blob import build_blob
from network.images.pages.components import label_components
from network.images.pages.deskew import deskew, measure_slant
from network.images.pages.draw_steps import draw_steps
from network.images.pages.read import PageOptions, page_text, prepare_page, read_digits, read_page
from network.images.pages.reading_order import group_lines
from network.images.pages.ruled_lines import highest_ahead, without_ruling
from network.images.pages.split_touching import split_touching
from pipeline.errors import CorruptError
from tests.support.scans import difference, enlarge, unlike

LIGHTS = {
    "even": lambda y, x: np.ones_like(x),
    "from the left": lambda y, x: 1 - 0.7 * x,
    "dark corners": lambda y, x: 1.2 - 1.4 * ((x - 0.5) ** 2 + (y - 0.5) ** 2),
    "a shadow": lambda y, x: 1 - 0.5 / (1 + np.exp(-40 * (x + 0.2 * y - 0.6))),
}


def page_of(digits, places, shape=(300, 500), paper=0.9, ink=0.2):
    """Put digits on a page, each at its place: left, top and side; ink may lie over ink."""
    share = np.zeros(shape)
    for digit, (left, top, side) in zip(digits, places, strict=True):
        big = Image.fromarray(digit).resize((side, side), Image.Resampling.BICUBIC)
        part = share[top : top + side, left : left + side]
        np.maximum(part, np.asarray(big) / 255, out=part)
    return np.round(255 * (paper + (ink - paper) * share)).astype(np.uint8)


def under(light, page):
    y, x = np.mgrid[0 : 1 : page.shape[0] * 1j, 0 : 1 : page.shape[1] * 1j]
    return np.clip(np.round(page * light(y, x)), 0, 255).astype(np.uint8)


def in_a_row(count, side=80, top=60):
    return [(20 + side * index, top, side) for index in range(count)]


def flood(mask):
    """Number components as a child would: from pixel to pixel."""
    labels, count = np.zeros(mask.shape, int), 0
    for start in zip(*np.nonzero(mask), strict=True):
        if labels[start]:
            continue
        count += 1
        waiting = [start]
        while waiting:
            row, column = waiting.pop()
            around = np.s_[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2]
            if mask[row, column] and not labels[row, column]:
                labels[row, column] = count
                rows, columns = np.nonzero(mask[around])
                corner = around[0].start, around[1].start
                waiting += zip(rows + corner[0], columns + corner[1], strict=True)
    return labels, count


@given(st.integers(1, 12), st.integers(1, 12), st.floats(0, 1), st.integers(0, 2**32))
def test_components_are_what_flooding_finds(height, width, share, seed):
    mask = np.random.default_rng(seed).random((height, width)) < share
    labels, boxes = label_components(mask)
    expected, count = flood(mask)
    assert len(boxes) == count
    assert len(set(zip(labels.flat, expected.flat, strict=True))) == count + (not mask.all())
    for number, (left, top, right, bottom) in enumerate(boxes, 1):
        rows, columns = np.nonzero(labels == number)
        found = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
        assert found == (left, top, right, bottom)


@settings(max_examples=60)
@given(data=st.data())
def test_any_digit_anywhere_at_any_size_is_found_once(mnist_test_set, data):
    digit = mnist_test_set[0][data.draw(st.integers(0, 199))]
    side = data.draw(st.integers(60, 280))
    left, top = data.draw(st.integers(0, 500 - side)), data.draw(st.integers(0, 300 - side))
    paper, ink = data.draw(st.sampled_from([(0.95, 0.1), (0.6, 0.2), (0.1, 0.8), (0, 1)]))
    page = page_of([digit], [(left, top, side)], paper=paper, ink=ink)
    (found,) = prepare_page(page).digits
    box = found.box
    assert left - 2 <= box.left < box.left + box.width <= left + side + 2
    assert top - 2 <= box.top < box.top + box.height <= top + side + 2
    assert unlike(found.pixels, digit) < 12  # of about 30


@settings(max_examples=30)
@given(st.integers(0, 199), st.sampled_from(sorted(LIGHTS)))
def test_light_and_dark_may_be_exchanged(mnist_test_set, index, light):
    page = under(LIGHTS[light], page_of(mnist_test_set[0][index : index + 3], in_a_row(3)))
    one, other = prepare_page(page), prepare_page(255 - page)
    assert [digit.box for digit in one.digits] == [digit.box for digit in other.digits]
    for pair in zip(one.digits, other.digits, strict=True):
        assert difference(*(digit.pixels for digit in pair)) < 1


@pytest.mark.parametrize("light", LIGHTS)
def test_the_light_need_not_be_even(mnist_test_set, light):
    digits = mnist_test_set[0][:5]
    page = page_of(digits, in_a_row(5))
    expected = prepare_page(page).digits
    found = prepare_page(under(LIGHTS[light], page)).digits
    assert len(found) == len(expected) == 5
    for pair in zip(found, expected, strict=True):
        assert unlike(*(digit.pixels for digit in pair)) < 8


@settings(max_examples=30)
@given(st.integers(0, 2**32))
def test_digits_come_line_by_line_from_left_to_right(mnist_test_set, seed):
    rng = np.random.default_rng(seed)
    counts, slope = rng.integers(1, 6, rng.integers(1, 4)), rng.uniform(-0.08, 0.08)
    places, lines = [], []
    for line, count in enumerate(counts):
        for column in range(count):
            top = 30 + 90 * line + slope * 80 * column + rng.integers(-6, 7)
            places.append((int(20 + 90 * column + rng.integers(0, 12)), int(top), 64))
            lines.append(line)
    zeros = [mnist_test_set[0][3]] * len(places)  # one that hangs together
    order = rng.permutation(len(places))
    page = prepare_page(page_of(zeros, [places[index] for index in order], (420, 520)))
    assert [digit.line for digit in page.digits] == lines
    for digit, (left, top, _) in zip(page.digits, places, strict=True):
        assert left < digit.box.left < left + 64
        assert top < digit.box.top < top + 64
    text = page_text(page, ["0"] * len(places))
    assert text == "\n".join("0" * count for count in counts)


def test_a_bar_that_is_apart_belongs_to_its_five():
    page = np.full((200, 200), 230, np.uint8)
    page[40:48, 90:130] = 30  # the bar
    page[54:140, 70:78] = 30
    page[100:108, 70:120] = 30
    page[100:150, 112:120] = 30
    (digit,) = prepare_page(page).digits
    assert digit.box == (70, 40, 60, 110)


@pytest.mark.parametrize("mark", ["comma", "hyphen"])
def test_punctuation_is_no_digit(mnist_test_set, mark):
    page = page_of([mnist_test_set[0][index] for index in (3, 10)], [(60, 60, 140), (220, 60, 140)])
    expected = [digit.box for digit in prepare_page(page).digits]
    top, height, width = (160, 36, 8) if mark == "comma" else (128, 8, 26)
    page[top : top + height, 190 : 190 + width] = 40
    assert [digit.box for digit in prepare_page(page).digits] == expected


def test_specks_are_no_digits(mnist_test_set):
    page = page_of(mnist_test_set[0][:2], [(60, 60, 120), (260, 60, 120)])
    rng = np.random.default_rng(0)
    for _ in range(40):
        row, column = rng.integers(0, 295), rng.integers(0, 495)
        page[row : row + 4, column : column + 4] = 60
    assert len(prepare_page(page).digits) == 2


@pytest.mark.parametrize("down", [False, True])
def test_the_ruling_of_the_paper_is_no_ink(mnist_test_set, down):
    digits = mnist_test_set[0][:5]
    page = page_of(digits, in_a_row(5))
    expected = prepare_page(page).digits
    page[14::28] = np.minimum(page[14::28], 180)
    if down:
        page[:, 10::28] = np.minimum(page[:, 10::28], 180)
    found = prepare_page(page).digits
    assert len(found) == 5
    for pair in zip(found, expected, strict=True):
        assert unlike(*(digit.pixels for digit in pair)) < 8


def test_two_digits_that_touch_are_split_and_single_ones_are_not():
    one, gap = np.zeros((60, 40), bool), 8
    one[gap:-gap, gap:-gap] = True
    one[2 * gap : -2 * gap, 2 * gap : -2 * gap] = False  # an angular 0
    ring = build_blob(one).mask
    two = np.zeros((44, 60), bool)
    two[:, :24] = two[:, 36:] = ring
    two[20:24, 24:36] = True  # where they touch
    parts = split_touching(build_blob(two))
    assert len(parts) == 2
    assert parts[0].width >= 24
    assert parts[1].left <= 36
    assert sum(part.mask.sum() for part in parts) == two.sum()
    assert len(split_touching(build_blob(ring))) == 1
    assert len(split_touching(build_blob(np.rot90(ring)))) == 1


def test_an_empty_page_has_no_lines():
    assert group_lines([]) == []


@pytest.mark.parametrize("slant", [-0.5, -0.2, 0, 0.3, 0.6])
def test_slanted_digits_are_set_upright(mnist_test_set, slant):
    for digit in mnist_test_set[0][:10]:
        upright = deskew(digit)
        big = Image.fromarray(np.pad(upright, 20))
        shear = (1, slant, -slant * big.height / 2, 0, 1, 0)
        slanted = np.asarray(big.transform(big.size, Image.Transform.AFFINE, shear))
        assert abs(measure_slant(deskew(slanted))) < 0.1
        assert unlike(*(prepare(ink) for ink in (deskew(slanted), upright))) < 8


def prepare(ink):
    (digit,) = prepare_page(np.pad(ink, 10)).digits
    return digit.pixels


def test_a_28x28_digit_is_set_upright_when_asked(mnist_test_set):
    one = mnist_test_set[0][2]
    (kept,), (upright,) = (
        prepare_page(one, PageOptions(deskew=ask)).digits for ask in (False, True)
    )
    assert np.array_equal(kept.pixels, one)
    assert abs(measure_slant(upright.pixels)) < 0.05 < abs(measure_slant(one))


def test_a_file_its_bytes_and_its_grey_levels_are_read_alike(tmp_path, mnist_test_set):
    page = enlarge(mnist_test_set[0][0])
    page.save(tmp_path / "page.png")
    data = (tmp_path / "page.png").read_bytes()
    for source in (tmp_path / "page.png", data, np.asarray(page)):
        (digit,) = read_digits(source)
        assert np.array_equal(digit.pixels, read_digits(data)[0].pixels)
    with pytest.raises(CorruptError, match="the picture: nothing is drawn on it"):
        read_digits(np.full((50, 50), 200, np.uint8))
    with pytest.raises(CorruptError, match="the picture: not an image of type PNG"):
        read_digits(b"a text")


def test_noise_is_no_page_of_digits():
    noise = np.random.default_rng(0).integers(0, 256, (800, 800)).astype(np.uint8)
    with pytest.raises(CorruptError, match=r"the picture: .* marks, of 1,000 at most"):
        read_digits(noise)


def test_what_cannot_be_separated_is_one(mnist_test_set):
    page = page_of(mnist_test_set[0][:3], in_a_row(3))
    (whole,) = read_page(page, PageOptions(separate=False)).digits
    assert whole.box.width > 2 * 80
    assert len(read_page(page).digits) == 3


def test_the_steps_are_drawn(mnist_test_set):
    pages = [prepare_page(page_of(mnist_test_set[0][:n], in_a_row(n))) for n in (5, 1)]
    picture = draw_steps(pages, ["one page", "a" * 300], [list("72104"), ["7"]])
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    levels = np.asarray(picture.convert("L"))
    assert levels.shape[1] > 1000
    assert len(np.unique(levels)) > 50
    single = draw_steps(pages[:1], ["one page"], [list("72104")])
    assert single.height < picture.height


def test_lines_paler_than_ink_are_taken_off_and_strokes_stay():
    page = np.zeros((100, 200), np.uint8)
    page[10:12] = page[50:52] = 80
    page[20:90, 60:66] = 200  # a stroke across a line
    page[80:86, 40:110] = 200  # a long stroke along the lines, as dark as ink
    left = without_ruling(page, 200)
    assert left[10:12].max() == 0
    assert (left[20:90, 60:66] == 200).all()
    assert (left[80:86, 40:110] == 200).all()
    assert np.array_equal(left[50:52, 70:], np.zeros((2, 130), np.uint8))
    page[10:12, 100:] = page[50:52, 100:] = 0  # half a page of lines is no ruling
    assert without_ruling(page, 200) is page


@given(st.integers(1, 9), st.integers(1, 30), st.integers(1, 9), st.integers(0, 2**32))
def test_the_highest_ahead_is_what_looking_finds(height, width, length, seed):
    levels = np.random.default_rng(seed).integers(0, 256, (height, width + length - 1), np.uint8)
    expected = [[row[column : column + length].max() for column in range(width)] for row in levels]
    assert np.array_equal(highest_ahead(levels, length), expected)
