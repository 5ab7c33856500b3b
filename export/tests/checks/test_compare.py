import json
import math

import numpy as np
import pytest

from wurstchen_export.__main__ import main
from wurstchen_export.families.family import Picture
from wurstchen_export.checks.compare import Distance


def picture(offset):
    latents = np.full((1, 16, 2, 2), 1 + offset, np.float32)
    return Picture(latents, 2 * latents, np.full((1, 3, 4, 4), (100 + 10 * offset) / 255, np.float32))


def test_distance_is_in_decibels():
    found = Distance.of(picture(0), picture(0.1))
    assert found.stage_c_latents == pytest.approx(20, abs=1e-4)
    assert found.stage_b_latents == pytest.approx(20, abs=1e-4)
    assert found.pixels == pytest.approx(20 * math.log10(255))


def test_bundle_is_infinitely_near_to_itself(capsys, bundle_copy):
    prompts = ("a cat", "an anthropomorphic cat dressed as a fire fighter")
    wanted = [part for prompt in prompts for part in ("--prompt", prompt)]
    path = bundle_copy / "model.json"
    content = json.loads(path.read_text())
    content["defaults"].update(stage_c_steps=2, stage_b_steps=1, width=128, height=128)
    path.write_text(json.dumps(content))
    assert main(["compare", str(bundle_copy), str(bundle_copy), *wanted]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line[:44].strip() for line in lines] == [
        "dB",
        "a cat",
        "an anthropomorphic cat dressed as a fire ...",
        "median",
    ]
    assert [line.split()[-3:] for line in lines[1:]] == [["inf"] * 3] * 3


def test_bundles_of_different_models_are_refused(capsys, bundle_folder, other_model):
    assert main(["compare", str(bundle_folder), str(other_model / "bundle"), "--prompt", "a cat"]) == 1
    assert capsys.readouterr().err == (
        f"error: {bundle_folder} and {other_model / 'bundle'} differ in geometry and scales and defaults: name two"
        " bundles of one model, exported with the same defaults\n"
    )
