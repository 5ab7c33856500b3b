"""The published architecture with random weights, built small."""

import json

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from wurstchen_export.bundle.runtime import Bundle, PictureRequest
from wurstchen_export.checks import parity
from wurstchen_export.errors import ExportError
from wurstchen_export.gpu import accuracy as gpu_accuracy
from wurstchen_export.gpu import full_size, kernels, reference_times
from wurstchen_export.gpu.accuracy import Run
from wurstchen_export.gpu.full_size import FULL, NARROW, RandomSource
from wurstchen_export.model import tiny


def parameters(model):
    return sum(parameter.numel() for parameter in model.parameters())


@pytest.mark.parametrize(
    "part, millions",
    [("text_encoder_c", 694.7), ("text_encoder_b", 353.0), ("stage_c", 993.6), ("stage_b", 1055.4), ("stage_a", 18.4)],
)
def test_sizes_are_the_published_ones(part, millions):
    with torch.device("meta"):
        model = getattr(tiny, f"{part}_of")(FULL)
    assert parameters(model) / 1e6 == pytest.approx(millions, abs=0.05)


def test_part_is_the_same_whichever_others_are_drawn(tmp_path):
    alone = RandomSource.create(tmp_path / "a", NARROW, seed=3).stage_b.state_dict()
    second = RandomSource.create(tmp_path / "b", NARROW, seed=3)
    assert second.stage_c is not None
    for name, tensor in second.stage_b.state_dict().items():
        assert torch.equal(tensor, alone[name]), name
    other = RandomSource.create(tmp_path / "c", NARROW, seed=4).stage_b.state_dict()
    assert not torch.equal(other["clf.1.weight"], alone["clf.1.weight"])


def test_stages_that_are_not_named_get_one_block():
    found = full_size.shallow(FULL, ("b",))
    assert found.stage_b == FULL.stage_b
    assert found.stage_c == {**FULL.stage_c, "depth": 1}
    assert found.stage_a == {**FULL.stage_a, "bottleneck_blocks": 1}
    assert (found.text_c, found.text_b) == ((1280, 1, 20), (1024, 1, 16))
    assert full_size.shallow(FULL, full_size.STAGES) == FULL


@pytest.fixture(scope="module")
def bundle(half_bundle):
    return Bundle(half_bundle, threads=1)


def test_bundle_in_16_bits_makes_a_picture(bundle):
    assert (bundle.manifest["precision"], bundle.manifest["weights"]) == ("fp16", "fp16")
    request = PictureRequest("a cat", width=256, height=128, stage_c_steps=3, stage_b_steps=2, stage_b_guidance=2.0)
    picture = bundle.generate(request)
    assert picture.pixels.shape == (1, 3, 128, 256)
    assert 0.01 < np.std(picture.pixels)


def test_graphs_in_16_bits_match_the_reference(bundle, tmp_path):
    lines = []
    assert parity.main(bundle.folder, RandomSource.create(tmp_path, NARROW), lines.append) == 0, lines


def test_weights_that_are_multiplied_are_so_when_a_graph_in_16_bits_is_loaded(bundle, tmp_path):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(tmp_path / "optimised.onnx")
    path = str(bundle.folder / "stage_a_decode.onnx")
    onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    graph = onnx.load(tmp_path / "optimised.onnx", load_external_data=False).graph
    constants = {tensor.name for tensor in graph.initializer}
    of_constants = {node.op_type for node in graph.node if constants.issuperset(node.input)}
    # On the CPU, ONNX Runtime puts casts of its own around what it cannot compute in 16 bits.
    assert of_constants <= {"Cast", "Sqrt"}


RUN = Run(width=128, height=128)


@pytest.fixture(scope="module")
def latents_folder(bundle, tmp_path_factory):
    """What LatentDump writes, by ONNX Runtime from Python."""
    folder = tmp_path_factory.mktemp("latents")
    generator = lambda seed=RUN.seed: torch.Generator("cpu").manual_seed(seed)
    request = PictureRequest(
        RUN.prompt,
        RUN.negative_prompt,
        RUN.width,
        RUN.height,
        RUN.seed,
        RUN.stage_c_steps,
        RUN.stage_c_guidance,
        RUN.stage_b_steps,
        RUN.stage_b_guidance,
    )
    bundle._stage_c_latents([request], [generator()]).tofile(folder / "stage_c.f32")
    noise = torch.randn(1, 16, 3, 3, generator=generator(RUN.seed + 1)).numpy()
    bundle.stage_b_latents([request], noise, [generator()]).tofile(folder / "stage_b.f32")
    return folder


def accuracy(folder, seed=0):
    lines = []
    return gpu_accuracy.main(folder, RUN, seed, "cpu", NARROW, lines.append), lines


def test_latents_of_16_bits_are_as_near_as_torchs(latents_folder):
    status, lines = accuracy(latents_folder)
    assert status == 0
    assert [line.split()[0] for line in lines[:3]] == ["stage", "c", "b"]
    errors = np.array([[float(number) for number in line.split()[1:4]] for line in lines[1:3]])
    assert (errors > 1e-6).all() and (errors < 0.2).all()
    assert lines[3] == "the library's error may be 1.5 times torch's: ok"


def test_latents_of_other_weights_are_found_out(latents_folder):
    status, lines = accuracy(latents_folder, seed=1)
    assert status == 1
    assert lines[3] == "the library's error may be 1.5 times torch's: FAILED"


def test_latents_of_another_size_are_refused(latents_folder):
    with pytest.raises(
        ExportError, match=r"stage_c\.f32 has 144 values, latents of shape \[1, 16, 6, 6\] have 576$"
    ):
        gpu_accuracy.main(latents_folder, Run(width=256, height=256), 0, "cpu", NARROW, lambda line: None)


def test_missing_latents_are_named(tmp_path):
    with pytest.raises(ExportError, match=r"stage_c\.f32 is missing: write it with wurstchen\.onnx\.LatentDump$"):
        gpu_accuracy.main(tmp_path, RUN, 0, "cpu", NARROW, lambda line: None)


def operators(bundle, graph):
    model = onnx.load(bundle.folder / f"{graph}.onnx", load_external_data=False)
    return [node.op_type for node in model.graph.node]


@pytest.mark.parametrize("graph, joint, other", [("stage_c_step", 2, 0), ("stage_b_step", 6, 2)])
def test_attention_in_16_bits_is_one_operator(bundle, graph, joint, other):
    found = operators(bundle, graph)
    assert (found.count("JointAttention"), found.count("MultiHeadAttention")) == (joint, other)
    assert "Softmax" not in found


def test_kernels_are_timed_for_every_step_and_stage_a(bundle, monkeypatch):
    monkeypatch.setattr(reference_times, "WARM_UP", 0)
    monkeypatch.setattr(reference_times, "MEASURED", 1)
    lines = []
    kernels.main(bundle.folder, 128, 256, [1, 2], "cpu", progress=lines.append)
    assert [line.partition(":")[0] for line in lines[1:]] == [
        f"{graph}, {count} at a time" for graph in kernels.GRAPHS for count in (1, 2)
    ]
    assert all(line.endswith("of which 0 kernels 0.00") for line in lines[1:])


def test_unknown_stage_is_refused(tmp_path):
    with pytest.raises(ExportError, match=r"^--stages has d; known are text, c, b, a$"):
        full_size.write(tmp_path / "bundle", "fp16", stages=("c", "d"))


def test_unknown_device_is_refused(tmp_path):
    with pytest.raises(ExportError, match=r"^--device gpu: .+; use cpu$"):
        full_size.write(tmp_path / "bundle", "fp16", device="gpu")
