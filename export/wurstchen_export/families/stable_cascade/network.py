"""The U of both stages as a program over its levels."""

from __future__ import annotations

from typing import Iterator

import torch
from torch import Tensor, nn

from wurstchen_export.families.stable_cascade.blocks import (
    Attending,
    FoldedTimestep,
    HalfLevel,
    Modulation,
    downscaler,
    upscaler,
)
from wurstchen_export.families.stable_cascade.conditioning import Context
from wurstchen_export.families.stable_cascade.plan import TIMESTEP, Plan
from wurstchen_export.graphs import fused
from wurstchen_export.graphs.layers import LAYER_NORM_EPSILON, TimestepEmbedding, for_gpus, layer_norm, modulate
from wurstchen_export.graphs.operators import nodes
from wurstchen_export.graphs.stage_b import ResidualBlock


class Network(nn.Module):
    """From the embedded latents to the layer norm before the last layer, as tokens [rows, height, width, channels]."""

    def __init__(self, plan: Plan, divisor: float = 1.0):
        """divisor: by which the stream of the last half of level 0 is divided (rescale.py)."""
        super().__init__()
        self.levels = plan.levels
        self.skip_resized = [plan.skip_is_resized(level) for level in range(plan.levels)]
        self.last_epsilon = LAYER_NORM_EPSILON / divisor**2
        width = plan.model.config.timestep_ratio_embedding_dim
        timesteps = plan.blocks(TIMESTEP)
        self.timesteps = TimestepEmbedding(width, [FoldedTimestep.of(block, width) for block in timesteps])
        self.down = nn.ModuleList(HalfLevel(half, plan, timesteps, LAYER_NORM_EPSILON) for half in plan.down)
        self.up = nn.ModuleList(
            HalfLevel(half, plan, timesteps, self.last_epsilon if half.level == 0 else LAYER_NORM_EPSILON)
            for half in plan.up
        )
        self.downscalers = nn.ModuleList(downscaler(plan.downscaler(level)) for level in range(1, plan.levels))
        self.upscalers = nn.ModuleList(upscaler(plan.upscaler(level)) for level in range(1, plan.levels))

    def forward(self, x: Tensor, noise_ratio: Tensor, context: Context) -> Tensor:
        """x: embedded latents; noise_ratio: float32 [1]."""
        return self._fused(x, noise_ratio, context) if for_gpus(x) else self._plain(x, noise_ratio, context)

    def _plain(self, x: Tensor, noise_ratio: Tensor, context: Context) -> Tensor:
        modulations, skips = self.timesteps(noise_ratio), {}
        for level, half in enumerate(self.down):
            if level > 0:
                x = self.downscalers[level - 1](layer_norm(x), context, level)
            x = self._run(half, x, None, modulations, context)
            skips[level] = x
        for half in self.up:
            if half.level < self.levels - 1:
                x = self.upscalers[half.level](layer_norm(x), context, half.level + 1)
            x, skip = self._joining(half, x, skips, context)
            x = self._run(half, x, skip, modulations, context)
        return layer_norm(x, self.last_epsilon)

    def _joining(
        self, half: HalfLevel, x: Tensor, skips: dict[int, Tensor], context: Context
    ) -> tuple[Tensor, Tensor | None]:
        """The map in the size of its skip connection, and that connection if the half has one."""
        if half.level == self.levels - 1 or not half.takes_skip:
            return x, None
        skip = skips[half.level]
        if self.skip_resized[half.level]:
            x = context.resize(f"skip_{half.level}").of(x, *skip.shape[1:3])
        return x, skip

    def _run(self, half: HalfLevel, x: Tensor, skip: Tensor | None, modulations, context: Context) -> Tensor:
        for mapper in (*half.mappers, None):
            for position, block in enumerate(half.blocks):
                if isinstance(block, ResidualBlock):
                    x = block(x, skip if position == 0 else None, None)
                elif isinstance(block, Attending):
                    text = context.text_beside_map(half.level, block.index)
                    x = block.attention(x, text, context.map_shape(half.level))
                else:
                    x = modulate(x, modulations[block.index])
            x = x if mapper is None else mapper(x)
        return x

    def _fused(self, x: Tensor, noise_ratio: Tensor, context: Context) -> Tensor:
        """The same with the library's operators, for 16-bit graphs."""
        modulations = fused.modulations(self.timesteps, noise_ratio, self._biases_left())
        state, skips = fused.Pending(x), {}
        for level, half in enumerate(self.down):
            if level > 0:
                skips[level - 1], normed = state.normed()
                state = fused.Pending(self.downscalers[level - 1](normed, context, level))
            state = self._run_fused(half, state, None, modulations, context)
        for half in self.up:
            if half.level < self.levels - 1:
                state = self._raised(half, state, context)
                x, skip = self._joining(half, state.x, skips, context)
                state = fused.Pending(x, epsilon=half.epsilon)
            else:
                skip = None
                state = fused.Pending(state.x, state.bias, state.affine, half.epsilon)
            state = self._run_fused(half, state, skip, modulations, context)
        return state.normed()[1]

    def _raised(self, half: HalfLevel, state: fused.Pending, context: Context) -> fused.Pending:
        return fused.Pending(self.upscalers[half.level](state.normed()[1], context, half.level + 1))

    def _run_fused(
        self, half: HalfLevel, state: fused.Pending, skip: Tensor | None, modulations, context: Context
    ) -> fused.Pending:
        for mapper in (*half.mappers, None):
            for position, block in enumerate(half.blocks):
                if isinstance(block, ResidualBlock):
                    state = block.fused(state, skip if position == 0 else None, None)
                elif isinstance(block, Attending):
                    keys_values, shape = context.keys_values(half.level), context.map_shape(half.level)
                    state = fused.attention(state, block.attention, keys_values, block.index, shape)
                else:
                    state = state.modulated(modulations[block.index])
            if mapper is not None:
                mapped = nodes.dense(state.settled(), mapper.weight, mapper.bias)
                state = fused.Pending(mapped, epsilon=state.epsilon)
        return state

    def _biases_left(self) -> list[Tensor | None]:
        """Returns the pending bias before each timestep block (see fused.modulations).

        The same at every repeat: nothing is pending behind a scaler or a mapper, with which each begins.
        """
        found: dict[int, Tensor | None] = {}
        for half in (*self.down, *self.up):
            for index, left in _biases_of(half):
                found[index] = left
        return [found[index] for index in sorted(found)]


def _biases_of(half: HalfLevel) -> Iterator[tuple[int, Tensor | None]]:
    left = None
    for block in half.blocks:
        if isinstance(block, Modulation):
            yield block.index, left
        left = block.narrow.bias if isinstance(block, ResidualBlock) else None
        if isinstance(block, Attending) and block.attention.self_attention:
            left = block.attention.out.bias


def semantic_rows(stage_c_latents: Tensor, row: Tensor, images: Tensor, image_of_row: Tensor) -> Tensor:
    """Stage C latents of the text rows; the negative rows see zeros. row: 0, 1, ..; images: their number."""
    of_rows = stage_c_latents.index_select(0, image_of_row)
    return torch.where((row < images)[:, None, None, None], of_rows, 0.0)
