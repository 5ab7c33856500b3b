"""Models are read from every layout in which they are released, with the same weights."""

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file

from wurstchen_export.errors import ExportError
from wurstchen_export.families.registry import find_source
from wurstchen_export.families.stable_cascade import tiny as cascade_tiny

FAMILIES = ("model_folder", "cascade_model")
PLAIN = "*.safetensors"


@pytest.fixture(params=FAMILIES)
def model(request, tmp_path):
    """A copy of a model of each family."""
    return shutil.copytree(request.getfixturevalue(request.param), tmp_path / "model")


@pytest.fixture
def cascade(cascade_model, tmp_path):
    return shutil.copytree(cascade_model, tmp_path / "model")


def weights_of(source):
    models = [source.stage_c, source.stage_b, source.stage_a]
    models += [getattr(source, name) for name in ("text_encoder", "text_encoder_c") if hasattr(source, name)]
    return [model.state_dict() for model in models]


def assert_same(found, expected, through=torch.float32):
    for one, other in zip(weights_of(found), weights_of(expected), strict=True):
        assert one.keys() == other.keys()
        for name, tensor in other.items():
            rounded = tensor.to(through).to(tensor.dtype) if tensor.is_floating_point() else tensor
            assert torch.equal(one[name], rounded), name


def renamed_to_variant(folder, variant, dtype):
    for path in list(folder.rglob(PLAIN)):
        weights = {name: x.to(dtype) if x.is_floating_point() else x for name, x in load_file(path).items()}
        save_file(weights, path.with_name(f"{path.stem}.{variant}.safetensors"), metadata={"format": "pt"})
        path.unlink()


@pytest.mark.parametrize(("variant", "dtype"), [("fp16", torch.float16), ("bf16", torch.bfloat16)])
def test_variant_is_read(model, tmp_path, variant, dtype):
    original = find_source(shutil.copytree(model, tmp_path / "original"))
    renamed_to_variant(model, variant, dtype)

    assert_same(find_source(model, variant=variant), original, dtype)


def test_variant_that_must_be_named_is_told(model):
    renamed_to_variant(model, "fp16", torch.float16)

    with pytest.raises(ExportError) as error:
        find_source(model).stage_c  # noqa: B018

    assert str(error.value) == (
        f"{model}/prior/prior has its weights only as variant fp16; pass --variant with one of these"
    )


def test_parts_without_the_variant_are_read_without_it(model, tmp_path):
    original = find_source(shutil.copytree(model, tmp_path / "original"))

    assert_same(find_source(model, variant="bf16"), original)


def test_bin_files_are_read(model, tmp_path):
    original = find_source(shutil.copytree(model, tmp_path / "original"))
    for path in list(model.rglob(PLAIN)):
        name = "pytorch_model.bin" if path.stem == "model" else f"{path.stem}.bin"
        torch.save(load_file(path), path.with_name(name))
        path.unlink()

    assert_same(find_source(model), original)


def test_hub_cache_with_links_is_read(model, tmp_path):
    original = find_source(shutil.copytree(model, tmp_path / "original"))
    blobs = tmp_path / "blobs"
    blobs.mkdir()
    for index, path in enumerate([path for path in model.rglob("*") if path.is_file()]):
        path.rename(blobs / str(index))
        path.symlink_to(blobs / str(index))

    assert_same(find_source(model), original)


def test_network_alone_replaces_the_pipelines(model, tmp_path):
    prior = tmp_path / "finetuned"
    shutil.copytree(model / "prior" / "prior", prior)
    path = next(prior.glob(PLAIN))
    save_file({name: x + 1 for name, x in load_file(path).items()}, path, metadata={"format": "pt"})

    found, original = find_source(model, prior=prior), find_source(model)

    for name, tensor in original.stage_c.state_dict().items():
        assert torch.equal(found.stage_c.state_dict()[name], tensor + 1)
    assert torch.equal(found.stage_a.state_dict()["out_block.0.bias"], original.stage_a.state_dict()["out_block.0.bias"])


def original_names(weights):
    """The inverse of what single_file does."""
    found = {}
    for name, tensor in weights.items():
        if ".to_q." in name:
            parts = [weights[name.replace(".to_q.", f".to_{part}.")] for part in "qkv"]
            found[name.replace("to_q.", "attn.in_proj_")] = torch.cat(parts)
        elif ".to_k." not in name and ".to_v." not in name:
            found[name.replace("to_out.0.", "attn.out_proj.")] = tensor
    return found


