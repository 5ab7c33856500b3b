"""What a stage's condition graph gives to its steps: names, axes and order, in one place for contract and modules."""

from __future__ import annotations

from dataclasses import dataclass

from wurstchen_export.families.stable_cascade.plan import Plan
from wurstchen_export.families.stable_cascade.sizes import AXES, PARTS, Resize
from wurstchen_export.graphs.contract import FLOAT, INT, Axis, TensorSpec, text_keys_values
from wurstchen_export.model.architecture import AttentionShape

KEY_PARTS = ("text", "map", "is_text")
SEMANTIC_MAP = "semantic_map"


@dataclass(frozen=True)
class Layout:
    """Of one stage. ``tokens``: of the condition, a number or the symbol of a free axis; ``map_channels``: of Stage B's
    semantic map, None for Stage C."""

    attention: dict[int, AttentionShape]
    tokens: Axis
    map_channels: int | None
    levels: int
    resizes: tuple[tuple[str, int], ...]
    """Name and level of every resize; the level is that of the result, or for ``up_L`` that of the source."""
    raised: tuple[int, ...]
    """Levels whose way up is a transposed convolution."""

    @staticmethod
    def of(plan: Plan, tokens: Axis, map_channels: int | None) -> Layout:
        resizes = []
        for level in range(1, plan.levels):
            if plan.scales(level) == "resized":
                resizes += [(f"down_{level}", level), (f"up_{level}", level)]
            if plan.skip_is_resized(level - 1):
                resizes.append((f"skip_{level - 1}", level - 1))
        raised = tuple(level for level in range(1, plan.levels) if plan.scales(level) == "halved")
        return Layout(plan.attention(), tokens, map_channels, plan.levels, tuple(resizes), raised)

    def specs(self) -> tuple[TensorSpec, ...]:
        """The outputs of the condition graph, which are the last inputs of the step graph."""
        found = [
            TensorSpec(
                text_keys_values(level), FLOAT, (shape.blocks, 2, "rows", shape.heads, self.tokens, shape.head_dim)
            )
            for level, shape in self.attention.items()
        ]
        if self.map_channels is not None:
            axes = ("rows", "map_0_height", "map_0_width", self.map_channels)
            found.append(TensorSpec(SEMANTIC_MAP, FLOAT, axes))
        found += [
            TensorSpec("image_of_row", INT, ("rows",)),
            TensorSpec("text_row", INT, ("images",)),
            TensorSpec("negative_row", INT, ("images",)),
        ]
        for level in self.attention:
            found += [
                TensorSpec(f"key_{part}_{level}", FLOAT if part == "is_text" else INT, (f"keys_{level}",))
                for part in KEY_PARTS
            ]
        for name, level in self.resizes:
            found += [self._neighbours(tensor, name, level) for tensor in Resize.names(name)]
        found += [TensorSpec(f"map_shape_{level}", INT, (4,)) for level in range(self.levels)]
        found += [TensorSpec(f"map_shape_up_{level}", INT, (4,)) for level in self.raised]
        return tuple(found)

    def _neighbours(self, tensor: str, name: str, level: int) -> TensorSpec:
        side = "height" if f"_{AXES[0]}_" in tensor else "width"
        axis = f"{name}_{side}" if name.startswith("up") else f"map_{level}_{side}"
        return TensorSpec(tensor, FLOAT if tensor.endswith(PARTS[2]) else INT, (axis,))
