"""What a step graph must not hold, so that a device can record it once and replay it.

Some of ONNX Runtime's CUDA kernels read addresses or lengths from a block of the host's memory that they free at once.
A CUDA graph reads the block again at every replay, when it may hold something else: the lists of a step of another size,
which was recorded since. What follows can be a wrong picture or the end of the process. microsoft/onnxruntime, pull request
32121, describes it and keeps the block; it was not seen here.
"""

from __future__ import annotations

import onnx_ir as ir

LISTING_OPERATORS = frozenset({"Concat", "Split", "ScatterND"})
"""Those that can be told by their names. Batched products whose batches differ are another, and Stage B and C have none."""


def listing_nodes(model: ir.Model) -> list[str]:
    """The nodes whose kernels do so at run time, as ``operator(output)``; what weights alone decide is computed at
    load."""
    return [
        f"{node.op_type}({node.outputs[0].name})"
        for node in model.graph.all_nodes()
        if node.op_type in LISTING_OPERATORS and not all(_is_weight(value) for value in node.inputs)
    ]


def _is_weight(value: ir.Value | None) -> bool:
    """Whether a value is a weight, or computed from weights."""
    if value is None or value.is_initializer():
        return True
    maker = value.producer()
    return maker is not None and all(_is_weight(given) for given in maker.inputs)
