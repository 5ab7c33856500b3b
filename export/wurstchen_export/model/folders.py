"""What a model of every family has: the folders of a prior and a decoder pipeline in diffusers' layout."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from torch import nn

from wurstchen_export.model import parts
from wurstchen_export.model.classes import wuerstchen
from wurstchen_export.model.parts import Choice


@dataclass(frozen=True)
class Folders:
    """A model on disk. Components are loaded at first use, in float32 and evaluation mode."""

    stage_c_folder: Path
    stage_b_folder: Path
    compressor_folder: Path | None = None
    choice: Choice = Choice()

    @cached_property
    def stage_a(self) -> nn.Module:
        """PaellaVQModel."""
        return parts.component(wuerstchen().PaellaVQModel, self.stage_b_folder / "vqgan", self.choice.variant)

    @cached_property
    def scheduler_c(self):
        return parts.scheduler(self.stage_c_folder / "scheduler")

    @cached_property
    def scheduler_b(self):
        return parts.scheduler(self.stage_b_folder / "scheduler")

    @cached_property
    def compressor(self) -> nn.Module | None:
        """The SemanticCompressor; None if the model has none."""
        if self.compressor_folder is None:
            return None
        from wurstchen_export.model.compressor import SemanticCompressor

        return SemanticCompressor.from_pretrained(self.compressor_folder).float().eval()
