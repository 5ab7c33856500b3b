"""The plain latent diffusion model: it learns, goes on from its parts, and is as large as what it is compared with."""

import argparse
import json
import re
import shutil

import drawn_parts
import pytest
import torch

from wurstchen_export import train_commands as train
from wurstchen_export.train import plain, stage_b, stage_c
from wurstchen_export.train.engine.parts import load_part
from wurstchen_export.train.text import TextSide

SIZES = ["--widths", "16", "32", "--blocks", "1", "1", "--attending", "1", "--text-width", "32", "--text-layers", "1"]
POOL = ["--pool", "16", "--renew", "1", "--variants", "2"]
STEPS = ["--steps", "40", "--batch", "4", "--no-bf16", "--learning-rate", "3e-3"]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return drawn_parts.write_data(tmp_path_factory.mktemp("drawn"))


@pytest.fixture(scope="module")
def parts(data, tmp_path_factory):
    out = drawn_parts.train_stage_a(data, tmp_path_factory.mktemp("parts"))
    run(data, out)
    return out


def run(data, out, *more):
    return train.main(["plain", "--data", str(data), "--out", str(out), *SIZES, *POOL, *STEPS, *more])


def losses(folder):
    lines = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    return [line["loss"] for line in lines if line["loss"] is not None]


def test_plain_model_after_few_steps_has_a_lower_loss_and_says_that_it_is_done(parts):
    first, *_, last = losses(parts / "plain")
    assert last < first
    assert (parts / "plain" / "done").exists()


def test_parts_of_the_plain_model_are_in_sixteen_bits(parts):
    state, architecture = load_part(parts, "plain")
    assert architecture == {"widths": [16, 32], "blocks": [1, 1], "attending": 1, "text_width": 32}
    assert all(torch.equal(value, value.half().float()) for value in state.values())
    assert load_part(parts, "text_plain")[1]["width"] == 32


def test_plain_model_depends_on_the_text(parts):
    state, architecture = load_part(parts, "plain")
    model = plain.build(**architecture).eval()
    model.load_state_dict(state)
    x, t = torch.randn(1, 4, 16, 16), torch.tensor([0.5])
    with torch.no_grad():
        one, other = (model(x, t, None, torch.randn(1, 20, 32)) for _ in range(2))
    assert not torch.equal(one, other)


def test_run_started_from_the_plain_parts_keeps_what_was_learnt(parts, data, tmp_path):
    out = shutil.copytree(parts, tmp_path / "parts")
    shutil.rmtree(out / "plain")
    run(data, out, "--start-from", str(parts), "--learning-rate", "1e-4", "--seed", "5", "--warmup", "40")
    untrained, *_, trained = losses(parts / "plain")
    resumed = losses(out / "plain")[-1]
    assert abs(resumed - trained) < abs(resumed - untrained)


def test_plain_model_without_a_stage_a_is_refused(data, tmp_path):
    message = f"{tmp_path / 'a.safetensors'} is missing (parts found: none): train the stage that makes it first"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        run(data, tmp_path)


@pytest.mark.parametrize(
    "sizes, message",
    [
        (([16, 32], [1], 1, 32), "--widths has 2 levels, but --blocks has 1: give a number for each level"),
        (([16, 32], [1, 1], 3, 32), "--attending must be 1 to 2, the number of levels, got 3"),
        (([16, 32], [1, 1], 0, 32), "--attending must be 1 to 2, the number of levels, got 0"),
        (([16, 32], [1, 1], 2, 32), "--widths of levels that attend must be multiples of 32, got 16"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(sizes, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        plain.build(*sizes)


def defaults(module):
    parser = argparse.ArgumentParser()
    module.add_options(parser)
    return parser.parse_args(["--data", ".", "--out", "."])


@pytest.mark.parametrize("tokens", [3000, 3669, 5000])
def test_default_plain_model_is_as_large_as_stages_b_and_c_with_their_text_encoders(tokens):
    count = lambda *modules: sum(p.numel() for module in modules for p in module.parameters())
    b, c, one = defaults(stage_b), defaults(stage_c), defaults(plain)
    texts = [TextSide(tokens, some.text_width, some.text_layers, some.text_length) for some in (b, c, one)]
    cascade = count(
        stage_b.build(b.widths, b.blocks, b.text_width, b.cond_width),
        stage_c.build(c.width, c.depth, c.heads, c.text_width),
        *texts[:2],
    )
    whole = count(plain.build(one.widths, one.blocks, one.attending, one.text_width), texts[2])
    assert abs(whole / cascade - 1) < 0.02
