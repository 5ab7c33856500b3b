"""Reshapes whose target the graph does not have to compute.

What torch exports for ``x.reshape(rows, height * width, 3, heads, dim)`` takes the lengths out of ``x`` at run time:
Shape, Gather, Mul and Concat on the CPU, even under the CUDA provider, which then can neither do without the CPU nor
record a step as a CUDA graph. Here the target is written with ONNX's own "keep this axis" and "whatever is left",
which are constants for every size. Where two lengths come back at once (tokens to a map of height x width) that is
not enough: such a reshape takes its target from an input of the graph (contract.py: ``map_shape``).
"""

from __future__ import annotations

from typing import Iterator, Sequence

import onnx_ir as ir
import torch
from onnxscript import opset20
from torch import Tensor

KEEP = 0
"""The length that the input has at the same axis."""
REST = -1
"""Whatever is left; at most once."""


def reshape(x: Tensor, *target: int, rest: int | None = None) -> Tensor:
    """x with the axes of ``target``: lengths, KEEP, or REST, whose length the caller gives as ``rest``."""
    known = {REST: lambda axis: rest, KEEP: lambda axis: x.shape[axis]}
    lengths = [known[length](axis) if length in known else length for axis, length in enumerate(target)]
    return torch.ops.wurstchen.reshape(x, list(target), lengths)


def to_map(x: Tensor, map_shape: Tensor, height: int, width: int, channels: int) -> Tensor:
    """x, of which the first axis is the rows, as [rows, height, width, channels].

    map_shape: what map_shape_of gives for these sides.
    """
    return torch.ops.wurstchen.to_map(x, map_shape, [x.shape[0], height, width, channels])


def ones_like_axis(x: Tensor) -> Tensor:
    """x: one axis of a tensor, [length]. Returns float32 ones, also where x is not finite.

    With these a length is a sum, and counting a running sum: both on the device, where a length taken from a shape
    would be on the CPU.
    """
    integers = x.to(torch.int64)
    return (integers == integers).float()


def counted(ones: Tensor) -> Tensor:
    """0, 1, 2 and so on, float32 [length]."""
    return torch.cumsum(ones, 0) - 1


def map_shape_of(latents: Tensor, reduction: int) -> Tensor:
    """The target of a reshape to a map that is ``reduction`` times smaller than the latents [.., .., height, width].

    Returns int64 [4]: KEEP, height, width, REST.
    """
    height = ones_like_axis(latents[0, 0, ::reduction, 0]).sum()
    width = ones_like_axis(latents[0, 0, 0, ::reduction]).sum()
    zero = height * 0
    return torch.stack([zero + KEEP, height, width, zero + REST]).to(torch.int64)


def cropped(x: Tensor) -> Tensor:
    """x, [rows, height, width, channels], without its outermost rows and columns.

    As one Slice; torch's exporter writes one for each axis, and each copies the map.
    """
    return torch.ops.wurstchen.cropped(x)


def selected(x: Tensor, axis: int, index: Tensor, length: int) -> Tensor:
    """x along an axis at the places of an index, int64 [length].

    torch's exporter would tie the axis of the index, an input of the graph, to how else the caller knows the length.
    """
    return torch.ops.wurstchen.selected(x, axis, index, length)


@torch.library.custom_op("wurstchen::reshape", mutates_args=())
def _reshape(x: Tensor, target: Sequence[int], lengths: Sequence[int]) -> Tensor:
    return x.reshape(list(lengths)).clone()


@_reshape.register_fake
def _(x, target, lengths):
    return x.new_empty(list(lengths))


def _onnx_reshape(x, target, lengths):
    return opset20.Reshape(x, opset20.Constant(value_ints=list(target)))


@torch.library.custom_op("wurstchen::to_map", mutates_args=())
def _to_map(x: Tensor, map_shape: Tensor, lengths: Sequence[int]) -> Tensor:
    return x.reshape(list(lengths)).clone()


@_to_map.register_fake
def _(x, map_shape, lengths):
    return x.new_empty(list(lengths))


def _onnx_to_map(x, map_shape, lengths):
    return opset20.Reshape(x, map_shape)


@torch.library.custom_op("wurstchen::cropped", mutates_args=())
def _cropped(x: Tensor) -> Tensor:
    return x[:, 1:-1, 1:-1].clone()


@_cropped.register_fake
def _(x):
    return torch.empty_like(x[:, 1:-1, 1:-1])


def _onnx_cropped(x):
    constant = lambda *values: opset20.Constant(value_ints=list(values))
    return opset20.Slice(x, constant(1, 1), constant(-1, -1), constant(1, 2))


@torch.library.custom_op("wurstchen::selected", mutates_args=())
def _selected(x: Tensor, axis: int, index: Tensor, length: int) -> Tensor:
    return x.index_select(axis, index)


@_selected.register_fake
def _(x, axis, index, length):
    return x.new_empty([length if at == axis else own for at, own in enumerate(x.shape)])


def _onnx_selected(x, axis, index, length):
    return opset20.Gather(x, index, axis=axis)


TRANSLATIONS = {
    torch.ops.wurstchen.reshape.default: _onnx_reshape,
    torch.ops.wurstchen.to_map.default: _onnx_to_map,
    torch.ops.wurstchen.cropped.default: _onnx_cropped,
    torch.ops.wurstchen.selected.default: _onnx_selected,
}
"""How torch.onnx.export writes these operators."""

LENGTH_OPERATORS = frozenset({"Shape", "Size", "Range", "ConstantOfShape", "NonZero"})
"""Operators whose results lie in the host's memory, or depend on it."""
SHAPE_OPERANDS = {"Reshape": 1, "Expand": 1, "Tile": 1, "Slice": 1, "Pad": 1, "Resize": 2, "Unsqueeze": 1, "Squeeze": 1}
"""For operators that read shapes from the host's memory: the first operand that they do."""


def computed_shapes(model: ir.Model) -> list[str]:
    """The nodes that compute lengths at run time, or take such lengths, as ``operator(output)``.

    Nodes of functions are included.
    """
    found = []
    for node in all_nodes(model):
        first = SHAPE_OPERANDS.get(node.op_type, len(node.inputs))
        computed = not all(is_constant(value) for value in node.inputs[first:] if not _is_input(value))
        lengths = node.op_type in LENGTH_OPERATORS and not all(map(is_constant, node.inputs))
        if computed or lengths:
            found.append(f"{node.op_type}({node.outputs[0].name})")
    return found


def all_nodes(model: ir.Model) -> Iterator[ir.Node]:
    """Returns the nodes of the graph and of the functions."""
    yield from model.graph.all_nodes()
    for function in model.functions.values():
        yield from function.all_nodes()


def is_constant(value: ir.Value | None) -> bool:
    """Whether a value is a weight or computed from weights only, which ONNX Runtime does when it loads the graph."""
    if value is None or value.is_initializer():
        return True
    maker = value.producer()
    return maker is not None and all(map(is_constant, maker.inputs))


def _is_input(value: ir.Value | None) -> bool:
    """Whether a value is an input of the graph or of a function."""
    return value is not None and value.producer() is None and not value.is_initializer()
