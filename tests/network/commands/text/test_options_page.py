"""The page docs/reference/options.md agrees with the declared options."""

from network.commands.text.options_page import render_options
from network.training.configuration import OPTIONS
from tests.support.checkout import REPOSITORY


def test_the_page_of_options_is_up_to_date():
    page = (REPOSITORY / "docs" / "reference" / "options.md").read_text("utf-8")
    assert page == render_options(), "Write it again: make generated"


def test_the_page_has_a_row_for_every_option_and_its_aliases():
    page = render_options()
    for key, one in OPTIONS.items():
        assert page.count(f"| `{key}` |") == 1
        names = [one.flag, *(f"--{alias.replace('_', '-')}" for alias in one.aliases)]
        assert f"| {' or '.join(f'`{name}`' for name in names)} |" in page
