"""The blocks of the reference's Stage C and Stage B, in the order in which they run."""

from __future__ import annotations

from torch import nn


def blocks_of(model: nn.Module, kind: str) -> list[nn.Module]:
    """Returns the model's blocks of one class, found by its name.

    Releases of diffusers move the classes between modules but keep their names.
    """
    return [block for block in model.blocks if type(block).__name__ == kind]


class Plan:
    """The reference's blocks in the order in which they run, each with the level it works at.

    Levels count from the finest, 0. Level L is 2^L times coarser than the embedded latents; the up blocks run from the
    coarsest.
    """

    def __init__(self, model: nn.Module):
        self.levels = len(model.down_blocks)
        self.down = list(enumerate(model.down_blocks))
        self.up = [(self.levels - 1 - index, blocks) for index, blocks in enumerate(model.up_blocks)]
        mappers = list(model.effnet_mappers)
        self.down_mappers = mappers[: self.levels]
        self.up_mappers = list(reversed(mappers[self.levels :]))

    def blocks(self, kind: str, level: int | None = None) -> list[nn.Module]:
        """Returns the blocks of one class, of one level or of all levels, down blocks first."""
        return [
            block
            for at, blocks in self.down + self.up
            if level is None or at == level
            for block in blocks
            if type(block).__name__ == kind
        ]

    @property
    def attending(self) -> list[int]:
        """The levels with attention blocks."""
        return [level for level in range(self.levels) if self.blocks("AttnBlock", level)]

    @property
    def injecting(self) -> list[int]:
        """The levels with a mapper of the semantic latents and a block that reads its output."""
        return [
            level
            for level in range(self.levels)
            if (self.down_mappers[level] is not None or self.up_mappers[level] is not None)
            and self.blocks("ResBlockStageB", level)
        ]
