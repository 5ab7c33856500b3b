"""A small CLIP vocabulary learnt from the captions: byte-level BPE with </w>, as vocab.json and merges.txt."""

import json
import re
from collections import Counter
from pathlib import Path

from wurstchen_export.model.classes import clip_tokenizer

START, END = "<|startoftext|>", "<|endoftext|>"
MAX_LENGTH = 77
# CLIP's words: contractions, letters, single digits, runs of anything else.
WORD = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d|[^\W\d_]+|\d|(?:[^\s\w]|_)+")


def byte_symbols() -> list[str]:
    """The printable stand-ins of the 256 bytes, in byte order (GPT-2's table, which CLIP shares)."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = iter(range(256, 512))
    return [chr(byte) if byte in printable else chr(next(others)) for byte in range(256)]


def learn_merges(captions: list[str], limit: int) -> list[tuple[str, str]]:
    """Byte pair encoding: merges the most frequent pair of neighbours until words are whole or the limit is reached."""
    symbols = byte_symbols()
    counts = Counter(word for caption in captions for word in re.findall(r"[a-z]+|[^\sa-z]", caption.lower()))
    words = {}
    for word in counts:
        spelled = [symbols[byte] for byte in word.encode("utf-8")]
        words[word] = [*spelled[:-1], spelled[-1] + "</w>"]
    merges: list[tuple[str, str]] = []
    while len(merges) < limit:
        pairs: Counter = Counter()
        for word, parts in words.items():
            for pair in zip(parts, parts[1:], strict=False):
                pairs[pair] += counts[word]
        if not pairs:
            break
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        merges.append(best)
        words = {word: merged(parts, best) for word, parts in words.items()}
    return merges


def merged(parts: list[str], pair: tuple[str, str]) -> list[str]:
    """The parts with every occurrence of the pair joined."""
    out, i = [], 0
    while i < len(parts):
        if tuple(parts[i : i + 2]) == pair:
            out.append(parts[i] + parts[i + 1])
            i += 2
        else:
            out.append(parts[i])
            i += 1
    return out


def write_tokenizer(captions: list[str], folder: Path, limit: int = 4096) -> None:
    """Learns a vocabulary and saves it in the layout of the published models' tokenizers."""
    folder.mkdir(parents=True, exist_ok=True)
    merges = learn_merges(captions, limit)
    symbols = byte_symbols()
    tokens = [*symbols, *(s + "</w>" for s in symbols), *(a + b for a, b in merges), START, END]
    vocab = {token: i for i, token in enumerate(dict.fromkeys(tokens))}
    (folder / "vocab.json").write_text(json.dumps(vocab, ensure_ascii=False), encoding="utf-8")
    lines = ["#version: 0.2", *(f"{a} {b}" for a, b in merges)]
    (folder / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    clip_tokenizer().from_pretrained(folder, model_max_length=MAX_LENGTH).save_pretrained(folder)


class Vocabulary:
    """The tokenizer of vocab.json and merges.txt: CLIP's, for the ASCII captions of training.

    Written out, because the classes of transformers read these files differently from release to release.
    """

    def __init__(self, vocab: str, merges: str):
        self.ids: dict[str, int] = json.loads(vocab)
        pairs = [tuple(line.split(" ")) for line in merges.splitlines() if line and not line.startswith("#version")]
        self.ranks = {pair: rank for rank, pair in enumerate(pairs)}
        self.start, self.end = self.ids[START], self.ids[END]
        self.symbols = byte_symbols()
        self.words: dict[str, list[int]] = {}

    def __len__(self) -> int:
        return len(self.ids)

    def tokens(self, caption: str) -> list[int]:
        """Token ids of a caption, without start and end."""
        return [token for word in WORD.findall(caption.lower()) for token in self.word(word)]

    def word(self, word: str) -> list[int]:
        if word not in self.words:
            spelled = [self.symbols[byte] for byte in word.encode("utf-8")]
            parts = [*spelled[:-1], spelled[-1] + "</w>"]
            while True:
                known = [pair for pair in zip(parts, parts[1:], strict=False) if pair in self.ranks]
                if not known:
                    break
                parts = merged(parts, min(known, key=self.ranks.__getitem__))
            self.words[word] = [self.ids[part] for part in parts]
        return self.words[word]
