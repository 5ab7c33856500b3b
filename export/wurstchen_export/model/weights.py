"""The kinds of stored weights, and rounding a model to the values that a bundle of a kind stores.

The model is rounded before its graphs are traced. The graphs then compute what the reference computes with the same
rounded weights, up to float32 rounding, so parity uses the same tolerances for all kinds.

- ``fp32``: unchanged.
- ``fp16``: the weights of linear layers, convolutions and embeddings in 16 bits.
- ``int8``: the same weights as signed 8-bit integers with one float32 scale for each output channel (each entry of an
  embedding). Layers with fewer than MIN_PER_CHANNEL weights a channel are stored in 16 bits: the scales would take
  more bytes than they save. These are the depthwise convolutions and the layers that read latents.

Biases, norms and every other vector stay in float32. So do the few weights that the exporter folds into others
(``folded_columns``): their own values are not stored, so rounding them would only lose precision.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from wurstchen_export.errors import ExportError
from wurstchen_export.model.plan import Plan

KINDS = ("fp32", "fp16", "int8")
MIN_PER_CHANNEL = 32
LEVELS = 127
"""The largest integer. -128 is not used: the grid is symmetric."""
SCALE_BITS = 16
"""Significant bits of a scale. Its product with a 7-bit integer fits the 24 bits of float32: unpacking is exact."""


@dataclass(frozen=True)
class Packed:
    """Weights in 8 bits: exactly ``integers * scales`` in float32.

    integers: int8, in the weights' shape. scales: float32, of length 1 on every axis but the channels'.
    """

    integers: Tensor
    scales: Tensor

    def unpacked(self) -> Tensor:
        return self.integers.float() * self.scales


def round_models(models: list[nn.Module], kind: str) -> None:
    """Rounds the weights of the models, in place, to the values that a bundle of this kind stores.

    Idempotent. Raises ExportError for a weight that the kind cannot represent.
    """
    if kind == "fp32":
        return
    with torch.no_grad():
        for model in models:
            folded = folded_columns(model)
            for name, layer in model.named_modules():
                axis = channel_axis(layer)
                if axis is None:
                    continue
                stored = layer.weight.narrow(1, 0, folded.get(name, layer.weight.shape[1]))
                if stored.numel() > 0:
                    wanted = "fp16" if _per_channel(layer, stored) < MIN_PER_CHANNEL else kind
                    stored.copy_(_rounded(stored, axis, wanted, f"{type(model).__name__} {name}.weight"))


def channel_axis(layer: nn.Module) -> int | None:
    """Returns the axis of the output channels in a layer's weight; None for layers that are not rounded."""
    if isinstance(layer, nn.ConvTranspose2d):
        return 1
    return 0 if isinstance(layer, (nn.Linear, nn.Conv2d, nn.Embedding)) else None


def _per_channel(layer: nn.Module, stored: Tensor) -> int:
    """Returns how many weights share a scale.

    It does not depend on how the graphs lay out the layer: a transposed convolution may become a product with a column
    for each tap.
    """
    return layer.in_channels if isinstance(layer, nn.ConvTranspose2d) else stored.numel() // stored.shape[0]


def folded_columns(model: nn.Module) -> dict[str, int]:
    """Returns, for layers of which only some columns (axis 1) are stored unchanged, the number of these first columns.

    The others are folded: Stage B's mappers of the semantic latents with the columns that read their output, the
    convolutions before Stage A's batch norms, and what Stable Cascade's networks compute from inputs that are always zero.
    """
    names = {layer: name for name, layer in model.named_modules()}
    found = {}
    if type(model).__name__ == "WuerstchenDiffNeXt":
        for block, mapper in injections(model):
            linear = block.channelwise[0]
            found[names[mapper]] = 0
            found[names[linear]] = linear.in_features - mapper.out_channels
    if type(model).__name__ == "StableCascadeUNet":
        found |= {name: 0 for name, layer in model.named_modules() if _reads_zeros(name) and channel_axis(layer) is not None}
    for layer in model.modules():
        children = list(layer.children()) if isinstance(layer, nn.Sequential) else []
        for before, after in zip(children, children[1:]):
            if isinstance(before, nn.Conv2d) and isinstance(after, nn.BatchNorm2d):
                found[names[before]] = 0
    return found


