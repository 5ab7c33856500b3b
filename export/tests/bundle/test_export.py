import dataclasses
import shutil

import pytest
import torch
from conftest import PROVENANCE

from wurstchen_export.__main__ import main
from wurstchen_export.bundle import export as exporting
from wurstchen_export.bundle.export import Options, export
from wurstchen_export.errors import ExportError
from wurstchen_export.graphs import onnx_writer, wrappers
from wurstchen_export.model.source import Source


def error_of(capsys, *arguments):
    assert main([str(argument) for argument in arguments]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ") and captured.err.count("\n") == 1
    return captured.err.removeprefix("error: ").strip()


def test_no_source_is_refused(capsys, tmp_path):
    assert error_of(capsys, "export", "--out", tmp_path / "bundle") == (
        "no model given: pass --source DIR (with DIR/prior and DIR/decoder), or both --prior DIR and --decoder DIR"
    )


def test_source_that_is_no_folder_is_refused(capsys, tmp_path):
    assert error_of(capsys, "export", "--out", tmp_path / "bundle", "--source", tmp_path / "none") == (
        f"--source {tmp_path / 'none'} is not a folder"
    )


def test_source_without_a_part_names_it(capsys, tmp_path, model_folder):
    model = shutil.copytree(model_folder, tmp_path / "model")
    shutil.rmtree(model / "decoder" / "vqgan")
    assert error_of(capsys, "export", "--out", tmp_path / "bundle", "--source", model) == (
        f"{model / 'decoder'} lacks vqgan (found: decoder, model_index.json, scheduler, text_encoder, tokenizer);"
        " --decoder must be a whole pipeline's folder"
    )


def test_damaged_weights_are_named(capsys, tmp_path, model_folder):
    model = shutil.copytree(model_folder, tmp_path / "model")
    weights = model / "prior" / "prior" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])
    message = error_of(capsys, "export", "--out", tmp_path / "bundle", "--source", model)
    assert message.startswith(f"cannot load WuerstchenPrior from {model / 'prior' / 'prior'}: ")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model"]


def test_folder_with_other_files_is_not_overwritten(capsys, tmp_path, model_folder):
    (tmp_path / "precious").write_text("x")
    assert error_of(capsys, "export", "--out", tmp_path, "--source", model_folder, "--force") == (
        f"--out {tmp_path} is not empty and holds no bundle; name a new or an empty folder"
    )


def test_older_bundle_is_replaced_only_when_asked(capsys, tmp_path, model_folder):
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    (bundle / "model.json").write_text('{"format": "wurstchen-bundle"}')
    assert error_of(capsys, "export", "--out", bundle, "--source", model_folder) == (
        f"--out {bundle} already holds a bundle; pass --force to replace it"
    )
    exporting.check_target(bundle, force=True)


def test_file_as_target_is_refused(capsys, tmp_path, model_folder):
    (tmp_path / "bundle").write_text("x")
    assert error_of(capsys, "export", "--out", tmp_path / "bundle", "--source", model_folder) == (
        f"--out {tmp_path / 'bundle'} is a file; name a folder"
    )


def test_failed_export_leaves_the_older_bundle_alone(tmp_path, source, monkeypatch):
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    (bundle / "model.json").write_text('{"format": "wurstchen-bundle"}')

    def fail(exportable, folder, weights, packed):
        raise ExportError("planted")

    monkeypatch.setattr(onnx_writer, "write", fail)
    with pytest.raises(ExportError, match="planted"):
        export(source, bundle, PROVENANCE, options=Options(force=True), progress=lambda line: None)
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]
    assert [path.name for path in bundle.iterdir()] == ["model.json"]


def test_parity_with_another_model_is_refused(capsys, bundle_folder, other_model):
    message = error_of(capsys, "parity", bundle_folder, "--source", other_model / "model")
    assert message.startswith("the bundle's graphs do not fit this model (")
    assert message.endswith(" differ): is --source the model it was made from?")


def test_parity_without_a_bundle_says_so(capsys, tmp_path, model_folder):
    assert error_of(capsys, "parity", tmp_path, "--source", model_folder) == (
        f"{tmp_path} holds no model.json: name a folder that `export` wrote"
    )


def test_building_graphs_in_16_bits_leaves_the_model_alone(source):
    for build in wrappers.builders(source, "fp16", keep_apart=False).values():
        assert torch.float16 in {tensor.dtype for tensor in build().module.state_dict().values()}
    assert {parameter.dtype for model in source.models() for parameter in model.parameters()} == {torch.float32}


def test_graph_that_torch_cannot_export_is_named(source):
    class Unexportable(torch.nn.Module):
        def forward(self, stage_b_latents):
            raise RuntimeError("planted")

    exportable = wrappers.builders(source, "fp32", keep_apart=False)["stage_a_decode"]()
    with pytest.raises(
        ExportError, match=r"stage_a_decode: torch \S+ cannot export it: planted; use the pinned versions"
    ):
        onnx_writer.trace(dataclasses.replace(exportable, module=Unexportable()))


def test_unknown_command_is_wrong_usage():
    with pytest.raises(SystemExit) as caught:
        main(["bake"])
    assert caught.value.code == 2


def test_two_folders_can_be_named_one_by_one(model_folder):
    found = Source.find(None, model_folder / "prior", model_folder / "decoder")
    assert found.stage_c_folder == model_folder / "prior"
    assert found.stage_b_folder == model_folder / "decoder"
