"""The graphs of a Stable Cascade bundle. What is not here is as for Würstchen v2 (graphs/contract.py).

Further axis symbols: ``image_prompts``: image prompts of a picture, at least 1 (zeros where there are none);
``condition_tokens``: tokens of text, pooled text and image prompts together; ``keys_L``: those and the cells of the map
at level L of a U; ``map_L_height``, ``map_L_width``: sides of a map, each half of the level above, rounded down;
``up_L_height``, ``up_L_width``: twice those.
"""

from __future__ import annotations

from functools import partial
from typing import Callable

from torch import nn
from torch.export import Dim

from wurstchen_export.families.stable_cascade.encoders import ImageEncoder, PooledTextEncoder
from wurstchen_export.families.stable_cascade.layout import Layout
from wurstchen_export.families.stable_cascade.plan import Plan
from wurstchen_export.families.stable_cascade.source import CascadeSource
from wurstchen_export.families.stable_cascade.stage_b import StageBCondition
from wurstchen_export.families.stable_cascade.stage_c import StageCCondition, StageStep
from wurstchen_export.graphs import contract, wrappers
from wurstchen_export.graphs.compressor import CompressorGraph
from wurstchen_export.graphs.contract import FLOAT, INT, Axis, GraphSpec, TensorSpec
from wurstchen_export.graphs.stage_a import StageADecode, StageAEncode
from wurstchen_export.graphs.wrappers import Axes, Exportable
from wurstchen_export.model.compressor import STRIDE

TEXT_ENCODER, IMAGE_ENCODER = "text_encoder", "image_encoder"
IMAGE_PROMPTS = 2
"""Of the sample inputs; see wrappers.IMAGES."""
C_SIDES = (3, 5)
"""Of the sample inputs of Stage B's condition graph."""


def layout_c(source: CascadeSource) -> Layout:
    return Layout.of(Plan(source.stage_c), "condition_tokens", None)


def layout_b(source: CascadeSource) -> Layout:
    config = source.stage_b.config
    return Layout.of(Plan(source.stage_b), config.clip_seq, config.block_out_channels[0])


def graphs(source: CascadeSource) -> dict[str, GraphSpec]:
    """Every graph of a bundle of this model, in the order in which a run needs them."""
    text, c, b = source.text_encoder.config, source.stage_c.config, source.stage_b.config
    tokens, pooled = source.tokens, TensorSpec("pooled", FLOAT, ("rows", text.projection_dim))
    c_latents: tuple[Axis, ...] = ("images", c.in_channels, "c_height", "c_width")
    b_latents: tuple[Axis, ...] = ("images", b.in_channels, "b_height", "b_width")
    hidden = TensorSpec("hidden_states", FLOAT, ("rows", tokens, text.hidden_size))
    image = TensorSpec("image_embeddings", FLOAT, ("rows", "image_prompts", c.clip_image_in_channels))
    ids = tuple(TensorSpec(name, INT, ("rows", tokens)) for name in ("input_ids", "attention_mask"))
    conditions_c, conditions_b = layout_c(source).specs(), layout_b(source).specs()
    latents = lambda axes, name="latents": TensorSpec(name, FLOAT, axes)
    found = [
        GraphSpec(TEXT_ENCODER, ids, (hidden, pooled)),
        *_image_encoder(source),
        GraphSpec(contract.STAGE_C_CONDITION, (hidden, pooled, image, latents(c_latents)), conditions_c),
        contract.step(contract.STAGE_C_STEP, c_latents, conditions_c),
        GraphSpec(
            contract.STAGE_B_CONDITION,
            (pooled, latents(c_latents, "stage_c_latents"), latents(b_latents)),
            conditions_b,
        ),
        contract.step(contract.STAGE_B_STEP, b_latents, conditions_b),
        contract.stage_a_decode(b_latents),
        contract.stage_a_encode(b_latents),
    ]
    if source.compressor_folder is not None:
        found.append(contract.semantic_compressor(c_latents))
    return {graph.name: graph for graph in found}


def _image_encoder(source: CascadeSource) -> list[GraphSpec]:
    if source.image_encoder is None:
        return []
    side, width = source.image_encoder.config.image_size, source.image_encoder.config.projection_dim
    pixels = TensorSpec("pixel_values", FLOAT, ("images", 3, side, side))
    return [GraphSpec(IMAGE_ENCODER, (pixels,), (TensorSpec("image_embeddings", FLOAT, ("images", width)),))]


