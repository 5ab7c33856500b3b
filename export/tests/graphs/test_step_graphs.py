"""What the graphs promise beyond the numbers that parity compares: bad steps are noted, and shapes are not computed."""

import dataclasses
import re

import numpy as np
import onnx_ir as ir
import onnxruntime
import pytest
import torch
from torch import nn

from wurstchen_export.bundle.runtime import Bundle, PictureRequest
from wurstchen_export.errors import ExportError
from wurstchen_export.graphs import contract, layers, onnx_writer, replay, shapes, wrappers

GRAPHS = (
    "text_encoder_c",
    "text_encoder_b",
    "stage_c_condition",
    "stage_c_step",
    "stage_b_condition",
    "stage_b_step",
    "stage_a_decode",
    "stage_a_encode",
)
NONE_BAD = -1
ROW = 1


@pytest.fixture(scope="module")
def bundle(bundle_folder):
    return Bundle(bundle_folder, threads=1)


def random(generator, tensor, sizes):
    shape = [sizes.get(axis, axis) for axis in tensor["axes"]]
    return generator.uniform(0.1, 1, shape).astype(np.float32)


def step_inputs(bundle, stage):
    """Named inputs of one guided step of one picture, at row 1 of a table of 3."""
    sizes = {"images": 1, "rows": 2, "steps": 3, "c_height": 3, "c_width": 3, "b_height": 32, "b_width": 32}
    generator = np.random.default_rng(1)
    graphs = bundle.manifest["graphs"]
    given = [random(generator, tensor, sizes) for tensor in graphs[f"{stage}_condition"]["inputs"]]
    names = [tensor["name"] for tensor in graphs[f"{stage}_condition"]["outputs"]]
    known = dict(zip(names, bundle.run(f"{stage}_condition", *given)))
    known |= {"step": np.array([ROW]), "bad_step": np.array([NONE_BAD])}
    inputs = {}
    for tensor in graphs[f"{stage}_step"]["inputs"]:
        name = tensor["name"]
        inputs[name] = known[name] if name in known else random(generator, tensor, sizes)
    return inputs


def stepped(bundle, stage, inputs):
    latents, step, bad_step = bundle.run(f"{stage}_step", *inputs.values())
    return latents, step.tolist(), bad_step.tolist()


@pytest.mark.parametrize("stage", ["stage_c", "stage_b"])
def test_finite_latents_are_no_bad_step(bundle, stage):
    latents, step, bad_step = stepped(bundle, stage, step_inputs(bundle, stage))
    assert np.isfinite(latents).all()
    assert (step, bad_step) == ([ROW + 1], [NONE_BAD])


