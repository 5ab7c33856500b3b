"""The published architecture with random weights: for measuring speed and memory where the real weights are not at
hand, and for comparing 16 bits with 32 at real depths and widths.

Activations must stay finite in 16 bits through 32 residual blocks and a whole run, so the layers that multiply (the
timesteps' scales) are drawn smaller than in the tiny models. The published ones start those at zero.
"""

from __future__ import annotations

import dataclasses
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Callable

import torch
from torch import nn

from wurstchen_export.bundle.export import Options, check_target, export
from wurstchen_export.bundle.manifest import Provenance
from wurstchen_export.errors import ExportError
from wurstchen_export.gpu import cascade_size
from wurstchen_export.gpu.cascade_size import CascadeRandomSource
from wurstchen_export.model import tiny
from wurstchen_export.model.source import Source
from wurstchen_export.model.tiny import Sizes

FULL = Sizes(
    text_c=(1280, 32, 20),
    text_b=(1024, 24, 16),
    stage_c={"c": 1536, "c_r": 64, "depth": 32, "nhead": 24},
    stage_b={
        "c_r": 64,
        "patch_size": 2,
        "c_cond": 1024,
        "c_hidden": [320, 640, 1280, 1280],
        "nhead": [-1, 10, 20, 20],
        "blocks": [4, 4, 14, 4],
        "level_config": ["CT", "CTA", "CTA", "CTA"],
        "inject_effnet": [False, True, True, True],
    },
    stage_a={"bottleneck_blocks": 12, "embed_dim": 384, "num_vq_embeddings": 8192},
    vocabulary=49408,
    text_mlp=4,
)
NARROW = dataclasses.replace(
    FULL,
    text_c=(32, 2, 2),
    text_b=(16, 2, 2),
    stage_c={"c": 128, "c_r": 16, "depth": 2, "nhead": 2},
    stage_b={
        **FULL.stage_b,
        "c_r": 16,
        "c_cond": 16,
        "c_hidden": [8, 16, 64, 128],
        "nhead": [-1, 2, 1, 2],
        "blocks": [1, 1, 2, 1],
    },
    stage_a={"bottleneck_blocks": 2, "embed_dim": 16, "num_vq_embeddings": 32},
    vocabulary=1000,
)
"""The same structure with few channels, for trying commands and not for measuring. As in the published models,
attention has heads of 64 channels, but for one level of Stage B, where graphs in 16 bits have another operator for
that."""
SIZES = {
    "published": FULL,
    "narrow": NARROW,
    "cascade": cascade_size.CASCADE,
    "cascade-lite": cascade_size.LITE,
    "cascade-narrow": cascade_size.NARROW,
}
"""Würstchen v2's, and those of Stable Cascade."""
STAGES = ("text", "c", "b", "a")
PARTS = ("text_encoder_c", "text_encoder_b", "stage_c", "stage_b", "stage_a")
TIMESTEP_SPREAD = 0.25
"""Of what the tiny models draw: (1 + scale) multiplies the activations once a block."""
CALM_DIVISOR = 0.3
"""Keeps Stage C's divisor |1 - b| from zero by a dozen standard deviations, not four."""


