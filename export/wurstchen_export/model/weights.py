"""How a bundle stores its weights, and the model rounded to what the bundle will hold.

The model itself is rounded, before anything is traced: what the graphs then compute is what the reference computes with
the same rounded weights, to the last bit that float32 gives, and parity needs no other tolerance.

- ``fp32``: as they are.
- ``fp16``: the weights of linear layers, convolutions and embeddings in 16 bits.
- ``int8``: the same weights as a signed integer of 8 bits each, times one float32 scale for each output channel (for
  each entry of an embedding). Layers with fewer than MIN_PER_CHANNEL weights to a channel are stored in 16 bits: the
  scale would cost more than it saves, and they stand at the edges of the model (depthwise convolutions, and the
  layers that take in latents).

Biases, norms and every other vector stay in float32. So do the few weights that the exporter folds into others
(``folded_columns``): they are never stored as the model has them, so rounding them would only lose precision.
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
"""The largest integer; -128 is not used, so that the grid is symmetric."""
SCALE_BITS = 16
"""Significant bits of a scale. With the 7 bits of an integer the product fits the 24 of a float32: nothing is rounded
when a graph multiplies them."""


@dataclass(frozen=True)
class Packed:
    """Weights in 8 bits: ``integers * scales`` in float32, exactly.

    integers: int8, in the weights' shape. scales: float32, of length 1 on every axis but the channels'.
    """

    integers: Tensor
    scales: Tensor

    def unpacked(self) -> Tensor:
        return self.integers.float() * self.scales


def round_models(models: list[nn.Module], kind: str) -> None:
    """Rounds the weights of the models, in place, to what a bundle with such weights holds.

    What has been rounded before does not change. Raises ExportError when a weight does not fit.
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
    """The axis of a layer's weight that counts its output channels; None for layers that are not rounded."""
    if isinstance(layer, nn.ConvTranspose2d):
        return 1
    return 0 if isinstance(layer, (nn.Linear, nn.Conv2d, nn.Embedding)) else None


def _per_channel(layer: nn.Module, stored: Tensor) -> int:
    """How many weights share a scale, however the graphs lay the layer out: a transposed convolution may become a
    product with a column for each of its taps."""
    return layer.in_channels if isinstance(layer, nn.ConvTranspose2d) else stored.numel() // stored.shape[0]


def folded_columns(model: nn.Module) -> dict[str, int]:
    """By layer: how many of its weight's first columns (axis 1) are stored as they are, where it is not all of them.

    Folded are Stage B's mappers of the semantic latents, with the columns that read what they write, and the
    convolutions before Stage A's batch norms.
    """
    names = {layer: name for name, layer in model.named_modules()}
    found = {}
    if type(model).__name__ == "WuerstchenDiffNeXt":
        for block, mapper in injections(model):
            linear = block.channelwise[0]
            found[names[mapper]] = 0
            found[names[linear]] = linear.in_features - mapper.out_channels
    for layer in model.modules():
        children = list(layer.children()) if isinstance(layer, nn.Sequential) else []
        for before, after in zip(children, children[1:]):
            if isinstance(before, nn.Conv2d) and isinstance(after, nn.BatchNorm2d):
                found[names[before]] = 0
    return found


def injections(model: nn.Module) -> list[tuple[nn.Module, nn.Module]]:
    """Blocks of Stage B's model that take in the semantic latents, each with its mapper."""
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
    """The weights in 8 bits; each channel's scale lets its largest weight be LEVELS.

    A scale searched for the least squared error gains 0.0 to 0.2 dB on layers that have some 44 (measured on the model
    in the box): not worth many times the work.
    """
    largest = weights.abs().amax(_others(weights, axis), keepdim=True)
    scales = _shortened(torch.where(largest > 0, largest / LEVELS, 1))
    return Packed(_integers(weights, scales).to(torch.int8), scales)


def on_grid(weights: Tensor, axis: int) -> Packed | None:
    """The integers and scales of weights that were rounded before; None if a channel is on no such grid."""
    others = _others(weights, axis)
    largest = weights.abs().amax(others, keepdim=True)
    scales = torch.ones_like(largest)
    missing = largest > 0
    for level in range(LEVELS, 0, -1):
        if not missing.any():
            break
        candidate = largest / level
        # Of scales that were not on the grid 255 of 256 end here, without a look at their channel.
        chosen = missing & (_shortened(candidate) == candidate)
        if chosen.any():
            found = _channels_on_grid(weights, axis, chosen, candidate)
            scales = torch.where(found, candidate, scales)
            missing = missing & ~found
    return None if missing.any() else Packed(_integers(weights, scales).to(torch.int8), scales)


def _channels_on_grid(weights: Tensor, axis: int, chosen: Tensor, scales: Tensor) -> Tensor:
    """Of the chosen channels those whose weights are whole multiples of their scale; shaped like the scales."""
    index = chosen.flatten().nonzero().flatten()
    part, part_scales = weights.index_select(axis, index), scales.index_select(axis, index)
    exact = _integers(part, part_scales) * part_scales == part
    for other in _others(weights, axis):
        exact = exact.all(other, keepdim=True)
    return torch.zeros_like(chosen).index_copy(axis, index, exact)


def packed_buffers(module: nn.Module) -> dict[str, Packed]:
    """By name: what of an exported module's weights lies on a grid of 8 bits, however the module lays it out."""
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
    """The nearest float32 with SCALE_BITS significant bits."""
    dropped = 24 - SCALE_BITS
    bits = scales.float().contiguous().view(torch.int32)
    return ((bits + (1 << (dropped - 1))) & -(1 << dropped)).view(torch.float32)
