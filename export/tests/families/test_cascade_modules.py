"""The modules that become Stable Cascade's graphs compute what the reference's networks do, also of unusual ones."""

import dataclasses
import json
import shutil
from pathlib import Path

import pytest
import torch
from diffusers import StableCascadeCombinedPipeline
from safetensors.torch import load_file

from wurstchen_export.__main__ import main
from wurstchen_export.checks import exact, golden, golden_cascade
from wurstchen_export.checks.parity import relative_error
from wurstchen_export.errors import ExportError
from wurstchen_export.families import registry
from wurstchen_export.families.stable_cascade import tiny
from wurstchen_export.families.stable_cascade.plan import ATTENTION, RESIDUAL, TIMESTEP
from wurstchen_export.families.stable_cascade.reference import Pipelines
from wurstchen_export.families.stable_cascade.request import CascadeRequest
from wurstchen_export.model import weights

TOLERANCE = 2e-5
PLAIN, ATTENDING = (RESIDUAL, TIMESTEP), (RESIDUAL, TIMESTEP, ATTENTION)
UNUSUAL = dataclasses.replace(
    tiny.TINY,
    text_projection=24,
    stage_c={
        "timestep_ratio_embedding_dim": 9,
        "conditioning_dim": 20,
        "clip_seq": 2,
        "block_out_channels": (16, 24),
        "num_attention_heads": (2, 3),
        "down_num_layers_per_block": (1, 2),
        "up_num_layers_per_block": (1, 2),
        "down_blocks_repeat_mappers": (2, 1),
        "up_blocks_repeat_mappers": (1, 2),
        "clip_image_in_channels": 20,
        "switch_level": (True,),
        "self_attn": (True, False),
    },
    stage_b={
        "timestep_ratio_embedding_dim": 11,
        "conditioning_dim": 12,
        "clip_seq": 3,
        "block_out_channels": (20, 12, 16),
        "num_attention_heads": (-1, 3, 2),
        "down_num_layers_per_block": (1, 2, 1),
        "up_num_layers_per_block": (2, 1, 1),
        "down_blocks_repeat_mappers": (1, 2, 1),
        "up_blocks_repeat_mappers": (2, 1, 2),
        "block_types_per_layer": (PLAIN, ATTENDING, ATTENDING),
        "kernel_size": 5,
    },
)
"""Levels that are resized instead of halved, repeats on the way down, attention to the text alone, odd embeddings."""
SETTINGS = {"scale_factor": 0.5, "s_c": 0.02, "scaler_c": 1.5, "s_b": 0.01, "scaler_b": 0.7}


