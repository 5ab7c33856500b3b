import json

import onnx
import pytest

from wurstchen_export.bundle.runtime import Bundle
from wurstchen_export.checks import parity
from wurstchen_export.model.source import Source


def opened(folder, source):
    bundle = Bundle(folder, threads=1)
    parity.prepare(bundle, source)
    return bundle


def graph_failures(folder, source, graph):
    return [result for result in parity.graph_results(opened(folder, source), source, graph) if not result.passed]


def run_failures(folder, source):
    return {result.output for result in parity.run_results(opened(folder, source), source) if not result.passed}


def spoil(folder, graph, change):
    """Changes nodes or small constants of one graph; the weights stay in their own file."""
    path = folder / f"{graph}.onnx"
    model = onnx.load(path, load_external_data=False)
    assert sum(bool(change(part)) for part in (*model.graph.node, *model.graph.initializer)) > 0
    onnx.save(model, path)


def is_node(part):
    return isinstance(part, onnx.NodeProto)


def attribute(node, name):
    return next((entry for entry in node.attribute if entry.name == name), None)


def use_tanh_gelu(node):
    if is_node(node) and node.op_type == "Gelu":
        found = attribute(node, "approximate")
        if found is not None:
            node.attribute.remove(found)
        node.attribute.append(onnx.helper.make_attribute("approximate", "tanh"))
        return True


def use_larger_epsilon(part):
    if is_node(part):
        if part.op_type == "LayerNormalization":
            attribute(part, "epsilon").f = 1e-3
            return True
    elif not part.external_data and part.data_type == onnx.TensorProto.FLOAT:
        value = onnx.numpy_helper.to_array(part)
        if value.size == 1 and value.item() == pytest.approx(1e-6):
            part.CopyFrom(onnx.numpy_helper.from_array(value * 1000, part.name))
            return True


def swap_sine_and_cosine(node):
    if is_node(node) and node.op_type in ("Sin", "Cos"):
        node.op_type = "Cos" if node.op_type == "Sin" else "Sin"
        return True


def test_bundle_of_tiny_model_matches(bundle_folder, source):
    assert parity.main(bundle_folder, source, lambda line: None) == 0


def test_bundle_of_other_sizes_and_settings_with_rounded_weights_matches(other_model):
    assert parity.main(other_model / "bundle", Source.find(other_model / "model"), lambda line: None) == 0


@pytest.mark.parametrize(
    "graph", ["stage_c_step", "stage_b_step", "stage_a_decode", "stage_a_encode", "text_encoder_c"]
)
def test_tanh_gelu_is_caught(bundle_copy, source, graph):
    spoil(bundle_copy, graph, use_tanh_gelu)
    assert graph_failures(bundle_copy, source, graph)


@pytest.mark.parametrize("graph", ["stage_c_step", "stage_b_step", "stage_b_condition"])
def test_wrong_norm_epsilon_is_caught(bundle_copy, source, graph):
    spoil(bundle_copy, graph, use_larger_epsilon)
    assert graph_failures(bundle_copy, source, graph)


@pytest.mark.parametrize("graph", ["stage_c_step", "stage_b_step"])
def test_swapped_timestep_embedding_is_caught(bundle_copy, source, graph):
    spoil(bundle_copy, graph, swap_sine_and_cosine)
    assert graph_failures(bundle_copy, source, graph)


@pytest.mark.parametrize("change", [{"s": 0.009}, {"scaler": 1.01}])
def test_wrong_schedule_in_the_manifest_is_caught_by_whole_runs(bundle_copy, source, change):
    path = bundle_copy / "model.json"
    manifest = json.loads(path.read_text())
    manifest["schedules"]["stage_b"].update(change)
    path.write_text(json.dumps(manifest))
    assert "stage_b_latents" in run_failures(bundle_copy, source)


def test_wrong_pad_token_is_caught_by_whole_runs(bundle_copy, source):
    path = bundle_copy / "tokenizer_b"
    for file in path.iterdir():
        (bundle_copy / "tokenizer_c" / file.name).replace(file)
    (bundle_copy / "tokenizer_c").rmdir()
    path.rename(bundle_copy / "tokenizer_c")
    (bundle_copy / "tokenizer_b").symlink_to(bundle_copy / "tokenizer_c")
    assert "stage_b_latents" in run_failures(bundle_copy, source)


def test_table_ends_with_the_count_of_failures(bundle_copy, source):
    spoil(bundle_copy, "stage_a_encode", use_tanh_gelu)
    lines = []
    assert parity.main(bundle_copy, source, lines.append) == 1
    failed = [line for line in lines if line.endswith("FAILED")]
    assert [line.split()[0] for line in failed] == ["stage_a_encode"] * 3
    assert lines[-1] == f"{len(lines) - 5} of {len(lines) - 2} within tolerance"


@pytest.mark.parametrize(
    "own, values, allowed",
    [(0, 49152, 5e-4), (1e-4, 49152, 5e-4), (13 / 49152, 49152, 8.4e-4), (0.01, 10**8, 0.02)],
)
def test_share_of_levels_that_may_differ_allows_for_the_noise_of_small_counts(own, values, allowed):
    assert parity._share_allowed(own, values) == pytest.approx(allowed, rel=0.01)
