"""Draw the steps from a page to digits that a network can read, as one picture."""

from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from network.images.pages.fit_digit import BOX
from network.images.pages.grey import Grey
from network.images.pages.read import Digit, Page
from pipeline.datasets.records import IMAGE_SHAPE
from pipeline.terminal.preview import GREY, INK, PAPER, RIGHT

MARGIN, GAP = 24, 12
PANEL = 376  # the most that each of the three pictures of a page takes, either way
WIDTH = 4 * MARGIN + 3 * PANEL
WORDS = 136  # width of the words beside the digits
SCALE = 3  # screen pixels to a pixel of 28x28
TILE = SCALE * IMAGE_SHAPE[0]
COLUMNS = (WIDTH - 2 * MARGIN - WORDS) // (TILE + GAP)
MAX_DIGITS = 50  # digits of a page that are drawn one by one
FRAME, GROUND = (205, 205, 205), (242, 242, 242)
STEPS = (
    ("cut out", "as on the page"),
    ("scaled", "to fit 20x20"),
    ("centred", "by mass, in 28x28"),
)


def draw_steps(
    pages: Sequence[Page], titles: Sequence[str], answers: Sequence[Sequence[str]]
) -> Image.Image:
    """Draw each page with its steps, and what the network answers under each digit."""
    sheets = [draw_page(*each) for each in zip(pages, titles, answers, strict=True)]
    picture = Image.new("RGB", (WIDTH, sum(sheet.height for sheet in sheets)), PAPER)
    top = 0
    for sheet in sheets:
        picture.paste(sheet, (0, top))
        top += sheet.height
    return picture


def draw_page(page: Page, title: str, answers: Sequence[str]) -> Image.Image:
    """Draw a page three times, as it is, its ink and its digits; then each digit, step by step."""
    views = [Image.fromarray(page.grey), Image.fromarray(255 - page.ink), with_boxes(page)]
    views = [fit_into_panel(view) for view in views]
    shown = page.digits[:MAX_DIGITS]
    rows = range(0, len(shown), COLUMNS)
    row_height = len(STEPS) * (TILE + GAP) + 40
    panels_top = MARGIN + 56
    digits_top = panels_top + views[0].height + MARGIN
    sheet = Image.new("RGB", (WIDTH, digits_top + len(rows) * row_height + MARGIN), PAPER)
    draw = ImageDraw.Draw(sheet)
    draw.text((MARGIN, MARGIN), shorten(title, 100), INK, font(20))
    captions = ("page", "ink, without paper and shadows", digits_caption(page))
    for place, (view, caption) in enumerate(zip(views, captions, strict=True)):
        left = MARGIN + place * (PANEL + MARGIN)
        draw.text((left, MARGIN + 32), f"{1 + place}  {caption}", GREY, font(15))
        sheet.paste(view, (left, panels_top))
        frame(draw, left, panels_top, view.size)
    for place, start in enumerate(rows):
        some = shown[start : start + COLUMNS]
        draw_digits(sheet, digits_top + place * row_height, some, answers[start:], start)
    return sheet


def draw_digits(
    sheet: Image.Image, top: int, digits: Sequence[Digit], answers: Sequence[str], start: int
) -> None:
    """Draw a row of digits, each a column of its steps with the answer under it."""
    draw = ImageDraw.Draw(sheet)
    for row, (step, how) in enumerate(STEPS):
        middle = top + row * (TILE + GAP) + TILE // 2
        draw.text((MARGIN, middle - 20), f"{4 + row}  {step}", INK, font(15))
        draw.text((MARGIN + 16, middle), how, GREY, font(13))
    for column, (digit, answer) in enumerate(zip(digits, answers, strict=False)):
        left = MARGIN + WORDS + column * (TILE + GAP)
        for row, image in enumerate((digit.crop, digit.fitted, digit.pixels)):
            tile = digit_tile(image, SCALE * BOX if row < 2 else TILE)
            sheet.paste(tile, (left, top + row * (TILE + GAP)))
            frame(draw, left, top + row * (TILE + GAP), tile.size)
        bottom = top + len(STEPS) * (TILE + GAP)
        draw.text((left + TILE / 2, bottom), answer, RIGHT, font(18), "mt")
        draw.text((left + 4, top + 3), str(1 + start + column), GREY, font(12))


def digit_tile(image: Grey, longest: int) -> Image.Image:
    """Draw ink, dark on light, in the middle of a tile, its longer side so many screen pixels."""
    scale = longest / max(image.shape)
    size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
    how = Image.Resampling.NEAREST if scale >= 1 else Image.Resampling.BOX
    tile = Image.new("L", (TILE, TILE), 255)
    picture = Image.fromarray(255 - image).resize(size, how)
    tile.paste(picture, ((TILE - size[0]) // 2, (TILE - size[1]) // 2))
    return tile.convert("RGB")


def with_boxes(page: Page) -> Image.Image:
    """Draw a page, paler, with a numbered box around each digit."""
    scale = panel_scale(page.grey.shape[::-1])
    picture = Image.eval(fit_into_panel(Image.fromarray(page.grey)).convert("RGB"), pale)
    draw = ImageDraw.Draw(picture)
    for mark in page.left_out:
        right, bottom = mark.left + mark.width, mark.top + mark.height
        draw.rectangle([scale * side for side in (mark.left, mark.top, right, bottom)], None, GREY)
    for number, digit in enumerate(page.digits, 1):
        left, top, width, height = digit.box
        corners = [scale * left, scale * top, scale * (left + width), scale * (top + height)]
        draw.rectangle(
            [corners[0] - 2, corners[1] - 2, corners[2] + 1, corners[3] + 1], None, RIGHT
        )
        draw.text((corners[0] - 1, corners[1] - 3), str(number), RIGHT, font(12), "lb")
    return picture


def pale(level: int) -> int:
    """Bring a level half the way to white, so that what is drawn over it can be seen."""
    return 255 - (255 - level) // 2


def panel_scale(size: tuple[int, ...]) -> float:
    """Return by how much a picture has to grow, or to shrink, to fill a panel."""
    return PANEL / max(size)


def fit_into_panel(picture: Image.Image) -> Image.Image:
    """Make a picture as large as a panel."""
    scale = panel_scale(picture.size)
    size = [max(1, round(scale * side)) for side in picture.size]
    how = Image.Resampling.NEAREST if scale > 1 else Image.Resampling.BOX
    return picture.resize((size[0], size[1]), how)


def frame(draw: ImageDraw.ImageDraw, left: int, top: int, size: tuple[int, int]) -> None:
    """Draw a thin line around a picture."""
    draw.rectangle((left - 1, top - 1, left + size[0], top + size[1]), None, FRAME)


def digits_caption(page: Page) -> str:
    """Say how many digits there are, how many marks are left out, and if some are not drawn."""
    count = len(page.digits)
    found = "one digit" if count == 1 else f"{count} digits in reading order"
    if page.left_out:
        found = f"{found}; grey: left out"
    return found if count <= MAX_DIGITS else f"{found}, {MAX_DIGITS} of them below"


def shorten(text: str, most: int) -> str:
    """Leave out the beginning of a text that is too long: the end of a path says more."""
    return text if len(text) <= most else "..." + text[-most + 3 :]


def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Return the font that Pillow brings along."""
    return ImageFont.load_default(size)
