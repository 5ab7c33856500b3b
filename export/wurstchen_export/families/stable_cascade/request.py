"""A request with image prompts, and their embedding by a bundle."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from PIL import Image

from wurstchen_export.errors import ExportError
from wurstchen_export.families.family import PictureRequest


@dataclass(frozen=True)
class CascadeRequest(PictureRequest):
    """image_prompts: paths of pictures."""

    image_prompts: tuple[str, ...] = ()

    OWN: ClassVar[tuple[str, ...]] = (*PictureRequest.OWN, "image_prompts")


def embedded_images(bundle, requests: list[PictureRequest]) -> np.ndarray:
    """Returns float32 [pictures, image prompts, width]: zeros of one image prompt if there are none."""
    paths = [getattr(request, "image_prompts", ()) for request in requests]
    counts = sorted({len(own) for own in paths})
    if len(counts) > 1:
        raise ExportError(f"one run has one number of image prompts for each picture, got {counts}")
    if counts == [0]:
        inputs = {tensor["name"]: tensor for tensor in bundle.manifest["graphs"]["stage_c_condition"]["inputs"]}
        return np.zeros((len(requests), 1, inputs["image_embeddings"]["axes"][2]), np.float32)
    if "image_encoder" not in bundle.manifest["graphs"]:
        raise ExportError(f"{bundle.folder} has no image_encoder: leave out the image prompts, or export another model")
    encode = lambda path: bundle.run("image_encoder", pixel_values(path, bundle.manifest["image_prompts"]))[0]
    return np.stack([np.concatenate([encode(path) for path in own]) for own in paths])


def pixel_values(path: str | Path, settings: dict) -> np.ndarray:
    """Returns a picture as the image encoder takes it, float32 [1, 3, crop, crop], as CLIPImageProcessor does.

    settings: the manifest's ``image_prompts``.
    """
    picture = Image.open(path).convert("RGB")
    shorter, crop = min(picture.size), settings["crop"]
    size = tuple(
        settings["resize"] if side == shorter else int(settings["resize"] * side / shorter) for side in picture.size
    )
    levels = np.asarray(picture.resize(size, Image.Resampling.BICUBIC))
    top, left = ((side - crop) // 2 for side in levels.shape[:2])
    cropped = levels[top : top + crop, left : left + crop]
    scaled = (cropped.astype(np.float64) * (1 / 255)).astype(np.float32)
    mean, std = (np.array(settings[name], np.float32) for name in ("mean", "std"))
    return ((scaled - mean) / std).transpose(2, 0, 1)[None]
