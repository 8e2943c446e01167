"""Writes the file that src/firewall/learned/model.cc reads."""
import hashlib
import struct

import numpy as np

from gatehouse_train.data import HEADS
from gatehouse_train.features import BUCKETS

FORMAT, FEATURES, MODEL = 1, 2, 2


def quantise(weights: np.ndarray) -> tuple[np.ndarray, float]:
    """int8 by one scale per head. The few largest weights are cut: a finer step for all others is
    worth more."""
    top = float(np.quantile(np.abs(weights[weights != 0]), 0.9995)) if np.any(weights) else 1.0
    scale = top / 127 if top > 0 else 1.0
    return np.clip(np.rint(weights / scale), -127, 127).astype(np.int8), scale


def write(path, heads: dict, calibration: dict) -> None:
    """`heads`: name -> weights with the bias last; `calibration`: user, content, system, harmful,
    hate -> six weights."""
    table = np.zeros((BUCKETS, len(HEADS)), dtype=np.int8)
    scales, biases = [1.0] * len(HEADS), [0.0] * len(HEADS)
    for i, name in enumerate(HEADS):
        if name in heads:
            table[:, i], scales[i] = quantise(heads[name][:-1])
            biases[i] = float(heads[name][-1])
    order = ("user", "content", "system", "harmful", "hate")
    body = struct.pack("<8s6I", b"GHLINEAR", FORMAT, FEATURES, 18, len(HEADS), MODEL, 0)
    body += struct.pack("<8f8f", *scales, *biases)
    for name in order:
        body += struct.pack("<6f", *calibration[name])
    body += table.tobytes()
    path.write_bytes(body + hashlib.sha256(body).digest())
