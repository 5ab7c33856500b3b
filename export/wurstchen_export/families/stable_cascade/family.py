"""What Stable Cascade decides."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Callable, Iterator

import numpy as np

from wurstchen_export.errors import ExportError
from wurstchen_export.families.family import Case, Defaults, Family, Picture, PictureRequest, TokenizerFolder, texts
from wurstchen_export.families.stable_cascade.request import embedded_images
from wurstchen_export.graphs import contract
from wurstchen_export.graphs.contract import GraphSpec
from wurstchen_export.graphs.wrappers import Exportable
from wurstchen_export.model.parts import Choice
from wurstchen_export.model.source import found_configs

CONFIGS = (
    "prior/model_index.json",
    "prior/prior/config.json",
    "prior/scheduler/scheduler_config.json",
    "prior/text_encoder/config.json",
    "decoder/model_index.json",
    "decoder/decoder/config.json",
    "decoder/scheduler/scheduler_config.json",
    "decoder/vqgan/config.json",
)


class StableCascade(Family):
    name = "stable-cascade"
    prior_class, decoder_class = "StableCascadePriorPipeline", "StableCascadeDecoderPipeline"
    defaults = Defaults(stage_c_steps=20, stage_b_steps=10)
    """diffusers' pipelines of each stage. Its combined pipeline has 60 and 12 steps, and 512 px."""

    def source(self, prior: Path, decoder: Path, compressor: Path | None, choice: Choice):
        from wurstchen_export.families.stable_cascade.source import CascadeSource

        return CascadeSource.of(prior, decoder, compressor, choice)

    def graphs(self, source) -> dict[str, GraphSpec]:
        from wurstchen_export.families.stable_cascade.contract import graphs

        return graphs(source)

    def builders(self, source, precision: str, keep_apart: bool) -> dict[str, Callable[[], Exportable]]:
        from wurstchen_export.families.stable_cascade.contract import builders

        return builders(source, precision)

    def geometry(self, source, defaults: Defaults) -> dict:
        from wurstchen_export.model.compressor import STRIDE

        settings, config = source.pipeline_settings, source.stage_b.config
        found = {
            "resolution_multiple": settings["resolution_multiple"],
            "latent_dim_scale": settings["latent_dim_scale"],
            "stage_c_channels": source.stage_c.config.in_channels,
            "stage_b_channels": config.in_channels,
            "stage_b_multiple": config.patch_size,
            "stage_b_minimum": config.patch_size * 2 ** (len(config.block_out_channels) - 1),
            "stage_a_factor": source.stage_a_factor,
        }
        if source.compressor is not None:
            c_side = math.ceil(defaults.width / settings["resolution_multiple"])
            found["compressor_scale"] = STRIDE * c_side / defaults.width
        return found

    def scales(self, source) -> dict:
        """Stage C latents and semantic latents are the same."""
        return {
            "latent_mean": 1.0,
            "latent_std": 0.0,
            "stage_a_scale": float(source.stage_a.config.scale_factor),
        }

    def tokenizers(self, source) -> list[TokenizerFolder]:
        return [TokenizerFolder("text", "tokenizer", source.stage_c_folder / "tokenizer", source.tokenizer)]

    def configs(self, source) -> dict[str, dict]:
        return found_configs(CONFIGS, {"prior": source.stage_c_folder, "decoder": source.stage_b_folder})

    def additions(self, source) -> dict:
        images, divisor = source.image_prompts, source.stage_c_divisor
        found = {} if images is None else {"image_prompts": images.as_json()}
        return found if divisor == 1 else found | {"stage_c_divisor": divisor}

    def prepare(self, source, precision: str, progress: Callable[[str], None]) -> None:
        from wurstchen_export.families.stable_cascade import rescale

        if precision == "fp16" and source.overflows_in_16_bits:
            rescale.apply(source, progress)

    def stage_c_conditioning(self, bundle, requests: list[PictureRequest], latents: np.ndarray) -> list[np.ndarray]:
        guidance = requests[0].stage_c_guidance
        hidden_states, pooled = _encoded(bundle, texts(requests, guidance))
        images = embedded_images(bundle, requests)
        images = np.concatenate([images, np.zeros_like(images)]) if guidance > 1 else images
        return bundle.run(contract.STAGE_C_CONDITION, hidden_states, pooled, images, latents)

    def stage_b_conditioning(
        self, bundle, requests: list[PictureRequest], stage_c_latents: np.ndarray, latents: np.ndarray
    ) -> list[np.ndarray]:
        pooled = _encoded(bundle, texts(requests, requests[0].stage_b_guidance))[1]
        return bundle.run(contract.STAGE_B_CONDITION, pooled, stage_c_latents, latents)

    def cases(self, source, sides: tuple[int, int]) -> Iterator[Case]:
        from wurstchen_export.families.stable_cascade import cases

        return cases.cases(source, sides)

    def reference(self, source) -> Callable[[PictureRequest], Picture]:
        from wurstchen_export.families.stable_cascade.reference import Pipelines

        return Pipelines(source).generate

    def tiny(self, out: Path, seed: int, size: str) -> None:
        from wurstchen_export.families.stable_cascade import tiny

        if size != "tiny":
            raise ExportError(f"{self.name} has no model of the size {size!r}; it has one of the size 'tiny'")
        tiny.write(out, seed)


def _encoded(bundle, prompts: list[str]) -> list[np.ndarray]:
    """Returns hidden states and pooled embeddings."""
    return bundle.run("text_encoder", *bundle.tokens("text", prompts))
