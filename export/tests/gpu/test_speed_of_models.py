"""The speed figure's models, times, table and picture."""

import json

import pytest
from PIL import Image

from wurstchen_export.errors import ExportError
from wurstchen_export.gpu import reference_times, rivals, speed

PARTS = {"stage_c_step": 10.0, "stage_b_step": 20.0, "stage_a": 5.0}
CONTENT = {
    "date": "2026-12-01", "gpu": "GPU", "torch": "2", "width": 1024, "height": 1024, "sizes": "published",
    "models": {
        "wuerstchen": {
            "label": "Würstchen v2", "calls": rivals.RIVALS["wuerstchen"].calls, "tflop_per_picture": 200.5,
            "operations": {}, "milliseconds": {"eager": {"2": PARTS, "1": PARTS, "4": {"stage_a": 1.0}}},
        },
        "sdxl": {
            "label": "SDXL", "calls": {"step": 50, "decode": 1}, "operations": {},
            "milliseconds": {"compiled": {"1": {"step": 30.0, "decode": 40.0}}},
        },
    },
}
BENCHMARK = {
    "gpu": "GPU", "width": 1024, "height": 1024,
    "batch": {"1": {"seconds_per_picture": {"ours": 0.5}}, "2": {"seconds_per_picture": {"ours": 0.45}}, "4": {"seconds_per_picture": {}}},
}


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(reference_times, "WARM_UP", 0)
    monkeypatch.setattr(reference_times, "MEASURED", 1)


def test_every_model_is_measured_in_pieces(tmp_path, quick):
    out, lines = tmp_path / "speed.json", []
    speed.main(["sd21", "sdxl"], out, 128, 128, [1], [], "cpu", "narrow", lines.append)
    speed.main(["stable-cascade", "wuerstchen"], out, 128, 128, [1, 2], [], "cpu", "narrow", lines.append)

    content = json.loads(out.read_text(encoding="utf-8"))
    assert list(content["models"]) == ["sd21", "sdxl", "stable-cascade", "wuerstchen"]
    for name, entry in content["models"].items():
        batches = {"1"} if name.startswith("sd") else {"1", "2"}
        assert set(entry["milliseconds"]["eager"]) == batches
        assert all(set(parts) == set(entry["calls"]) for parts in entry["milliseconds"]["eager"].values())
        assert set(entry["operations"]) == set(entry["calls"]) and min(entry["operations"].values()) > 0
    assert len(speed.seconds(content)) == 4
    assert len(lines) == 2 + 2 + 6 + 6

    with pytest.raises(ExportError) as caught:
        speed.main(["sd21"], out, 256, 128, [1], [], "cpu", "narrow", lines.append)
    assert str(caught.value) == f"{out} is of another width: expected [256], found [128]; name another file"


def test_unknown_model_is_refused(tmp_path):
    with pytest.raises(ExportError) as caught:
        speed.main(["sd3"], tmp_path / "speed.json", 128, 128, [1], [], "cpu")
    assert str(caught.value) == "--models has sd3; known are sd21, sdxl, stable-cascade, wuerstchen"


def test_seconds_are_those_of_whole_batches_that_were_measured():
    assert speed.seconds(CONTENT, BENCHMARK) == {
        "Würstchen v2, eager": {"1": 0.845, "2": 0.845},
        "SDXL, compiled": {"1": 1.54},
        "Würstchen v2, this library": {"1": 0.5, "2": 0.9},
    }


def test_figure_and_table(tmp_path):
    file, benchmark, page, picture = (tmp_path / name for name in ("speed.json", "gpu.json", "page.md", "speed.png"))
    file.write_text(json.dumps(CONTENT), encoding="utf-8")
    benchmark.write_text(json.dumps(BENCHMARK), encoding="utf-8")
    page.write_text(f"before\n{speed.BEGIN}\nold\n{speed.END}\nafter\n", encoding="utf-8")
    speed.figure(file, benchmark, page, picture)

    assert page.read_text(encoding="utf-8").splitlines() == [
        "before",
        speed.BEGIN,
        "GPU, 2026-12-01, 1024x1024 px, 16 bits, random weights; torch 2.",
        "",
        "| seconds for a batch of | 1 | 2 | TFLOP a picture |",
        "| --- | ---: | ---: | ---: |",
        "| Würstchen v2, eager | 0.84 | 0.84 | 200.5 |",
        "| SDXL, compiled | 1.54 | – | – |",
        "| Würstchen v2, this library | 0.50 | 0.90 | 200.5 |",
        speed.END,
        "after",
    ]
    with Image.open(picture) as drawn:
        colours = {colour for _, colour in drawn.convert("RGB").getcolors(1 << 20)}
        assert set(speed.COLOURS[:3]) <= colours

    benchmark.write_text(json.dumps({**BENCHMARK, "gpu": "other"}), encoding="utf-8")
    with pytest.raises(ExportError) as caught:
        speed.figure(file, benchmark, page, picture)
    assert str(caught.value) == f"{benchmark} is of another gpu: expected GPU, found other"
