"""Reads the weights of a bundle's graphs, by their names in the exported modules."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx_ir as ir
import torch
from torch import Tensor, nn

from wurstchen_export.errors import ExportError
from wurstchen_export.graphs.contract import GraphSpec
from wurstchen_export.graphs.onnx_writer import HALF, INTEGERS, SCALES, SHARED
from wurstchen_export.model.weights import Packed


class GraphWeights:
    """The unpacked weights of one graph."""

    def __init__(self, folder: Path, spec: GraphSpec):
        path = folder / spec.file
        try:
            model = ir.load(path)
        except Exception as error:  # of many types, since the file may be anything
            raise ExportError(f"{path} is no ONNX graph; export the bundle again") from error
        self.path = path
        self.stored = {name: value.const_value for name, value in model.graph.initializers.items()}
        self.shared = json.loads(model.metadata_props.get(SHARED, "{}"))

    def of(self, module: nn.Module) -> dict[str, Tensor]:
        """Returns, by name, the floating-point weights of the exported module, in float32.

        Raises ExportError when one is missing or has another shape.
        """
        expected = {name: tensor for name, tensor in module.state_dict().items() if tensor.is_floating_point()}
        missing = [name for name in expected if self._found(name) is None]
        if missing:
            raise ExportError(
                f"{self.path} has no weight {', '.join(missing[:3])}{' ...' if len(missing) > 3 else ''}:"
                " the bundle was exported by another version of wurstchen_export; restore it with that one"
            )
        found = {name: self._found(name) for name in expected}
        for name, tensor in expected.items():
            if found[name].shape != tensor.shape:
                raise ExportError(
                    f"{self.path}: {name} is {list(found[name].shape)}, by the manifest's configs it is"
                    f" {list(tensor.shape)}; export the bundle again"
                )
        return found

    def _found(self, name: str) -> Tensor | None:
        name = self.shared.get(name, name)
        if name + INTEGERS in self.stored:
            return Packed(self._tensor(name + INTEGERS), self._tensor(name + SCALES)).unpacked()
        stored = name + HALF if name + HALF in self.stored else name
        return self._tensor(stored).float() if stored in self.stored else None

    def _tensor(self, name: str) -> Tensor:
        return torch.from_numpy(np.array(self.stored[name].numpy()))
