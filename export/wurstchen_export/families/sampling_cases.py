"""Cases of what the families share: the step around a noise prediction, and Stage A."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable

import torch
from torch import Tensor, nn

from wurstchen_export.families.family import Case
from wurstchen_export.graphs import contract

STEPS = 3
GUIDANCE = 3.5


@dataclass(frozen=True)
class Shape:
    """The sizes of one comparison: number of pictures, guidance, and the sides of all latents as (height, width)."""

    images: int
    guided: bool
    pixels: tuple[int, int]
    c: tuple[int, int]
    b: tuple[int, int]

    @property
    def rows(self) -> int:
        return self.images * (2 if self.guided else 1)

    def __str__(self) -> str:
        return f"{self.images}x {self.pixels[1]}x{self.pixels[0]}{' guided' if self.guided else ''}"


def step_case(
    graph: str,
    what: str,
    scheduler,
    latents: Tensor,
    step: int,
    predict: Callable[[Tensor, Tensor], Tensor],
    guided: bool,
    conditioning: tuple[Tensor, ...],
    generator: torch.Generator,
) -> Case:
    """The case of a step graph, computed by the network, the pipeline's guidance and the scheduler.

    predict: latents and noise ratios of all rows to the noise in them; conditioning: the graph's last inputs.
    """
    scheduler.set_timesteps(STEPS)
    noise_seed = int(torch.randint(1 << 30, (1,), generator=generator))
    noise = torch.randn(latents.shape, generator=torch.Generator("cpu").manual_seed(noise_seed))
    noise_table = torch.randn(STEPS, *latents.shape, generator=generator)
    noise_table[step] = noise

    ratio = scheduler.timesteps[step].expand(len(latents))
    predicted = predict(torch.cat([latents] * 2), torch.cat([ratio] * 2)) if guided else predict(latents, ratio)
    if guided:
        text, negative = predicted.chunk(2)
        predicted = torch.lerp(negative, text, GUIDANCE)
    after = scheduler.step(
        predicted, ratio, latents, generator=torch.Generator("cpu").manual_seed(noise_seed)
    ).prev_sample
    none_bad = torch.tensor([-1])
    inputs = (latents, torch.tensor([step]), none_bad, _table(scheduler), noise_table, torch.tensor([GUIDANCE]))
    return Case(graph, what, (*inputs, *conditioning), (after, torch.tensor([step + 1]), none_bad))


def _table(scheduler) -> Tensor:
    """Returns the step table, computed with the scheduler's own schedule."""
    now, before = (scheduler._alpha_cumprod(t, "cpu") for t in (scheduler.timesteps[:-1], scheduler.timesteps[1:]))
    alpha = now / before
    std = ((1 - alpha) * (1 - before) / (1 - now)).sqrt() * (scheduler.timesteps[1:] != 0)
    return torch.stack([scheduler.timesteps[:-1], 1 - alpha, (1 - now).sqrt(), (1 / alpha).sqrt(), std], dim=1)


def stage_a_cases(
    model: nn.Module,
    what: str,
    images: int,
    pixel_sides: tuple[int, int],
    latent_sides: tuple[int, int],
    generator: torch.Generator,
) -> list[Case]:
    """Both of Stage A's graphs; sides: (height, width)."""
    scale = model.config.scale_factor
    latents = torch.randn(images, model.config.latent_channels, *latent_sides, generator=generator)
    decoded = model.decode(latents * scale).sample.clamp(0, 1)
    levels = (decoded * 255).round().to(torch.uint8).permute(0, 2, 3, 1)
    pixels = torch.rand(images, 3, *pixel_sides, generator=generator)
    encoded = model.encode(pixels, return_dict=False)[0] / scale
    return [
        Case(contract.STAGE_A_DECODE, what, (latents,), (decoded, levels, decoded.sum()[None])),
        Case(contract.STAGE_A_ENCODE, what, (pixels,), (encoded,)),
    ]
