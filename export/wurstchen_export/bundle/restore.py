"""Converts a bundle back into the model that it was exported from, in diffusers' layout, for training or export.

The exporter transposes, stacks and folds weights; places.py finds out how. Folded weights cannot be recovered one by
one, so the restored model has others that compute the same: its mapper of the semantic latents is the identity, its
response norms have no offset, its batch norms change nothing.

Afterwards the restored model is exported in memory, and every weight is compared with the bundle's.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Callable, Iterator

import torch
from torch import Tensor, nn

from wurstchen_export.bundle import manifest
from wurstchen_export.bundle.places import Places, weights_of
from wurstchen_export.bundle.runtime import Bundle
from wurstchen_export.bundle.weights import GraphWeights
from wurstchen_export.errors import ExportError
from wurstchen_export.families.wuerstchen_v2.family import CONFIGS
from wurstchen_export.graphs import contract, wrappers
from wurstchen_export.model.classes import wuerstchen
from wurstchen_export.model.source import COMPRESSOR_FOLDER, Source

GRAPHS = {
    "text_encoder_c": (contract.TEXT_ENCODER_C,),
    "text_encoder_b": (contract.TEXT_ENCODER_B,),
    "stage_c": (contract.STAGE_C_CONDITION, contract.STAGE_C_STEP),
    "stage_b": (contract.STAGE_B_CONDITION, contract.STAGE_B_STEP),
    "stage_a": (contract.STAGE_A_DECODE, contract.STAGE_A_ENCODE),
    "compressor": (contract.SEMANTIC_COMPRESSOR,),
}
"""By part (an attribute of Source): the graphs that contain its weights."""


def restore(folder: Path, out: Path, progress: Callable[[str], None] = print) -> None:
    """Writes the model of the bundle ``folder`` to ``out``, whole or not at all.

    Takes the memory of the model in float32 and seven times that of its largest part. Raises ExportError when the
    bundle is damaged, was written before the manifest held the model's configuration, or when ``out`` is not empty.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ExportError(f"--out {out} is not empty; name a new or an empty folder")
    bundle = Bundle(folder)
    if bundle.family.name != contract.FAMILY:
        raise ExportError(
            f"{folder} is of the family {bundle.family.name}, of which restore knows no way back:"
            f" it restores {contract.FAMILY}; use the model that the bundle was exported from"
        )
    _check(bundle)
    staging = out.absolute().parent / f".{out.name}.partial"
    shutil.rmtree(staging, ignore_errors=True)
    try:
        source = _described(bundle, staging)
        for part, names in GRAPHS.items():
            if names[0] in bundle.manifest["graphs"]:
                absent = _restore_part(bundle, source, part, names)
                progress(f"{part}: {_count(getattr(source, part)):,} parameters from {' and '.join(names)}")
                for name in absent:
                    progress(f"  not in the bundle, because no graph uses it: {name}")
        _save(source)
        if out.exists():
            out.rmdir()
        staging.rename(out)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    progress(f"wrote {out}")


def _check(bundle: Bundle) -> None:
    """Checks that the files match the manifest, and that it has the model's configuration."""
    if "configs" not in bundle.manifest:
        raise ExportError(
            f"{bundle.folder}/{manifest.MANIFEST} has no `configs`: the bundle was exported before they were kept;"
            " export it from its source again"
        )
    for entry in bundle.manifest["files"]:
        path = bundle.folder / entry["path"]
        if not path.is_file():
            raise ExportError(f"{path} is missing: copy the whole bundle, or export it again")
        if path.stat().st_size != entry["size"] or manifest.sha256(path) != entry["sha256"]:
            raise ExportError(
                f"{path} is not the file that {manifest.MANIFEST} lists: copy it again, or export it again"
            )


