"""A family that the exporter does not know of is new files and no edits elsewhere."""

import json
import textwrap

import numpy as np
import pytest

import wurstchen_export.families as package
from wurstchen_export.__main__ import main
from wurstchen_export.bundle.runtime import Bundle
from wurstchen_export.errors import ExportError
from wurstchen_export.families import registry

MADE_UP = '''
    import torch
    from diffusers import DDPMWuerstchenScheduler

    from wurstchen_export.families.family import Defaults
    from wurstchen_export.families.wuerstchen_v2.family import WuerstchenV2
    from wurstchen_export.graphs.contract import FLOAT, GraphSpec, TensorSpec
    from wurstchen_export.graphs.wrappers import builder


    class Source:
        family = "made-up"
        scheduler_c = scheduler_b = DDPMWuerstchenScheduler(s=0.25)

        def round_weights(self, kind):
            pass


    class Square(torch.nn.Module):
        def forward(self, x):
            return x * x


    class MadeUp(WuerstchenV2):
        name, prior_class, decoder_class = "made-up", "MadeUpPriorPipeline", "MadeUpDecoderPipeline"
        defaults = Defaults(width=8, height=8, stage_c_steps=2)

        def source(self, prior, decoder, compressor, choice):
            return Source()

        def graphs(self, source):
            axes = ("images", 3)
            return {"square": GraphSpec("square", (TensorSpec("x", FLOAT, axes),), (TensorSpec("y", FLOAT, axes),))}

        def builders(self, source, precision, keep_apart):
            axes = lambda: {"images": (2, torch.export.Dim("images", min=1))}
            return {name: builder(spec, Square, axes, precision) for name, spec in self.graphs(source).items()}

        def geometry(self, source, defaults):
            return {"resolution_multiple": 1.0}

        def scales(self, source):
            return {}

        def tokenizers(self, source):
            return []

        def configs(self, source):
            return {}

        def additions(self, source):
            return {"made_up": True}


    FAMILY = MadeUp()
'''


@pytest.fixture
def made_up(tmp_path, monkeypatch):
    folder = tmp_path / "plugins" / "made_up_family"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(textwrap.dedent(MADE_UP), encoding="utf-8")
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder.parent)])


def write_indexes(folder, prior, decoder):
    for name, kind in (("prior", prior), ("decoder", decoder)):
        (folder / name).mkdir(parents=True)
        (folder / name / "model_index.json").write_text(json.dumps({"_class_name": kind}), encoding="utf-8")
    return folder


def test_made_up_family_is_exported_and_runs(made_up, tmp_path):
    model = write_indexes(tmp_path / "model", "MadeUpPriorPipeline", "MadeUpDecoderPipeline")

    assert main(["export", "--source", str(model), "--out", str(tmp_path / "bundle"), "--stage-b-steps", "7"]) == 0

    bundle = Bundle(tmp_path / "bundle")
    assert bundle.manifest["family"] == bundle.family.name == "made-up"
    assert bundle.manifest["made_up"] is True
    assert bundle.manifest["schedules"]["stage_c"] == {"s": 0.25, "scaler": 1.0}
    assert bundle.manifest["defaults"] == {
        "width": 8,
        "height": 8,
        "stage_c_steps": 2,
        "stage_c_guidance": 4.0,
        "stage_b_steps": 7,
        "stage_b_guidance": 0.0,
    }
    assert bundle.run("square", np.array([[1, 2, 3]], np.float32))[0].tolist() == [[1, 4, 9]]


def test_families_are_found_by_their_packages():
    assert sorted(registry.families()) == ["stable-cascade", "wuerstchen-v2"]


def test_unknown_family_is_told():
    with pytest.raises(ExportError) as error:
        registry.family("made-up")

    assert str(error.value) == "unknown family 'made-up'; known are stable-cascade, wuerstchen-v2"


def test_pipelines_of_two_families_are_told(tmp_path):
    model = write_indexes(tmp_path / "model", "StableCascadePriorPipeline", "WuerstchenDecoderPipeline")

    with pytest.raises(ExportError) as error:
        registry.find_source(model)

    assert str(error.value) == (
        f"{model}/prior is of the family stable-cascade, {model}/decoder of wuerstchen-v2: name two pipelines of one"
        " family"
    )


def test_pipeline_of_no_family_is_told(tmp_path):
    model = write_indexes(tmp_path / "model", "StableDiffusionPipeline", "WuerstchenDecoderPipeline")

    with pytest.raises(ExportError) as error:
        registry.find_source(model)

    assert str(error.value) == (
        f"{model}/prior holds a StableDiffusionPipeline; --prior must be one of StableCascadePriorPipeline,"
        " WuerstchenPriorPipeline"
    )
