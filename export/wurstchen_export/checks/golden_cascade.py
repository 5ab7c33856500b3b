"""Golden files of Stable Cascade: a tiny model's bundle and its pictures (format: golden.py)."""

from __future__ import annotations

import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import Callable

import numpy as np
from PIL import Image

from wurstchen_export.bundle.export import Options, export
from wurstchen_export.bundle.manifest import Provenance
from wurstchen_export.checks.golden_numbers import floats, tensor
from wurstchen_export.families import registry
from wurstchen_export.families.family import Defaults, Picture
from wurstchen_export.families.stable_cascade.request import CascadeRequest
from wurstchen_export.model import tiny

BUNDLE, FOLDER = "tiny-cascade-bundle", "golden-cascade"
PROVENANCE = Provenance(
    name="tiny-cascade",
    description="Tiny random weights, for tests",
    source="wurstchen_export tiny --family stable-cascade",
    revision=f"seed {tiny.DEFAULT_SEED}",
    licence="Apache-2.0",
)
DEFAULTS = Defaults(width=128, height=128, stage_c_steps=4, stage_b_steps=3, sizes=((128, 128), (168, 128)))
STAGE_B_STRIDE, LEVELS_STRIDE = 16, 101
"""Of the samples that are written of most cases: whole they would take 2 MB."""
WHOLE = ("guided", "unequal-skips", "two-image-prompts", "twenty-and-ten-steps")
"""The cases whose pictures are written."""
PAINTED = {"wide.png": (64, 29), "tall.png": (31, 50), "grey.png": (40, 40)}
"""Image prompts: width and height. Their sides show in which order the shorter one is rounded and cropped."""


def _request(prompt: str = "a photo of a cat", negative: str | None = None, size: str = "128x128", **other):
    width, height = map(int, size.split("x"))
    return CascadeRequest(prompt, negative, width, height, **other)


REQUESTS = {
    "guided": _request("a photo of a cat on the grass", seed=1),
    "guided-next-seed": _request("a photo of a cat on the grass", seed=2),
    "negative": _request("a red apple!", "low quality, blurry", seed=42, stage_c_steps=6, stage_b_steps=4),
    "empty-negative": _request("a red apple!", "", seed=42),
    "both-guided": _request("a lighthouse", "watermark!", "128x256", seed=-7, stage_c_guidance=6.5, stage_b_guidance=3.0),
    "stage-b-guided": _request("kitten", "dog", seed=2**40 + 1, stage_c_guidance=0.0, stage_b_guidance=2.5),
    "stage-b-guided-without-negative": _request("kitten", seed=3, stage_c_guidance=1.0, stage_b_guidance=4.0),
    "unguided": _request("würstchen mit senf", seed=5, stage_c_guidance=0.0, stage_b_guidance=0.0),
    "unguided-at-one": _request("würstchen mit senf", "ignored", seed=5, stage_c_guidance=1.0, stage_b_guidance=1.0),
    "little-guidance": _request("a dog", "a cat", seed=8, stage_c_guidance=1.25, stage_b_guidance=1.1),
    "strong-guidance": _request("a dog", "a cat", seed=8, stage_c_guidance=12.0),
    "one-step": _request("a cat", seed=0, stage_c_steps=1, stage_b_steps=1),
    "twenty-and-ten-steps": _request(
        "a cat", "a dog", seed=9, stage_c_steps=20, stage_b_steps=10, stage_b_guidance=2.0
    ),
    "empty": _request("", seed=-(2**63), stage_c_steps=2, stage_b_steps=2),
    "over-long": _request("ships and waves " * 60, "blurry " * 200, seed=2**63 - 1),
    "unicode": _request("富士山に登る猫 😀👨‍👩‍👧‍👦 naïve Σίσυφος", "straße", seed=4),
    "wide": _request("345 waves", "", "424x128", seed=12),
    "tall": _request("naïve café", None, "128x296", seed=13),
    "unequal-skips": _request("12 ships", "dogs", "168x168", seed=14, stage_b_guidance=2.0),
    "unequal-skips-wide": _request("12 ships", None, "296x168", seed=15, stage_c_guidance=0.0),
    "image-prompt": _request("a cat", seed=20, image_prompts=("wide.png",)),
    "two-image-prompts": _request("a cat", "a dog", seed=21, image_prompts=("wide.png", "tall.png")),
    "three-image-prompts": _request("a cat", seed=22, image_prompts=("grey.png", "tall.png", "grey.png")),
    "image-prompts-in-another-order": _request("a cat", "a dog", seed=21, image_prompts=("tall.png", "wide.png")),
    "image-variation": _request("", seed=23, image_prompts=("tall.png",)),
    "image-prompt-unguided": _request("a cat", seed=24, stage_c_guidance=0.0, image_prompts=("wide.png",)),
    "image-prompt-both-guided": _request("", "x", "168x128", seed=25, stage_b_guidance=3.0, image_prompts=("grey.png",)),
    "image-prompt-stage-b-guided": _request(
        "a cat", seed=26, stage_c_guidance=1.0, stage_b_guidance=3.0, image_prompts=("wide.png",)
    ),
}
RUNS = {
    "two-pictures": [_request("a cat", "a dog", seed=seed) for seed in (30, 31)],
    "two-prompts": [_request("a cat", None, seed=32), _request("a red apple", "blurry", seed=-1)],
    "three-prompts-unguided": [
        _request(prompt, seed=seed, stage_c_guidance=0.0) for seed, prompt in enumerate(("a cat", "", "x"), 33)
    ],
    "two-image-variations": [
        _request("", seed=36, stage_b_guidance=2.0, image_prompts=("wide.png", "grey.png")),
        _request("a cat", seed=37, stage_b_guidance=2.0, image_prompts=("tall.png", "wide.png")),
    ],
}
"""Several pictures in one run, each with a generator of its own."""


