"""The bundle's contract: every graph's name, inputs, outputs, dtypes and axes, in one place.

The exporter names its graphs from here, the manifest repeats it for the Java side, and parity runs the graphs by it.

Axis symbols (a string is an axis of free length, an integer a fixed one):

- ``images``: pictures of the run, B.
- ``rows``: rows of the conditioning, N. N = B without guidance; N = 2B with it: B rows of the text, then B of the
  negative.
- ``c_height``, ``c_width``: sides of the Stage C latents; ``b_height``, ``b_width``: of the Stage B latents.
- ``map_L_height``, ``map_L_width``: sides of Stage B's feature maps at level L, b side / (patch size * 2^L).
- ``height``, ``width``: sides of a picture in pixels.
- ``steps``: length of the tables of one run.
"""

from __future__ import annotations

from dataclasses import dataclass

from wurstchen_export.model.architecture import Architecture, AttentionShape

FORMAT = "wurstchen-bundle"
FORMAT_VERSION = 2
FAMILY = "wuerstchen-v2"

TEXT_ENCODER_C = "text_encoder_c"
TEXT_ENCODER_B = "text_encoder_b"
STAGE_C_CONDITION = "stage_c_condition"
STAGE_C_STEP = "stage_c_step"
STAGE_B_CONDITION = "stage_b_condition"
STAGE_B_STEP = "stage_b_step"
STAGE_A_DECODE = "stage_a_decode"
STAGE_A_ENCODE = "stage_a_encode"
SEMANTIC_COMPRESSOR = "semantic_compressor"

STEP_TABLE_COLUMNS = (
    "noise_ratio",
    "one_minus_alpha",
    "sqrt_one_minus_alpha_cumprod",
    "sqrt_inverse_alpha",
    "noise_std",
)
"""Columns of ``step_table``, float32, one row a step (see step.py)."""

FLOAT = "float32"
INT = "int64"
BYTE = "uint8"

Axis = int | str


@dataclass(frozen=True)
class TensorSpec:
    """One input or output of a graph."""

    name: str
    dtype: str
    axes: tuple[Axis, ...]

    def as_json(self) -> dict:
        return {"name": self.name, "dtype": self.dtype, "axes": list(self.axes)}


@dataclass(frozen=True)
class GraphSpec:
    """One graph of the bundle; its file is ``NAME.onnx``, its weights ``NAME.onnx.data``."""

    name: str
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]

    @property
    def file(self) -> str:
        return f"{self.name}.onnx"

    @property
    def input_names(self) -> list[str]:
        return [tensor.name for tensor in self.inputs]

    @property
    def output_names(self) -> list[str]:
        return [tensor.name for tensor in self.outputs]

    def as_json(self) -> dict:
        return {
            "file": self.file,
            "inputs": [tensor.as_json() for tensor in self.inputs],
            "outputs": [tensor.as_json() for tensor in self.outputs],
        }


def text_keys_values(level: int | None = None) -> str:
    """Name of the text's keys and values: of Stage C, or of one level of Stage B."""
    return "text_keys_values" if level is None else f"text_keys_values_{level}"


def semantic_map(level: int) -> str:
    """Name of the semantic latents resized to one level of Stage B."""
    return f"semantic_map_{level}"


def map_shape(level: int | None = None) -> str:
    """Name of the shape of Stage C's map, or of Stage B's at one level."""
    return "map_shape" if level is None else f"map_shape_{level}"


def graphs(architecture: Architecture) -> dict[str, GraphSpec]:
    """Every graph of a bundle of this architecture, in the order in which a run needs them."""
    found = [
        _text_encoder(TEXT_ENCODER_C, architecture.tokens, architecture.text_width_c),
        _text_encoder(TEXT_ENCODER_B, architecture.tokens, architecture.text_width_b),
        _stage_c_condition(architecture),
        _stage_c_step(architecture),
        _stage_b_condition(architecture),
        _stage_b_step(architecture),
        stage_a_decode(_stage_b_latents(architecture)),
        stage_a_encode(_stage_b_latents(architecture)),
    ]
    if architecture.has_compressor:
        found.append(semantic_compressor(_stage_c_latents(architecture)))
    return {graph.name: graph for graph in found}


def _floats(name: str, *axes: Axis) -> TensorSpec:
    return TensorSpec(name, FLOAT, axes)


def _ints(name: str, *axes: Axis) -> TensorSpec:
    return TensorSpec(name, INT, axes)


def _text_encoder(name: str, tokens: int, width: int) -> GraphSpec:
    return GraphSpec(
        name,
        (_ints("input_ids", "rows", tokens), _ints("attention_mask", "rows", tokens)),
        (_floats("hidden_states", "rows", tokens, width),),
    )


