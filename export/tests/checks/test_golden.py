import json
from pathlib import Path

import pytest

from wurstchen_export.checks import golden, golden_compressor, golden_resize, golden_sampling, golden_text
from wurstchen_export.model import tiny

REPOSITORY = Path(__file__).parents[3]


def written(name):
    return json.loads((REPOSITORY / golden.CORE / name).read_text(encoding="utf-8"))


def test_text_file_is_up_to_date(tmp_path):
    assert golden_text.build(tmp_path) == written("text.json")
    for path in tmp_path.rglob("*.txt"):
        assert path.read_bytes() == (REPOSITORY / golden.CORE / path.relative_to(tmp_path)).read_bytes()


def test_schedule_file_is_up_to_date():
    found, expected = golden_sampling.schedule_file(), written("schedule.json")
    assert found.keys() == expected.keys()
    # The kernels of other processors round differently, and 1 - alpha and the noise magnify that: an Intel Xeon with AVX-512
    # differs by 3.1e-6, the AMD EPYC that wrote the file by nothing.
    assert flattened(found) == pytest.approx(flattened(expected), rel=1e-6, abs=5e-6)


def test_random_file_is_up_to_date():
    # The kernels of other processors round differently.
    assert flattened(golden_sampling.random_file()) == pytest.approx(flattened(written("random.json")), abs=2e-6)


def test_resize_file_is_up_to_date():
    # The kernels of other processors round differently.
    assert flattened(golden_resize.resize_file()) == pytest.approx(flattened(written("resize.json")), abs=1e-6)


def test_compressor_file_is_up_to_date():
    folder = REPOSITORY / golden.ONNX / "golden"
    found = golden_compressor.compressor_file(REPOSITORY / golden_compressor.MODEL, folder)
    expected = json.loads((folder / "compressor.json").read_text(encoding="utf-8"))
    assert [entry["picture"] for entry in found["encodings"]] == [entry["picture"] for entry in expected["encodings"]]
    for one, other in zip(found["encodings"], expected["encodings"], strict=True):
        assert one["stage_c_latents"]["shape"] == other["stage_c_latents"]["shape"]
        assert one["stage_c_latents"]["values"] == pytest.approx(other["stage_c_latents"]["values"], abs=2e-5)


def test_functions_of_operators_are_up_to_date():
    written = REPOSITORY / golden.ONNX / "operators" / "functions.onnx"
    assert golden.operator_functions() == written.read_bytes()


def flattened(content):
    if isinstance(content, dict):
        content = content.values()
    elif not isinstance(content, list):
        return [content]
    return [number for part in content for number in flattened(part)]


def test_tiny_model_is_the_same_every_time(model_folder, tmp_path):
    tiny.write(tmp_path / "again")
    for path in model_folder.rglob("*"):
        if path.is_file():
            assert path.read_bytes() == (tmp_path / "again" / path.relative_to(model_folder)).read_bytes(), path
