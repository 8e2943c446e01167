"""What C++ does with a text's windows (src/firewall/learned/windows.h), for training."""
import numpy as np
from scipy.optimize import minimize

from gatehouse_train.features import Blocks
from gatehouse_train.windows import LARGE, SMALL, Sums


def text_inputs(blocks: Blocks, block_scores: np.ndarray, bias: float) -> np.ndarray:
    """Per text: 1, best small, best large, whole, ln(blocks), second small. `block_scores` are the
    weighted sums of each block without bias and norm."""
    running = Sums(blocks, block_scores)
    out = np.zeros((len(blocks.first) - 1, 6), dtype=np.float64)
    for i in range(len(out)):
        first, last = int(blocks.first[i]), int(blocks.first[i + 1])
        if first == last:
            out[i] = (1, bias, bias, bias, 0, bias)
            continue
        ends = np.arange(first + 1, last + 1)
        best = []
        for size in (SMALL, LARGE):
            begins = np.maximum(first, ends - size)
            best.append((running.score(begins, ends) + bias, begins))
        small, begins = best[0]
        second, top, top_end = -1e9, -1e9, 0
        for z, begin, end in zip(small, begins, ends):  # as the sliding code does
            if z > top:
                if top > -1e8 and begin >= top_end:
                    second = top
                top, top_end = z, end
            elif begin >= top_end:
                second = max(second, z)
        whole = running.score(first, last) + bias
        out[i] = (1, top, best[1][0].max(), whole, np.log(last - first),
                  top if second < -1e8 else second)
    return out


def fit(inputs: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """A logistic function of the six inputs. The less a window or the whole looks like an attack, the less the text may:
    with a negative slope for the whole, a long log, harmless to the last line, was an attack."""
    bounds = [(None, None), (0, None), (0, None), (0, None), (None, 0), (0, None)]
    return logistic(inputs, labels, weights / weights.sum(), 1e-4, np.array([0, 0.3, 0.3, 0.3, -0.1, 0.0]), bounds)


def logistic(inputs, labels, weights, penalty: float, start, bounds) -> np.ndarray:
    """A weighted logistic fit of few inputs, with an L2 penalty and bounds of the weights."""
    sign = np.where(labels > 0, 1.0, -1.0)

    def objective(theta):
        margin = sign * (inputs @ theta)
        slope = -sign * weights / (1 + np.exp(np.clip(margin, -60, 60)))
        loss = np.sum(weights * np.logaddexp(0, -margin)) + penalty * theta @ theta
        return loss, inputs.T @ slope + 2 * penalty * theta

    return minimize(objective, start, jac=True, method="L-BFGS-B", bounds=bounds).x
