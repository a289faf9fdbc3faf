"""Every augmentation: random but repeatable, each image its own, nothing lost that must stay."""

import dataclasses
import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from network.images.augmentation import AUGMENTATIONS, PIECE, Erase, Thickness, build_augmentation
from network.images.distortions import Elastic, Rotate, Scale, Shear, Shift
from pipeline.errors import UsageError

GENTLE = {
    "shift": 1.0, "rotate": 10.0, "scale": 0.1, "shear": 0.1,
    "elastic": 30.0, "thickness": 0.8, "erase": 6.0, "noise": 0.1,
}  # fmt: skip
COMBINATIONS = [*({name: strength} for name, strength in GENTLE.items()), GENTLE]
every_combination = pytest.mark.parametrize("strengths", COMBINATIONS, ids="+".join)


@pytest.fixture(scope="module")
def digits(mnist_test_set):
    return np.multiply(mnist_test_set[0][: 3 * PIECE - 5], np.float32(1 / 255), dtype=np.float32)


def change(strengths, images, seed=0):
    return build_augmentation(strengths)(images, np.random.default_rng(seed))


def test_every_augmentation_has_a_gentle_strength_here():
    assert GENTLE.keys() == AUGMENTATIONS.keys()


@every_combination
def test_the_same_draws_make_the_same_new_images(strengths, digits):
    before = digits.copy()
    changed = change(strengths, digits)
    assert digits.tobytes() == before.tobytes()
    assert (changed.shape, changed.dtype) == (digits.shape, digits.dtype)
    assert not np.shares_memory(changed, digits)
    assert changed.min() >= 0
    assert changed.max() <= 1
    assert change(strengths, digits).tobytes() == changed.tobytes()
    assert change(strengths, digits, seed=1).tobytes() != changed.tobytes()


@every_combination
def test_each_image_of_a_batch_gets_its_own_draw(strengths):
    same = np.repeat(np.random.default_rng(0).random((1, 28, 28), np.float32), 3 * PIECE, axis=0)
    different = len({image.tobytes() for image in change(strengths, same)})
    # there are only 784 places for a square
    assert different == len(same) or (strengths.keys() == {"erase"} and different > 2 * PIECE)


@every_combination
@pytest.mark.parametrize("shape", [(0, 28, 28), (1, 28, 28), (3, 5, 40), (2, 1, 1)])
def test_images_of_any_number_and_size_are_changed(strengths, shape):
    assert change(strengths, np.ones(shape, np.float32)).shape == shape


@pytest.mark.parametrize("strengths", [{}, dict.fromkeys(AUGMENTATIONS, 0.0)], ids=["none", "0"])
def test_without_strength_nothing_changes_and_nothing_is_drawn(strengths, digits):
    rng = np.random.default_rng(0)
    unchanged = build_augmentation(strengths)(digits, rng)
    assert unchanged.tobytes() == digits.tobytes()
    assert not np.shares_memory(unchanged, digits)
    assert rng.random() == np.random.default_rng(0).random()


def test_the_order_in_which_they_are_named_makes_no_difference(digits):
    backwards = dict(reversed(GENTLE.items()))
    assert change(backwards, digits).tobytes() == change(GENTLE, digits).tobytes()


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_strengths_that_make_no_sense_are_refused(name, digits):
    highest = AUGMENTATIONS[name].highest
    assert np.isfinite(change({name: highest}, digits)).all()
    for strength in (-0.1, math.nextafter(highest, math.inf), math.nan, math.inf):
        with pytest.raises(UsageError, match=f"{name} is .*, expected 0 to {highest:g}"):
            build_augmentation({name: strength})


def test_unknown_names_are_refused():
    with pytest.raises(UsageError, match="'rotation' is unknown, we know shift, rotate"):
        build_augmentation({"rotation": 3})


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_an_augmentation_is_its_strength_and_says_where_it_is_from(name):
    kind = AUGMENTATIONS[name]
    assert [field.name for field in dataclasses.fields(kind)] == ["strength"]
    with pytest.raises(dataclasses.FrozenInstanceError):
        kind(0).strength = 1
    assert all(part in kind.__doc__ for part in ("strength", "Units:", "Source:"))


def centres_of_mass(images):
    ink = images.sum(axis=(1, 2))
    rows = images.sum(axis=2) @ np.arange(images.shape[1]) / ink
    return rows, images.sum(axis=1) @ np.arange(images.shape[2]) / ink


def test_a_shift_moves_the_ink_by_at_most_its_strength_and_keeps_all_of_it(digits):
    moved = change({"shift": 2.0}, digits)
    assert moved.sum() == pytest.approx(digits.sum(), rel=1e-3)
    for before, after in zip(centres_of_mass(digits), centres_of_mass(moved), strict=True):
        assert np.abs(after - before).max() <= 2.01
        assert np.std(after - before) == pytest.approx(2 / math.sqrt(3), rel=0.15)


def test_rotations_keep_the_ink_and_scales_multiply_it(digits):
    assert change({"rotate": 30.0}, digits).sum() == pytest.approx(digits.sum(), rel=0.01)
    assert change({"shear": 0.3}, digits).sum() == pytest.approx(digits.sum(), rel=0.02)
    shares = change({"scale": 0.2}, digits).sum(axis=(1, 2)) / digits.sum(axis=(1, 2))
    assert 0.8**2 - 0.02 < shares.min() < 0.8
    assert 1.25 < shares.max() < 1.2**2 + 0.02


