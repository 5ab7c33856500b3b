"""Reads a Stable Cascade model in diffusers' layout."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar

from torch import nn

from wurstchen_export.errors import ExportError
from wurstchen_export.families.family import parts_with_weights
from wurstchen_export.families.stable_cascade import plan
from wurstchen_export.model import parts, weights
from wurstchen_export.model.folders import Folders
from wurstchen_export.model.json_file import read_json
from wurstchen_export.model.parts import Choice
from wurstchen_export.model.source import require_parts

STAGE_C_PARTS = ("text_encoder", "tokenizer", "scheduler")
STAGE_B_PARTS = ("scheduler", "vqgan")
LITE = "_lite"
"""Behind the name of a network's folder, for the smaller one."""
FEATURE_EXTRACTOR = Path("feature_extractor", "preprocessor_config.json")
BICUBIC = 3
"""PIL's number of the filter, as preprocessor_config.json has it."""


@dataclass(frozen=True)
class ImagePrompts:
    """How pictures become the image encoder's pixels: the shorter side to ``resize``, the middle ``crop``, normalised."""

    resize: int
    crop: int
    mean: tuple[float, ...]
    std: tuple[float, ...]

    def as_json(self) -> dict:
        lists = {"mean": list(self.mean), "std": list(self.std)}
        return {"resize": self.resize, "crop": self.crop, "resample": "bicubic", **lists}

    @staticmethod
    def read(path: Path) -> ImagePrompts:
        """Raises ExportError for another way than CLIP's."""
        found = read_json(path)
        size, crop = found.get("size", {}), found.get("crop_size", {})
        resize = size.get("shortest_edge") if isinstance(size, dict) else size
        crops = (crop.get("height"), crop.get("width")) if isinstance(crop, dict) else (crop, crop)
        wanted = {"do_resize": True, "do_center_crop": True, "do_rescale": True, "do_normalize": True}
        wanted["resample"] = BICUBIC
        other = [f"{name} {found[name]}" for name, value in wanted.items() if found.get(name, value) != value]
        if other or resize is None or crops[0] is None or crops[0] != crops[1]:
            raise ExportError(
                f"{path}: expected CLIP's preprocessing (size.shortest_edge, a square crop_size, bicubic), found"
                f" {', '.join(other) or f'size {size} and crop_size {crop}'}; images cannot be prompts of this model"
            )
        return ImagePrompts(resize, crops[0], tuple(found["image_mean"]), tuple(found["image_std"]))


@dataclass(frozen=True)
class CascadeSource(Folders):
    """A Stable Cascade on disk."""

    family: ClassVar[str] = "stable-cascade"
    overflows_in_16_bits: ClassVar[bool] = True
    """Whether Stage C's activations may, so that they are searched before an export in 16 bits."""

    @staticmethod
    def of(
        prior: Path, decoder: Path, compressor: Path | None = None, choice: Choice = Choice()
    ) -> CascadeSource:
        """Returns the model in these folders. Raises ExportError with the names of missing parts."""
        ending = LITE if choice.lite else ""
        require_parts(prior, (*STAGE_C_PARTS, f"prior{ending}"), "--prior")
        require_parts(decoder, (*STAGE_B_PARTS, f"decoder{ending}"), "--decoder")
        return CascadeSource(prior, decoder, compressor, choice)

    @cached_property
    def stage_c(self) -> nn.Module:
        """StableCascadeUNet."""
        return self._network(self.stage_c_folder, "prior", self.choice.prior)

    @cached_property
    def stage_b(self) -> nn.Module:
        """StableCascadeUNet."""
        return self._network(self.stage_b_folder, "decoder", self.choice.decoder)

    @cached_property
    def text_encoder(self) -> nn.Module:
        """CLIPTextModelWithProjection of the prior, whose embeddings the combined pipeline gives to Stage B too."""
        from transformers import CLIPTextModelWithProjection

        return parts.component(
            CLIPTextModelWithProjection, self.stage_c_folder / "text_encoder", self.choice.variant
        )

    @cached_property
    def image_encoder(self) -> nn.Module | None:
        """CLIPVisionModelWithProjection; None if the model has none."""
        from transformers import CLIPVisionModelWithProjection

        folder = self.stage_c_folder / "image_encoder"
        if not folder.is_dir():
            return None
        return parts.component(CLIPVisionModelWithProjection, folder, self.choice.variant)

    @cached_property
    def image_prompts(self) -> ImagePrompts | None:
        """None if the model has no image encoder."""
        if self.image_encoder is None:
            return None
        found = ImagePrompts.read(self.stage_c_folder / FEATURE_EXTRACTOR)
        side = self.image_encoder.config.image_size
        if found.crop != side:
            raise ExportError(
                f"{self.stage_c_folder / FEATURE_EXTRACTOR} crops to {found.crop} px, image_encoder takes {side}:"
                " use the files of one model"
            )
        return found

    @cached_property
    def tokenizer(self):
        return parts.tokenizer(self.stage_c_folder / "tokenizer")

    @cached_property
    def pipeline_settings(self) -> dict[str, float]:
        """The values of resolution_multiple and latent_dim_scale: model_index.json's, or the pipelines' defaults."""
        from diffusers import StableCascadeDecoderPipeline, StableCascadePriorPipeline

        settings = {}
        for folder, pipeline, name in (
            (self.stage_c_folder, StableCascadePriorPipeline, "resolution_multiple"),
            (self.stage_b_folder, StableCascadeDecoderPipeline, "latent_dim_scale"),
        ):
            default = inspect.signature(pipeline.__init__).parameters[name].default
            settings[name] = float(read_json(folder / "model_index.json").get(name, default))
        return settings

    @cached_property
    def tokens(self) -> int:
        """The fixed number of token ids."""
        length, positions = self.tokenizer.model_max_length, self.text_encoder.config.max_position_embeddings
        if length > positions:
            raise ExportError(
                f"model_max_length of the tokenizer is {length}, but prior/text_encoder has only {positions}"
                " positions: set model_max_length in tokenizer_config.json"
            )
        return length

    def network_folders(self, pipeline: Path, name: str) -> list[Path]:
        """Returns the folder of the chosen size and, for a file of weights to be told by, the other."""
        folders = [pipeline / f"{name}{LITE}", pipeline / name]
        return [folder for folder in folders[:: 1 if self.choice.lite else -1] if folder.is_dir()]

    def _network(self, pipeline: Path, name: str, replacement: Path | None) -> nn.Module:
        from diffusers import StableCascadeUNet

        folders = self.network_folders(pipeline, name)
        model = parts.network(StableCascadeUNet, folders, replacement, self.choice.variant)
        plan.check(model, name, folders[0])
        return model

    @property
    def stage_a_factor(self) -> int:
        """px that a Stage B column stands for."""
        config = self.stage_a.config
        return config.up_down_scale_factor * 2 ** (config.levels - 1)

    @property
    def stage_c_divisor(self) -> float:
        """By which the stream of Stage C's last half level is divided; set by rescale.py."""
        return getattr(self.stage_c, "stream_divisor", 1.0)

    def models(self) -> list[nn.Module]:
        """Returns every module with weights."""
        return parts_with_weights(
            self.text_encoder, self.image_encoder, self.stage_c, self.stage_b, self.stage_a, self.compressor
        )

    def round_weights(self, kind: str) -> None:
        """Rounds the weights to the values that a bundle of this kind (weights.KINDS) stores."""
        weights.round_models(self.models(), kind)
