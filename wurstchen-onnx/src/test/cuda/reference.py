"""The operators' formulas in float64."""
import torch
from torch.nn import functional

from launches import EPSILON


def normalize(x):
    mean = x.mean(-1, keepdim=True)
    return (x - mean) * torch.rsqrt((x - mean).square().mean(-1, keepdim=True) + EPSILON)


def taps(padded, weight, H, W):
    """Depthwise 3x3 of a map [R,H+2,W+2,C], weight [9,C]."""
    return sum(padded[:, dy:dy + H, dx:dx + W] * weight[3 * dy + dx] for dy in range(3) for dx in range(3))


def depthwise_norm(x, scale, offset, weight, bias, joined):
    x, scale, offset, weight, bias = (t.double() for t in (x, scale, offset, weight, bias))
    y = x * (1 + scale) + offset
    normed = normalize(taps(functional.pad(y, (0, 0, 1, 1, 1, 1)), weight, *x.shape[1:3]) + bias)
    return y, torch.cat([normed, *(t.double() for t in joined)], -1)


def statistics(x):
    x = x.double()
    mean = x.mean(-1)
    return torch.stack([mean, torch.rsqrt((x - mean[..., None]).square().mean(-1) + EPSILON)], -1)


def mixing_depthwise(x, weight, bias, next_bias):
    x, weight, bias, next_bias = (t.double() for t in (x, weight, bias, next_bias))
    H, W = x.shape[1:3]
    rows = torch.arange(-1, H + 1, device=x.device).clamp(0, H - 1)
    columns = torch.arange(-1, W + 1, device=x.device).clamp(0, W - 1)
    t = x + taps(normalize(x)[:, rows][:, :, columns], weight, H, W) + bias
    return t + next_bias, normalize(t)


def affine_norm(x, scale, offset):
    y = x.double() * (1 + scale.double()) + offset.double()
    return y, normalize(y)


def response_scale(u, gamma):
    n = u.double().square().sum(1).sqrt()
    return 1 + gamma.double() * n / (n.mean(-1, keepdim=True) + 1e-6)


def masked_attention(qkv, mask, heads, scale):
    query, key, value = qkv.double().unflatten(2, (3, heads, -1)).permute(2, 0, 3, 1, 4)
    mixed = torch.softmax(query @ key.transpose(2, 3) * scale + mask.double(), -1) @ value
    return mixed.transpose(1, 2).flatten(2)
