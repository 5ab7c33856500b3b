"""The blocks of Stage B and C in 16-bit graphs, made of the library's operators (operators/).

The bias at the end of a block, and the scale and offset of a timestep block, are applied by the first operator of the
next block, which reads the map anyway. Weights are rearranged and folded by nodes of the graph, in float32: ONNX
Runtime runs these once, when it loads the graph, and the bundle stores the same weights as a 32-bit one.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate, groupby
from typing import Sequence

import torch
from torch import Tensor

from wurstchen_export.graphs.attention import joint_attention
from wurstchen_export.graphs.layers import (
    Attention,
    Depthwise,
    ResponseNormDense,
    TextBesideMap,
    TimestepEmbedding,
    layer_norm,
    side_by_side,
    taken_apart,
)
from wurstchen_export.graphs.operators import nodes
from wurstchen_export.graphs.operators.functions import HEAD_DIM
from wurstchen_export.graphs.shapes import KEEP, REST, reshape, to_map


@dataclass(frozen=True)
class Affine:
    """x (1 + scale) + offset, of whose [1, any] the columns start to end are used."""

    scale: Tensor
    offset: Tensor
    start: int
    end: int

    def of(self, x: Tensor) -> Tensor:
        """x: [.., channels]."""
        return x * (1 + self.scale[:, self.start : self.end]) + self.offset[:, self.start : self.end]


@dataclass(frozen=True)
class Pending:
    """A map, [rows, height, width, channels], to which a bias or an affine has yet to be applied.

    epsilon: of the layer norms of the map.
    """

    x: Tensor
    bias: Tensor | None = None
    affine: Affine | None = None
    epsilon: float = nodes.EPSILON

    def modulated(self, modulation: Affine) -> Pending:
        """Adds a timestep block, whose offset includes the pending bias (see modulations)."""
        return Pending(self.x if self.affine is None else self.settled(), affine=modulation, epsilon=self.epsilon)

    def settled(self) -> Tensor:
        if self.affine is not None:
            return self.affine.of(self.x)
        return self.x if self.bias is None else self.x + self.bias

    def normed(self) -> tuple[Tensor, Tensor]:
        """Returns the map with the bias or affine applied, and its layer norm."""
        affine = self._whole_affine()
        return nodes.affine_norm(self.x, affine.scale, affine.offset, affine.start, affine.end, self.epsilon)

    def mixed(self, depthwise: Depthwise, joined: Sequence[Tensor] = ()) -> tuple[Tensor, Tensor]:
        """Returns the map with the bias or affine applied, and the layer norm of its convolution, concatenated with
        ``joined``."""
        if depthwise.weight.shape[2:] != (3, 3):
            y = self.settled()
            normed = layer_norm(depthwise(y), self.epsilon)
            return y, side_by_side(normed, *joined) if joined else normed
        affine = self._whole_affine()
        weight, columns = depthwise.weight.flatten(1).t(), (affine.start, affine.end)
        return nodes.depthwise_norm(
            self.x, affine.scale, affine.offset, *columns, weight, depthwise.bias, joined, self.epsilon
        )

    def _whole_affine(self) -> Affine:
        if self.affine is not None:
            return self.affine
        zeros = self.x.new_zeros([1, self.x.shape[3]])
        return Affine(zeros, zeros if self.bias is None else self.bias[None], 0, self.x.shape[3])


def modulations(
    timesteps: TimestepEmbedding, noise_ratio: Tensor, biases: Sequence[Tensor | None]
) -> list[Affine]:
    """Returns the scale and offset of every timestep block.

    noise_ratio: float32 [1]; biases: the pending bias before each block. ``(x + bias) (1 + scale) + offset`` equals
    ``x (1 + scale) + (offset + bias (1 + scale))``, and the second bracket is linear in the embedding like the offset:
    the bias is folded into the weights of the offset.
    """
    sizes = timesteps.sizes[::2]
    scale, offset = _halves(timesteps.mapper.weight, sizes), _halves(timesteps.mapper.bias, sizes)
    (scale_weight, offset_weight), (scale_bias, offset_bias) = scale, offset
    left = [scale_bias.new_zeros(size) if bias is None else bias for size, bias in zip(sizes, biases, strict=True)]
    left, dtype = torch.cat(left).float(), scale_weight.dtype
    offset_weight = (offset_weight.float() + scale_weight.float() * left).to(dtype)
    offset_bias = (offset_bias.float() + (1 + scale_bias.float()) * left).to(dtype)
    embedding = _embedding(timesteps, noise_ratio).to(dtype)
    rows = embedding.shape[1]  # the last column of an odd width is zero
    scales = nodes.dense(embedding, scale_weight[:rows], scale_bias)
    offsets = nodes.dense(embedding, offset_weight[:rows], offset_bias)
    ends = list(accumulate(sizes))
    return [Affine(scales, offsets, end - size, end) for size, end in zip(sizes, ends)]


def _halves(both: Tensor, sizes: Sequence[int]) -> tuple[Tensor, Tensor]:
    """Splits [.., 2 * sum(sizes)] into the columns of scales and those of offsets, which alternate by block."""
    scales, offsets, start = [], [], 0
    for size, blocks in groupby(sizes):
        width = 2 * size * len(list(blocks))
        pairs = both[..., start : start + width].unflatten(-1, (-1, 2, size))
        scales.append(pairs[..., 0, :].flatten(-2))
        offsets.append(pairs[..., 1, :].flatten(-2))
        start += width
    return torch.cat(scales, dim=-1), torch.cat(offsets, dim=-1)


def _embedding(timesteps: TimestepEmbedding, noise_ratio: Tensor) -> Tensor:
    """Returns sines and cosines of the noise ratio, float32 [1, 2 * frequencies]."""
    half = timesteps.frequencies.shape[0]
    angles = (noise_ratio * timesteps.max_positions)[:, None] * torch.cat([timesteps.frequencies] * 2)
    return torch.where(torch.arange(2 * half) < half, angles.sin(), angles.cos())


def residual(
    state: Pending,
    depthwise: Depthwise,
    weight: Tensor,
    bias: Tensor,
    narrow: ResponseNormDense,
    joined: Sequence[Tensor] = (),
) -> Pending:
    """Runs a ConvNeXt block with global response norm.

    weight, bias: of the widening layer, [channels of x and of joined, wide] and [wide].
    """
    y, normed = state.mixed(depthwise, joined)
    wide, scale = nodes.dense_gelu_response(normed, weight, bias, narrow.gamma)
    return Pending(nodes.scaled_dense_residual(wide, scale, narrow.weight, y), narrow.bias, epsilon=state.epsilon)


def attention(state: Pending, block: Attention, text_keys_values: Tensor, index: int, map_shape: Tensor) -> Pending:
    """Runs an attention block.

    text_keys_values: float32 [blocks, 2, rows, heads, text tokens, head_dim]; index: of the block; map_shape: shape of
    the map, see shapes.map_shape_of.
    """
    if not block.self_attention:
        text = text_keys_values[index].to(state.x.dtype)
        whole = block(state.settled(), TextBesideMap(text, None), map_shape)
        return Pending(whole, epsilon=state.epsilon)
    y, normed = state.normed()
    _, height, width, channels = y.shape
    joint = _joint_attention if block.head_dim == HEAD_DIM else _attention_of_other_heads
    mixed = to_map(joint(block, normed, text_keys_values, index), map_shape, height, width, channels)
    return Pending(nodes.dense_residual(mixed, block.out.weight, y), block.out.bias, epsilon=state.epsilon)


def _joint_attention(block: Attention, normed: Tensor, text_keys_values: Tensor, index: int) -> Tensor:
    """[rows, height * width, channels]."""
    return nodes.joint_attention(block.projection(normed), text_keys_values, index, block.heads, block.scale)


def _attention_of_other_heads(block: Attention, normed: Tensor, text_keys_values: Tensor, index: int) -> Tensor:
    """The same for heads of other widths than HEAD_DIM."""
    _, height, width, channels = normed.shape
    tokens = reshape(normed, KEEP, REST, channels, rest=height * width)
    query, key, value = taken_apart(block.projection(tokens), [channels] * 3)
    text = text_keys_values.to(normed.dtype)[index]
    return joint_attention(query, key, value, text[0], text[1], block.heads, block.scale)

