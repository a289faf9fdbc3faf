"""No output replaces an input, or a file that this project did not write."""

import pytest

from pipeline.errors import StorageError, UsageError
from pipeline.storage.outputs import HTML, PNG, Output, require_outputs

OURS = b'<!doctype html>\n<html>\n<meta name="generator" content="mnist-neural-net">\n'


def check(path, inputs=(), force=False):
    require_outputs([Output("--out", path, HTML)], inputs, force)


@pytest.mark.parametrize("content", [OURS + b"<title>old</title>", b""], ids=["ours", "empty"])
def test_a_page_of_ours_and_an_empty_file_are_replaced(tmp_path, content):
    check(tmp_path / "new.html")
    (tmp_path / "page.html").write_bytes(content)
    check(tmp_path / "page.html")


@pytest.mark.parametrize("content", [b"<!doctype html>\n<p>mine", b"\x89PNG\r\n\x1a\n", b"\0"])
def test_a_file_of_others_is_replaced_with_force_alone(tmp_path, content):
    path = tmp_path / "page.html"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"is not a page of this project\. .* with --force"):
        check(path)
    check(path, force=True)


def test_an_input_is_never_replaced_by_whatever_name_it_goes(tmp_path):
    photo, link, hard = (tmp_path / name for name in ("photo.png", "link.png", "hard.png"))
    photo.write_bytes(OURS)
    link.symlink_to(photo)
    hard.hardlink_to(photo)
    for path in (photo, link, hard, tmp_path / "." / ".." / tmp_path.name / "photo.png"):
        with pytest.raises(UsageError, match="which is an input"):
            check(path, [tmp_path / "other.png", photo], force=True)


def test_two_outputs_have_two_files(tmp_path):
    one, other = Output("--steps", tmp_path / "a", PNG), Output("--out", tmp_path / "." / "a", HTML)
    with pytest.raises(UsageError, match="and so is --steps; expected a file for each"):
        require_outputs([one, other])


def test_a_folder_is_no_file_to_write(tmp_path):
    with pytest.raises(StorageError, match="it is a folder; expected a file"):
        check(tmp_path, force=True)
