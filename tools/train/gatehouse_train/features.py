"""Texts to blocks of hashed features, through the product's own extractor."""
import struct
import subprocess
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

BUCKETS = 1 << 18


@dataclass
class Blocks:
    """Blocks of all texts below each other: text i owns rows first[i]:first[i + 1]."""
    matrix: sp.csr_matrix
    first: np.ndarray
    begin: np.ndarray  # byte range of each block in its text's view
    end: np.ndarray


def extract(program: str, texts: list[str]) -> Blocks:
    frames = []
    for text in texts:
        data = text.encode("utf-8", errors="replace")
        frames.append(struct.pack("<I", len(data)) + data)
    run = subprocess.run([program], input=b"".join(frames), stdout=subprocess.PIPE, check=True)
    words = np.frombuffer(run.stdout, dtype="<u4")
    first, begin, end, counts, slices = [0], [], [], [], []
    at = 0
    for _ in texts:
        blocks = int(words[at])
        at += 1
        for _ in range(blocks):
            begin.append(int(words[at]))
            end.append(int(words[at + 1]))
            count = int(words[at + 2])
            slices.append(words[at + 3:at + 3 + count])
            counts.append(count)
            at += 3 + count
        first.append(len(counts))
    indices = np.concatenate(slices).astype(np.int32)
    indptr = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=indptr[1:])
    data = np.ones(len(indices), dtype=np.float32)
    matrix = sp.csr_matrix((data, indices, indptr), shape=(len(counts), BUCKETS))
    matrix.sum_duplicates()
    return Blocks(matrix, np.array(first), np.array(begin), np.array(end))

