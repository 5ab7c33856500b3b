"""The loop that every stage trains in: optimizer, learning rate, clipping, EMA, checkpoints, log."""

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn


@dataclass
class LoopOptions:
    """How long and how fast. Training ends after `minutes` or `steps`, whichever comes first (0: no such limit)."""

    minutes: float = 0.0
    steps: int = 0
    learning_rate: float = 1e-3
    flat: float = 0.35  # part of the run at the full rate; the rest falls in a straight line to 1 % of it
    warmup: int = 50
    betas: tuple[float, float] = (0.9, 0.98)
    weight_decay: float = 0.01
    clip: float = 1.0
    ema: float = 0.999
    save_seconds: float = 120.0
    log_seconds: float = 15.0


class TrainingLoop:
    """Trains modules in place and keeps an exponential moving average of their weights, which is what ships.

    Writes checkpoint.pt and log.jsonl in its folder; starting it again in the same folder goes on from there.
    """

    def __init__(self, folder: Path, modules: dict[str, nn.Module], options: LoopOptions):
        if not options.minutes and not options.steps:
            raise ValueError("training needs an end: give --minutes or --steps")
        self.folder, self.options = folder, options
        self.modules = nn.ModuleDict(modules)
        self.parameters = [p for p in self.modules.parameters() if p.requires_grad]
        self.average = [p.detach().clone() for p in self.parameters]
        self.optimizer = torch.optim.AdamW(
            self.parameters, lr=options.learning_rate, betas=options.betas, weight_decay=options.weight_decay, fused=True
        )
        self.step, self.elapsed, self.loss = 0, 0.0, None
        folder.mkdir(parents=True, exist_ok=True)
        if self.checkpoint_file.exists():
            self.resume()

    @property
    def checkpoint_file(self) -> Path:
        return self.folder / "checkpoint.pt"

    @property
    def progress(self) -> float:
        """0 at the start, 1 at the end."""
        by_time = self.elapsed / (60 * self.options.minutes) if self.options.minutes else 0.0
        by_step = self.step / self.options.steps if self.options.steps else 0.0
        return min(1.0, max(by_time, by_step))

    def run(self, loss_of_step, on_save=None) -> None:
        """Calls loss_of_step() -> (loss, dict of numbers to log) until the end; on_save() after each checkpoint."""
        started = time.monotonic() - self.elapsed
        saved = logged = self.elapsed
        while self.progress < 1.0:
            loss, numbers = loss_of_step()
            self.update(loss)
            self.elapsed = time.monotonic() - started
            if self.step == 1 or self.elapsed - logged >= self.options.log_seconds:
                logged = self.elapsed
                self.log(numbers)
            if self.elapsed - saved >= self.options.save_seconds and self.progress < 1.0:
                self.save()
                saved = self.elapsed
                if on_save:
                    on_save()
        self.log(numbers if self.step else {})
        self.save()
        if on_save:
            on_save()

    def update(self, loss: torch.Tensor) -> None:
        """One optimizer step; skipped when the loss or the gradient is not finite."""
        rate = self.options.learning_rate * self.rate_factor()
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.parameters, self.options.clip)
        if torch.isfinite(norm):
            self.optimizer.step()
            decay = min(self.options.ema, (1 + self.step) / (10 + self.step))
            torch._foreach_lerp_(self.average, [p.detach() for p in self.parameters], 1 - decay)
            value = loss.item()
            self.loss = value if self.loss is None else 0.98 * self.loss + 0.02 * value
        self.step += 1

    def rate_factor(self) -> float:
        falling = (1 - self.progress) / max(1 - self.options.flat, 1e-9)
        return min(1.0, (self.step + 1) / max(self.options.warmup, 1)) * max(0.01, min(1.0, falling))

    def log(self, numbers: dict) -> None:
        numbers = {name: float(value) for name, value in numbers.items()}
        line = {"step": self.step, "seconds": round(self.elapsed, 1), "loss": self.loss, **numbers}
        with open(self.folder / "log.jsonl", "a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")
        print(json.dumps(line), flush=True)

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
            "loss": self.loss,
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
        self.step, self.elapsed, self.loss = state["step"], state["elapsed"], state["loss"]
        torch.set_rng_state(state["random"])


class AveragedWeights:
    """Swaps the averaged weights in on entry and the trained ones back on exit."""

    def __init__(self, loop: TrainingLoop):
        self.loop = loop

    def __enter__(self):
        self.swap()
        self.loop.modules.eval()

    def __exit__(self, *exception):
        self.swap()
        self.loop.modules.train()

    @torch.no_grad()
    def swap(self):
        for parameter, average in zip(self.loop.parameters, self.loop.average, strict=True):
            held = parameter.detach().clone()
            parameter.copy_(average)
            average.copy_(held)
