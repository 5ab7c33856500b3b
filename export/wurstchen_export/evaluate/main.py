"""Measures the quality of a bundle with a judge that was trained on real pictures only.

All values except the seconds are deterministic for a given bundle, judge, data set and seed.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Callable

import numpy as np

from wurstchen_export.bundle.manifest import MANIFEST
from wurstchen_export.bundle.runtime import Bundle
from wurstchen_export.errors import ExportError
from wurstchen_export.evaluate import previews as evaluate_previews
from wurstchen_export.evaluate import prompts as evaluate_prompts
from wurstchen_export.evaluate import sheet as evaluate_sheet
from wurstchen_export.evaluate.judge.judge import FOLDER, Judge, Verdict
from wurstchen_export.evaluate.measures import (
    MEASURES,
    by_style,
    mean_distance,
    missed,
    named,
    prompt_measures,
    psnr,
    share,
    table,
)
from wurstchen_export.evaluate.pictures import Painter
from wurstchen_export.evaluate.prompts import Prompt
from wurstchen_export.evaluate.renders import Renders
from wurstchen_export.graphs import contract

DIVERSITY_PROMPTS, DIVERSITY_SEEDS = 12, 4
IMAGE_TO_IMAGE_PROMPTS, IMAGE_TO_IMAGE_STRENGTH = 200, 0.6
PREVIEW_PROMPTS = 100
NEXT_SEED = 1_000_000
"""Between the seeds of one prompt; the prompts' own are the run's seed and those behind it."""


@dataclass(frozen=True)
class Options:
    """Inputs of an evaluation; the defaults are the checked-in prompts and judge."""

    data: Path | None = None
    judge: Path = FOLDER
    prompt_file: Path = evaluate_prompts.FILE
    prompts: int | None = None
    prompts_only: bool = False
    seed: int = 0
    threads: int = 0
    json: Path | None = None
    sheet: Path | None = None
    require: bool = False


def main(folder: Path, options: Options, say: Callable[[str], None] = print) -> int:
    """Prints the table; returns 0, or 1 when targets are missed and --require asks for them."""
    report = Evaluation(folder, options, say).run()
    for line in table(report):
        say(line)
    say(f"bundle: {report['bundle_bytes'] / 1e6:.1f} MB; seconds a picture: {report['seconds_a_picture']:.2f}")
    for part, size in report["part_bytes"].items():
        say(f"  {part:<20} {size / 1e6:6.2f} MB")
    if options.json:
        options.json.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if report["missed"]:
        say(f"missed: {', '.join(report['missed'])}")
    return 1 if options.require and report["missed"] else 0


class Evaluation:
    """One evaluation. Opens all inputs first, so that a missing one fails before the first picture is drawn."""

    def __init__(self, folder: Path, options: Options, say: Callable[[str], None]):
        self.options, self.say = options, say
        self.bundle = Bundle(folder, threads=options.threads)
        self.judge = Judge(options.judge, threads=options.threads)
        self.prompts = evaluate_prompts.read(options.prompt_file, options.prompts)
        _check_known(self.prompts, self.judge, options.prompt_file)
        self.painter = Painter(self.bundle, say)
        self.renders = None
        if not options.prompts_only:
            self.renders = Renders(options.data, self.judge.labels, self.painter.size)

    def run(self) -> dict:
        """Returns the values of all measures by key (None: not measured) and the rest of the JSON file."""
        values: dict = {measure.key: None for measure in MEASURES}
        originals = rebuilt = np.zeros((0, 3, 1, 1), np.float32)
        if self.renders:
            values["diversity"] = self.diversity()
            held_out = self.renders.held_out()
            originals = self.renders.drawn(held_out, self.options.seed)
            values["stage_a_psnr"] = psnr(self.painter.through_stage_a(originals), originals)
            if contract.SEMANTIC_COMPRESSOR in self.bundle.manifest["graphs"]:
                rebuilt = self.painter.through_all(originals, held_out, self.seeds(len(held_out)))
                values |= self.reconstruction(held_out, originals, rebuilt)
                values |= self.image_to_image()
        pixels = self.painter.draw(self.prompts, self.seeds(len(self.prompts)), "prompts")
        verdicts = self.judge.verdicts(pixels)
        values |= prompt_measures(self.prompts, verdicts)
        values["previews_recognised"] = self.previews(verdicts)
        if self.options.sheet:
            evaluate_sheet.write(self.options.sheet, self.prompts, pixels, verdicts, originals, rebuilt)
        return values | self.extras(values) | {"by_style": by_style(self.prompts, verdicts)}

    def seeds(self, count: int) -> list[int]:
        return [self.options.seed + i for i in range(count)]

    def reconstruction(self, prompts: list[Prompt], originals: np.ndarray, rebuilt: np.ndarray) -> dict:
        """Measures of pictures that were encoded by the compressor and decoded again."""
        before, after = (named(prompts, self.judge.verdicts(pixels), 1) for pixels in (originals, rebuilt))
        recognised = sum(after) / sum(before) if any(before) else None
        return {"reconstruction_psnr": psnr(rebuilt, originals), "reconstruction_recognised": recognised}

    def image_to_image(self) -> dict:
        """Measures of renders on the prompts' backgrounds."""
        prompts = self.prompts[:IMAGE_TO_IMAGE_PROMPTS]
        colours = self.renders.pictures.colour_names
        others = [replace(p, background=colours[(colours.index(p.background) + 5) % len(colours)]) for p in prompts]
        given = self.renders.drawn(others, self.options.seed + 2)
        made = self.painter.image_to_image(given, prompts, self.seeds(len(prompts)), IMAGE_TO_IMAGE_STRENGTH)
        verdicts = self.judge.verdicts(made)
        return {
            "image_to_image_emoji": share(named(prompts, verdicts, 1)),
            "image_to_image_background": share(
                [prompt.background == verdict.background for prompt, verdict in zip(prompts, verdicts, strict=True)]
            ),
        }

    def previews(self, verdicts: list[Verdict]) -> float | None:
        """Returns the judge's accuracy on previews divided by its accuracy on the finished pictures."""
        projections = evaluate_previews.read(self.bundle)
        if projections is None:
            return None
        prompts = self.prompts[:PREVIEW_PROMPTS]
        latents = self.painter.half_way(prompts, self.seeds(len(prompts)))
        finished = named(prompts, verdicts[: len(prompts)], 1)
        seen = named(prompts, self.judge.verdicts(projections["stage_c"].show(latents)), 1)
        return sum(seen) / sum(finished) if any(finished) else None

    def diversity(self) -> float | None:
        """Returns the mean distance between seeds of a prompt, divided by that between real renders of the emoji."""
        chosen = [prompt for prompt in self.prompts if not prompt.held_out][:DIVERSITY_PROMPTS]
        if not chosen:
            return None
        prompts = [prompt for prompt in chosen for _ in range(DIVERSITY_SEEDS)]
        first = [self.prompts.index(prompt) for prompt in prompts]
        seeds = [self.options.seed + n + i % DIVERSITY_SEEDS * NEXT_SEED for i, n in enumerate(first)]
        found = self.painter.draw(prompts, seeds, "seeds")
        real = self.renders.drawn(prompts, self.options.seed + 1)
        distances = [
            sum(mean_distance(group) for group in np.split(pixels, len(chosen))) for pixels in (found, real)
        ]
        return distances[0] / distances[1]

    def extras(self, values: dict) -> dict:
        """Returns the content of the JSON file that is not a measure."""
        sizes = part_bytes(self.bundle)
        manifest_bytes = (self.bundle.folder / MANIFEST).stat().st_size
        return {
            "targets": {measure.key: measure.target for measure in MEASURES},
            "missed": missed(values),
            "bundle_bytes": sum(sizes.values()) + manifest_bytes,
            "part_bytes": sizes,
            "seconds_a_picture": round(self.painter.seconds(self.prompts[0]), 3),
            "prompts": len(self.prompts),
            "heldout_prompts": sum(prompt.held_out for prompt in self.prompts),
            "seed": self.options.seed,
            "settings": self.painter.settings,
            "model": self.bundle.manifest["name"],
            "judge": {"pictures": self.judge.labels.pictures, **self.judge.accuracy},
        }


def part_bytes(bundle: Bundle) -> dict[str, int]:
    """Returns the bundle's bytes by part: a graph with its weights, a tokenizer, or a single file."""
    sizes: dict[str, int] = defaultdict(int)
    for entry in bundle.manifest["files"]:
        sizes[entry["path"].split("/")[0].split(".onnx")[0]] += entry["size"]
    return dict(sizes)


def _check_known(prompts: list[Prompt], judge: Judge, path: Path) -> None:
    labels = judge.labels
    for prompt in prompts:
        for what, asked, known in (
            ("emoji", prompt.hexcode, labels.emoji),
            ("style", prompt.style, labels.styles),
            ("background", prompt.background, labels.backgrounds),
        ):
            if asked not in known:
                raise ExportError(
                    f"{path}: the judge does not know the {what} {asked} of {prompt.text!r}:"
                    " use a judge trained on the pictures that the prompts were written for"
                )
