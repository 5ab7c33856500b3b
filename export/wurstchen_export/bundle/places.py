"""Finds out how the exporter rearranges weights, by exporting a model whose weights are their own indexes.

The exporter's modules, built from such a model, contain at each element the index of the weight that it came from.
Weights that the exporter folds into others cannot be recovered one by one. They are set to neutral values (identity,
zero offset), so that what they are folded into passes through unchanged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterator

import torch
from torch import Tensor, nn

from wurstchen_export.errors import ExportError
from wurstchen_export.model.weights import injections

FIRST_PLACE = 1024
"""The first index. Constants of the exporter lie in [0,1] and so cannot be mistaken for one."""


@dataclass(frozen=True)
class _Place:
    """The index of a weight's first element among all elements. Fixed weights have their neutral value instead."""

    weight: Tensor
    first: int
    fixed: bool


class Places:
    """A model filled with the indexes of its own elements, in float64, which represents them exactly."""

    def __init__(self, model: nn.Module):
        neutral = neutral_of(model)
        model.double()
        self.model = model
        self.places: dict[str, _Place] = {}
        count = 0
        for name, tensor in weights_of(model):
            self.places[name] = _Place(tensor, FIRST_PLACE + count, name in neutral)
            values = torch.arange(count, count + tensor.numel(), dtype=torch.float64) + FIRST_PLACE
            tensor.copy_(neutral[name] if name in neutral else values.view(tensor.shape))
            count += tensor.numel()
        self.values = torch.full((count,), float("nan"))
        self.neutral = neutral
        self.spare = _spare(model)

    def collect(self, module: nn.Module, found: dict[str, Tensor]) -> None:
        """Records the bundle's weights of a module that the exporter built from the indexes."""
        for name, tensor in module.state_dict().items():
            if name not in found or tensor.dtype != torch.float64:
                continue
            at = tensor.round()
            if ((tensor - at).abs() > 1e-3).logical_and(tensor >= FIRST_PLACE).any():
                raise ExportError(f"{name} is computed from several weights: restoring it is not implemented")
            held = at >= FIRST_PLACE
            self.values[at[held].long() - FIRST_PLACE] = found[name][held]

    def fill(self, kept: dict[str, Tensor]) -> list[str]:
        """Fills the model, now in float32, with the recorded weights; elements without one keep the value in ``kept``.

        Returns the names of weights, or parts of weights, that were not recorded and matter.
        """
        absent = []
        for name, tensor in weights_of(self.model):
            place = self.places[name]
            if place.fixed:
                tensor.copy_(self.neutral[name])
                continue
            first = place.first - FIRST_PLACE
            found = self.values[first : first + tensor.numel()].view(tensor.shape)
            known = ~found.isnan()
            tensor.copy_(torch.where(known, found, kept[name]))
            if not known.all() and name not in self.spare:
                absent.append(name if not known.any() else f"part of {name}")
        return absent


def weights_of(model: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """Yields parameters and floating-point buffers by name, for access in place."""
    for name, tensor in (*model.named_parameters(), *model.named_buffers()):
        if tensor.is_floating_point():
            yield name, tensor.data


def neutral_of(model: nn.Module) -> dict[str, Tensor]:
    """Returns, by name, the neutral values of the weights that the exporter folds into others."""
    names = {layer: name for name, layer in model.named_modules()}
    found = {}
    for layer, name in names.items():
        if type(layer).__name__ == "GlobalResponseNorm":
            found[f"{name}.beta"] = torch.zeros_like(layer.beta)
        children = list(layer.children()) if isinstance(layer, nn.Sequential) else []
        for before, after in zip(children, children[1:]):
            if isinstance(before, nn.Conv2d) and isinstance(after, nn.BatchNorm2d):
                found |= _neutral_norm(names[before], before, names[after], after)
    if type(model).__name__ == "WuerstchenDiffNeXt":
        for _, mapper in injections(model):
            found |= _identity(names[mapper], mapper)
    return {name: tensor.detach().double() for name, tensor in found.items()}


def _spare(model: nn.Module) -> set[str]:
    """Returns the weights with columns that read channels which a neutral mapper sets to 0: any value will do."""
    if type(model).__name__ != "WuerstchenDiffNeXt":
        return set()
    names = {layer: name for name, layer in model.named_modules()}
    return {f"{names[block.channelwise[0]]}.weight" for block, _ in injections(model)}


def _neutral_norm(conv_name: str, convolution: nn.Conv2d, name: str, norm: nn.BatchNorm2d) -> dict[str, Tensor]:
    """Returns the values of a batch norm that only adds its offset."""
    ones = torch.ones_like(norm.running_mean)
    found = {
        f"{name}.weight": (ones.double() + norm.eps).sqrt(),
        f"{name}.running_var": ones,
        f"{name}.running_mean": torch.zeros_like(ones),
    }
    if convolution.bias is not None:
        found[f"{conv_name}.bias"] = torch.zeros_like(convolution.bias)
    return found


def _identity(name: str, mapper: nn.Conv2d) -> dict[str, Tensor]:
    """Returns the values of a mapper that copies the semantic latents to its first channels and sets the rest to 0."""
    if mapper.out_channels < mapper.in_channels:
        raise ExportError(
            f"cannot restore {name}: it mapped {mapper.in_channels} channels of semantic latents to only"
            f" {mapper.out_channels}, and there is no identity between them"
        )
    weight = torch.eye(mapper.out_channels, mapper.in_channels).view(mapper.weight.shape)
    return {f"{name}.weight": weight, f"{name}.bias": torch.zeros_like(mapper.bias)}
