"""Turns a module into an ONNX file whose inputs, outputs and axes carry the contract's names."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Container, Mapping

import numpy as np
import onnx_ir as ir
import torch
from onnxscript import optimizer

from wurstchen_export.errors import ExportError
from wurstchen_export.graphs import attention, contract, replay, shapes
from wurstchen_export.graphs.contract import GraphSpec
from wurstchen_export.graphs.operators import functions, translations
from wurstchen_export.graphs.wrappers import Exportable
from wurstchen_export.model.weights import Packed

OPSET = 20
"""The first with GELU as one operator."""

FOLDABLE_ELEMENTS = 1024
"""Constants up to this size are computed at export. Larger ones stay as they are: ONNX Runtime folds them when it
loads."""

HALF, INTEGERS, SCALES, UNPACKED = "_half", "_int8", "_scales", "_single"
"""What is appended to a weight's name for what is stored of it, and for what the graph makes of that."""

SHARED = "wurstchen_shared_weights"
"""Key of the graph's metadata: a JSON object with weights that are not stored because they equal another, and that
one's name."""

INLINE_BYTES = 1024
"""Weights up to this size live in the .onnx file, larger ones in the .data file beside it."""


@dataclass(frozen=True)
class Stored:
    """What a graph came to: how many numbers its weights are, and bytes of its files."""

    parameters: int
    bytes: int


def write(exportable: Exportable, folder: Path, weights: str, packed: Mapping[str, Packed] = {}) -> Stored:
    """Writes ``NAME.onnx`` (and ``NAME.onnx.data``) to the folder.

    weights: how they are stored, one of weights.KINDS; packed: for ``int8``, the module's weights in 8 bits by name.
    """
    spec = exportable.spec
    model = trace(exportable)
    numbers = (value.const_value for value in model.graph.initializers.values())
    parameters = sum(tensor.size for tensor in numbers if tensor.dtype.is_floating_point())
    shared = _shared_weights(model, exportable.module)
    if packed:
        store_packed(model, packed)
    if weights != "fp32":
        store_as_half(model)
    forget_history(model)
    if shared:
        model.metadata_props[SHARED] = json.dumps(shared)
    path = folder / spec.file
    ir.save(model, path, external_data=f"{spec.file}.data", size_threshold_bytes=INLINE_BYTES)
    return Stored(parameters, sum(file.stat().st_size for file in folder.glob(f"{spec.file}*")))


def trace(exportable: Exportable) -> ir.Model:
    """The module as an ONNX graph, checked against its contract."""
    spec = exportable.spec
    with torch.no_grad(), _quiet():
        model = _exported(exportable)
        _simplify(model, exportable.module.state_dict().keys())
    functions.add_functions(model)
    _name_axes(model, spec)
    _check_shapes(model, spec)
    _check_replay(model, spec)
    return model


def _shared_weights(model: ir.Model, module: torch.nn.Module) -> dict[str, str]:
    """Of the module's weights those that the graph reads under another's name, because they are equal.

    Raises ExportError if the graph holds a weight with other values than the module: it could not be read back.
    """
    kept = {}
    for name, tensor in module.state_dict().items():
        value = model.graph.initializers.get(name)
        if value is not None:
            kept[name] = tensor
            if not np.array_equal(value.const_value.numpy(), tensor.numpy()):
                raise ExportError(f"{name} came out of torch's exporter with other values: use the pinned versions")
    return {
        name: other
        for name, tensor in module.state_dict().items()
        if name not in kept
        for other in [next((other for other, found in kept.items() if _same(tensor, found)), None)]
        if other is not None
    }


def _same(one: torch.Tensor, other: torch.Tensor) -> bool:
    return one.dtype == other.dtype and one.shape == other.shape and torch.equal(one, other)


def _simplify(model: ir.Model, weights: Container[str]) -> None:
    """Computes constants, and removes what nothing needs.

    What is computed from weights alone is left to ONNX Runtime, which does it when it loads: so that each weight is
    still in the bundle, by its name, to be stored in fewer bits and to be read back.
    """

    def should_fold(node: ir.Node) -> bool | None:
        from_weights = any(value is not None and value.name in weights for value in node.inputs)
        return False if from_weights else None

    optimizer.optimize_ir(
        model, input_size_limit=FOLDABLE_ELEMENTS, output_size_limit=FOLDABLE_ELEMENTS, should_fold=should_fold
    )


