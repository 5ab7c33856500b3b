"""Puts the trained parts together as a model in the layout of the published ones.

OUT/prior and OUT/decoder are diffusers pipelines (model_index.json and components), OUT/compressor is ours.
"""

import argparse
import os
import shutil
from pathlib import Path

import torch
from diffusers import DDPMWuerstchenScheduler

from ..compressor import SemanticCompressor
from ..wuerstchen_classes import clip_tokenizer, wuerstchen
from . import stage_b, stage_c
from .text import TextSide

# Of the published pipelines; the miniature keeps them: 256 px has 6x6 Stage C latents and 64x64 Stage B latents.
RESOLUTION_MULTIPLE = 42.67
LATENT_DIM_SCALE = 10.67


def add_options(parser: argparse.ArgumentParser) -> None:
    add_part_options(parser)
    parser.add_argument("--out", type=Path, required=True, help="model folder; replaced when it exists")


def add_part_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, help="folder that `train data` wrote (for the tokenizer)")
    parser.add_argument("--stage-a", type=Path, required=True, help="folder that stage-a trained in")
    parser.add_argument("--stage-b", type=Path, required=True, help="folder that stage-b trained in")
    parser.add_argument("--stage-c", type=Path, required=True, help="folder that stage-c trained in")


class TrainedParts:
    """The averaged weights of the three stages, in evaluation mode, with the reference's own attention."""

    def __init__(self, args: argparse.Namespace):
        self.tokenizer = clip_tokenizer().from_pretrained(args.data / "tokenizer")
        self.vqgan = wuerstchen().PaellaVQModel.from_pretrained(args.stage_a / "vqgan").eval()
        b = torch.load(args.stage_b / "averaged.pt", weights_only=True)
        self.compressor = SemanticCompressor.from_pretrained(args.stage_b / "compressor")
        self.text_b = TextSide.from_state(self.tokenizer, b["text"], b["text_length"])
        self.decoder = stage_b.build(**b["architecture"])
        self.decoder.load_state_dict(b["decoder"])
        scales = {name: self.compressor.config[name] for name in ("latent_mean", "latent_std")}
        stage_b.fold_semantic_scale(self.decoder.eval(), **scales)
        c = torch.load(args.stage_c / "averaged.pt", weights_only=True)
        self.text_c = TextSide.from_state(self.tokenizer, c["text"], c["text_length"])
        self.prior = stage_c.build(**c["architecture"])
        self.prior.load_state_dict(c["prior"])
        self.prior.eval()

    def prior_pipeline(self):
        """A WuerstchenPriorPipeline."""
        return wuerstchen().WuerstchenPriorPipeline(
            tokenizer=self.tokenizer,
            text_encoder=self.text_c.encoder,
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
            text_encoder=self.text_b.encoder,
            decoder=self.decoder,
            scheduler=DDPMWuerstchenScheduler(),
            vqgan=self.vqgan,
            latent_dim_scale=LATENT_DIM_SCALE,
        )


def run(args: argparse.Namespace) -> Path:
    """Writes the model folder, whole or not at all; returns it."""
    parts = TrainedParts(args)
    partial = args.out.with_name(args.out.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    parts.prior_pipeline().save_pretrained(partial / "prior")
    parts.decoder_pipeline().save_pretrained(partial / "decoder")
    parts.compressor.save_pretrained(partial / "compressor")
    shutil.rmtree(args.out, ignore_errors=True)
    os.replace(partial, args.out)
    return args.out
