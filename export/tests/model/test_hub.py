"""Fetching models from a hub: a small one on localhost."""

import hashlib
import json
import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import torch
from safetensors.torch import load_file

from wurstchen_export.errors import ExportError
from wurstchen_export.families.registry import find_source
from wurstchen_export.model import hub

COMMITS = {"prior": "a" * 40, "decoder": "b" * 40, "both": "c" * 40}


class Handler(BaseHTTPRequestHandler):
    """Serves the folders of ``server.root`` as the repositories ``someone/NAME``, each with one commit."""

    def do_GET(self):
        self.answer(body=True)

    def do_HEAD(self):
        self.answer(body=False)

    def answer(self, body):
        parts = self.path.partition("?")[0].strip("/").split("/")
        if parts[:2] == ["api", "models"]:
            self.info(parts[3], parts[5] if len(parts) > 5 else "main", body)
        elif len(parts) > 4 and parts[2] == "resolve":
            self.file(parts[1], parts[3], "/".join(parts[4:]), body)
        else:
            self.send(404, b"{}", {}, body)

    def info(self, name, revision, body):
        folder = self.server.root / name
        if not folder.is_dir() or revision not in ("main", COMMITS[name]):
            error = {"X-Error-Code": "RevisionNotFound" if folder.is_dir() else "RepoNotFound"}
            return self.send(404, b"{}", error, body)
        files = [{"rfilename": path.relative_to(folder).as_posix()} for path in folder.rglob("*") if path.is_file()]
        found = {"id": f"someone/{name}", "sha": COMMITS[name], "siblings": files, "tags": [], "downloads": 0}
        self.send(200, json.dumps(found).encode(), {"Content-Type": "application/json"}, body)

    def file(self, name, revision, path, body):
        content = (self.server.root / name / path).read_bytes()
        if body:
            self.server.sent.append(f"{name}/{path}")
        tag = hashlib.sha256(content).hexdigest()
        self.send(200, content, {"ETag": f'"{tag}"', "X-Repo-Commit": COMMITS[name]}, body)

    def send(self, status, content, headers, body):
        self.send_response(status)
        for key, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(key, value)
        self.end_headers()
        if body:
            self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture
def server(tmp_path):
    found = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.root, found.sent = tmp_path / "served", []
    thread = threading.Thread(target=found.serve_forever, daemon=True)
    thread.start()
    yield found
    found.shutdown()
    found.server_close()
    thread.join()


@pytest.fixture
def fetch(server, tmp_path):
    endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    return lambda names, **chosen: hub.fetch(
        [f"someone/{name}" for name in names], endpoint=endpoint, cache=tmp_path / "cache", **chosen
    )


@pytest.mark.parametrize("folder", ["model_folder", "cascade_model"])
def test_pipelines_are_fetched_at_a_commit(server, fetch, request, folder):
    model = request.getfixturevalue(folder)
    for name in ("prior", "decoder"):
        shutil.copytree(model / name, server.root / name)

    found = fetch(["prior", "decoder"])

    assert found.origin == "someone/prior, someone/decoder"
    assert found.revision == f"{COMMITS['prior']}, {COMMITS['decoder']}"
    expected = load_file(model / "prior" / "prior" / "diffusion_pytorch_model.safetensors")
    loaded = find_source(None, found.prior, found.decoder).stage_c.state_dict()
    assert all(torch.equal(loaded[name], tensor) for name, tensor in expected.items())


def test_repository_with_both_pipelines_is_fetched_as_chosen(server, fetch, cascade_model):
    root = shutil.copytree(cascade_model, server.root / "both")
    network = root / "prior" / "prior"
    shutil.copytree(network, root / "prior" / "prior_lite")
    weights = "diffusion_pytorch_model.safetensors"
    shutil.copyfile(network / weights, network / "diffusion_pytorch_model.bf16.safetensors")
    (network / "diffusion_pytorch_model.bin").write_bytes(b"not read")

    found = fetch(["both"], variant="bf16", revision="main")

    assert found.revision == COMMITS["both"]
    assert sorted(path for path in server.sent if "prior/prior" in path) == [
        "both/prior/prior/config.json",
        "both/prior/prior/diffusion_pytorch_model.bf16.safetensors",
    ]
    assert find_source(None, found.prior, found.decoder, variant="bf16").stage_c is not None


def test_revision_that_is_not_there_is_told(server, fetch, cascade_model):
    shutil.copytree(cascade_model, server.root / "both")

    with pytest.raises(ExportError) as error:
        fetch(["both"], revision="v9")

    assert str(error.value).startswith("cannot fetch someone/both at v9: 404 Client Error")
    assert str(error.value).endswith(
        "; check the name, the revision and the connection, and log in if the repository asks for it"
    )
    assert "\n" not in str(error.value)


def test_number_of_repositories_is_told():
    with pytest.raises(ExportError) as error:
        hub.fetch(["a/b", "c/d", "e/f"])

    assert str(error.value) == (
        "--from-hub wants the prior's repository and the decoder's, or one that has both, or a family (stable-cascade,"
        " wuerstchen-v2); got 3"
    )


def test_safetensors_come_before_bin_and_the_variant_before_others():
    files = [f"a/model{ending}" for ending in (".bin", ".safetensors", ".fp16.safetensors", ".fp16.bin")]

    assert hub.chosen(files, None, False) == ["a/model.safetensors"]
    assert hub.chosen(files, "fp16", False) == ["a/model.fp16.safetensors"]
    assert hub.chosen(files[:1], "fp16", False) == ["a/model.bin"]
    assert hub.chosen(files[2:3], None, False) == ["a/model.fp16.safetensors"]
