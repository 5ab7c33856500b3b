"""Training on a handful of drawn shapes: a few steps lower the loss, and a resumed run goes on where it stopped."""

import io
import json
import re
import shutil
import tarfile
import time

import pytest
import torch
from PIL import Image, ImageDraw

from wurstchen_export import train_commands as train
from wurstchen_export.model.classes import wuerstchen
from wurstchen_export.model.compressor import SemanticCompressor
from wurstchen_export.train.collect import collect
from wurstchen_export.train.data import write_index
from wurstchen_export.train.dataset.caption_table import CaptionTable, Tokens, open_tokenizer, open_vocabulary
from wurstchen_export.train.dataset.captions import every_caption
from wurstchen_export.train.dataset.concepts import read_concepts
from wurstchen_export.train.dataset.pictures import Pictures
from wurstchen_export.train.dataset.variation import UNDESCRIBED
from wurstchen_export.train.dataset.vocabulary import write_tokenizer
from wurstchen_export.train.engine.fast import compile_or_fall_back, use_shifted_depthwise
from wurstchen_export.train.engine.loop import LoopOptions, TrainingLoop
from wurstchen_export.train.engine.parts import load_part
from wurstchen_export.train.engine.staging import wait_for
from wurstchen_export.train.methods.diffusion import alpha_cumprod
from wurstchen_export.train.stage_a import encode, load_stage_a, reconstruction_loss
from wurstchen_export.train.text import TextSide, use_short_rows

SIDE = 256
STEPS = ["--steps", "40", "--batch", "4", "--no-bf16", "--learning-rate", "3e-3"]
SMALL_POOL = ["--pool", "16", "--renew", "1", "--variants", "3", "--text-length", "16"]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Two drawn objects in the layout that `train data` writes."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "drawn").mkdir()
    index = []
    for code, label in (("1F534", "disc"), ("1F7E6", "box")):
        picture = Image.new("RGBA", (SIDE, SIDE))
        shape = ImageDraw.Draw(picture)
        shape.ellipse((40, 40, 216, 216), fill="red") if label == "disc" else shape.rectangle(
            (60, 60, 200, 200), "blue"
        )
        picture.save(folder / "drawn" / f"{code}.png")
        index.append({"style": "drawn", "file": f"drawn/{code}.png", "hexcode": code, "label": label})
    write_index(folder, index)
    (folder / "concepts.tsv").write_text("# test\n1F534\ta disc\tdisc\n1F7E6\ta box\tbox|cube\n")
    write_tokenizer(every_caption(read_concepts(folder / "concepts.tsv"), ["drawn"]), folder / "tokenizer")
    return folder


SIZES_A = ["--width", "16", "--bottleneck-blocks", "1", "--codes", "8", "--crop", "32"]
SIZES_B = ["--widths", "16", "32", "--blocks", "1", "1", "--compressor-widths", "8", "8", "16", "16"]
SIZES_C = ["--width", "32", "--depth", "1", "--heads", "1"]
SIZES_TEXT = ["--text-width", "32", "--text-layers", "1"]


def stage_command(name, data, out, *more):
    """One training command at sizes for tests."""
    sizes = {"stage-a": SIZES_A, "stage-b": SIZES_B + SIZES_TEXT, "stage-c": SIZES_C + SIZES_TEXT}[name]
    pool = [] if name == "stage-a" else SMALL_POOL
    common = ["--data", str(data), "--concepts", str(data / "concepts.tsv"), "--out", str(out)]
    return [name, *common, *STEPS, *sizes, *pool, *more]


@pytest.fixture(scope="module")
def parts(data, tmp_path_factory):
    """The three stages, each trained for a few steps on the one before."""
    out = tmp_path_factory.mktemp("parts")
    for stage in ("stage-a", "stage-b", "stage-c"):
        train.main(stage_command(stage, data, out))
    return out


def losses(folder):
    lines = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    return [line["loss"] for line in lines if line["loss"] is not None]


@pytest.mark.parametrize("stage", ["a", "b_joint", "c"])
def test_stage_after_few_steps_has_a_lower_loss(parts, stage):
    first, *_, last = losses(parts / stage)
    assert last < first


@pytest.mark.parametrize("stage", ["a", "b_joint", "c"])
def test_stage_that_ended_says_so(parts, stage):
    assert (parts / stage / "done").exists()


def test_parts_are_in_sixteen_bits(parts):
    assert {path.stem for path in parts.glob("*.safetensors")} == {"a", "compressor", "b", "text_b", "c", "text_c"}
    state, architecture = load_part(parts, "c")
    assert architecture == {"width": 32, "depth": 1, "heads": 1, "text_width": 32}
    assert all(torch.equal(value, value.half().float()) for value in state.values() if value.is_floating_point())


