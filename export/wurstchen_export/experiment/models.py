"""The two arms of an experiment for inference, on the training device."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from wurstchen_export.experiment.plan import CASCADE, PLAIN
from wurstchen_export.train import plain, stage_b, stage_c
from wurstchen_export.train.dataset.caption_table import Tokens
from wurstchen_export.train.dataset.vocabulary import Vocabulary
from wurstchen_export.train.engine.precision import use_exact_output
from wurstchen_export.train.methods.diffusion import sample
from wurstchen_export.train.methods.response_norm import use_folded_response_norm
from wurstchen_export.train.model import load_stage, load_text
from wurstchen_export.train.stage_a import encode, load_stage_a
from wurstchen_export.train.text import use_short_rows


@dataclass(frozen=True)
class Settings:
    """Sampling settings; side: of a picture in pixels."""

    device: str
    side: int
    vocabulary: Vocabulary
    steps: int = 60
    guidance: float = 4.0
    stage_b_steps: int = 12
    bf16: bool = True
    batch: int = 50

    def half_precision(self):
        return torch.autocast(torch.device(self.device).type, torch.bfloat16, enabled=self.bf16)


class Arm(ABC):
    """Base of both arms: Stage A, text, guidance, batches."""

    def __init__(self, folder: Path, settings: Settings):
        self.settings = settings
        self.vqgan = load_stage_a(folder, settings.device)

    @abstractmethod
    def latents(self, captions: list[str], generator: torch.Generator) -> torch.Tensor:
        """float32 [B,4,side/4,side/4]."""

    @torch.no_grad()
    def pictures(self, captions: list[str], seed: int) -> np.ndarray:
        """float32 [N,3,side,side] in [0,1]. All noise comes from one generator on the CPU."""
        generator, found = torch.Generator().manual_seed(seed), []
        with self.settings.half_precision():
            for start in range(0, len(captions), self.settings.batch):
                latents = self.latents(captions[start : start + self.settings.batch], generator)
                found.append(decoded(self.vqgan, latents * self.vqgan.config.scale_factor))
        return np.concatenate(found)

    def placed(self, stage: nn.Module, output: nn.Sequential) -> nn.Module:
        """Returns the stage on the training device, in its training precision."""
        use_short_rows(stage)
        use_folded_response_norm(stage)
        use_exact_output(output)
        return stage.requires_grad_(False).to(self.settings.device, memory_format=torch.channels_last)

    def text(self, folder: Path, name: str) -> nn.Module:
        text = load_text(folder, name, len(self.settings.vocabulary))
        return text.requires_grad_(False).to(self.settings.device)

    def hidden(self, text, captions: list[str]) -> torch.Tensor:
        rows = Tokens(self.settings.vocabulary, text.length).rows(captions)
        return text(rows.to(self.settings.device))

    def sampled(self, predict, shape, steps: int, generator: torch.Generator) -> torch.Tensor:
        return sample(predict, shape, steps, generator, self.settings.device)

    def guided(self, predict):
        """Wraps predict(x, t) for conditional and unconditional rows as one with guidance for the conditional rows."""

        def difference(x, t):
            wanted, empty = predict(torch.cat([x, x]), torch.cat([t, t])).float().chunk(2)
            return empty + (wanted - empty) * self.settings.guidance

        return difference


class CascadeArm(Arm):
    """Stage C with guidance, then Stage B without."""

    def __init__(self, folder: Path, settings: Settings, late: Path | None = None):
        """late: folder of Stage C's parts, if it is another one."""
        super().__init__(folder, settings)
        self.b = load_stage(folder, "b", stage_b.build)
        self.c = load_stage(late or folder, "c", stage_c.build)
        self.placed(self.b, self.b.clf)
        self.placed(self.c, self.c.out)
        self.text_b, self.text_c = self.text(folder, "text_b"), self.text(late or folder, "text_c")

    def latents(self, captions: list[str], generator: torch.Generator) -> torch.Tensor:
        count, settings = len(captions), self.settings
        small, large = settings.side * 3 // 128, settings.side // 4
        hidden = self.hidden(self.text_c, captions + [""] * count)
        guided = self.guided(lambda x, t: self.c(x, t, hidden))
        maps = self.sampled(guided, (count, 16, small, small), settings.steps, generator)
        hidden = self.hidden(self.text_b, captions)
        predict = lambda x, t: self.b(x, t, maps, hidden)
        return self.sampled(predict, (count, 4, large, large), settings.stage_b_steps, generator)


class PlainArm(Arm):
    """The plain model with guidance."""

    def __init__(self, folder: Path, settings: Settings, late: Path | None = None):
        super().__init__(folder, settings)
        self.decoder = load_stage(late or folder, "plain", plain.build)
        self.placed(self.decoder, self.decoder.clf)
        self.text_plain = self.text(late or folder, "text_plain")

    def latents(self, captions: list[str], generator: torch.Generator) -> torch.Tensor:
        count, side = len(captions), self.settings.side // 4
        hidden = self.hidden(self.text_plain, captions + [""] * count)
        guided = self.guided(lambda x, t: self.decoder(x, t, None, hidden))
        return self.sampled(guided, (count, 4, side, side), self.settings.steps, generator)


ARMS = {CASCADE: CascadeArm, PLAIN: PlainArm}


def decoded(vqgan, latents: torch.Tensor) -> np.ndarray:
    return vqgan.decode(latents, return_dict=False)[0].float().clamp(0, 1).cpu().numpy()


@torch.no_grad()
def through_stage_a(folder: Path, pixels: np.ndarray, settings: Settings) -> np.ndarray:
    """Encodes and decodes pictures [N,3,H,W] in [0,1] by Stage A: the upper bound for both arms."""
    vqgan, found = load_stage_a(folder, settings.device), []
    with settings.half_precision():
        for part in torch.from_numpy(pixels).split(settings.batch):
            found.append(decoded(vqgan, encode(vqgan, part.to(settings.device))))
    return np.concatenate(found)
