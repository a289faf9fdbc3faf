"""Compare the page's forward pass in JavaScript with NumPy, in a real browser.

    python benchmarks/forward_js.py RUN...

Chromium runs network/lab/page/maths/layers.js on one test image after the other.
"""

import base64
import shutil
import sys
from typing import Any

import numpy as np
from playwright.sync_api import Page, sync_playwright

from network.core.data import load_examples
from network.lab.bundle import bundle
from network.lab.model_json import model_to_json
from network.lab.standalone import PAGE
from network.metrics.accuracy import compute_outputs
from network.runs.folder import load_run
from network.runs.names import find_run
from pipeline.datasets.registry import find_dataset
from pipeline.storage.cache import find_cache

COMPUTE = """([layers, pixels]) => {
  const { forward } = modules["maths/layers.js"];
  const { readLayers, scalePixels } = modules["maths/model.js"];
  const network = readLayers(layers);
  const levels = Uint8Array.from(atob(pixels), (letter) => letter.charCodeAt(0));
  const outputs = [];
  const start = performance.now();
  for (let at = 0; at < levels.length; at += 784) {
    outputs.push([...forward(network, scalePixels(levels.subarray(at, at + 784))).at(-1).values]);
  }
  return [outputs, (performance.now() - start) / outputs.length];
}"""


def compare(page: Page, name: str) -> None:
    """Print the largest difference, the different predictions, the time per image."""
    cache = find_cache(None)
    checkpoint, configuration = load_run(find_run(cache, name))
    test = load_examples(cache, find_dataset(cache, configuration.dataset), "test")
    pixels = np.rint(255 * test.images).astype(np.uint8).tobytes()
    given = [model_to_json(checkpoint), base64.b64encode(pixels).decode()]
    found, milliseconds = page.evaluate(COMPUTE, given)
    expected = compute_outputs(checkpoint.model, checkpoint.params, test.images)
    outputs: np.ndarray[Any, Any] = np.array(found)
    largest = np.abs(outputs - expected).max()
    others = np.sum(outputs.argmax(axis=1) != expected.argmax(axis=1))
    print(f"{name:<20}{largest:>12.1e}{others:>10} of {len(test):,}{milliseconds:>15.2f}")


def main() -> None:
    """Compare the runs that are named."""
    print(f"{'run':<20}{'difference':>12}{'other predictions':>20}{'ms per image':>15}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page()
        page.set_default_timeout(0)
        code = bundle(PAGE, "data/static_source.js")  # which imports both modules
        page.evaluate(f"() => {{ {code} globalThis.modules = modules; }}")
        for name in sys.argv[1:]:
            compare(page, name)


if __name__ == "__main__":
    main()
