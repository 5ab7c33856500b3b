"""The projections of previews: that the fit finds them, that a bundle gets them whole, and what is refused."""

import json
import shutil

import drawn_data
import numpy as np
import pytest
import torch

from wurstchen_export.__main__ import main
from wurstchen_export.bundle import manifest
from wurstchen_export.bundle.runtime import Bundle
from wurstchen_export.evaluate import previews
from wurstchen_export.graphs import schedule


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return drawn_data.write(tmp_path_factory.mktemp("drawn") / "data")


@pytest.fixture
def bundle(other_model, tmp_path):
    folder = shutil.copytree(other_model / "bundle", tmp_path / "bundle")
    content = json.loads((folder / "model.json").read_text())
    content["defaults"] |= {"width": 128, "height": 128}
    (folder / "model.json").write_text(json.dumps(content))
    return folder


def test_a_linear_map_is_found_again():
    generator = np.random.default_rng(0)
    known = previews.Projection(
        generator.normal(size=(12, 3 * 9)).astype(np.float32) * 0.01, np.full(12, 0.5, np.float32)
    )
    fit = previews.Fit(2)
    for _ in range(8):
        latents = generator.normal(size=(4, 3, 5, 6)).astype(np.float32)
        fit.add(latents, known.show(latents))
    found = fit.solve()
    # The ridge pulls weights by 1e-5 of themselves; clipping to [0, 1] never happens at these weights.
    assert np.abs(found.weight - known.weight).max() < 1e-4
    assert np.abs(found.bias - known.bias).max() < 1e-4


def test_a_cell_shows_its_neighbourhood():
    weight = np.zeros((12, 9), np.float32)
    weight[0, 0], weight[3, 8] = 1, 1  # red: top left of the cell from above left, bottom right from below right
    shown = previews.Projection(weight, np.zeros(12, np.float32)).show(np.array([[[[0.1, 0.2], [0.3, 0.4]]]], np.float32))
    assert shown.shape == (1, 3, 4, 4)
    red = np.array([[0.1, 0, 0.1, 0], [0, 0.4, 0, 0.4], [0.1, 0, 0.1, 0], [0, 0.4, 0, 0.4]])
    assert shown[0, 0] == pytest.approx(red)
    assert not shown[0, 1:].any()


def test_a_bundle_gets_the_file_and_the_same_twice(bundle, data, capsys):
    written = []
    for _ in range(2):
        assert main(["previews", str(bundle), "--data", str(data), "--pictures", "40", "--threads", "1"]) == 0
        written.append((bundle / previews.FILE).read_bytes())
    assert written[0] == written[1]
    content = json.loads((bundle / "model.json").read_text())
    assert content["files"] == manifest.files(bundle)
    assert content["previews"]["file"] == previews.FILE
    assert {stage: content["previews"][stage]["cell_pixels"] for stage in ("stage_c", "stage_b")} == {"stage_c": 8, "stage_b": 1}
    projections = previews.read(Bundle(bundle))
    assert projections["stage_c"].weight.shape == (192, 16 * 9)
    assert projections["stage_b"].weight.shape == (3, 4 * 9)
    assert "stage_c: 27,840 numbers" in capsys.readouterr().out


def test_a_model_without_a_compressor_is_refused(bundle_copy, data, capsys):
    assert main(["previews", str(bundle_copy), "--data", str(data)]) == 1
    assert capsys.readouterr().err.strip() == (
        f"error: {bundle_copy} has no semantic_compressor: previews are fitted to what it encodes"
    )
    assert previews.read(Bundle(bundle_copy)) is None


def test_the_prediction_of_a_step_is_found_from_its_latents():
    generator = torch.Generator().manual_seed(0)
    table = schedule.step_table(schedule.uniform_timesteps(5), 0.008, 1.0)
    for row in table:
        x, noise, predicted = (torch.randn(20, generator=generator) for _ in range(3))
        _, one_minus_alpha, sigma, sqrt_inverse_alpha, noise_std = row
        after = sqrt_inverse_alpha * (x - one_minus_alpha * predicted / sigma) + noise_std * noise
        clean = (x - sigma * predicted) / (1 - sigma**2).sqrt()
        # The first step divides by the square root of 1e-4.
        assert schedule.predicted_clean(row, x, after, noise) == pytest.approx(clean, rel=1e-3, abs=2e-3)
