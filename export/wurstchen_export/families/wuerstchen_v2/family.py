"""What Würstchen v2 decides."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path
from typing import Callable, Iterator

import numpy as np

from wurstchen_export.families.family import (
    Case,
    Defaults,
    Family,
    Picture,
    PictureRequest,
    TokenizerFolder,
    texts,
)
from wurstchen_export.graphs import contract, wrappers
from wurstchen_export.graphs.contract import GraphSpec
from wurstchen_export.graphs.wrappers import Exportable, Geometry
from wurstchen_export.model.parts import Choice
from wurstchen_export.model.source import Source, found_configs

CONFIGS = (
    "prior/model_index.json",
    "prior/prior/config.json",
    "prior/scheduler/scheduler_config.json",
    "prior/text_encoder/config.json",
    "decoder/model_index.json",
    "decoder/decoder/config.json",
    "decoder/scheduler/scheduler_config.json",
    "decoder/text_encoder/config.json",
    "decoder/vqgan/config.json",
    "compressor/config.json",
)
"""The configuration files of a model. The last one exists only for models with a compressor."""


class WuerstchenV2(Family):
    name = contract.FAMILY
    prior_class, decoder_class = "WuerstchenPriorPipeline", "WuerstchenDecoderPipeline"
    defaults = Defaults()

    def source(self, prior: Path, decoder: Path, compressor: Path | None, choice: Choice) -> Source:
        return Source.of(prior, decoder, compressor, choice)

    def graphs(self, source: Source) -> dict[str, GraphSpec]:
        return contract.graphs(source.architecture)

    def builders(self, source: Source, precision: str, keep_apart: bool) -> dict[str, Callable[[], Exportable]]:
        return wrappers.builders(source, precision, keep_apart)

    def geometry(self, source: Source, defaults: Defaults) -> dict:
        settings, multiples = source.pipeline_settings, Geometry.of(source)
        found = {
            "resolution_multiple": settings["resolution_multiple"],
            "latent_dim_scale": settings["latent_dim_scale"],
            "stage_c_channels": source.stage_c.config.c_in,
            "stage_b_channels": source.stage_b.config.c_in,
            "stage_b_multiple": multiples.stage_b_multiple,
            "stage_a_factor": multiples.stage_a_factor,
        }
        if source.compressor is not None:
            c_side = math.ceil(defaults.width / settings["resolution_multiple"])
            found["compressor_scale"] = multiples.compressor_multiple * c_side / defaults.width
        return found

    def scales(self, source: Source) -> dict:
        settings = source.pipeline_settings
        return {
            "latent_mean": settings["latent_mean"],
            "latent_std": settings["latent_std"],
            "stage_a_scale": float(source.stage_a.config.scale_factor),
        }

    def tokenizers(self, source: Source) -> list[TokenizerFolder]:
        return [
            TokenizerFolder("c", "tokenizer_c", source.stage_c_folder / "tokenizer", source.tokenizer_c),
            TokenizerFolder("b", "tokenizer_b", source.stage_b_folder / "tokenizer", source.tokenizer_b),
        ]

    def configs(self, source: Source) -> dict[str, dict]:
        folders = {"prior": source.stage_c_folder, "decoder": source.stage_b_folder}
        return found_configs(CONFIGS, folders | {"compressor": source.compressor_folder})

    def stage_c_conditioning(self, bundle, requests: list[PictureRequest], latents: np.ndarray) -> list[np.ndarray]:
        hidden_states = _encoded(bundle, "c", texts(requests, requests[0].stage_c_guidance))
        return bundle.run(contract.STAGE_C_CONDITION, hidden_states, latents)

    def stage_b_conditioning(
        self, bundle, requests: list[PictureRequest], stage_c_latents: np.ndarray, latents: np.ndarray
    ) -> list[np.ndarray]:
        hidden_states = _encoded(bundle, "b", texts(requests, requests[0].stage_b_guidance))
        return bundle.run(contract.STAGE_B_CONDITION, hidden_states, stage_c_latents, latents)

    def cases(self, source: Source, sides: tuple[int, int]) -> Iterator[Case]:
        from wurstchen_export.families.wuerstchen_v2 import cases

        return cases.cases(source, sides)

    def reference(self, source: Source) -> Callable[[PictureRequest], Picture]:
        from wurstchen_export.families.wuerstchen_v2 import reference

        return partial(reference.generate, reference.pipeline(source))

    def tiny(self, out: Path, seed: int, size: str) -> None:
        from wurstchen_export.model import tiny

        tiny.write(out, seed, sizes=tiny.SIZES[size])


def _encoded(bundle, side: str, prompts: list[str]) -> np.ndarray:
    """Returns hidden states [rows, tokens, width]; side: ``c`` or ``b``."""
    return bundle.run(f"text_encoder_{side}", *bundle.tokens(side, prompts))[0]
