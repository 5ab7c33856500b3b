"""Golden numbers of the schedule, the update, guidance and torch's random numbers (format: golden.py)."""

from __future__ import annotations

import importlib

import torch

from wurstchen_export.checks.golden_numbers import floats
from wurstchen_export.model.classes import wuerstchen

SCHEDULES = ((0.008, 1.0), (0.008, 2.0), (0.008, 0.5), (0.02, 1.0), (0.1, 1.7))
"""Pairs of s and scaler. The published models use the first."""
UNIFORM = (1, 2, 3, 4, 5, 7, 10, 12, 20, 29, 30, 37, 50, 60)
SIZES = (1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 23, 24, 31, 32, 33, 100, 1000)
SEEDS = (0, 1, 42, 20240116, -1, -42, 2**31, 2**32 - 1, 2**32, 2**32 + 5, 2**40 + 17, 2**63 - 1, -(2**63))
MIXED = (
    (3, 16, 2, 1, 17, 1),
    (1, 1, 1, 1),
    (5, 1000, 1, 8, 33, 7),
    (576, 576, 576, 15, 16384, 4),
    (15, 31, 1, 31, 2),
)
"""Sizes of draws from one generator. A small odd draw leaves a cached value that later large draws do not use up."""
ALL_VALUES_UP_TO, ENDS = 1000, 32


def _scheduler(s: float, scaler: float, timesteps):
    from diffusers import DDPMWuerstchenScheduler

    scheduler = DDPMWuerstchenScheduler(scaler=scaler, s=s)
    scheduler.set_timesteps(timesteps=timesteps)
    return scheduler


def _uniform(steps: int) -> torch.Tensor:
    from diffusers import DDPMWuerstchenScheduler

    scheduler = DDPMWuerstchenScheduler()
    scheduler.set_timesteps(steps)
    return scheduler.timesteps


def _stage_c_default() -> torch.Tensor:
    return torch.Tensor(
        importlib.import_module(f"{wuerstchen().__name__}.pipeline_wuerstchen_prior").DEFAULT_STAGE_C_TIMESTEPS
    )


def schedule_file() -> dict:
    return {
        "uniform": [{"steps": steps, "timesteps": floats(_uniform(steps))} for steps in UNIFORM],
        "stage_c_default": floats(_stage_c_default()),
        "alpha_cumprod": [_alpha_cumprod(s, scaler) for s, scaler in SCHEDULES],
        "step_tables": [
            _step_table(s, scaler, timesteps)
            for s, scaler in SCHEDULES
            for timesteps in (
                _uniform(1),
                _uniform(4),
                _uniform(60),
                _stage_c_default(),
                torch.tensor([1.0, 0.7, 0.25]),
            )
        ],
        "updates": [
            _update(s, scaler, timesteps, index)
            for s, scaler in SCHEDULES[:3]
            for timesteps, index in ((_uniform(1), 0), (_uniform(12), 0), (_uniform(12), 5), (_uniform(12), 11))
        ],
        "guidance": [_guidance(scale) for scale in (1.5, 4.0, 8.0, 12.25)],
    }


def _alpha_cumprod(s: float, scaler: float) -> dict:
    t = torch.linspace(0, 1, 41)
    values = _scheduler(s, scaler, _uniform(1))._alpha_cumprod(t, "cpu")
    return {"s": s, "scaler": scaler, "t": floats(t), "values": floats(values)}


def _step_table(s: float, scaler: float, timesteps: torch.Tensor) -> dict:
    scheduler = _scheduler(s, scaler, timesteps)
    rows = []
    for t, previous in zip(timesteps[:-1].split(1), timesteps[1:].split(1)):
        now, before = scheduler._alpha_cumprod(t, "cpu"), scheduler._alpha_cumprod(previous, "cpu")
        alpha = now / before
        std = ((1 - alpha) * (1.0 - before) / (1.0 - now)).sqrt() * (previous != 0).float()
        rows.append(floats(torch.cat([t, 1 - alpha, (1 - now).sqrt(), (1.0 / alpha).sqrt(), std])))
    return {"s": s, "scaler": scaler, "timesteps": floats(timesteps), "rows": rows}


def _update(s: float, scaler: float, timesteps: torch.Tensor, index: int) -> dict:
    """Calls the scheduler once. Its noise is drawn a second time, to be written with the result."""
    scheduler = _scheduler(s, scaler, timesteps)
    generator = torch.Generator("cpu").manual_seed(index)
    latents, predicted = torch.randn(2, 1, 4, 2, 3, generator=generator)
    seed = 1000 + index
    after = scheduler.step(
        model_output=predicted,
        timestep=timesteps[index : index + 1],
        sample=latents,
        generator=torch.Generator("cpu").manual_seed(seed),
    ).prev_sample
    noise = torch.randn(latents.shape, generator=torch.Generator("cpu").manual_seed(seed))
    arrays = {"latents": latents, "predicted": predicted, "noise": noise, "next": after}
    where = {"s": s, "scaler": scaler, "timesteps": floats(timesteps), "index": index}
    return where | {name: floats(values) for name, values in arrays.items()}


def _guidance(scale: float) -> dict:
    text, negative = torch.randn(2, 24, generator=torch.Generator("cpu").manual_seed(7))
    guided = torch.lerp(negative, text, scale)
    return {"scale": scale, "text": floats(text), "negative": floats(negative), "guided": floats(guided)}


def random_file() -> dict:
    cases = [_draws(seed, (24,)) for seed in SEEDS]
    cases += [_draws(seed, (size,)) for seed in (3, -77) for size in SIZES]
    cases += [_draws(seed, sizes) for seed in (11, 2**35 + 3) for sizes in MIXED]
    return {"cases": cases}


def _draws(seed: int, sizes: tuple[int, ...]) -> dict:
    generator = torch.Generator("cpu").manual_seed(seed)
    return {"seed": seed, "draws": [_draw(torch.randn(size, generator=generator)) for size in sizes]}


def _draw(values: torch.Tensor) -> dict:
    if len(values) <= ALL_VALUES_UP_TO:
        return {"size": len(values), "values": floats(values)}
    return {"size": len(values), "head": floats(values[:ENDS]), "tail": floats(values[-ENDS:])}
