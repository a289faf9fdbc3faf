"""`network predict` on folders, files of images without labels, and unreadable files."""

import csv
import dataclasses
import os
import pathlib
import zipfile
from unittest.mock import ANY

import numpy as np
import pytest
from PIL import Image

from network import Prediction, open_run
from network.core.data import scale_pixels
from network.metrics.accuracy import predict_classes
from network.runs.training_run import create_training_run
from network.training.configuration import Configuration
from pipeline.storage.cache import Cache
from tests.support.checkout import REPOSITORY
from tests.support.deep_pictures import png16
from tests.support.image_sources import png
from tests.support.small_digits import NAME, make_small_digits

COLUMNS = ["image", "label", "probability", "score", "error", "left", "top", "width", "height"]
HEADER = ",".join(f"pixel{i}" for i in range(784))


@pytest.fixture(scope="module")
def built_cache(tmp_path_factory):
    """A few digits, because each command would read all of MNIST again."""
    return make_small_digits(tmp_path_factory.mktemp("files"), 1000)


@pytest.fixture(scope="module")
def trained(built_cache):
    """A trained run, accurate or not."""
    chosen = Configuration(dataset=NAME, epochs=1)
    training_run = create_training_run(built_cache, chosen, "for-files")
    list(training_run.train())
    return "for-files"


@pytest.fixture
def digits(mnist_test_set):
    return mnist_test_set[0][:12]


@pytest.fixture
def expected(built_cache, trained, digits):
    from network.runs.evaluate import load_runs

    (loaded,) = load_runs(built_cache, [trained])
    model, params = loaded.checkpoint.model, loaded.checkpoint.params
    return [str(it) for it in predict_classes(model, params, scale_pixels(digits))]


def rows(path):
    with pathlib.Path(path).open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def write_csv(path, digits, ids=(), id_name="id"):
    lines = [",".join(map(str, it.ravel())) for it in digits]
    header = f"{id_name},{HEADER}" if ids else HEADER
    lines = [f"{name},{line}" for name, line in zip(ids, lines, strict=True)] if ids else lines
    path.write_text("\n".join((header, *lines)))


def test_a_submission_has_an_id_and_a_label_for_each_image(
    call, call_json, trained, digits, expected, tmp_path
):
    write_csv(tmp_path / "test.csv", digits)
    (tmp_path / "train.csv").write_text("label,beside it")
    path, out = str(tmp_path / "test.csv"), str(tmp_path / "answers.csv")
    said = call("predict", path, "--run", trained, "--out", out, "--format=kaggle").out
    assert said == f"{path}: 12 images\n12 predictions in {out}\n"
    numbered = [[str(n), it] for n, it in enumerate(expected, start=1)]
    assert rows(out) == [["ImageId", "Label"], *numbered]
    answer = call_json("predict", path, "--run", trained)
    assert answer == {
        "pages": [],
        "predictions": [],
        "files": [{"path": path, "labels": expected, "probabilities": ANY}],
    }
    probabilities = answer["files"][0]["probabilities"]
    assert all(0.1 < it <= 1 for it in probabilities)
    assert "and 2 more; write all with --out" in call("predict", path, "--run", trained).out


