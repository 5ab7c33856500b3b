"""A model that was exported and restored computes the same and is exported to the same bundle."""

import json
import shutil

import pytest
import torch

from wurstchen_export.__main__ import main
from wurstchen_export.bundle.restore import restore
from wurstchen_export.checks import parity
from wurstchen_export.errors import ExportError
from wurstchen_export.graphs import onnx_writer, wrappers
from wurstchen_export.model import weights
from wurstchen_export.model.source import Source


@pytest.fixture(scope="module")
def restored(bundle_folder, tmp_path_factory):
    """Of the bundle with weights in 32 bits."""
    folder = tmp_path_factory.mktemp("restored") / "model"
    restore(bundle_folder, folder, lambda line: None)
    return folder


@pytest.fixture(scope="module")
def other_restored(other_model, tmp_path_factory):
    """Of the bundle with a compressor and weights in 8 bits, and the lines that were printed."""
    folder = tmp_path_factory.mktemp("restored") / "other"
    lines = []
    restore(other_model / "bundle", folder, lines.append)
    return folder, lines


@pytest.fixture(scope="module")
def half_restored(half_bundle, tmp_path_factory):
    """Of the bundle that computes in 16 bits."""
    folder = tmp_path_factory.mktemp("restored") / "half"
    restore(half_bundle, folder, lambda line: None)
    return folder


def test_restored_model_computes_what_the_bundle_does(bundle_folder, restored):
    assert parity.main(bundle_folder, Source.find(restored), lambda line: None) == 0


def test_restored_model_of_other_sizes_with_8_bits_computes_what_the_bundle_does(other_model, other_restored):
    assert parity.main(other_model / "bundle", Source.find(other_restored[0]), lambda line: None) == 0


def test_layers_that_are_not_folded_come_back_as_they_were(source, restored):
    found = Source.find(restored)
    old, new = source.stage_c.state_dict(), found.stage_c.state_dict()
    same = [name for name in old if torch.equal(old[name], new[name])]
    assert set(old) - set(same) == {
        name for name in old if name.endswith("channelwise.2.beta") or name.endswith("channelwise.4.bias")
    }
    for old, new in ((source.text_encoder_c, found.text_encoder_c), (source.text_encoder_b, found.text_encoder_b)):
        new = new.state_dict()
        assert all(torch.equal(tensor, new[name]) for name, tensor in old.state_dict().items())


def test_rounding_a_restored_model_again_changes_nothing(other_restored):
    before, after = Source.find(other_restored[0]), Source.find(other_restored[0])
    after.round_weights("int8")
    for old, new in zip(before.models(), after.models(), strict=True):
        held = {name: tensor for name, tensor in old.state_dict().items() if not name.startswith("vquantizer")}
        assert [name for name, tensor in held.items() if not torch.equal(tensor, new.state_dict()[name])] == []


@pytest.mark.parametrize(
    "graph",
    ["text_encoder_b", "stage_c_step", "stage_b_condition", "stage_b_step", "stage_a_encode", "semantic_compressor"],
)
def test_restored_model_is_exported_to_the_same_files(other_model, other_restored, tmp_path, graph):
    source = Source.find(other_restored[0])
    source.round_weights("int8")
    exportable = wrappers.builders(source, "fp32", keep_apart=True)[graph]()
    onnx_writer.write(exportable, tmp_path, "int8", weights.packed_buffers(exportable.module))
    for suffix in (".onnx", ".onnx.data"):
        again, first = (folder / f"{graph}{suffix}" for folder in (tmp_path, other_model / "bundle"))
        assert again.read_bytes() == first.read_bytes()


@pytest.mark.parametrize("graph", ["stage_c_condition", "stage_c_step", "stage_b_step", "stage_a_decode"])
def test_restored_model_of_a_bundle_in_16_bits_is_exported_to_the_same_files(
    half_bundle, half_restored, tmp_path, graph
):
    source = Source.find(half_restored)
    source.round_weights("fp16")
    onnx_writer.write(wrappers.builders(source, "fp16", keep_apart=False)[graph](), tmp_path, "fp16")
    for suffix in (".onnx", ".onnx.data"):
        assert (tmp_path / f"{graph}{suffix}").read_bytes() == (half_bundle / f"{graph}{suffix}").read_bytes()