def test_missing_part_is_named(tmp_path):
    message = f"{tmp_path / 'a.safetensors'} is missing (parts found: none): train the stage that makes it first"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        load_part(tmp_path, "a")


def test_model_of_trained_parts_draws_with_the_reference_pipelines(parts, data, tmp_path):
    options = ["--data", str(data), "--parts", str(parts)]
    train.main(["model", *options, "--out", str(tmp_path / "model")])
    assert {path.name for path in (tmp_path / "model").iterdir()} == {"prior", "decoder", "compressor"}
    (tmp_path / "prompts").write_text("a disc\n")
    few = ["--stage-c-steps", "2", "--stage-b-steps", "2", "--columns", "1", "--prompts", str(tmp_path / "prompts")]
    train.main(["sheet", *options, *few, "--out", str(tmp_path / "sheet.png")])
    assert Image.open(tmp_path / "sheet.png").size == (260, 276)


def test_frozen_compressor_goes_on_from_the_joint_run(parts, data, tmp_path):
    out = shutil.copytree(parts, tmp_path / "parts")
    train.main(stage_command("stage-b", data, out, "--freeze-compressor", "--learning-rate", "1e-4"))
    assert (out / "compressor.safetensors").read_bytes() == (parts / "compressor.safetensors").read_bytes()
    assert (out / "b.safetensors").read_bytes() != (parts / "b.safetensors").read_bytes()


@pytest.mark.parametrize("option", [["--varied", "1.0"], ["--map-noise", "0.0"]])
def test_option_of_stage_b_changes_what_it_trains_on(parts, data, tmp_path, option):
    out = shutil.copytree(parts, tmp_path / "parts", ignore=shutil.ignore_patterns("b", "b_joint"))
    train.main(stage_command("stage-b", data, out, *option))
    assert (out / "b.safetensors").read_bytes() != (parts / "b.safetensors").read_bytes()


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--varied", "1.5", "argument --varied: must be from 0 to 1, got 1.5"),
        ("--varied", "nan", "argument --varied: must be from 0 to 1, got nan"),
        ("--map-noise", "-0.1", "argument --map-noise: must be a number from 0 on, got -0.1"),
    ],
)
def test_share_outside_its_range_is_refused(data, tmp_path, capsys, option, value, message):
    with pytest.raises(SystemExit):
        train.main(stage_command("stage-b", data, tmp_path, f"{option}={value}"))
    assert capsys.readouterr().err.endswith(f"error: {message}\n")


def test_frozen_encoder_keeps_the_latents_and_lowers_the_loss(parts, data, tmp_path):
    out = shutil.copytree(parts, tmp_path / "parts")
    shutil.rmtree(out / "a")
    train.main(stage_command("stage-a", data, out, "--freeze-encoder"))
    before, after = load_stage_a(parts, "cpu"), load_stage_a(out, "cpu")
    pixels = torch.rand(1, 3, 32, 32)
    assert torch.equal(encode(before, pixels), encode(after, pixels))
    assert not torch.equal(before.decode(torch.ones(1, 4, 8, 8)).sample, after.decode(torch.ones(1, 4, 8, 8)).sample)


def test_square_weight_weighs_the_square_error():
    pixels = torch.rand(2, 3, 8, 8)
    loss = reconstruction_loss(pixels + 0.1, pixels, 24.0)  # the error has no gradient
    assert loss.item() == pytest.approx(0.1 + 24.0 * 0.1**2)


@pytest.mark.parametrize("stage", ["a", "b_joint", "b", "c"])
def test_run_started_from_parts_keeps_what_was_learnt(parts, data, tmp_path, stage):
    """Its losses are near those at the end of the run that made the parts, not near those of its start."""
    out = shutil.copytree(parts, tmp_path / "parts")
    joint = "b_joint" if stage == "b" else stage
    shutil.rmtree(out / joint)
    name = {"a": "stage-a", "b_joint": "stage-b", "b": "stage-b", "c": "stage-c"}[stage]
    gentle = ["--learning-rate", "1e-4", "--start-from", str(parts), "--seed", "5", "--warmup", "40"]
    frozen = ["--freeze-compressor"] if stage == "b" else []
    train.main(stage_command(name, data, out, *gentle, *frozen))
    untrained, *_, trained = losses(parts / joint)
    resumed = losses(out / stage)[-1]
    assert abs(resumed - trained) < abs(resumed - untrained)


