import json
import re

import onnxruntime
import pytest

from wurstchen_export.bundle import manifest
from wurstchen_export.graphs import contract
from wurstchen_export.model.architecture import Architecture, AttentionShape

DTYPES = {"tensor(float)": "float32", "tensor(int64)": "int64", "tensor(uint8)": "uint8"}


@pytest.fixture
def model_json(bundle_folder):
    return json.loads((bundle_folder / "model.json").read_text(encoding="utf-8"))


def opened(bundle_folder, name):
    return onnxruntime.InferenceSession(str(bundle_folder / f"{name}.onnx"), providers=["CPUExecutionProvider"])


def described(values):
    return [{"name": value.name, "dtype": DTYPES[value.type], "axes": value.shape} for value in values]


def test_graphs_have_the_names_dtypes_and_axes_of_the_contract(bundle_folder, source):
    for name, spec in contract.graphs(source.architecture).items():
        session = opened(bundle_folder, name)
        assert described(session.get_inputs()) == spec.as_json()["inputs"], name
        assert described(session.get_outputs()) == spec.as_json()["outputs"], name


def test_graphs_with_weights_in_8_bits_have_the_same_interface(other_model):
    graphs = json.loads((other_model / "bundle" / "model.json").read_text())["graphs"]
    for name, spec in graphs.items():
        session = opened(other_model / "bundle", name)
        assert described(session.get_inputs()) == spec["inputs"], name
        assert described(session.get_outputs()) == spec["outputs"], name


def test_contract_of_a_small_architecture_is_written_out():
    architecture = Architecture(
        tokens=77,
        text_width_c=8,
        text_width_b=6,
        stage_c_channels=16,
        stage_b_channels=4,
        stage_c_attention=AttentionShape(2, 4, 5),
        stage_b_attention={1: AttentionShape(3, 2, 7)},
        stage_b_injecting=(0, 1),
        stage_b_levels=2,
    )
    graphs = contract.graphs(architecture)
    assert list(graphs) == [
        "text_encoder_c",
        "text_encoder_b",
        "stage_c_condition",
        "stage_c_step",
        "stage_b_condition",
        "stage_b_step",
        "stage_a_decode",
        "stage_a_encode",
    ]
    assert graphs["stage_b_step"].as_json() == {
        "file": "stage_b_step.onnx",
        "inputs": [
            {"name": "latents", "dtype": "float32", "axes": ["images", 4, "b_height", "b_width"]},
            {"name": "step", "dtype": "int64", "axes": [1]},
            {"name": "bad_step", "dtype": "int64", "axes": [1]},
            {"name": "step_table", "dtype": "float32", "axes": ["steps", 5]},
            {"name": "noise_table", "dtype": "float32", "axes": ["steps", "images", 4, "b_height", "b_width"]},
            {"name": "guidance_scale", "dtype": "float32", "axes": [1]},
            {"name": "text_keys_values_1", "dtype": "float32", "axes": [3, 2, "rows", 2, 77, 7]},
            {"name": "semantic_map_0", "dtype": "float32", "axes": ["rows", 16, "map_0_height", "map_0_width"]},
            {"name": "semantic_map_1", "dtype": "float32", "axes": ["rows", 16, "map_1_height", "map_1_width"]},
            {"name": "image_of_row", "dtype": "int64", "axes": ["rows"]},
            {"name": "text_row", "dtype": "int64", "axes": ["images"]},
            {"name": "negative_row", "dtype": "int64", "axes": ["images"]},
            {"name": "map_shape_0", "dtype": "int64", "axes": [4]},
            {"name": "map_shape_1", "dtype": "int64", "axes": [4]},
        ],
        "outputs": [
            {"name": "next_latents", "dtype": "float32", "axes": ["images", 4, "b_height", "b_width"]},
            {"name": "next_step", "dtype": "int64", "axes": [1]},
            {"name": "next_bad_step", "dtype": "int64", "axes": [1]},
        ],
    }


def test_manifest_lists_every_file_with_size_and_hash(bundle_folder, model_json):
    found = {path.relative_to(bundle_folder).as_posix() for path in bundle_folder.rglob("*") if path.is_file()}
    assert {entry["path"] for entry in model_json["files"]} == found - {"model.json"}
    for entry in model_json["files"]:
        path = bundle_folder / entry["path"]
        assert entry["size"] == path.stat().st_size
        assert entry["sha256"] == manifest.sha256(path)


def test_manifest_takes_every_number_from_the_model(other_model):
    found = json.loads((other_model / "bundle" / "model.json").read_text())
    assert found["scales"] == {"latent_mean": 30.0, "latent_std": 0.5, "stage_a_scale": 0.5}
    assert found["schedules"] == {"stage_c": {"s": 0.02, "scaler": 1.5}, "stage_b": {"s": 0.01, "scaler": 0.7}}
    assert found["geometry"] == {
        "resolution_multiple": 42.67,
        "latent_dim_scale": 10.67,
        "stage_c_channels": 16,
        "stage_b_channels": 4,
        "stage_b_multiple": 8,
        "stage_a_factor": 4,
        "compressor_scale": 0.75,
    }
    assert "semantic_compressor" in found["graphs"]
    assert (found["precision"], found["weights"]) == ("fp32", "int8")


def test_manifest_says_where_the_model_comes_from(model_json):
    provenance = model_json["provenance"]
    assert {name: provenance[name] for name in ("source", "revision", "licence")} == {
        "source": "tests",
        "revision": "1",
        "licence": "Apache-2.0",
    }
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", provenance["exported"])
    assert set(provenance["tools"]) == {"torch", "diffusers", "transformers", "onnx", "onnxscript"}


def test_manifest_describes_both_tokenizers(model_json):
    assert model_json["tokenizers"] == {
        "c": {"folder": "tokenizer_c", "pad_token": "<|endoftext|>", "max_length": 77},
        "b": {"folder": "tokenizer_b", "pad_token": "!", "max_length": 77},
    }


def test_tiny_bundle_stays_small(bundle_folder):
    assert sum(path.stat().st_size for path in bundle_folder.rglob("*") if path.is_file()) < 1_500_000
