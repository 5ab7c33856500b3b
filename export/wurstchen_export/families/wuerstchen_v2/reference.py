"""Whole runs of the reference: diffusers' combined pipeline, in float32 on the CPU."""

from __future__ import annotations

import torch

from wurstchen_export.families.family import Picture, PictureRequest
from wurstchen_export.model.source import Source


def pipeline(source: Source):
    """Returns the combined pipeline of the source's components."""
    from diffusers import WuerstchenCombinedPipeline, logging

    logging.set_verbosity_error()  # it warns about every truncated prompt

    settings = source.pipeline_settings
    combined = WuerstchenCombinedPipeline(
        tokenizer=source.tokenizer_b,
        text_encoder=source.text_encoder_b,
        decoder=source.stage_b,
        scheduler=source.scheduler_b,
        vqgan=source.stage_a,
        prior_tokenizer=source.tokenizer_c,
        prior_text_encoder=source.text_encoder_c,
        prior_prior=source.stage_c,
        prior_scheduler=source.scheduler_c,
    )
    # The combined pipeline's constructor takes no settings; its two halves have the class's defaults.
    combined.prior_pipe.register_to_config(
        **{name: settings[name] for name in ("latent_mean", "latent_std", "resolution_multiple")}
    )
    combined.decoder_pipe.register_to_config(latent_dim_scale=settings["latent_dim_scale"])
    combined.set_progress_bar_config(disable=True)
    return combined


def generate(combined, request: PictureRequest, **embeddings: torch.Tensor) -> Picture:
    """Makes one picture, with the final latents of each stage.

    ``embeddings`` are ``prompt_embeds`` and ``negative_prompt_embeds`` for Stage C; the request has no texts then.
    """
    last: dict[str, torch.Tensor] = {}

    def keep(stage: str):
        def callback(_pipeline, _index, _timestep, tensors):
            last[stage] = tensors["latents"]
            return tensors

        return callback

    images = combined(
        None if embeddings else request.prompt,
        height=request.height,
        width=request.width,
        prior_num_inference_steps=request.stage_c_steps,
        prior_guidance_scale=request.stage_c_guidance,
        num_inference_steps=request.stage_b_steps,
        decoder_guidance_scale=request.stage_b_guidance,
        negative_prompt=request.negative_prompt,
        generator=torch.Generator("cpu").manual_seed(request.seed),
        output_type="pt",
        prior_callback_on_step_end=keep("c"),
        callback_on_step_end=keep("b"),
        **embeddings,
    ).images
    return Picture(last["c"].numpy(), last["b"].numpy(), images.numpy())
