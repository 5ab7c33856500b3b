"""The modules of graphs for GPUs compute, in float32, what those for CPUs do."""

import pytest
import torch
from conftest import OTHER_SIZES
from torch import nn

from wurstchen_export.graphs import fused, layers, stage_a, stage_b, stage_c, wrappers
from wurstchen_export.graphs.layers import Depthwise, layer_norm
from wurstchen_export.model import tiny
from wurstchen_export.model.source import Source

HEADS_OF_64 = tiny.Sizes(
    text_c=(16, 1, 2),
    text_b=(24, 1, 3),
    stage_c={"c": 128, "c_r": 8, "depth": 2, "nhead": 2},
    stage_b={
        "c_r": 8,
        "c_cond": 20,
        "c_hidden": [12, 64, 128],
        "nhead": [-1, 1, 2],
        "blocks": [1, 2, 1],
        "level_config": ["CTT", "CTA", "CAT"],
        "inject_effnet": [False, False, True],
    },
    stage_a={"bottleneck_blocks": 1, "embed_dim": 12, "num_vq_embeddings": 8},
)


@pytest.fixture(scope="module", params=["tiny", "other", "heads of 64"])
def source(request, tmp_path_factory):
    sizes = {"tiny": tiny.TINY, "other": OTHER_SIZES, "heads of 64": HEADS_OF_64}[request.param]
    folder = tmp_path_factory.mktemp("fused") / "model"
    tiny.write(folder, seed=3, sizes=sizes)
    return Source.find(folder)


def as_for_gpus(monkeypatch):
    for module in (layers, stage_a, stage_b, stage_c):
        monkeypatch.setattr(module, "for_gpus", lambda x: True)


GRAPHS = ["stage_c_condition", "stage_c_step", "stage_b_condition", "stage_b_step", "stage_a_decode", "stage_a_encode"]


@pytest.mark.parametrize("graph", GRAPHS)
@pytest.mark.parametrize("keep_apart", [False, True])
@torch.no_grad()
def test_same_results_as_without_operators(source, graph, keep_apart, monkeypatch):
    exportable = wrappers.builders(source, "fp32", keep_apart=keep_apart)[graph]()
    inputs = [tensor.clone() for tensor in exportable.inputs]
    for tensor, spec in zip(inputs, exportable.spec.inputs, strict=True):
        if spec.name.startswith("map_shape"):
            tensor.copy_(torch.tensor([0, 1, 1, -1]))  # only the exported graph reads it
    expected = exportable.module(*inputs)
    as_for_gpus(monkeypatch)
    found = exportable.module(*inputs)
    as_tuple = lambda outputs: outputs if isinstance(outputs, tuple) else (outputs,)
    for one, other in zip(as_tuple(found), as_tuple(expected), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-5 * other.float().abs().max().item())


def test_convolution_of_5x5_is_left_to_standard_operators():
    depthwise = Depthwise(nn.Conv2d(6, 6, 5, padding=2, groups=6))
    x, bias, joined = torch.randn(2, 3, 4, 6), torch.randn(6), torch.randn(2, 3, 4, 2)
    y, normed = fused.Pending(x, bias).mixed(depthwise, [joined])
    torch.testing.assert_close(y, x + bias)
    torch.testing.assert_close(normed, torch.cat([layer_norm(depthwise(x + bias)), joined], dim=-1))


@pytest.mark.parametrize("height, width", [(1, 1), (3, 7), (8, 2)])
def test_transposed_convolution_as_products(height, width):
    layer = nn.ConvTranspose2d(5, 3, kernel_size=4, stride=2, padding=1)
    x = torch.randn(2, 5, height, width)
    with torch.no_grad():
        found = stage_a._doubled(x.permute(0, 2, 3, 1), layer).permute(0, 3, 1, 2)
        torch.testing.assert_close(found, layer(x))
