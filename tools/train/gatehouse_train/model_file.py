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


# What stands before the calibrations: magic and six numbers, a scale and a bias of each head.
CALIBRATION_AT = 8 + 6 * 4 + 2 * 4 * len(HEADS)
CALIBRATED = ("user", "content", "system", "harmful", "hate")


def calibration(path) -> dict:
    """The six weights of each calibrated head of a file that `write` made."""
    values = struct.unpack_from(f"<{6 * len(CALIBRATED)}f", path.read_bytes(), CALIBRATION_AT)
    return {head: np.array(values[6 * i:6 * i + 6]) for i, head in enumerate(CALIBRATED)}


def write(path, heads: dict, calibration: dict) -> None:
    """`heads`: name -> weights with the bias last; `calibration`: user, content, system, harmful,
    hate -> six weights."""
    table = np.zeros((BUCKETS, len(HEADS)), dtype=np.int8)
    scales, biases = [1.0] * len(HEADS), [0.0] * len(HEADS)
    for i, name in enumerate(HEADS):
        if name in heads:
            table[:, i], scales[i] = quantise(heads[name][:-1])
            biases[i] = float(heads[name][-1])
    body = struct.pack("<8s6I", b"GHLINEAR", FORMAT, FEATURES, 18, len(HEADS), MODEL, 0)
    body += struct.pack("<8f8f", *scales, *biases)
    for name in CALIBRATED:
        body += struct.pack("<6f", *calibration[name])
    body += table.tobytes()
    path.write_bytes(body + hashlib.sha256(body).digest())
