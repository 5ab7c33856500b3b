"""What a family of models decides, so that exporter, runtime and checks need not know which it is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, ClassVar, Iterator

import numpy as np
from torch import Tensor, nn

from wurstchen_export.graphs.contract import GraphSpec
from wurstchen_export.graphs.wrappers import Exportable
from wurstchen_export.model.parts import Choice


@dataclass(frozen=True)
class Defaults:
    """Default settings of a run, and the sizes that a model was trained for."""

    width: int = 1024
    height: int = 1024
    stage_c_steps: int = 60
    stage_c_guidance: float = 4.0
    stage_b_steps: int = 12
    stage_b_guidance: float = 0.0
    sizes: tuple[tuple[int, int], ...] = ()

    def as_json(self) -> tuple[dict, dict]:
        """Returns the manifest's ``defaults`` and ``recommended``."""
        defaults = {name: value for name, value in vars(self).items() if name != "sizes"}
        return defaults, {"sizes": [list(size) for size in self.sizes or ((self.width, self.height),)]}


@dataclass(frozen=True)
class PictureRequest:
    """One run of the whole cascade. Guidance acts above 1; below, a stage ignores the negative prompt."""

    prompt: str
    negative_prompt: str | None = None
    width: int = 256
    height: int = 256
    seed: int = 0
    stage_c_steps: int = 4
    stage_c_guidance: float = 4.0
    stage_b_steps: int = 3
    stage_b_guidance: float = 0.0

    OWN: ClassVar[tuple[str, ...]] = ("prompt", "negative_prompt", "seed")
    """What requests of one run may differ in."""


@dataclass(frozen=True)
class Picture:
    """The results of a run: Stage C latents [1,16,h,w], Stage B latents [1,4,H,W], pixels in [0,1] [1,3,height,width];
    float32."""

    stage_c_latents: np.ndarray
    stage_b_latents: np.ndarray
    pixels: np.ndarray

    def levels(self) -> np.ndarray:
        """Returns uint8 [height, width, 3]: pixels * 255, halves rounded to even."""
        return np.round(self.pixels[0].transpose(1, 2, 0) * 255).astype(np.uint8)


@dataclass(frozen=True)
class Case:
    """A graph, a label, its inputs and the expected outputs, both in the contract's order."""

    graph: str
    what: str
    inputs: tuple[Tensor, ...]
    expected: tuple[Tensor, ...]


@dataclass(frozen=True)
class TokenizerFolder:
    """A tokenizer of a bundle: its key in the manifest, its folder in the bundle and in the model, and itself."""

    key: str
    folder: str
    source: Path
    tokenizer: Any


class Family(ABC):
    """A family of models.

    A *source* is a model on disk, of the class that the family decides. Everywhere it has these attributes: ``family``
    (the name), ``models()`` (every module with weights) and ``round_weights(kind)``.
    """

    name: str
    """In the manifest."""
    prior_class: str
    decoder_class: str
    """Of the two pipelines, as ``model_index.json`` names them."""
    defaults: Defaults

    @abstractmethod
    def source(self, prior: Path, decoder: Path, compressor: Path | None, choice: Choice):
        """Returns the source in these folders, read as chosen. Raises ExportError with the names of missing parts."""

    @abstractmethod
    def graphs(self, source) -> dict[str, GraphSpec]:
        """Returns every graph of a bundle of this model, in the order in which a run needs them."""

    @abstractmethod
    def builders(self, source, precision: str, keep_apart: bool) -> dict[str, Callable[[], Exportable]]:
        """Returns for each of the graphs a function that builds its module.

        precision: ``fp32`` or ``fp16``; keep_apart: keep folded weights as tensors of their own.
        """

    @abstractmethod
    def geometry(self, source, defaults: Defaults) -> dict:
        """Returns the manifest's ``geometry``."""

    @abstractmethod
    def scales(self, source) -> dict:
        """Returns the manifest's ``scales``."""

    @abstractmethod
    def tokenizers(self, source) -> list[TokenizerFolder]:
        """Returns the tokenizers of a bundle of this model."""

    @abstractmethod
    def configs(self, source) -> dict[str, dict]:
        """Returns the manifest's ``configs``: the configuration files of the model, by their paths in it."""

    def additions(self, source) -> dict:
        """Returns further entries of the manifest."""
        return {}

    def prepare(self, source, precision: str, progress: Callable[[str], None]) -> None:
        """Changes the source before it is exported with this precision. Does nothing by default."""

    @abstractmethod
    def stage_c_conditioning(self, bundle, requests: list[PictureRequest], latents: np.ndarray) -> list[np.ndarray]:
        """Runs what comes before the steps of Stage C; bundle: bundle.runtime.Bundle. Returns what its steps take."""

    @abstractmethod
    def stage_b_conditioning(
        self, bundle, requests: list[PictureRequest], stage_c_latents: np.ndarray, latents: np.ndarray
    ) -> list[np.ndarray]:
        """The same of Stage B."""

    @abstractmethod
    def cases(self, source, sides: tuple[int, int]) -> Iterator[Case]:
        """Yields cases of every graph, computed by the reference's modules; sides: two valid ones, in pixels."""

    def requests(self, sides: tuple[int, int]) -> dict[str, PictureRequest]:
        """Returns by name the runs that are compared with the reference; sides: two valid ones, in pixels."""
        small, large = sides
        return {
            "Stage C guided": PictureRequest("a photo of a cat!", None, small, small, 1, 4, 4.0, 3, 0.0),
            "both guided, negative prompt": PictureRequest(
                "a red apple", "blurry, low quality!", large, small, -2, 3, 6.5, 3, 3.0
            ),
            "Stage B guided": PictureRequest("a lighthouse", "a dog", small, large, 3, 2, 0.0, 4, 2.0),
            "unguided, empty prompt": PictureRequest("", None, large, large, 2**40 + 1, 1, 1.0, 1, 0.0),
            "over-long prompt": PictureRequest(
                "ships and waves " * 40, "blurry " * 90, small, small, 5, 2, 4.0, 2, 4.0
            ),
        }

    @abstractmethod
    def reference(self, source) -> Callable[[PictureRequest], Picture]:
        """Returns a function that makes a request's picture with diffusers' pipelines."""

    @abstractmethod
    def tiny(self, out: Path, seed: int, size: str) -> None:
        """Writes a tiny model with random weights to ``out/prior`` and ``out/decoder``."""


def texts(requests: list[PictureRequest], guidance: float) -> list[str]:
    """Returns the prompts and, if the guidance acts, the negative prompts behind them."""
    prompts = [request.prompt for request in requests]
    return prompts + [request.negative_prompt or "" for request in requests] if guidance > 1 else prompts


def parts_with_weights(*parts: nn.Module | None) -> list[nn.Module]:
    """Returns those of the parts that the model has."""
    return [part for part in parts if part is not None]
