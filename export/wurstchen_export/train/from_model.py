"""Converts a model to the parts from which training continues: the inverse of `model`.

After `restore`, a bundle is enough to continue training. Only models with this training's sizes and settings are
accepted; the parts compute the same as the model.
"""

import argparse
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from wurstchen_export.errors import ExportError
from wurstchen_export.model.source import Source
from wurstchen_export.model.weights import injections
from wurstchen_export.train import stage_a, stage_b, stage_c
from wurstchen_export.train.dataset.caption_table import open_vocabulary
from wurstchen_export.train.engine.parts import save_part
from wurstchen_export.train.model import LATENT_DIM_SCALE, RESOLUTION_MULTIPLE
from wurstchen_export.train.text import TextSide


@dataclass(frozen=True)
class Part:
    """A module with its weights and its configuration."""

    module: nn.Module
    architecture: dict


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", type=Path, required=True, help="model folder, of `restore` or `train model`")
    parser.add_argument("--out", type=Path, required=True, help="folder for the parts, new or empty")
    parser.add_argument(
        "--data", type=Path, help="training data to go on with: checks that its tokenizer is the model's"
    )


@torch.no_grad()
def run(args: argparse.Namespace) -> Path:
    """Writes the parts; returns their folder. Raises ExportError for a model that cannot be trained further."""
    if args.out.exists() and (not args.out.is_dir() or any(args.out.iterdir())):
        raise ExportError(f"--out {args.out} is not empty; name a new or an empty folder")
    source = Source.find(args.model)
    _check_settings(source)
    _check_tokenizers(source, args.data)
    parts = taken_apart(source)
    args.out.mkdir(parents=True, exist_ok=True)
    for name, part in parts.items():
        save_part(args.out, name, part.module, part.architecture)
    return args.out


def taken_apart(source: Source) -> dict[str, Part]:
    """Returns the parts by name; modifies the source's Stage B."""
    config = source.compressor.config
    parts = {
        "a": _stage(source.stage_a, stage_a.build, source.stage_b_folder / "vqgan", A_ARGUMENTS),
        "compressor": Part(source.compressor, config),
        "b": _stage(source.stage_b, stage_b.build, source.stage_b_folder / "decoder", B_ARGUMENTS),
        "text_b": _text(source.text_encoder_b, source.stage_b_folder / "text_encoder"),
        "c": _stage(source.stage_c, stage_c.build, source.stage_c_folder / "prior", C_ARGUMENTS),
        "text_c": _text(source.text_encoder_c, source.stage_c_folder / "text_encoder"),
    }
    stage_b.unfold_semantic_scale(source.stage_b, config["latent_mean"], config["latent_std"])
    _even_out(source.stage_b)
    return parts


A_ARGUMENTS = {"width": "embed_dim", "bottleneck_blocks": "bottleneck_blocks", "codes": "num_vq_embeddings"}
B_ARGUMENTS = {"widths": "c_hidden", "blocks": "blocks", "text_width": "clip_embd", "cond_width": "c_cond"}
C_ARGUMENTS = {"width": "c", "depth": "depth", "heads": "nhead", "text_width": "c_cond"}
"""What the training calls the sizes, and what the reference does."""


def _stage(module: nn.Module, build: Callable[..., nn.Module], folder: Path, arguments: dict[str, str]) -> Part:
    architecture = {ours: module.config[theirs] for ours, theirs in arguments.items()}
    expected = {name: value for name, value in build(**architecture).config.items() if not name.startswith("_")}
    _check_config(folder, {name: module.config[name] for name in expected}, expected)
    return Part(module, architecture)


def _check_config(folder: Path, found: dict, expected: dict) -> None:
    for name, value in expected.items():
        if _plain(found[name]) != _plain(value):
            raise ExportError(
                f"{folder}/config.json: {name} is {_plain(found[name])}, training makes {_plain(value)} and cannot go"
                " on from anything else"
            )


def _plain(value):
    return list(value) if isinstance(value, (list, tuple)) else value


def _text(encoder: nn.Module, folder: Path) -> Part:
    """Returns the text encoder of training; its weights have the names of transformers before release 5."""
    config = encoder.config
    state = {name.removeprefix("text_model."): value for name, value in encoder.state_dict().items()}
    state = {f"text_model.{name}": value for name, value in state.items() if not name.endswith("position_ids")}
    architecture = {
        "tokens": config.vocab_size,
        "width": config.hidden_size,
        "layers": config.num_hidden_layers,
        "length": _distinct(state["text_model.embeddings.position_embedding.weight"]),
    }
    text = TextSide(**architecture)
    _check_config(folder, {name: getattr(config, name) for name in text.settings()}, text.settings())
    text.load_state_dict(state)
    return Part(text.eval(), architecture)


def _distinct(positions: torch.Tensor) -> int:
    """Returns the number of distinct positions: equal ones at the end count as one."""
    differing = (positions != positions[-1]).any(dim=1).nonzero()
    return int(differing[-1]) + 2 if len(differing) else 1


def _even_out(decoder: nn.Module) -> None:
    """Scales down mappers with weights above 1, and scales up the columns that read their output.

    A restored mapper is the identity on semantic latents and therefore multiplies by latent_mean: at that scale, a step
    of the optimizer would change its output far more than other inputs. The factors are powers of two, so that nothing
    is rounded.
    """
    scales = {
        mapper: 2.0 ** max(0, math.ceil(math.log2(mapper.weight.abs().max().clamp(min=1e-9))))
        for _, mapper in injections(decoder)
    }
    for block, mapper in injections(decoder):
        block.channelwise[0].weight[:, -mapper.out_channels :] *= scales[mapper]
    for mapper, scale in scales.items():
        mapper.weight /= scale
        mapper.bias /= scale


def _check_settings(source: Source) -> None:
    if source.compressor is None:
        raise ExportError(
            f"{source.stage_c_folder.parent} has no folder compressor: training goes on with the model's own"
            " compressor only"
        )
    config = source.compressor.config
    expected = {"latent_mean": config["latent_mean"], "latent_std": config["latent_std"]}
    expected |= {"resolution_multiple": RESOLUTION_MULTIPLE, "latent_dim_scale": LATENT_DIM_SCALE}
    for name, value in expected.items():
        if source.pipeline_settings[name] != value:
            raise ExportError(
                f"{name} of the pipelines is {source.pipeline_settings[name]}, training makes {value} and cannot go on"
                " from anything else"
            )


def _check_tokenizers(source: Source, data: Path | None) -> None:
    """Checks that both tokenizers are equal, and equal to the one of the data: equal sizes are not sufficient."""
    folders = (source.stage_c_folder / "tokenizer", source.stage_b_folder / "tokenizer")
    known = [json.loads((folder / "vocab.json").read_text(encoding="utf-8")) for folder in folders]
    if known[0] != known[1]:
        raise ExportError(
            f"{folders[0]} and {folders[1]} differ in vocab.json: training has one tokenizer for both sides"
        )
    for folder, encoder in zip(folders, (source.text_encoder_c, source.text_encoder_b), strict=True):
        if len(known[0]) != encoder.config.vocab_size:
            raise ExportError(
                f"{folder}/vocab.json has {len(known[0])} tokens, its text encoder {encoder.config.vocab_size}:"
                " they must agree"
            )
    if data is not None and open_vocabulary(data).ids != known[0]:
        raise ExportError(
            f"the tokenizer in {data} is not the model's: put the files of {folders[0]} into the folder `tokenizer` of"
            " the training data (and pack it again)"
        )