@dataclass(frozen=True)
class RandomSource(Source):
    """A model that is not on disk. Each part is drawn at its first use, from its own seed, so that a part does not
    depend on which others are used. On another kind of device the numbers differ."""

    sizes: Sizes = FULL
    seed: int = 0
    device: str = "cpu"

    @staticmethod
    def create(folder: Path, sizes: Sizes = FULL, seed: int = 0, device: str = "cpu") -> RandomSource:
        """folder: receives everything except the weights; must exist as long as the model is used."""
        prior, decoder = folder / "prior", folder / "decoder"
        tiny.write_settings(prior, decoder, {})
        with torch.device("meta"):
            tiny.text_encoder_c_of(sizes).config.save_pretrained(prior / "text_encoder")
            tiny.text_encoder_b_of(sizes).config.save_pretrained(decoder / "text_encoder")
            tiny.stage_c_of(sizes).save_config(prior / "prior")
            tiny.stage_b_of(sizes).save_config(decoder / "decoder")
            tiny.stage_a_of(sizes).save_config(decoder / "vqgan")
        return RandomSource(prior, decoder, sizes=sizes, seed=seed, device=device)

    @cached_property
    def text_encoder_c(self) -> nn.Module:
        return self._drawn("text_encoder_c", tiny.text_encoder_c_of)

    @cached_property
    def text_encoder_b(self) -> nn.Module:
        return self._drawn("text_encoder_b", tiny.text_encoder_b_of)

    @cached_property
    def stage_c(self) -> nn.Module:
        model = self._drawn("stage_c", tiny.stage_c_of)
        with torch.no_grad():
            model.out[1].weight.mul_(CALM_DIVISOR)
        return model

    @cached_property
    def stage_b(self) -> nn.Module:
        return self._drawn("stage_b", tiny.stage_b_of)

    @cached_property
    def stage_a(self) -> nn.Module:
        return self._drawn("stage_a", tiny.stage_a_of)

    def _drawn(self, part: str, make: Callable[[Sizes], nn.Module]) -> nn.Module:
        with torch.device(self.device):
            model = make(self.sizes)
        generator = torch.Generator(self.device).manual_seed(self.seed * len(PARTS) + PARTS.index(part))
        tiny.randomise(model, generator)
        if part.startswith("stage"):
            tiny.calm_outputs(model)
        with torch.no_grad():
            for module in model.modules():
                if type(module).__name__ == "TimestepBlock":
                    module.mapper.weight.mul_(TIMESTEP_SPREAD)
        return model.eval()


def random_source(folder: Path, sizes: Sizes | cascade_size.Sizes, seed: int = 0, device: str = "cpu"):
    """Returns a model of these sizes, whose class says its family; see RandomSource.create."""
    is_cascade = isinstance(sizes, cascade_size.Sizes)
    return (CascadeRandomSource if is_cascade else RandomSource).create(folder, sizes, seed, device)


def shallow(sizes: Sizes | cascade_size.Sizes, stages: tuple[str, ...]) -> Sizes | cascade_size.Sizes:
    """Returns the sizes with one block in every stage that is not named, so that the bundle is complete but small."""
    if isinstance(sizes, cascade_size.Sizes):
        return cascade_size.shallow(sizes, stages)
    one = [1] * len(sizes.stage_b["blocks"])
    return dataclasses.replace(
        sizes,
        text_c=sizes.text_c if "text" in stages else (sizes.text_c[0], 1, sizes.text_c[2]),
        text_b=sizes.text_b if "text" in stages else (sizes.text_b[0], 1, sizes.text_b[2]),
        stage_c=sizes.stage_c if "c" in stages else {**sizes.stage_c, "depth": 1},
        stage_b=sizes.stage_b if "b" in stages else {**sizes.stage_b, "blocks": one},
        stage_a=sizes.stage_a if "a" in stages else {**sizes.stage_a, "bottleneck_blocks": 1},
    )


def write(
    out: Path,
    precision: str,
    stages: tuple[str, ...] = STAGES,
    seed: int = 0,
    device: str = "cpu",
    force: bool = False,
    sizes: Sizes | cascade_size.Sizes = FULL,
    progress: Callable[[str], None] = print,
) -> None:
    """Writes a bundle of the published architecture to ``out``.

    stages: those of full depth. device: where the weights are drawn. Raises ExportError for an unknown stage or device.
    """
    unknown = [stage for stage in stages if stage not in STAGES]
    if unknown:
        raise ExportError(f"--stages has {', '.join(unknown)}; known are {', '.join(STAGES)}")
    check_device(device)
    check_target(out, force)
    provenance = Provenance(
        "full-size-random", "The published architecture with random weights", "random", f"seed {seed}", "Apache-2.0"
    )
    with tempfile.TemporaryDirectory() as folder:
        source = random_source(Path(folder), shallow(sizes, stages), seed, device)
        export(source, out, provenance, None, Options(precision=precision, force=force), progress)


def check_device(device: str) -> None:
    """Raises ExportError unless torch can use the device."""
    try:
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise ExportError(f"--device {device}: {str(error).strip().splitlines()[0]}; use cpu") from None
