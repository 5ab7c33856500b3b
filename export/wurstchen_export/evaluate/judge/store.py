"""The judge as files: weights and classes from training, and the graph made of them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from wurstchen_export.errors import ExportError
from wurstchen_export.evaluate.judge.labels import Labels
from wurstchen_export.evaluate.judge.model import JudgeNet

WEIGHTS, LABELS, GRAPH = "judge.safetensors", "judge.json", "judge.onnx"


def save(folder: Path, net: JudgeNet, labels: Labels, accuracy: dict) -> None:
    """Writes judge.safetensors, in 16 bits, and judge.json; whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    state = {name: _stored(value) for name, value in net.state_dict().items() if value.is_floating_point()}
    partial = folder / f"{WEIGHTS}.partial"
    save_file(state, partial)
    partial.replace(folder / WEIGHTS)
    _write_json(folder, {"network": net.config, "accuracy": accuracy, **labels.as_json()})


def _stored(value: torch.Tensor) -> torch.Tensor:
    return value.detach().half().cpu().contiguous()


def _write_json(folder: Path, entry: dict) -> None:
    partial = folder / f"{LABELS}.partial"
    partial.write_text(json.dumps(entry, ensure_ascii=False) + "\n", encoding="utf-8")
    partial.replace(folder / LABELS)


def read_json(folder: Path) -> dict:
    """judge.json. Raises ExportError if there is none."""
    try:
        return json.loads((folder / LABELS).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ExportError(f"{folder} holds no {LABELS}: name a folder that `train judge` wrote") from None


def load(folder: Path) -> tuple[JudgeNet, Labels]:
    """What `save` wrote, in evaluation mode."""
    entry = read_json(folder)
    net = JudgeNet(**entry["network"])
    state = {name: value.float() for name, value in load_file(folder / WEIGHTS).items()}
    counters = {name: value for name, value in net.state_dict().items() if not value.is_floating_point()}
    net.load_state_dict(state | counters)
    return net.eval(), Labels.from_json(entry)


def write_graph(source: Path, target: Path) -> None:
    """Makes target/judge.onnx and judge.json from the weights in source; the json notes the graph's hash."""
    from wurstchen_export.evaluate.judge.graph import write

    net, _ = load(source)
    target.mkdir(parents=True, exist_ok=True)
    write(net, target / GRAPH)
    _write_json(target, read_json(source) | {"sha256": sha256(target / GRAPH)})


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