@pytest.mark.parametrize("stage", ["stage_c", "stage_b"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_one_value_that_is_not_finite_makes_a_bad_step(bundle, stage, value):
    inputs = step_inputs(bundle, stage)
    inputs["noise_table"][ROW].flat[-1] = value
    latents, step, bad_step = stepped(bundle, stage, inputs)
    assert np.isfinite(latents).sum() == latents.size - 1
    assert (step, bad_step) == ([ROW + 1], [ROW])


@pytest.mark.parametrize("stage", ["stage_c", "stage_b"])
def test_first_bad_step_is_kept(bundle, stage):
    inputs = step_inputs(bundle, stage)
    inputs["bad_step"] = np.array([0])
    assert stepped(bundle, stage, inputs)[1:] == ([ROW + 1], [0])
    inputs["noise_table"][ROW].flat[0] = np.nan
    assert stepped(bundle, stage, inputs)[1:] == ([ROW + 1], [0])


def test_run_whose_latents_are_not_finite_names_stage_and_step(bundle):
    request = PictureRequest("a cat", width=128, height=128, stage_c_guidance=float("inf"))
    with pytest.raises(ExportError, match=r"^stage_c_step: the latents are no longer finite after step 1 of 4$"):
        bundle.generate(request)


def as_optimised(path, level, folder, without=""):
    """The graph as ONNX Runtime rewrites it when it loads, without the optimizers of these names."""
    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("optimization.disable_specified_optimizers", without)
    options.log_severity_level = 3
    options.graph_optimization_level = level
    options.optimized_model_filepath = str(folder / path.name)
    onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return ir.load(folder / path.name)


def test_all_graphs_of_the_library_are_looked_at(bundle):
    assert list(GRAPHS) == list(bundle.manifest["graphs"])


@pytest.mark.parametrize("graph", GRAPHS)
@pytest.mark.parametrize("model", ["tiny", "other"])
def test_graphs_compute_no_shape_at_run_time(bundle_folder, other_model, graph, model):
    folder = bundle_folder if model == "tiny" else other_model / "bundle"
    assert shapes.computed_shapes(ir.load(folder / f"{graph}.onnx")) == []


@pytest.mark.parametrize("graph", GRAPHS)
@pytest.mark.parametrize("level", ["ORT_ENABLE_BASIC", "ORT_ENABLE_EXTENDED"])
def test_graphs_compute_no_shape_after_onnx_runtime_has_rewritten_them(bundle_folder, tmp_path, graph, level):
    level = getattr(onnxruntime.GraphOptimizationLevel, level)
    assert shapes.computed_shapes(as_optimised(bundle_folder / f"{graph}.onnx", level, tmp_path)) == []


def test_shapes_computed_at_run_time_are_found(other_model):
    found = shapes.computed_shapes(ir.load(other_model / "bundle" / "semantic_compressor.onnx"))
    assert {entry.partition("(")[0] for entry in found} == {"Shape", "Reshape"}


def test_graph_that_computes_shapes_is_refused(source):
    class Flattening(nn.Module):
        def __init__(self, step):
            super().__init__()
            self.step = step

        def forward(self, latents, step, bad_step, step_table, noise_table, guidance_scale, *conditioning):
            following, step, bad_step = self.step(
                latents, step, bad_step, step_table, noise_table, guidance_scale, *conditioning
            )
            images, channels, height, width = latents.shape
            return following.reshape(images, channels, width, height).transpose(2, 3), step, bad_step

    exportable = wrappers.builders(source, "fp32", keep_apart=False)[contract.STAGE_C_STEP]()
    message = r"^stage_c_step: \d nodes compute shapes at run time, which only the CPU can: "
    with pytest.raises(ExportError, match=message):
        onnx_writer.trace(dataclasses.replace(exportable, module=Flattening(exportable.module)))


STEPS = ("stage_c_step", "stage_b_step")


@pytest.mark.parametrize("graph", STEPS)
@pytest.mark.parametrize("model", ["tiny", "other"])
def test_steps_can_be_replayed(bundle_folder, other_model, graph, model):
    folder = bundle_folder if model == "tiny" else other_model / "bundle"
    assert replay.listing_nodes(ir.load(folder / f"{graph}.onnx")) == []


@pytest.mark.parametrize("graph", STEPS)
@pytest.mark.parametrize("level", ["ORT_ENABLE_BASIC", "ORT_ENABLE_EXTENDED"])
def test_steps_can_be_replayed_after_onnx_runtime_has_rewritten_them(bundle_folder, tmp_path, graph, level):
    level = getattr(onnxruntime.GraphOptimizationLevel, level)
    model = as_optimised(bundle_folder / f"{graph}.onnx", level, tmp_path, without="GatherSliceToSplitFusion")
    assert replay.listing_nodes(model) == []


@pytest.mark.parametrize(
    ("joined", "found"), [("cat", ["Concat"]), ("split", ["Split"]), ("scatter", ["ScatterND"]), ("weights", [])]
)
def test_step_that_cannot_be_replayed_is_refused(source, joined, found):
    class Listing(nn.Module):
        def __init__(self, step):
            super().__init__()
            self.step = step
            self.register_buffer("weight", torch.ones(16))
            self.register_buffer("other", torch.ones(16))

        def forward(self, latents, step, bad_step, step_table, noise_table, guidance_scale, *conditioning):
            following, step, bad_step = self.step(
                latents, step, bad_step, step_table, noise_table, guidance_scale, *conditioning
            )
            if joined == "cat":
                following = torch.cat([following, latents[:, :4]], dim=1)[:, :16]
            elif joined == "split":
                following = following + following.split([4, 12], dim=1)[1].sum()
            elif joined == "scatter":
                following = following.index_put((torch.tensor([0]),), latents[:1])
            else:
                following = following * torch.cat([self.weight, self.other])[:16, None, None]
            return following, step, bad_step

    exportable = wrappers.builders(source, "fp32", keep_apart=False)[contract.STAGE_C_STEP]()
    exportable = dataclasses.replace(exportable, module=Listing(exportable.module))
    if not found:
        onnx_writer.trace(exportable)
        return
    with pytest.raises(ExportError) as error:
        onnx_writer.trace(exportable)
    assert re.fullmatch(
        rf"stage_c_step: 1 nodes cannot be replayed as a CUDA graph: {found[0]}\(\w+\); export with the pinned"
        r" versions, or write these layers as layers\.side_by_side and layers\.taken_apart",
        str(error.value),
    )


def test_parts_side_by_side_are_concatenated_and_taken_apart_again():
    parts = [torch.randn(2, 3, width) for width in (4, 1, 5)]
    joined = layers.side_by_side(*parts)
    assert torch.equal(joined, torch.cat(parts, dim=-1))
    assert all(torch.equal(one, other) for one, other in zip(layers.taken_apart(joined, [4, 1, 5]), parts, strict=True))


def test_text_comes_before_the_map():
    text, own = torch.randn(2, 3, 4, 7, 8), torch.randn(2, 3, 4, 6, 8)
    positions = layers.TextBesideMap.positions_of(torch.full((3, 2, 3, 5), float("nan")), 7)
    assert positions.tolist() == list(range(13))
    assert torch.equal(layers.TextBesideMap(text, positions).before(own), torch.cat([text, own], dim=3))


def test_axis_is_counted_whatever_its_values():
    ones = shapes.ones_like_axis(torch.tensor([1.5, float("nan"), float("inf"), -float("inf"), 0.0]))
    assert ones.tolist() == [1.0] * 5
    assert shapes.counted(ones).tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]


def test_reshapes_are_torchs_own():
    x = torch.arange(48.0).reshape(2, 2, 4, 3)
    shape = shapes.map_shape_of(torch.zeros(1, 1, 4, 8), 2)
    assert shape.tolist() == [0, 2, 4, -1]
    assert torch.equal(shapes.reshape(x, shapes.KEEP, shapes.REST, 3, rest=8), x.reshape(2, 8, 3))
    assert torch.equal(shapes.to_map(x.reshape(2, 8, 3), shape, 2, 4, 3), x)


@pytest.mark.parametrize("model", ["tiny", "other"])
def test_transposed_convolution_leaves_its_bias_to_a_sum(bundle_folder, other_model, model):
    folder = bundle_folder if model == "tiny" else other_model / "bundle"
    nodes = ir.load(folder / "stage_a_decode.onnx").graph.all_nodes()
    operands = [len(node.inputs) for node in nodes if node.op_type == "ConvTranspose"]
    assert operands and set(operands) == {2}
