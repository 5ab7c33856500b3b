"""The loop that every stage trains in: optimizer, learning rate, clipping, EMA, checkpoints, log.

Nothing in a step waits for the device: the loss, the gradient's norm and whether a step is skipped stay there, and are
read when a line is logged. Of several processes all take the same steps at the same rates and end at the same step; the
first one's clock counts, and it alone logs and saves.
"""

import json
import math
import os
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from wurstchen_export.train.engine.ranks import ALONE, Ranks, SharedGradients


@dataclass
class LoopOptions:
    """How long and how fast. Training ends after `minutes` or `steps` or at `until`, whichever comes first (0: no such
    limit)."""

    minutes: float = 0.0
    steps: int = 0
    until: float = 0.0  # seconds since the epoch: includes what happens before the first step
    learning_rate: float = 1e-3
    flat: float = 0.35  # part of the run at the full rate; the rest falls to 1 % of it
    fall: str = "linear"  # or "cosine"
    warmup: int = 50
    betas: tuple[float, float] = (0.9, 0.98)
    weight_decay: float = 0.01
    clip: float = 1.0
    ema: float = 0.999
    save_seconds: float = 120.0
    log_seconds: float = 15.0
    ranks: Ranks = ALONE


class TrainingLoop:
    """Trains modules in place and keeps an exponential moving average of their weights, which is what ships.

    Writes checkpoint.pt and log.jsonl in its folder; starting it again in the same folder goes on from there.
    """

    def __init__(self, folder: Path, modules: dict[str, nn.Module], options: LoopOptions):
        if not (options.minutes or options.steps or options.until):
            raise ValueError("training needs an end: give --minutes, --steps or --until")
        self.folder, self.options, self.ranks = folder, options, options.ranks
        self.modules = nn.ModuleDict(modules)
        self.parameters = [p for p in self.modules.parameters() if p.requires_grad]
        self.device = self.parameters[0].device
        self.average = [p.detach().clone() for p in self.parameters]
        settings = {"lr": options.learning_rate, "betas": options.betas, "weight_decay": options.weight_decay}
        self.optimizer = torch.optim.AdamW(self.parameters, **settings, fused=True)
        self.step, self.elapsed = 0, 0.0
        # Loss of late, weight of that in the mean, skipped steps, norm of the last gradient: read when logging.
        self.state = torch.zeros(4, device=self.device)
        folder.mkdir(parents=True, exist_ok=True)
        if self.ranks.first:
            self.done_file.unlink(missing_ok=True)
        if self.checkpoint_file.exists():
            self.resume()
        self.gradients = SharedGradients(self.parameters, self.ranks) if self.ranks.count > 1 else None
        self.start_alike()

    @property
    def checkpoint_file(self) -> Path:
        return self.folder / "checkpoint.pt"

    @property
    def done_file(self) -> Path:
        """There once training has ended and everything is saved."""
        return self.folder / "done"

    @property
    def loss(self) -> float | None:
        """Mean of the late losses. Waits for the device."""
        value, weight = self.state[:2].tolist()
        return value / weight if weight else None

    @property
    def progress(self) -> float:
        """0 at the start, 1 at the end."""
        by_time = self.elapsed / self.seconds if self.seconds else 0.0
        by_step = self.step / self.options.steps if self.options.steps else 0.0
        return min(1.0, max(by_time, by_step))

    def run(self, loss_of_step, on_save=None, images: int = 0) -> None:
        """Calls loss_of_step() -> (loss, dict of numbers to log) until the end; on_save() after each checkpoint.

        images: how many of them a step of this process sees, for the log.
        """
        self.started = time.monotonic() - self.elapsed
        left = self.options.until - time.time() if self.options.until else math.inf
        limits = [60 * self.options.minutes or math.inf, self.elapsed + max(left, 1e-9)]
        self.seconds = self.ranks.same(0.0 if min(limits) == math.inf else min(limits))
        saved = logged = self.elapsed
        first, numbers = self.step, {}
        while self.goes_on():
            loss, numbers = loss_of_step()
            self.update(loss)
            self.elapsed = time.monotonic() - self.started
            if not self.ranks.first:
                continue
            if self.step == first + 1 or self.elapsed - logged >= self.options.log_seconds:
                logged = self.elapsed
                self.log(numbers, images)
            if self.elapsed - saved >= self.options.save_seconds and self.progress < 1.0:
                saved = self.elapsed
                self.save()
                if on_save:
                    on_save()
        if self.ranks.first:
            self.log(numbers, images)
            self.save()
            if on_save:
                on_save()
            self.done_file.touch()
        self.ranks.wait()

    def goes_on(self) -> bool:
        """Whether there is another step: the same in all processes, which here take over the first one's clock."""
        self.elapsed = self.ranks.same(self.elapsed)
        return self.progress < 1.0

    def update(self, loss: torch.Tensor) -> None:
        """One optimizer step; skipped when the loss or the gradient is not finite."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.options.learning_rate * self.rate_factor()
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        loss = self.gradients.average(loss) if self.gradients else loss.detach()
        norm = nn.utils.clip_grad_norm_(self.parameters, self.options.clip, foreach=True)
        good = torch.isfinite(norm) & torch.isfinite(loss)
        self.optimizer.found_inf = (~good).float()  # what torch's gradient scaler sets: fused AdamW then does nothing
        self.optimizer.step()
        decay = min(self.options.ema, (1 + self.step) / (10 + self.step))
        torch._foreach_lerp_(self.average, [p.detach() for p in self.parameters], 1 - decay)
        self.note(loss, norm, good)
        self.step += 1

    @torch.no_grad()
    def note(self, loss: torch.Tensor, norm: torch.Tensor, good: torch.Tensor) -> None:
        value = torch.stack([loss.float(), torch.ones_like(loss, dtype=torch.float32)])
        self.state[:2] = torch.where(good, 0.98 * self.state[:2] + 0.02 * value, self.state[:2])
        self.state[2] += ~good
        self.state[3] = norm

    def rate_factor(self) -> float:
        falling = min(1.0, (1 - self.progress) / max(1 - self.options.flat, 1e-9))
        if self.options.fall == "cosine":
            falling = 0.5 - 0.5 * math.cos(math.pi * falling)
        return min(1.0, (self.step + 1) / max(self.options.warmup, 1)) * max(0.01, falling)

    def log(self, numbers: dict, images: int = 0) -> None:
        self.elapsed = max(self.elapsed, time.monotonic() - self.started) if hasattr(self, "started") else self.elapsed
        numbers = {name: round(float(value), 5) for name, value in numbers.items()}
        line = {"step": self.step, "seconds": round(self.elapsed, 1), "loss": self.loss}
        if images:
            line |= {"images_per_second": round(self.step * images * self.ranks.count / max(self.elapsed, 1e-9), 1)}
            line |= {"skipped": int(self.state[2]), "norm": round(float(self.state[3]), 4)}
        with open(self.folder / "log.jsonl", "a", encoding="utf-8") as log:
            log.write(json.dumps(line | numbers) + "\n")
        print(json.dumps({"stage": self.folder.name} | line | numbers), flush=True)

    def averaged(self) -> "AveragedWeights":
        """Context in which the modules hold the averaged weights."""
        return AveragedWeights(self)

    def save(self) -> None:
        state = {
            "modules": self.modules.state_dict(),
            "average": self.average,
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
            "elapsed": self.elapsed,
            "state": self.state,
            "random": torch.get_rng_state(),
        }
        partial = self.checkpoint_file.with_suffix(".partial")
        torch.save(state, partial)
        os.replace(partial, self.checkpoint_file)

    def resume(self) -> None:
        state = torch.load(self.checkpoint_file, weights_only=True, map_location="cpu")
        self.modules.load_state_dict(state["modules"])
        for mine, saved in zip(self.average, state["average"], strict=True):
            mine.copy_(saved)
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.elapsed = state["step"], state["elapsed"]
        self.state.copy_(state["state"])
        if self.ranks.first:
            torch.set_rng_state(state["random"])
        else:  # the first one's would draw the first one's pictures
            torch.manual_seed(torch.initial_seed() + self.step)

    def start_alike(self) -> None:
        """Gives all processes the first one's weights and buffers, once all are ready to train."""
        self.ranks.wait()
        if self.ranks.same(self.step) != self.step:
            raise RuntimeError(f"{self.checkpoint_file} changed while it was read: is another run going on there?")
        self.ranks.take_from_first([*self.modules.parameters(), *self.modules.buffers(), *self.average])


class AveragedWeights:
    """Swaps the averaged weights in on entry and the trained ones back on exit; buffers come back as they were."""

    def __init__(self, loop: TrainingLoop):
        self.loop = loop

    def __enter__(self):
        self.buffers = [buffer.clone() for buffer in self.loop.modules.buffers()]
        self.swap()
        self.loop.modules.eval()

    def __exit__(self, *exception):
        self.swap()
        with torch.no_grad():
            for buffer, held in zip(self.loop.modules.buffers(), self.buffers, strict=True):
                buffer.copy_(held)
        self.loop.modules.train()

    @torch.no_grad()
    def swap(self):
        for parameter, average in zip(self.loop.parameters, self.loop.average, strict=True):
            held = parameter.detach().clone()
            parameter.copy_(average)
            average.copy_(held)
