"""The folders of wurstchen_export are rooms: imports between them run one way, and each can be listed at a glance."""

import ast
import re
import shutil
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import wurstchen_export

PACKAGE = Path(wurstchen_export.__file__).parent
NAME = PACKAGE.name
COMMON = {"errors", "commands"}
"""Modules outside the rooms that every room may import."""
MOST_FILES = 30


def room_of(package: Path, module: Path) -> str:
    """The room of a module's file, "" for a file outside the rooms."""
    return ".".join(module.relative_to(package).parent.parts)


def rooms(package: Path) -> dict[str, set[str]]:
    """By room: the rooms that it may import, as its docstring says."""
    found = {}
    for init in sorted(package.rglob("__init__.py")):
        if init.parent != package:
            docs = ast.get_docstring(ast.parse(init.read_text(encoding="utf-8"))) or ""
            line = re.search(r"^May import: (.+)\.$", docs, re.MULTILINE)
            assert line, f"{init.relative_to(package)} has no line 'May import: ROOM, ROOM.'"
            found[room_of(package, init)] = set() if line[1] == "no other room" else set(line[1].split(", "))
    return found


def imported(package: Path, module: Path) -> Iterator[str]:
    """Every module of the package that a file imports, inside functions too, without the package's name."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module.relative_to(package)}:{node.lineno} imports by a relative name"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            if name.split(".")[0] == NAME:
                yield name.partition(".")[2]


def target_of(package: Path, name: str) -> str:
    """The room that an imported name is in, or the module outside the rooms."""
    parts = name.split(".")
    while parts and not package.joinpath(*parts).is_dir():
        last = parts.pop()
    return ".".join(parts) or last


def violations(package: Path) -> list[str]:
    """Imports that no room's docstring allows."""
    allowed, found = rooms(package), []
    for module in sorted(package.rglob("*.py")):
        room = room_of(package, module)
        if room:
            targets = {target_of(package, name) for name in imported(package, module)}
            found += [
                f"{module.relative_to(package).as_posix()} imports {target}, which its room may not"
                for target in sorted(targets - allowed[room] - COMMON - {room})
            ]
    return found


@pytest.fixture
def copy(tmp_path):
    """A copy of the package to plant imports in."""
    return shutil.copytree(PACKAGE, tmp_path / NAME, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))


def test_rooms_import_only_what_their_docstrings_allow():
    assert violations(PACKAGE) == []


def test_what_rooms_may_import_runs_one_way():
    allowed = rooms(PACKAGE)

    order = list(TopologicalSorter(allowed).static_order())  # raises CycleError

    assert sorted(order) == sorted(allowed), "a docstring names a room that does not exist"


def test_common_modules_import_no_room():
    for name in COMMON:
        assert list(imported(PACKAGE, PACKAGE / f"{name}.py")) == []


@pytest.mark.parametrize(
    ("planted", "target"),
    [
        ("from wurstchen_export.bundle.runtime import Bundle", "bundle"),
        ("from wurstchen_export.bundle import manifest", "bundle"),
        ("import wurstchen_export.train.dataset.pool", "train.dataset"),
        ("def late():\n    from wurstchen_export.evaluate.judge.judge import Judge", "evaluate.judge"),
        ("from wurstchen_export.train_commands import main", "train_commands"),
    ],
)
def test_planted_import_upwards_is_found(copy, planted, target):
    with (copy / "graphs" / "step.py").open("a", encoding="utf-8") as file:
        file.write(f"\n{planted}\n")

    assert violations(copy) == [f"graphs/step.py imports {target}, which its room may not"]


def test_planted_relative_import_is_refused(copy):
    with (copy / "graphs" / "step.py").open("a", encoding="utf-8") as file:
        file.write("\nfrom . import shapes\n")

    with pytest.raises(AssertionError, match=r"graphs/step\.py:\d+ imports by a relative name"):
        violations(copy)


def test_no_folder_is_longer_than_a_list_one_reads():
    for folder in [PACKAGE, *(path for path in PACKAGE.rglob("*") if path.is_dir() and path.name != "node_modules")]:
        entries = [path.name for path in folder.iterdir() if path.name != "__pycache__"]
        assert len(entries) <= MOST_FILES, folder
