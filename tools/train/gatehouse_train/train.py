"""One run: read, extract, fit, calibrate on held-out folds, write, report."""
import argparse
import os
import pathlib
import time

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"  # sums in one order: the same file every time

import numpy as np  # noqa: E402
import scipy.sparse as sp  # noqa: E402

from gatehouse_train import aggregate, data, features, logistic, model_file, report, windows  # noqa: E402

PENALTY = {"user": 3e-6, "content": 3e-6, "system": 1e-5, "jailbreak": 1e-5, "extraction": 1e-5,
           "harmful": 5e-6, "hate": 5e-6}
FOLDS = 3
MIN_TEXTS = 3  # a feature seen in fewer windows is noise


def log(*words):
    print(time.strftime("%H:%M:%S"), *words, flush=True)


def fit_head(examples, blocks, head, keep, iterations=50):
    spans, labels, weights, _ = windows.training_rows(examples, blocks, head, keep)
    rows = features.window_rows(blocks, spans)
    seen = np.bincount(rows.indices, minlength=rows.shape[1])
    useful = np.flatnonzero(seen >= MIN_TEXTS)
    theta = logistic.fit(rows[:, useful], labels, weights, PENALTY[head], iterations)
    full = np.zeros(rows.shape[1] + 1)
    full[useful] = theta[:-1]
    full[-1] = theta[-1]
    return full


def block_scores(blocks, theta):
    return blocks.matrix @ theta[:-1].astype(np.float32)


def inputs_of(blocks, theta):
    """As C++ will see them: with the weights rounded to int8."""
    rounded, scale = model_file.quantise(theta[:-1])
    return aggregate.text_inputs(blocks, (blocks.matrix @ rounded.astype(np.float32)) * scale,
                                 float(theta[-1]))


def calibrate(examples, blocks, head):
    """Scores of texts whose sources the fold's model has not seen, then one logistic fit."""
    labelled = np.array([head in e.label for e in examples])
    sources = sorted({e.source for e, l in zip(examples, labelled) if l})
    texts = {s: sum(1 for e, l in zip(examples, labelled) if l and e.source == s) for s in sources}
    load = [0] * FOLDS
    fold_of = {}
    for s in sorted(sources, key=lambda s: (-texts[s], s)):  # even out the folds
        f = int(np.argmin(load))
        fold_of[s] = f
        load[f] += texts[s]
    inputs = np.zeros((len(examples), 6))
    for f in range(FOLDS):
        keep = labelled & np.array([fold_of.get(e.source) != f for e in examples])
        theta = fit_head(examples, blocks, head, keep, iterations=30)
        held = labelled & ~keep
        all_inputs = inputs_of(blocks, theta)
        inputs[held] = all_inputs[held]
    chosen = np.flatnonzero(labelled)
    labels = np.array([examples[i].label[head] for i in chosen])
    weights = windows.even_weights(examples, labels, chosen)
    weights[labels == 0] *= 4  # attacks are rare: lean the probability to harmless
    return aggregate.fit(inputs[chosen], labels, weights), inputs[chosen], labels, chosen


def main():
    parser = argparse.ArgumentParser(prog="train_injection", description=__doc__)
    parser.add_argument("--data", type=pathlib.Path, required=True,
                        help="folder with train/ and dev/ as described in its README.md")
    parser.add_argument("--generated", type=pathlib.Path, required=True,
                        help="folder of what tools/train/generate made")
    parser.add_argument("--extractor", required=True, help="the program firewall_features")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder for linear.bin")
    parser.add_argument("--report", type=pathlib.Path, help="file for the figures by source")
    parser.add_argument("--skip-calibration", action="store_true",
                        help="keep the calibration neutral: for quick trials")
    args = parser.parse_args()

    examples = data.shared(args.data / "train") + data.generated(args.generated)
    log(len(examples), "texts")
    blocks = features.extract(args.extractor, [e.text for e in examples])
    log(blocks.matrix.shape[0], "blocks,", blocks.matrix.nnz, "features")
    everything = np.ones(len(examples), dtype=bool)
    heads, calibration = {}, {}
    for head in PENALTY:
        if not any(e.label.get(head) == y for y in (0, 1) for e in examples):
            continue
        heads[head] = fit_head(examples, blocks, head, everything)
        log("fitted", head)
    if "system" not in heads:
        heads["system"] = heads["user"]
    for head in ("user", "content", "system", "harmful", "hate"):
        calibration[head] = np.array([0, 0.34, 0.33, 0.33, -0.3, 0])
        if not args.skip_calibration and head in ("user", "content", "system"):
            calibration[head], *_ = calibrate(examples, blocks, head)
            log("calibrated", head, np.round(calibration[head], 3).tolist())
    args.out.mkdir(parents=True, exist_ok=True)
    model_file.write(args.out / "linear.bin", heads, calibration)
    log("wrote", args.out / "linear.bin")

    dev = data.shared(args.data / "dev")
    dev_blocks = features.extract(args.extractor, [e.text for e in dev])
    scores = {h: 1 / (1 + np.exp(-(inputs_of(dev_blocks, heads[h]) @ calibration[h])))
              for h in calibration}
    text = report.by_source(dev, scores)
    print(text)
    if args.report:
        args.report.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