def _described(bundle: Bundle, staging: Path) -> Source:
    """Writes everything but the weights; returns the model with initial weights."""
    found = bundle.manifest["configs"]
    has_compressor = contract.SEMANTIC_COMPRESSOR in bundle.manifest["graphs"]
    for path in CONFIGS:
        if path.startswith(COMPRESSOR_FOLDER) and not has_compressor:
            continue
        if path not in found:
            raise ExportError(f"{bundle.folder}/{manifest.MANIFEST}: configs lack {path}; export the bundle again")
        (staging / path).parent.mkdir(parents=True, exist_ok=True)
        content = dict(found[path])
        if path.endswith("model_index.json"):
            # The bundle has text encoders without their projection, which is not used.
            content["text_encoder"] = ["transformers", "CLIPTextModel"]
        (staging / path).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    for pipeline, side in (("prior", "c"), ("decoder", "b")):
        folder = bundle.folder / bundle.manifest["tokenizers"][side]["folder"]
        (staging / pipeline / "tokenizer").mkdir()
        for name in manifest.TOKENIZER_FILES:
            if (folder / name).is_file():
                shutil.copyfile(folder / name, staging / pipeline / "tokenizer" / name)
    source = Source(staging / "prior", staging / "decoder", staging / COMPRESSOR_FOLDER if has_compressor else None)
    for part, make in _classes(found, staging).items():
        if part != "compressor" or has_compressor:
            # Set the part; Source would load it from its folder, which has no weights yet.
            vars(source)[part] = _made(make, part).float().eval()
    return source


def _classes(configs: dict[str, dict], staging: Path) -> dict[str, Callable[[], nn.Module]]:
    from transformers import CLIPTextConfig, CLIPTextModel

    from wurstchen_export.model.compressor import SemanticCompressor

    text = lambda side: CLIPTextModel(CLIPTextConfig.from_pretrained(staging / side / "text_encoder"))
    reference = wuerstchen()
    return {
        "text_encoder_c": lambda: text("prior"),
        "text_encoder_b": lambda: text("decoder"),
        "stage_c": lambda: reference.WuerstchenPrior.from_config(configs["prior/prior/config.json"]),
        "stage_b": lambda: reference.WuerstchenDiffNeXt.from_config(configs["decoder/decoder/config.json"]),
        "stage_a": lambda: reference.PaellaVQModel.from_config(configs["decoder/vqgan/config.json"]),
        "compressor": lambda: SemanticCompressor(**configs["compressor/config.json"]),
    }


def _made(make: Callable[[], nn.Module], part: str) -> nn.Module:
    torch.manual_seed(0)  # weights that no graph contains are the same in every run
    try:
        return make()
    except Exception as error:  # the libraries raise many types for wrong configurations
        raise ExportError(f"cannot build {part} from the manifest's configs: {error}") from error


def _restore_part(bundle: Bundle, source: Source, part: str, graphs: tuple[str, ...]) -> list[str]:
    """Fills one part of the model; returns the names of weights that no graph contains."""
    model = getattr(source, part)
    weights = {name: GraphWeights(bundle.folder, contract.graphs(source.architecture)[name]) for name in graphs}
    kept = {name: tensor.clone() for name, tensor in weights_of(model)}
    places = Places(model)
    for module, found in _modules(bundle, source, weights):
        places.collect(module, found)
    model.float()
    absent = places.fill(kept)
    for module, found in _modules(bundle, source, weights):
        _compare(part, bundle, module, found)
    return absent


def _modules(
    bundle: Bundle, source: Source, weights: dict[str, GraphWeights]
) -> Iterator[tuple[nn.Module, dict[str, Tensor]]]:
    """Yields the exporter's module of each graph, built from the present model, and the bundle's weights for it."""
    content = bundle.manifest
    builders = wrappers.builders(source, "fp32", keep_apart=content["weights"] != content["precision"])
    for name, graph in weights.items():
        module = builders[name]().module
        yield module, graph.of(module)


def _compare(part: str, bundle: Bundle, module: nn.Module, found: dict[str, Tensor]) -> None:
    if bundle.manifest["precision"] == "fp16":
        module = wrappers.in_half(module)
    for name, tensor in module.state_dict().items():
        if name in found and not torch.equal(tensor, found[name].to(tensor.dtype)):
            raise ExportError(f"{part}: {name} does not come out of the restored model as the bundle has it")


def _save(source: Source) -> None:
    for part, folder in {
        "text_encoder_c": source.stage_c_folder / "text_encoder",
        "text_encoder_b": source.stage_b_folder / "text_encoder",
        "stage_c": source.stage_c_folder / "prior",
        "stage_b": source.stage_b_folder / "decoder",
        "stage_a": source.stage_b_folder / "vqgan",
        "compressor": source.compressor_folder,
    }.items():
        if folder is not None:
            getattr(source, part).save_pretrained(folder)


def _count(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())
