import re
from types import SimpleNamespace

import pytest
import torch
from torch._inductor.exc import InvalidCxxCompiler

from wurstchen_export.checks import speed
from wurstchen_export.errors import ExportError


def options(bundle, **more):
    chosen = dict(bundle=bundle, threads=1, rounds=1, width=128, height=128, compile=True)
    steps = dict(stage_c_steps=2, stage_c_guidance=4.0, stage_b_steps=2, stage_b_guidance=0.0)
    return SimpleNamespace(**chosen | steps | more)


def table(source, chosen):
    lines = []
    speed.main(chosen, source, lines.append, backend="eager")
    return lines


def test_every_part_is_timed_eager_compiled_and_as_a_bundle(source, bundle_folder):
    lines = table(source, options(bundle_folder))

    assert lines[0] == "128x128, 2 + 2 steps, 1 threads, fastest of 1; seconds, and how many times ours"
    assert re.split(r"\s{2,}", lines[1].strip()) == ["eager", "torch.compile", "ONNX Runtime"]
    seconds = {}
    for line in lines[2:]:
        row = re.fullmatch(r"(\S+(?: \S)?) +([\d.]+) \( *([\d.]+)\) +([\d.]+) \( *([\d.]+)\) +([\d.]+)", line)
        seconds[row[1]] = [float(row[index]) for index in (2, 4, 6)]
    assert list(seconds) == ["text", "stage C", "stage B", "stage A", "all"]
    for column in range(3):
        parts = sum(seconds[part][column] for part in speed.PARTS)
        assert 0 < parts <= seconds["all"][column] + 0.003  # each is rounded


def test_torch_compile_can_be_left_out(source, bundle_folder):
    lines = table(source, options(bundle_folder, compile=False))

    assert re.split(r"\s{2,}", lines[1].strip()) == ["eager", "ONNX Runtime"]


def test_compiled_stages_compute_what_the_reference_does(source):
    calls = [speed.Timed(owner, method, part, getattr(owner, method)) for owner, method, part in speed.calls_of(source)]
    latents = torch.rand(1, 4, 16, 16)

    decode = calls[-1]
    with torch.no_grad():
        found, expected = decode.compiled("eager").function(latents).sample, decode.function(latents).sample

    torch.testing.assert_close(found, expected)
    assert "decode" not in vars(source.stage_a)


def test_missing_compiler_is_named(source, bundle_folder, monkeypatch):
    def compiled(function, **_):
        def call(*args, **kwargs):
            raise InvalidCxxCompiler

        return call

    monkeypatch.setattr(torch, "compile", compiled)
    with pytest.raises(
        ExportError,
        match=r"^torch\.compile found no C\+\+ compiler: install g\+\+, or leave torch\.compile out with --no-compile$",
    ):
        table(source, options(bundle_folder))