@pytest.fixture(scope="module")
def sources(cascade_model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("unusual") / "model"
    tiny.write(folder, 3, UNUSUAL, SETTINGS)
    return {"tiny": registry.find_source(cascade_model), "unusual": registry.find_source(folder)}


@pytest.mark.parametrize("name", ["tiny", "unusual"])
@torch.no_grad()
def test_modules_compute_what_the_reference_does(sources, name):
    source, family = sources[name], registry.family("stable-cascade")
    modules, seen = {}, set()
    for graph, build in family.builders(source, "fp32", False).items():
        modules[graph] = build().module
    specs = family.graphs(source)

    for case in family.cases(source, (128, 168)):
        found = modules[case.graph](*case.inputs)
        found = found if isinstance(found, tuple) else (found,)
        seen.add(case.graph)
        for spec, one, other in zip(specs[case.graph].outputs, found, case.expected, strict=True):
            if one.dtype == torch.uint8:
                assert (one.int() - other.int()).abs().max() <= 1, (case.graph, case.what)
            else:
                error = relative_error(one.numpy(), other.numpy())
                assert error <= TOLERANCE, (case.graph, case.what, spec.name)

    assert seen == set(specs)


def test_reference_is_the_combined_pipeline(sources, cascade_model):
    """Which hands the prior's embeddings to the decoder; its own text encoder is another in the tiny model."""
    source = sources["tiny"]
    request = CascadeRequest("a photo of a cat", "a dog", 128, 168, 5, 3, 4.0, 2, 2.0)
    pipelines = Pipelines(source)
    combined = StableCascadeCombinedPipeline(
        tokenizer=source.tokenizer,
        text_encoder=None,
        decoder=source.stage_b,
        scheduler=source.scheduler_b,
        vqgan=source.stage_a,
        prior_prior=source.stage_c,
        prior_text_encoder=source.text_encoder,
        prior_tokenizer=source.tokenizer,
        prior_scheduler=source.scheduler_c,
    )
    combined.set_progress_bar_config(disable=True)

    expected = combined(
        request.prompt,
        negative_prompt=request.negative_prompt,
        width=request.width,
        height=request.height,
        prior_num_inference_steps=request.stage_c_steps,
        prior_guidance_scale=request.stage_c_guidance,
        num_inference_steps=request.stage_b_steps,
        decoder_guidance_scale=request.stage_b_guidance,
        generator=torch.Generator("cpu").manual_seed(request.seed),
        output_type="pt",
    ).images

    assert torch.equal(torch.from_numpy(pipelines.generate(request).pixels), expected)
    encoders = [
        load_file(cascade_model / part / "text_encoder" / "model.safetensors") for part in ("prior", "decoder")
    ]
    assert not torch.equal(encoders[0]["text_projection.weight"], encoders[1]["text_projection.weight"])


def test_weights_that_are_only_read_with_zeros_are_not_rounded(cascade_model):
    source = registry.find_source(cascade_model)
    before = {name: tensor.clone() for name, tensor in source.stage_c.state_dict().items()}

    weights.round_models([source.stage_c], "fp16")

    changed = {name for name, tensor in source.stage_c.state_dict().items() if not torch.equal(tensor, before[name])}
    assert "up_blocks.1.1.mapper.weight" in changed
    assert not [name for name in changed if "mapper_sca" in name or "mapper_crp" in name]


def test_weights_of_wide_layers_are_stored_in_8_bits(cascade_model):
    source = registry.find_source(cascade_model)
    source.round_weights("int8")
    module = registry.family("stable-cascade").builders(source, "fp32", False)["stage_c_step"]().module
    wide = {
        name
        for name, tensor in module.state_dict().items()
        if tensor.is_floating_point() and tensor.ndim == 2 and tensor.shape[0] >= weights.MIN_PER_CHANNEL
    }

    assert "network.up.1.blocks.0.weight" in wide
    assert set(weights.packed_buffers(module)) == wide


def test_float64_of_the_reference_is_the_same_picture(sources):
    """What parity measures a model's own rounding by."""
    source = sources["tiny"]
    request = CascadeRequest("a cat", "a dog", 128, 128, 5, 2, 4.0, 2, 2.0)
    single = Pipelines(source).generate(request)

    with exact.float32_noise():
        double = Pipelines(exact.in_double(source)).generate(request)

    for name in ("stage_c_latents", "stage_b_latents"):
        found, expected = getattr(single, name), getattr(double, name)
        assert expected.dtype == "float64"
        assert 0 < relative_error(found, expected) < 1e-4


def test_restoring_is_refused(tmp_path, capsys):
    bundle = Path(__file__).parents[3] / golden.ONNX / golden_cascade.BUNDLE

    assert main(["restore", str(bundle), "--out", str(tmp_path / "model")]) == 1

    assert capsys.readouterr().err == (
        f"error: {bundle} is of the family stable-cascade, of which restore knows no way back: it restores wuerstchen-v2;"
        " use the model that the bundle was exported from\n"
    )


def test_model_without_image_encoder_has_no_graph_for_it(cascade_model, tmp_path):
    model = shutil.copytree(cascade_model, tmp_path / "model")
    shutil.rmtree(model / "prior" / "image_encoder")
    source, family = registry.find_source(model), registry.family("stable-cascade")

    assert "image_encoder" not in family.graphs(source)
    assert "image_prompts" not in family.additions(source)
    assert family.additions(registry.find_source(cascade_model))["image_prompts"]["crop"] == 28


def test_other_preprocessing_of_image_prompts_is_told(cascade_model, tmp_path):
    model = shutil.copytree(cascade_model, tmp_path / "model")
    path = model / "prior" / "feature_extractor" / "preprocessor_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"resample": 2}))

    with pytest.raises(ExportError) as error:
        registry.find_source(model).image_prompts  # noqa: B018

    assert str(error.value) == (
        f"{path}: expected CLIP's preprocessing (size.shortest_edge, a square crop_size, bicubic), found resample 2;"
        " images cannot be prompts of this model"
    )
