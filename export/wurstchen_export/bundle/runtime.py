"""Runs a bundle with ONNX Runtime, using only its manifest.

For parity, evaluation and golden files; applications use the Java library.
"""

from __future__ import annotations

import itertools
import json
import math
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Iterator

import numpy as np
import onnxruntime
import torch

from wurstchen_export.bundle.manifest import MANIFEST
from wurstchen_export.errors import ExportError
from wurstchen_export.families import registry
from wurstchen_export.families.family import Family, Picture, PictureRequest
from wurstchen_export.graphs import contract, schedule
from wurstchen_export.model.classes import clip_tokenizer

ORT_ERROR_ONLY = 3


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
        """Runs a graph. Inputs and outputs are in the manifest's order."""
        names = [tensor["name"] for tensor in self.manifest["graphs"][graph]["inputs"]]
        outputs = [tensor["name"] for tensor in self.manifest["graphs"][graph]["outputs"]]
        return self.session(graph).run(outputs, dict(zip(names, inputs, strict=True)))

    @cached_property
    def family(self) -> Family:
        return registry.family(self.manifest["family"])

    @cached_property
    def tokenizers(self) -> dict:
        load = clip_tokenizer().from_pretrained
        return {side: load(str(self.folder / entry["folder"])) for side, entry in self.manifest["tokenizers"].items()}

    def sides(self, request: PictureRequest) -> tuple[tuple[int, int], tuple[int, int]]:
        """Returns (height, width) of the Stage C and of the Stage B latents."""
        geometry = self.manifest["geometry"]
        c = tuple(math.ceil(side / geometry["resolution_multiple"]) for side in (request.height, request.width))
        return c, tuple(int(side * geometry["latent_dim_scale"]) for side in c)

    def tokens(self, key: str, texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
        """Returns ids and mask, int64 [rows, tokens]; key: of the tokenizer in the manifest."""
        tokenizer = self.tokenizers[key]
        tokens = tokenizer(
            texts, padding="max_length", max_length=tokenizer.model_max_length, truncation=True, return_tensors="np"
        )
        return tokens.input_ids.astype(np.int64), tokens.attention_mask.astype(np.int64)

    def generate(self, request: PictureRequest) -> Picture:
        """Makes the picture that the reference's combined pipeline makes with this seed."""
        return self.generate_batch([request])[0]

    def generate_batch(
        self, requests: list[PictureRequest], start: tuple[np.ndarray, float] | None = None
    ) -> list[Picture]:
        """Makes the pictures of several requests in one run, each with its own prompt, negative prompt and seed.

        start: clean Stage C latents [B,16,h,w] to begin with, and the noise ratio to which they are noised, below 1.
        Size, steps and guidance must be equal; raises ExportError otherwise. Each picture equals that of its request
        alone, up to rounding.
        """
        first = requests[0]
        for request in requests:
            own = {name: getattr(request, name) for name in request.OWN}
            if replace(first, **own) != request:
                raise ExportError(f"one run has one size, one number of steps and one guidance: {first} and {request}")
        generators = [torch.Generator("cpu").manual_seed(request.seed) for request in requests]
        c = self._stage_c_latents(requests, generators, start)
        b = self.stage_b_latents(requests, c, generators)
        pixels = self.run(contract.STAGE_A_DECODE, b)[0]
        return [Picture(c[i : i + 1], b[i : i + 1], pixels[i : i + 1]) for i in range(len(requests))]

    def _stage_c_latents(
        self,
        requests: list[PictureRequest],
        generators: list[torch.Generator],
        start: tuple[np.ndarray, float] | None = None,
    ) -> np.ndarray:
        latents = None
        for latents, _ in self._stage_c_steps(requests, generators, start):
            pass
        return latents

    def predicted_stage_c_latents(self, requests: list[PictureRequest], steps: int) -> np.ndarray:
        """The clean Stage C latents [B,16,h,w] that are predicted in the last of so many steps."""
        generators = [torch.Generator("cpu").manual_seed(request.seed) for request in requests]
        return next(itertools.islice(self._stage_c_steps(requests, generators), steps - 1, None))[1]

    def _stage_c_steps(
        self,
        requests: list[PictureRequest],
        generators: list[torch.Generator],
        start: tuple[np.ndarray, float] | None = None,
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """After every step the latents, and the clean latents that it predicted."""
        timesteps, guidance = schedule.uniform_timesteps(requests[0].stage_c_steps), requests[0].stage_c_guidance
        shape = (self.manifest["geometry"]["stage_c_channels"], *self.sides(requests[0])[0])
        latents, noise = _draw(shape, requests[0].stage_c_steps, generators)
        if start is not None:
            clean, strength = start
            # As wurstchen.PictureRequest documents it: steps above the strength are left out, with their noise.
            timesteps = torch.cat([torch.tensor([strength]), timesteps[timesteps < strength]])
            noise = noise[len(noise) - len(timesteps) + 1 :]
            alpha = schedule.alpha_cumprod(timesteps[:1], **self.manifest["schedules"]["stage_c"]).numpy()
            latents = np.sqrt(alpha) * clean + np.sqrt(1 - alpha) * latents
        conditioning = self.family.stage_c_conditioning(self, requests, latents)
        return self._steps("stage_c", latents, noise, timesteps, guidance, conditioning)

    def stage_b_latents(
        self, requests: list[PictureRequest], stage_c_latents: np.ndarray, generators: list[torch.Generator]
    ) -> np.ndarray:
        """Runs Stage B: latents [B,4,H,W] from Stage C latents [B,16,h,w], with one generator a picture."""
        steps, guidance = requests[0].stage_b_steps, requests[0].stage_b_guidance
        shape = (self.manifest["geometry"]["stage_b_channels"], *self.sides(requests[0])[1])
        latents, noise = _draw(shape, steps, generators)
        conditioning = self.family.stage_b_conditioning(self, requests, stage_c_latents, latents)
        timesteps = schedule.uniform_timesteps(steps)
        for latents, _ in self._steps("stage_b", latents, noise, timesteps, guidance, conditioning):
            pass
        return latents

    def _steps(
        self, stage: str, latents: np.ndarray, noise: np.ndarray, timesteps: torch.Tensor, guidance: float, conditioning
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        table = schedule.step_table(timesteps, **self.manifest["schedules"][stage]).numpy()
        step, bad_step, scale = np.zeros(1, np.int64), np.full(1, -1, np.int64), np.array([guidance], np.float32)
        for row, drawn in zip(table, noise, strict=True):
            before = latents
            latents, step, bad_step = self.run(
                f"{stage}_step", before, step, bad_step, table, noise, scale, *conditioning
            )
            yield latents, schedule.predicted_clean(row, before, latents, drawn)
        if bad_step[0] >= 0:
            raise ExportError(
                f"{stage}_step: the latents are no longer finite after step {bad_step[0] + 1} of {len(table)}"
            )


def _draw(shape: tuple[int, ...], steps: int, generators: list[torch.Generator]) -> tuple[np.ndarray, np.ndarray]:
    """Draws initial latents [B,*shape] and noise [steps,B,*shape].

    Each picture has its own generator, which draws in the reference's order.
    """
    draws = [[torch.randn(1, *shape, generator=generator) for _ in range(1 + steps)] for generator in generators]
    rows = [torch.cat(pictures) for pictures in zip(*draws, strict=True)]
    return rows[0].numpy(), torch.stack(rows[1:]).numpy()
