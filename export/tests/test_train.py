"""Training on a handful of drawn shapes: a few steps lower the loss, and a resumed run goes on where it stopped."""

import json

import pytest
import torch
from PIL import Image, ImageDraw

from wurstchen_export.compressor import SemanticCompressor
from wurstchen_export.train import main as train
from wurstchen_export.train.captions import every_caption
from wurstchen_export.train.diffusion import alpha_cumprod
from wurstchen_export.train.loop import LoopOptions, TrainingLoop
from wurstchen_export.train.concepts import read_concepts
from wurstchen_export.train.data import write_index
from wurstchen_export.train.pictures import Pictures
from wurstchen_export.train.text import TextSide, use_short_rows
from wurstchen_export.train.vocabulary import write_tokenizer

SIDE = 256
STEPS = ["--steps", "40", "--batch", "4", "--no-bf16", "--learning-rate", "3e-3"]
SMALL_POOL = ["--pool", "16", "--renew", "1"]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Two drawn objects in the layout that `train data` writes."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "drawn").mkdir()
    index = []
    for code, label in (("1F534", "disc"), ("1F7E6", "box")):
        picture = Image.new("RGBA", (SIDE, SIDE))
        shape = ImageDraw.Draw(picture)
        shape.ellipse((40, 40, 216, 216), fill="red") if label == "disc" else shape.rectangle((60, 60, 200, 200), "blue")
        picture.save(folder / "drawn" / f"{code}.png")
        index.append({"style": "drawn", "file": f"drawn/{code}.png", "hexcode": code, "label": label})
    write_index(folder, index)
    (folder / "concepts.tsv").write_text("# test\n1F534\ta disc\tdisc\n1F7E6\ta box\tbox|cube\n")
    write_tokenizer(every_caption(read_concepts(folder / "concepts.tsv"), ["drawn"]), folder / "tokenizer")
    return folder


@pytest.fixture(scope="module")
def stages(data, tmp_path_factory):
    """The three stages, each trained for a few steps on the one before."""
    out = tmp_path_factory.mktemp("out")
    common = ["--data", str(data), "--concepts", str(data / "concepts.tsv"), *STEPS]
    a = ["stage-a", "--out", str(out / "a"), "--width", "16", "--bottleneck-blocks", "1", "--codes", "8", "--crop", "32"]
    b = ["stage-b", "--out", str(out / "b"), "--stage-a", str(out / "a"), "--widths", "16", "32", "--blocks", "1", "1"]
    c = ["stage-c", "--out", str(out / "c"), "--stage-b", str(out / "b"), "--width", "32", "--depth", "1", "--heads", "1"]
    text = ["--text-width", "32", "--text-layers", "1"]
    train.main(a + common)
    train.main(b + common + text + SMALL_POOL)
    train.main(c + common + text + SMALL_POOL)
    return out


def losses(folder):
    lines = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    return [line["loss"] for line in lines if line["loss"] is not None]


@pytest.mark.parametrize("stage", ["a", "b", "c"])
def test_stage_after_few_steps_has_a_lower_loss(stages, stage):
    first, *_, last = losses(stages / stage)
    assert last < first


def test_model_of_trained_stages_draws_with_the_reference_pipelines(stages, data, tmp_path):
    parts = ["--data", str(data), *(f"--stage-{s}={stages / s}" for s in "abc")]
    train.main(["model", *parts, "--out", str(tmp_path / "model")])
    assert {path.name for path in (tmp_path / "model").iterdir()} == {"prior", "decoder", "compressor"}
    (tmp_path / "prompts").write_text("a disc\n")
    few = ["--stage-c-steps", "2", "--stage-b-steps", "2", "--columns", "1", "--prompts", str(tmp_path / "prompts")]
    train.main(["sheet", *parts, *few, "--out", str(tmp_path / "sheet.png")])
    assert Image.open(tmp_path / "sheet.png").size == (260, 276)


def test_frozen_compressor_goes_on_from_the_joint_run(stages, data, tmp_path):
    joint = stages / "b"
    options = ["--stage-a", str(stages / "a"), "--widths", "16", "32", "--blocks", "1", "1", "--freeze-compressor"]
    text = ["--text-width", "32", "--text-layers", "1", "--concepts", str(data / "concepts.tsv")]
    command = ["stage-b", "--data", str(data), *options, str(joint), *text, *SMALL_POOL, *STEPS]
    train.main([*command, "--out", str(tmp_path)])
    before = SemanticCompressor.from_pretrained(joint / "compressor").state_dict()
    after = SemanticCompressor.from_pretrained(tmp_path / "compressor").state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)


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
    with pytest.raises(ValueError, match="^training needs an end: give --minutes or --steps$"):
        TrainingLoop(tmp_path, {"line": Line()}, LoopOptions())


def test_short_rows_equal_whole_rows(data):
    from diffusers.pipelines.wuerstchen import WuerstchenPrior
    from transformers import CLIPTokenizerFast

    torch.manual_seed(0)
    tokenizer = CLIPTokenizerFast.from_pretrained(data / "tokenizer")
    text = TextSide(tokenizer, width=32, layers=1, length=12).eval()
    text.tie_late_positions()
    prior = WuerstchenPrior(c_in=4, c=32, c_cond=32, depth=1, nhead=2).eval()
    captions = ["a disc on a blue background", ""]
    whole = tokenizer(captions, padding="max_length", max_length=77, return_tensors="pt")
    x, t = torch.randn(2, 4, 6, 6), torch.tensor([0.3, 0.9])
    with torch.no_grad():
        expected = prior(x, t, text.encoder(**whole).last_hidden_state)
        use_short_rows(prior, 12)
        actual = prior(x, t, text(captions))
    assert torch.allclose(actual, expected, atol=1e-4, rtol=1e-4)


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
