"""What the step graphs promise beyond the numbers that parity compares."""

import numpy as np
import pytest

from wurstchen_export.runtime import Bundle

NONE_BAD = -1
ROW = 1


@pytest.fixture(scope="module")
def bundle(bundle_folder):
    return Bundle(bundle_folder, threads=1)


def step_inputs(bundle, stage):
    """Named inputs of one guided step of one picture, at row 1 of a table of 3."""
    sizes = {"images": 1, "rows": 2, "steps": 3, "c_height": 3, "c_width": 3, "b_height": 32, "b_width": 32}
    sizes |= {f"map_{level}_{side}": 16 >> level for level in range(4) for side in ("height", "width")}
    inputs = {}
    for tensor in bundle.manifest["graphs"][f"{stage}_step"]["inputs"]:
        shape = [sizes.get(axis, axis) for axis in tensor["axes"]]
        generator = np.random.default_rng(len(inputs))
        inputs[tensor["name"]] = generator.uniform(0.1, 1, shape).astype(np.float32)
    inputs["step"] = np.array([ROW])
    inputs["bad_step"] = np.array([NONE_BAD])
    return inputs


def stepped(bundle, stage, inputs):
    latents, step, bad_step = bundle.run(f"{stage}_step", *inputs.values())
    return latents, step.tolist(), bad_step.tolist()


@pytest.mark.parametrize("stage", ["stage_c", "stage_b"])
def test_finite_latents_are_no_bad_step(bundle, stage):
    latents, step, bad_step = stepped(bundle, stage, step_inputs(bundle, stage))
    assert np.isfinite(latents).all()
    assert (step, bad_step) == ([ROW + 1], [NONE_BAD])


@pytest.mark.parametrize("stage", ["stage_c", "stage_b"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_one_value_that_is_not_finite_makes_a_bad_step(bundle, stage, value):
    inputs = step_inputs(bundle, stage)
    inputs["noise_table"][ROW].flat[-1] = value
    latents, step, bad_step = stepped(bundle, stage, inputs)
    assert np.isfinite(latents).sum() == latents.size - 1
    assert (step, bad_step) == ([ROW + 1], [ROW])


@pytest.mark.parametrize("stage", ["stage_c", "stage_b"])
def test_first_bad_step_is_kept(bundle, stage):
    inputs = step_inputs(bundle, stage)
    inputs["bad_step"] = np.array([0])
    assert stepped(bundle, stage, inputs)[1:] == ([ROW + 1], [0])
    inputs["noise_table"][ROW].flat[0] = np.nan
    assert stepped(bundle, stage, inputs)[1:] == ([ROW + 1], [0])


def test_run_whose_latents_are_not_finite_names_stage_and_step(bundle):
    from wurstchen_export.errors import ExportError
    from wurstchen_export.runtime import PictureRequest

    request = PictureRequest("a cat", width=128, height=128, stage_c_guidance=float("inf"))
    with pytest.raises(ExportError, match=r"^stage_c_step: the latents are no longer finite after step 1 of 4$"):
        bundle.generate(request)
