"""Rounding to 8 and 16 bits, and how graphs hold what was rounded."""

import copy
import dataclasses

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import nn

from wurstchen_export.errors import ExportError
from wurstchen_export.graphs import onnx_writer, wrappers
from wurstchen_export.model import weights
from wurstchen_export.model.source import Source
from wurstchen_export.model.weights import Packed, on_grid, packed, round_models


def normal(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("axis, shape", [(0, (6, 40)), (1, (40, 6)), (0, (6, 8, 3, 3)), (1, (8, 6, 4, 4))])
def test_every_channel_is_within_half_a_level_of_its_own_scale(axis, shape):
    found = normal(*shape) * torch.logspace(-6, 6, 6).view([6 if index == axis else 1 for index in range(len(shape))])
    rounded = packed(found, axis)
    others = [index for index in range(len(shape)) if index != axis]
    assert rounded.integers.dtype == torch.int8
    assert rounded.scales.shape == tuple(6 if index == axis else 1 for index in range(len(shape)))
    assert rounded.integers.abs().amax(others).tolist() == [127] * 6
    assert ((rounded.unpacked() - found).abs() <= 0.501 * rounded.scales).all()


def test_channel_of_zeros_stays_zero():
    found = normal(3, 40)
    found[1] = 0
    assert (packed(found, 0).unpacked()[1] == 0).all()
    assert (on_grid(packed(found, 0).unpacked(), 0).unpacked()[1] == 0).all()


def test_rounding_twice_changes_nothing():
    once = packed(normal(50, 300), 0)
    found = on_grid(once.unpacked(), 0)
    assert torch.equal(found.integers, once.integers)
    assert torch.equal(found.scales, once.scales)


@pytest.mark.parametrize("change", [lambda w: w.t(), lambda w: w[:, 3:17], lambda w: torch.cat([w, w[:7] * 2])])
def test_grid_is_found_in_any_layout(change):
    found = change(packed(normal(50, 300), 0).unpacked())
    grid = on_grid(found, 1 if found.shape[0] == 300 else 0)
    assert torch.equal(grid.unpacked(), found)


def test_one_weight_off_the_grid_is_noticed():
    found = packed(normal(50, 300), 0).unpacked()
    found[20, 100] *= 1 + 2e-7
    assert on_grid(found, 0) is None


def test_small_layers_are_rounded_to_16_bits_and_vectors_not_at_all():
    model = nn.Sequential(nn.Conv2d(16, 64, 1), nn.Linear(64, 8), nn.LayerNorm(8), nn.Conv2d(8, 8, 3, groups=8))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(normal(*parameter.shape))
    before = copy.deepcopy(model)
    round_models([model], "int8")
    assert torch.equal(model[0].weight, before[0].weight.half().float())
    assert torch.equal(model[1].weight, packed(before[1].weight, 0).unpacked())
    assert torch.equal(model[3].weight, before[3].weight.half().float())
    for layer in range(4):
        assert torch.equal(model[layer].bias, before[layer].bias)
    assert torch.equal(model[2].weight, before[2].weight)


@pytest.mark.parametrize("channels, in_8_bits", [(31, False), (32, True)])
def test_transposed_convolution_counts_the_weights_of_one_tap(channels, in_8_bits):
    model = nn.Sequential(nn.ConvTranspose2d(channels, 4, 2))
    before = model[0].weight.detach().clone()
    round_models([model], "int8")
    expected = packed(before, 1).unpacked() if in_8_bits else before.half().float()
    assert torch.equal(model[0].weight, expected)


def test_what_is_folded_is_not_rounded(model_folder):
    before, after = Source.find(model_folder), Source.find(model_folder)
    after.round_weights("int8")
    mapper = {name: layer.weight for name, layer in after.stage_b.effnet_mappers.named_modules() if name}
    for name, layer in before.stage_b.effnet_mappers.named_modules():
        if name:
            assert torch.equal(mapper[name], layer.weight)
    found = weights.folded_columns(before.stage_b)
    linear = [name for name in found if name.endswith("channelwise.0") and found[name] >= weights.MIN_PER_CHANNEL][0]
    kept = found[linear]
    old, new = (source.stage_b.get_submodule(linear).weight for source in (before, after))
    assert 0 < kept < old.shape[1]
    assert torch.equal(old[:, kept:], new[:, kept:])
    assert torch.equal(new[:, :kept], packed(old[:, :kept].detach(), 0).unpacked())


def test_weight_beyond_16_bits_is_named():
    model = nn.Sequential(nn.Linear(4, 4))
    with torch.no_grad():
        model[0].weight[2, 1] = 70000
    with pytest.raises(ExportError) as caught:
        round_models([model], "fp16")
    assert str(caught.value) == (
        "Sequential 0.weight holds 70000, more than 16 bits can (65504): store the weights with --weights fp32"
    )


@pytest.mark.parametrize("kind", ["fp16", "int8"])
def test_weight_that_is_not_finite_is_named(kind):
    model = nn.Sequential(nn.Linear(40, 4))
    with torch.no_grad():
        model[0].weight[2, 1] = float("nan")
    with pytest.raises(ExportError) as caught:
        round_models([model], kind)
    assert str(caught.value) == (
        "Sequential 0.weight holds a value that is not finite: the model is damaged, or its training diverged"
    )


def stored(folder, graph):
    return onnx.load(folder / f"{graph}.onnx", load_external_data=False).graph


@pytest.mark.parametrize("graph", ["stage_c_step", "stage_b_step", "stage_a_decode"])
def test_bundle_holds_large_weights_in_8_bits(other_model, graph):
    types = {tensor.name: tensor.data_type for tensor in stored(other_model / "bundle", graph).initializer}
    integers = [name for name, kind in types.items() if kind == onnx.TensorProto.INT8]
    assert integers and all(name.endswith("_int8") for name in integers)
    for name in integers:
        assert types[name.removesuffix("_int8") + "_scales"] == onnx.TensorProto.FLOAT
    whole = [
        tensor.name
        for tensor in stored(other_model / "bundle", graph).initializer
        if tensor.data_type == onnx.TensorProto.FLOAT and len(tensor.dims) == 2 and tensor.dims[0] > 32
    ]
    assert whole == []


@pytest.mark.parametrize("graph", ["text_encoder_b", "stage_c_step", "stage_b_step", "stage_a_decode"])
def test_weights_are_unpacked_once_when_the_graph_is_loaded(other_model, tmp_path, graph):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.optimized_model_filepath = str(tmp_path / "optimised.onnx")
    onnxruntime.InferenceSession(str(other_model / "bundle" / f"{graph}.onnx"), options)
    run = onnx.load(tmp_path / "optimised.onnx", load_external_data=False).graph
    packed_types = {onnx.TensorProto.INT8, onnx.TensorProto.FLOAT16}
    assert [tensor.name for tensor in run.initializer if tensor.data_type in packed_types] == []
    assert not [node.name for node in run.node if any(name.endswith("_scales") for name in node.input)]


def test_rounding_to_8_bits_is_small(other_model):
    before, after = (Source.find(other_model / "model") for _ in range(2))
    after.round_weights("int8")
    for old, new in zip(before.stage_c.parameters(), after.stage_c.parameters(), strict=True):
        assert np.sqrt(((old - new) ** 2).mean().item()) <= 0.01 * np.sqrt((old**2).mean().item())


def test_packed_weights_multiply_without_rounding():
    scales = packed(normal(64, 64), 0).scales
    integers = torch.arange(-127, 128).repeat(64, 1)
    exact = integers.double() * scales.double()
    assert torch.equal(Packed(integers.to(torch.int8), scales).unpacked().double(), exact)


def test_graph_in_16_bits_unpacks_8_bits_to_the_same_weights(model_folder, tmp_path):
    source = Source.find(model_folder)
    source.round_weights("int8")
    exportable = wrappers.builders(source, "fp32", keep_apart=True)["stage_c_condition"]()
    grids = weights.packed_buffers(exportable.module)
    exportable = dataclasses.replace(exportable, module=wrappers.in_half(exportable.module))
    outputs = []
    for kind, packed_weights in (("fp16", {}), ("int8", grids)):
        onnx_writer.write(exportable, tmp_path, kind, packed_weights)
        session = onnxruntime.InferenceSession(str(tmp_path / "stage_c_condition.onnx"))
        inputs = dict(zip(exportable.spec.input_names, [tensor.numpy() for tensor in exportable.inputs]))
        outputs.append(session.run(None, inputs)[0])
        types = {tensor.data_type for tensor in stored(tmp_path, "stage_c_condition").initializer}
        assert (onnx.TensorProto.INT8 in types) == (kind == "int8")
    assert np.array_equal(*outputs)


def test_weights_in_16_bits_are_stored_as_such(model_folder, tmp_path):
    source = Source.find(model_folder)
    source.round_weights("fp16")
    onnx_writer.write(wrappers.builders(source, "fp32", keep_apart=True)["stage_c_step"](), tmp_path, "fp16")
    initializers = stored(tmp_path, "stage_c_step").initializer
    matrices = [tensor for tensor in initializers if len(tensor.dims) > 1 and max(tensor.dims) > 16]
    assert len(matrices) > 10
    assert {tensor.data_type for tensor in matrices} == {onnx.TensorProto.FLOAT16}
