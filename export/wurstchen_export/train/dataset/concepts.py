"""What the training pictures show: one concept per emoji, with the names that captions call it by."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

DATA = Path(__file__).parent / "data"
CONCEPTS = DATA / "concepts.tsv"
SYNONYMS = DATA / "synonyms.tsv"

SINGULAR_ENDINGS = ("ss", "us", "is", "os", "as", "tennis", "lens")
HEAD_ENDS_AT = re.compile(r" (?:with|without|of|in|on|at|for|behind|showing|over|above|under|facing|pointing)\b")


@dataclass(frozen=True)
class Concept:
    """One object: its emoji code points, the name with its article, and other names without one."""

    hexcode: str
    with_article: str
    names: tuple[str, ...]


def read_table(path: Path, fields: int) -> list[list[str]]:
    """Lines of `fields` fields separated by tabs; empty lines and those that start with # are left out."""
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        row = line.split("\t")
        if len(row) != fields:
            raise ValueError(f"{path}:{number}: expected {fields} fields separated by tabs, got {len(row)}")
        rows.append(row)
    return rows


def read_concepts(path: Path) -> list[Concept]:
    """Reads a concepts file: hexcode, name with article, other names joined by |; separated by tabs."""
    return [Concept(code, article, tuple(names.split("|"))) for code, article, names in read_table(path, 3)]


def concepts_of_index(index: Iterable[dict]) -> list[Concept]:
    """Every rendered emoji as a concept.

    Names come from concepts.tsv where it has the emoji, otherwise from the label and synonyms.tsv. A name belongs to
    one emoji: what the first file gives away, no label takes.
    """
    polished = {concept.hexcode: concept for concept in read_concepts(CONCEPTS)}
    synonyms = {label: names.split("|") for label, names in read_table(SYNONYMS, 2)}
    taken = {name for concept in polished.values() for name in concept.names}
    concepts = {}
    for entry in index:
        code = entry["hexcode"]
        if code in concepts:
            continue
        concepts[code] = polished.get(code) or _concept_of_label(entry, synonyms, taken)
        taken.update(concepts[code].names)
    return list(concepts.values())


def _concept_of_label(entry: dict, synonyms: dict[str, list[str]], taken: set[str]) -> Concept:
    label = plain_label(entry["label"])
    names = [name for name in [label, *synonyms.get(label, [])] if name not in taken]
    if not names:
        names = [f"{label} emoji"]
    return Concept(entry["hexcode"], with_article(names[0]), tuple(names))


def plain_label(label: str) -> str:
    """A CLDR label as people type it: lower case, a straight apostrophe, no colon ("person: beard")."""
    return label.replace("\u2019", "'").replace(": ", " with ").lower()


def with_article(name: str) -> str:
    """"a cat", "an owl", "cherries": the article by the first letter, none before a plural."""
    head = HEAD_ENDS_AT.split(name, maxsplit=1)[0]
    plural = head.endswith("s") and not head.endswith(SINGULAR_ENDINGS) and not head.endswith("'s")
    if plural or head == "people":
        return name
    an = re.match(r"[aio]|e(?![uw])|u(?!ni)|hourglass", name) and not name.startswith("one")
    return f"{'an' if an else 'a'} {name}"
