"""The published architecture with random weights, built small."""

import dataclasses
import json

import numpy as np
import pytest
import torch

from wurstchen_export import full_size
from wurstchen_export.errors import ExportError
from wurstchen_export.full_size import FULL, RandomSource
from wurstchen_export.runtime import Bundle, PictureRequest

NARROW = dataclasses.replace(
    FULL,
    text_c=(32, 2, 2),
    text_b=(16, 2, 2),
    stage_c={"c": 32, "c_r": 16, "depth": 2, "nhead": 2},
    stage_b={
        **FULL.stage_b,
        "c_r": 16,
        "c_cond": 16,
        "c_hidden": [8, 16, 24, 24],
        "nhead": [-1, 2, 3, 4],
        "blocks": [1, 1, 2, 1],
    },
    stage_a={"bottleneck_blocks": 2, "embed_dim": 16, "num_vq_embeddings": 32},
    vocabulary=1000,
)


def parameters(model):
    return sum(parameter.numel() for parameter in model.parameters())


@pytest.mark.parametrize(
    "part, millions",
    [("text_encoder_c", 694.7), ("text_encoder_b", 353.0), ("stage_c", 993.6), ("stage_b", 1055.4), ("stage_a", 18.4)],
)
def test_sizes_are_the_published_ones(part, millions):
    from wurstchen_export import tiny

    with torch.device("meta"):
        model = getattr(tiny, f"{part}_of")(FULL)
    assert parameters(model) / 1e6 == pytest.approx(millions, abs=0.05)


def test_part_is_the_same_whichever_others_are_drawn(tmp_path):
    alone = RandomSource.create(tmp_path / "a", NARROW, seed=3).stage_b.state_dict()
    second = RandomSource.create(tmp_path / "b", NARROW, seed=3)
    assert second.stage_c is not None
    for name, tensor in second.stage_b.state_dict().items():
        assert torch.equal(tensor, alone[name]), name
    other = RandomSource.create(tmp_path / "c", NARROW, seed=4).stage_b.state_dict()
    assert not torch.equal(other["clf.1.weight"], alone["clf.1.weight"])


def test_stages_that_are_not_named_get_one_block():
    found = full_size.shallow(FULL, ("b",))
    assert found.stage_b == FULL.stage_b
    assert found.stage_c == {**FULL.stage_c, "depth": 1}
    assert found.stage_a == {**FULL.stage_a, "bottleneck_blocks": 1}
    assert (found.text_c, found.text_b) == ((1280, 1, 20), (1024, 1, 16))
    assert full_size.shallow(FULL, full_size.STAGES) == FULL


def test_bundle_in_16_bits_makes_a_picture(tmp_path):
    full_size.write(tmp_path / "bundle", "fp16", sizes=NARROW, progress=lambda line: None)
    manifest = json.loads((tmp_path / "bundle" / "model.json").read_text(encoding="utf-8"))
    assert (manifest["precision"], manifest["weights"]) == ("fp16", "fp16")
    request = PictureRequest("a cat", width=256, height=128, stage_c_steps=3, stage_b_steps=2, stage_b_guidance=2.0)
    picture = Bundle(tmp_path / "bundle", threads=1).generate(request)
    assert picture.pixels.shape == (1, 3, 128, 256)
    assert 0.01 < np.std(picture.pixels)


def test_unknown_stage_is_refused(tmp_path):
    with pytest.raises(ExportError, match=r"^--stages has d; known are text, c, b, a$"):
        full_size.write(tmp_path / "bundle", "fp16", stages=("c", "d"))


def test_unknown_device_is_refused(tmp_path):
    with pytest.raises(ExportError, match=r"^--device gpu: .+; use cpu$"):
        full_size.write(tmp_path / "bundle", "fp16", device="gpu")
