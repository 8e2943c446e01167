"""Figures by source, for the model card."""
import numpy as np


def auc(positive: np.ndarray, negative: np.ndarray) -> float:
    if len(positive) == 0 or len(negative) == 0:
        return float("nan")
    order = np.argsort(np.concatenate([positive, negative]), kind="mergesort")
    scores = np.concatenate([positive, negative])[order]
    ranks = np.empty(len(order))
    ranks[order] = np.arange(1, len(order) + 1)
    for value in np.unique(scores):  # ties share their rank
        same = np.flatnonzero(scores == value)
        if len(same) > 1:
            ranks[order[same]] = ranks[order[same]].mean()
    total = ranks[:len(positive)].sum()
    return float((total - len(positive) * (len(positive) + 1) / 2) / (len(positive) * len(negative)))


def by_source(examples, scores, cuts=(0.3, 0.5, 0.7)) -> str:
    lines = []
    for head, values in scores.items():
        pos = np.array([v for e, v in zip(examples, values) if e.label.get(head) == 1])
        neg = np.array([v for e, v in zip(examples, values) if e.label.get(head) == 0])
        if len(pos) == 0 and len(neg) == 0:
            continue
        lines.append(f"{head}: AUC {auc(pos, neg):.4f}, {len(pos)} positive, {len(neg)} negative")
        groups = sorted({(e.label[head], e.source) for e in examples if head in e.label})
        for label, source in groups:
            mine = np.array([v for e, v in zip(examples, values)
                             if e.source == source and e.label.get(head) == label])
            rates = "  ".join(f">={cut:.1f} {np.mean(mine >= cut):6.1%}" for cut in cuts)
            lines.append(f"  {'+' if label else '-'} {source:28s} {len(mine):5d}  {rates}"
                         f"  median {np.median(mine):.3f} p95 {np.quantile(mine, 0.95):.3f}")
    return "\n".join(lines) + "\n"