def test_a_submission_has_the_ids_of_the_file_under_their_own_name(
    call, trained, digits, expected, tmp_path
):
    paths = [tmp_path / f"{name}.csv" for name in "abc"]
    ids = [[f"img_{name}_{i}" for i in range(12)] for name in "ab"]
    for path, names in zip(paths, [*ids, ()], strict=True):
        write_csv(path, digits, names, "Image_Id")
    out = tmp_path / "answers.csv"
    options = ("--run", trained, "--out", str(out), "--format=kaggle")
    call("predict", *map(str, paths[:2]), *options)
    both = zip([*ids[0], *ids[1]], [*expected, *expected], strict=True)
    assert rows(out) == [["Image_Id", "Label"], *map(list, both)]
    for wrong in (paths[1:], [paths[0], paths[0]]):
        error = call("predict", *map(str, wrong), *options, code=2).err
        assert "needs ids of one name, each once" in error


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda it: 255 - it, ["dark ink on light paper: all are inverted"]),
        (lambda it: np.uint8(it > 127), ["no pixel is above 1 of 255"]),
        (lambda it: np.uint8(it <= 127), ["no pixel is above 1 of 255", "all are inverted"]),
    ],
    ids=["dark on light", "another scale", "both"],
)
@pytest.mark.parametrize("kind", ["csv", "npz"])
def test_images_of_files_are_brought_to_light_ink_on_dark_and_it_is_said(
    change, says, kind, call, call_json, trained, digits, tmp_path
):
    usual, path = tmp_path / "usual.npz", tmp_path / f"test.{kind}"
    black = np.uint8(255) * (digits > 127)
    np.savez(usual, digits if change(digits).max() > 1 else black)
    if kind == "csv":
        write_csv(path, change(digits))
    else:
        np.savez(path, change(digits))
    expected = call_json("predict", str(usual), "--run", trained)["files"][0]["labels"]
    answer = call_json("predict", str(path), "--run", trained)
    assert answer["files"][0]["labels"] == expected
    assert all(part in note for part, note in zip(says, answer["notes"], strict=True))
    printed = call("predict", str(path), "--run", trained).err
    assert all(f"Note: {path}: " in line for line in printed.splitlines() if "Note" in line)
    plain = ("predict", str(path), "--run", trained, "--no-invert", "--highest=255")
    assert "notes" not in call_json(*plain)


@pytest.mark.parametrize("highest", [1, 15, 4095])
@pytest.mark.parametrize("kind", ["pictures", "csv", "npz"])
def test_any_scale_is_read_rightly_and_reported_or_refused(
    highest, kind, call, call_json, trained, digits, tmp_path
):
    levels = np.rint(digits * (highest / 255)).astype(np.uint16)
    usual, path = tmp_path / "usual.npz", tmp_path / f"test.{kind}"
    np.savez(usual, np.rint(levels * (255 / highest)).astype(np.uint8))
    if kind == "csv":
        write_csv(path, levels)
    elif kind == "npz":
        with path.open("wb") as file:
            np.savez(file, levels)
    else:
        path.mkdir()
        for i, it in enumerate(levels):
            data = png16(it) if highest > 255 else png(it.astype(np.uint8))
            (path / f"{i}.png").write_bytes(data)
    arguments = ("predict", str(path), "--run", trained)
    expected = labels(call_json("predict", str(usual), "--run", trained))
    stated = call_json(*arguments, f"--highest={highest}")
    assert labels(stated) == expected
    assert "notes" not in stated
    if highest > 255 and kind != "pictures":
        assert f"--highest {highest}" in call(*arguments, code=4).err
        return
    answer = call_json(*arguments)
    assert labels(answer) == expected
    assert str(highest) in answer["notes"][-1]
    assert "--highest" in answer["notes"][-1]
    assert f"Note: {answer['notes'][-1]}\n" in call(*arguments).err


def labels(answer):
    return (
        answer["files"][0]["labels"]
        if "files" in answer
        else [it["text"] for it in answer["pages"]]
    )


def test_options_of_files_are_refused_for_pictures_and_for_other_pixels(
    call, trained, digits, tmp_path
):
    Image.fromarray(digits[0]).save(tmp_path / "a.png")
    np.save(tmp_path / "a.npy", digits)
    for option in ("--coverage=0.9", "--deskew", "--steps=a.png"):
        error = call("predict", str(tmp_path / "a.npy"), option, "--run", trained, code=2).err
        assert f"{option.split('=')[0]} applies only to pictures" in error
    for option in ("--invert", "--no-invert"):
        error = call("predict", str(tmp_path / "a.png"), option, "--run", trained, code=2).err
        assert f"{option} applies only to files of images" in error
    np.save(tmp_path / "a.npy", digits)
    for name in ("a.npy", "a.png"):
        error = call("predict", str(tmp_path / name), "--highest=16", "--run", trained, code=4).err
        assert "expected 16 at most" in error
    error = call("predict", str(tmp_path / "a.npy"), "--highest=0", "--run", trained, code=2).err
    assert "--highest is 0; expected a number above 0" in error
    np.save(tmp_path / "a.npy", digits[:0])
    assert "no images" in call("predict", str(tmp_path / "a.npy"), "--run", trained, code=4).err


