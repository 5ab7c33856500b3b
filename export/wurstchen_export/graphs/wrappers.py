"""For every graph of a bundle: the module that computes it, sample inputs and which axes stay free."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Callable

import torch
from torch import Tensor, nn
from torch.export import Dim

from wurstchen_export.graphs import contract
from wurstchen_export.graphs.compressor import CompressorGraph
from wurstchen_export.graphs.contract import GraphSpec
from wurstchen_export.graphs.stage_a import StageADecode, StageAEncode
from wurstchen_export.graphs.stage_b import StageBCondition, StageBStep
from wurstchen_export.graphs.stage_c import StageCCondition, StageCStep
from wurstchen_export.graphs.text_encoder import TextEncoder
from wurstchen_export.model.compressor import STRIDE
from wurstchen_export.model.source import Source

IMAGES, STEPS = 2, 3
"""Sizes of the sample inputs. None may be 1, which the exporter would take for a constant."""
C_SIDES = (3, 5)
BASE_SIDES = (2, 3)
"""Sides at Stage B's coarsest level."""


@dataclass(frozen=True)
class Geometry:
    """The multiples by which the sides of latents and pictures are tied to each other."""

    patch_size: int
    stage_b_multiple: int
    stage_a_factor: int
    compressor_multiple: int = STRIDE

    @staticmethod
    def of(source: Source) -> Geometry:
        patch = source.stage_b.config.patch_size
        levels = len(source.stage_b.config.c_hidden)
        a = source.stage_a.config
        return Geometry(patch, patch * 2 ** (levels - 1), a.up_down_scale_factor * 2 ** (a.levels - 1))


@dataclass(frozen=True)
class Exportable:
    """A module, what to trace it with, and the free axes of its inputs."""

    spec: GraphSpec
    module: nn.Module
    inputs: tuple[Tensor, ...]
    dynamic_shapes: tuple[dict, ...]


def builders(source: Source, precision: str, keep_apart: bool) -> dict[str, Callable[[], Exportable]]:
    """A function for each graph, in the contract's order, so that only one graph's weights are copied at a time."""
    a = source.architecture
    geometry = Geometry.of(source)
    settings = source.pipeline_settings
    scale = source.stage_a.config.scale_factor
    modules = {
        contract.TEXT_ENCODER_C: lambda: TextEncoder(source.text_encoder_c, a.tokens),
        contract.TEXT_ENCODER_B: lambda: TextEncoder(source.text_encoder_b, a.tokens),
        contract.STAGE_C_CONDITION: lambda: StageCCondition(source.stage_c),
        contract.STAGE_C_STEP: lambda: StageCStep(source.stage_c),
        contract.STAGE_B_CONDITION: lambda: StageBCondition(
            source.stage_b, geometry.patch_size, settings["latent_mean"], settings["latent_std"]
        ),
        contract.STAGE_B_STEP: lambda: StageBStep(source.stage_b, geometry.patch_size, keep_apart),
        contract.STAGE_A_DECODE: lambda: StageADecode(source.stage_a, scale),
        contract.STAGE_A_ENCODE: lambda: StageAEncode(source.stage_a, scale),
        contract.SEMANTIC_COMPRESSOR: lambda: CompressorGraph(source.compressor),
    }
    specs = contract.graphs(a)
    return {
        name: builder(spec, modules[name], partial(_axes, spec, geometry), precision) for name, spec in specs.items()
    }


Axes = dict[str, tuple[int, object]]
"""Every axis symbol's sample size and torch.export dimension."""


def builder(
    spec: GraphSpec, make: Callable[[], nn.Module], make_axes: Callable[[], Axes], precision: str
) -> Callable[[], Exportable]:
    """Returns a function that builds the module of a graph and its sample inputs."""

    def build() -> Exportable:
        module = make().eval().cpu()
        if precision == "fp16":
            module = in_half(module)
        axes = make_axes()
        inputs = tuple(_sample(tensor, axes) for tensor in spec.inputs)
        shapes = tuple(
            {index: axes[axis][1] for index, axis in enumerate(tensor.axes) if isinstance(axis, str)}
            for tensor in spec.inputs
        )
        # A module with a variable number of inputs takes them as one tuple.
        if spec.name in (contract.STAGE_C_STEP, contract.STAGE_B_STEP):
            shapes = (*shapes[:6], shapes[6:])
        return Exportable(spec, module, inputs, shapes)

    return build


def in_half(module: nn.Module) -> nn.Module:
    """The module in 16 bits. What must stay exact does: the frequencies of the noise ratio, and the masks."""
    kept = {name: buffer for name, buffer in module.named_buffers() if name.endswith("frequencies")}
    module = module.half()
    for name, buffer in kept.items():
        owner, _, leaf = name.rpartition(".")
        setattr(module.get_submodule(owner), leaf, buffer)
    return module


def _axes(spec: GraphSpec, geometry: Geometry) -> Axes:
    axes: Axes = {
        "images": (IMAGES, Dim("images", min=1)),
        "rows": (2 * IMAGES, Dim("rows", min=1)),
        "steps": (STEPS, Dim("steps", min=1)),
        "c_height": (C_SIDES[0], Dim("c_height", min=1)),
        "c_width": (C_SIDES[1], Dim("c_width", min=1)),
    }
    for side, base in zip(("height", "width"), BASE_SIDES):
        dim = Dim(f"base_{side}", min=1)
        pixels_multiple = (
            geometry.compressor_multiple if spec.name == contract.SEMANTIC_COMPRESSOR else geometry.stage_a_factor
        )
        axes[side] = _multiple(pixels_multiple, base, dim)
        free = spec.name == contract.STAGE_A_DECODE
        axes[f"b_{side}"] = _multiple(1 if free else geometry.stage_b_multiple, base, dim)
        for level in range(geometry.stage_b_multiple.bit_length()):
            reduction = geometry.patch_size * 2**level
            if reduction <= geometry.stage_b_multiple:
                axes[f"map_{level}_{side}"] = _multiple(geometry.stage_b_multiple // reduction, base, dim)
    return axes


def _multiple(factor: int, base: int, dim) -> tuple[int, object]:
    return factor * base, dim if factor == 1 else factor * dim


def _sample(tensor: contract.TensorSpec, axes: Axes) -> Tensor:
    shape = [axes[axis][0] if isinstance(axis, str) else axis for axis in tensor.axes]
    if tensor.dtype == contract.INT:
        return torch.ones(shape, dtype=torch.int64)
    return torch.rand(shape) + 0.1
