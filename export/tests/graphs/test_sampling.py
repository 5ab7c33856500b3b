import pytest
import torch
import torch.nn.functional as F
from diffusers import DDPMWuerstchenScheduler

from wurstchen_export.graphs import schedule, step
from wurstchen_export.graphs.resize import bicubic

SCHEDULES = [(0.008, 1.0), (0.008, 2.0), (0.02, 0.5)]


@pytest.mark.parametrize("source_size", [(1, 4), (3, 5), (6, 6), (9, 2), (24, 24), (36, 24)])
@pytest.mark.parametrize("target_size", [(1, 1), (2, 2), (4, 8), (8, 7), (16, 16), (64, 96)])
def test_bicubic_matrices_equal_the_antialiased_resize(source_size, target_size):
    x = torch.randn(2, 3, *source_size, generator=torch.Generator().manual_seed(0))
    expected = F.interpolate(x, size=target_size, mode="bicubic", antialias=True, align_corners=True)
    torch.testing.assert_close(bicubic(x, *(torch.ones(size) for size in target_size)), expected, rtol=0, atol=4e-6)


@pytest.mark.parametrize(("s", "scaler"), SCHEDULES)
def test_alpha_cumprod_equals_the_scheduler(s, scaler):
    t = torch.linspace(0, 1, 101)
    expected = DDPMWuerstchenScheduler(scaler=scaler, s=s)._alpha_cumprod(t, "cpu")
    assert torch.equal(schedule.alpha_cumprod(t, s, scaler), expected)


@pytest.mark.parametrize(("s", "scaler"), SCHEDULES)
@pytest.mark.parametrize("steps", [1, 2, 12])
def test_update_by_the_table_equals_the_scheduler(s, scaler, steps):
    scheduler = DDPMWuerstchenScheduler(scaler=scaler, s=s)
    scheduler.set_timesteps(steps)
    table = schedule.step_table(schedule.uniform_timesteps(steps), s, scaler)
    latents, predicted = torch.randn(2, 2, 4, 3, 3, generator=torch.Generator().manual_seed(1))
    for index in range(steps):
        ratio = scheduler.timesteps[index].expand(2)
        expected = scheduler.step(predicted, ratio, latents, torch.Generator().manual_seed(index)).prev_sample
        noise = torch.randn(latents.shape, generator=torch.Generator().manual_seed(index))
        found = step.updated(latents, predicted, step.table_row(table, torch.tensor([index])), noise)
        torch.testing.assert_close(found, expected, rtol=1e-6, atol=1e-6)


def row_indexes(images, rows):
    return step.row_indexes(torch.full((images, 4, 2, 2), float("nan")), torch.zeros(rows, 77, 8))


@pytest.mark.parametrize("scale", [1.5, 4.0, 12.25])
def test_guidance_equals_lerp(scale):
    text, negative = torch.randn(2, 3, 4, 2, 2, generator=torch.Generator().manual_seed(2))
    found = step.guided(torch.cat([text, negative]), *row_indexes(3, 6)[1:], torch.tensor([scale]))
    torch.testing.assert_close(found, torch.lerp(negative, text, scale), rtol=1e-6, atol=2e-6)


def test_guidance_without_negative_rows_changes_nothing():
    predicted = torch.randn(3, 4, 2, 2)
    assert torch.equal(step.guided(predicted, *row_indexes(3, 3)[1:], torch.tensor([4.0])), predicted)


def test_rows_belong_to_the_images_in_turn():
    assert [index.tolist() for index in row_indexes(3, 6)] == [[0, 1, 2, 0, 1, 2], [0, 1, 2], [3, 4, 5]]
    assert [index.tolist() for index in row_indexes(2, 2)] == [[0, 1], [0, 1], [0, 1]]
    assert {index.dtype for index in row_indexes(1, 2)} == {torch.int64}
