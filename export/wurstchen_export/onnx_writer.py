"""Turns a module into an ONNX file whose inputs, outputs and axes carry the contract's names."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from pathlib import Path

import numpy as np
import onnx_ir as ir
import torch
from onnxscript import optimizer

from wurstchen_export.contract import GraphSpec
from wurstchen_export.errors import ExportError
from wurstchen_export.wrappers import Exportable

OPSET = 20
"""The first with GELU as one operator."""

FOLDABLE_ELEMENTS = 1024
"""Constants up to this size are computed at export. Larger ones stay as they are: ONNX Runtime folds them when it
loads."""

INLINE_BYTES = 1024
"""Weights up to this size live in the .onnx file, larger ones in the .data file beside it."""


def write(exportable: Exportable, folder: Path, weights: str) -> None:
    """Writes ``NAME.onnx`` (and ``NAME.onnx.data``) to the folder; weights: ``fp32`` or ``fp16``, how they are
    stored."""
    spec = exportable.spec
    model = trace(exportable)
    if weights == "fp16":
        store_as_half(model)
    _forget_history(model)
    path = folder / spec.file
    ir.save(model, path, external_data=f"{spec.file}.data", size_threshold_bytes=INLINE_BYTES)


def trace(exportable: Exportable) -> ir.Model:
    """The module as an ONNX graph, checked against its contract."""
    spec = exportable.spec
    with torch.no_grad(), _quiet():
        model = _exported(exportable)
        optimizer.optimize(model, input_size_limit=FOLDABLE_ELEMENTS, output_size_limit=FOLDABLE_ELEMENTS)
    _name_axes(model, spec)
    return model


def _exported(exportable: Exportable) -> ir.Model:
    spec = exportable.spec
    try:
        return torch.onnx.export(
            exportable.module,
            exportable.inputs,
            dynamo=True,
            opset_version=OPSET,
            input_names=spec.input_names,
            output_names=spec.output_names,
            dynamic_shapes=exportable.dynamic_shapes,
            optimize=False,
            verbose=False,
        ).model
    except Exception as error:  # of a dozen classes, with pages of advice on writing modules
        reason = str(error.__cause__ or error).strip().splitlines()[0]
        raise ExportError(
            f"{spec.name}: torch {torch.__version__} cannot export it: {reason};"
            " use the pinned versions, or report it with the model's config files"
        ) from error


@contextlib.contextmanager
def _quiet():
    """The exporter reports on every operator; what matters here are its exceptions."""
    level = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)


def _name_axes(model: ir.Model, spec: GraphSpec) -> None:
    for kind, values, tensors in (
        ("inputs", model.graph.inputs, spec.inputs),
        ("outputs", model.graph.outputs, spec.outputs),
    ):
        found = [value.name for value in values]
        expected = [tensor.name for tensor in tensors]
        if found != expected:
            raise ExportError(f"{spec.name}: the exported graph has {kind} {found}, the contract says {expected}")
        for value, tensor in zip(values, tensors):
            _check_fixed_axes(spec, value, tensor)
            value.shape = ir.Shape(tensor.axes)


def _check_fixed_axes(spec: GraphSpec, value: ir.Value, tensor) -> None:
    if value.shape is None or len(value.shape) != len(tensor.axes):
        raise ExportError(
            f"{spec.name}: {tensor.name} came out as {value.shape}, the contract says {list(tensor.axes)}"
        )
    for found, expected in zip(value.shape, tensor.axes):
        became_fixed = isinstance(expected, str) and isinstance(found, int)
        became_other = isinstance(expected, int) and isinstance(found, int) and found != expected
        if became_fixed or became_other:
            raise ExportError(
                f"{spec.name}: {tensor.name} came out as {value.shape}, the contract says {list(tensor.axes)}"
            )


def store_as_half(model: ir.Model) -> None:
    """Stores in 16 bits, behind a Cast, every float32 weight whose values all survive it.

    The source's weights were rounded before, so this loses nothing; what was computed from them (a folded bias) stays
    as it is.
    """
    graph = model.graph
    casts = []
    for value in list(graph.initializers.values()):
        tensor = value.const_value
        if tensor is None or tensor.dtype != ir.DataType.FLOAT or tensor.size < 2 or not value.uses():
            continue
        array = tensor.numpy()
        half = array.astype(np.float16)
        if not np.array_equal(half.astype(np.float32), array):
            continue
        stored = ir.Value(name=f"{value.name}_half", type=ir.TensorType(ir.DataType.FLOAT16), shape=value.shape)
        stored.const_value = ir.Tensor(half, name=stored.name)
        cast = ir.node("Cast", [stored], {"to": ir.DataType.FLOAT})
        cast.outputs[0].name = f"{value.name}_single"
        cast.outputs[0].type, cast.outputs[0].shape = value.type, value.shape
        for user, index in list(value.uses()):
            user.replace_input_with(index, cast.outputs[0])
        graph.initializers.pop(value.name)
        graph.register_initializer(stored)
        casts.append(cast)
    for cast in reversed(casts):
        graph.insert_before(graph[0], cast)


def _forget_history(model: ir.Model) -> None:
    """Drops what the exporter notes of the Python source: stack traces in every node are most of a small file."""
    model.metadata_props.clear()
    model.graph.metadata_props.clear()
    model.doc_string = None
    named = {value for value in (*model.graph.inputs, *model.graph.outputs)}
    for node in model.graph.all_nodes():
        node.metadata_props.clear()
        node.doc_string = None
        for value in node.outputs:
            value.metadata_props.clear()
            if value not in named:
                # Shapes between the nodes are written in the exporter's own symbols; the runtime infers its own.
                value.shape = None
                value.type = None
    for value in (*model.graph.inputs, *model.graph.initializers.values()):
        value.metadata_props.clear()
