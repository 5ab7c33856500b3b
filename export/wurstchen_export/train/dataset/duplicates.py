"""Pictures of different emoji that are the same drawing, or nearly: a caption cannot tell them apart."""

import torch
import torch.nn.functional as F

SIDE, COARSE_SIDE = 64, 8
# Mean difference of 64 px pictures on grey, in parts of the full range. Below it lie drawings used twice and pairs that
# differ by a thin line; above it mostly faces that differ by their mouths, which a name does tell apart.
THRESHOLD = 0.01
GREY = 0.5


def near_duplicates(
    entries: list[dict], pictures: list[torch.Tensor], preferred: frozenset[str] = frozenset()
) -> dict[int, tuple[int, float]]:
    """For each picture that repeats another of its style: the number of the one to keep and how much they differ.

    pictures: premultiplied RGBA, uint8 [4,h,w] each; preferred: code points to keep rather than others, which are
    otherwise kept in order.
    """
    fine = torch.stack([_small(picture) for picture in pictures])
    coarse = F.avg_pool2d(fine, SIDE // COARSE_SIDE)  # never differs by more than the fine one does: a cheap first look
    dropped: dict[int, tuple[int, float]] = {}
    kept: dict[str, list[int]] = {}
    for i in sorted(range(len(entries)), key=lambda i: entries[i]["hexcode"] not in preferred):
        before = kept.setdefault(entries[i]["style"], [])
        near = (coarse[before] - coarse[i]).abs().mean((1, 2, 3)) < THRESHOLD
        found = {before[j]: float((fine[before[j]] - fine[i]).abs().mean()) for j in near.nonzero()[:, 0].tolist()}
        nearest = min(found, key=found.get, default=None)
        if nearest is not None and found[nearest] < THRESHOLD:
            dropped[i] = (nearest, round(found[nearest], 5))
        else:
            before.append(i)
    return dropped


def _small(picture: torch.Tensor) -> torch.Tensor:
    rgba = F.interpolate(picture[None].float() / 255, size=(SIDE, SIDE), mode="area")[0]
    return rgba[:3] + GREY * (1 - rgba[3:])
