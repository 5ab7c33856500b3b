"""Parts become a model, a bundle, a model and parts again: those compute the same, and training goes on from them."""

import json
import shutil
from types import SimpleNamespace

import pytest
import torch
from conftest import PROVENANCE
from test_train import data, losses, parts, stage_command  # noqa: F401 (fixtures)

from wurstchen_export.__main__ import main
from wurstchen_export.bundle.export import Options, export
from wurstchen_export.bundle.restore import restore
from wurstchen_export.model import weights
from wurstchen_export.model.source import Source
from wurstchen_export.train import stage_a, stage_b
from wurstchen_export.train.dataset.caption_table import Tokens, open_vocabulary
from wurstchen_export.train.engine.parts import load_part
from wurstchen_export.train.model import STAGES, load_stage, load_text
from wurstchen_export.train.text import use_short_rows

NAMES = ("a", "compressor", "b", "text_b", "c", "text_c")
ROUNDING = {"fp32": 2e-3, "int8": 5e-2}  # of an output's root mean square


@pytest.fixture(scope="module")
def model(data, parts, tmp_path_factory):  # noqa: F811
    out = tmp_path_factory.mktemp("model") / "model"
    assert main(["train", "model", "--data", str(data), "--parts", str(parts), "--out", str(out)]) == 0
    return out


@pytest.fixture(scope="module", params=sorted(ROUNDING))
def again(request, data, model, tmp_path_factory):  # noqa: F811
    """The folder of parts that went through a bundle, and the kind of that bundle's weights."""
    folder = tmp_path_factory.mktemp(request.param)
    options = Options(weights=request.param)
    export(Source.find(model), folder / "bundle", PROVENANCE, options=options, progress=lambda line: None)
    restore(folder / "bundle", folder / "model", lambda line: None)
    command = ["train", "parts", "--model", folder / "model", "--out", folder / "parts", "--data", data]
    assert main([str(word) for word in command]) == 0
    return SimpleNamespace(parts=folder / "parts", weights=request.param)


def outputs(folder, vocabulary):
    """What each part computes in training, of the same numbers for every folder."""
    generator = torch.Generator().manual_seed(3)
    draw = lambda *shape: torch.randn(shape, generator=generator)
    vqgan, compressor = stage_a.load_stage_a(folder, "cpu"), stage_b.load_compressor(folder, "cpu")
    text_b, text_c = (load_text(folder, name, len(vocabulary)) for name in ("text_b", "text_c"))
    b, c = (load_stage(folder, name, build) for name, build in STAGES.items())
    for stage in (b, c):
        use_short_rows(stage)
    ids = Tokens(vocabulary, text_b.length).rows(["a disc on a blue background", "cube", ""])
    t, pixels = torch.tensor([0.2, 0.6, 0.9]), draw(3, 3, 64, 64).sigmoid()
    with torch.no_grad():
        hidden_b, hidden_c = text_b(ids), text_c(ids)
        return {
            "encoder": stage_a.encode(vqgan, pixels),
            "decoder": vqgan.decode(draw(3, 4, 8, 8)).sample,
            "compressor": compressor.stage_c_latents(pixels),
            "text_b": hidden_b,
            "text_c": hidden_c,
            "b": b(draw(3, 4, 16, 16), t, draw(3, 16, 2, 2), hidden_b),
            "c": c(draw(3, 16, 6, 6), t, hidden_c),
        }


def test_parts_from_a_bundle_compute_what_the_first_ones_did(data, parts, again):  # noqa: F811
    vocabulary = open_vocabulary(data)
    first, second = outputs(parts, vocabulary), outputs(again.parts, vocabulary)
    for name, expected in first.items():
        error = (second[name] - expected).square().mean().sqrt() / expected.square().mean().sqrt()
        assert error < ROUNDING[again.weights], name


def test_parts_from_a_bundle_are_of_the_same_sizes_in_16_bits(parts, again):  # noqa: F811
    assert {path.name for path in again.parts.iterdir()} == {f"{name}.safetensors" for name in NAMES}
    for name in NAMES:
        (old, old_sizes), (new, new_sizes) = (load_part(folder, name) for folder in (parts, again.parts))
        assert new_sizes == old_sizes
        assert {key: value.shape for key, value in new.items()} == {key: value.shape for key, value in old.items()}
        assert all(torch.equal(value, value.half().float()) for value in new.values())


def test_mappers_are_of_the_size_of_other_weights(again):
    mappers = [value for key, value in load_part(again.parts, "b")[0].items() if "effnet_mappers" in key]
    assert mappers and all(mapper.abs().max() <= 1 for mapper in mappers)


def test_evened_mappers_and_their_columns_compute_the_same(model):
    from wurstchen_export.train.from_model import _even_out

    decoder = Source.find(model).stage_b
    inputs = (torch.randn(1, 4, 16, 16), torch.tensor([0.5]), torch.randn(1, 16, 2, 2), torch.randn(1, 3, 32))
    with torch.no_grad():
        for _, mapper in weights.injections(decoder):
            mapper.weight *= 50
        expected = decoder(*inputs)
        _even_out(decoder)
        assert torch.equal(decoder(*inputs), expected)


