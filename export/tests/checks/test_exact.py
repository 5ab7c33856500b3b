import numpy as np
import pytest
import torch

from wurstchen_export.families.family import PictureRequest
from wurstchen_export.checks import exact, parity
from wurstchen_export.families.wuerstchen_v2 import reference
from wurstchen_export.families.wuerstchen_v2.cases import cases

SIDES = (128, 256)
REQUEST = PictureRequest("a red apple", "blurry", 128, 128, seed=3, stage_b_guidance=2.0)


@torch.no_grad()
def test_every_graph_in_float64_is_the_reference_to_float32s_precision(source):
    with exact.float32_noise():
        for case, double in zip(cases(source, SIDES), cases(exact.in_double(source), SIDES), strict=True):
            for expected, found in zip(case.expected, double.expected, strict=True):
                levels = expected.dtype == torch.uint8
                allowed = parity.LEVEL_TOLERANCE / expected.max().item() if levels else parity.TOLERANCE
                assert parity.relative_error(found.numpy(), expected.numpy()) <= allowed


@torch.no_grad()
def test_whole_runs_in_float64_draw_the_same_noise(source):
    expected = reference.generate(reference.pipeline(source), REQUEST)
    with exact.float32_noise():
        found = reference.generate(reference.pipeline(exact.in_double(source)), REQUEST)

    assert found.stage_c_latents.dtype == found.stage_b_latents.dtype == found.pixels.dtype == np.float64
    for part in ("stage_c_latents", "stage_b_latents", "pixels"):
        error = parity.relative_error(getattr(expected, part), getattr(found, part))
        assert 0 < error <= parity.TOLERANCE


def test_the_model_and_its_noise_stay_as_they_were(source):
    with exact.float32_noise():
        exact.in_double(source)

    assert source.stage_b.dtype == source.stage_c.dtype == torch.float32
    scheduler = source.scheduler_b
    scheduler.set_timesteps(2)
    generator = torch.Generator().manual_seed(1)
    sample = torch.zeros(1, 4, 4, 4, dtype=torch.float64)
    drawn = scheduler.step(sample, scheduler.timesteps[:1], sample, generator=generator).prev_sample
    assert (drawn != drawn.float().double()).any()  # float64 noise again


@pytest.mark.parametrize("own, passes", [(1e-5, False), (3e-5, True)])
def test_the_references_own_error_decides_where_it_is_larger(own, passes):
    expected = np.array([1.0, 0.5], np.float32)
    result = parity._compared("a graph", "latents", expected + 5e-5, expected, lambda: expected + own, half=False)

    assert result.passed is passes
    assert result.unit == f"x largest value, own {own:.1e}"
