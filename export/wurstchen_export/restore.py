"""Turns a bundle back into the model it was exported from, as diffusers lays it out, ready to train on or to export.

The exporter rearranges the weights: it transposes and stacks them, and folds some into others. How, is read out of the
exporter itself: the model is filled with numbers that say where they stand, the exporter's modules are built from it,
and where each number comes out is where the bundle holds that weight. Of what is folded no single original is left;
the model gets one that computes the same (``neutral``): its mapper of the semantic latents is the identity, its response
norms have no offset and its batch norms change nothing.

Afterwards the restored model is exported in memory and every weight is compared with the bundle's.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterator

import torch
from torch import Tensor, nn

from wurstchen_export import contract, manifest, wrappers
from wurstchen_export.bundle_weights import GraphWeights
from wurstchen_export.errors import ExportError
from wurstchen_export.runtime import Bundle
from wurstchen_export.source import COMPRESSOR_FOLDER, Source
from wurstchen_export.weights import injections
from wurstchen_export.wuerstchen_classes import wuerstchen

GRAPHS = {
    "text_encoder_c": (contract.TEXT_ENCODER_C,),
    "text_encoder_b": (contract.TEXT_ENCODER_B,),
    "stage_c": (contract.STAGE_C_CONDITION, contract.STAGE_C_STEP),
    "stage_b": (contract.STAGE_B_CONDITION, contract.STAGE_B_STEP),
    "stage_a": (contract.STAGE_A_DECODE, contract.STAGE_A_ENCODE),
    "compressor": (contract.SEMANTIC_COMPRESSOR,),
}
"""Which graphs hold a part's weights; the parts are those of Source."""

FIRST_PLACE = 1024
"""Places count from here, so that none is taken for a constant of the exporter's (those are from 0 to 1)."""


def restore(folder: Path, out: Path, progress: Callable[[str], None] = print) -> None:
    """Writes the model in the bundle ``folder`` to ``out``, whole or not at all.

    Takes the memory of the model in float32 and seven times that of its largest part. Raises ExportError when the
    bundle is damaged, was written before the manifest held the model's configuration, or when ``out`` is not empty.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ExportError(f"--out {out} is not empty; name a new or an empty folder")
    bundle = Bundle(folder)
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
    """The files are those of the manifest, and it tells enough."""
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
            raise ExportError(f"{path} is not the file that {manifest.MANIFEST} lists: copy it again, or export it again")


def _described(bundle: Bundle, staging: Path) -> Source:
    """Writes everything but the weights; returns the model with the weights that its classes start with."""
    found = bundle.manifest["configs"]
    has_compressor = contract.SEMANTIC_COMPRESSOR in bundle.manifest["graphs"]
    for path in manifest.CONFIGS:
        if path.startswith(COMPRESSOR_FOLDER) and not has_compressor:
            continue
        if path not in found:
            raise ExportError(f"{bundle.folder}/{manifest.MANIFEST}: configs lack {path}; export the bundle again")
        (staging / path).parent.mkdir(parents=True, exist_ok=True)
        content = dict(found[path])
        if path.endswith("model_index.json"):
            # Of a text encoder with a projection the bundle has only what is used: the encoder.
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
            # Source would load the part from its folder, where there are no weights yet.
            vars(source)[part] = _made(make, part).float().eval()
    return source


def _classes(configs: dict[str, dict], staging: Path) -> dict[str, Callable[[], nn.Module]]:
    from transformers import CLIPTextConfig, CLIPTextModel

    from wurstchen_export.compressor import SemanticCompressor

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
    torch.manual_seed(0)  # what no graph holds is at least the same every time
    try:
        return make()
    except Exception as error:  # whatever a wrong configuration makes the libraries raise
        raise ExportError(f"cannot build {part} from the manifest's configs: {error}") from error


def _restore_part(bundle: Bundle, source: Source, part: str, graphs: tuple[str, ...]) -> list[str]:
    """Fills one part of the model; returns the names of weights that no graph holds."""
    model = getattr(source, part)
    weights = {name: GraphWeights(bundle.folder, contract.graphs(source.architecture)[name]) for name in graphs}
    kept = {name: tensor.clone() for name, tensor in _weights(model)}
    places = _Places(model)
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
    """The exporter's module of each graph, from the model as it is now, and what the bundle holds for it."""
    content = bundle.manifest
    builders = wrappers.builders(source, "fp32", keep_apart=content["weights"] != content["precision"])
    for name, graph in weights.items():
        module = builders[name]().module
        yield module, graph.of(module)


def _compare(part: str, bundle: Bundle, module: nn.Module, found: dict[str, Tensor]) -> None:
    computes_in_half = bundle.manifest["precision"] == "fp16"
    for name, tensor in module.state_dict().items():
        if name in found:
            same = tensor.half().float() if computes_in_half and not name.endswith("frequencies") else tensor
            expected = found[name].half().float() if computes_in_half else found[name]
            if not torch.equal(same, expected):
                raise ExportError(f"{part}: {name} does not come out of the restored model as the bundle has it")


