"""Writes the golden files of the Java tests: results of the reference as JSON.

Arrays are flat lists in row-major order; float32 values have the fewest digits that parse to the same float32.

``wurstchen-core/src/test/resources/golden/``

``tokenizer-FORM-PAD/``: the tiny model's tokenizer. FORM is ``vocab`` (vocab.json and merges.txt), ``json`` (only
tokenizer.json and tokenizer_config.json, as transformers 5 saves it) or ``published`` (vocab.json, merges.txt and the
configuration files in the older style of the published models). PAD is ``endoftext`` or ``bang`` (``!``).

``text.json``::

    {"max_length": 77,
     "tokenizers": [{"folder": "tokenizer-vocab-bang", "pad_token": "!", "pad_id": 0,
                     "cases": [{"text": "a cat", "ids": [638, ..., 639], "dropped": null}]}]}

``ids`` holds the real tokens, with start and end; the reference pads them to max_length with pad_id, and the attention
mask is 1 for the real ones and 0 for the pads. ``dropped`` is the text that the reference reports as cut, or null.
Tokenizers with the same cases as an earlier one name it instead: ``"cases_of": "FOLDER"``.

``schedule.json``::

    {"uniform": [{"steps": 3, "timesteps": [1, 0.6666667, 0.3333333, 0]}],
     "stage_c_default": [30 timesteps],
     "alpha_cumprod": [{"s": 0.008, "scaler": 1, "t": [...], "values": [...]}],
     "step_tables": [{"s": 0.008, "scaler": 1, "timesteps": [...], "rows": [[noise_ratio, one_minus_alpha,
                      sqrt_one_minus_alpha_cumprod, sqrt_inverse_alpha, noise_std], ...]}],
     "updates": [{"s": .., "scaler": .., "timesteps": [...], "index": 0, "latents": [...],
                  "predicted": [...], "noise": [...], "next": [...]}],
     "guidance": [{"scale": 4, "text": [...], "negative": [...], "guided": [...]}]}

``random.json``: ``{"cases": [{"seed": -1, "draws": [{"size": 5, "values": [...]}]}]}``, the draws of one generator in
their order. Draws of more than 1,000 values hold the first and last 32: ``{"size": 4096, "head": [...], "tail":
[...]}``. Seeds are signed 64-bit.

``resize.json``: ``{"cases": [{"from": [height, width], "to": [height, width], "pixels": [3 planes], "resized": [3
planes]}]}``, bilinear with antialiasing.

``wurstchen-onnx/src/test/resources/``

``tiny-bundle/``: the tiny model, exported; ``tiny-bundle-int8/``: the same with weights in 8 bits;
``tiny-bundle-fp16/``: the same in 16 bits.
``operators/functions.onnx``: a model without a graph, with the functions of the domain ``wurstchen``.
``golden/pictures.json``::

    {"cases": [{"name": "guided", "request": {"prompt": .., "negative_prompt": null or .., "width": 256,
                "height": 256, "seed": 0, "stage_c_steps": 4, "stage_c_guidance": 4,
                "stage_b_steps": 3, "stage_b_guidance": 0},
                "stage_c_latents": {"shape": [1, 16, 6, 6], "values": [...]},
                "stage_b_latents": the same, or null,
                "picture": "guided.png"}],
     "int8_cases": [the same, of the model with its weights rounded to 8 bits],
     "mixed": {"request": as above, "prompts": [..], "weights": [..], "negative_prompt": .., "stage_c_latents": ..,
               "stage_b_latents": ..},
     "encodings": [{"picture": "guided.png", "stage_b_latents": {"shape": .., "values": [...]}}]}

``golden/compressor.json``: ``{"encodings": [{"picture": "guided.png", "stage_c_latents": {"shape": .., "values":
[...]}}]}``, Stage C latents of golden pictures from the semantic compressor of the model in the box.

``tiny-cascade-bundle/``: the tiny Stable Cascade, exported. ``golden-cascade/cascade.json``::

    {"strides": {"stage_b_latents": 16, "levels": 101},
     "cases": [{"name": "two-prompts", "pictures": [{"request": as above, with "image_prompts": ["wide.png"],
                "stage_c_latents": {"shape": .., "values": [...]}, "stage_b_latents": [every 16th value],
                "stage_b_latents_max": the largest absolute value of all, "levels": [every 101st level of the picture,
                [height, width, 3]], "picture": "guided.png" or null}]}],
     "image_prompts": [{"picture": "wide.png", "pixel_values": {"shape": [1, 3, 28, 28], "values": [...]},
                        "image_embedding": [...]}]}

The pictures of a case are made in one run, each with a generator of its own. Tolerances: latents 5e-5 x max of the
array; every level within 1, at most 1e-3 of them different.

``stage_c_latents`` are the denoised latents, before they become semantic latents. Tolerances that catch real mistakes:
latents 2e-5 x max of the array; every level of a picture within 1, at most 5e-4 of them different.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Callable

from onnx import ModelProto

from wurstchen_export.bundle.export import Options, export
from wurstchen_export.bundle.manifest import Provenance
from wurstchen_export.checks import golden_cascade, golden_compressor, golden_pictures, golden_resize, golden_sampling, golden_text
from wurstchen_export.families.family import Defaults
from wurstchen_export.graphs.operators import functions
from wurstchen_export.model import tiny
from wurstchen_export.model.source import Source

CORE = Path("wurstchen-core/src/test/resources/golden")
ONNX = Path("wurstchen-onnx/src/test/resources")
FUNCTIONS_IR_VERSION = 10
TINY_PROVENANCE = Provenance(
    name="tiny",
    description="Tiny random weights, for tests",
    source="wurstchen_export tiny",
    revision=f"seed {tiny.DEFAULT_SEED}",
    licence="Apache-2.0",
)
TINY_DEFAULTS = Defaults(width=256, height=256, stage_c_steps=4, stage_b_steps=3, sizes=((256, 256), (384, 128)))


def write(out: Path, progress: Callable[[str], None] = print) -> None:
    """Writes all golden files below ``out``, the repository's root, and replaces existing ones."""
    core, onnx = out / CORE, out / ONNX
    for folder in (core, onnx / "golden"):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as temporary:
        model = Path(temporary) / "tiny"
        tiny.write(model)
        source = Source.find(model)
        _save(core / "text.json", golden_text.build(core), progress)
        _save(core / "schedule.json", golden_sampling.schedule_file(), progress)
        _save(core / "random.json", golden_sampling.random_file(), progress)
        _save(core / "resize.json", golden_resize.resize_file(), progress)
        pictures = golden_pictures.build(source, onnx / "golden")
        export(source, onnx / "tiny-bundle", TINY_PROVENANCE, TINY_DEFAULTS, Options(force=True), progress)
        _write_functions(onnx / "operators" / "functions.onnx", progress)
        # Rounds the weights of its source.
        half = Options(precision="fp16", force=True)
        export(Source.find(model), onnx / "tiny-bundle-fp16", TINY_PROVENANCE, TINY_DEFAULTS, half, progress)
        # Last, because it rounds the source's weights.
        packed = Options(weights="int8", force=True)
        export(source, onnx / "tiny-bundle-int8", TINY_PROVENANCE, TINY_DEFAULTS, packed, progress)
        pictures["int8_cases"] = golden_pictures.build_rounded(source, onnx / "golden")
        _save(onnx / "golden" / "pictures.json", pictures, progress)
    write_cascade(out, progress)
    compressor = golden_compressor.compressor_file(out / golden_compressor.MODEL, onnx / "golden")
    _save(onnx / "golden" / "compressor.json", compressor, progress)


def write_cascade(out: Path, progress: Callable[[str], None] = print) -> None:
    """Writes the golden files of Stable Cascade below ``out``, and replaces existing ones."""
    folder = out / ONNX / golden_cascade.FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    _save(folder / "cascade.json", golden_cascade.write(out / ONNX, progress), progress)


def operator_functions() -> bytes:
    """A ModelProto of the functions alone."""
    model = ModelProto(ir_version=FUNCTIONS_IR_VERSION, functions=functions.protos().values())
    return model.SerializeToString(deterministic=True)


def _write_functions(path: Path, progress: Callable[[str], None]) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(operator_functions())
    progress(f"wrote {path} ({path.stat().st_size / 1e3:.0f} kB)")


def _save(path: Path, content: dict, progress: Callable[[str], None]) -> None:
    path.write_text(json.dumps(content, separators=(",", ":")) + "\n", encoding="utf-8")
    progress(f"wrote {path} ({path.stat().st_size / 1e3:.0f} kB)")
