"""Contact sheets: their size, their tiles and their files."""

import numpy as np
import pytest
from PIL import Image

from pipeline.errors import UsageError
from pipeline.terminal.preview import (
    CAPTION,
    GAP,
    PAPER,
    SCALE,
    Tile,
    draw_sheet,
    has_display,
    save_picture,
    show_picture,
)

SIDE = 28 * SCALE


def tiles(count, value=0):
    return [Tile(np.full((28, 28), value, np.uint8), str(i)) for i in range(count)]


@pytest.mark.parametrize(("count", "columns", "rows"), [(1, 1, 1), (10, 10, 1), (11, 10, 2)])
def test_a_sheet_has_room_for_its_tiles_and_a_title(count, columns, rows):
    width, height = draw_sheet(tiles(count), "T").size
    assert width == columns * (SIDE + GAP) + GAP
    assert height - rows * (SIDE + CAPTION + GAP) == 18 + 2 * GAP


def test_a_long_title_makes_the_sheet_wider():
    assert draw_sheet(tiles(1), "A title of many words").width > draw_sheet(tiles(1), "A").width


def test_ink_is_dark_on_light_paper():
    image = np.zeros((28, 28), np.uint8)
    image[0, 27] = 255
    sheet = draw_sheet([Tile(image, "7")], "T")
    tile = np.asarray(sheet)[18 + 2 * GAP :, GAP:][:SIDE, :SIDE]
    assert (tile[:SCALE, -SCALE:] == 0).all()
    assert (tile[SCALE:] == PAPER).all()
    assert (tile[:, :-SCALE] == PAPER).all()


def test_an_empty_sheet_is_refused():
    with pytest.raises(UsageError, match="no images to show"):
        draw_sheet([], "T")


@pytest.mark.parametrize("name", ["sheet.png", "SHEET.PNG", "new folder/sheet.png"])
def test_a_picture_is_published_as_png(name, tmp_path):
    sheet = draw_sheet(tiles(3, 200), "T")
    save_picture(sheet, tmp_path / name)
    with Image.open(tmp_path / name) as again:
        assert again.format == "PNG"
        assert again.tobytes() == sheet.tobytes()
    assert [path.name for path in (tmp_path / name).parent.iterdir()] == [name.split("/")[-1]]


@pytest.mark.parametrize("name", ["sheet.jpg", "sheet", "sheet.png.txt"])
def test_no_other_format_is_written(name, tmp_path):
    with pytest.raises(UsageError, match=rf"{name} does not end in \.png"):
        save_picture(draw_sheet(tiles(1), "T"), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("out", [None, "mine.png"])
def test_without_a_screen_the_picture_is_written(out, tmp_path, monkeypatch):
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert not has_display()
    otherwise = tmp_path / "pictures" / "sheet.png"
    path = show_picture(draw_sheet(tiles(1), "T"), out and tmp_path / out, otherwise)
    assert path == (tmp_path / out if out else otherwise)
    assert path.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("variable", ["DISPLAY", "WAYLAND_DISPLAY"])
def test_a_screen_is_found_by_its_variable(variable, monkeypatch):
    monkeypatch.setenv(variable, ":0")
    assert has_display()
