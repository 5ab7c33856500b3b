"""The committed bundle of the tiny Stable Cascade makes the pictures that diffusers' pipelines made."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from wurstchen_export.bundle.runtime import Bundle
from wurstchen_export.checks import golden, golden_cascade
from wurstchen_export.families.stable_cascade.request import CascadeRequest, pixel_values

RESOURCES = Path(__file__).parents[3] / golden.ONNX
GOLDEN = RESOURCES / golden_cascade.FOLDER
CONTENT = json.loads((GOLDEN / "cascade.json").read_text(encoding="utf-8"))
LATENT_TOLERANCE, LEVEL_SHARE = 5e-5, 1e-3


@pytest.fixture(scope="module")
def bundle():
    return Bundle(RESOURCES / golden_cascade.BUNDLE, threads=1)


def request_of(entry):
    request = CascadeRequest(**{**entry, "image_prompts": tuple(entry["image_prompts"])})
    return replace(request, image_prompts=tuple(str(GOLDEN / name) for name in request.image_prompts))


def array(entry):
    return np.array(entry["values"], np.float32).reshape(entry["shape"])


def test_there_are_cases_of_every_request_of_the_script():
    found = {case["name"]: len(case["pictures"]) for case in CONTENT["cases"]}
    expected = dict.fromkeys(golden_cascade.REQUESTS, 1) | {k: len(v) for k, v in golden_cascade.RUNS.items()}
    assert found == expected
    assert len(found) >= 30


@pytest.mark.parametrize("case", CONTENT["cases"], ids=lambda case: case["name"])
def test_pictures_are_those_of_the_reference(bundle, case):
    pictures = bundle.generate_batch([request_of(entry["request"]) for entry in case["pictures"]])

    for found, expected in zip(pictures, case["pictures"], strict=True):
        c, b = array(expected["stage_c_latents"]), np.array(expected["stage_b_latents"], np.float32)
        assert np.abs(found.stage_c_latents - c).max() <= LATENT_TOLERANCE * np.abs(c).max()
        sample = found.stage_b_latents.ravel()[:: golden_cascade.STAGE_B_STRIDE]
        assert np.abs(sample - b).max() <= LATENT_TOLERANCE * expected["stage_b_latents_max"]
        levels = found.levels().ravel()[:: golden_cascade.LEVELS_STRIDE].astype(int)
        assert np.abs(levels - expected["levels"]).max() <= 1
        if expected["picture"]:
            whole = np.asarray(Image.open(GOLDEN / expected["picture"])).astype(int)
            difference = np.abs(found.levels() - whole)
            assert difference.max() <= 1
            assert (difference > 0).mean() <= LEVEL_SHARE


@pytest.mark.parametrize("entry", CONTENT["image_prompts"], ids=lambda entry: entry["picture"])
def test_pixels_of_image_prompts_are_those_of_the_reference(bundle, entry):
    found = pixel_values(GOLDEN / entry["picture"], bundle.manifest["image_prompts"])

    assert np.array_equal(found, array(entry["pixel_values"]))
    embedding = bundle.run("image_encoder", found)[0][0]
    assert embedding == pytest.approx(np.array(entry["image_embedding"]), abs=2e-5)
