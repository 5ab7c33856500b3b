"""What Stage A's graph gives beside the pixels."""

import json

import numpy as np
import onnx
import pytest

from wurstchen_export.bundle.runtime import Bundle
from wurstchen_export.checks import parity
from wurstchen_export.graphs import contract


@pytest.fixture(params=["bundle_folder", "half_bundle"])
def bundle(request):
    return Bundle(request.getfixturevalue(request.param))


def latents(spread=8):
    return (spread * np.random.default_rng(3).standard_normal((2, 4, 6, 5))).astype(np.float32)


def test_levels_are_the_pixels_rounded_half_to_even(bundle):
    pixels, levels, pixel_sum = bundle.run(contract.STAGE_A_DECODE, latents())
    assert (levels.dtype, levels.shape) == (np.uint8, (2, 24, 20, 3))
    np.testing.assert_array_equal(levels, np.rint(pixels * np.float32(255)).transpose(0, 2, 3, 1))
    np.testing.assert_allclose(pixel_sum, [pixels.sum()], rtol=1e-5)
    assert levels.std() > 10


def test_sum_shows_a_pixel_that_is_no_number(bundle):
    spoiled = latents()
    spoiled[1, 2, 3, 4] = np.nan
    assert np.isnan(bundle.run(contract.STAGE_A_DECODE, spoiled)[2]).all()


def test_map_is_cropped_once(half_bundle):
    graph = onnx.load(half_bundle / "stage_a_decode.onnx", load_external_data=False).graph
    weights = {tensor.name for tensor in graph.initializer}
    before = {name for node in graph.node if node.op_type == "Reshape" for name in node.output}
    crops = [node for node in graph.node if node.op_type == "Slice" and node.input[0] in before - weights]
    assert len(crops) == 1


def test_bundle_with_pixels_alone_is_compared_too(bundle_copy, source):
    path = bundle_copy / "stage_a_decode.onnx"
    model = onnx.load(path, load_external_data=False)
    del model.graph.output[1:]
    onnx.save(model, path)
    manifest = json.loads((bundle_copy / "model.json").read_text())
    del manifest["graphs"]["stage_a_decode"]["outputs"][1:]
    (bundle_copy / "model.json").write_text(json.dumps(manifest))
    bundle = Bundle(bundle_copy)
    parity.prepare(bundle, source)
    results = list(parity.graph_results(bundle, source, contract.STAGE_A_DECODE))
    assert {result.output for result in results} == {"pixels"}
    assert all(result.passed for result in results)
