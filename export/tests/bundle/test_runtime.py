import dataclasses
import os
import subprocess
import sys

import numpy as np
import pytest

from wurstchen_export.bundle.runtime import Bundle, PictureRequest
from wurstchen_export.errors import ExportError

REQUEST = PictureRequest("a cat", width=128, height=128, seed=1, stage_c_steps=2, stage_b_steps=2)
OTHER = dataclasses.replace(REQUEST, prompt="a dog on grass", negative_prompt="blurry", seed=7)


@pytest.mark.parametrize("stage_b_guidance", [0.0, 3.0])
def test_pictures_of_one_batch_are_those_of_each_request_alone(bundle_folder, stage_b_guidance):
    bundle = Bundle(bundle_folder, threads=1)
    requests = [dataclasses.replace(request, stage_b_guidance=stage_b_guidance) for request in (REQUEST, OTHER)]
    for together, request in zip(bundle.generate_batch(requests), requests, strict=True):
        alone = bundle.generate(request)
        np.testing.assert_allclose(together.stage_c_latents, alone.stage_c_latents, atol=1e-4)
        np.testing.assert_allclose(together.pixels, alone.pixels, atol=1e-3)


def test_requests_of_different_steps_are_no_batch(bundle_folder):
    other = dataclasses.replace(OTHER, stage_b_steps=3)
    with pytest.raises(ExportError) as raised:
        Bundle(bundle_folder).generate_batch([REQUEST, other])
    assert str(raised.value) == f"one run has one size, one number of steps and one guidance: {REQUEST} and {other}"


@pytest.mark.parametrize(("set_to", "found"), [(None, "1"), ("0", "0")])
def test_onnx_runtime_reports_nothing_unless_it_is_asked_to(set_to, found):
    variables = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    if set_to is not None:
        variables["ORT_DISABLE_TELEMETRY"] = set_to
    program = "import wurstchen_export, os; print(os.environ['ORT_DISABLE_TELEMETRY'])"
    assert subprocess.check_output([sys.executable, "-c", program], env=variables, text=True).strip() == found
