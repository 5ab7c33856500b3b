"""Golden token ids: hard texts through transformers' fast CLIP tokenizer (format: golden.py)."""

from __future__ import annotations

import json
import logging
import random
from pathlib import Path

from wurstchen_export.model import tiny
from wurstchen_export.model.classes import clip_tokenizer

PADS = {"endoftext": "<|endoftext|>", "bang": "!"}
FORMS = ("vocab", "json", "published")
CONFIGURATION = ("tokenizer_config.json", "special_tokens_map.json")

HAND_MADE = [
    "",
    " ",
    "\t\n\r ",
    "a",
    "a cat",
    "A Photo Of A CAT, Oil Painting",
    "an anthropomorphic cat dressed as a fire fighter",
    "  leading, trailing and   inner\t\twhite\nspace  ",
    # Kinds of white space: next line, no-break, thin, ideographic, zero width (which is none), line and paragraph
    # separator.
    "a\u0085b",
    "a\u00a0b\u2009c\u3000d",
    "a\u200bb\ufeffc",
    "a\u2028b\u2029c\u000bd\u000ce",
    "a\u1680b\u180ec\u202fd\u205fe",
    # Control characters, among them NUL and delete.
    "a\u0000b",
    "a\u0001\u0002b\u007fc\u009fd",
    "\u001b[31mred\u001b[0m",
    "a\u001cb\u001dc\u001ed\u001fe",
    # Exclamation marks: the pad of one tokenizer.
    "!",
    "!!",
    "!!!",
    "! ! !",
    "a cat!",
    "a!cat",
    "wow!!! so cute!",
    "!cat",
    "?!",
    "!?!",
    "...!",
    "\u00a1hola!",
    "\uff01",
    "\u203c",
    "!\u0301",
    "a!'s",
    # Special tokens as text.
    "<|startoftext|>",
    "<|endoftext|>",
    "a<|startoftext|>b",
    "a <|endoftext|> b",
    "<|STARTOFTEXT|>",
    "<|EndOfText|>",
    "<|startoftext|><|startoftext|>",
    "<|startoftext",
    "startoftext|>",
    "<| startoftext |>",
    "<|endoftext|>!",
    "<|endoftext|>\u0301",
    "<unk>",
    "[PAD]",
    # Contractions.
    "it's they're I've we'll I'd can't I'm",
    "IT'S THEY'RE I'VE WE'LL I'D CAN'T I'M",
    "'s 't 're 've 'm 'll 'd",
    "'s't're've'm'll'd",
    "cat's''s '' ' s",
    "it\u2019s they\u2019re",
    "'S \u017f '\u017f",
    "rock'n'roll",
    "'llama 'dog 'very",
    # Numbers and punctuation.
    "0123456789",
    "3.14159 1,000,000",
    "1st 2nd 3rd 4x4 r2d2",
    "\u00bd \u00b2 \u2167 \u0663 \u0966 \u4e09",
    "$100 #1 @home 50% a&b c*d e+f",
    "(a) [b] {c} <d>",
    "a--b __c__ d~e",
    "http://example.org/a?b=c&d=e#f",
    "C:\\temp\\file.txt",
    '"quoted" \u201cquoted\u201d \u00abquoted\u00bb',
    "a_b-c.d/e|f",
    "\u2026 \u2014 \u2013 \u2022",
    "=+-*/^",
    # HTML, which some tokenizers unescape and this one does not.
    "&amp; &lt;b&gt; &quot;x&quot;",
    "&#39;s &nbsp;",
    "<b>bold</b> <br/>",
    "&amp;amp;",
    # Case: dotted and dotless i, sharp s, sigma (a final one too), titlecase letters, letters without one lower case.
    "\u0130stanbul",
    "I\u0307 \u0131 \u0130\u0131",
    "STRASSE stra\u00dfe \u1e9e",
    "\u03a3",
    "\u039f\u0394\u039f\u03a3",
    "\u039f\u0394\u03a5\u03a3\u03a3\u0395\u03a5\u03a3 \u03a3\u03a3 \u03a3.",
    "\u01c4 \u01c5 \u01c6",
    "\ufb01 \ufb03 \ufb06",
    "\u212a\u212b\u2126",
    "\u1fbc \u1fcc \u1ffc \u1f88",
    "\u10a0 \u1c90 \u13a0 \uab70",
    "\u24b6 \uff21 \U00010400 \U0001e900",
    # Composed and decomposed.
    "caf\u00e9",
    "cafe\u0301",
    "na\u00efve nai\u0308ve",
    "\u1e0b\u0323 d\u0323\u0307 d\u0307\u0323",
    "a\u0300\u0301\u0302\u0303\u0304\u0308",
    "\u0301",
    "\u0301\u0302",
    " \u0301a",
    "Z\u0351\u036b\u0343a\u0354\u0366l\u0340g\u034do\u0322",
    "\u1100\u1161\u11a8 \uac01 \ud55c\uad6d\uc5b4",
    "\u0958 \u0915\u093c",
    "\u2adc \u0344 \u0f73 \U0001d15e",
    "\uf900 \U0002f800",
    "q\u0307\u0323 q\u0323\u0307",
    "\u0041\u030a \u00c5 \u212b",
    # Scripts.
    "\u5bcc\u58eb\u5c71\u306b\u767b\u308b",
    "\u732b cat \u72ac dog",
    "\u30ab\u30d5\u30a7 \uff76\uff8c\uff6a",
    "\u0431\u044b\u0441\u0442\u0440\u0430\u044f \u041b\u0418\u0421\u0410",
    "\u0645\u0631\u062d\u0628\u0627 \u0628\u0627\u0644\u0639\u0627\u0644\u0645",
    "\u05e9\u05c1\u05b8\u05dc\u05d5\u05b9\u05dd",
    "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35",
    "\u0928\u092e\u0938\u094d\u0924\u0947",
    "\u0ba4\u0bae\u0bbf\u0bb4\u0bcd",
    "\u1ea5 \u1ec7 ti\u1ebfng vi\u1ec7t",
    "\u10d2\u10d0\u10db\u10d0\u10e0\u10ef\u10dd\u10d1\u10d0",
    # Emoji: alone, joined, with skin tone, flags, keycaps, variation selectors, tags.
    "\U0001f600",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466",
    "\U0001f44d\U0001f3fd",
    "\U0001f1e9\U0001f1ea",
    "1\ufe0f\u20e3",
    "\u2764\ufe0f \u2764\ufe0e",
    "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
    "cat\U0001f431dog\U0001f436",
    "\U0001f3f3\ufe0f\u200d\U0001f308",
    # Letters newer than some Java releases, private use, unassigned, the last code point.
    "\U0001df25",
    "\U00031350",
    "\U00010d50\U00010d70",
    "\U0001e4d0",
    "\U0002ebf0",
    "\u0c5d",
    "\u1c89 \ua7cb",
    "\ue000\uf8ff",
    "\u0378",
    "\U0010ffff",
    "\ufffe\uffff",
    "\ufffd",
    "\ufdd0",
    # Direction marks, soft hyphen, joiners inside words.
    "a\u200ec\u202eb\u2066d",
    "co\u00adop",
    "a\u200db a\u200cb",
    # Numbers of other kinds: letter, other, enclosed.
    "\u2460\u2461 \u3251 \U0001f100",
    "\u09f4 \u0f2a \U00010107",
    "x\u00b2+y\u00b3",
    "\u00aa \u00ba \u02b0",
    # Length.
    "a " * 75,
    "a " * 76,
    "a " * 77,
    "ships and waves " * 60,
    "x" * 200,
    "!" * 76,
    "!" * 100,
    "\U0001f600" * 40,
    "a cat, " * 40 + "the end!",
    "lazydog" * 30,
]


