"""The operators, as functions that modules call. torch.onnx.export writes each call as one node (translations.py).

Feature maps are [rows, height, width, channels], float16, contiguous. Weights of products are [in, out]. ``scale`` and
``offset`` are [1, any]; their columns ``start`` to ``end`` (exclusive) belong to the channels of the map.
"""

from __future__ import annotations

from typing import Callable, Sequence

import torch
from torch import Tensor

from wurstchen_export.graphs.operators import formulas

EPSILON = 1e-6
"""Of the layer norms of Stage A, B and C, unless a map was divided by a number."""

_call = torch.ops.wurstchen


def dense(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Returns x W + b; x: [..., in]."""
    return _call.Dense(x, weight, bias)


def dense_gelu(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Returns GELU(x W + b). The function computes the exact GELU, the CUDA kernel the tanh form."""
    return _call.DenseGelu(x, weight, bias)


def dense_residual(x: Tensor, weight: Tensor, residual: Tensor) -> Tensor:
    """Returns residual + x W."""
    return _call.DenseResidual(x, weight, residual)


def dense_bias_residual(x: Tensor, weight: Tensor, bias: Tensor, residual: Tensor) -> Tensor:
    """Returns residual + x W + b."""
    return _call.DenseBiasResidual(x, weight, bias, residual)


def affine_norm(
    x: Tensor, scale: Tensor, offset: Tensor, start: int, end: int, epsilon: float = EPSILON
) -> tuple[Tensor, Tensor]:
    """Returns y = x (1 + scale) + offset and the layer norm of y."""
    return _call.AffineNorm(x, scale, offset, [start], [end], epsilon)


def depthwise_norm(
    x: Tensor,
    scale: Tensor,
    offset: Tensor,
    start: int,
    end: int,
    weight: Tensor,
    bias: Tensor,
    joined: Sequence[Tensor] = (),
    epsilon: float = EPSILON,
) -> tuple[Tensor, Tensor]:
    """Returns y = x (1 + scale) + offset and the layer norm of a zero-padded depthwise 3x3 convolution of y.

    weight: [9, channels]; joined: up to two maps that are concatenated to the norm along the channels.
    """
    widths = [part.shape[3] for part in (x, *joined)]
    return _call.DepthwiseNorm(x, scale, offset, weight, bias, list(joined), [start], [end], epsilon, widths)


def mixing_depthwise(x: Tensor, weight: Tensor, bias: Tensor, next_bias: Tensor) -> tuple[Tensor, Tensor]:
    """Returns t + next_bias and the layer norm of t, where t = x + depthwise3x3(layer norm of x) + bias.

    The convolution repeats the border of the map. weight: [9, channels].
    """
    return _call.MixingDepthwise(x, weight, bias, next_bias, EPSILON, x.shape[3])


def dense_gelu_response(x: Tensor, weight: Tensor, bias: Tensor, gamma: Tensor) -> tuple[Tensor, Tensor]:
    """Returns u = gelu(x W + b) for a map x, and s = 1 + gamma n / (mean(n) + 1e-6) as float32 [rows, channels], where n
    are the L2 norms of u's channels over the map."""
    return _call.DenseGeluResponse(x, weight, bias, gamma)


def scaled_dense_residual(u: Tensor, s: Tensor, weight: Tensor, residual: Tensor) -> Tensor:
    """Returns residual + (u s) W; s: float32 [rows, channels]."""
    return _call.ScaledDenseResidual(u, s, weight, residual)


def joint_attention(qkv: Tensor, text_keys_values: Tensor, block: int, heads: int, scale: float) -> Tensor:
    """Returns the attention of a map's tokens to the tokens of the text and of the map: [rows, height * width, heads *
    HEAD_DIM].

    qkv: [rows, height, width, 3 * heads * HEAD_DIM], queries, keys, values; text_keys_values: float32 [blocks, 2, rows,
    heads, text tokens, HEAD_DIM], of which ``block`` is used.
    """
    return _call.JointAttention(qkv, text_keys_values, block, heads, scale)


def masked_attention(qkv: Tensor, mask: Tensor, heads: int, scale: float) -> Tensor:
    """Returns the attention of each token of a text to the tokens that a mask leaves: [rows, tokens, channels].

    qkv: [rows, tokens, 3 * channels], queries, keys, values; mask: [rows, 1, tokens, tokens], added to the products of
    queries (third axis) and keys. See functions.MASKED_HEAD_DIMS and MASKED_TOKENS for the sizes.
    """
    return _call.MaskedAttention(qkv, mask, heads, scale)


def _operator(shapes: Callable) -> Callable:
    """Registers a function as the torch operator of its name; shapes: the implementation for fake tensors."""

    def register(function: Callable) -> Callable:
        torch.library.custom_op(f"wurstchen::{function.__name__}", function, mutates_args=()).register_fake(shapes)
        return function

    return register


def _like_product(x, weight, *_):
    return x.new_empty([*x.shape[:-1], weight.shape[1]])


def _like_residual(*inputs):
    return torch.empty_like(inputs[-1])


def _map_and_normed(x, *_):
    return torch.empty_like(x), torch.empty_like(x)


def _map_and_joined(x, *arguments):
    return torch.empty_like(x), x.new_empty([*x.shape[:3], sum(arguments[-1])])


def _map_and_scales(x, weight, *_):
    return _like_product(x, weight), x.new_empty([x.shape[0], weight.shape[1]], dtype=torch.float32)


def _mixed_tokens(qkv, *_):
    return qkv.new_empty([qkv.shape[0], qkv.shape[1] * qkv.shape[2], qkv.shape[3] // 3])


def _third_of_channels(qkv, *_):
    return qkv.new_empty([*qkv.shape[:2], qkv.shape[2] // 3])


@_operator(_like_product)
def Dense(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return formulas.dense(x, weight, bias)


@_operator(_like_product)
def DenseGelu(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return formulas.dense_gelu(x, weight, bias)


@_operator(_like_residual)
def DenseResidual(x: Tensor, weight: Tensor, residual: Tensor) -> Tensor:
    return formulas.dense_residual(x, weight, residual)


@_operator(_like_residual)
def DenseBiasResidual(x: Tensor, weight: Tensor, bias: Tensor, residual: Tensor) -> Tensor:
    return formulas.dense_bias_residual(x, weight, bias, residual)


@_operator(_map_and_normed)
def AffineNorm(
    x: Tensor, scale: Tensor, offset: Tensor, start: Sequence[int], end: Sequence[int], epsilon: float
) -> tuple[Tensor, Tensor]:
    return formulas.affine_norm(x, scale, offset, start[0], end[0], epsilon)


@_operator(_map_and_joined)
def DepthwiseNorm(
    x: Tensor,
    scale: Tensor,
    offset: Tensor,
    weight: Tensor,
    bias: Tensor,
    joined: Sequence[Tensor],
    start: Sequence[int],
    end: Sequence[int],
    epsilon: float,
    widths: Sequence[int],
) -> tuple[Tensor, Tensor]:
    """widths: channels of x and of the joined maps."""
    return formulas.depthwise_norm(x, scale, offset, weight, bias, joined, start[0], end[0], epsilon)


@_operator(_map_and_normed)
def MixingDepthwise(
    x: Tensor, weight: Tensor, bias: Tensor, next_bias: Tensor, epsilon: float, channels: int
) -> tuple[Tensor, Tensor]:
    return formulas.mixing_depthwise(x, weight, bias, next_bias, epsilon)


@_operator(_map_and_scales)
def DenseGeluResponse(x: Tensor, weight: Tensor, bias: Tensor, gamma: Tensor) -> tuple[Tensor, Tensor]:
    return formulas.dense_gelu_response(x, weight, bias, gamma)


@_operator(_like_residual)
def ScaledDenseResidual(u: Tensor, s: Tensor, weight: Tensor, residual: Tensor) -> Tensor:
    return formulas.scaled_dense_residual(u, s, weight, residual)


@_operator(_mixed_tokens)
def JointAttention(qkv: Tensor, text_keys_values: Tensor, block: int, heads: int, scale: float) -> Tensor:
    return formulas.joint_attention(qkv, text_keys_values, block, heads, scale)


@_operator(_third_of_channels)
def MaskedAttention(qkv: Tensor, mask: Tensor, heads: int, scale: float) -> Tensor:
    return formulas.masked_attention(qkv, mask, heads, scale)
