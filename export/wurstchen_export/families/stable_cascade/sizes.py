"""Sizes of a U's maps, as tensors that condition graphs compute on the device, and resizing with them.

The sides of a map that is halved are rounded down, so on its way up a map can be smaller than the one it is joined with.
The reference then resizes it (bilinear, aligned corners). Here every such map is resized, which changes nothing where
the sizes are equal: to neighbours that condition graphs find, so that step graphs take no sizes.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from wurstchen_export.graphs.shapes import KEEP, REST, counted, ones_like_axis, selected

PARTS = ("low", "high", "weight")
AXES = ("rows", "columns")


@dataclass(frozen=True)
class Side:
    """Both sides of a map, as a one for each of its rows and for each of its columns, float32."""

    rows: Tensor
    columns: Tensor

    @staticmethod
    def of(latents: Tensor, patch_size: int) -> Side:
        """Of the embedded latents; latents: [.., .., height, width], sides multiples of the patch size."""
        rows, columns = latents[0, 0, ::patch_size, 0], latents[0, 0, 0, ::patch_size]
        return Side(ones_like_axis(rows), ones_like_axis(columns))

    @staticmethod
    def of_map(x: Tensor) -> Side:
        """x: [.., .., height, width]."""
        return Side(ones_like_axis(x[0, 0, :, 0]), ones_like_axis(x[0, 0, 0, :]))

    def halved(self) -> Side:
        return Side(self.rows[1::2], self.columns[1::2])

    def doubled(self) -> Side:
        return Side(torch.cat([self.rows] * 2), torch.cat([self.columns] * 2))

    def map_shape(self) -> Tensor:
        """The target of a reshape to a map of these sides, int64 [4] (see shapes.to_map)."""
        height, width = self.rows.sum(), self.columns.sum()
        zero = height * 0
        return torch.stack([zero + KEEP, height, width, zero + REST]).to(torch.int64)

    def tokens(self) -> Tensor:
        """A one for each cell of the map."""
        return (self.rows[:, None] * self.columns[None, :]).flatten()


@dataclass(frozen=True)
class Neighbours:
    """For each cell along an axis of the result: the two cells of the source between which it lies, int64, and the
    share of the second, float32."""

    low: Tensor
    high: Tensor
    weight: Tensor

    @staticmethod
    def between(source: Tensor, result: Tensor) -> Neighbours:
        """source, result: a one for each cell."""
        last, length = source.sum() - 1, result.sum()
        scale = torch.where(length > 1, last / (length - 1).clamp(min=1), 0.0)
        position = counted(result) * scale
        low = position.floor()
        return Neighbours(low.to(torch.int64), torch.minimum(low + 1, last).to(torch.int64), position - low)

    def along(self, x: Tensor, axis: int, length: int) -> Tensor:
        """x, [rows, height, width, channels], resized along an axis; length: of the result."""
        low, high = selected(x, axis, self.low, length), selected(x, axis, self.high, length)
        weight = self.weight.to(x.dtype)[:, None, None] if axis == 1 else self.weight.to(x.dtype)[:, None]
        return low + (high - low) * weight


@dataclass(frozen=True)
class Resize:
    """Resizes a map of tokens: bilinear, aligned corners."""

    rows: Neighbours
    columns: Neighbours

    @staticmethod
    def between(source: Side, result: Side) -> Resize:
        return Resize(
            Neighbours.between(source.rows, result.rows), Neighbours.between(source.columns, result.columns)
        )

    def of(self, x: Tensor, height: int, width: int) -> Tensor:
        """x: [rows, .., .., channels]. Returns [rows, height, width, channels]."""
        return self.columns.along(self.rows.along(x, 1, height), 2, width)

    def tensors(self) -> tuple[Tensor, ...]:
        """In the order of names."""
        return tuple(getattr(getattr(self, axis), part) for axis in AXES for part in PARTS)

    @staticmethod
    def from_tensors(tensors: list[Tensor]) -> Resize:
        """The inverse of ``tensors``."""
        return Resize(Neighbours(*tensors[: len(PARTS)]), Neighbours(*tensors[len(PARTS) :]))

    @staticmethod
    def names(name: str) -> list[str]:
        return [f"resize_{name}_{axis}_{part}" for axis in AXES for part in PARTS]
