"""The operators as model-local functions of standard operators, in ONNX's text syntax.

The functions accept float16 and float32. They compute no shapes at run time and join tensors by Pad and Add instead of
Concat, so that CUDA graphs can be recorded without the library's kernels too (replay.py). The attributes ``channels``
and ``*_pads`` are read by the functions only, not by the kernels.
"""

from __future__ import annotations

from functools import cache

import onnx.parser
import onnx_ir as ir
from onnx import AttributeProto, FunctionProto

DOMAIN, VERSION = "wurstchen", 1
HEAD_DIM = 64
"""Channels of a head that JointAttention supports."""
MASKED_HEAD_DIMS, MASKED_TOKENS = range(8, 129, 8), 128
"""Channels of a head, and the most tokens, that MaskedAttention supports."""

_INT, _INTS, _FLOAT = AttributeProto.INT, AttributeProto.INTS, AttributeProto.FLOAT
ATTRIBUTE_TYPES = {
    "start": _INTS,
    "end": _INTS,
    "epsilon": _FLOAT,
    "channels": _INT,
    "normed_pads": _INTS,
    "joined_pads": _INTS,
    "joined2_pads": _INTS,
    "block": _INT,
    "heads": _INT,
    "scale": _FLOAT,
}
"""Types of the attributes. A node has to write all attributes of its operator, because kernels see no defaults."""

_ONES = """
    wide_{name} = Cast <to = 1> ({name})
    nought_{name} = Constant <value_float = 0.0> ()
    wide_ones_{name} = Pow (wide_{name}, nought_{name})
    ones_{name} = CastLike (wide_ones_{name}, {name})
"""
"""Ones of the shape and type of a value. LayerNormalization requires a scale."""

_AFFINE = """
    start = Constant <value_ints: ints = @start> ()
    end = Constant <value_ints: ints = @end> ()
    last_axis = Constant <value_ints = [-1]> ()
    own_scale = Slice (scale, start, end, last_axis)
    own_offset = Slice (offset, start, end, last_axis)
    one = Constant <value_float = 1.0> ()
    one_like = CastLike (one, x)
    factor = Add (one_like, own_scale)
    scaled = Mul (x, factor)
    y = Add (scaled, own_offset)
"""

_KERNELS = """
    kernels_shape = Constant <value_ints = [-1, 1, 3, 3]> ()
    by_channel = Transpose <perm = [1, 0]> (weight)
    kernels = Reshape (by_channel, kernels_shape)
"""

_DEPTHWISE_NORM = (
    _AFFINE
    + _KERNELS
    + _ONES.format(name="bias")
    + """
    map = Transpose <perm = [0, 3, 1, 2]> (y)
    mixed_map = Conv <group: int = @channels, kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (map, kernels, bias)
    mixed = Transpose <perm = [0, 2, 3, 1]> (mixed_map)
"""
)

_NORM_OF_MIXED = "{result} = LayerNormalization <axis = -1, epsilon: float = @epsilon> (mixed, ones_bias)"

_PADDED = """
    {name}_pads = Constant <value_ints: ints = @{attribute}> ()
    {name}_padded = Pad ({name}, {name}_pads, , last_axis)
"""