@pytest.mark.parametrize("stage", ["b", "c"])
def test_averaged_weights_of_a_run_started_from_parts_leave_them_slowly(parts, data, tmp_path, stage):
    """The rate rises slowly, and the average starts where the weights do: what is saved first is no worse."""
    out = shutil.copytree(parts, tmp_path / "parts")
    shutil.rmtree(out / stage, ignore_errors=True)
    frozen = ["--freeze-compressor"] if stage == "b" else []
    train.main(stage_command(f"stage-{stage}", data, out, "--start-from", str(parts), "--steps", "3", *frozen))
    (before, _), (after, _) = (load_part(folder, stage) for folder in (parts, out))
    assert any(not torch.equal(after[name], value) for name, value in before.items())
    assert all((after[name] - value).abs().max() < 1e-3 for name, value in before.items())


def test_stage_waits_for_the_one_before(tmp_path):
    (tmp_path / "done").touch()
    wait_for(tmp_path, until=1.0)
    message = f"{tmp_path}/b was not done in time: is its stage still running? See {tmp_path}/b/log.jsonl"
    with pytest.raises(TimeoutError, match=f"^{re.escape(message)}$"):
        wait_for(tmp_path / "b", until=1.0)


def test_device_that_is_not_there_is_refused(data, tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ValueError, match="sees no GPU here; use --device cpu$"):
        train.main(stage_command("stage-a", data, tmp_path, "--device", "cuda"))


