"""Fits the linear projections from latents to small preview pictures.

A projection maps the 3x3 neighbourhood of a cell of the latents (the edge is repeated) to the pixels of that cell:
8 x 8 for Stage C, 1 x 1 for Stage B. It is the least-squares solution over random training pictures, whose latents come
from the compressor and from Stage A's encoder. ``previews.safetensors`` of the bundle holds, for each stage,

- ``stage_c.weight`` float32 [3 * 8 * 8, 16 * 9]: rows colour, y, x; columns channel, y, x of the neighbourhood;
- ``stage_c.bias`` float32 [3 * 8 * 8];

and the manifest's ``previews`` holds the file's name and the PSNR of the previews of held-out renders.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import load_file, save_file

from wurstchen_export.bundle import manifest
from wurstchen_export.bundle.runtime import Bundle
from wurstchen_export.errors import ExportError
from wurstchen_export.evaluate.measures import psnr
from wurstchen_export.evaluate.pictures import Painter, resized
from wurstchen_export.graphs import contract

FILE = "previews.safetensors"
NEIGHBOURS = 3
CELL_PIXELS = {"stage_c": 8, "stage_b": 1}
PICTURES, BATCH, SEED = 4096, 32, 0
RIDGE = 1e-5
"""Weight of the penalty on large weights, for a mean square of 1 of every feature."""


@dataclass(frozen=True)
class Projection:
    """weight [3 * pixels * pixels, channels * 9], bias [3 * pixels * pixels]; float32."""

    weight: np.ndarray
    bias: np.ndarray

    def show(self, latents: np.ndarray) -> np.ndarray:
        """Latents [B,C,h,w] as pictures [B,3,h*pixels,w*pixels] in [0,1]."""
        images, _, height, width = latents.shape
        pixels = round((len(self.bias) / 3) ** 0.5)
        cells = (features(latents) @ self.weight.T + self.bias).reshape(images, height, width, 3, pixels, pixels)
        picture = cells.transpose(0, 3, 1, 4, 2, 5).reshape(images, 3, height * pixels, width * pixels)
        return picture.clip(0, 1).astype(np.float32)


def features(latents: np.ndarray) -> np.ndarray:
    """Returns the neighbourhood of every cell, [B,C,h,w] to [B*h*w,C*9]."""
    padded = F.pad(torch.from_numpy(np.ascontiguousarray(latents)), (1, 1, 1, 1), mode="replicate")
    unfolded = F.unfold(padded, NEIGHBOURS)
    return unfolded.transpose(1, 2).reshape(-1, unfolded.shape[1]).numpy()


class Fit:
    """Accumulates the normal equations of a least-squares problem over batches of pictures."""

    def __init__(self, pixels: int):
        self.pixels = pixels
        self.squares: np.ndarray | float = 0.0
        self.products: np.ndarray | float = 0.0
        self.rows = 0

    def add(self, latents: np.ndarray, pixels: np.ndarray) -> None:
        height, width = (side * self.pixels for side in latents.shape[2:])
        wanted = torch.from_numpy(resized(pixels, (height, width)))
        cells = wanted.unfold(2, self.pixels, self.pixels).unfold(3, self.pixels, self.pixels)
        cells = cells.permute(0, 2, 3, 1, 4, 5).reshape(-1, 3 * self.pixels**2).numpy().astype(np.float64)
        known = features(latents).astype(np.float64)
        known = np.concatenate([known, np.ones((len(known), 1))], 1)
        self.squares = self.squares + known.T @ known
        self.products = self.products + known.T @ cells
        self.rows += len(known)

    def solve(self) -> Projection:
        ridge = RIDGE * self.rows * np.eye(len(self.squares))
        solution = np.linalg.solve(self.squares + ridge, self.products).astype(np.float32).T
        return Projection(np.ascontiguousarray(solution[:, :-1]), np.ascontiguousarray(solution[:, -1]))


def latents_of(painter: Painter, pixels: np.ndarray) -> dict[str, np.ndarray]:
    """Returns the latents of these pictures for both stages."""
    (stage_b,) = painter.bundle.run(contract.STAGE_A_ENCODE, pixels)
    return {"stage_c": painter.stage_c_latents(pixels), "stage_b": stage_b}


def fit(painter: Painter, pictures, count: int = PICTURES, seed: int = SEED) -> dict[str, Projection]:
    """pictures: train.dataset.pictures.Pictures; held-out ones are not used."""
    from wurstchen_export.train.dataset.pool import PictureSource

    fits = {stage: Fit(pixels) for stage, pixels in CELL_PIXELS.items()}
    source = PictureSource(pictures, 1.0)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for start in range(0, count, BATCH):
            drawn, _ = source.pixels(*source.draw(min(BATCH, count - start)))
            pixels = resized(drawn.numpy(), painter.size)
            for stage, latents in latents_of(painter, pixels).items():
                fits[stage].add(latents, pixels)
    return {stage: one.solve() for stage, one in fits.items()}


def errors(painter: Painter, renders: np.ndarray, projections: dict[str, Projection]) -> dict[str, float]:
    """Returns the PSNR in dB of the previews of renders against the renders at the previews' size."""
    found = {}
    for stage, latents in latents_of(painter, renders).items():
        shown = projections[stage].show(latents)
        found[stage] = psnr(shown, resized(renders, shown.shape[2:]))
    return found


