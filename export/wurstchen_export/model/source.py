"""Reads a Würstchen model in diffusers' layout: the folder of a prior pipeline and that of a decoder pipeline.

Each component is loaded from its own subfolder. Newer releases of diffusers cannot load the pipelines as a whole.
"""

from __future__ import annotations

import inspect
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from torch import nn

from wurstchen_export.errors import ExportError
from wurstchen_export.model import weights
from wurstchen_export.model.architecture import Architecture, AttentionShape
from wurstchen_export.model.classes import clip_tokenizer, wuerstchen
from wurstchen_export.model.plan import Plan, blocks_of

COMPRESSOR_FOLDER = "compressor"
STAGE_C_PARTS = ("text_encoder", "tokenizer", "scheduler", "prior")
STAGE_B_PARTS = ("text_encoder", "tokenizer", "scheduler", "decoder", "vqgan")


@dataclass(frozen=True)
class Source:
    """A model on disk. Components are loaded at first use, in float32 and evaluation mode."""

    stage_c_folder: Path
    stage_b_folder: Path
    compressor_folder: Path | None = None

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
        stage_c = prior or source / "prior"
        stage_b = decoder or source / "decoder"
        _require_parts(stage_c, STAGE_C_PARTS, "--prior")
        _require_parts(stage_b, STAGE_B_PARTS, "--decoder")
        compressor = None if source is None else source / COMPRESSOR_FOLDER
        return Source(stage_c, stage_b, compressor if compressor is not None and compressor.is_dir() else None)

    @cached_property
    def stage_c(self) -> nn.Module:
        """WuerstchenPrior."""
        return _component(wuerstchen().WuerstchenPrior, self.stage_c_folder, "prior")

    @cached_property
    def stage_b(self) -> nn.Module:
        """WuerstchenDiffNeXt."""
        return _component(wuerstchen().WuerstchenDiffNeXt, self.stage_b_folder, "decoder")

    @cached_property
    def stage_a(self) -> nn.Module:
        """PaellaVQModel."""
        return _component(wuerstchen().PaellaVQModel, self.stage_b_folder, "vqgan")

    @cached_property
    def text_encoder_c(self) -> nn.Module:
        return _text_encoder(self.stage_c_folder)

    @cached_property
    def text_encoder_b(self) -> nn.Module:
        return _text_encoder(self.stage_b_folder)

    @cached_property
    def tokenizer_c(self):
        return _tokenizer(self.stage_c_folder)

    @cached_property
    def tokenizer_b(self):
        return _tokenizer(self.stage_b_folder)

    @cached_property
    def scheduler_c(self):
        return _scheduler(self.stage_c_folder)

    @cached_property
    def scheduler_b(self):
        return _scheduler(self.stage_b_folder)

    @cached_property
    def compressor(self) -> nn.Module | None:
        """The SemanticCompressor; None if the model has none."""
        if self.compressor_folder is None:
            return None
        from wurstchen_export.model.compressor import SemanticCompressor

        return SemanticCompressor.from_pretrained(self.compressor_folder).float().eval()

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


def read_json(path: Path) -> dict:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ExportError(f"{path} is missing: is this a folder that diffusers wrote?") from None
    except json.JSONDecodeError as error:
        raise ExportError(f"{path} is not JSON: {error}") from None


def _require_parts(folder: Path, parts: tuple[str, ...], option: str) -> None:
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


def _loaded(folder: Path, load, what: str):
    try:
        return load()
    except ExportError:
        raise
    except Exception as error:  # the libraries raise many types for damaged files
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ExportError(f"cannot load {what} from {folder}: {reason}") from error


def _component(cls, folder: Path, name: str) -> nn.Module:
    load = lambda: cls.from_pretrained(str(folder / name))
    return _loaded(folder / name, load, cls.__name__).float().eval()


def _text_encoder(folder: Path) -> nn.Module:
    from transformers import CLIPTextModel, logging

    # The prior's folder holds a CLIPTextModelWithProjection. Its projection is not used; the warning about the
    # unused weights is suppressed.
    verbosity = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        load = lambda: CLIPTextModel.from_pretrained(str(folder / "text_encoder"))
        return _loaded(folder / "text_encoder", load, "CLIPTextModel").float().eval()
    finally:
        logging.set_verbosity(verbosity)


def _tokenizer(folder: Path):
    load = lambda: clip_tokenizer().from_pretrained(str(folder / "tokenizer"))
    return _loaded(folder / "tokenizer", load, "the tokenizer")


def _scheduler(folder: Path):
    from diffusers import DDPMWuerstchenScheduler

    load = lambda: DDPMWuerstchenScheduler.from_pretrained(str(folder / "scheduler"))
    return _loaded(folder / "scheduler", load, "DDPMWuerstchenScheduler")


def _attention_shape(blocks: list[nn.Module]) -> AttentionShape:
    attention = blocks[0].attention
    return AttentionShape(len(blocks), attention.heads, attention.to_k.out_features // attention.heads)
