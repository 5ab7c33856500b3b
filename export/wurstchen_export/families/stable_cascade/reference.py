"""Whole runs of the reference: diffusers' two pipelines, in float32 on the CPU.

Chained as its combined pipeline does, which hands the prior's pooled embeddings to the decoder. That one drops the
folders' settings, and fails when only Stage B is guided, because it has no negative embeddings then.
"""

from __future__ import annotations

from typing import Any

import torch
from PIL import Image

from wurstchen_export.families.family import Picture, PictureRequest
from wurstchen_export.families.stable_cascade.source import FEATURE_EXTRACTOR, CascadeSource


class Pipelines:
    """Both pipelines of a source's components."""

    def __init__(self, source: CascadeSource):
        from diffusers import StableCascadeDecoderPipeline, StableCascadePriorPipeline, logging
        from transformers import CLIPImageProcessor

        logging.set_verbosity_error()  # it warns about every truncated prompt
        settings, extractor = source.pipeline_settings, source.stage_c_folder / FEATURE_EXTRACTOR
        text = {"tokenizer": source.tokenizer, "text_encoder": source.text_encoder}
        self.prior = StableCascadePriorPipeline(
            **text,
            prior=source.stage_c,
            scheduler=source.scheduler_c,
            resolution_multiple=settings["resolution_multiple"],
            feature_extractor=CLIPImageProcessor.from_pretrained(extractor.parent) if extractor.exists() else None,
            image_encoder=source.image_encoder,
        )
        self.decoder = StableCascadeDecoderPipeline(
            **text,
            decoder=source.stage_b,
            scheduler=source.scheduler_b,
            vqgan=source.stage_a,
            latent_dim_scale=settings["latent_dim_scale"],
        )
        for pipeline in (self.prior, self.decoder):
            pipeline.set_progress_bar_config(disable=True)

    def generate(self, request: PictureRequest) -> Picture:
        """Makes one picture, with the final latents of each stage."""
        generator = torch.Generator("cpu").manual_seed(request.seed)
        c = self.stage_c_latents(request, generator)
        b, pixels = self.decoded(request, c, generator)
        return Picture(c.numpy(), b.numpy(), pixels.numpy())

    def stage_c_latents(self, request: PictureRequest, generator: torch.Generator) -> torch.Tensor:
        paths = getattr(request, "image_prompts", ())
        images: Any = [Image.open(path).convert("RGB") for path in paths] or None
        return self.prior(
            request.prompt,
            images=images,
            height=request.height,
            width=request.width,
            num_inference_steps=request.stage_c_steps,
            guidance_scale=request.stage_c_guidance,
            negative_prompt=request.negative_prompt,
            generator=generator,
        ).image_embeddings

    def decoded(
        self, request: PictureRequest, stage_c_latents: torch.Tensor, generator: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Returns Stage B latents and pixels."""
        last = {}

        def keep(_pipeline, _index, _timestep, tensors):
            last.update(tensors)
            return tensors

        guided = request.stage_b_guidance > 1
        with torch.no_grad():
            hidden, pooled, negative_hidden, negative_pooled = self.prior.encode_prompt(
                "cpu", 1, 1, guided, request.prompt, request.negative_prompt
            )
        pixels = self.decoder(
            stage_c_latents,
            prompt_embeds=hidden,
            prompt_embeds_pooled=pooled,
            negative_prompt_embeds=negative_hidden,
            negative_prompt_embeds_pooled=negative_pooled,
            num_inference_steps=request.stage_b_steps,
            guidance_scale=request.stage_b_guidance,
            generator=generator,
            output_type="pt",
            callback_on_step_end=keep,
        ).images
        return last["latents"], pixels
