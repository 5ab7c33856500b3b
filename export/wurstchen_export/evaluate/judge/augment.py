"""What real pictures go through before the judge sees them: other places and sizes, and the faults of a decoder.

All of it is drawn and computed on the pictures' device, one amount a picture, without waiting for the device.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

SCALE = (0.78, 1.04)
SHIFT = 0.06
"""Largest shift of the artwork as part of the side; the generator's own pictures stay within 5 %."""
GAIN, OFFSET = 0.06, 0.025
"""Largest change of a colour channel: too small to turn one background into its neighbour."""
LARGEST_NOISE, LARGEST_BLOTCHES = 0.05, 0.05
BLUR_SHARE = 0.6
PASSES = 4
"""Of `blurred`, for the softest pictures."""


def placement(count: int, device) -> Tensor:
    """Random scale and shifts [count,3], as train.pictures.compose takes them; wider than in training pictures."""
    uniform = torch.rand(count, 3, device=device)
    scale = SCALE[0] + uniform[:, :1] * (SCALE[1] - SCALE[0])
    return torch.cat([scale, (uniform[:, 1:] * 2 - 1) * SHIFT], 1)


def augment(pixels: Tensor) -> Tensor:
    """Softened, noised and slightly tinted pictures [B,3,side,side] in [0,1]."""
    x = soften(pixels)
    count, _, side, _ = x.shape
    gain = 1 + _signed(x, count, 3, 1, 1) * GAIN
    x = x * gain + _signed(x, count, 3, 1, 1) * OFFSET
    x = x + _amount(x, LARGEST_NOISE) * torch.randn_like(x)
    coarse = torch.randn(count, 3, side // 8, side // 8, device=x.device)
    blotches = F.interpolate(coarse, size=(side, side), mode="bilinear")
    return (x + _amount(x, LARGEST_BLOTCHES) * blotches).clamp(0, 1)


def soften(pixels: Tensor) -> Tensor:
    """Between sharp and a Gaussian of standard deviation 2 pixels; colour may blur more than brightness, as in JPEG."""
    steps = [pixels]
    for _ in range(PASSES):
        steps.append(blurred(steps[-1]))
    blurs = torch.stack(steps)
    brightness = _pick(blurs, pixels, share=BLUR_SHARE)
    colour = _pick(blurs, pixels, share=BLUR_SHARE)
    return colour + (brightness - colour).mean(1, keepdim=True)


def blurred(pixels: Tensor) -> Tensor:
    """One pass of a binomial filter, 1 4 6 4 1 each way: a Gaussian of standard deviation 1. Passes add as squares."""
    x = F.pad(pixels, (2, 2, 2, 2), mode="replicate")
    for _ in range(4):
        x = F.avg_pool2d(x, 2, stride=1)
    return x


def _pick(blurs: Tensor, pixels: Tensor, share: float) -> Tensor:
    """For each picture a mixture of two neighbours among the blurs [steps,B,3,H,W]; sharp for all but a share."""
    count = len(pixels)
    blurry = torch.rand(count, device=pixels.device) < share
    amount = torch.rand(count, device=pixels.device) * blurry * (len(blurs) - 1)
    lower = amount.long().clamp(max=len(blurs) - 2)
    rows = torch.arange(count, device=pixels.device)
    return torch.lerp(blurs[lower, rows], blurs[lower + 1, rows], (amount - lower)[:, None, None, None])


def _signed(like: Tensor, *shape: int) -> Tensor:
    return torch.rand(*shape, device=like.device) * 2 - 1


def _amount(like: Tensor, largest: float) -> Tensor:
    """A strength for each picture; small ones are more frequent."""
    return largest * torch.rand(len(like), 1, 1, 1, device=like.device) ** 2
