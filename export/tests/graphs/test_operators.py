"""The operators' functions, run by ONNX Runtime, against their formulas in torch; and how graphs hold them."""

import numpy as np
import onnx
import onnx.inliner
import onnx_ir
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper

from wurstchen_export.graphs import replay, shapes
from wurstchen_export.graphs.operators import formulas, functions

MAPS = [(1, 1, 1), (2, 3, 5), (1, 7, 1), (3, 1, 4)]
"""Rows, height and width."""
C, WIDE, S = 6, 13, 11
"""Channels of a map, of the wide one inside a block, and columns of a scale, of which those from 2 are used."""
AFFINE = {"start": [2], "end": [2 + C], "epsilon": 1e-6}


class Draw:
    def __init__(self, dtype):
        self.dtype = dtype
        self.generator = torch.Generator().manual_seed(3)

    def __call__(self, *shape, dtype=None):
        return torch.randn(shape, generator=self.generator).to(dtype or self.dtype)


def affine(draw, rows, height, width):
    return draw(rows, height, width, C), draw(1, S), draw(1, S)


def depthwise(draw, *sides):
    return (*affine(draw, *sides), draw(9, C), draw(C))


def dense_case(draw, *sides):
    inputs = draw(*sides, C), draw(C, WIDE), draw(WIDE)
    return inputs, {}, [formulas.dense(*inputs)]


def gelu_case(draw, *sides):
    inputs = draw(*sides, C), draw(C, WIDE), draw(WIDE)
    return inputs, {}, [formulas.dense_gelu(*inputs)]


def residual_case(draw, *sides):
    inputs = draw(*sides, WIDE), draw(WIDE, C), draw(*sides, C)
    return inputs, {}, [formulas.dense_residual(*inputs)]


def bias_residual_case(draw, *sides):
    inputs = draw(*sides, WIDE), draw(WIDE, C), draw(C), draw(*sides, C)
    return inputs, {}, [formulas.dense_bias_residual(*inputs)]


def affine_norm_case(draw, *sides):
    inputs = affine(draw, *sides)
    return inputs, AFFINE, formulas.affine_norm(*inputs, 2, 2 + C, 1e-6)


def depthwise_case(draw, *sides):
    inputs = depthwise(draw, *sides)
    expected = formulas.depthwise_norm(*inputs, [], 2, 2 + C, 1e-6)
    return inputs, {**AFFINE, "channels": C}, expected


def join_case(draw, *sides):
    inputs, joined = depthwise(draw, *sides), draw(*sides, 4)
    pads = {"normed_pads": [0, 4], "joined_pads": [C, 0]}
    expected = formulas.depthwise_norm(*inputs, [joined], 2, 2 + C, 1e-6)
    return (*inputs, joined), {**AFFINE, "channels": C, **pads}, expected


def join_two_case(draw, *sides):
    inputs, joined = depthwise(draw, *sides), [draw(*sides, 4), draw(*sides, 3)]
    pads = {"normed_pads": [0, 7], "joined_pads": [C, 3], "joined2_pads": [C + 4, 0]}
    expected = formulas.depthwise_norm(*inputs, joined, 2, 2 + C, 1e-6)
    return (*inputs, *joined), {**AFFINE, "channels": C, **pads}, expected


def mixing_case(draw, *sides):
    inputs = draw(*sides, C), draw(9, C), draw(C), draw(C)
    return inputs, {"epsilon": 1e-6, "channels": C}, formulas.mixing_depthwise(*inputs, 1e-6)


def dense_gelu_response_case(draw, *sides):
    inputs = draw(*sides, C), draw(C, WIDE), draw(WIDE), draw(WIDE)
    return inputs, {}, list(formulas.dense_gelu_response(*inputs))


def scaled_case(draw, *sides):
    inputs = draw(*sides, WIDE), draw(sides[0], WIDE, dtype=torch.float32), draw(WIDE, C), draw(*sides, C)
    return inputs, {}, [formulas.scaled_dense_residual(*inputs)]


def attention_case(draw, *sides):
    text = draw(3, 2, sides[0], 2, 7, functions.HEAD_DIM, dtype=torch.float32)
    inputs = draw(*sides, 3 * 2 * functions.HEAD_DIM), text
    return inputs, {"block": 1, "heads": 2, "scale": 0.11}, [formulas.joint_attention(*inputs, 1, 2, 0.11)]


def masked_case(draw, rows, height, width):
    """Masks as text encoders have them: later tokens, and the last one of the first row."""
    tokens, heads, head_dim = height * width, 3, 8
    mask = torch.ones(rows, 1, tokens, tokens, dtype=torch.bool).triu(1)
    mask[0, :, :, tokens - 1] = True
    mask = torch.where(mask, torch.finfo(draw.dtype).min, 0.0).to(draw.dtype)
    inputs = draw(rows, tokens, 3 * heads * head_dim), mask
    return inputs, {"heads": heads, "scale": 0.35}, [formulas.masked_attention(*inputs, heads, 0.35)]