def test_one_bad_picture_does_not_keep_the_others_from_being_predicted(
    call, call_json, trained, digits, expected, tmp_path
):
    folder = tmp_path / "in"
    folder.mkdir()
    for i, pixels in enumerate(digits):
        Image.fromarray(pixels).save(folder / f"{i}.png")
    (folder / "3.png").write_bytes(b"<html>")
    out = tmp_path / "answers.csv"
    arguments = ("predict", str(folder), "--run", trained)
    printed = call(*arguments, "--out", str(out), code=4)
    assert "3.png: not read: not an image of type" in printed.out
    assert "1 of 12 files could not be read" in printed.err
    header, *found = rows(out)
    assert header == COLUMNS
    assert [it[0] for it in found] == [str(folder / f"{i}.png") for i in range(12)]
    assert [it[1] for it in found] == [*expected[:3], "", *expected[4:]]
    assert [bool(it[COLUMNS.index("error")]) for it in found] == [i == 3 for i in range(12)]
    answer = call_json(*arguments, code=4)
    assert [it["image"] for it in answer["errors"]] == [str(folder / "3.png")]
    assert len(answer["predictions"]) == 11
    archive = tmp_path / "in.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.write(folder / "5.png", "some/5.png")
    assert f"{archive}: some/5.png: {expected[5]}" in call("predict", str(archive)).out


def test_a_csv_has_the_probability_that_the_terminal_json_and_python_show(
    call, call_json, built_cache, trained, digits, expected, tmp_path
):
    np.save(tmp_path / "a.npy", digits)
    path, out = str(tmp_path / "a.npy"), tmp_path / "answers.csv"
    run = open_run(trained, cache_dir=built_cache.root)
    known = run.predict(digits)
    options = ("predict", path, "--run", trained)
    call(*options, "--out", str(out))
    header, *found = rows(out)
    assert header == COLUMNS
    values = [dict(zip(header, row, strict=True)) for row in found]
    assert [it["label"] for it in values] == expected == [it.name for it in known]
    of_classes = run.scores(digits).max(axis=1)
    assert [float(it["score"]) for it in values] == pytest.approx(of_classes, rel=1e-5)
    probabilities = [float(it["probability"]) for it in values]
    assert probabilities == pytest.approx([it.probability for it in known], rel=1e-5)
    assert call_json(*options)["files"][0]["probabilities"] == probabilities
    lines = call(*options).out.splitlines()
    shown = [f"  {n}: {it!r}" for n, it in enumerate(known[:10], start=1)]
    assert lines[1:11] == shown


def test_a_page_has_a_row_for_each_digit_with_its_place_and_one_in_a_submission(
    call, call_json, trained, digits, tmp_path
):
    page = np.full((80, 220), 255, np.uint8)
    for place in range(3):
        page[26:54, 10 + 70 * place : 38 + 70 * place] = 255 - digits[place]
    Image.fromarray(page).save(tmp_path / "page.png")
    path, out = str(tmp_path / "page.png"), tmp_path / "answers.csv"
    options = ("predict", path, "--run", trained, "--out", str(out))
    assert "3 predictions in" in call(*options).out
    header, *found = rows(out)
    known = call_json("predict", path, "--run", trained)
    assert len(known["predictions"]) == 3
    for row, one in zip(found, known["predictions"], strict=True):
        value = dict(zip(header, row, strict=True))
        assert (value["image"], value["label"], value["error"]) == (path, str(one["digit"]), "")
        assert float(value["probability"]) == one["probability"]
        assert float(value["score"]) == max(one["scores"])
        assert {key: int(value[key]) for key in one["box"]} == one["box"]
    call(*options, "--format=kaggle", "--force")
    assert rows(out)[1:] == [["1", known["pages"][0]["text"]]]


def test_the_reference_names_every_column_every_key_and_every_attribute(
    call_json, trained, digits, tmp_path
):
    page = (REPOSITORY / "docs" / "reference" / "predictions.md").read_text("utf-8")
    Image.fromarray(255 - np.pad(digits[0], 8)).save(tmp_path / "a.png")
    (found,) = call_json("predict", str(tmp_path / "a.png"), "--run", trained)["predictions"]
    of_python = {field.name for field in dataclasses.fields(Prediction)} - {"pixels"}
    for name in {*COLUMNS, *found}:
        assert f"`{name}`" in page, name
    for name in of_python:
        assert f"`prediction.{name}`" in page, name


