"""The pictures that `evaluate` measures: generated from prompts, and reconstructed from real renders, by a bundle."""

from __future__ import annotations

import time
from typing import Callable, Iterable

import numpy as np
import torch
import torch.nn.functional as F

from wurstchen_export.bundle.runtime import Bundle, PictureRequest
from wurstchen_export.evaluate.prompts import Prompt
from wurstchen_export.graphs import contract

BATCH = 8
"""Pictures of one run: on two cores a picture of eight takes less time than one alone, and memory stays small."""
REPORT_SECONDS = 10.0


class Countdown:
    """Prints the progress and the estimated remaining time every few seconds."""

    def __init__(self, what: str, total: int, say: Callable[[str], None]):
        self.what, self.total, self.say = what, total, say
        self.done = 0
        self.started = self.reported = time.monotonic()

    def add(self, count: int) -> None:
        self.done += count
        now = time.monotonic()
        if now - self.reported >= REPORT_SECONDS and self.done < self.total:
            self.reported = now
            left = (now - self.started) / self.done * (self.total - self.done)
            self.say(f"{self.what}: {self.done} of {self.total}, {left / 60:.1f} minutes left")


class Painter:
    """Runs a bundle with its default size, steps and guidance, in batches."""

    def __init__(self, bundle: Bundle, say: Callable[[str], None]):
        self.bundle, self.say = bundle, say
        defaults = bundle.manifest["defaults"]
        self.settings = {name: defaults[name] for name in PictureRequest.__dataclass_fields__ if name in defaults}
        self.size = defaults["height"], defaults["width"]

    def request(self, text: str, seed: int) -> PictureRequest:
        return PictureRequest(text, seed=seed, **self.settings)

    def draw(self, prompts: list[Prompt], seeds: list[int], what: str) -> np.ndarray:
        """Generates a picture of each prompt from the noise of its seed, through all stages: [N,3,H,W] in [0,1]."""
        requests = [self.request(prompt.text, seed) for prompt, seed in zip(prompts, seeds, strict=True)]
        return self._in_batches(requests, what, lambda part: [p.pixels for p in self.bundle.generate_batch(part)])

    def seconds(self, prompt: Prompt, rounds: int = 3) -> float:
        """Returns the time in seconds of the fastest of a few runs of one picture."""
        found = []
        for seed in range(rounds):
            started = time.perf_counter()
            self.bundle.generate(self.request(prompt.text, seed))
            found.append(time.perf_counter() - started)
        return min(found)

    def through_stage_a(self, pixels: np.ndarray) -> np.ndarray:
        """Encodes and decodes pixels [N,3,H,W] by Stage A alone."""

        def rebuilt(part):
            (latents,) = self.bundle.run(contract.STAGE_A_ENCODE, np.stack(part))
            return self.bundle.run(contract.STAGE_A_DECODE, latents)[:1]

        return self._in_batches(list(pixels), "Stage A", rebuilt)

    def through_all(self, pixels: np.ndarray, prompts: list[Prompt], seeds: list[int]) -> np.ndarray:
        """Encodes pixels [N,3,H,W] to Stage C latents by the compressor and decodes them by Stages B and A."""
        rows = list(zip(pixels, prompts, seeds, strict=True))
        return self._in_batches(rows, "reconstructions", lambda part: self._rebuilt(*zip(*part, strict=True)))

    def _rebuilt(self, pixels, prompts: list[Prompt], seeds: list[int]) -> Iterable[np.ndarray]:
        requests = [self.request(prompt.text, seed) for prompt, seed in zip(prompts, seeds, strict=True)]
        stage_c_latents = self.stage_c_latents(np.stack(pixels))
        generators = [torch.Generator("cpu").manual_seed(request.seed) for request in requests]
        latents = self.bundle.stage_b_latents(requests, stage_c_latents, generators)
        return self.bundle.run(contract.STAGE_A_DECODE, latents)[:1]

    def image_to_image(
        self, pixels: np.ndarray, prompts: list[Prompt], seeds: list[int], strength: float
    ) -> np.ndarray:
        """Noises the Stage C latents of pixels [N,3,H,W] to the strength and denoises them with the prompts."""
        rows = list(zip(pixels, prompts, seeds, strict=True))

        def drawn(part):
            given, texts, numbers = zip(*part, strict=True)
            requests = [self.request(prompt.text, seed) for prompt, seed in zip(texts, numbers, strict=True)]
            start = self.stage_c_latents(np.stack(given)), strength
            return [picture.pixels for picture in self.bundle.generate_batch(requests, start)]

        return self._in_batches(rows, f"image-to-image at {strength}", drawn)

    def half_way(self, prompts: list[Prompt], seeds: list[int]) -> np.ndarray:
        """Returns the clean latents [N,C,h,w] that Stage C predicts after half of its steps."""
        requests = [self.request(prompt.text, seed) for prompt, seed in zip(prompts, seeds, strict=True)]
        steps = self.settings["stage_c_steps"]
        return self._in_batches(
            requests, "previews", lambda part: [self.bundle.predicted_stage_c_latents(part, max(1, steps // 2))]
        )

    def stage_c_latents(self, pixels: np.ndarray) -> np.ndarray:
        """Encodes pictures [N,3,H,W] to Stage C latents."""
        (semantic,) = self.bundle.run(contract.SEMANTIC_COMPRESSOR, self.compressor_view(pixels))
        scales = self.bundle.manifest["scales"]
        # The bundle's Stage B takes Stage C latents; the compressor's output has the semantic scale.
        return ((semantic + scales["latent_std"]) / scales["latent_mean"]).astype(np.float32)

    def compressor_view(self, pixels: np.ndarray) -> np.ndarray:
        """Resizes pictures to the compressor's training size, bilinear with antialiasing."""
        scale = self.bundle.manifest["geometry"]["compressor_scale"]
        return resized(pixels, tuple(round(side * scale) for side in pixels.shape[2:]))

    def _in_batches(self, rows: list, what: str, run: Callable[[list], Iterable[np.ndarray]]) -> np.ndarray:
        countdown, found = Countdown(what, len(rows), self.say), []
        for start in range(0, len(rows), BATCH):
            found += run(rows[start : start + BATCH])
            countdown.add(len(rows[start : start + BATCH]))
        return np.concatenate(found)


def resized(pixels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resizes pictures [N,3,H,W], bilinear with antialiasing."""
    if tuple(pixels.shape[2:]) == tuple(size):
        return pixels
    tensor = torch.from_numpy(np.ascontiguousarray(pixels))
    return F.interpolate(tensor, size=size, mode="bilinear", antialias=True).clamp(0, 1).numpy()