@pytest.mark.parametrize("stage", ["a", "b_joint", "c"])
def test_run_from_a_bundle_starts_near_the_loss_that_was_reached(data, parts, again, tmp_path, stage):  # noqa: F811
    out = shutil.copytree(parts, tmp_path / "parts")
    shutil.rmtree(out / stage)
    name = {"a": "stage-a", "b_joint": "stage-b", "c": "stage-c"}[stage]
    gentle = ["--learning-rate", "1e-5", "--start-from", str(again.parts), "--seed", "5", "--warmup", "40"]
    train = ["train", *stage_command(name, data, out, *gentle)]
    assert main(train) == 0
    untrained, *_, trained = losses(parts / stage)
    resumed = losses(out / stage)[-1]
    assert abs(resumed - trained) < abs(resumed - untrained)


def test_restored_stage_a_computes_the_same_in_training(data, again, tmp_path):  # noqa: F811
    """Its batch norm's statistics are not those of its encoder until they are measured; its codebook is new."""
    options = stage_command("stage-a", data, tmp_path, "--start-from", str(again.parts))
    with pytest.MonkeyPatch.context() as patch:
        caught = []
        patch.setattr(stage_a.TrainingLoop, "run", lambda loop, loss, save, images: caught.append(save.__self__))
        assert main(["train", *options]) == 0
    training = caught[0]
    pixels = training.crops(64, 32)
    loaded = stage_a.load_stage_a(again.parts, "cpu")
    expected = stage_a.encode(loaded, pixels)
    with torch.no_grad():
        in_evaluation = stage_a.encode(training.vqgan.eval(), pixels)
        in_training = stage_a.encode(training.vqgan.train(), pixels)  # changes the statistics
    deviation = expected.std()
    assert (in_evaluation - expected).abs().max() < 1e-3 * deviation
    assert (in_training - expected).square().mean().sqrt() < 0.2 * deviation
    new, restored = (vqgan.vquantizer.embedding.weight for vqgan in (training.vqgan, loaded))
    error = lambda codes: torch.cdist(stage_a.rows(expected), codes).amin(1).square().mean()
    assert error(new) < 0.7 * error(restored)


def error_of(capsys, *arguments):
    capsys.readouterr()
    assert main([str(argument) for argument in arguments]) == 1
    captured = capsys.readouterr()
    assert captured.err.startswith("error: ") and captured.err.count("\n") == 1
    return captured.err.removeprefix("error: ").strip()


def test_folder_that_is_not_empty_is_refused(capsys, model, tmp_path):
    (tmp_path / "precious").write_text("x")
    assert error_of(capsys, "train", "parts", "--model", model, "--out", tmp_path) == (
        f"--out {tmp_path} is not empty; name a new or an empty folder"
    )


def test_model_without_compressor_is_refused(capsys, model, tmp_path):
    copy = shutil.copytree(model, tmp_path / "model")
    shutil.rmtree(copy / "compressor")
    assert error_of(capsys, "train", "parts", "--model", copy, "--out", tmp_path / "parts") == (
        f"{copy} has no folder compressor: training goes on with the model's own compressor only"
    )


def changed(path, **values):
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


@pytest.mark.parametrize(
    ("path", "name", "value", "expected"),
    [
        ("prior/prior", "dropout", 0.25, 0.0),
        ("decoder/decoder", "dropout", 0.25, 0.0),
        ("decoder/vqgan", "scale_factor", 0.5, 1.0),
        ("prior/text_encoder", "hidden_act", "quick_gelu", "gelu"),
    ],
)
def test_settings_that_training_does_not_make_are_named(capsys, model, tmp_path, path, name, value, expected):
    copy = shutil.copytree(model, tmp_path / "model")
    changed(copy / path / "config.json", **{name: value})
    assert error_of(capsys, "train", "parts", "--model", copy, "--out", tmp_path / "parts") == (
        f"{copy / path}/config.json: {name} is {value}, training makes {expected} and cannot go on from anything else"
    )
    assert not (tmp_path / "parts").exists()


def test_other_scale_of_the_pipelines_is_named(capsys, model, tmp_path):
    copy = shutil.copytree(model, tmp_path / "model")
    changed(copy / "prior" / "model_index.json", latent_mean=30.0)
    assert error_of(capsys, "train", "parts", "--model", copy, "--out", tmp_path / "parts") == (
        "latent_mean of the pipelines is 30.0, training makes 42.0 and cannot go on from anything else"
    )


@pytest.fixture
def other_data(data, tmp_path):  # noqa: F811
    """The same pictures with a vocabulary that has two tokens more."""
    copy = shutil.copytree(data, tmp_path / "data")
    path = copy / "tokenizer" / "vocab.json"
    ids = json.loads(path.read_text())
    tokens = [*list(ids)[:-2], "more", "and-more", *list(ids)[-2:]]
    path.write_text(json.dumps({token: i for i, token in enumerate(tokens)}))
    return copy


def test_data_with_another_tokenizer_are_refused(capsys, model, other_data, tmp_path):
    assert error_of(capsys, "train", "parts", "--model", model, "--out", tmp_path / "parts", "--data", other_data) == (
        f"the tokenizer in {other_data} is not the model's: put the files of {model}/prior/tokenizer into the folder"
        " `tokenizer` of the training data (and pack it again)"
    )


@pytest.mark.parametrize(("stage", "part"), [("stage-b", "text_b"), ("stage-c", "text_c")])
def test_run_on_data_with_another_vocabulary_is_refused(capsys, parts, other_data, tmp_path, stage, part):  # noqa: F811
    tokens = load_part(parts, part)[1]["tokens"]
    assert error_of(
        capsys, "train", *stage_command(stage, other_data, tmp_path / "out", "--start-from", str(parts))
    ) == (
        f"{parts}/{part}.safetensors knows {tokens} tokens, the tokenizer of the training data {tokens + 2}: use the"
        " data, or the tokenizer, that the part was trained with"
    )