def build(folder: Path) -> dict:
    """Writes the tokenizers' folders and returns the content of text.json."""
    logging.getLogger("transformers.tokenization_utils_base").setLevel(logging.ERROR)
    texts = HAND_MADE + _random_texts(25)
    entries, seen = [], []
    for pad_name, pad_token in PADS.items():
        for form in FORMS:
            target = folder / f"tokenizer-{form}-{pad_name}"
            _write_form(target, form, pad_token)
            entries.append(_entry(target, texts, seen))
    return {"max_length": tiny.TOKENS, "tokenizers": entries}


def _write_form(target: Path, form: str, pad_token: str) -> None:
    tiny.write_tokenizer(target, pad_token)
    if form == "json":
        _keep(target, "tokenizer.json", "tokenizer_config.json")
    else:
        _keep(target, "vocab.json", "merges.txt", *CONFIGURATION)
    if form == "published":
        _write_older_configuration(target, pad_token)


def _keep(folder: Path, *names: str) -> None:
    for path in folder.iterdir():
        if path.name not in names:
            path.unlink()


def _write_older_configuration(folder: Path, pad_token: str) -> None:
    """Writes the configuration as transformers did when CLIP was published: without a list of added tokens, and with
    normalised special tokens."""

    def token(content: str) -> dict:
        return {"content": content, "lstrip": False, "normalized": True, "rstrip": False, "single_word": False}

    special = {
        "bos_token": token("<|startoftext|>"),
        "eos_token": token("<|endoftext|>"),
        "unk_token": token("<|endoftext|>"),
    }
    typed = {name: {"__type": "AddedToken", **entry} for name, entry in special.items()}
    config = {
        "add_prefix_space": False,
        **typed,
        "do_lower_case": True,
        "errors": "replace",
        "model_max_length": tiny.TOKENS,
        "pad_token": pad_token,
        "tokenizer_class": "CLIPTokenizer",
    }
    for name, content in zip(CONFIGURATION, (config, {**special, "pad_token": pad_token})):
        (folder / name).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _entry(folder: Path, texts: list[str], seen: list[dict]) -> dict:
    tokenizer = clip_tokenizer().from_pretrained(str(folder))
    entry = {"folder": folder.name, "pad_token": tokenizer.pad_token, "pad_id": tokenizer.pad_token_id}
    cases = [_case(tokenizer, text) for text in texts]
    for earlier in seen:
        if earlier["cases"] == cases:
            return entry | {"cases_of": earlier["folder"]}
    seen.append(entry | {"cases": cases})
    return seen[-1]


