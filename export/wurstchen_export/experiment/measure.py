"""Generates the same prompts with both arms of an experiment and measures their quality and cost.

experiment.json has all values, experiment.md the table, experiment.png the curves, experiment-sheet.png pictures.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Callable

import numpy as np
import torch

from wurstchen_export.errors import ExportError
from wurstchen_export.evaluate import prompts as evaluate_prompts
from wurstchen_export.evaluate.judge import store
from wurstchen_export.evaluate.judge.judge import FOLDER, Judge
from wurstchen_export.evaluate.judge.labels import Labels
from wurstchen_export.evaluate.measures import prompt_measures
from wurstchen_export.evaluate.prompts import Prompt
from wurstchen_export.experiment import figure, report
from wurstchen_export.experiment import values as experiment_values
from wurstchen_export.experiment.models import ARMS, Settings, through_stage_a
from wurstchen_export.experiment.plan import CASCADE, DRAWING, LAST, STAGES, Run, snapshots
from wurstchen_export.train.dataset.caption_table import Tokens, open_vocabulary
from wurstchen_export.train.dataset.pictures import Pictures, random_placement

RENDERS, STAGE_A = "renders", "stage_a"
RENDER_SEEDS = (0, 1)
"""Places of the renders that are shown, and of those that everything is compared with."""


@dataclass(frozen=True)
class Options:
    """Inputs and settings of a measurement; the steps are those of the published models."""

    data: Path
    out: Path
    device: str = "cuda"
    prompts: int = 200
    curve_prompts: int = 100
    prompt_file: Path = evaluate_prompts.FILE
    judge: Path | None = None
    steps: int = 60
    guidance: float = 4.0
    stage_b_steps: int = 12
    batch: int = 50
    seed: int = 1
    bf16: bool = True
    threads: int = 1


def main(options: Options, say: Callable[[str], None] = print) -> dict:
    """Measures, writes the four files and prints the table; returns the content of experiment.json."""
    measured = Measurement(options, say).run()
    text = report.markdown(measured)
    (options.out / "experiment.json").write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    (options.out / "experiment.md").write_text(text, encoding="utf-8")
    say(text)
    return measured


class Measurement:
    """One measurement. Opens all inputs first, so that a missing one fails before the first picture is drawn."""

    def __init__(self, options: Options, say: Callable[[str], None]):
        self.options, self.say = options, say
        _check(options)
        torch.set_num_threads(options.threads)
        self.run_of = Run.load(options.out)
        self._check_trained()
        self.prompts = evaluate_prompts.read(options.prompt_file, options.prompts)
        try:
            self.pictures = Pictures(options.data, None)
            self.settings = self._settings()
        except ValueError as error:
            raise ExportError(str(error)) from None
        self.number = {(self.pictures.hexcode(i), self.pictures.style(i)): i for i in range(len(self.pictures))}
        self._check_prompts()
        self.judge = self._open_judge()
        self.expected = self.scores(self.renders(RENDER_SEEDS[1]))

    def _settings(self) -> Settings:
        options = self.options
        return Settings(
            options.device,
            self.pictures.size,
            open_vocabulary(options.data),
            options.steps,
            options.guidance,
            options.stage_b_steps,
            options.bf16,
            options.batch,
        )

    def _check_trained(self) -> None:
        for stage in STAGES:
            if "training_seconds" not in self.run_of.stages.get(stage.name, {}):
                raise ExportError(
                    f"{self.options.out}: {stage.arm}, {stage.name} is not trained yet: start `experiment run` again"
                )

    def _check_prompts(self) -> None:
        tokens = Tokens(self.settings.vocabulary, self._shortest_text())
        for prompt in self.prompts:
            if (prompt.hexcode, prompt.style) not in self.number or prompt.background not in self.pictures.colour_names:
                raise ExportError(
                    f"{self.options.prompt_file}: {self.options.data} has no picture of {prompt.hexcode} in style"
                    f" {prompt.style} on {prompt.background}: use the prompts that were written for it"
                )
            if tokens.row(prompt.text) is None:
                raise ExportError(
                    f"{self.options.prompt_file}: {prompt.text!r} needs more than the {tokens.length - 2} tokens that"
                    " the models were trained with: take it out"
                )

    def _shortest_text(self) -> int:
        from wurstchen_export.train.engine.parts import load_part

        texts = [(stage, part) for stage in STAGES for part in stage.parts if part.startswith("text_")]
        return min(load_part(self.options.out / stage.arm, part)[1]["length"] for stage, part in texts)

    def _open_judge(self) -> Judge | None:
        folder = self.options.judge or FOLDER
        if self.options.judge is None and not (folder / store.GRAPH).exists():
            self.say(f"{folder} holds no {store.GRAPH}: what only a judge can tell is left out")
            return None
        judge = Judge(folder, threads=self.options.threads)
        found = Labels.of(self.pictures)
        if found != judge.labels:
            raise ExportError(
                f"the judge was trained on other pictures than {self.options.data} holds (digest"
                f" {judge.labels.pictures[:12]}, not {found.pictures[:12]}): make that data again, or train a judge"
                " on this"
            )
        return judge

    def run(self) -> dict:
        """Returns the content of experiment.json."""
        captions = [prompt.text for prompt in self.prompts]
        shown = {RENDERS: self.renders(RENDER_SEEDS[0])}
        shown[STAGE_A] = through_stage_a(self.options.out / CASCADE, shown[RENDERS], self.settings)
        costs = {}
        for name in ARMS:
            arm = ARMS[name](self.options.out / name, self.settings)
            self.say(f"{name}: drawing {len(captions)} pictures")
            shown[name] = arm.pictures(captions, self.options.seed)
            costs[name] = self.costs(name, arm)
        measured = self.settings_of() | {
            "pictures": {name: self.values(self.prompts, pixels) for name, pixels in shown.items()},
            "costs": costs,
            "curves": {name: self.curve(name) for name in ARMS},
            "losses": {stage.name: self.losses(stage) for stage in STAGES},
        }
        figure.write_curves(self.options.out / "experiment.png", measured)
        figure.write_sheet(self.options.out / "experiment-sheet.png", self.prompts, shown)
        return measured

    def settings_of(self) -> dict:
        names = ("steps", "guidance", "stage_b_steps", "seed", "bf16", "batch")
        return {
            "training": asdict(self.run_of),
            "drawing": {name: getattr(self.options, name) for name in names},
            "prompts": len(self.prompts),
            "heldout_prompts": sum(prompt.held_out for prompt in self.prompts),
            "curve_prompts": min(self.options.curve_prompts, len(self.prompts)),
            "judge": self.judge.accuracy if self.judge else None,
        }

    def renders(self, seed: int) -> np.ndarray:
        """Renders the prompts' content at random positions and sizes as in training: [N,3,H,W] in [0,1]."""
        which = torch.tensor([self.number[prompt.hexcode, prompt.style] for prompt in self.prompts])
        colours = torch.tensor([self.pictures.colour_names.index(prompt.background) for prompt in self.prompts])
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            places = random_placement(len(self.prompts))
        return self.pictures.compose(which, colours, places).numpy()

    def scores(self, pixels: np.ndarray) -> np.ndarray | None:
        """Returns the judge's logits for emoji, styles and backgrounds, one row per picture."""
        return np.concatenate(self.judge.scores(pixels), 1) if self.judge else None

    def values(self, prompts: list[Prompt], pixels: np.ndarray) -> dict:
        """Returns the measures of generated pictures; without a judge, only those of pixels."""
        found = experiment_values.pixel_statistics(pixels)
        return found | self.judged(prompts, pixels) if self.judge else found

    def judged(self, prompts: list[Prompt], pixels: np.ndarray) -> dict:
        found = prompt_measures(prompts, self.judge.verdicts(pixels))
        return found | {"kernel_distance": experiment_values.kernel_distance(self.scores(pixels), self.expected)}

    def costs(self, name: str, arm) -> dict:
        stages = [self.run_of.stages[stage.name] for stage in STAGES if stage.arm == name]
        caption = self.prompts[0].text
        return {
            "parameters": experiment_values.parameters(self.options.out / name, DRAWING[name]),
            "training_seconds": round(self.run_of.arm_seconds(name), 1),
            "process_seconds": round(sum(stage["process_seconds"] for stage in stages), 1),
            "steps": sum(stage["steps"] for stage in stages),
            "images": sum(stage["images"] for stage in stages),
            "operations": experiment_values.operations(arm, caption),
            "seconds_alone": experiment_values.seconds(arm, caption, 1),
            "seconds_in_batch": experiment_values.seconds(arm, caption, self.options.batch),
        }

    def curve(self, name: str) -> list[dict]:
        """Returns the judge's accuracy for the snapshots; empty without a judge or prompts for it."""
        prompts = self.prompts[: self.options.curve_prompts]
        if not self.judge or not prompts:
            return []
        before, points = self.run_of.arm_seconds(name, before=LAST[name]), []
        for after, folder in snapshots(self.options.out, name):
            arm = ARMS[name](self.options.out / name, self.settings, late=folder)
            pixels = arm.pictures([prompt.text for prompt in prompts], self.options.seed)
            points.append({"seconds": round(before + after, 1), **self.judged(prompts, pixels)})
            self.say(f"{name} after {points[-1]['seconds']:.0f} s: top1 {points[-1]['top1']:.3f}")
        return points

    def losses(self, stage) -> list[list[float]]:
        """Seconds since the arm began and the loss, from the stage's log."""
        before = self.run_of.arm_seconds(stage.arm, before=stage.name)
        log = self.options.out / stage.arm / stage.name / "log.jsonl"
        lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
        # Lines logged while saving have no rate, and their clock includes the saving.
        trained = [line for line in lines if "images_per_second" in line and line["loss"] is not None]
        return [[round(before + line["seconds"], 1), line["loss"]] for line in trained]


def _check(options: Options) -> None:
    for name, least in (("curve_prompts", 0), ("steps", 1), ("stage_b_steps", 1), ("batch", 1)):
        value = getattr(options, name)
        if value < least:
            raise ExportError(f"--{name.replace('_', '-')} must be at least {least}, got {value}")
    if options.curve_prompts == 1 or options.prompts < 2:
        raise ExportError("--prompts and --curve-prompts must be at least 2: one picture has no distribution")
    if torch.device(options.device).type == "cuda" and not torch.cuda.is_available():
        raise ExportError(
            f"--device {options.device}: torch {torch.__version__} sees no GPU here; use --device cpu"
        )
