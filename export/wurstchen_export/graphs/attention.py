"""Attention as the one operator that ONNX Runtime has for it on GPUs.

MultiHeadAttention of ONNX Runtime's own operators (com.microsoft, version 1) never writes the weights of the attention to
memory: at 64 x 64 tokens it takes a fourteenth of the time of two products and a softmax. On a CPU it has no kernel in
16 bits, and ONNX Runtime computes it in 32.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from onnx.defs import OpSchema
from onnxscript.values import Op, Opset
from torch import Tensor


def _schema() -> OpSchema:
    """What is used of the operator; ONNX Runtime documents it in docs/ContribOperators.md."""
    optional = OpSchema.FormalParameterOption.Optional
    tensor = lambda name: OpSchema.FormalParameter(name, "T", param_option=optional)
    inputs = ("key", "value", "bias", "key_padding_mask", "attention_bias", "past_key", "past_value")
    return OpSchema(
        "MultiHeadAttention",
        "com.microsoft",
        1,
        inputs=[OpSchema.FormalParameter("query", "T"), *map(tensor, inputs)],
        outputs=[OpSchema.FormalParameter("output", "T"), tensor("present_key"), tensor("present_value")],
        type_constraints=[("T", ["tensor(float)", "tensor(float16)"], "")],
        attributes=[
            OpSchema.Attribute("num_heads", OpSchema.AttrType.INT, "", required=True),
            OpSchema.Attribute("scale", OpSchema.AttrType.FLOAT, "", required=False),
        ],
    )


MULTI_HEAD_ATTENTION = Op(Opset("com.microsoft", 1), "MultiHeadAttention", _schema())


def joint_attention(
    query: Tensor, key: Tensor, value: Tensor, text_key: Tensor, text_value: Tensor, heads: int, scale: float
) -> Tensor:
    """Attention of tokens to the text's tokens and to each other.

    query, key, value: [rows, tokens, heads * head_dim]; text_key, text_value: [rows, heads, text tokens, head_dim].
    Returns [rows, tokens, heads * head_dim].
    """
    return torch.ops.wurstchen.joint_attention(query, key, value, text_key, text_value, heads, scale)


@torch.library.custom_op("wurstchen::joint_attention", mutates_args=())
def _joint_attention(
    query: Tensor, key: Tensor, value: Tensor, text_key: Tensor, text_value: Tensor, heads: int, scale: float
) -> Tensor:
    by_head = lambda x: x.unflatten(2, (heads, -1)).transpose(1, 2)
    keys, values = torch.cat([text_key, by_head(key)], 2), torch.cat([text_value, by_head(value)], 2)
    mixed = F.scaled_dot_product_attention(by_head(query), keys, values, scale=scale)
    return mixed.transpose(1, 2).flatten(2).contiguous()


@_joint_attention.register_fake
def _(query, key, value, text_key, text_value, heads, scale):
    return torch.empty_like(query)


def _onnx_joint_attention(query, key, value, text_key, text_value, heads, scale):
    # The text stands where a decoder's earlier tokens do: before the others, and already projected.
    unused = [None] * 3
    mixed, _, _ = MULTI_HEAD_ATTENTION(
        query, key, value, *unused, text_key, text_value, num_heads=heads, scale=scale
    )
    return mixed


TRANSLATIONS = {torch.ops.wurstchen.joint_attention.default: _onnx_joint_attention}
"""How torch.onnx.export writes this operator."""
