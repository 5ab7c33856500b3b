"""Stable Cascade's graphs as ONNX Runtime runs them, of a network with two levels in each stage."""

import dataclasses

import numpy as np
import onnxruntime
import pytest
import torch

from wurstchen_export.checks.parity import relative_error
from wurstchen_export.families import registry
from wurstchen_export.families.stable_cascade import tiny
from wurstchen_export.families.stable_cascade.plan import ATTENTION, RESIDUAL, TIMESTEP
from wurstchen_export.graphs import onnx_writer

TOLERANCE = 2e-5
PLAIN, ATTENDING = (RESIDUAL, TIMESTEP), (RESIDUAL, TIMESTEP, ATTENTION)
SMALL = dataclasses.replace(
    tiny.TINY,
    text=(16, 1, 2),
    image={**tiny.TINY.image, "num_hidden_layers": 1},
    stage_c={**tiny.TINY.stage_c, "up_num_layers_per_block": (1, 1), "block_types_per_layer": (ATTENDING, PLAIN)},
    stage_b={
        **tiny.TINY.stage_b,
        "block_out_channels": (20, 24),
        "num_attention_heads": (-1, 3),
        "down_num_layers_per_block": (1, 1),
        "up_num_layers_per_block": (1, 1),
        "up_blocks_repeat_mappers": (2, 1),
        "block_types_per_layer": (PLAIN, ATTENDING),
    },
)
GRAPHS = ("stage_c_condition", "stage_c_step", "stage_b_step")
"""Tracing all takes too long here. The committed bundle has every graph (test_golden_cascade.py), and the others' modules
are held against the reference too (test_cascade_modules.py)."""


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small") / "model"
    tiny.write(folder, 5, SMALL)
    return registry.find_source(folder)


@pytest.fixture(scope="module")
def cases(source):
    """At a size whose levels do not halve evenly, and at another."""
    with torch.no_grad():
        return list(registry.family("stable-cascade").cases(source, (168, 40)))


@pytest.mark.parametrize("graph", GRAPHS)
def test_graph_computes_what_the_reference_does_at_every_size(source, cases, graph, tmp_path):
    exportable = registry.family("stable-cascade").builders(source, "fp32", False)[graph]()

    onnx_writer.write(exportable, tmp_path, "fp32")

    session = onnxruntime.InferenceSession(str(tmp_path / f"{graph}.onnx"), providers=["CPUExecutionProvider"])
    spec, run = exportable.spec, 0
    assert [value.name for value in session.get_inputs()] == spec.input_names
    for case in (case for case in cases if case.graph == graph):
        inputs = dict(zip(spec.input_names, (tensor.numpy() for tensor in case.inputs), strict=True))
        for tensor, found, expected in zip(spec.outputs, session.run(None, inputs), case.expected, strict=True):
            error = relative_error(np.asarray(found), expected.numpy())
            assert error <= TOLERANCE, (case.what, tensor.name)
        run += 1
    assert run >= 2
