"""The trained judge, run with ONNX Runtime."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
import torch

from wurstchen_export.errors import ExportError
from wurstchen_export.evaluate.judge import store
from wurstchen_export.evaluate.judge.labels import Labels
from wurstchen_export.evaluate.judge.model import view

FOLDER = Path(__file__).parent
TOP = 5
BATCH = 32


@dataclass(frozen=True)
class Verdict:
    """What the judge takes one picture for: emoji, the likeliest first, its style and its background."""

    emoji: tuple[str, ...]
    style: str
    background: str


class Judge:
    """judge.onnx and judge.json of a folder; by default the one that this package brings."""

    def __init__(self, folder: Path = FOLDER, threads: int = 0):
        """Raises ExportError when the folder holds no judge, or when the two files do not belong together."""
        entry = store.read_json(Path(folder))
        graph = Path(folder) / store.GRAPH
        if not graph.exists():
            raise ExportError(f"{folder} holds no {store.GRAPH}: write it with `train judge-onnx`")
        found = store.sha256(graph)
        if found != entry.get("sha256"):
            raise ExportError(
                f"{graph} has SHA-256 {found}, but its {store.LABELS} is of {entry.get('sha256')}:"
                " write both with `train judge-onnx`"
            )
        self.labels = Labels.from_json(entry)
        self.accuracy: dict = entry["accuracy"]
        self._side = entry["network"]["side"]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self._session = onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])

    def verdicts(self, pixels: np.ndarray) -> list[Verdict]:
        """pixels: float32 [B,3,height,width] in [0,1]."""
        return [self._verdict(*rows) for rows in zip(*self.scores(pixels), strict=True)]

    def scores(self, pixels: np.ndarray) -> list[np.ndarray]:
        """pixels: float32 [B,3,height,width] in [0,1]. Scores of emoji, styles and backgrounds, [B,classes] each."""
        parts = torch.from_numpy(np.ascontiguousarray(pixels)).split(BATCH)
        found = [self._session.run(None, {"pixels": view(part, self._side).numpy()}) for part in parts]
        return [np.concatenate(rows) for rows in zip(*found, strict=True)]

    def _verdict(self, emoji: np.ndarray, style: np.ndarray, background: np.ndarray) -> Verdict:
        best = np.argsort(-emoji, kind="stable")[:TOP]
        return Verdict(
            tuple(self.labels.emoji[i] for i in best),
            self.labels.styles[int(style.argmax())],
            self.labels.backgrounds[int(background.argmax())],
        )
