"""Texts as tokens for the precise tier, and how often each is drawn."""
import collections
import random
import struct
import subprocess
from dataclasses import dataclass

import numpy as np
import torch
from tokenizers import Tokenizer

from gatehouse_train.data import Example, one_by_one
from gatehouse_train.windows import even_weights

MAX_TOKENS = 112  # with the two that begin and end a text; src/app/load_firewall.cc has the same
BEGIN, END = 101, 102
STOPS = {1012, 999, 1029}  # ".", "!", "?"
ALONE = 0.3                # of the draws of a pass are a sentence by itself, where a text has any
HEADS = ("user", "content", "system", "harmful", "hate")
# How much a text counts for each head. The last two only teach the layers below.
SHARE = np.array([1.0, 0.8, 0.3, 0.25, 0.15])


@dataclass
class Text:
    example: Example
    tokens: list[int]
    needle: tuple[int, int] | None = None  # tokens of the attack, where it is a part


def views(extractor: str, texts: list[str]) -> list[str]:
    """The canonical views, by the code that serves."""
    frames = []
    for text in texts:
        data = text.encode("utf-8", errors="replace")
        frames.append(struct.pack("<I", len(data)) + data)
    out = subprocess.run([extractor, "views"], input=b"".join(frames), stdout=subprocess.PIPE, check=True).stdout
    result, at = [], 0
    while at < len(out):
        size = struct.unpack_from("<I", out, at)[0]
        result.append(out[at + 4:at + 4 + size].decode("utf-8", "replace"))
        at += 4 + size
    return result


def whole_texts(tokenizer_file: str) -> Tokenizer:
    """The tokenizer as the file has it, but for cutting and filling up."""
    tokenizer = Tokenizer.from_file(tokenizer_file)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def tokenise(extractor: str, tokenizer_file: str, examples: list[Example]) -> list[Text]:
    tokenizer = whole_texts(tokenizer_file)
    seen = views(extractor, [e.text for e in examples])
    texts = []
    for example, view, encoded in zip(examples, seen, tokenizer.encode_batch(seen, add_special_tokens=False)):
        text = Text(example, encoded.ids)
        if example.needle:
            # The view has about the text's proportions; a few tokens more or less do not matter.
            size = max(1, len(example.text.encode()))
            begin, end = (at / size * len(view) for at in example.needle)
            inside = [i for i, (a, b) in enumerate(encoded.offsets) if b > begin and a < end]
            text.needle = (inside[0], inside[-1] + 1) if inside else (0, 0)
        texts.append(text)
    return texts


def pieces(tokenizer_file: str, texts: list[str]) -> list[list[int]]:
    """Windows as the program gives them to the model: cut off where there is no more room."""
    tokenizer = whole_texts(tokenizer_file)
    return [e.ids[:MAX_TOKENS - 2] for e in tokenizer.encode_batch(texts, add_special_tokens=False)]


def draws(texts: list[Text], written: float = 1) -> tuple[np.ndarray, np.ndarray]:
    """The probability of drawing each text, and each head's share of its loss: sources even, as for the
    linear model, but what was written one by one is drawn `written` times as often."""
    examples = [t.example for t in texts]
    per = np.zeros((len(texts), len(HEADS)))
    for h, head in enumerate(HEADS):
        owners = np.array([i for i, e in enumerate(examples) if head in e.label])
        labels = np.array([examples[i].label[head] for i in owners])
        weights = even_weights(examples, labels, owners)
        per[owners, h] = weights / weights.sum() * SHARE[h]
    chance = per.sum(axis=1)
    share = per / np.maximum(chance[:, None], 1e-12)
    chance *= np.array([written if one_by_one(e.source) else 1.0 for e in examples])
    return chance / chance.sum(), share


def window(text: Text, chance: random.Random) -> tuple[list[int], bool]:
    """A piece that the model has room for, and whether it left the needle out."""
    tokens, room = text.tokens, MAX_TOKENS - 2
    last = len(tokens) - room
    if last <= 0:
        return tokens, False
    if text.needle is None:
        # The beginning of a text says most.
        at = 0 if chance.random() < 0.3 else chance.randrange(last + 1)
        return tokens[at:at + room], False
    begin, end = text.needle
    if chance.random() > 0.7:
        for _ in range(5):
            at = chance.randrange(last + 1)
            if at + room <= begin or at >= end:
                return tokens[at:at + room], True
    lowest, highest = max(0, end - room), min(last, begin)
    at = chance.randint(lowest, highest) if lowest <= highest else min(last, begin)
    return tokens[at:at + room], False


def sentence(text: Text, chance: random.Random) -> list[int] | None:
    """A sentence of a harmless text by itself, or the order of an attack: the program asks about those, too
    (decision 0028), and without what stands around them harmless ones look the worst."""
    tokens, room = text.tokens, MAX_TOKENS - 2
    if text.needle is not None:
        begin, end = text.needle
        return tokens[begin:end][:room] if end - begin >= 4 else None
    begins = [0] + [i + 1 for i, token in enumerate(tokens[:-1]) if token in STOPS]
    if len(begins) < 3 or any(text.example.label.get(head) for head in HEADS):
        return None
    first = chance.randrange(len(begins))
    after = first + chance.choice((1, 1, 1, 2))
    begin, end = begins[first], begins[after] if after < len(begins) else len(tokens)
    # For the program a line's end, too, ends a sentence, which tokens do not show.
    if end - begin > 24 and chance.random() < 0.5:
        begin += chance.randrange(end - begin - 12)
        end = min(end, begin + chance.randrange(8, 40))
    return tokens[begin:end][:room] if end - begin >= 4 else None


def batch(items: list[tuple[list[int], dict, np.ndarray]]) -> tuple:
    """(tokens, mask, labels, weights) of (tokens, labels by head, share by head)."""
    length = max(len(tokens) for tokens, _, _ in items) + 2
    ids = torch.zeros(len(items), length, dtype=torch.long)
    keep = torch.zeros(len(items), length, dtype=torch.bool)
    labels = torch.zeros(len(items), len(HEADS))
    weights = torch.zeros(len(items), len(HEADS))
    for row, (tokens, label, share) in enumerate(items):
        ids[row, :len(tokens) + 2] = torch.tensor([BEGIN, *tokens, END])
        keep[row, :len(tokens) + 2] = True
        for h, head in enumerate(HEADS):
            if head in label:
                labels[row, h] = label[head]
                weights[row, h] = float(share[h])
    return ids, keep, labels, weights


def sample(examples: list[Example], per_source: int, seed: int) -> list[int]:
    """Some texts of each source and label."""
    groups = collections.defaultdict(list)
    for i, example in enumerate(examples):
        groups[(example.source, tuple(sorted(example.label.items())))].append(i)
    chance = random.Random(seed)
    return sorted(i for group in groups.values() for i in chance.sample(group, min(per_source, len(group))))