CASES = {
    "Dense": dense_case,
    "DenseGelu": gelu_case,
    "DenseResidual": residual_case,
    "DenseBiasResidual": bias_residual_case,
    "AffineNorm": affine_norm_case,
    "DepthwiseNorm": depthwise_case,
    "DepthwiseNormJoin": join_case,
    "DepthwiseNormJoinTwo": join_two_case,
    "MixingDepthwise": mixing_case,
    "DenseGeluResponse": dense_gelu_response_case,
    "ScaledDenseResidual": scaled_case,
    "JointAttention": attention_case,
    "MaskedAttention": masked_case,
}
TYPES = {torch.float32: TensorProto.FLOAT, torch.float16: TensorProto.FLOAT16}


def model_of(name, inputs, attributes, outputs):
    """A model of one node and its function."""
    function = functions.protos()[name]
    values = lambda names, tensors: [
        helper.make_tensor_value_info(name, TYPES[tensor.dtype], [f"{name}_{axis}" for axis in range(tensor.ndim)])
        for name, tensor in zip(names, tensors, strict=True)
    ]
    node = helper.make_node(name, function.input, function.output, domain=functions.DOMAIN, **attributes)
    graph = helper.make_graph([node], name, values(function.input, inputs), values(function.output, outputs))
    imports = [helper.make_opsetid("", 20), helper.make_opsetid(functions.DOMAIN, functions.VERSION)]
    return helper.make_model(graph, opset_imports=imports, functions=[function], ir_version=10)


def run(model, inputs):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    names = [value.name for value in session.get_inputs()]
    return session.run(None, dict(zip(names, [tensor.numpy() for tensor in inputs], strict=True)))


def test_every_operator_has_a_case():
    assert set(CASES) == set(functions.protos())


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("sides", MAPS)
@pytest.mark.parametrize("dtype, tolerance", [(torch.float32, 2e-6), (torch.float16, 2e-3)])
def test_function_computes_the_formula(name, sides, dtype, tolerance):
    inputs, attributes, expected = CASES[name](Draw(dtype), *sides)
    model = model_of(name, inputs, attributes, expected)
    onnx.checker.check_model(model, full_check=True)
    for found, wanted in zip(run(model, inputs), expected, strict=True):
        assert torch.from_numpy(found).dtype == wanted.dtype
        assert found.shape == wanted.shape
        largest = wanted.float().abs().max().item()
        np.testing.assert_allclose(found, wanted.numpy(), rtol=0, atol=tolerance * largest)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("sides", MAPS)
def test_formula_in_16_bits_rounds_only_its_results(name, sides):
    inputs, attributes, expected = CASES[name](Draw(torch.float16), *sides)
    operator = getattr(torch.ops.wurstchen, name.removesuffix("Two").removesuffix("Join"))
    if name.startswith("DepthwiseNorm"):
        widths = [C, *(part.shape[3] for part in inputs[5:])]
        arguments = lambda given: (*given[:5], list(given[5:]), [2], [2 + C], 1e-6, widths)
    else:
        arguments = lambda given: (*given, *attributes.values())
    exact = operator(*arguments([tensor.double() for tensor in inputs]))
    for found, wanted in zip(expected, [exact] if isinstance(exact, torch.Tensor) else exact, strict=True):
        torch.testing.assert_close(found.double(), wanted, rtol=6e-4, atol=1e-5)


def test_response_scale_does_not_overflow_in_16_bits():
    x, weight = 200 * torch.ones(1, 32, 32, 8, dtype=torch.float16), torch.eye(8, dtype=torch.float16)
    bias, gamma = torch.zeros(8, dtype=torch.float16), torch.full((8,), 0.5, dtype=torch.float16)
    expected = list(formulas.dense_gelu_response(x, weight, bias, gamma))
    found = run(model_of("DenseGeluResponse", [x, weight, bias, gamma], {}, expected), [x, weight, bias, gamma])[1]
    assert expected[0].square().sum(dim=(1, 2)).min() == float("inf")
    np.testing.assert_allclose(found, 1.5, rtol=1e-5)


@pytest.mark.parametrize("name", ["AffineNorm", "DepthwiseNorm", "MixingDepthwise", "DenseGeluResponse"])
def test_value_that_is_not_finite_comes_through(name):
    inputs, attributes, expected = CASES[name](Draw(torch.float32), 2, 3, 5)
    inputs[0][1, 2, 4, 0] = float("inf")
    found = run(model_of(name, inputs, attributes, expected), inputs)[-1]
    assert not np.isfinite(found[1]).all()
    assert np.isfinite(found[0]).all()


@pytest.mark.parametrize("name", CASES)
def test_function_can_be_replayed_and_computes_no_shape(name):
    inputs, attributes, expected = CASES[name](Draw(torch.float16), 2, 3, 5)
    inlined = onnx.inliner.inline_local_functions(model_of(name, inputs, attributes, expected))
    model = onnx_ir.from_proto(inlined)
    assert shapes.computed_shapes(model) == []
    assert replay.listing_nodes(model) == []