def _case(tokenizer, text: str) -> dict:
    """Tokenizes a prompt as both pipelines of the reference do."""
    padded = tokenizer(text, padding="max_length", max_length=tokenizer.model_max_length, truncation=True)
    whole = tokenizer(text, padding="longest").input_ids
    count = sum(padded.attention_mask)
    assert padded.attention_mask == [1] * count + [0] * (tokenizer.model_max_length - count)
    assert padded.input_ids[count:] == [tokenizer.pad_token_id] * (tokenizer.model_max_length - count)
    cut = len(whole) >= len(padded.input_ids) and whole != padded.input_ids
    dropped = tokenizer.batch_decode([whole[tokenizer.model_max_length - 1 : -1]])[0] if cut else None
    return {"text": text, "ids": padded.input_ids[:count], "dropped": dropped}


def _random_texts(count: int) -> list[str]:
    """Returns texts of code points from all of Unicode, the same in every run."""
    source = random.Random(20240116)
    ranges = (
        (0x20, 0x7F),
        (0x80, 0x250),
        (0x300, 0x370),
        (0x370, 0x1000),
        (0x1E00, 0x2C00),
        (0x3000, 0xA000),
        (0x10000, 0x20000),
    )
    texts = []
    for _ in range(count):
        points = [source.randrange(*source.choice(ranges)) for _ in range(source.randrange(4, 24))]
        texts.append("".join(map(chr, points)))
    return texts
