"""The command `network export`: a run as ONNX, safetensors or a web page."""

from pathlib import Path
from typing import Annotated

import typer

from network.commands.options import RunName, note_latest
from pipeline.errors import UsageError
from pipeline.storage.cache import absolute, find_cache, publish
from pipeline.storage.outputs import HTML, ONNX, SAFETENSORS, Output, require_outputs
from pipeline.terminal.as_called import quote
from pipeline.terminal.console import CacheDir, Console, Json, Overwrite, Quiet, Verbose

KINDS = {"onnx": ONNX, "safetensors": SAFETENSORS, "html": HTML}


def export(
    run: RunName = None,
    onnx: Annotated[
        Path | None, typer.Option("--onnx", metavar="FILE", help="ONNX file to write.")
    ] = None,
    safetensors: Annotated[
        Path | None,
        typer.Option(
            "--safetensors", metavar="FILE", help="Safetensors file to write, with the weights."
        ),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Web page to write. It needs no server."),
    ] = None,
    force: Overwrite = False,
    cache_dir: CacheDir = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Export a run to ONNX, safetensors or a web page."""
    from network.core.data import load_examples
    from network.runs.evaluate import common_dataset, load_runs
    from network.runs.exports.formats import export_run

    console, cache = Console(json, quiet), find_cache(cache_dir)
    named = {"onnx": onnx, "safetensors": safetensors, "html": html}
    wanted = {name: absolute(path, f"--{name}") for name, path in named.items() if path}
    if not wanted:
        raise UsageError("no file to write is given", find_file_hint(run))
    outputs = [Output(f"--{name}", path, KINDS[name]) for name, path in wanted.items()]
    require_outputs(outputs, force=force)
    (loaded,) = load_runs(cache, [run])
    note_latest(console, run, loaded.run)
    dataset = common_dataset(cache, [loaded])
    made = {name: export_run(loaded, dataset, name) for name in wanted if name != "html"}
    if html:
        from network.lab.standalone import page_to_bytes

        made["html"] = page_to_bytes(loaded, dataset, load_examples(cache, dataset, "train"))
    files = []
    for name, path in wanted.items():
        digest = publish(path, [made[name]])
        console.say(f"run {loaded.name} as {name}: {path}, {digest.size:,} bytes")
        files.append({"format": name, "path": str(path), **digest._asdict()})
    if onnx or safetensors:
        console.note(
            "Inputs: images (N, 28, 28), float32 from 0 (background) to 1 (ink). "
            f"Outputs: scores (N, {len(dataset.classes)})."
        )
    if html:
        console.note("The page needs no server: open the file, or put it on a website.")
    console.result({"run": loaded.name, "files": files})


def find_file_hint(run: str | None) -> str:
    """Return how to name the file to write, which may have been typed as the run."""
    suffix = Path(run or "").suffix[1:]
    if run and suffix in KINDS:
        return f"Write `network export {quote([f'--{suffix}', run])}`"
    options = " or ".join(f"--{name} FILE" for name in KINDS)
    example = quote([*([run] if run else []), "--html", "digits.html"])
    return f"Name one with {options}, as in `network export {example}`"
