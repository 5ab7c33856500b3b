"""The cosine schedule and the table of one run, in float32 and in the reference's order of operations.

Source: DDPMWuerstchenScheduler of diffusers 0.33.1. The formula is written out here so that a bundle can be run
without diffusers; tests hold it against the scheduler itself.
"""

from __future__ import annotations

import torch
from torch import Tensor

MIN_ALPHA_CUMPROD, MAX_ALPHA_CUMPROD = 0.0001, 0.9999


def uniform_timesteps(steps: int) -> Tensor:
    """Noise ratios from 1 to 0, float32 [steps + 1]; the loop runs over neighbouring pairs."""
    return torch.linspace(1.0, 0.0, steps + 1)


def alpha_cumprod(t: Tensor, s: float, scaler: float) -> Tensor:
    """Share of the signal's variance at noise ratio t, float32 like t.

    s: offset of the cosine; scaler: above 1 it bends the ratio towards one, below 1 likewise by t^scaler.
    """
    if scaler > 1:
        t = 1 - (1 - t) ** scaler
    elif scaler < 1:
        t = t**scaler
    offset = torch.tensor([s])
    initial = torch.cos(offset / (1 + offset) * torch.pi * 0.5) ** 2
    value = torch.cos((t + offset) / (1 + offset) * torch.pi * 0.5) ** 2 / initial
    return value.clamp(MIN_ALPHA_CUMPROD, MAX_ALPHA_CUMPROD)


def step_table(timesteps: Tensor, s: float, scaler: float) -> Tensor:
    """The step graphs' table, float32 [steps, 5], columns as in contract.STEP_TABLE_COLUMNS."""
    rows = []
    for t, previous in zip(timesteps[:-1].split(1), timesteps[1:].split(1)):
        now, before = alpha_cumprod(t, s, scaler), alpha_cumprod(previous, s, scaler)
        alpha = now / before
        std = ((1 - alpha) * (1.0 - before) / (1.0 - now)).sqrt() * (previous != 0).float()
        rows.append(torch.cat([t, 1 - alpha, (1 - now).sqrt(), (1.0 / alpha).sqrt(), std]))
    return torch.stack(rows)


def predicted_clean(row, before, after, noise):
    """The clean latents that a step predicted: the step solved for the noise, and the noise taken off.

    row: of the step's table, float32 [5]; before, after: latents around the step; noise: the step's own. Arrays or tensors.
    """
    _, one_minus_alpha, sqrt_one_minus_alpha_cumprod, sqrt_inverse_alpha, noise_std = (float(value) for value in row)
    denoised = (after - noise_std * noise) / sqrt_inverse_alpha
    predicted = (before - denoised) * (sqrt_one_minus_alpha_cumprod / one_minus_alpha)
    return (before - sqrt_one_minus_alpha_cumprod * predicted) / (1 - sqrt_one_minus_alpha_cumprod**2) ** 0.5
