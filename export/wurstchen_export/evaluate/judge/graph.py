"""The judge's network as one ONNX file with its weights in 16 bits."""

from __future__ import annotations

import copy
from pathlib import Path

import onnx_ir as ir
import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval, fuse_linear_bn_eval

from wurstchen_export.evaluate.judge.model import JudgeNet
from wurstchen_export.graphs import onnx_writer
from wurstchen_export.graphs.contract import FLOAT, GraphSpec, TensorSpec
from wurstchen_export.graphs.wrappers import Exportable

FUSED = {nn.BatchNorm2d: fuse_conv_bn_eval, nn.BatchNorm1d: fuse_linear_bn_eval}
"""How each normalisation disappears in the layer before it."""
OUTPUTS = ("emoji", "style", "background")


def write(net: JudgeNet, path: Path) -> None:
    """pixels float32 [images,3,side,side] in [0,1] to scores of emoji, styles and backgrounds, [images,classes]."""
    side = net.config["side"]
    spec = GraphSpec(
        "judge",
        (TensorSpec("pixels", FLOAT, ("images", 3, side, side)),),
        tuple(
            TensorSpec(name, FLOAT, ("images", classes))
            for name, classes in zip(OUTPUTS, net.config["sizes"], strict=True)
        ),
    )
    axes = ({0: torch.export.Dim("images", min=1, max=4096)},)
    model = onnx_writer.trace(Exportable(spec, folded(net), (torch.rand(2, 3, side, side),), axes))
    onnx_writer.store_as_half(model)
    onnx_writer.forget_history(model)
    ir.save(model, path)


def folded(net: JudgeNet) -> JudgeNet:
    """The same function with its normalisations inside the layers before them, its weights rounded to 16 bits."""
    net = copy.deepcopy(net).eval()
    for layers in [module for module in net.modules() if isinstance(module, nn.Sequential)]:
        for i in range(len(layers) - 1):
            if fuse := FUSED.get(type(layers[i + 1])):
                layers[i], layers[i + 1] = fuse(layers[i], layers[i + 1]), nn.Identity()
    return net.half().float()
