"""How often the judge is right about real pictures that it has never seen."""

from __future__ import annotations

import hashlib
from collections import Counter

import torch
from torch import Tensor

from wurstchen_export.evaluate.judge.augment import blurred, placement
from wurstchen_export.evaluate.judge.model import view

KEPT_OUT_ONE_IN = 8
BATCH = 128
BLURS = {"sharp": 0, "blur_1px": 1, "blur_2px": 4}
"""Names of conditions and their passes of a Gaussian of standard deviation 1 pixel at the judge's size, so 4 and 8
pixels of a picture of 256."""
MOST_CONFUSED = 25


def kept_out(pictures) -> Tensor:
    """bool [pictures, backgrounds] on the CPU: combinations kept from training, one in eight by hash."""
    names = [f"{pictures.style(which)} {pictures.hexcode(which)}" for which in range(len(pictures))]
    return torch.tensor([[_one_in(f"{name} {colour}") for colour in pictures.colour_names] for name in names])


def _one_in(name: str) -> bool:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") % KEPT_OUT_ONE_IN == 0


def one_of_each(allowed: Tensor) -> Tensor:
    """(picture, background) pairs [N,2]: for every picture one of its allowed backgrounds, spread over the colours.

    A picture without an allowed one is left out.
    """
    shift = torch.arange(len(allowed)) % allowed.shape[1]
    columns = (torch.arange(allowed.shape[1])[None] + shift[:, None]) % allowed.shape[1]
    first = allowed.gather(1, columns).int().argmax(1)
    pairs = torch.stack([torch.arange(len(allowed)), columns.gather(1, first[:, None])[:, 0]], 1)
    return pairs[allowed.any(1)]


@torch.no_grad()
def accuracy(net, pictures, pairs: Tensor, held_out: Tensor, seed: int) -> dict:
    """Shares of right answers on real pictures of these pairs at random places, sharp and softened.

    held_out: bool [pictures]; their share is told apart. Returns, for each condition, top1, top5, style, background
    and heldout_top1 and heldout_top5 (None without such a picture), and under `confused` which emoji were most often
    taken for another one when sharp.
    """
    device = pictures.artwork.device
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed + 1_000_003)  # places that training never drew
        places = placement(len(pairs), device)
    found: dict = {"pictures": len(pairs), "kept_out_combinations_one_in": KEPT_OUT_ONE_IN}
    parts = [_answers(net, pictures, *rows) for rows in zip(pairs.split(BATCH), places.split(BATCH))]
    for name in BLURS:
        answers = {key: torch.cat([part[name][key] for part in parts]) for key in parts[0][name]}
        found[name] = _shares(answers, held_out[pairs[:, 0]])
        if name == "sharp":
            found["confused"] = _confused(pictures, pairs, answers["emoji"])
    return found


def _answers(net, pictures, pairs: Tensor, places: Tensor) -> dict[str, dict[str, Tensor]]:
    """For each condition, which answers are right, and the emoji named."""
    which, backgrounds = pairs.to(places.device).unbind(1)
    pixels = view(pictures.compose(which, backgrounds, places), net.config["side"])
    right = (torch.tensor(pictures.concept_of)[pairs[:, 0]], torch.tensor(pictures.style_of)[pairs[:, 0]], pairs[:, 1])
    found, done = {}, 0
    for name, passes in BLURS.items():
        for _ in range(passes - done):
            pixels = blurred(pixels)
        done = passes
        scores = net(pixels.contiguous(memory_format=torch.channels_last))
        found[name] = _judged([score.float().cpu() for score in scores], right)
    return found


def _judged(scores: list[Tensor], right: tuple[Tensor, ...]) -> dict[str, Tensor]:
    emoji, style, background = scores
    best = emoji.topk(min(5, emoji.shape[1])).indices
    return {
        "emoji": best[:, 0],
        "top1": best[:, 0] == right[0],
        "top5": (best == right[0][:, None]).any(1),
        "style": style.argmax(1) == right[1],
        "background": background.argmax(1) == right[2],
    }


def _shares(answers: dict[str, Tensor], held_out: Tensor) -> dict[str, float | None]:
    shares = {name: _share(answers[name]) for name in ("top1", "top5", "style", "background")}
    return shares | {f"heldout_{name}": _share(answers[name][held_out]) for name in ("top1", "top5")}


def _share(right: Tensor) -> float | None:
    return round(right.float().mean().item(), 4) if len(right) else None


def _confused(pictures, pairs: Tensor, emoji: Tensor) -> list[dict]:
    """The emoji most often taken for another, with how often."""
    wrong: Counter = Counter()
    for which, found in zip(pairs[:, 0].tolist(), emoji.tolist()):
        right = pictures.concept_of[which]
        if found != right:
            wrong[pictures.concepts[right].hexcode, pictures.concepts[found].hexcode] += 1
    return [{"shown": shown, "taken_for": found, "times": n} for (shown, found), n in wrong.most_common(MOST_CONFUSED)]
