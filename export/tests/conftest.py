"""A tiny model and its bundle, written once for all tests."""

import shutil

import pytest
import torch

from wurstchen_export.bundle.export import Options, export
from wurstchen_export.bundle.manifest import Provenance
from wurstchen_export.families import registry
from wurstchen_export.families.family import Defaults
from wurstchen_export.gpu import full_size
from wurstchen_export.model import tiny
from wurstchen_export.model.compressor import SemanticCompressor
from wurstchen_export.model.source import Source
from wurstchen_export.model.tiny import DEFAULT_SEED

PROVENANCE = Provenance("test", "A model for tests", "tests", "1", "Apache-2.0")

# Everything that may differ between models and is easily taken for a constant.
OTHER_SETTINGS = {
    "latent_mean": 30.0,
    "latent_std": 0.5,
    "scale_factor": 0.5,
    "s_c": 0.02,
    "scaler_c": 1.5,
    "s_b": 0.01,
    "scaler_b": 0.7,
}
OTHER_SIZES = tiny.Sizes(
    text_c=(16, 1, 2),
    text_b=(24, 2, 3),
    stage_c={"c": 24, "c_r": 9, "depth": 1, "nhead": 3},
    stage_b={
        "c_r": 11,
        "c_cond": 20,
        "c_hidden": [12, 16, 24],
        "nhead": [-1, -1, 4],
        "blocks": [1, 2, 1],
        "level_config": ["CT", "TC", "CTA"],
        "inject_effnet": [True, False, True],
        "kernel_size": 5,
    },
    stage_a={"bottleneck_blocks": 1, "embed_dim": 12, "num_vq_embeddings": 8},
)


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """On models this small a second thread only waits."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model") / "tiny"
    tiny.write(folder)
    return folder


@pytest.fixture(scope="session")
def source(model_folder):
    return Source.find(model_folder)


@pytest.fixture(scope="session")
def bundle_folder(source, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bundle") / "tiny"
    export(source, folder, PROVENANCE, Defaults(width=256, height=256), progress=lambda line: None)
    return folder


@pytest.fixture(scope="session")
def other_model(tmp_path_factory):
    """A model with other settings and sizes and a semantic compressor, and its bundle with weights in 8 bits."""
    folder = tmp_path_factory.mktemp("other")
    tiny.write(folder / "model", seed=7, settings=OTHER_SETTINGS, sizes=OTHER_SIZES)
    compressor = SemanticCompressor(widths=(8, 8, 16, 16), latent_mean=30.0, latent_std=0.5)
    tiny.randomise(compressor, torch.Generator().manual_seed(7))
    compressor.save_pretrained(folder / "model" / "compressor")
    export(
        Source.find(folder / "model"),
        folder / "bundle",
        PROVENANCE,
        options=Options(weights="int8"),
        progress=lambda line: None,
    )
    return folder


@pytest.fixture(scope="session")
def half_bundle(tmp_path_factory):
    """A bundle that computes in 16 bits; its model: RandomSource.create(folder, NARROW)."""
    folder = tmp_path_factory.mktemp("half") / "bundle"
    full_size.write(folder, "fp16", sizes=full_size.NARROW, progress=lambda line: None)
    return folder


@pytest.fixture(scope="session")
def cascade_model(tmp_path_factory):
    """A tiny Stable Cascade."""
    folder = tmp_path_factory.mktemp("cascade") / "model"
    registry.family("stable-cascade").tiny(folder, DEFAULT_SEED, "tiny")
    return folder


@pytest.fixture
def bundle_copy(bundle_folder, tmp_path):
    """A bundle to spoil."""
    return shutil.copytree(bundle_folder, tmp_path / "bundle")