@pytest.mark.parametrize("container", ["ema_state_dict", "prefix"])
def test_single_files_of_the_original_repositories_are_read(model, tmp_path, container):
    files = {}
    for part, folder in (("prior", model / "prior" / "prior"), ("decoder", model / "decoder" / "decoder")):
        weights = original_names(load_file(next(folder.glob(PLAIN))))
        if part == "decoder":
            weights = {name.replace("clip_txt_pooled_mapper", "clip_mapper"): x for name, x in weights.items()}
        files[part] = tmp_path / f"{part}{'.pt' if container == 'ema_state_dict' else '.safetensors'}"
        if container == "ema_state_dict":
            torch.save({container: weights, "step": 7}, files[part])
        else:
            prefix = "model.diffusion_model." if container else ""
            save_file({f"{prefix}{name}": x.clone() for name, x in weights.items()}, files[part])

    assert_same(find_source(model, **files), find_source(model))


def write_lite(cascade):
    """A lite prior beside the full one, of other widths."""
    sizes = {**cascade_tiny.TINY.stage_c, "block_out_channels": (24, 24)}
    lite = cascade_tiny.stage_c_of(cascade_tiny.Sizes(**{**vars(cascade_tiny.TINY), "stage_c": sizes}))
    lite.save_pretrained(cascade / "prior" / "prior_lite")
    shutil.copytree(cascade / "decoder" / "decoder", cascade / "decoder" / "decoder_lite")
    return lite.state_dict()


def test_lite_networks_are_read(cascade):
    expected = write_lite(cascade)

    found = find_source(cascade, lite=True).stage_c.state_dict()

    assert all(torch.equal(found[name], tensor) for name, tensor in expected.items())


def test_size_of_a_single_file_is_told_by_its_weights(cascade, tmp_path):
    expected = write_lite(cascade)
    save_file(original_names(expected), tmp_path / "lite.safetensors")

    found = find_source(cascade, prior=tmp_path / "lite.safetensors").stage_c.state_dict()

    assert all(torch.equal(found[name], tensor) for name, tensor in expected.items())


def test_lite_of_a_model_without_is_told(cascade, model_folder):
    with pytest.raises(ExportError) as error:
        find_source(cascade, lite=True)
    assert str(error.value).startswith(f"{cascade}/prior lacks prior_lite (found: feature_extractor, ")

    with pytest.raises(ExportError) as error:
        find_source(model_folder, lite=True)
    assert str(error.value) == (
        f"{model_folder}/prior is a Würstchen v2, which has no lite networks; leave --lite out"
    )


def test_single_file_of_another_network_is_told(cascade, tmp_path):
    file = tmp_path / "other.safetensors"
    save_file({"clip_txt_mapper.weight": torch.zeros(2, 2)}, file)

    with pytest.raises(ExportError) as error:
        find_source(cascade, prior=file).stage_c  # noqa: B018

    assert str(error.value) == (
        f"{file} is of another network: by {cascade}/prior/prior/config.json clip_txt_pooled_mapper.weight is missing"
        " from it"
    )


def test_weights_of_another_size_than_the_config_are_told(cascade):
    write_lite(cascade)
    lite, full = cascade / "prior" / "prior_lite", cascade / "prior" / "prior"
    shutil.copyfile(next(full.glob(PLAIN)), next(lite.glob(PLAIN)))

    with pytest.raises(ExportError) as error:
        find_source(cascade, lite=True).stage_c  # noqa: B018

    assert str(error.value) == (
        f"{lite}: clf.1.weight is [16, 36, 1, 1], by its config.json [16, 24, 1, 1]: weights of one size of model beside"
        " the configuration of another (full, lite); use the files of one"
    )


def test_network_of_another_class_is_told(model, cascade_model, model_folder):
    is_cascade = (model / "prior" / "image_encoder").exists()
    shutil.rmtree(model / "prior" / "prior")
    shutil.copytree((model_folder if is_cascade else cascade_model) / "prior" / "prior", model / "prior" / "prior")

    with pytest.raises(ExportError) as error:
        find_source(model).stage_c  # noqa: B018

    found, expected = ("WuerstchenPrior", "StableCascadeUNet")[:: 1 if is_cascade else -1]
    assert str(error.value) == (
        f"{model}/prior/prior/config.json is of the class {found}, expected {expected}: is it another model's folder?"
    )


def test_config_of_the_hubs_early_decoder_is_read(cascade):
    path = cascade / "decoder" / "decoder" / "config.json"
    config = json.loads(path.read_text())
    config["c_in"] = config.pop("in_channels")
    path.write_text(json.dumps(config))

    assert find_source(cascade).stage_b.config.in_channels == 4


def test_network_alone_without_its_pipelines_is_told(cascade):
    network = cascade / "prior" / "prior"

    with pytest.raises(ExportError) as error:
        find_source(None, prior=network, decoder=cascade / "decoder")

    assert str(error.value) == f"--prior {network} is a network alone: pass --source with the pipelines that it is for"


def test_index_that_is_no_object_is_told(cascade):
    (cascade / "prior" / "model_index.json").write_text("[1]")

    with pytest.raises(ExportError) as error:
        find_source(cascade)

    assert str(error.value) == (
        f"{cascade}/prior/model_index.json holds a list, expected an object: is it the right file?"
    )