def builders(source: CascadeSource, precision: str) -> dict[str, Callable[[], Exportable]]:
    """A function for each graph, so that only one graph's weights are copied at a time."""
    scale = source.stage_a.config.scale_factor
    modules: dict[str, Callable[[], nn.Module]] = {
        TEXT_ENCODER: lambda: PooledTextEncoder(source.text_encoder, source.tokens),
        IMAGE_ENCODER: lambda: ImageEncoder(source.image_encoder),
        contract.STAGE_C_CONDITION: lambda: StageCCondition(source.stage_c, layout_c(source)),
        contract.STAGE_C_STEP: lambda: StageStep(source.stage_c, layout_c(source), source.stage_c_divisor),
        contract.STAGE_B_CONDITION: lambda: StageBCondition(source.stage_b, layout_b(source)),
        contract.STAGE_B_STEP: lambda: StageStep(source.stage_b, layout_b(source)),
        contract.STAGE_A_DECODE: lambda: StageADecode(source.stage_a, scale),
        contract.STAGE_A_ENCODE: lambda: StageAEncode(source.stage_a, scale),
        contract.SEMANTIC_COMPRESSOR: lambda: CompressorGraph(source.compressor),
    }
    return {
        name: wrappers.builder(spec, modules[name], partial(_axes, source, name), precision)
        for name, spec in graphs(source).items()
    }


def _axes(source: CascadeSource, graph: str) -> Axes:
    axes: Axes = {
        "images": (wrappers.IMAGES, Dim("images", min=1)),
        "rows": (2 * wrappers.IMAGES, Dim("rows", min=1)),
        "steps": (wrappers.STEPS, Dim("steps", min=1)),
        "image_prompts": (IMAGE_PROMPTS, Dim("image_prompts", min=1)),
    }
    for side, length in zip(("height", "width"), C_SIDES):
        axes[f"c_{side}"] = (length, Dim(f"c_{side}", min=1))
        base, factor = Dim(f"base_{side}", min=1), source.stage_a_factor
        pixels = STRIDE if graph == contract.SEMANTIC_COMPRESSOR else factor
        axes[side] = (pixels * length, pixels * base)
        axes[f"b_{side}"] = (length, base)
    if graph in (contract.STAGE_C_CONDITION, contract.STAGE_C_STEP):
        seq = source.stage_c.config.clip_seq
        tokens = source.tokens + seq + seq * IMAGE_PROMPTS
        axes |= _axes_of_network(source.stage_c, layout_c(source), "c", tokens)
        axes["condition_tokens"] = (tokens, Dim("condition_tokens", min=1))
    if graph in (contract.STAGE_B_CONDITION, contract.STAGE_B_STEP):
        axes |= _axes_of_network(source.stage_b, layout_b(source), "b", source.stage_b.config.clip_seq)
    return axes


def _axes_of_network(model: nn.Module, layout: Layout, stage: str, tokens: int) -> Axes:
    """Sides of all maps. None is 1, which the exporter would take for a constant; some are odd."""
    plan, patch = Plan(model), model.config.patch_size
    shortest = 2 ** layout.levels + 1
    sides = {"height": shortest, "width": shortest + 5}
    axes: Axes = {}
    for side, length in sides.items():
        base = Dim(f"base_{side}", min=1)
        axes[f"{stage}_{side}"] = (patch * length, base if patch == 1 else patch * base)
        axes[f"map_0_{side}"] = (length, base)
    cells = {0: sides["height"] * sides["width"]}
    for level in range(1, layout.levels):
        if plan.scales(level) != "same":
            sides = {side: length // 2 for side, length in sides.items()}
        cells[level] = sides["height"] * sides["width"]
        for side, length in sides.items():
            axes[f"map_{level}_{side}"] = (length, Dim(f"map_{level}_{side}", min=1))
            axes[f"up_{level}_{side}"] = (2 * length, Dim(f"up_{level}_{side}", min=1))
    for level in layout.attention:
        axes[f"keys_{level}"] = (tokens + cells[level], Dim(f"keys_{level}", min=1))
    return axes
