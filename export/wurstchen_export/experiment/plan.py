"""The plan of an experiment: two arms with equal training time, their stages, and the folder layout."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from wurstchen_export.errors import ExportError

FILE = "run.json"
SNAPSHOTS = "snapshots"
TIMES = "times.json"
CASCADE, PLAIN = "cascade", "plain"


@dataclass(frozen=True)
class Stage:
    """A stage of an arm: its training command, its folder and log below the arm's, and the parts that it trains."""

    name: str
    arm: str
    command: tuple[str, ...]
    parts: tuple[str, ...]


STAGES = (
    Stage("b_joint", CASCADE, ("stage-b",), ("compressor", "b", "text_b")),
    Stage("b", CASCADE, ("stage-b", "--freeze-compressor"), ("b", "text_b")),
    Stage("c", CASCADE, ("stage-c",), ("c", "text_c")),
    Stage("plain", PLAIN, ("plain",), ("plain", "text_plain")),
)
LAST = {CASCADE: "c", PLAIN: "plain"}
"""The stage of each arm after whose start the arm can draw: snapshots of it are kept."""
DRAWING = {CASCADE: ("b", "text_b", "c", "text_c"), PLAIN: ("plain", "text_plain")}
"""The parts that draw a picture from a prompt; the compressor only trains. Stage A comes on top of both."""


@dataclass
class Run:
    """run.json: the requested options and the time of each stage; written after every stage."""

    minutes: float
    shares: list[float]
    device: str
    seed: int
    tiny: bool
    options: dict[str, str]
    machine: dict[str, str] = field(default_factory=dict)
    stages: dict[str, dict] = field(default_factory=dict)

    def minutes_of(self, stage: Stage) -> float:
        """The joint run, Stage B and Stage C divide their arm's minutes; the plain model has all of its arm's."""
        if stage.arm == PLAIN:
            return self.minutes
        first, second = self.shares
        return self.minutes * {"b_joint": first, "b": second, "c": 1 - first - second}[stage.name]

    def arm_seconds(self, arm: str, before: str | None = None) -> float:
        """Returns the training seconds of an arm's stages, or of those before a given one."""
        names = [stage.name for stage in STAGES if stage.arm == arm]
        names = names[: names.index(before)] if before else names
        return sum(self.stages[name]["training_seconds"] for name in names if name in self.stages)

    def save(self, out: Path) -> None:
        partial = out / f"{FILE}.partial"
        partial.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")
        partial.replace(out / FILE)

    @classmethod
    def load(cls, out: Path) -> "Run":
        """Raises ExportError if there is none."""
        try:
            return cls(**json.loads((out / FILE).read_text(encoding="utf-8")))
        except FileNotFoundError:
            raise ExportError(f"{out} holds no {FILE}: name a folder that `experiment run` wrote") from None


def snapshots(out: Path, arm: str) -> list[tuple[float, Path]]:
    """Returns (training seconds of the arm's last stage, folder of its parts) for each snapshot, the earliest first."""
    folders = (out / arm / SNAPSHOTS).glob("*")
    return sorted((float(folder.name), folder) for folder in folders if not folder.name.endswith(".partial"))