def _reads_zeros(name: str) -> bool:
    return name.endswith((".mapper_sca", ".mapper_crp")) or name.startswith("pixels_mapper.")


def injections(model: nn.Module) -> list[tuple[nn.Module, nn.Module]]:
    """Returns the blocks of Stage B that read the semantic latents, each with its mapper."""
    plan = Plan(model)
    levels = [(blocks, plan.down_mappers[level]) for level, blocks in plan.down]
    levels += [(blocks, plan.up_mappers[level]) for level, blocks in plan.up]
    return [
        (block, mapper)
        for blocks, mapper in levels
        if mapper is not None
        for block in blocks
        if type(block).__name__ == "ResBlockStageB"
    ]


def _rounded(weights: Tensor, axis: int, kind: str, name: str) -> Tensor:
    if not weights.isfinite().all():
        raise ExportError(f"{name} holds a value that is not finite: the model is damaged, or its training diverged")
    if kind == "int8":
        return (on_grid(weights, axis) or packed(weights, axis)).unpacked()
    half = weights.half().float()
    if not half.isfinite().all():
        largest = weights.abs().max().item()
        raise ExportError(
            f"{name} holds {largest:g}, more than 16 bits can (65504): store the weights with --weights fp32"
        )
    return half


def packed(weights: Tensor, axis: int) -> Packed:
    """Returns the weights in 8 bits. Each channel's scale maps its largest weight to LEVELS.

    Searching the scale for the least squared error gains 0.0 to 0.2 dB on layers at about 44 dB (the model in the box)
    and takes many times as long.
    """
    largest = weights.abs().amax(_others(weights, axis), keepdim=True)
    scales = _shortened(torch.where(largest > 0, largest / LEVELS, 1))
    return Packed(_integers(weights, scales).to(torch.int8), scales)


def on_grid(weights: Tensor, axis: int) -> Packed | None:
    """Returns integers and scales of weights that were rounded before; None if a channel is not on such a grid."""
    others = _others(weights, axis)
    largest = weights.abs().amax(others, keepdim=True)
    scales = torch.ones_like(largest)
    missing = largest > 0
    for level in range(LEVELS, 0, -1):
        if not missing.any():
            break
        candidate = largest / level
        # Rejects 255 of 256 wrong scales without reading their channel.
        chosen = missing & (_shortened(candidate) == candidate)
        if chosen.any():
            found = _channels_on_grid(weights, axis, chosen, candidate)
            scales = torch.where(found, candidate, scales)
            missing = missing & ~found
    return None if missing.any() else Packed(_integers(weights, scales).to(torch.int8), scales)


def _channels_on_grid(weights: Tensor, axis: int, chosen: Tensor, scales: Tensor) -> Tensor:
    """Marks the chosen channels whose weights are integer multiples of their scale; shaped like the scales."""
    index = chosen.flatten().nonzero().flatten()
    part, part_scales = weights.index_select(axis, index), scales.index_select(axis, index)
    exact = _integers(part, part_scales) * part_scales == part
    for other in _others(weights, axis):
        exact = exact.all(other, keepdim=True)
    return torch.zeros_like(chosen).index_copy(axis, index, exact)


def packed_buffers(module: nn.Module) -> dict[str, Packed]:
    """Returns, by name, the weights of an exported module that are on an 8-bit grid, in the module's layout."""
    found = {}
    for name, tensor in module.state_dict().items():
        if not tensor.is_floating_point() or tensor.ndim < 2:
            continue
        for axis in (0, 1) if tensor.ndim > 2 else (1, 0):
            if tensor.numel() >= MIN_PER_CHANNEL * tensor.shape[axis] and (grid := on_grid(tensor, axis)):
                found[name] = grid
                break
    return found


def _others(weights: Tensor, axis: int) -> list[int]:
    return [other for other in range(weights.ndim) if other != axis % weights.ndim]


def _integers(weights: Tensor, scales: Tensor) -> Tensor:
    return (weights / scales).round().clamp(-LEVELS, LEVELS)


def _shortened(scales: Tensor) -> Tensor:
    """Rounds to the nearest float32 with SCALE_BITS significant bits."""
    dropped = 24 - SCALE_BITS
    bits = scales.float().contiguous().view(torch.int32)
    return ((bits + (1 << (dropped - 1))) & -(1 << dropped)).view(torch.float32)
