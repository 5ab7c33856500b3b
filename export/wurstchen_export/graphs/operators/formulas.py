"""The operators' results, as torch functions: the definition that the functions and the kernels are tested against.

16-bit inputs are converted to float32, and the results are rounded. For the inputs see nodes.py.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def dense(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return (_wide(x) @ _wide(weight) + _wide(bias)).to(x.dtype)


def dense_gelu(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return F.gelu(_wide(x) @ _wide(weight) + _wide(bias)).to(x.dtype)


def dense_residual(x: Tensor, weight: Tensor, residual: Tensor) -> Tensor:
    return (_wide(residual) + _wide(x) @ _wide(weight)).to(x.dtype)


def dense_bias_residual(x: Tensor, weight: Tensor, bias: Tensor, residual: Tensor) -> Tensor:
    return (_wide(residual) + _wide(x) @ _wide(weight) + _wide(bias)).to(x.dtype)


def affine_norm(
    x: Tensor, scale: Tensor, offset: Tensor, start: int, end: int, epsilon: float
) -> tuple[Tensor, Tensor]:
    y = _affine(x, scale, offset, start, end)
    return y.to(x.dtype), _norm(y, epsilon).to(x.dtype)


def depthwise_norm(
    x: Tensor,
    scale: Tensor,
    offset: Tensor,
    weight: Tensor,
    bias: Tensor,
    joined: list[Tensor],
    start: int,
    end: int,
    epsilon: float,
) -> tuple[Tensor, Tensor]:
    y = _affine(x, scale, offset, start, end)
    normed = _norm(_depthwise(F.pad(y, (0, 0, 1, 1, 1, 1)), weight, bias), epsilon).to(x.dtype)
    return y.to(x.dtype), torch.cat([normed, *joined], dim=-1)


def mixing_depthwise(
    x: Tensor, weight: Tensor, bias: Tensor, next_bias: Tensor, epsilon: float
) -> tuple[Tensor, Tensor]:
    bordered = F.pad(_norm(_wide(x), epsilon).permute(0, 3, 1, 2), (1, 1, 1, 1), mode="replicate")
    mixed = _wide(x) + _depthwise(bordered.permute(0, 2, 3, 1), weight, bias)
    return (mixed + _wide(next_bias)).to(x.dtype), _norm(mixed, epsilon).to(x.dtype)


def response_scale(u: Tensor, gamma: Tensor) -> Tensor:
    norms = _wide(u).square().sum(dim=(1, 2)).sqrt()
    return 1 + _wide(gamma) * norms / (norms.mean(dim=-1, keepdim=True) + 1e-6)


def dense_gelu_response(x: Tensor, weight: Tensor, bias: Tensor, gamma: Tensor) -> tuple[Tensor, Tensor]:
    u = dense_gelu(_wide(x), weight, bias)
    return u.to(x.dtype), response_scale(u, gamma)


def scaled_dense_residual(u: Tensor, s: Tensor, weight: Tensor, residual: Tensor) -> Tensor:
    scaled = _wide(u) * s[:, None, None]
    return (_wide(residual) + scaled @ _wide(weight)).to(u.dtype)


def joint_attention(qkv: Tensor, text_keys_values: Tensor, block: int, heads: int, scale: float) -> Tensor:
    query, key, value = _wide(qkv).flatten(1, 2).unflatten(2, (3, heads, -1)).permute(2, 0, 3, 1, 4)
    keys, values = (torch.cat(pair, dim=2) for pair in zip(text_keys_values[block].to(query.dtype), (key, value)))
    mixed = torch.softmax(query @ keys.transpose(2, 3) * scale, dim=-1) @ values
    return mixed.transpose(1, 2).flatten(2).to(qkv.dtype)


def masked_attention(qkv: Tensor, mask: Tensor, heads: int, scale: float) -> Tensor:
    query, key, value = _wide(qkv).unflatten(2, (3, heads, -1)).permute(2, 0, 3, 1, 4)
    mixed = torch.softmax(query @ key.transpose(2, 3) * scale + _wide(mask), dim=-1) @ value
    return mixed.transpose(1, 2).flatten(2).to(qkv.dtype)


def _wide(x: Tensor) -> Tensor:
    return x.to(torch.promote_types(x.dtype, torch.float32))


def _affine(x: Tensor, scale: Tensor, offset: Tensor, start: int, end: int) -> Tensor:
    return _wide(x) * (1 + _wide(scale)[0, start:end]) + _wide(offset)[0, start:end]


def _norm(x: Tensor, epsilon: float) -> Tensor:
    return F.layer_norm(x, x.shape[-1:], eps=epsilon)


def _depthwise(bordered: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """bordered: padded by one token on each side; weight: [9, channels]."""
    kernels = _wide(weight).t().unflatten(1, (1, 3, 3))
    mixed = F.conv2d(bordered.permute(0, 3, 1, 2), kernels, _wide(bias), groups=weight.shape[1])
    return mixed.permute(0, 2, 3, 1)
