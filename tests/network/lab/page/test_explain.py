"""The view Explain: pixel attribution, the smallest change, the nearest training images."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.browser import check_both_layouts, write_digit


def open_why(open_page, run="first", **options):
    page = open_page(f"#why/{options.pop('digit', 'test/0')}", **options)
    page.wait_for_selector(".explained")
    if page.input_value("#run-picker") != run:
        page.select_option("#run-picker", run)
    page.wait_for_selector(".facts")
    return page


def facts(page):
    return [
        float(text.replace("\u2212", "-")) for text in page.locator(".facts dd").all_inner_texts()
    ]


def test_contributions_add_up_to_the_difference_of_the_logits(open_page):
    page = open_why(open_page)
    expect(page.locator(".prediction")).to_have_text(re.compile("^7"))
    evidence_for, against, total, logit, blank, difference = facts(page)
    assert evidence_for > 0 > against
    assert evidence_for + against == pytest.approx(total, abs=0.02)
    assert total == pytest.approx(difference, abs=0.02)
    assert logit - blank == pytest.approx(difference, abs=0.02)
    page.get_by_role("button", name="Gradient times input").click()
    expect(page.locator(".contributions")).to_contain_text("exact only for small changes")
    assert facts(page)[2] != pytest.approx(difference, abs=0.02)
    page.get_by_label("Compared with").select_option("9")
    expect(page.locator(".facts")).to_contain_text("Logit of 7 minus logit of 9")


def test_a_four_is_turned_into_a_nine_by_a_small_change(open_page):
    page = open_why(open_page, digit="test/4")
    expect(page.locator(".prediction")).to_have_text(re.compile("^4"))
    change = page.locator(".change")
    page.get_by_role("group", name="Target class").get_by_role("button", name="9").click()
    expect(change).to_contain_text("Predicted as 9")
    levels = int(re.search(r"by at most (\d+) of 255", change.inner_text())[1])
    assert 1 <= levels <= 128
    assert change.locator("canvas").count() == 3


def test_the_nearest_digits_are_of_the_same_kind(open_page):
    page = open_why(open_page)
    rows = page.locator(".near")
    expect(rows).to_have_count(2)
    for row in rows.all():
        labels = row.locator("b").all_inner_texts()
        assert len(labels) == 8
        assert labels.count("7") >= 6
        distances = [float(text.split()[1]) for text in row.locator("figcaption").all_inner_texts()]
        assert distances == sorted(distances)


def test_what_was_drawn_is_explained(open_page):
    page = open_page("#draw")
    write_digit(page, 3)
    expect(page.locator(".prediction")).to_have_text(re.compile("^3"))
    page.keyboard.press("3")
    expect(page.locator(".explained")).to_contain_text("Your drawing")
    expect(page.locator(".prediction")).to_have_text(re.compile("^3"))


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_nothing_is_wider_than_the_window(open_page, size):
    page = open_why(open_page, "convolution", size=size)
    page.wait_for_selector(".near")
    page.wait_for_selector(".change p")
    check_both_layouts(page)