def _check_shapes(model: ir.Model, spec: GraphSpec) -> None:
    """What the library runs must be able to do without the CPU, at every size. The compressor is for training."""
    if spec.name == contract.SEMANTIC_COMPRESSOR:
        return
    found = shapes.computed_shapes(model)
    if found:
        raise ExportError(
            f"{spec.name}: {len(found)} nodes compute shapes at run time, which only the CPU can:"
            f" {', '.join(found[:5])}; export with the pinned versions, or write these layers with shapes.py"
        )


def _check_replay(model: ir.Model, spec: GraphSpec) -> None:
    """A GPU must be able to record what runs at every step."""
    found = replay.listing_nodes(model) if spec.name in (contract.STAGE_C_STEP, contract.STAGE_B_STEP) else []
    if found:
        raise ExportError(
            f"{spec.name}: {len(found)} nodes cannot be replayed as a CUDA graph: {', '.join(found[:5])}; export with"
            " the pinned versions, or write these layers as layers.side_by_side and layers.taken_apart"
        )


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
            custom_translation_table=shapes.TRANSLATIONS | attention.TRANSLATIONS | translations.TRANSLATIONS,
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


def store_packed(model: ir.Model, packed: Mapping[str, Packed]) -> None:
    """Stores weights as integers and scales, behind a Cast and a product.

    ONNX Runtime computes both once, when it loads the graph. (It would not do so for DequantizeLinear, which it keeps
    for kernels that compute in 8 bits.)
    """
    for name, weights in packed.items():
        value = model.graph.initializers.get(name)
        if value is None or not value.uses():
            continue
        integers = _initializer(f"{name}{INTEGERS}", weights.integers.contiguous().numpy())
        scales = _initializer(f"{name}{SCALES}", weights.scales.contiguous().numpy())
        cast = ir.node("Cast", [integers], {"to": ir.DataType.FLOAT})
        nodes = [cast, ir.node("Mul", [cast.outputs[0], scales])]
        if value.dtype != ir.DataType.FLOAT:
            nodes.append(ir.node("Cast", [nodes[-1].outputs[0]], {"to": value.dtype}))
        _replace(model.graph, value, [integers, scales], nodes)


def store_as_half(model: ir.Model) -> None:
    """Stores in 16 bits, behind a Cast, every float32 weight whose values all survive it.

    The source's weights were rounded before, so this loses nothing; what was computed from them (a folded bias) stays
    as it is.
    """
    for value in list(model.graph.initializers.values()):
        tensor = value.const_value
        if tensor is None or tensor.dtype != ir.DataType.FLOAT or tensor.size < 2 or not value.uses():
            continue
        if value.name.endswith(SCALES):
            continue
        array = tensor.numpy()
        half = array.astype(np.float16)
        if not np.array_equal(half.astype(np.float32), array):
            continue
        stored = _initializer(f"{value.name}{HALF}", half)
        _replace(model.graph, value, [stored], [ir.node("Cast", [stored], {"to": ir.DataType.FLOAT})])


def _initializer(name: str, array: np.ndarray) -> ir.Value:
    tensor = ir.Tensor(array, name=name)
    return ir.Value(name=name, type=ir.TensorType(tensor.dtype), shape=tensor.shape, const_value=tensor)


def _replace(graph: ir.Graph, value: ir.Value, stored: list[ir.Value], nodes: list[ir.Node]) -> None:
    """Puts stored values, and the nodes that compute the weights from them, in the place of an initializer."""
    computed = nodes[-1].outputs[0]
    computed.name, computed.type, computed.shape = f"{value.name}{UNPACKED}", value.type, value.shape
    for user, index in list(value.uses()):
        user.replace_input_with(index, computed)
    graph.initializers.pop(value.name)
    for initializer in stored:
        graph.register_initializer(initializer)
    graph.insert_before(graph[0], nodes)


def forget_history(model: ir.Model) -> None:
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
