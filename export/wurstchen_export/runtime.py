"""Runs a bundle with ONNX Runtime by nothing but its manifest: the contract, read from the other side.

Meant for parity and golden files; the Java library is the runtime for everybody else.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import onnxruntime
import torch

from wurstchen_export import contract, schedule
from wurstchen_export.errors import ExportError
from wurstchen_export.manifest import MANIFEST
from wurstchen_export.wuerstchen_classes import clip_tokenizer

ORT_ERROR_ONLY = 3


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


@dataclass(frozen=True)
class Picture:
    """What a run gives: Stage C latents [1,16,h,w], Stage B latents [1,4,H,W], pixels in [0,1] [1,3,height,width];
    float32."""

    stage_c_latents: np.ndarray
    stage_b_latents: np.ndarray
    pixels: np.ndarray

    def levels(self) -> np.ndarray:
        """uint8 [height, width, 3]: pixels * 255, halves to the even level."""
        return np.round(self.pixels[0].transpose(1, 2, 0) * 255).astype(np.uint8)


class Bundle:
    """A bundle opened with ONNX Runtime on the CPU."""

    def __init__(self, folder: Path, threads: int = 0):
        """threads: of each session; 0 lets ONNX Runtime choose. Raises ExportError if there is no bundle in the
        folder."""
        self.folder = Path(folder)
        self.threads = threads
        self._sessions: dict[str, onnxruntime.InferenceSession] = {}
        try:
            self.manifest = json.loads((self.folder / MANIFEST).read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise ExportError(f"{folder} holds no {MANIFEST}: name a folder that `export` wrote") from None
        if (
            self.manifest.get("format") != contract.FORMAT
            or self.manifest.get("format_version") != contract.FORMAT_VERSION
        ):
            raise ExportError(
                f"{folder}/{MANIFEST} is not a {contract.FORMAT} of version {contract.FORMAT_VERSION}: export it anew"
            )

    def session(self, graph: str) -> onnxruntime.InferenceSession:
        if graph not in self._sessions:
            options = onnxruntime.SessionOptions()
            options.log_severity_level = ORT_ERROR_ONLY
            options.intra_op_num_threads = self.threads
            path = self.folder / self.manifest["graphs"][graph]["file"]
            self._sessions[graph] = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        return self._sessions[graph]

    def run(self, graph: str, *inputs: np.ndarray) -> list[np.ndarray]:
        """The graph's outputs in the manifest's order for inputs in the manifest's order."""
        names = [tensor["name"] for tensor in self.manifest["graphs"][graph]["inputs"]]
        outputs = [tensor["name"] for tensor in self.manifest["graphs"][graph]["outputs"]]
        return self.session(graph).run(outputs, dict(zip(names, inputs, strict=True)))

    @cached_property
    def tokenizers(self) -> dict:
        load = clip_tokenizer().from_pretrained
        return {side: load(str(self.folder / entry["folder"])) for side, entry in self.manifest["tokenizers"].items()}

    def sides(self, request: PictureRequest) -> tuple[tuple[int, int], tuple[int, int]]:
        """Heights and widths of the Stage C and the Stage B latents."""
        geometry = self.manifest["geometry"]
        c = tuple(math.ceil(side / geometry["resolution_multiple"]) for side in (request.height, request.width))
        return c, tuple(int(side * geometry["latent_dim_scale"]) for side in c)

    def text(self, side: str, texts: list[str]) -> np.ndarray:
        """Hidden states [rows, tokens, width] of the texts; side: ``c`` or ``b``."""
        tokenizer = self.tokenizers[side]
        tokens = tokenizer(
            texts, padding="max_length", max_length=tokenizer.model_max_length, truncation=True, return_tensors="np"
        )
        ids, mask = tokens.input_ids.astype(np.int64), tokens.attention_mask.astype(np.int64)
        return self.run(f"text_encoder_{side}", ids, mask)[0]

    def generate(self, request: PictureRequest) -> Picture:
        """The picture that the reference's combined pipeline makes with this seed."""
        generator = torch.Generator("cpu").manual_seed(request.seed)
        c_sides, b_sides = self.sides(request)
        geometry = self.manifest["geometry"]

        texts = _texts(request, request.stage_c_guidance)
        conditioning = self.run(contract.STAGE_C_CONDITION, self.text("c", texts))
        shape = (1, geometry["stage_c_channels"], *c_sides)
        c = self._denoise(
            "stage_c", shape, request.stage_c_steps, request.stage_c_guidance, generator, lambda _: conditioning
        )

        hidden_states = self.text("b", _texts(request, request.stage_b_guidance))
        shape = (1, geometry["stage_b_channels"], *b_sides)
        condition = lambda latents: self.run(contract.STAGE_B_CONDITION, hidden_states, c, latents)
        b = self._denoise("stage_b", shape, request.stage_b_steps, request.stage_b_guidance, generator, condition)
        return Picture(c, b, self.run(contract.STAGE_A_DECODE, b)[0])

    def _denoise(
        self, stage: str, shape, steps: int, guidance: float, generator: torch.Generator, condition
    ) -> np.ndarray:
        latents = torch.randn(shape, generator=generator).numpy()
        noise = torch.stack([torch.randn(shape, generator=generator) for _ in range(steps)]).numpy()
        table = schedule.step_table(schedule.uniform_timesteps(steps), **self.manifest["schedules"][stage]).numpy()
        step, scale = np.zeros(1, np.int64), np.array([guidance], np.float32)
        conditioning = condition(latents)
        for _ in range(steps):
            latents, step = self.run(f"{stage}_step", latents, step, table, noise, scale, *conditioning)
        return latents


def _texts(request: PictureRequest, guidance: float) -> list[str]:
    return [request.prompt, request.negative_prompt or ""] if guidance > 1 else [request.prompt]
