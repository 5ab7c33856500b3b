"""Translations for torch.onnx.export: each operator becomes one node of the domain ``wurstchen``."""

from __future__ import annotations

from functools import cache
from typing import Callable

import torch
from onnx.defs import OpSchema
from onnxscript.values import Op, Opset

from wurstchen_export.graphs.operators import functions


@cache
def _node(name: str) -> Op:
    """Returns the constructor of an operator's nodes; inputs, outputs and attributes are those of its function."""
    function = functions.protos()[name]
    types = ["tensor(float)", "tensor(float16)"]
    parameter = lambda value: OpSchema.FormalParameter(value, f"T_{value}")
    schema = OpSchema(
        name,
        functions.DOMAIN,
        functions.VERSION,
        inputs=[parameter(value) for value in function.input],
        outputs=[parameter(value) for value in function.output],
        type_constraints=[(f"T_{value}", types, "") for value in (*function.input, *function.output)],
        attributes=[
            OpSchema.Attribute(value, OpSchema.AttrType(functions.ATTRIBUTE_TYPES[value]), "", required=True)
            for value in function.attribute
        ],
    )
    return Op(Opset(functions.DOMAIN, functions.VERSION), name, schema)


def _translation(name: str) -> Callable:
    """Returns the translation of an operator whose torch arguments are the node's inputs and attributes in order."""
    function = functions.protos()[name]
    count = len(function.input)

    def translated(*arguments):
        return _node(name)(*arguments[:count], **dict(zip(function.attribute, arguments[count:], strict=True)))

    return translated


def _depthwise_norm(x, scale, offset, weight, bias, joined, start, end, epsilon, widths):
    name = ("DepthwiseNorm", "DepthwiseNormJoin", "DepthwiseNormJoinTwo")[len(joined)]
    names = [f"{part}_pads" for part in ("normed", "joined", "joined2")[: len(widths)]]
    pads = {name: [sum(widths[:index]), sum(widths[index + 1 :])] for index, name in enumerate(names)}
    attributes = {"start": start, "end": end, "epsilon": epsilon, "channels": widths[0]} | (pads if joined else {})
    return _node(name)(x, scale, offset, weight, bias, *joined, **attributes)


TRANSLATIONS = {
    getattr(torch.ops.wurstchen, name).default: _translation(name)
    for name in functions.protos()
    if not name.startswith("DepthwiseNorm")
} | {torch.ops.wurstchen.DepthwiseNorm.default: _depthwise_norm}
