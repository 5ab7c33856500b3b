"""How graphs that compute in 16 bits hold the library's operators."""

import onnx
import onnx.inliner
import onnx_ir as ir
import onnxruntime
import pytest

from wurstchen_export.graphs import replay, shapes
from wurstchen_export.graphs.operators import functions

ENCODERS = ["text_encoder_c", "text_encoder_b"]
STAGES = ["stage_c_condition", "stage_c_step", "stage_b_condition", "stage_b_step", "stage_a_decode", "stage_a_encode"]
GRAPHS = [*ENCODERS, *STAGES]
STEPS = ["stage_c_step", "stage_b_step"]


def stored(folder, graph):
    return onnx.load(folder / f"{graph}.onnx", load_external_data=False)


def of_ours(model):
    return [node for node in model.graph.node if node.domain == functions.DOMAIN]


@pytest.mark.parametrize("graph", GRAPHS)
def test_every_operator_has_its_function_in_the_model(half_bundle, graph):
    model = stored(half_bundle, graph)
    used = {node.op_type for node in of_ours(model)}
    assert {(function.domain, function.name) for function in model.functions} == {
        (functions.DOMAIN, name) for name in used
    }
    assert "Dense" in used
    assert {entry.domain: entry.version for entry in model.opset_import}[functions.DOMAIN] == functions.VERSION


def test_every_operator_is_used(half_bundle):
    used = {node.op_type for graph in GRAPHS for node in of_ours(stored(half_bundle, graph))}
    assert used == set(functions.protos())


@pytest.mark.parametrize("graph", GRAPHS)
def test_every_node_writes_every_attribute(half_bundle, graph):
    for node in of_ours(stored(half_bundle, graph)):
        found = {attribute.name: attribute.type for attribute in node.attribute}
        expected = functions.protos()[node.op_type].attribute
        assert found == {name: functions.ATTRIBUTE_TYPES[name] for name in expected}, node
        assert len(node.input) == len(functions.protos()[node.op_type].input)


@pytest.mark.parametrize("graph", STEPS)
def test_columns_of_an_affine_belong_to_the_map(half_bundle, graph):
    """By the weights of each convolution: [9, channels] after the graph has rearranged them."""
    model = stored(half_bundle, graph)
    found = 0
    for node in of_ours(model):
        attributes = {attribute.name: onnx.helper.get_attribute_value(attribute) for attribute in node.attribute}
        if "channels" in attributes:
            assert attributes["end"][0] - attributes["start"][0] == attributes["channels"]
            found += 1
    assert found == {"stage_c_step": 2, "stage_b_step": 10}[graph]


@pytest.mark.parametrize("graph", GRAPHS)
@pytest.mark.parametrize("inlined", [False, True])
def test_graphs_compute_no_shape_and_steps_can_be_replayed(half_bundle, graph, inlined):
    model = stored(half_bundle, graph)
    model = ir.from_proto(onnx.inliner.inline_local_functions(model) if inlined else model)
    assert shapes.computed_shapes(model) == []
    if graph in STEPS:
        assert replay.listing_nodes(model) == []


def rewritten(folder, graph, out):
    """The graph as ONNX Runtime rewrites it when it loads, with the functions in the operators' places."""
    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("optimization.disable_specified_optimizers", "GatherSliceToSplitFusion")
    options.log_severity_level = 3
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(out / f"{graph}.onnx")
    onnxruntime.InferenceSession(str(folder / f"{graph}.onnx"), options, providers=["CPUExecutionProvider"])
    return ir.load(out / f"{graph}.onnx")


@pytest.mark.parametrize("graph", GRAPHS)
def test_so_they_do_after_onnx_runtime_has_rewritten_them(half_bundle, tmp_path, graph):
    model = rewritten(half_bundle, graph, tmp_path)
    assert shapes.computed_shapes(model) == []
    if graph in STEPS:
        assert replay.listing_nodes(model) == []


def depends_on_weights_alone(node):
    return all(value is None or value.is_initializer() for value in node.inputs)


@pytest.mark.parametrize("graph", GRAPHS)
def test_weights_are_rearranged_when_a_graph_is_loaded(half_bundle, tmp_path, graph):
    model = rewritten(half_bundle, graph, tmp_path)
    left = {node.op_type for node in model.graph.all_nodes() if depends_on_weights_alone(node)}
    # On the CPU, ONNX Runtime puts casts of its own around what it cannot compute in 16 bits.
    assert left <= {"Cast", "Sqrt"}
