"""Assembles the trained parts to a model in the layout of the published ones.

OUT/prior and OUT/decoder are diffusers pipelines (model_index.json and components), OUT/compressor is ours.
"""

import argparse
import os
import shutil
from pathlib import Path

import torch
from diffusers import DDPMWuerstchenScheduler

from wurstchen_export.model.classes import wuerstchen
from wurstchen_export.train import stage_b, stage_c
from wurstchen_export.train.dataset.caption_table import open_tokenizer
from wurstchen_export.train.engine.parts import load_part
from wurstchen_export.train.stage_a import load_stage_a
from wurstchen_export.train.stage_b import load_compressor
from wurstchen_export.train.text import TextSide, text_architecture

# Of the published pipelines; the miniature keeps them: 256 px has 6x6 Stage C latents and 64x64 Stage B latents.
RESOLUTION_MULTIPLE = 42.67
LATENT_DIM_SCALE = 10.67

STAGES = {"b": stage_b.build, "c": stage_c.build}


def add_options(parser: argparse.ArgumentParser) -> None:
    add_part_options(parser)
    parser.add_argument("--out", type=Path, required=True, help="model folder; replaced when it exists")


def add_part_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, help="training data, folder or packed (for the tokenizer)")
    parser.add_argument("--parts", type=Path, required=True, help="folder with the trained parts")


def load_stage(folder: Path, name: str, build) -> torch.nn.Module:
    """The reference's class for Stage B or C with a part's weights, in evaluation mode."""
    state, architecture = load_part(folder, name)
    stage = build(**architecture)
    stage.load_state_dict(state)
    return stage.eval()


def load_text(folder: Path, name: str, tokens: int) -> TextSide:
    """Returns a trained text encoder in evaluation mode; tokens: size of the tokenizer's vocabulary."""
    text = TextSide(**text_architecture(folder, name, tokens))
    text.load_state_dict(load_part(folder, name)[0])
    return text.eval()


class TrainedParts:
    """The averaged weights of the three stages, in evaluation mode, with the reference's own attention."""

    def __init__(self, args: argparse.Namespace):
        self.tokenizer = open_tokenizer(args.data)
        self.vqgan = load_stage_a(args.parts, "cpu")
        self.compressor = load_compressor(args.parts, "cpu")
        self.text_b, self.text_c = (load_text(args.parts, name, len(self.tokenizer)) for name in ("text_b", "text_c"))
        self.decoder, self.prior = (load_stage(args.parts, name, build) for name, build in STAGES.items())
        scales = {name: self.compressor.config[name] for name in ("latent_mean", "latent_std")}
        stage_b.fold_semantic_scale(self.decoder, **scales)

    def prior_pipeline(self):
        """A WuerstchenPriorPipeline."""
        return wuerstchen().WuerstchenPriorPipeline(
            tokenizer=self.tokenizer,
            text_encoder=self.text_c.published(self.tokenizer),
            prior=self.prior,
            scheduler=DDPMWuerstchenScheduler(),
            latent_mean=self.compressor.config["latent_mean"],
            latent_std=self.compressor.config["latent_std"],
            resolution_multiple=RESOLUTION_MULTIPLE,
        )

    def decoder_pipeline(self):
        """A WuerstchenDecoderPipeline."""
        return wuerstchen().WuerstchenDecoderPipeline(
            tokenizer=self.tokenizer,
            text_encoder=self.text_b.published(self.tokenizer),
            decoder=self.decoder,
            scheduler=DDPMWuerstchenScheduler(),
            vqgan=self.vqgan,
            latent_dim_scale=LATENT_DIM_SCALE,
        )


def run(args: argparse.Namespace) -> Path:
    """Writes the model folder atomically; returns it."""
    parts = TrainedParts(args)
    partial = args.out.with_name(args.out.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    parts.prior_pipeline().save_pretrained(partial / "prior")
    parts.decoder_pipeline().save_pretrained(partial / "decoder")
    parts.compressor.save_pretrained(partial / "compressor")
    shutil.rmtree(args.out, ignore_errors=True)
    os.replace(partial, args.out)
    return args.out