@dataclass(frozen=True)
class _Place:
    """Where a weight's elements stand in the row of all elements; fixed ones were set to do nothing."""

    weight: Tensor
    first: int
    fixed: bool


class _Places:
    """A model filled with the places of its own elements, in float64, which holds them exactly."""

    def __init__(self, model: nn.Module):
        neutral = _neutral(model)
        model.double()
        self.model = model
        self.places: dict[str, _Place] = {}
        count = 0
        for name, tensor in _weights(model):
            self.places[name] = _Place(tensor, FIRST_PLACE + count, name in neutral)
            values = torch.arange(count, count + tensor.numel(), dtype=torch.float64) + FIRST_PLACE
            tensor.copy_(neutral[name] if name in neutral else values.view(tensor.shape))
            count += tensor.numel()
        self.values = torch.full((count,), float("nan"))
        self.neutral = neutral
        self.spare = _spare(model)

    def collect(self, module: nn.Module, found: dict[str, Tensor]) -> None:
        """Takes what the bundle holds for a module that the exporter built from the places."""
        for name, tensor in module.state_dict().items():
            if name not in found or tensor.dtype != torch.float64:
                continue
            at = tensor.round()
            if ((tensor - at).abs() > 1e-3).logical_and(tensor >= FIRST_PLACE).any():
                raise ExportError(f"{name} is computed from several weights: restoring it is not implemented")
            held = at >= FIRST_PLACE
            self.values[at[held].long() - FIRST_PLACE] = found[name][held]

    def fill(self, kept: dict[str, Tensor]) -> list[str]:
        """Gives the model, in float32 again, what was collected; what was not stays as in ``kept``."""
        absent = []
        for name, tensor in _weights(self.model):
            place = self.places[name]
            if place.fixed:
                tensor.copy_(self.neutral[name])
                continue
            first = place.first - FIRST_PLACE
            found = self.values[first : first + tensor.numel()].view(tensor.shape)
            known = ~found.isnan()
            tensor.copy_(torch.where(known, found, kept[name]))
            if not known.all() and name not in self.spare:
                absent.append(name if not known.any() else f"part of {name}")
        return absent


def _weights(model: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """Parameters and floating-point buffers, by name, to be read and written in place."""
    for name, tensor in (*model.named_parameters(), *model.named_buffers()):
        if tensor.is_floating_point():
            yield name, tensor.data


def _neutral(model: nn.Module) -> dict[str, Tensor]:
    """By name, what the weights are set to that the exporter folds into others."""
    names = {layer: name for name, layer in model.named_modules()}
    found = {}
    for layer, name in names.items():
        if type(layer).__name__ == "GlobalResponseNorm":
            found[f"{name}.beta"] = torch.zeros_like(layer.beta)
        children = list(layer.children()) if isinstance(layer, nn.Sequential) else []
        for before, after in zip(children, children[1:]):
            if isinstance(before, nn.Conv2d) and isinstance(after, nn.BatchNorm2d):
                found |= _neutral_norm(names[before], before, names[after], after)
    if type(model).__name__ == "WuerstchenDiffNeXt":
        for _, mapper in injections(model):
            found |= _identity(names[mapper], mapper)
    return {name: tensor.detach().double() for name, tensor in found.items()}


def _spare(model: nn.Module) -> set[str]:
    """Weights of which some read channels that a neutral mapper leaves at 0: any value will do, as in a new model."""
    if type(model).__name__ != "WuerstchenDiffNeXt":
        return set()
    names = {layer: name for name, layer in model.named_modules()}
    return {f"{names[block.channelwise[0]]}.weight" for block, _ in injections(model)}


def _neutral_norm(conv_name: str, convolution: nn.Conv2d, name: str, norm: nn.BatchNorm2d) -> dict[str, Tensor]:
    """A batch norm that only adds its offset."""
    ones = torch.ones_like(norm.running_mean)
    found = {
        f"{name}.weight": (ones.double() + norm.eps).sqrt(),
        f"{name}.running_var": ones,
        f"{name}.running_mean": torch.zeros_like(ones),
    }
    if convolution.bias is not None:
        found[f"{conv_name}.bias"] = torch.zeros_like(convolution.bias)
    return found


def _identity(name: str, mapper: nn.Conv2d) -> dict[str, Tensor]:
    """A mapper that passes the semantic latents on in its first channels, the rest being 0."""
    if mapper.out_channels < mapper.in_channels:
        raise ExportError(
            f"cannot restore {name}: it mapped {mapper.in_channels} channels of semantic latents to only"
            f" {mapper.out_channels}, and there is no identity between them"
        )
    weight = torch.eye(mapper.out_channels, mapper.in_channels).view(mapper.weight.shape)
    return {f"{name}.weight": weight, f"{name}.bias": torch.zeros_like(mapper.bias)}


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
