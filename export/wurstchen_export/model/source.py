"""Reads a Würstchen model in diffusers' layout: the folder of a prior pipeline and that of a decoder pipeline.

Each component is loaded from its own subfolder. Newer releases of diffusers cannot load the pipelines as a whole.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Iterable, Mapping

from torch import nn

from wurstchen_export.errors import ExportError
from wurstchen_export.model import parts, weights
from wurstchen_export.model.architecture import Architecture, AttentionShape
from wurstchen_export.model.classes import wuerstchen
from wurstchen_export.model.folders import Folders
from wurstchen_export.model.json_file import read_json
from wurstchen_export.model.parts import Choice
from wurstchen_export.model.plan import Plan, blocks_of

COMPRESSOR_FOLDER = "compressor"
STAGE_C_PARTS = ("text_encoder", "tokenizer", "scheduler", "prior")
STAGE_B_PARTS = ("text_encoder", "tokenizer", "scheduler", "decoder", "vqgan")


@dataclass(frozen=True)
class Source(Folders):
    """A Würstchen v2 on disk."""

    family: ClassVar[str] = "wuerstchen-v2"

    @staticmethod
    def of(prior: Path, decoder: Path, compressor: Path | None = None, choice: Choice = Choice()) -> Source:
        """Returns the model in these folders. Raises ExportError with the names of missing parts."""
        require_parts(prior, STAGE_C_PARTS, "--prior")
        require_parts(decoder, STAGE_B_PARTS, "--decoder")
        if choice.lite:
            raise ExportError(f"{prior} is a Würstchen v2, which has no lite networks; leave --lite out")
        return Source(prior, decoder, compressor, choice)

    @staticmethod
    def find(source: Path | None, prior: Path | None = None, decoder: Path | None = None) -> Source:
        """Returns the model in ``source/prior`` and ``source/decoder``, or in the folders ``prior`` and ``decoder``.

        Raises ExportError with the names of missing parts.
        """
        if source is None and (prior is None or decoder is None):
            raise ExportError(
                "no model given: pass --source DIR (with DIR/prior and DIR/decoder),"
                " or both --prior DIR and --decoder DIR"
            )
        if source is not None and not source.is_dir():
            raise ExportError(f"--source {source} is not a folder")
        compressor = None if source is None else source / COMPRESSOR_FOLDER
        has_compressor = compressor is not None and compressor.is_dir()
        return Source.of(
            prior or source / "prior", decoder or source / "decoder", compressor if has_compressor else None
        )

    @cached_property
    def stage_c(self) -> nn.Module:
        """WuerstchenPrior."""
        return self._network(wuerstchen().WuerstchenPrior, self.stage_c_folder / "prior", self.choice.prior)

    @cached_property
    def stage_b(self) -> nn.Module:
        """WuerstchenDiffNeXt."""
        return self._network(wuerstchen().WuerstchenDiffNeXt, self.stage_b_folder / "decoder", self.choice.decoder)

    @cached_property
    def text_encoder_c(self) -> nn.Module:
        return parts.text_encoder(self.stage_c_folder / "text_encoder", self.choice.variant)

    @cached_property
    def text_encoder_b(self) -> nn.Module:
        return parts.text_encoder(self.stage_b_folder / "text_encoder", self.choice.variant)

    @cached_property
    def tokenizer_c(self):
        return parts.tokenizer(self.stage_c_folder / "tokenizer")

    @cached_property
    def tokenizer_b(self):
        return parts.tokenizer(self.stage_b_folder / "tokenizer")

    def _network(self, cls, folder: Path, replacement: Path | None) -> nn.Module:
        return parts.network(cls, [folder], replacement, self.choice.variant)

    @cached_property
    def pipeline_settings(self) -> dict[str, float]:
        """The values of latent_mean, latent_std, resolution_multiple and latent_dim_scale.

        They are those of the folders' model_index.json, or the defaults of the pipelines' constructors.
        """
        from diffusers import WuerstchenDecoderPipeline, WuerstchenPriorPipeline

        settings = {}
        for folder, pipeline, names in (
            (self.stage_c_folder, WuerstchenPriorPipeline, ("latent_mean", "latent_std", "resolution_multiple")),
            (self.stage_b_folder, WuerstchenDecoderPipeline, ("latent_dim_scale",)),
        ):
            index = read_json(folder / "model_index.json")
            defaults = inspect.signature(pipeline.__init__).parameters
            settings.update({name: float(index.get(name, defaults[name].default)) for name in names})
        return settings

    @cached_property
    def tokens(self) -> int:
        """The fixed number of token ids, which must be the same for both tokenizers."""
        lengths = {self.tokenizer_c.model_max_length, self.tokenizer_b.model_max_length}
        if len(lengths) > 1:
            raise ExportError(f"the two tokenizers differ in model_max_length: {sorted(lengths)}; they must agree")
        length = lengths.pop()
        for name, encoder in (("prior", self.text_encoder_c), ("decoder", self.text_encoder_b)):
            positions = encoder.config.max_position_embeddings
            if length > positions:
                raise ExportError(
                    f"model_max_length of the tokenizers is {length}, but {name}/text_encoder has only {positions}"
                    " positions: set model_max_length in tokenizer_config.json"
                )
        return length

    @cached_property
    def architecture(self) -> Architecture:
        plan = Plan(self.stage_b)
        attention = {level: _attention_shape(plan.blocks("AttnBlock", level)) for level in plan.attending}
        return Architecture(
            tokens=self.tokens,
            text_width_c=self.text_encoder_c.config.hidden_size,
            text_width_b=self.text_encoder_b.config.hidden_size,
            stage_c_channels=self.stage_c.config.c_in,
            stage_b_channels=self.stage_b.config.c_in,
            stage_c_attention=_attention_shape(blocks_of(self.stage_c, "AttnBlock")),
            stage_b_attention=attention,
            stage_b_injecting=tuple(plan.injecting),
            stage_b_levels=plan.levels,
            has_compressor=self.compressor_folder is not None,
        )

    def models(self) -> list[nn.Module]:
        """Returns every module with weights."""
        parts = [self.text_encoder_c, self.text_encoder_b, self.stage_c, self.stage_b, self.stage_a]
        return parts if self.compressor is None else [*parts, self.compressor]

    def round_weights(self, kind: str) -> None:
        """Rounds the weights to the values that a bundle of this kind (weights.KINDS) stores."""
        weights.round_models(self.models(), kind)


def found_configs(paths: Iterable[str], folders: Mapping[str, Path | None]) -> dict[str, dict]:
    """Returns the configuration files of a model by their paths in it; folders: of its parts, by a path's first name."""
    found = {}
    for path in paths:
        name, _, inner = path.partition("/")
        if folders[name] is not None:
            content = read_json(folders[name] / inner)
            found[path] = {key: value for key, value in content.items() if key != "_name_or_path"}
    return found


def require_parts(folder: Path, parts: tuple[str, ...], option: str) -> None:
    if not folder.is_dir():
        raise ExportError(
            f"{folder} is not a folder: --source wants DIR/prior and DIR/decoder;"
            " name others with --prior and --decoder"
        )
    missing = [part for part in ("model_index.json", *parts) if not (folder / part).exists()]
    if missing:
        found = ", ".join(sorted(path.name for path in folder.iterdir())) or "nothing"
        raise ExportError(
            f"{folder} lacks {', '.join(missing)} (found: {found}); {option} must be a whole pipeline's folder"
        )


def _attention_shape(blocks: list[nn.Module]) -> AttentionShape:
    attention = blocks[0].attention
    return AttentionShape(len(blocks), attention.heads, attention.to_k.out_features // attention.heads)
