"""Exported runs: other programs read them, and compute the same outputs."""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import helper
from safetensors import safe_open
from safetensors.numpy import load

from network.core.activations import Softmax
from network.core.data import load_examples
from network.core.layers import Flatten
from network.core.model import Model
from network.core.params import zip_arrays
from network.layers.activations import LeakyReLU, LogSoftmax
from network.layers.convolution import Conv2D
from network.layers.ensemble import select_params
from network.layers.normalization import BatchNorm
from network.layers.pooling import AveragePool2D, MaxPool2D
from network.layers.text import LAYERS, build_layer, parse_layers
from network.layers.whole_model import require_shapes
from network.metrics.accuracy import compute_outputs
from network.runs.checkpoints import Checkpoint
from network.runs.exports import formats, onnx_file, safetensors_file
from network.runs.exports.onnx_layers import Graph, add_layers
from network.runs.folder import LoadedRun, Run
from network.runs.training_run import create_training_run
from network.training.configuration import Configuration
from pipeline.datasets.catalogue.mnist import MNIST
from tests.support.layer_examples import EXAMPLES, PADDED_SIZES

PLAIN = "Flatten, Linear(30), Sigmoid, Linear(10), Sigmoid"
CONVOLUTION = "Conv2D(4, 5, padding=2), BatchNorm, ReLU, MaxPool2D, Flatten, Linear(10), Softmax"
MEMBERS = (CONVOLUTION, "Flatten, Linear(20), GELU, Dropout(0.5), Linear(10), Softmax")
# layers whose channels lie otherwise in ONNX, and images that have none
ODD = [
    *((Conv2D(3, size, padding=padding), (5, 6)) for size, padding in PADDED_SIZES),
    *((layer, (5, 6)) for layer in (MaxPool2D(2), AveragePool2D(3), BatchNorm(), Flatten())),
    *((layer, (5, 6, 3)) for layer in (MaxPool2D(2), AveragePool2D(3), BatchNorm(), Flatten())),
    *((layer, shape) for layer in (Softmax(), LogSoftmax()) for shape in [(4, 5), (4, 5, 2)]),
    *((LeakyReLU(slope), (4, 5, 2)) for slope in (0.3, 0, 1)),
    (BatchNorm(1), (5, 6, 3)),
]
CASES = [(EXAMPLES[name][0], tuple(5 + n for n in EXAMPLES[name][1])) for name in LAYERS] + ODD


def channels_first(x):
    return x.transpose(0, 3, 1, 2) if x.ndim == 4 else x


def run_onnx(data, images):
    session = onnxruntime.InferenceSession(data)
    return np.concatenate(
        [session.run(["scores"], {"images": some})[0] for some in np.array_split(images, 10)]
    )


@pytest.mark.parametrize(("layer", "shape"), CASES, ids=str)
def test_onnx_computes_what_each_layer_does(layer, shape):
    rng = np.random.default_rng(0)
    params, _ = layer.init(rng, shape, np.float32)
    for name, array in params.items():
        array += (
            np.abs(rng.normal(size=array.shape))
            if "variance" in name
            else rng.normal(size=array.shape)
        )
    x = rng.normal(size=(7, *shape)).astype(np.float32)
    y, _ = layer.forward(params, x)
    graph = Graph()
    last = add_layers(graph, (layer,), [params], "", "x", shape)
    graph.nodes.append(helper.make_node("Identity", [last], ["y"]))
    given = helper.make_tensor_value_info("x", 1, channels_first(x).shape)
    found = helper.make_tensor_value_info("y", 1, channels_first(y).shape)
    made = helper.make_model(
        helper.make_graph(graph.nodes, "layer", [given], [found], graph.constants),
        opset_imports=[helper.make_opsetid("", onnx_file.OPSET)],
        ir_version=onnx_file.IR_VERSION,
    )
    onnx.checker.check_model(made, full_check=True)
    (theirs,) = onnxruntime.InferenceSession(made.SerializeToString()).run(
        None, {"x": channels_first(x)}
    )
    np.testing.assert_allclose(theirs, channels_first(y), rtol=1e-5, atol=1e-5)


def loaded_run(text):
    """A run with first weights, and a batch normalisation that has something to do."""
    model, rng = Model(parse_layers(text)), np.random.default_rng(0)
    params = model.init(rng, (28, 28))
    for array in (array for layer in params for array in layer.values()):
        array += rng.uniform(0, 0.1, array.shape)
    return LoadedRun(Run(Path("a run")), Checkpoint(model, params), Configuration())