def test_probabilities_without_validation_images_are_not_calibrated_and_a_note_says_so(
    call, built_cache, digits, tmp_path
):
    chosen = Configuration(dataset=NAME, epochs=1, validation=0)
    list(create_training_run(built_cache, chosen, "not-calibrated").train())
    np.save(tmp_path / "a.npy", digits)
    out = tmp_path / "answers.csv"
    printed = call("predict", str(tmp_path / "a.npy"), "--run", "not-calibrated", "--out", str(out))
    assert "Probabilities are not calibrated: run not-calibrated has 0 validation" in printed.err
    known = open_run("not-calibrated", cache_dir=built_cache.root).predict(digits)
    written = [float(row[2]) for row in rows(out)[1:]]
    assert written == pytest.approx([it.probability for it in known], rel=1e-5)


def test_files_of_arrays_are_predicted_as_they_are(call_json, trained, digits, expected, tmp_path):
    np.savez(tmp_path / "a.npz", x_test=digits / 255)
    np.save(tmp_path / "b.npy", digits)
    paths = [str(tmp_path / "a.npz"), str(tmp_path / "b.npy")]
    answer = call_json("predict", *paths, "--run", trained)
    found = [{"path": it, "labels": expected, "probabilities": ANY} for it in paths]
    assert answer["files"] == found


def test_a_frame_and_the_doubts_are_in_the_text_and_in_json(
    call, call_json, trained, digits, tmp_path
):
    page = np.zeros((100, 230), np.uint8)
    for place, side in enumerate((56, 56, 28)):  # the last is much smaller
        big = Image.fromarray(digits[place]).resize((side, side))
        page[22 : 22 + side, 20 + 70 * place : 20 + 70 * place + side] = np.asarray(big)
    page[8:11, 5:225] = page[90:93, 5:225] = page[8:93, 5:8] = page[8:93, 222:225] = 255
    Image.fromarray(255 - page).save(tmp_path / "a.png")
    (found,) = call_json("predict", str(tmp_path / "a.png"), "--run", trained)["pages"]
    assert [it["kind"] for it in found["left_out"]] == ["frame"]
    assert "much smaller than the others" in found["doubts"][-1]
    printed = call("predict", str(tmp_path / "a.png"), "--run", trained).out
    assert "  1 mark left out: a frame\n" in printed
    assert f"  read with doubts: {found['doubts'][-1]}\n" in printed


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes here")
def test_what_has_no_end_is_refused_at_once(call, trained, tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    with pathlib.Path(tmp_path / "giant.png").open("wb") as file:
        file.truncate(3 << 30)
    for path, code, message in (
        (tmp_path / "pipe.png", 6, "it is a pipe"),
        ("/dev/zero", 6, "it is a device"),
        (tmp_path / "giant.png", 4, "expected 536,870,912 at most"),
    ):
        error = call("predict", str(path), "--run", trained, code=code).err
        assert message in error
        assert error.count("\n") == 1


def test_blank_images_among_others_are_counted_and_doubted(
    call, trained, digits, expected, tmp_path
):
    pixels = digits.copy()
    pixels[4], pixels[9] = 0, 255
    write_csv(tmp_path / "a.csv", pixels)
    path, out = str(tmp_path / "a.csv"), tmp_path / "answers.csv"
    said = call("predict", path, "--run", trained, "--out", str(out)).err
    assert "2 of 12 images are blank, so their classes mean nothing: 5, 10" in said
    errors = [row[COLUMNS.index("error")] for row in rows(out)[1:]]
    assert [i for i, it in enumerate(errors, 1) if it] == [5, 10]
    assert errors[4] == "blank: every pixel is 0"
    assert [row[1] for row in rows(out)[1:5]] == expected[:4]


def test_without_a_run_the_preset_for_handwriting_is_named(call, digits, tmp_path):
    path = tmp_path / "digit.png"
    Image.fromarray(digits[0]).save(path)
    empty = Cache(tmp_path / "cache", "test")
    for arguments in ((), ("--run", "mine")):
        error = call("predict", str(path), *arguments, code=3, cache=empty).err
        assert "there is no run in" in error
        assert "Train a network for handwriting: `network train --preset handwriting`" in error
