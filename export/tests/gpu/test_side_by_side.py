"""The reference's times beside the Java library's."""

import json

import pytest
from PIL import Image

from wurstchen_export.errors import ExportError
from wurstchen_export.gpu import arithmetic, figure, java_times, reference_times, side_by_side
from wurstchen_export.gpu.full_size import NARROW


def benchmark(tmp_path, **request):
    guidance = {"stageCGuidance": 4.0, "stageBGuidance": 2.0}
    request = {"images": 4, "batchSize": 2, "stageCSteps": 10, "stageBSteps": 4} | guidance | request
    samples = [
        {"Stage C": c, "Stage B": 160.0, "Stage A": 8.0, "together": c + 168.0} for c in (100.0, 9000.0, 200.0)
    ]
    path = tmp_path / "benchmark.json"
    path.write_text(json.dumps({"request": request, "laterMillis": samples, "engine": "test", "peakDeviceBytes": 3 << 20}), encoding="utf-8")
    return path


def test_times_of_java_are_those_of_a_step_of_a_batch(tmp_path):
    assert java_times.read([benchmark(tmp_path)]) == {
        ("stage_c_step", 2): 10.0,
        ("stage_b_step", 2): 20.0,
        ("stage_a", 2): 4.0,
    }


def test_file_that_is_no_benchmark_is_refused(tmp_path):
    path = tmp_path / "other.json"
    path.write_text("{}")
    with pytest.raises(ExportError) as caught:
        java_times.read([path])
    assert str(caught.value) == (
        f"{path} is no benchmark (KeyError: 'request'): write it with `wurstchen benchmark --json`"
    )


def test_times_without_guidance_are_refused(tmp_path):
    file = benchmark(tmp_path, stageBGuidance=0.0)
    with pytest.raises(ExportError) as found:
        java_times.read([file])
    assert str(found.value) == (
        f"{file} was measured with --stage-b-guidance 0.0, which is off, and the reference's steps are timed with"
        " guidance: measure with --stage-b-guidance 2"
    )


def test_requests_of_java_are_medians_for_each_picture(tmp_path):
    found = java_times.read_requests([benchmark(tmp_path)])
    assert (found.engine, found.stage_c_steps, found.stage_b_steps) == ("test", 10, 4)
    assert found.seconds_per_picture == {2: 0.368 / 4}
    assert found.peak_bytes == {2: 3 << 20}


def test_benchmarks_of_different_steps_are_refused(tmp_path):
    one = benchmark(tmp_path).rename(tmp_path / "one.json")
    with pytest.raises(ExportError) as found:
        java_times.read_requests([one, benchmark(tmp_path, stageCSteps=9)])
    assert str(found.value) == (
        "the benchmarks have different steps: [(9, 4), (10, 4)]; measure all with the same"
    )


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(reference_times, "WARM_UP", 0)
    monkeypatch.setattr(reference_times, "MEASURED", 1)
    # The square product of a GPU takes minutes on a CPU.
    monkeypatch.setattr(arithmetic.product_rate, "__defaults__", (64,))