def write(onnx: Path, progress: Callable[[str], None]) -> dict:
    """Writes the bundle and the pictures below ``onnx``; returns the content of ``cascade.json``."""
    family = registry.family("stable-cascade")
    folder = onnx / FOLDER
    paint(folder)
    with tempfile.TemporaryDirectory() as temporary:
        model = Path(temporary) / "tiny"
        family.tiny(model, tiny.DEFAULT_SEED, "tiny")
        source = registry.find_source(model)
        content = build(source, folder)
        export(source, onnx / BUNDLE, PROVENANCE, DEFAULTS, Options(force=True), progress)
    return content


def paint(folder: Path) -> None:
    """Draws the image prompts."""
    for name, (width, height) in PAINTED.items():
        y, x = np.mgrid[0:height, 0:width]
        planes = [(7 * x + 3 * y) % 256, (255 * y) // height, ((x // 5 + y // 7) % 2) * 200]
        levels = np.stack(planes, axis=2).astype(np.uint8)
        Image.fromarray(levels[:, :, 0] if name == "grey.png" else levels).save(folder / name, optimize=True)


def build(source, folder: Path) -> dict:
    """Writes pictures into the folder, which holds the image prompts; returns the content of ``cascade.json``."""
    from wurstchen_export.families.stable_cascade.reference import Pipelines

    pipelines = Pipelines(source)
    located = lambda request: replace(
        request, image_prompts=tuple(str(folder / name) for name in request.image_prompts)
    )
    cases = [
        _case(name, [request], [pipelines.generate(located(request))], folder) for name, request in REQUESTS.items()
    ]
    for name, requests in RUNS.items():
        cases.append(_case(name, requests, [pipelines.generate(located(each)) for each in requests], folder))
    return {
        "strides": {"stage_b_latents": STAGE_B_STRIDE, "levels": LEVELS_STRIDE},
        "cases": cases,
        "image_prompts": [_image_prompt(source, pipelines, folder, name) for name in PAINTED],
    }


def _case(name: str, requests: list[CascadeRequest], pictures: list[Picture], folder: Path) -> dict:
    return {"name": name, "pictures": [_picture(name, *each, folder) for each in zip(requests, pictures, strict=True)]}


def _picture(name: str, request: CascadeRequest, picture: Picture, folder: Path) -> dict:
    levels = picture.levels()
    found = {
        "request": asdict(request),
        "stage_c_latents": tensor(picture.stage_c_latents),
        "stage_b_latents": floats(picture.stage_b_latents.ravel()[::STAGE_B_STRIDE]),
        "stage_b_latents_max": floats([np.abs(picture.stage_b_latents).max()])[0],
        "levels": levels.ravel()[::LEVELS_STRIDE].tolist(),
        "picture": None,
    }
    if name in WHOLE:
        found["picture"] = f"{name}.png"
        Image.fromarray(levels).save(folder / found["picture"], optimize=True)
    return found


def _image_prompt(source, pipelines, folder: Path, name: str) -> dict:
    import torch

    picture = Image.open(folder / name).convert("RGB")
    pixels = pipelines.prior.feature_extractor(picture, return_tensors="pt").pixel_values
    with torch.no_grad():
        embedding = source.image_encoder(pixels).image_embeds
    return {"picture": name, "pixel_values": tensor(pixels), "image_embedding": floats(embedding)}