def test_every_weight_of_a_restored_stage_can_be_trained(other_restored):
    stage_b = Source.find(other_restored[0]).stage_b.train()
    generator = torch.Generator().manual_seed(0)
    draw = lambda *shape: torch.randn(shape, generator=generator)
    predicted = stage_b(draw(2, 4, 16, 16), torch.rand(2, generator=generator), draw(2, 16, 3, 3), clip=draw(2, 77, 24))
    predicted.square().mean().backward()
    gradients = {name: parameter.grad for name, parameter in stage_b.named_parameters()}
    assert [name for name, found in gradients.items() if found is None or not found.isfinite().all()] == []
    assert [name for name, found in gradients.items() if found.abs().max() == 0] == []


def test_tokenizers_and_configuration_come_back(other_model, other_restored):
    for path in ("prior/tokenizer/vocab.json", "decoder/tokenizer/tokenizer_config.json"):
        assert (other_restored[0] / path).read_bytes() == (other_model / "model" / path).read_bytes()
    for path in ("decoder/decoder/config.json", "prior/scheduler/scheduler_config.json", "compressor/config.json"):
        old, new = (json.loads((folder / path).read_text()) for folder in (other_model / "model", other_restored[0]))
        assert new == old
    assert json.loads((other_restored[0] / "prior" / "model_index.json").read_text())["latent_mean"] == 30.0


def test_what_the_bundle_lacks_is_said(other_restored):
    assert [line.strip() for line in other_restored[1] if line.startswith(" ")] == [
        "not in the bundle, because no graph uses it: vquantizer.embedding.weight"
    ]


def error_of(capsys, *arguments):
    assert main([str(argument) for argument in arguments]) == 1
    captured = capsys.readouterr()
    assert captured.err.startswith("error: ") and captured.err.count("\n") == 1
    return captured.err.removeprefix("error: ").strip()


def changed(bundle, change):
    path = bundle / "model.json"
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def test_folder_that_is_not_empty_is_refused(capsys, bundle_folder, tmp_path):
    (tmp_path / "precious").write_text("x")
    assert error_of(capsys, "restore", bundle_folder, "--out", tmp_path) == (
        f"--out {tmp_path} is not empty; name a new or an empty folder"
    )


def test_folder_without_a_bundle_is_refused(capsys, tmp_path):
    assert error_of(capsys, "restore", tmp_path, "--out", tmp_path / "model") == (
        f"{tmp_path} holds no model.json: name a folder that `export` wrote"
    )


def test_bundle_without_configuration_is_refused(capsys, bundle_copy, tmp_path):
    changed(bundle_copy, lambda content: content.pop("configs"))
    assert error_of(capsys, "restore", bundle_copy, "--out", tmp_path / "model") == (
        f"{bundle_copy}/model.json has no `configs`: the bundle was exported before they were kept;"
        " export it from its source again"
    )


def test_missing_file_is_named(capsys, bundle_copy, tmp_path):
    (bundle_copy / "stage_a_encode.onnx.data").unlink()
    assert error_of(capsys, "restore", bundle_copy, "--out", tmp_path / "model") == (
        f"{bundle_copy / 'stage_a_encode.onnx.data'} is missing: copy the whole bundle, or export it again"
    )


def test_damaged_file_is_named(capsys, bundle_copy, tmp_path):
    path = bundle_copy / "stage_a_encode.onnx.data"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    assert error_of(capsys, "restore", bundle_copy, "--out", tmp_path / "model") == (
        f"{path} is not the file that model.json lists: copy it again, or export it again"
    )
    assert not list(tmp_path.glob("*model*"))


def test_configuration_of_other_sizes_is_noticed(capsys, bundle_copy, tmp_path):
    changed(bundle_copy, lambda content: content["configs"]["prior/text_encoder/config.json"].update(vocab_size=100))
    assert error_of(capsys, "restore", bundle_copy, "--out", tmp_path / "model") == (
        f"{bundle_copy / 'text_encoder_c.onnx'}: token_embedding is [768, 24], by the manifest's configs it is"
        " [100, 24]; export the bundle again"
    )


def test_mapper_that_narrows_cannot_be_restored(bundle_copy, tmp_path):
    changed(bundle_copy, lambda content: content["configs"]["decoder/decoder/config.json"].update(c_cond=12))
    with pytest.raises(ExportError) as caught:
        restore(bundle_copy, tmp_path / "model", lambda line: None)
    assert str(caught.value).startswith("cannot restore effnet_mappers.")
    assert str(caught.value).endswith(
        ": it mapped 16 channels of semantic latents to only 12, and there is no identity between them"
    )
