"""Export to ONNX: the network as a graph of operators for other programs."""

import json

import onnx
from onnx import TensorProto, helper

from network.core.model import Model
from network.core.params import Params
from network.runs.exports.description import describe_run
from network.runs.exports.onnx_layers import Graph, add_layers
from network.runs.folder import LoadedRun
from pipeline.datasets.records import IMAGE_SHAPE, Dataset

OPSET, IR_VERSION = 20, 9  # of 2023: the first with GELU; newer ones need newer readers


def to_bytes(loaded: LoadedRun, dataset: Dataset) -> bytes:
    """Return the file: `images` (N, 28, 28) -> `scores` (N, K), checked by ONNX's checker.

    Raises: onnx.checker.ValidationError.
    """
    checkpoint = loaded.checkpoint
    model = build_graph(checkpoint.model, checkpoint.params, len(dataset.classes))
    description = describe_run(loaded, dataset)
    helper.set_model_props(model, {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in description.items()
    })  # fmt: skip
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString(deterministic=True))


def build_graph(model: Model, params: Params, n_classes: int) -> onnx.ModelProto:
    """Translate a model with its parameters.

    Shapes: images (N, H, W) float32 -> scores (N, K) float32.
    """
    graph = Graph()
    scores = add_layers(graph, model.layers, params, "", "images", IMAGE_SHAPE)
    graph.nodes.append(helper.make_node("Identity", [scores], ["scores"], name="scores"))
    images = helper.make_tensor_value_info("images", TensorProto.FLOAT, ["N", *IMAGE_SHAPE])
    found = helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["N", n_classes])
    return helper.make_model(
        helper.make_graph(graph.nodes, "network", [images], [found], graph.constants),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="mnist-neural-net",
    )