def test_reference_stands_beside_java(tmp_path, quick):
    starts = tmp_path / "starts.json"
    sizes = [{"firstSeconds": 9.0, "laterSeconds": 1.0}, {"firstSeconds": 2.5, "laterSeconds": 2.25}]
    starts.write_text(json.dumps({"startToFirstPictureSeconds": 12.5, "sizes": sizes}), encoding="utf-8")
    out, lines = tmp_path / "docs" / "cpu.json", []
    files = side_by_side.JavaFiles([benchmark(tmp_path)], starts)
    side_by_side.main(files, out, 128, 128, [1, 2], [], "cpu", NARROW, lines.append)

    content = json.loads(out.read_text(encoding="utf-8"))
    assert set(content["batch"]) == {"1", "2"}
    two = content["batch"]["2"]
    assert set(two) == {
        "stage_c_step_ms", "stage_b_step_ms", "stage_a_ms", "seconds_per_picture", "peak_mib", "floor_share"
    }
    assert [two[part]["ours"] for part in ("stage_c_step_ms", "stage_b_step_ms", "stage_a_ms")] == [10.0, 20.0, 4.0]
    eager = (10 * two["stage_c_step_ms"]["eager"] + 4 * two["stage_b_step_ms"]["eager"] + two["stage_a_ms"]["eager"])
    assert two["seconds_per_picture"]["eager"] == pytest.approx(eager / 2000, rel=1e-2, abs=1e-3)
    assert two["seconds_per_picture"]["ours"] == 0.092
    assert two["peak_mib"] == {"eager": 0, "ours": 3}
    assert "ours" not in content["batch"]["1"]["stage_a_ms"]
    assert content["first_picture_s"] == {"ours": 12.5}
    assert content["second_size_s"] == {"ours": 2.5, "ours_seen": 2.25}
    assert lines[-1].splitlines()[2].startswith("| 1 | stage_c_step_ms | ")


def test_operations_are_those_of_the_products(quick):
    import torch

    layer = torch.nn.Linear(16, 8)
    assert arithmetic.operations(layer, (torch.rand(4, 16),)) == 2 * 4 * 16 * 8


CONTENT = {
    "date": "2026-11-30", "gpu": "GPU", "torch": "2", "engine": "engine", "width": 1024, "height": 512,
    "stage_c_steps": 60, "stage_b_steps": 12, "first_picture_s": {"compiled": 160.0, "ours": 9.5},
    "second_size_s": {"ours": 0.9, "ours_seen": 0.5},
    "batch": {
        "1": {
            "stage_c_step_ms": {"eager": 28.0, "compiled": 8.0, "ours": 5.0},
            "stage_b_step_ms": {"eager": 43.0, "compiled": 24.0, "ours": 12.0},
            "stage_a_ms": {"eager": 26.0, "compiled": 10.0, "ours": 5.0},
            "seconds_per_picture": {"eager": 2.5, "compiled": 0.8, "ours": 0.5},
            "peak_mib": {"eager": 7000, "ours": 6500},
        }
    },
}


def test_table_and_figure_of_a_benchmark(tmp_path):
    benchmark, page, picture = tmp_path / "b.json", tmp_path / "page.md", tmp_path / "b.png"
    benchmark.write_text(json.dumps(CONTENT), encoding="utf-8")
    page.write_text(f"before\n{figure.BEGIN}\nold\n{figure.END}\nafter\n", encoding="utf-8")
    figure.main(benchmark, page, picture)
    lines = page.read_text(encoding="utf-8").splitlines()
    assert (lines[0], lines[-1]) == ("before", "after")
    assert "old" not in lines
    assert lines[2] == (
        "GPU, 2026-11-30, 1024x512 px, 60 + 12 guided steps, 16 bits, random weights; torch 2; engine. Process start to first"
        " picture: 9.5 s (torch.compile: 160 s); first picture of a second size: 0.9 s, later ones 0.5 s."
    )
    assert "| 1 | seconds_per_picture | 2.5 | 0.8 | 0.5 | 1.60 x |" in lines
    assert "| 1 | peak_mib | 7000 | – | 6500 | – |" in lines
    with Image.open(picture) as drawn:
        colours = {colour for _, colour in drawn.convert("RGB").getcolors(1 << 20)}
        assert {colour for _, colour in figure.SERIES.values()} <= colours


def test_page_without_marks_is_refused(tmp_path):
    benchmark, page = tmp_path / "b.json", tmp_path / "page.md"
    benchmark.write_text(json.dumps(CONTENT), encoding="utf-8")
    page.write_text("nothing", encoding="utf-8")
    with pytest.raises(ExportError) as found:
        figure.main(benchmark, page, tmp_path / "b.png")
    assert str(found.value) == f"{page} must have a line '{figure.BEGIN}' and, below it, a line '{figure.END}'"
