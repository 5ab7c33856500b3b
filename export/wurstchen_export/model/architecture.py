"""The numbers of a model that determine the shapes of its graphs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class AttentionShape:
    """How many attention blocks share one tensor of text keys and values, and how they are split into heads."""

    blocks: int
    heads: int
    head_dim: int


@dataclass(frozen=True)
class Architecture:
    """What of a model shows in the shapes of its graphs."""

    tokens: int
    text_width_c: int
    text_width_b: int
    stage_c_channels: int
    stage_b_channels: int
    stage_c_attention: AttentionShape
    stage_b_attention: dict[int, AttentionShape]
    """Levels of Stage B that attend to the text."""
    stage_b_injecting: tuple[int, ...]
    """Levels of Stage B that take in a resized map of the semantic latents."""
    stage_b_levels: int
    has_compressor: bool = False
