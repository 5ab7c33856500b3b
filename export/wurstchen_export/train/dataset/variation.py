"""Pictures further from each other than the artwork is: turned, mirrored, resized, in other hues.

A few thousand drawings are soon known by heart. The semantic compressor and Stage B must rebuild drawings that they
have not seen, so a part of what they train on is varied. No caption can describe such a picture but by its style.
"""

import math

import torch

from wurstchen_export.train.dataset.pictures import Pictures

UNDESCRIBED = -1
"""In place of a colour's number: no caption names what is there."""
LARGEST_TURN = 30.0  # degrees, to either side
SCALES = (0.6, 1.1)  # those of described pictures are 0.82 to 1.0
LARGEST_SHIFT = 0.08  # of the side
LARGEST_HUE_TURN = 60.0  # degrees, to either side


def random_variations(count: int, device: torch.device) -> torch.Tensor:
    """What `varied` turns into sizes, places, angles, mirrors and hues; uniform numbers [count,6]."""
    return torch.rand(count, 6, device=device)


def varied(pictures: Pictures, which: torch.Tensor, colours: torch.Tensor, uniform: torch.Tensor) -> torch.Tensor:
    """Artwork on backgrounds as in `Pictures.compose`, each varied by its row of `random_variations`; float32
    [B,3,H,W] in [0,1]."""
    scale = SCALES[0] + (SCALES[1] - SCALES[0]) * uniform[:, :1]
    placement = torch.cat([scale, (uniform[:, 1:3] * 2 - 1) * LARGEST_SHIFT], 1)
    pixels = pictures.compose(which, colours, placement, turn=turns(uniform[:, 3], uniform[:, 4] < 0.5))
    return hue_turned(pixels, (uniform[:, 5] * 2 - 1) * math.radians(LARGEST_HUE_TURN))


def turns(uniform: torch.Tensor, mirrored: torch.Tensor) -> torch.Tensor:
    """Matrices [B,2,2] that turn by up to LARGEST_TURN for uniform numbers in [0,1), and mirror where asked."""
    angle = (uniform * 2 - 1) * math.radians(LARGEST_TURN)
    cos, sin = angle.cos(), angle.sin()
    side = torch.where(mirrored, -1.0, 1.0)
    return torch.stack([torch.stack([cos * side, -sin], 1), torch.stack([sin * side, cos], 1)], 1)


def hue_turned(pixels: torch.Tensor, angle: torch.Tensor) -> torch.Tensor:
    """Colours turned around the axis of greys by an angle [B] in radians (Rodrigues' formula), cut to [0,1]."""
    cos, sin = angle.cos()[:, None, None], angle.sin()[:, None, None]
    axis = torch.full((3,), 1 / math.sqrt(3), device=pixels.device)
    across = torch.linalg.cross(axis.expand(3, 3), torch.eye(3, device=pixels.device)).T
    matrix = cos * torch.eye(3, device=pixels.device) + sin * across + (1 - cos) * torch.outer(axis, axis)
    return torch.einsum("bij,bjhw->bihw", matrix, pixels).clamp(0, 1)
