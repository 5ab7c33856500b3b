"""Stable Cascade's published sizes with random weights, built small."""

import pytest
import torch

from wurstchen_export.families.stable_cascade import tiny as cascade
from wurstchen_export.gpu import cascade_size, full_size, reference_times
from wurstchen_export.gpu.cascade_size import CASCADE, LITE, NARROW


@pytest.mark.parametrize(
    ("sizes", "part", "millions"),
    [
        (CASCADE, "text_encoder", 694.7),
        (CASCADE, "image_encoder", 304.0),
        (CASCADE, "stage_c", 3589.1),
        (LITE, "stage_c", 1030.8),
        (CASCADE, "stage_b", 1562.9),
        (LITE, "stage_b", 699.5),
    ],
)
def test_sizes_are_the_published_ones(sizes, part, millions):
    with torch.device("meta"):
        model = getattr(cascade, f"{part}_of")(sizes)
    assert sum(parameter.numel() for parameter in model.parameters()) / 1e6 == pytest.approx(millions, abs=0.05)


def test_timed_parts_run(tmp_path):
    source = full_size.random_source(tmp_path, NARROW)
    shapes = {}
    for part in reference_times.parts(source, 128, 256, "cpu"):
        part.model.float()
        inputs = [tensor.float() for tensor in part.inputs(part.rows)]
        with torch.no_grad():
            shapes[part.name] = list(part.call(*inputs).shape)
    assert shapes == {"stage_c_step": [2, 16, 6, 3], "stage_b_step": [2, 4, 64, 32], "stage_a": [1, 3, 256, 128]}


def test_stages_that_are_not_named_get_one_block():
    found = full_size.shallow(CASCADE, ("b",))
    assert found.stage_b == CASCADE.stage_b
    assert found.stage_c["down_num_layers_per_block"] == found.stage_c["up_num_layers_per_block"] == (1, 1)
    assert found.text == (1280, 1, 20)
    assert found.image["num_hidden_layers"] == found.stage_a["bottleneck_blocks"] == 1
    assert cascade_size.shallow(CASCADE, full_size.STAGES) == CASCADE