def test_matrices_are_their_formulas_within_their_strengths():
    def draws(kind, strength):
        matrices = kind(strength).matrices(2000, np.random.default_rng(0))
        assert (matrices[:, 2] == [0, 0, 1]).all()
        return matrices

    turned = draws(Rotate, 30.0)[:, :2, :2]
    assert turned @ turned.swapaxes(1, 2) == pytest.approx(np.tile(np.eye(2), (2000, 1, 1)))
    drawn = {
        "shift": draws(Shift, 2.0)[:, :2, 2] / 2,
        "rotate": np.degrees(np.arctan2(turned[:, 1, 0], turned[:, 0, 0])) / 30,
        "scale": (1 / draws(Scale, 0.2)[:, [0, 1], [0, 1]] - 1) / 0.2,
        "shear": draws(Shear, 0.5)[:, 1, 0] / 0.5,
    }
    for numbers in drawn.values():  # uniform from -1 to 1
        assert np.abs(numbers).max() == pytest.approx(1, abs=0.01)
        assert np.abs(numbers).max() <= 1 + 1e-9
        assert np.abs(numbers.mean(axis=0)).max() < 0.05
        assert numbers.std() == pytest.approx(1 / math.sqrt(3), rel=0.05)
    assert abs(np.corrcoef(drawn["shift"].T)[0, 1]) < 0.1
    assert abs(np.corrcoef(drawn["scale"].T)[0, 1]) < 0.1


def test_elastic_fields_are_as_large_as_their_docstring_says_everywhere_and_smooth():
    field = Elastic(34).displacement((2000, 28, 28), np.random.default_rng(0))
    rms = 34 / (2 * 4 * math.sqrt(3 * math.pi))
    assert np.sqrt(np.square(field).mean(axis=1)) == pytest.approx(rms, rel=0.1)
    assert np.sqrt(np.square(field).mean()) == pytest.approx(rms, rel=0.01)
    assert np.abs(field.mean(axis=1)).max() < 5 * rms / math.sqrt(2000)
    assert np.abs(np.diff(field)).mean() < rms / 4
    assert abs(np.corrcoef(field[0].ravel(), field[1].ravel())[0, 1]) < 0.02


class OneThickness(Thickness):
    """Thickness of which the draw is known: all of its strength."""

    sign = 1

    def draw(self, count, rng):
        return np.full(count, self.sign * self.strength)


def bars(width):
    """Make a horizontal, a vertical and a diagonal stroke, each `width` pixels wide."""
    rows, columns = np.indices((28, 28)) - 13.5
    distances = [rows, columns, (rows + columns) / math.sqrt(2)]
    return np.stack([np.clip(width / 2 + 0.5 - abs(it), 0, 1) for it in distances], dtype="f4")


def widths(images):
    """Measure strokes through the middle, along a row, a column and a diagonal."""
    middle = np.s_[8:20]
    horizontal, vertical, diagonal = images
    return np.array([
        horizontal[:, middle].sum(axis=0).mean(), vertical[middle].sum(axis=1).mean(),
        diagonal[middle].sum(axis=1).mean() / math.sqrt(2),
    ])  # fmt: skip


@pytest.mark.parametrize("change", [-1, -0.5, -0.1, 0.1, 0.5, 1, 2])
def test_strokes_become_as_much_wider_or_narrower_in_every_direction(change):
    images = bars(4)
    before, changed = widths(images), OneThickness(abs(change))
    object.__setattr__(changed, "sign", np.sign(change))
    changed.change(images, np.random.default_rng(0))
    assert widths(images) - before == pytest.approx(np.full(3, change), abs=0.12 * abs(change))


def test_a_stroke_that_is_thinner_than_what_is_taken_stays_as_strong(digits):
    thin = np.zeros((200, 28, 28), np.float32)
    thin[:, 4:24, 14] = 0.8
    Thickness(1.9).change(thin, np.random.default_rng(0))
    assert thin.max(axis=(1, 2)) == pytest.approx(np.full(200, 0.8), abs=1e-6)
    assert ((thin[:, :, 13] > 0).any(axis=1) == (thin[:, :, 15] > 0).any(axis=1)).all()
    changed = digits.copy()
    Thickness(1).change(changed, np.random.default_rng(0))
    assert changed.max(axis=(1, 2)) == pytest.approx(digits.max(axis=(1, 2)), abs=1e-6)
    blank = np.zeros((5, 28, 28), np.float32)
    Thickness(2).change(blank, np.random.default_rng(0))
    assert not blank.any()


def test_thickness_is_drawn_evenly_from_thinner_to_thicker(digits):
    ink = digits.sum(axis=(1, 2))
    changed = digits.copy()
    Thickness(1).change(changed, np.random.default_rng(0))
    amounts = Thickness(1).draw(len(digits), np.random.default_rng(0))
    assert (changed.sum(axis=(1, 2)) > ink)[amounts > 0].all()
    assert np.corrcoef(changed.sum(axis=(1, 2)) / ink, amounts)[0, 1] > 0.9


def test_an_erased_square_has_the_side_that_was_asked_for():
    white = np.ones((500, 28, 28), np.float32)
    Erase(6).change(white, np.random.default_rng(0))
    holes = (white == 0).sum(axis=(1, 2))
    assert holes.max() == 36
    assert np.median(holes) == 36
    assert (white.min(axis=0) == 0).all()
    assert set(np.unique(white)) == {0.0, 1.0}


def test_noise_has_its_standard_deviation():
    grey = change({"noise": 0.1}, np.full((50, 28, 28), 0.5, np.float32))
    assert grey.std() == pytest.approx(0.1, rel=0.02)
    assert grey.mean() == pytest.approx(0.5, abs=0.002)


def test_threads_at_once_change_images_as_one_after_the_other(digits):
    augment = build_augmentation(GENTLE)
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(lambda seed: augment(digits, np.random.default_rng(seed)), [1, 2]))
    for seed, changed in zip([1, 2], together, strict=True):
        assert changed.tobytes() == change(GENTLE, digits, seed).tobytes()
