"""The reference's StableCascadeUNet by levels of its U, for Stage C and Stage B alike."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from torch import nn

from wurstchen_export.errors import ExportError
from wurstchen_export.model.architecture import AttentionShape

RESIDUAL, TIMESTEP, ATTENTION = "SDCascadeResBlock", "SDCascadeTimestepBlock", "SDCascadeAttnBlock"


@dataclass(frozen=True)
class Half:
    """One half of a level: its blocks, and the 1x1 convolutions between their repeats."""

    level: int
    down: bool
    blocks: list[nn.Module]
    mappers: list[nn.Module]

    @property
    def takes_skip(self) -> bool:
        """Whether the first block takes the map from the way down."""
        return not self.down and type(self.blocks[0]).__name__ == RESIDUAL and self.blocks[0].takes_skip


class Plan:
    """Levels count from the finest, 0. The way down runs from level 0, the way up from the coarsest."""

    def __init__(self, model: nn.Module):
        self.model = model
        self.levels = len(model.down_blocks)
        _mark_skips(model)
        self.down = [
            Half(level, True, list(model.down_blocks[level]), list(model.down_repeat_mappers[level]))
            for level in range(self.levels)
        ]
        self.up = [
            Half(self.levels - 1 - index, False, list(blocks), list(model.up_repeat_mappers[index]))
            for index, blocks in enumerate(model.up_blocks)
        ]

    def downscaler(self, level: int) -> nn.Sequential:
        """What leads from the level above, finer by one, to this one; level: from 1."""
        return self.model.down_downscalers[level]

    def upscaler(self, level: int) -> nn.Sequential:
        """What leads from this level to the one above, finer by one; level: from 1."""
        return self.model.up_upscalers[self.levels - 1 - level]

    def blocks(self, kind: str, level: int | None = None) -> list[nn.Module]:
        """Returns the blocks of one class, of one level or of all levels, down blocks first."""
        return [
            block
            for half in (*self.down, *self.up)
            if level is None or half.level == level
            for block in half.blocks
            if type(block).__name__ == kind
        ]

    def attention(self) -> dict[int, AttentionShape]:
        """Returns by level with attention: its attention blocks."""
        found = {}
        for level in range(self.levels):
            blocks = self.blocks(ATTENTION, level)
            if blocks:
                attention = blocks[0].attention
                found[level] = AttentionShape(
                    len(blocks), attention.heads, attention.to_k.out_features // attention.heads
                )
        return found

    def scales(self, level: int) -> str:
        """How level ``level - 1`` and this one differ in size: ``halved`` by a convolution, ``resized``, or ``same``."""
        down, up = self.downscaler(level)[1], self.upscaler(level)[1]
        if isinstance(down, nn.Conv2d) and isinstance(up, nn.ConvTranspose2d):
            return "halved"
        return "same" if isinstance(down.blocks[1], nn.Identity) else "resized"

    def skip_is_resized(self, level: int) -> bool:
        """Whether what comes up to this level may have another size than the map from the way down."""
        return level < self.levels - 1 and self.scales(level + 1) != "same"


def _mark_skips(model: nn.Module) -> None:
    """Sets ``takes_skip`` of every residual block: whether its first layer reads more channels than it has itself."""
    for block in model.modules():
        if type(block).__name__ == RESIDUAL:
            block.takes_skip = block.channelwise[0].in_features > block.depthwise.out_channels


def check(model: nn.Module, name: str, folder: Path) -> None:
    """Raises ExportError for a network that the pipelines cannot run; name: ``prior`` or ``decoder``."""
    wanted = {"prior": ("clip_text_in_channels", "clip_image_in_channels"), "decoder": ("effnet_in_channels",)}[name]
    missing = [option for option in wanted if model.config[option] is None]
    if missing:
        raise ExportError(
            f"{folder / 'config.json'} has no {' and no '.join(missing)}, without which diffusers cannot run a {name}:"
            " is it another network's?"
        )
