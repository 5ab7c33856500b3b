"""Golden pictures of the whole cascade on the tiny model (format: golden.py)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image

from wurstchen_export.families.family import PictureRequest
from wurstchen_export.families.wuerstchen_v2 import reference
from wurstchen_export.checks.golden_numbers import tensor
from wurstchen_export.model.source import Source

REQUESTS = {
    "guided": PictureRequest("a photo of a cat on the grass", seed=1),
    "guided-next-seed": PictureRequest("a photo of a cat on the grass", seed=2),
    "negative": PictureRequest(
        "a red apple!", "low quality, blurry", 128, 128, seed=42, stage_c_steps=6, stage_b_steps=4
    ),
    "both-guided": PictureRequest(
        "a lighthouse in a storm",
        "watermark!",
        128,
        256,
        seed=-7,
        stage_c_steps=3,
        stage_c_guidance=6.5,
        stage_b_guidance=3.0,
    ),
    "stage-b-guided": PictureRequest(
        "kitten", "dog", 128, 128, seed=2**40 + 1, stage_c_guidance=0.0, stage_b_guidance=2.5
    ),
    "unguided": PictureRequest(
        "würstchen mit senf", None, 128, 128, seed=5, stage_c_guidance=1.0, stage_b_guidance=0.0
    ),
    "unguided-ignores-negative": PictureRequest(
        "würstchen mit senf", "ignored", 128, 128, seed=5, stage_c_guidance=0.0, stage_b_guidance=1.0
    ),
    "one-step": PictureRequest("a cat", None, 128, 128, seed=0, stage_c_steps=1, stage_b_steps=1),
    "many-steps": PictureRequest(
        "a cat", "a dog", 128, 128, seed=9, stage_c_steps=20, stage_b_steps=12, stage_b_guidance=4.0
    ),
    "empty": PictureRequest("", None, 128, 128, seed=-(2**63), stage_c_steps=2, stage_b_steps=2),
    "over-long": PictureRequest("ships and waves " * 60, "blurry " * 200, 128, 128, seed=2**63 - 1),
    "wide": PictureRequest("345 waves", "", 512, 128, seed=12, stage_b_guidance=2.0),
    "tall": PictureRequest("naïve café", None, 128, 384, seed=13),
}

WITH_STAGE_B_LATENTS = ("negative", "stage-b-guided", "one-step", "many-steps")
"""The cases whose Stage B latents are written. All of them would make the file too large."""

MIXED = PictureRequest("", None, 128, 128, seed=11)
MIXED_PROMPTS = {"a red apple!": 0.7, "a lighthouse in a storm": 0.3}
MIXED_NEGATIVE = "watermark!"
"""A request with the weighted sum of the prompts' hidden states in Stage C. Stage B gets the empty prompt."""

ENCODED = ("negative",)
ROUNDED = ("negative",)


def build(source: Source, folder: Path) -> dict:
    """Writes the pictures into the folder and returns the content of pictures.json."""
    combined = reference.pipeline(source)
    return {
        "cases": [_case(combined, name, request, folder) for name, request in REQUESTS.items()],
        "mixed": _mixed(combined),
        "encodings": [_encoding(source, f"{name}.png", folder) for name in ENCODED],
    }


def build_rounded(source: Source, folder: Path) -> list[dict]:
    """The cases of the source after its weights were rounded; writes their pictures into the folder."""
    combined = reference.pipeline(source)
    return [_case(combined, name, REQUESTS[name], folder, "-int8") for name in ROUNDED]


def _case(combined, name: str, request: PictureRequest, folder: Path, suffix: str = "") -> dict:
    picture = reference.generate(combined, request)
    file = f"{name}{suffix}.png"
    Image.fromarray(picture.levels()).save(folder / file, optimize=True)
    return {
        "name": f"{name}{suffix}",
        "request": vars(request),
        "stage_c_latents": tensor(picture.stage_c_latents),
        "stage_b_latents": tensor(picture.stage_b_latents) if name in WITH_STAGE_B_LATENTS else None,
        "picture": file,
    }


def _mixed(combined) -> dict:
    def states(text: str) -> torch.Tensor:
        with torch.no_grad():
            return combined.prior_pipe.encode_prompt("cpu", 1, False, prompt=text)[0]

    embeddings = {
        "prompt_embeds": sum(weight * states(text) for text, weight in MIXED_PROMPTS.items()),
        "negative_prompt_embeds": states(MIXED_NEGATIVE),
    }
    picture = reference.generate(combined, MIXED, **embeddings)
    return {
        "request": vars(MIXED),
        "prompts": list(MIXED_PROMPTS),
        "weights": list(MIXED_PROMPTS.values()),
        "negative_prompt": MIXED_NEGATIVE,
        "stage_c_latents": tensor(picture.stage_c_latents),
        "stage_b_latents": tensor(picture.stage_b_latents),
    }


def _encoding(source: Source, file: str, folder: Path) -> dict:
    levels = np.asarray(Image.open(folder / file), dtype=np.float32)
    pixels = torch.from_numpy(levels).permute(2, 0, 1)[None] / 255
    with torch.no_grad():
        (latents,) = source.stage_a.encode(pixels, return_dict=False)
    return {"picture": file, "stage_b_latents": tensor(latents / source.stage_a.config.scale_factor)}
