"""Weighted logistic regression with an L2 penalty, by the program firewall_fit (dual coordinate
descent in C++: a twentieth of what L-BFGS takes here)."""
import pathlib
import subprocess
import tempfile

import numpy as np

from gatehouse_train.features import BUCKETS, Blocks


class Fitter:
    """Writes the blocks once; each fit names rows of them."""

    def __init__(self, program: str, blocks: Blocks):
        self.program = program
        self.folder = tempfile.TemporaryDirectory(prefix="gatehouse-train-")
        self.blocks = pathlib.Path(self.folder.name) / "blocks"
        matrix = blocks.matrix
        with self.blocks.open("wb") as out:
            np.array([matrix.shape[0], matrix.nnz], dtype="<u8").tofile(out)
            matrix.indptr.astype("<u8").tofile(out)
            matrix.indices.astype("<u4").tofile(out)
            np.minimum(matrix.data, 255).astype("u1").tofile(out)

    def fit(self, spans: list[tuple[int, int]], labels: np.ndarray, weights: np.ndarray,
            penalty: float, epochs: int) -> np.ndarray:
        """The weights with the bias as the last one."""
        rows = np.zeros(len(spans), dtype=[("from", "<u4"), ("to", "<u4"), ("y", "<f4"), ("w", "<f4")])
        spans = np.array(spans)
        rows["from"], rows["to"] = spans[:, 0], spans[:, 1]
        rows["y"] = np.where(labels > 0, 1, -1)
        rows["w"] = weights
        rows_file = pathlib.Path(self.folder.name) / "rows"
        out_file = pathlib.Path(self.folder.name) / "theta"
        rows.tofile(rows_file)
        subprocess.run([self.program, str(self.blocks), str(rows_file), repr(penalty), str(epochs),
                        str(out_file)], check=True)
        theta = np.fromfile(out_file, dtype="<f4").astype(np.float64)
        assert len(theta) == BUCKETS + 1
        return theta
