"""Texts cut into the windows that a head learns from, with even weight for every source."""
from collections import Counter

import numpy as np

from gatehouse_train.data import Example
from gatehouse_train.features import Blocks

SMALL, LARGE = 2, 6
MAX_WINDOWS = 10  # of one text


class Sums:
    """Scores of any run of blocks from running sums: the weighted sum over the root of how many features."""

    def __init__(self, blocks: Blocks, block_scores: np.ndarray):
        counts = np.asarray(blocks.matrix.sum(axis=1)).ravel()
        self.sums = np.concatenate([[0], np.cumsum(block_scores)])
        self.total = np.concatenate([[0], np.cumsum(counts)])

    def score(self, begins, ends):
        """Of blocks begins:ends, numbers or arrays; without bias."""
        return (self.sums[ends] - self.sums[begins]) / np.sqrt(np.maximum(self.total[ends] - self.total[begins], 1))


def spans_of(first: int, last: int) -> list[tuple[int, int]]:
    """The whole text if it is short, else its windows of both sizes."""
    count = last - first
    if count <= SMALL:
        return [(first, last)]
    spans = [(first, last)] if count <= LARGE else []
    for size in (SMALL, LARGE):
        if count > size:
            spans += [(at, at + size) for at in range(first, last - size + 1)]
    if len(spans) > MAX_WINDOWS:
        step = len(spans) / MAX_WINDOWS
        spans = [spans[int(i * step)] for i in range(MAX_WINDOWS)]
    return spans


def overlap(blocks: Blocks, span: tuple[int, int], needle: tuple[int, int]) -> float:
    """How much of the window, or of the needle if that is shorter, is needle."""
    begin, end = blocks.begin[span[0]], blocks.end[span[1] - 1]
    shared = min(end, needle[1]) - max(begin, needle[0])
    return max(0, shared) / max(1, min(end - begin, needle[1] - needle[0]))


def hardest(examples: list[Example], blocks: Blocks, head: str, keep, sums: np.ndarray,
            count: int) -> dict[int, list[tuple[int, int]]]:
    """For each long harmless text its windows of highest score, `count` and one for each sixteen;
    `sums` per block."""
    running = Sums(blocks, sums)
    out = {}
    for i, example in enumerate(examples):
        first, last = int(blocks.first[i]), int(blocks.first[i + 1])
        if example.label.get(head) != 0 or not keep[i] or last - first <= SMALL:
            continue
        begins = np.arange(first, last - SMALL + 1)
        score = running.score(begins, begins + SMALL)
        best = begins[np.argsort(-score, kind="stable")[:count + len(begins) // 16]]
        out[i] = [(int(b), int(b) + SMALL) for b in best]
    return out


def training_rows(examples: list[Example], blocks: Blocks, head: str, keep,
                  extra: dict | None = None) -> tuple:
    """(spans, labels, weights, owner) for one head over the examples for which `keep` is true;
    `extra` windows of harmless texts come on top."""
    spans, labels, owners = [], [], []
    for i, example in enumerate(examples):
        label = example.label.get(head)
        if label is None or not keep[i]:
            continue
        first, last = blocks.first[i], blocks.first[i + 1]
        if first == last:
            continue
        if example.needle is None:
            more = extra.get(i, []) if extra else []
            for span in dict.fromkeys(spans_of(first, last) + more):
                spans.append(span)
                labels.append(label)
                owners.append(i)
            continue
        windows = spans_of(first, last)
        for at in range(first, last):  # never miss the windows around the needle
            for size in (SMALL, LARGE):
                span = (max(first, at + 1 - size), at + 1)
                if overlap(blocks, span, example.needle) >= 0.6 and span not in windows:
                    windows.append(span)
        for span in windows:
            part = overlap(blocks, span, example.needle)
            if 0.15 < part < 0.6:
                continue
            spans.append(span)
            labels.append(label if part >= 0.6 else 0)
            owners.append(i)
    labels, owners = np.array(labels), np.array(owners)
    return spans, labels, even_weights(examples, labels, owners), owners


def even_weights(examples: list[Example], labels: np.ndarray, owners: np.ndarray, boosted: bool = True) -> np.ndarray:
    """Windows of one text share its weight; texts of one source share the source's, which grows
    with the root of its size; each class has half of all. Some sources are boosted: more is to be
    learnt from them, though no more of their like will come."""
    per_text = Counter(zip(owners.tolist(), labels.tolist()))
    weights = np.array([1 / per_text[(o, y)] ** 0.7 for o, y in zip(owners.tolist(), labels.tolist())])
    source = np.array([hash_name(examples[o].source) for o in owners.tolist()])
    for name in np.unique(source):
        for y in (0, 1):
            mine = (source == name) & (labels == y)
            total = weights[mine].sum()
            if total > 0:
                texts = len(np.unique(owners[mine]))
                boost = examples[owners[mine][0]].row.get("boost", 1.0) if boosted else 1.0
                weights[mine] *= boost * min(texts, 2000) ** 0.5 / total
    for y in (0, 1):
        weights[labels == y] *= 0.5 / max(weights[labels == y].sum(), 1e-12)
    return weights * len(weights)


def hash_name(name: str) -> int:
    import zlib
    return zlib.crc32(name.encode())
