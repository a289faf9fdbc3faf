"""The command `network lab`: a page in the browser to train, draw and explore."""

import sys
from typing import Annotated

import typer

from pipeline.extras import needs_extra
from pipeline.storage.cache import find_cache
from pipeline.terminal.console import CacheDir, Console, Json, Quiet, Verbose, stop_requests
from pipeline.terminal.numbers import whole_option

LOOPBACK = ("127.0.0.1", "::1", "localhost")


def lab(
    host: Annotated[
        str, typer.Option("--host", metavar="ADDRESS", help="Address to listen on.")
    ] = "127.0.0.1",
    port: Annotated[
        int | None,
        whole_option(
            "--port",
            0,
            65535,
            example=8000,
            metavar="N",
            help="Port. [default: 8765, or a free one]",
        ),
    ] = None,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Print the address without opening it.")
    ] = False,
    no_token: Annotated[
        bool,
        typer.Option(
            "--no-token",
            help="Require no token: every user of this machine can then read and train runs.",
        ),
    ] = False,
    cache_dir: CacheDir = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Open the lab, a page to train and examine networks.

    It opens in the browser. Ctrl-C ends it.
    """
    console, cache = Console(json, quiet), find_cache(cache_dir)
    with needs_extra("lab", "the lab"):
        from network.lab.app import build_app
        from network.lab.serve import bind, open_browser, page_address, serve
        from network.lab.token import make_token
    from network.lab.state import open_lab

    with stop_requests() as requested:
        bound = bind(host, port)
        token = None if no_token else make_token()
        address = page_address(bound, token)
        if host not in LOOPBACK:
            access = "no token is needed" if no_token else "the address contains the token"
            console.note(f"other machines can reach the lab on {host}; {access}")
        console.say(f"The lab is at {address}")
        console.result({"address": address, "folder": str(cache.root)})
        sys.stdout.flush()  # a program that reads a pipe needs the address now
        console.note("Ctrl-C ends it.")
        if not no_browser:
            open_browser(address)
        opened = open_lab(cache)
        unsaved = serve(build_app(opened, host, token), bound, requested, opened.close)
    for run in unsaved:
        console.note(f"run {run} was not saved in time; it resumes from its last complete epoch")
