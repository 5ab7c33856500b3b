"""The measures of `evaluate`, their targets, and the table."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import torch

from wurstchen_export.evaluate.judge.judge import Verdict
from wurstchen_export.evaluate.judge.model import view
from wurstchen_export.evaluate.prompts import Prompt

DISTANCE_SIDE = 64


@dataclass(frozen=True)
class Measure:
    """A measure: its key in the JSON file, unit, target (more is better) and description."""

    key: str
    unit: str
    target: float
    meaning: str


MEASURES = (
    Measure("stage_a_psnr", "dB", 32.0, "Stage A's encoder and decoder, on held-out renders"),
    Measure("reconstruction_psnr", "dB", 25.5, "compressor, Stage B and Stage A, on held-out renders"),
    Measure("reconstruction_recognised", "", 0.95, "emoji the judge names in those, over what it names in the renders"),
    Measure("top1", "", 0.80, "generated pictures in which the judge's first emoji is the prompt's"),
    Measure("top5", "", 0.95, "generated pictures with it among the judge's first five"),
    Measure("style", "", 0.93, "generated pictures in the prompt's style"),
    Measure("background", "", 0.98, "generated pictures on the prompt's background"),
    Measure("heldout_top5", "", 0.75, "top5 over the prompts whose (emoji, style) pair was held out of the training"),
    Measure("image_to_image_emoji", "", 0.90, "renders on another background at strength 0.6: the judge's emoji stays"),
    Measure("image_to_image_background", "", 0.95, "the background becomes the prompt's"),
    Measure("previews_recognised", "", 0.50, "previews at half of Stage C's steps, top1 over that of the pictures"),
    Measure("diversity", "", 0.50, "how far seeds of a prompt differ, over how far real renders at random places do"),
)


def psnr(found: np.ndarray, expected: np.ndarray) -> float:
    """Returns the peak signal-to-noise ratio in dB of pictures in [0,1], over the mean square of all of them."""
    error = np.mean((np.clip(found, 0, 1).astype(np.float64) - expected.astype(np.float64)) ** 2)
    return float(-10 * np.log10(max(error, 1e-12)))


def named(prompts: list[Prompt], verdicts: list[Verdict], among: int) -> list[bool]:
    """Returns for each picture whether its prompt's emoji is among the judge's top predictions."""
    return [
        prompt.hexcode in verdict.emoji[:among] for prompt, verdict in zip(prompts, verdicts, strict=True)
    ]


def prompt_measures(prompts: list[Prompt], verdicts: list[Verdict]) -> dict[str, float | None]:
    """Returns shares over the generated pictures; heldout_top5 is None when no prompt is held out."""
    pairs = list(zip(prompts, verdicts, strict=True))
    top5 = named(prompts, verdicts, 5)
    return {
        "top1": share(named(prompts, verdicts, 1)),
        "top5": share(top5),
        "style": share([prompt.style == verdict.style for prompt, verdict in pairs]),
        "background": share([prompt.background == verdict.background for prompt, verdict in pairs]),
        "heldout_top5": share([right for right, prompt in zip(top5, prompts, strict=True) if prompt.held_out]),
    }


def by_style(prompts: list[Prompt], verdicts: list[Verdict]) -> dict[str, dict]:
    """Returns for each style the number of prompts, the top-1 accuracy, and how often each style is predicted.

    The predicted styles are also given for prompts whose pair of emoji and style was held out of training.
    """
    found = {}
    for style in sorted({prompt.style for prompt in prompts}):
        pairs = [pair for pair in zip(prompts, verdicts, strict=True) if pair[0].style == style]
        top1 = share([prompt.hexcode == verdict.emoji[0] for prompt, verdict in pairs])
        seen = Counter(verdict.style for _, verdict in pairs)
        held_out = Counter(verdict.style for prompt, verdict in pairs if prompt.held_out)
        found[style] = {
            "prompts": len(pairs),
            "top1": top1,
            "seen": dict(seen.most_common()),
            "seen_held_out": dict(held_out.most_common()),
        }
    return found


def share(right: list[bool]) -> float | None:
    return sum(right) / len(right) if right else None


def mean_distance(pictures: np.ndarray) -> float:
    """Returns the mean root mean square difference over all pairs of pictures [B,3,H,W], at 64 x 64 pixels.

    At that size a shift by one pixel of 256 has little effect and another shape a large one. The judge's features are
    unsuitable: they are trained to be invariant to position and size, in which real renders of one emoji mostly differ.
    """
    small = shrunk(pictures).astype(np.float64)
    pairs = [(i, j) for i in range(len(small)) for j in range(i)]
    return float(np.mean([np.sqrt(np.mean((small[i] - small[j]) ** 2)) for i, j in pairs]))


def shrunk(pictures: np.ndarray) -> np.ndarray:
    return view(torch.from_numpy(np.ascontiguousarray(pictures)), DISTANCE_SIDE).numpy()


def missed(values: dict[str, float | None]) -> list[str]:
    """Returns the keys of measured values that are below their targets."""
    return [
        measure.key for measure in MEASURES if values[measure.key] is not None and values[measure.key] < measure.target
    ]


def table(values: dict[str, float | None]) -> list[str]:
    """Returns the lines of the table: measure, value, target, met."""
    below = missed(values)
    lines = [f"{'measure':<27}{'value':>10}{'target':>10}  met     what it is"]
    for measure in MEASURES:
        value = values[measure.key]
        verdict = "-" if value is None else "missed" if measure.key in below else "yes"
        lines.append(
            f"{measure.key:<27}{_number(value, measure):>10}{_number(measure.target, measure):>10}"
            f"  {verdict:<6}  {measure.meaning}"
        )
    return lines


def _number(value: float | None, measure: Measure) -> str:
    if value is None:
        return "none"
    return f"{value:.2f} {measure.unit}" if measure.unit else f"{value:.3f}"
