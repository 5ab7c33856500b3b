"""Stage C of Stable Cascade in 16 bits: a stream that 16 bits cannot hold."""

import pytest
import torch

from wurstchen_export.errors import ExportError
from wurstchen_export.families.stable_cascade import rescale, tiny
from wurstchen_export.families.stable_cascade.contract import layout_c
from wurstchen_export.families.stable_cascade.source import CascadeSource
from wurstchen_export.families.stable_cascade.stage_c import StageCCondition, StageStep
from wurstchen_export.graphs.schedule import step_table, uniform_timesteps
from wurstchen_export.graphs.wrappers import in_half

GROWTH = 1e6
STEPS = 4
HALF_TOLERANCE = 1e-2


@pytest.fixture
def source(cascade_model):
    """Its last group's stream is so large that 16 bits cannot hold it; layer norms hide that from the result."""
    source = CascadeSource.of(cascade_model / "prior", cascade_model / "decoder")
    stage_c = source.stage_c
    with torch.no_grad():
        stage_c.up_upscalers[-2][1].blocks[1].weight.mul_(GROWTH)
    return source


@torch.no_grad()
def latents_of(source, half):
    """Runs Stage C's graphs as modules. Their operators round as a 16-bit graph does."""
    layout = layout_c(source)
    modules = [StageCCondition(source.stage_c, layout), StageStep(source.stage_c, layout, source.stage_c_divisor)]
    condition, step = (in_half(module.eval()) if half else module.eval() for module in modules)
    draw = torch.Generator().manual_seed(1)
    randn = lambda *shape: torch.randn(*shape, generator=draw)
    config = source.stage_c.config
    latents, noise = randn(1, 16, 6, 6), randn(STEPS, 1, 16, 6, 6)
    text = randn(2, 77, config.clip_text_in_channels), randn(2, config.clip_text_pooled_in_channels)
    conditioning = condition(*text, torch.zeros(2, 1, config.clip_image_in_channels), latents)
    table = step_table(uniform_timesteps(STEPS), 0.008, 1.0)
    index, bad, scale = torch.zeros(1, dtype=torch.int64), torch.tensor([-1]), torch.tensor([4.0])
    for _ in range(STEPS):
        latents, index, bad = step(latents, index, bad, table, noise, scale, *conditioning)
    return latents


def test_stream_beyond_16_bits_overflows_without_the_division(source):
    assert not latents_of(source, half=True).isfinite().all()


def test_divided_stream_makes_the_latents_of_32_bits(source):
    expected = latents_of(source, half=False)

    rescale.apply(source, print)

    assert source.stage_c_divisor > 1
    found = latents_of(source, half=True)
    assert found.isfinite().all()
    assert (found - expected).abs().max() <= HALF_TOLERANCE * expected.abs().max()


@pytest.mark.parametrize("divisor", [8, 1024])
def test_division_changes_no_bit_in_32_bits(cascade_model, divisor):
    source = CascadeSource.of(cascade_model / "prior", cascade_model / "decoder")
    expected = latents_of(source, half=False)

    rescale.divide(source.stage_c, divisor)

    assert torch.equal(latents_of(source, half=False), expected)


def test_activations_that_grow_elsewhere_are_told(source):
    with torch.no_grad():
        source.stage_c.down_blocks[0][0].channelwise[4].weight.mul_(GROWTH)

    with pytest.raises(ExportError) as error:
        rescale.apply(source, print)

    assert str(error.value).endswith(
        "outside its last group of blocks, more than 16 bits hold (65504): export it with --precision fp32"
    )


@pytest.mark.parametrize(("largest", "divisor"), [(1.0, 1), (4094.0, 1), (4095.0, 2), (1e6, 256)])
def test_divisor_leaves_room(largest, divisor):
    assert rescale.divisor_for(largest) == divisor


def test_model_of_one_level_cannot_be_divided():
    model = tiny.stage_c_of(tiny.TINY)
    model.up_upscalers = model.up_upscalers[-1:]

    with pytest.raises(ExportError) as error:
        rescale.divide(model, 2)

    assert str(error.value) == (
        "Stage C has one level only, whose stream cannot be divided: export it with --precision fp32"
    )
