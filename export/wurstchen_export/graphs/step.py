"""One denoising step around a stage's noise prediction: guidance, then the scheduler's update. Always float32.

``guided = text - (text - negative) * (1 - w)``, the form in which torch evaluates ``lerp(negative, text, w)`` for w >=
0.5; with as many rows as images both halves are the same and it is the identity. The update is
DDPMWuerstchenScheduler.step of diffusers with everything that depends on the schedule alone in a table:

    next = sqrt_inverse_alpha * (x - one_minus_alpha * guided / sqrt_one_minus_alpha_cumprod) + noise_std * noise
"""

from __future__ import annotations

import torch
from torch import Tensor

from wurstchen_export.graphs.shapes import counted, ones_like_axis


def row_indexes(latents: Tensor, hidden_states: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Which rows belong to which image; the same for all steps of a run.

    latents: [images, .., .., ..]; hidden_states: [rows, .., ..]. Returns ``image_of_row`` int64 [rows], ``text_row``
    and ``negative_row`` int64 [images]; without guidance the last two are the same.
    """
    images, rows = ones_like_axis(latents[:, 0, 0, 0]), ones_like_axis(hidden_states[:, 0, 0])
    image, row = counted(images), counted(rows)
    of_row = torch.where(row >= images.sum(), row - images.sum(), row)
    return tuple(index.to(torch.int64) for index in (of_row, image, image + (rows.sum() - images.sum())))


def table_row(step_table: Tensor, step: Tensor) -> tuple[Tensor, ...]:
    """The five columns of the step's row (contract.STEP_TABLE_COLUMNS), each [1]."""
    return step_table.index_select(0, step).unbind(1)


def guided(predicted: Tensor, text_row: Tensor, negative_row: Tensor, guidance_scale: Tensor) -> Tensor:
    """predicted: noise of all rows, [rows, ...]. Returns [images, ...]."""
    text = predicted.index_select(0, text_row)
    negative = predicted.index_select(0, negative_row)
    return text - (text - negative) * (1 - guidance_scale)


def updated(latents: Tensor, noise_prediction: Tensor, row: tuple[Tensor, ...], noise: Tensor) -> Tensor:
    """The latents of the next step; row: what table_row returned; noise: like the latents."""
    _, one_minus_alpha, sqrt_one_minus_alpha_cumprod, sqrt_inverse_alpha, noise_std = row
    mean = sqrt_inverse_alpha * (latents - one_minus_alpha * noise_prediction / sqrt_one_minus_alpha_cumprod)
    return mean + noise_std * noise


def first_bad_step(next_latents: Tensor, step: Tensor, bad_step: Tensor) -> Tensor:
    """``bad_step`` once it is a row of the table; before, ``step`` if these latents are not finite, otherwise -1."""
    # Zero times anything finite is zero; a NaN or an infinity makes the sum NaN, which equals nothing.
    finite = (next_latents * 0).sum() == 0
    return torch.where(finite | (bad_step >= 0), bad_step, step)


def finish(
    latents: Tensor,
    predicted: Tensor,
    row: tuple[Tensor, ...],
    noise_table: Tensor,
    step: Tensor,
    bad_step: Tensor,
    guidance_scale: Tensor,
    text_row: Tensor,
    negative_row: Tensor,
):
    """What both step graphs return: next_latents, next_step and next_bad_step."""
    noise = noise_table.index_select(0, step).squeeze(0)
    prediction = guided(predicted, text_row, negative_row, guidance_scale)
    following = updated(latents, prediction, row, noise)
    return following, step + 1, first_bad_step(following, step, bad_step)
