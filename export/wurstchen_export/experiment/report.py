"""The table of an experiment, in Markdown."""

from __future__ import annotations

from wurstchen_export.experiment.plan import CASCADE, PLAIN

COLUMNS = {"renders": "real renders", "stage_a": "renders through Stage A", CASCADE: "cascade", PLAIN: "plain"}
PICTURES = (
    ("top1", "the judge's first emoji is the prompt's", ".3f"),
    ("top5", "it is among the judge's first five", ".3f"),
    ("heldout_top5", "the same, of pairs that were held out", ".3f"),
    ("style", "the prompt's style", ".3f"),
    ("background", "the prompt's background", ".3f"),
    ("kernel_distance", "kernel distance to other renders, in the judge's scores", ".4f"),
    ("mean", "mean of the pixels, 0 to 1", ".3f"),
    ("std", "standard deviation of the pixels", ".3f"),
    ("high_frequency", "energy above half of the highest frequency", ".5f"),
)
COSTS = (
    ("parameters", "weights that draw, in millions (Stage A not counted)", 1e6, ".2f"),
    ("training_seconds", "minutes of training, alone on the device", 60, ".2f"),
    ("process_seconds", "minutes with reading, compiling and saving", 60, ".2f"),
    ("steps", "steps of training, in thousands", 1e3, ".2f"),
    ("images", "pictures seen, in millions", 1e6, ".2f"),
    ("operations", "operations a picture, in billions", 1e9, ".1f"),
    ("seconds_alone", "seconds a picture, one at a time", 1, ".3f"),
    ("seconds_in_batch", "seconds a picture, in a batch", 1, ".4f"),
)


def markdown(measured: dict) -> str:
    """Returns a paragraph that describes the experiment, and the table."""
    training, drawing = measured["training"], measured["drawing"]
    machine = training["machine"]
    lines = [
        f"Each arm trained for {training['minutes']:g} minutes on {machine['device']} (torch {machine['torch']},"
        f" seed {training['seed']}{', tiny models' if training['tiny'] else ''}); {measured['prompts']} prompts,"
        f" {measured['heldout_prompts']} of them of held-out pairs; Stage C and the plain model"
        f" {drawing['steps']} steps with guidance {drawing['guidance']:g}, Stage B {drawing['stage_b_steps']} steps;"
        f" batches of {drawing['batch']}, {'bfloat16' if drawing['bf16'] else 'float32'}."
        + ("" if measured["judge"] else " There was no judge."),
        "",
        "| | " + " | ".join(COLUMNS.values()) + " |",
        "| --- |" + " ---: |" * len(COLUMNS),
    ]
    for key, meaning, form in PICTURES:
        values = [measured["pictures"][name].get(key) for name in COLUMNS]
        lines.append(_row(meaning, [_number(value, 1, form) for value in values]))
    for key, meaning, unit, form in COSTS:
        values = [measured["costs"].get(name, {}).get(key) for name in COLUMNS]
        lines.append(_row(meaning, [_number(value, unit, form) for value in values]))
    return "\n".join(lines) + "\n"


def _row(meaning: str, cells: list[str]) -> str:
    return f"| {meaning} | " + " | ".join(cells) + " |"


def _number(value: float | None, unit: float, form: str) -> str:
    return "–" if value is None else format(value / unit, form)
