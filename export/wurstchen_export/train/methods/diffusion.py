"""The diffusion that Stages B and C share: cosine schedule, noise objective with p2 weighting, and a sampler."""

import math

import torch

SCHEDULE_S = 0.008
OUTLIER = 8.0  # squared errors above OUTLIER^2 are left out of the loss: early Stage C divides by nearly 0


def alpha_cumprod(t: torch.Tensor) -> torch.Tensor:
    """The reference scheduler's cosine schedule at noise ratios t in [0,1]."""
    start = math.cos(SCHEDULE_S / (1 + SCHEDULE_S) * math.pi / 2) ** 2
    return (((t + SCHEDULE_S) / (1 + SCHEDULE_S) * math.pi / 2).cos() ** 2 / start).clamp(0.0001, 0.9999)


def add_noise(x: torch.Tensor, noise: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    alpha = alpha_cumprod(t)[:, None, None, None]
    return alpha.sqrt() * x + (1 - alpha).sqrt() * noise


def noise_loss(predicted: torch.Tensor, noise: torch.Tensor, t: torch.Tensor, emphasis: float = 1.0) -> torch.Tensor:
    """p2-weighted squared error of the predicted noise: the weight is (1 - abar) / (1 + abar).

    emphasis above 1 multiplies it by (1 - abar) / abar within 1..emphasis, which turns an error of the noise into one
    of the picture. Near t = 1 a small error of the noise is a large one of colour; a short training does not get there
    with the paper's weight, which is emphasis 1.
    """
    alpha = alpha_cumprod(t)[:, None, None, None]
    error = (predicted.float() - noise) ** 2
    error = torch.where(error < OUTLIER**2, error, torch.zeros_like(error))
    weight = (1 - alpha) / (1 + alpha) * ((1 - alpha) / alpha).clamp(1.0, max(1.0, emphasis))
    return (error * weight).mean()


@torch.no_grad()
def sample(predict, shape, steps: int, generator: torch.Generator, device="cpu") -> torch.Tensor:
    """The reference scheduler's ancestral sampler; predict(x, t) -> noise, t float32 [B]."""
    x = torch.randn(shape, generator=generator).to(device)
    times = torch.linspace(1, 0, steps + 1)
    for t, previous in zip(times[:-1], times[1:], strict=True):
        now, before = alpha_cumprod(t), alpha_cumprod(previous)
        alpha = now / before
        noise = predict(x, t.expand(shape[0]).to(device)).float()
        x = (x - (1 - alpha) * noise / (1 - now).sqrt()) / alpha.sqrt()
        if previous > 0:
            std = ((1 - alpha) * (1 - before) / (1 - now)).sqrt()
            x = x + std * torch.randn(shape, generator=generator).to(device)
    return x