_BODIES = {
    "Dense (x, weight, bias) => (y)": """
    product = MatMul (x, weight)
    y = Add (product, bias)
""",
    "DenseGelu (x, weight, bias) => (y)": """
    product = MatMul (x, weight)
    wide = Add (product, bias)
    y = Gelu <approximate = "none"> (wide)
""",
    "DenseResidual (x, weight, residual) => (y)": """
    product = MatMul (x, weight)
    y = Add (residual, product)
""",
    "DenseBiasResidual (x, weight, bias, residual) => (y)": """
    product = MatMul (x, weight)
    wide = Add (product, bias)
    y = Add (residual, wide)
""",
    "DepthwiseNorm <start, end, epsilon, channels> (x, scale, offset, weight, bias) => (y, normed)": (
        _DEPTHWISE_NORM + _NORM_OF_MIXED.format(result="normed")
    ),
    "DepthwiseNormJoin <start, end, epsilon, channels, normed_pads, joined_pads>"
    " (x, scale, offset, weight, bias, joined) => (y, normed)": (
        _DEPTHWISE_NORM
        + _NORM_OF_MIXED.format(result="alone")
        + _PADDED.format(name="alone", attribute="normed_pads")
        + _PADDED.format(name="joined", attribute="joined_pads")
        + "normed = Add (alone_padded, joined_padded)"
    ),
    "DepthwiseNormJoinTwo <start, end, epsilon, channels, normed_pads, joined_pads, joined2_pads>"
    " (x, scale, offset, weight, bias, joined, joined2) => (y, normed)": (
        _DEPTHWISE_NORM
        + _NORM_OF_MIXED.format(result="alone")
        + _PADDED.format(name="alone", attribute="normed_pads")
        + _PADDED.format(name="joined", attribute="joined_pads")
        + _PADDED.format(name="joined2", attribute="joined2_pads")
        + """
    first_two = Add (alone_padded, joined_padded)
    normed = Add (first_two, joined2_padded)
"""
    ),
    "AffineNorm <start, end, epsilon> (x, scale, offset) => (y, normed)": (
        _AFFINE
        + _ONES.format(name="factor")
        + """
    flat = Constant <value_ints = [-1]> ()
    ones = Reshape (ones_factor, flat)
    normed = LayerNormalization <axis = -1, epsilon: float = @epsilon> (y, ones)
"""
    ),
    "MixingDepthwise <epsilon, channels> (x, weight, bias, next_bias) => (y, normed)": (
        _KERNELS
        + _ONES.format(name="bias")
        + """
    inner = LayerNormalization <axis = -1, epsilon: float = @epsilon> (x, ones_bias)
    map = Transpose <perm = [0, 3, 1, 2]> (inner)
    border = Constant <value_ints = [0, 0, 1, 1, 0, 0, 1, 1]> ()
    bordered = Pad <mode = "edge"> (map, border)
    mixed_map = Conv <group: int = @channels, kernel_shape = [3, 3]> (bordered, kernels, bias)
    mixed = Transpose <perm = [0, 2, 3, 1]> (mixed_map)
    sum = Add (x, mixed)
    y = Add (sum, next_bias)
    normed = LayerNormalization <axis = -1, epsilon: float = @epsilon> (sum, ones_bias)
"""
    ),
    # Sums over the map as two products with ones: ONNX Runtime's CUDA kernel for reductions over middle axes takes six
    # to ten times as long.
    "DenseGeluResponse (x, weight, bias, gamma) => (u, s)": (
        """
    product = MatMul (x, weight)
    widened = Add (product, bias)
    u = Gelu <approximate = "none"> (widened)
    wide = Cast <to = 1> (u)
    squares = Mul (wide, wide)
    first = Constant <value_ints = [0]> ()
    second = Constant <value_ints = [1]> ()
    last_axis = Constant <value_ints = [-1]> ()
    column = Slice (wide, first, second, last_axis)
"""
        + _ONES.format(name="column")
        + """
    row_of_ones = Transpose <perm = [0, 1, 3, 2]> (ones_column)
    sums_of_rows = MatMul (row_of_ones, squares)
    third = Constant <value_ints = [2]> ()
    rows = Squeeze (sums_of_rows, third)
    height = Slice (rows, first, second, last_axis)
"""
        + _ONES.format(name="height")
        + """
    column_of_ones = Transpose <perm = [0, 2, 1]> (ones_height)
    sum_of_map = MatMul (column_of_ones, rows)
    sums = Squeeze (sum_of_map, second)
    norms = Sqrt (sums)
    mean = ReduceMean <keepdims = 1> (norms, last_axis)
    little = Constant <value_float = 0.000001> ()
    divisor = Add (mean, little)
    response = Div (norms, divisor)
    wide_gamma = Cast <to = 1> (gamma)
    weighted = Mul (wide_gamma, response)
    one = Constant <value_float = 1.0> ()
    s = Add (one, weighted)
"""
    ),
    "ScaledDenseResidual (u, s, weight, residual) => (y)": """
    map_axes = Constant <value_ints = [1, 2]> ()
    factors = Unsqueeze (s, map_axes)
    factors_like = CastLike (factors, u)
    scaled = Mul (u, factors_like)
    product = MatMul (scaled, weight)
    y = Add (residual, product)
""",
    # all_keys and all_values are not used, but required: without them ONNX Runtime 1.29's CPU kernel silently ignores
    # text_key and text_value.
    "JointAttention <block, heads, scale> (qkv, text_keys_values) => (y)": f"""
    heads = Constant <value_int: int = @heads> ()
    all_columns = Constant <value_ints = [0, 0, {3 * HEAD_DIM}]> ()
    kept_and_rest = Constant <value_ints = [0, -1, 0]> ()
    columns = Mul (all_columns, heads)
    tokens_shape = Add (kept_and_rest, columns)
    tokens = Reshape (qkv, tokens_shape)
    head_dim = Constant <value_ints = [{HEAD_DIM}]> ()
    two = Constant <value_ints = [2]> ()
    three = Constant <value_ints = [3]> ()
    of_query = Constant <value_ints = [0]> ()
    of_key = Mul (head_dim, heads)
    of_value = Mul (two, of_key)
    end = Mul (three, of_key)
    query = Slice (tokens, of_query, of_key, two)
    key = Slice (tokens, of_key, of_value, two)
    value = Slice (tokens, of_value, end, two)
    block = Constant <value_int: int = @block> ()
    of_block = Gather <axis = 0> (text_keys_values, block)
    text = CastLike (of_block, qkv)
    keys = Constant <value_int = 0> ()
    values = Constant <value_int = 1> ()
    text_key = Gather <axis = 0> (text, keys)
    text_value = Gather <axis = 0> (text, values)
    y, all_keys, all_values = com.microsoft.MultiHeadAttention <num_heads: int = @heads, scale: float = @scale>
        (query, key, value, , , , text_key, text_value)
""",
    "MaskedAttention <heads, scale> (qkv, mask) => (y)": """
    heads = Constant <value_int: int = @heads> ()
    heads_axis = Constant <value_ints = [0, 0, 0, 1, 0]> ()
    other_axes = Constant <value_ints = [0, 0, 3, 0, -1]> ()
    of_heads = Mul (heads_axis, heads)
    split_shape = Add (other_axes, of_heads)
    split = Reshape (qkv, split_shape)
    parts = Transpose <perm = [2, 0, 3, 1, 4]> (split)
    queries = Constant <value_int = 0> ()
    keys = Constant <value_int = 1> ()
    values = Constant <value_int = 2> ()
    query = Gather <axis = 0> (parts, queries)
    key = Gather <axis = 0> (parts, keys)
    value = Gather <axis = 0> (parts, values)
    scale = Constant <value_float: float = @scale> ()
    scale_like = CastLike (scale, qkv)
    scaled = Mul (query, scale_like)
    turned = Transpose <perm = [0, 1, 3, 2]> (key)
    products = MatMul (scaled, turned)
    scores = Add (products, mask)
    weights = Softmax <axis = -1> (scores)
    mixed = MatMul (weights, value)
    by_token = Transpose <perm = [0, 2, 1, 3]> (mixed)
    joined_shape = Constant <value_ints = [0, 0, -1]> ()
    y = Reshape (by_token, joined_shape)
""",
}


@cache
def protos() -> dict[str, FunctionProto]:
    """Returns the functions by operator."""
    found = {}
    for signature, body in _BODIES.items():
        imports = '"" : 20, "com.microsoft" : 1' if "com.microsoft" in body else '"" : 20'
        header = f'<opset_import: [{imports}], domain: "{DOMAIN}">'
        function = onnx.parser.parse_function(f"{header}\n{signature} {{{body}\n}}")
        found[function.name] = function
    return found


def add_functions(model: ir.Model) -> None:
    """Adds the functions of the operators that the graph's nodes use."""
    used = {node.op_type for node in model.graph.all_nodes() if node.domain == DOMAIN}
    for name, proto in protos().items():
        if name in used:
            function = ir.from_proto(proto)
            model.functions[function.identifier()] = function