def read(bundle: Bundle) -> dict[str, Projection] | None:
    """Returns the bundle's projections, or None."""
    entry = bundle.manifest.get("previews")
    if entry is None:
        return None
    tensors = load_file(bundle.folder / entry["file"])
    return {stage: Projection(tensors[f"{stage}.weight"], tensors[f"{stage}.bias"]) for stage in CELL_PIXELS}


def write(folder: Path, projections: dict[str, Projection], measured: dict[str, float]) -> None:
    """Writes the file into the bundle and adds it to the manifest."""
    tensors = {}
    for stage, projection in projections.items():
        tensors |= {f"{stage}.weight": projection.weight, f"{stage}.bias": projection.bias}
    save_file(tensors, folder / FILE)
    content = Bundle(folder).manifest
    stages = {stage: {"cell_pixels": CELL_PIXELS[stage], "psnr": round(measured[stage], 2)} for stage in projections}
    listed = [entry for entry in content["files"] if entry["path"] != FILE]
    entry = {"path": FILE, "size": (folder / FILE).stat().st_size, "sha256": manifest.sha256(folder / FILE)}
    content["files"] = sorted([*listed, entry], key=lambda file: file["path"])
    manifest.write(folder, {**content, "previews": {"file": FILE, **stages}})


def main(folder: Path, data: Path, pictures: int = PICTURES, threads: int = 0, say: Callable[[str], None] = print) -> None:
    """Fits the projections of a bundle and adds them to it."""
    from wurstchen_export.evaluate.judge.labels import Labels
    from wurstchen_export.evaluate.renders import Renders
    from wurstchen_export.train.dataset.pictures import Pictures

    painter = Painter(Bundle(folder, threads=threads), say)
    if contract.SEMANTIC_COMPRESSOR not in painter.bundle.manifest["graphs"]:
        raise ExportError(f"{folder} has no {contract.SEMANTIC_COMPRESSOR}: previews are fitted to what it encodes")
    renders = Renders(data, Labels.of(Pictures(data, None)), painter.size)
    projections = fit(painter, renders.pictures, pictures)
    measured = errors(painter, renders.drawn(renders.held_out(), SEED), projections)
    write(folder, projections, measured)
    for stage, value in measured.items():
        count = projections[stage].weight.size + projections[stage].bias.size
        say(f"{stage}: {count:,} numbers, {value:.2f} dB on held-out renders")
    say(f"wrote {folder / FILE} and {folder / manifest.MANIFEST}")
