"""Conditioning of a step: what a condition graph makes of the sizes, and how a step reads all of it back."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from wurstchen_export.families.stable_cascade.layout import KEY_PARTS, SEMANTIC_MAP, Layout
from wurstchen_export.families.stable_cascade.plan import Plan
from wurstchen_export.families.stable_cascade.sizes import Resize, Side
from wurstchen_export.graphs.contract import text_keys_values
from wurstchen_export.graphs.shapes import counted, ones_like_axis


def of_sizes(layout: Layout, plan: Plan, latents: Tensor, tokens: Tensor, patch_size: int) -> dict[str, Tensor]:
    """Everything that the sizes decide, by name; tokens: of the condition, a one for each."""
    sides = [Side.of(latents, patch_size)]
    for level in range(1, layout.levels):
        sides.append(sides[-1] if plan.scales(level) == "same" else sides[-1].halved())
    found = {f"map_shape_{level}": side.map_shape() for level, side in enumerate(sides)}
    found |= {f"map_shape_up_{level}": sides[level].doubled().map_shape() for level in layout.raised}
    for level in layout.attention:
        found |= _keys(level, tokens, sides[level].tokens())
    for name, level in layout.resizes:
        source, result = {
            "down": lambda: (sides[level - 1], sides[level]),
            "up": lambda: (sides[level], sides[level].doubled()),
            "skip": lambda: (sides[level + 1].doubled(), sides[level]),
        }[name.split("_")[0]]()
        found |= dict(zip(Resize.names(name), Resize.between(source, result).tensors(), strict=True))
    return found


def _keys(level: int, tokens: Tensor, cells: Tensor) -> dict[str, Tensor]:
    """Where each key of an attention comes from: the condition's tokens first, then the map's."""
    count = tokens.sum()
    position = counted(torch.cat([tokens, cells]))
    text, cell = torch.minimum(position, count - 1), (position - count).clamp(min=0)
    is_text = (position < count).float()
    parts = (text.to(torch.int64), cell.to(torch.int64), is_text)
    return {f"key_{part}_{level}": tensor for part, tensor in zip(KEY_PARTS, parts, strict=True)}


class TextBesideMap:
    """Keys and values of the condition, to be put before those of a map's tokens.

    Like layers.TextBesideMap, for any number of the condition's tokens: gathered by places that the condition graph
    found, without a concatenation.
    """

    def __init__(self, keys_values: Tensor, text: Tensor, cells: Tensor, is_text: Tensor):
        """keys_values: [2, rows, heads, tokens, head_dim]; the others: of_sizes, of the level."""
        self.keys_values, self.text, self.cells, self.is_text = keys_values, text, cells, is_text

    def before(self, keys_values: Tensor) -> Tensor:
        """keys_values: [2, rows, heads, map tokens, head_dim]."""
        is_text = (self.is_text > 0.5)[:, None]
        text, cells = self.keys_values.index_select(3, self.text), keys_values.index_select(3, self.cells)
        return torch.where(is_text, text, cells)


@dataclass(frozen=True)
class Context:
    """The conditioning of a step by name."""

    layout: Layout
    tensors: dict[str, Tensor]

    @staticmethod
    def of(layout: Layout, conditioning: tuple[Tensor, ...]) -> Context:
        """conditioning: the outputs of the condition graph."""
        return Context(layout, dict(zip((spec.name for spec in layout.specs()), conditioning, strict=True)))

    @property
    def indexes(self) -> tuple[Tensor, Tensor, Tensor]:
        """image_of_row, text_row, negative_row."""
        return tuple(self.tensors[name] for name in ("image_of_row", "text_row", "negative_row"))

    @property
    def semantic_map(self) -> Tensor:
        return self.tensors[SEMANTIC_MAP]

    def keys_values(self, level: int) -> Tensor:
        return self.tensors[text_keys_values(level)]

    def text_beside_map(self, level: int, index: int) -> TextBesideMap:
        """index: of the level's attention block."""
        return TextBesideMap(
            self.keys_values(level)[index], *(self.tensors[f"key_{part}_{level}"] for part in KEY_PARTS)
        )

    def map_shape(self, level: int) -> Tensor:
        return self.tensors[f"map_shape_{level}"]

    def raised_shape(self, level: int) -> Tensor:
        return self.tensors[f"map_shape_up_{level}"]

    def resize(self, name: str) -> Resize:
        return Resize.from_tensors([self.tensors[tensor] for tensor in Resize.names(name)])


def ordered(layout: Layout, found: dict[str, Tensor]) -> tuple[Tensor, ...]:
    """The outputs of a condition graph, in the contract's order."""
    return tuple(found[spec.name] for spec in layout.specs())


def ones_of_tokens(x: Tensor) -> Tensor:
    """x: [rows, tokens, channels]. Returns a one for each token."""
    return ones_like_axis(x[0, :, 0])
