"""What a step graph must not hold, so that a device can record it once and replay it.

Some of ONNX Runtime's CUDA kernels read addresses or lengths from a block of the host's memory that they free at once.
A CUDA graph reads the block again at every replay, when it may hold something else: the lists of a step of another size,
which was recorded since. What follows can be a wrong picture or the end of the process. microsoft/onnxruntime, pull request
32121, describes it and keeps the block; it was not seen here.
"""

from __future__ import annotations

import onnx_ir as ir

from wurstchen_export.graphs import shapes

LISTING_OPERATORS = frozenset({"Concat", "Split", "ScatterND"})
"""Those that can be told by their names. Batched products whose batches differ are another, and Stage B and C have none."""


def listing_nodes(model: ir.Model) -> list[str]:
    """The nodes whose kernels do so at run time, as ``operator(output)``; what weights alone decide is computed at
    load."""
    return [
        f"{node.op_type}({node.outputs[0].name})"
        for node in shapes.all_nodes(model)
        if node.op_type in LISTING_OPERATORS and not all(map(shapes.is_constant, node.inputs))
    ]