class Line(torch.nn.Module):
    """y = w x: the smallest thing to train."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))

    def loss(self):
        return ((self.weight - 3) ** 2).sum(), {}


def test_loop_lowers_the_loss_and_resumes_with_the_same_weights(tmp_path):
    line = Line()
    TrainingLoop(tmp_path, {"line": line}, LoopOptions(steps=40, learning_rate=0.1, flat=0.9)).run(line.loss)
    assert line.loss()[0] < 9
    resumed = Line()
    before = line.loss()[0]
    loop = TrainingLoop(tmp_path, {"line": resumed}, LoopOptions(steps=80, learning_rate=0.1, flat=0.9))
    assert (loop.step, resumed.loss()[0]) == (40, before)
    loop.run(resumed.loss)
    assert resumed.loss()[0] < before


def test_loop_without_an_end_is_refused(tmp_path):
    with pytest.raises(ValueError, match="^training needs an end: give --minutes, --steps or --until$"):
        TrainingLoop(tmp_path, {"line": Line()}, LoopOptions())


def test_loop_skips_a_step_whose_loss_is_not_finite(tmp_path):
    line, losses = Line(), iter([float("nan"), 1.0])
    loop = TrainingLoop(tmp_path, {"line": line}, LoopOptions(steps=1, learning_rate=0.1, warmup=1))
    loop.run(lambda: (line.loss()[0] * next(losses), {}))
    assert (line.weight.item(), loop.state[2].item()) == (0.0, 1.0)


def test_loop_ends_at_the_time_given(tmp_path):
    line = Line()
    loop = TrainingLoop(tmp_path, {"line": line}, LoopOptions(until=time.time() - 1))
    loop.run(line.loss)
    assert loop.step <= 1 and (tmp_path / "done").exists()


def test_cosine_fall_ends_at_a_hundredth(tmp_path):
    loop = TrainingLoop(tmp_path, {"line": Line()}, LoopOptions(steps=100, flat=0.5, fall="cosine", warmup=1))
    loop.seconds, factors = 0.0, []
    for loop.step in (0, 50, 75, 100):
        factors.append(round(loop.rate_factor(), 6))
    assert factors == [1.0, 1.0, 0.5, 0.01]


def test_short_rows_equal_whole_rows(data):
    torch.manual_seed(0)
    tokenizer = open_tokenizer(data)
    text = TextSide(len(tokenizer), width=64, layers=2, length=12).eval()
    for parameter in text.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    prior = wuerstchen().WuerstchenPrior(c_in=4, c=32, c_cond=64, depth=1, nhead=2).eval()
    captions = ["a disc on a blue background", ""]
    whole = tokenizer(captions, padding="max_length", max_length=77, return_tensors="pt")
    x, t = torch.randn(2, 4, 6, 6), torch.tensor([0.3, 0.9])
    with torch.no_grad():
        expected = prior(x, t, text.published(tokenizer)(**whole).last_hidden_state)
        use_short_rows(prior)
        actual = prior(x, t, text(Tokens(open_vocabulary(data), 12).rows(captions)))
    assert torch.allclose(actual, expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(
    "caption",
    ["a disc, flat style, on o'clock's red-hot box", "", "1st place; pi\u00f1ata 24/7 (teal)!?", "DISC  on\tred"],
)
def test_vocabulary_is_that_of_the_published_tokenizer(data, caption):
    row, ids = Tokens(open_vocabulary(data), 60).row(caption), open_tokenizer(data)(caption)["input_ids"]
    assert len(open_vocabulary(data)) == len(open_tokenizer(data))
    assert row == ids + ids[-1:] * (60 - len(ids))


def test_caption_that_is_too_long_is_named(data):
    message = "caption needs more than 4 tokens: 'a disc on a red box'"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Tokens(open_vocabulary(data), 6).rows(["a", "a disc on a red box"])


def test_drawn_captions_are_of_the_picture_and_its_background(data):
    pictures, tokenizer = Pictures(data, data / "concepts.tsv"), open_tokenizer(data)
    table = CaptionTable(pictures, Tokens(open_vocabulary(data), 24), variants=4, seed=0)
    which, colours = (
        torch.tensor([0, 1, 1]),
        torch.tensor([pictures.colour_names.index(c) for c in ("red", "teal", "white")]),
    )
    for _ in range(20):
        red, teal, white = tokenizer.batch_decode(table.draw(which, colours, 0.0), skip_special_tokens=True)
        assert "disc" in red and "red" in red and "teal" in teal
        assert any(name in white for name in ("box", "cube"))
    empty = table.empty.long().expand(3, -1)
    assert torch.equal(table.draw(which, colours, 1.0), empty)
    assert torch.equal(table.draw(which, torch.full_like(colours, UNDESCRIBED), 0.0), empty)


def test_shifted_depthwise_is_the_convolution():
    convolution = torch.nn.Conv2d(6, 6, 3, padding=1, groups=6)
    x = torch.randn(2, 6, 5, 7)
    expected = convolution(x)
    use_shifted_depthwise(convolution)
    assert torch.allclose(convolution(x), expected, atol=1e-6)


def test_joined_padding_repeats_the_border():
    padding, x = torch.nn.ReplicationPad2d(1), torch.randn(2, 6, 5, 7)
    expected = padding(x)
    use_shifted_depthwise(torch.nn.Sequential(padding))
    assert torch.equal(padding(x), expected)


def test_stage_that_cannot_be_compiled_runs_without(capsys):
    convolution = torch.nn.Sequential(torch.nn.Conv2d(2, 2, 3, padding=1, groups=2))

    def fail():
        raise RuntimeError("no compiler\nat all")

    assert not compile_or_fall_back([convolution], fail, shifted=True)
    assert capsys.readouterr().out == "compiling failed (no compiler): going on without, slower\n"
    assert "forward" not in convolution[0].__dict__


def test_schedule_is_the_references():
    from diffusers import DDPMWuerstchenScheduler

    t = torch.linspace(0, 1, 33)
    assert torch.allclose(alpha_cumprod(t), DDPMWuerstchenScheduler()._alpha_cumprod(t, t.device), atol=1e-6)


def test_compressor_saved_and_read_gives_the_same_semantic_latents(tmp_path):
    compressor = SemanticCompressor(widths=(8, 8, 16, 16)).eval()
    compressor.save_pretrained(tmp_path)
    pixels = torch.rand(1, 3, 64, 96)
    latents = compressor(pixels)
    assert latents.shape == (1, 16, 2, 3)
    assert torch.equal(SemanticCompressor.from_pretrained(tmp_path)(pixels), latents)


def test_collected_pieces_are_the_parts_again(tmp_path, monkeypatch):
    monkeypatch.setattr("wurstchen_export.train.collect.PIECE_BYTES", 4000)
    (tmp_path / "c").mkdir()
    (tmp_path / "a.safetensors").write_bytes(bytes(range(256)) * 30)
    (tmp_path / "c" / "log.jsonl").write_text("{}\n")
    (tmp_path / "c" / "checkpoint.pt").write_text("stays")
    pieces = collect(tmp_path, tmp_path / "collected")
    assert len(pieces) > 2 and all(piece.stat().st_size <= 4000 for piece in pieces)
    whole = io.BytesIO(b"".join(piece.read_bytes() for piece in pieces))
    with tarfile.open(fileobj=whole) as tar:
        assert tar.getnames() == ["a.safetensors", "c/log.jsonl"]
        assert tar.extractfile("a.safetensors").read() == bytes(range(256)) * 30


def test_preview_draws_both_sheets(parts, data, tmp_path):
    out = shutil.copytree(parts, tmp_path / "parts")
    options = ["--data", str(data), "--concepts", str(data / "concepts.tsv"), "--out", str(out), "--no-bf16"]
    train.main(["preview", *options, "--prompts", "3", "--steps", "2"])
    assert Image.open(out / "prompts.png").size == (8 * 128, 128)
    assert Image.open(out / "rebuilt.png").size == (2 * 128, 3 * 128)
    assert 1 <= len(json.loads((out / "prompts.json").read_text())) <= 3