def _keys_values(name: str, tokens: int, shape: AttentionShape) -> TensorSpec:
    return _floats(name, shape.blocks, 2, "rows", shape.heads, tokens, shape.head_dim)


def _stage_c_condition(a: Architecture) -> GraphSpec:
    return GraphSpec(
        STAGE_C_CONDITION,
        (_floats("hidden_states", "rows", a.tokens, a.text_width_c), _floats("latents", *_stage_c_latents(a))),
        (
            _keys_values(text_keys_values(), a.tokens, a.stage_c_attention),
            *_row_indexes(),
            _map_shape(),
        ),
    )


def _row_indexes() -> tuple[TensorSpec, ...]:
    """Which rows belong to which image (see step.py)."""
    return _ints("image_of_row", "rows"), _ints("text_row", "images"), _ints("negative_row", "images")


def _map_shape(level: int | None = None) -> TensorSpec:
    """(0, height, width, -1): the operand of Reshape that turns tokens into a map. A step reads it from the host's
    memory."""
    return _ints(map_shape(level), 4)


def step(name: str, latent_axes: tuple[Axis, ...], conditioning: tuple[TensorSpec, ...]) -> GraphSpec:
    """A step graph: ``conditioning``: the outputs of its condition graph.

    ``bad_step``: the first row of the table whose next latents held a NaN or an infinity, -1 while none did."""
    columns = len(STEP_TABLE_COLUMNS)
    inputs = (
        _floats("latents", *latent_axes),
        _ints("step", 1),
        _ints("bad_step", 1),
        _floats("step_table", "steps", columns),
        _floats("noise_table", "steps", *latent_axes),
        _floats("guidance_scale", 1),
        *conditioning,
    )
    outputs = (_floats("next_latents", *latent_axes), _ints("next_step", 1), _ints("next_bad_step", 1))
    return GraphSpec(name, inputs, outputs)


def _stage_c_latents(a: Architecture) -> tuple[Axis, ...]:
    return ("images", a.stage_c_channels, "c_height", "c_width")


def _stage_b_latents(a: Architecture) -> tuple[Axis, ...]:
    return ("images", a.stage_b_channels, "b_height", "b_width")


def _stage_c_step(a: Architecture) -> GraphSpec:
    return step(STAGE_C_STEP, _stage_c_latents(a), _stage_c_condition(a).outputs)


def _stage_b_condition(a: Architecture) -> GraphSpec:
    keys_values = [
        _keys_values(text_keys_values(level), a.tokens, shape) for level, shape in a.stage_b_attention.items()
    ]
    maps = [
        _floats(semantic_map(level), "rows", a.stage_c_channels, f"map_{level}_height", f"map_{level}_width")
        for level in a.stage_b_injecting
    ]
    return GraphSpec(
        STAGE_B_CONDITION,
        (
            _floats("hidden_states", "rows", a.tokens, a.text_width_b),
            _floats("stage_c_latents", *_stage_c_latents(a)),
            _floats("latents", *_stage_b_latents(a)),
        ),
        (*keys_values, *maps, *_row_indexes(), *(_map_shape(level) for level in range(a.stage_b_levels))),
    )


def _stage_b_step(a: Architecture) -> GraphSpec:
    return step(STAGE_B_STEP, _stage_b_latents(a), _stage_b_condition(a).outputs)


def stage_a_decode(stage_b_latents: tuple[Axis, ...]) -> GraphSpec:
    """``levels``: the pixels times 255, rounded half to even; ``pixel_sum``: NaN if one of the pixels is.

    Bundles from before 2026-12-01 have the pixels alone.
    """
    return GraphSpec(
        STAGE_A_DECODE,
        (_floats("stage_b_latents", *stage_b_latents),),
        (
            _floats("pixels", "images", 3, "height", "width"),
            TensorSpec("levels", BYTE, ("images", "height", "width", 3)),
            _floats("pixel_sum", 1),
        ),
    )


def stage_a_encode(stage_b_latents: tuple[Axis, ...]) -> GraphSpec:
    return GraphSpec(
        STAGE_A_ENCODE,
        (_floats("pixels", "images", 3, "height", "width"),),
        (_floats("stage_b_latents", *stage_b_latents),),
    )


def semantic_compressor(stage_c_latents: tuple[Axis, ...]) -> GraphSpec:
    return GraphSpec(
        SEMANTIC_COMPRESSOR,
        (_floats("pixels", "images", 3, "height", "width"),),
        (_floats("semantic_latents", *stage_c_latents),),
    )
