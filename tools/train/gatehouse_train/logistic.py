"""Weighted logistic regression with an L2 penalty, by L-BFGS. Deterministic on one thread."""
import numpy as np
import scipy.sparse as sp
from scipy.optimize import minimize


def fit(rows: sp.csr_matrix, labels: np.ndarray, weights: np.ndarray, penalty: float,
        iterations: int = 60, start: np.ndarray | None = None) -> np.ndarray:
    """Returns the weights with the bias as the last one. `weights` are normalised to a mean of 1."""
    rows = rows.tocsr().astype(np.float32)
    transposed = rows.T.tocsr()
    sign = np.where(labels > 0, 1.0, -1.0)
    weights = weights / weights.sum()
    size = rows.shape[1]

    def objective(theta):
        w, bias = theta[:size].astype(np.float32), theta[size]
        margin = sign * (rows @ w + bias)
        loss = float(np.sum(weights * np.logaddexp(0, -margin)))
        slope = -sign * weights / (1 + np.exp(np.clip(margin, -60, 60)))
        gradient = np.empty(size + 1)
        gradient[:size] = (transposed @ slope.astype(np.float32)) + penalty * theta[:size]
        gradient[size] = slope.sum()
        return loss + 0.5 * penalty * float(theta[:size] @ theta[:size]), gradient

    theta = np.zeros(size + 1) if start is None else start
    result = minimize(objective, theta, jac=True, method="L-BFGS-B",
                      options={"maxiter": iterations, "maxcor": 10})
    return result.x
