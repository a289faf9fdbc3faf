"""An option that another one leaves without effect is refused."""

import pytest
from typer.testing import CliRunner

from tests.support.command_options import APPS


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("show --augmented --split test", "--split cannot be combined with --augmented"),
        ("show --augmented --wrong", "--wrong cannot be combined with --augmented"),
        ("sweep --best --resume", "--resume cannot be combined with --best"),
        ("sweep --best --trials 3", "--trials cannot be combined with --best"),
        ("sweep --preset defaults --seeds 3", "--seeds has no effect without --best"),
        ("sweep --resume --seeds 5", "--seeds has no effect without --best"),
        ("train --resume --film", "--film cannot be combined with --resume"),
        ("check --all --sample 3", "--sample cannot be combined with --all"),
        ("ensemble a b --workers 2", "--workers applies only to new members"),
        ("predict a.png --format kaggle", "--format kaggle needs --out FILE"),
    ],
)
def test_an_option_without_effect_beside_another_is_refused(tmp_path, line, words):
    answer = CliRunner().invoke(APPS["network"], [*line.split(), "--cache-dir", str(tmp_path)])
    assert getattr(answer.exception, "exit_code", None) == 2, answer.output
    assert words in str(answer.exception)


@pytest.mark.parametrize(
    ("command", "text"), [("show", "[default: test]"), ("sweep", "[default: 5]")]
)
def test_the_help_has_the_default_of_such_an_option(command, text):
    assert text in " ".join(CliRunner().invoke(APPS["network"], [command, "--help"]).output.split())


def test_an_option_without_effect_in_a_file_has_its_value_behind_the_file(tmp_path):
    file = tmp_path / "b.toml"
    file.write_text('hidden = [3]\nlayers = "Flatten, Linear(10)"\n')
    line = ["train", "--config", str(file), "--cache-dir", str(tmp_path)]
    answer = CliRunner().invoke(APPS["network"], line)
    assert "b.toml is 3 and has no effect" in str(answer.exception)
