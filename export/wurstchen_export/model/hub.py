"""Fetches models from a hub's repositories, at a revision that the bundle's provenance names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from wurstchen_export.errors import ExportError
from wurstchen_export.model.parts import WEIGHTS

REPOSITORIES = {
    "wuerstchen-v2": ("warp-ai/wuerstchen-prior", "warp-ai/wuerstchen"),
    "stable-cascade": ("stabilityai/stable-cascade-prior", "stabilityai/stable-cascade"),
}
"""By family: the published prior and decoder."""
SETTINGS = (".json", ".txt", ".model")
LITE = "_lite"


@dataclass(frozen=True)
class Fetched:
    """Folders of the prior's and the decoder's pipeline, and the repositories with the commits that they are of."""

    prior: Path
    decoder: Path
    origin: str
    revision: str


def fetch(
    repositories: list[str],
    revision: str | None = None,
    variant: str | None = None,
    lite: bool = False,
    endpoint: str | None = None,
    cache: Path | None = None,
) -> Fetched:
    """Fetches what an export needs into the hub's cache.

    repositories: the prior's and the decoder's, one with folders for both, or the name of a family. revision: a branch, a
    tag or a commit, the newest if None. endpoint, cache: huggingface_hub's own if None. Raises ExportError when a
    repository cannot be fetched.
    """
    if len(repositories) == 1 and repositories[0] in REPOSITORIES:
        repositories = list(REPOSITORIES[repositories[0]])
    if len(repositories) not in (1, 2):
        raise ExportError(
            "--from-hub wants the prior's repository and the decoder's, or one that has both, or a family"
            f" ({', '.join(sorted(REPOSITORIES))}); got {len(repositories)}"
        )
    found = [_fetch_one(name, revision, variant, lite, endpoint, cache) for name in repositories]
    folders = [folder for folder, _ in found]
    prior, decoder = folders if len(folders) == 2 else (folders[0] / "prior", folders[0] / "decoder")
    return Fetched(prior, decoder, ", ".join(repositories), ", ".join(commit for _, commit in found))


def _fetch_one(
    name: str, revision: str | None, variant: str | None, lite: bool, endpoint: str | None, cache: Path | None
) -> tuple[Path, str]:
    """Returns the snapshot's folder and its commit."""
    from huggingface_hub import HfApi, snapshot_download

    try:
        info = HfApi(endpoint=endpoint).model_info(name, revision=revision)
        wanted = chosen([file.rfilename for file in info.siblings], variant, lite)
        folder = snapshot_download(
            name, revision=info.sha, allow_patterns=wanted, endpoint=endpoint, cache_dir=cache, max_workers=2
        )
    except Exception as error:  # of the hub's library and of several HTTP libraries
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ExportError(
            f"cannot fetch {name}{f' at {revision}' if revision else ''}: {reason};"
            " check the name, the revision and the connection, and log in if the repository asks for it"
        ) from error
    return Path(folder), info.sha


def chosen(files: list[str], variant: str | None, lite: bool) -> list[str]:
    """Returns those of a repository's files that an export reads: of each part, weights of one kind."""
    by_folder: dict[str, list[str]] = {}
    for file in files:
        by_folder.setdefault(str(PurePosixPath(file).parent), []).append(file)
    found = []
    for folder, own in by_folder.items():
        top = PurePosixPath(folder).name
        if top in ("prior", "decoder", f"prior{LITE}", f"decoder{LITE}") and _is_network(own):
            if lite != top.endswith(LITE):
                continue
        found += [file for file in own if file.endswith(SETTINGS)]
        found += _weights(own, variant)
    return found


def _is_network(files: list[str]) -> bool:
    """Whether the files of a folder are a network's, not a pipeline's."""
    return any(PurePosixPath(file).name == "config.json" for file in files)


def _weights(files: list[str], variant: str | None) -> list[str]:
    matches = {file: WEIGHTS.fullmatch(PurePosixPath(file).name) for file in files}
    kinds: dict[tuple[bool, str | None], list[str]] = {}
    for file, match in matches.items():
        if match:
            kinds.setdefault((file.endswith(".bin"), match["variant"] or match["last"]), []).append(file)
    for wanted in ((False, variant), (False, None), (True, variant), (True, None)):
        if wanted in kinds:
            return kinds[wanted]
    return [file for own in kinds.values() for file in own]  # of another variant, which the reader tells