@pytest.fixture(scope="module", params=[PLAIN, CONVOLUTION, f"Ensemble({MEMBERS!r})"])
def loaded(request):
    return loaded_run(request.param)


@pytest.fixture(scope="module")
def images(built_cache):
    return load_examples(built_cache, MNIST, "test").images


def test_onnx_answers_every_test_image_as_we_do(loaded, images, figure):
    data = onnx_file.to_bytes(loaded, MNIST)
    ours = compute_outputs(loaded.checkpoint.model, loaded.checkpoint.params, images)
    theirs = run_onnx(data, images)
    assert theirs.dtype == np.float32
    assert np.abs(ours - theirs).max() < 1e-5
    assert (ours.argmax(axis=1) == theirs.argmax(axis=1)).all()


def test_onnx_says_what_goes_in_and_what_comes_out(loaded):
    data = onnx_file.to_bytes(loaded, MNIST)
    session = onnxruntime.InferenceSession(data)
    (given,), (found,) = session.get_inputs(), session.get_outputs()
    assert (given.name, given.shape, given.type) == ("images", ["N", 28, 28], "tensor(float)")
    assert (found.name, found.shape, found.type) == ("scores", ["N", 10], "tensor(float)")
    told = session.get_modelmeta().custom_metadata_map
    assert told["run"] == "a run"
    assert told["dataset"] == "mnist"
    assert json.loads(told["classes"]) == list("0123456789")
    assert "from 0 (background) to 1 (ink)" in told["pixels"]
    assert parse_layers(told["text"]) == loaded.checkpoint.model.layers


def test_safetensors_holds_all_that_is_needed_to_build_the_model_again(loaded, tmp_path):
    path = tmp_path / "run.safetensors"
    path.write_bytes(safetensors_file.to_bytes(loaded, MNIST))
    with safe_open(path, "numpy") as file:
        told = json.loads(file.metadata()["model"])
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    model = Model(tuple(map(build_layer, told["layers"])))
    params = [select_params(arrays, f"{index}.") for index in range(len(model.layers))]
    require_shapes(model, params, (28, 28))
    for name, (ours, theirs) in zip_arrays(loaded.checkpoint.params, params):
        np.testing.assert_array_equal(theirs, ours, name)
    assert parse_layers(told["text"]) == model.layers
    assert told["classes"] == list("0123456789")


def test_the_files_name_the_same_arrays():
    loaded = loaded_run(CONVOLUTION)
    graph = onnx.load_from_string(onnx_file.to_bytes(loaded, MNIST)).graph
    in_onnx = {constant.name for constant in graph.initializer} - {"channels"}
    assert in_onnx == set(load(safetensors_file.to_bytes(loaded, MNIST)))
    assert {"0.weight", "0.bias", "1.variance", "5.weight"} <= in_onnx


@pytest.fixture(scope="module")
def trained(built_cache):
    """A run on disk."""
    choices = Configuration(hidden=(30,), epochs=1, limit=6000)
    return create_training_run(built_cache, choices, "export").run


def test_the_command_writes_the_same_bytes_each_time(run_process, trained, built_cache, tmp_path):
    written = []
    for hashing in ("1", "2"):
        files = [f"--{name}={tmp_path / name}.{name}" for name in formats.FORMATS]
        line = ("network", "export", "export", *files, "--json")
        done = run_process(*line, cache=built_cache, PYTHONHASHSEED=hashing)
        told = json.loads(done.stdout)
        assert told["run"] == "export"
        for file in told["files"]:
            data = Path(file["path"]).read_bytes()
            assert (len(data), hashlib.sha256(data).hexdigest()) == (file["size"], file["sha256"])
        written.append(told["files"])
    assert written[0] == written[1]


@pytest.mark.parametrize("name", formats.FORMATS)
def test_a_missing_package_is_one_line(name, trained, call, monkeypatch, tmp_path):
    monkeypatch.delitem(sys.modules, formats.FORMATS[name], raising=False)
    for module in [module for module in sys.modules if module.startswith(f"{name}.")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, name, None)  # as if it were not installed
    said = call("export", "export", f"--{name}", str(tmp_path / f"file.{name}"), code=3).err
    assert said.count("\n") == 1
    assert f"needs the package {name}, which is not installed" in said
    assert "pip install" in said
    assert not (tmp_path / f"file.{name}").exists()
