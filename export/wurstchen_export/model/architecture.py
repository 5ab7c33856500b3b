"""The numbers of a model that determine the shapes of its graphs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class AttentionShape:
    """The number of attention blocks that share one tensor of text keys and values, and their heads."""

    blocks: int
    heads: int
    head_dim: int


@dataclass(frozen=True)
class Architecture:
    """The numbers of a model that determine its graphs' inputs and outputs."""

    tokens: int
    text_width_c: int
    text_width_b: int
    stage_c_channels: int
    stage_b_channels: int
    stage_c_attention: AttentionShape
    stage_b_attention: dict[int, AttentionShape]
    """By level of Stage B with attention to the text: its attention blocks."""
    stage_b_injecting: tuple[int, ...]
    """Levels of Stage B that read the semantic latents, resized to the level."""
    stage_b_levels: int
    has_compressor: bool = False
