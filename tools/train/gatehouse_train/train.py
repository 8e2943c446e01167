"""One run: read, extract, fit, calibrate on held-out folds, write, report."""
import argparse
import os
import pathlib
import time

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"  # sums in one order: the same file every time

import numpy as np  # noqa: E402

from gatehouse_train import aggregate, data, features, logistic, model_file, report, windows  # noqa: E402

PENALTY = {"user": 6e-7, "content": 1.2e-6, "system": 1e-5, "jailbreak": 1e-5, "extraction": 1e-5,
           "harmful": 5e-6, "hate": 5e-6}
# Heads of attacks are calibrated on sources that the fold's model has not seen.
CALIBRATED = ("user", "content", "system")
# For the others the mean of the windows' views, less a little for length.
NEUTRAL = np.array([0, 0.34, 0.33, 0.33, -0.3, 0])
FOLDS = 3
EPOCHS = 10
MINED = 3  # windows of each long harmless text that the first fit likes most


def log(*words):
    print(time.strftime("%H:%M:%S"), *words, flush=True)


def fit_head(fitter, examples, blocks, head, keep, epochs=EPOCHS):
    """Two fits: the second also sees the harmless windows that the first was most wrong about, since
    the best window is what decides."""
    spans, labels, weights, _ = windows.training_rows(examples, blocks, head, keep)
    theta = fitter.fit(spans, labels, weights, PENALTY[head], epochs)
    if head not in CALIBRATED:
        return theta
    hard = windows.hardest(examples, blocks, head, keep,
                           blocks.matrix @ theta[:-1].astype(np.float32), MINED)
    spans, labels, weights, _ = windows.training_rows(examples, blocks, head, keep, hard)
    return fitter.fit(spans, labels, weights, PENALTY[head], epochs)


def inputs_of(blocks, theta):
    """As C++ will see them: with the weights rounded to int8."""
    rounded, scale = model_file.quantise(theta[:-1])
    return aggregate.text_inputs(blocks, (blocks.matrix @ rounded.astype(np.float32)) * scale,
                                 float(theta[-1]))


def folds_of(examples, labelled, head) -> tuple[np.ndarray, str]:
    """The fold of each text and what is held apart: whole sources apart, evened out, but for texts that were written
    one by one. Where too few sources have both labels, texts apart instead."""
    count = {}
    for i in np.flatnonzero(labelled):
        key = (examples[i].source, examples[i].label[head])
        count[key] = count.get(key, 0) + 1
    fold = np.full(len(examples), -1)
    if min(sum(1 for _, y in count if y == label) for label in (0, 1)) < 2 * FOLDS:
        chosen = np.flatnonzero(labelled)
        fold[chosen] = np.arange(len(chosen)) % FOLDS
        return fold, "Texts"
    load, of = np.zeros((FOLDS, 2)), {}
    for source in sorted({s for s, _ in count}, key=lambda s: (-count.get((s, 1), 0) - count.get((s, 0), 0), s)):
        mine = np.array([count.get((source, 0), 0), count.get((source, 1), 0)])
        f = int(np.argmin([np.max((load + mine * (np.arange(FOLDS) == k)[:, None]) ** 2 @ np.ones(2)) for k in range(FOLDS)]))
        of[source] = f
        load[f] += mine
    for i in np.flatnonzero(labelled):
        fold[i] = i % FOLDS if data.one_by_one(examples[i].source) else of[examples[i].source]
    return fold, "Sources"


def calibrate(fitter, examples, blocks, head):
    """Scores of texts by models that have not seen them, then one logistic fit."""
    labelled = np.array([head in e.label for e in examples])
    fold, apart = folds_of(examples, labelled, head)
    inputs = np.zeros((len(examples), 6))
    for f in range(FOLDS):
        theta = fit_head(fitter, examples, blocks, head, labelled & (fold != f), EPOCHS // 2)
        held = fold == f
        inputs[held] = inputs_of(blocks, theta)[held]
    chosen = np.flatnonzero(labelled)
    labels = np.array([examples[i].label[head] for i in chosen])
    weights = windows.even_weights(examples, labels, chosen, boosted=False)
    weights[labels == 0] *= 4  # attacks are rare: lean the probability to harmless
    weight = aggregate.fit(inputs[chosen], labels, weights)
    probability = 1 / (1 + np.exp(-(inputs[chosen] @ weight)))
    return weight, [examples[i] for i in chosen], probability, apart


def main():
    parser = argparse.ArgumentParser(prog="train_injection", description=__doc__)
    parser.add_argument("--data", type=pathlib.Path, required=True,
                        help="folder with train/ and dev/ as described in its README.md")
    parser.add_argument("--generated", type=pathlib.Path, required=True,
                        help="folder of what tools/train/generate made")
    parser.add_argument("--extractor", required=True, help="the program firewall_features")
    parser.add_argument("--fitter", required=True, help="the program firewall_fit")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder for linear.bin")
    parser.add_argument("--report", type=pathlib.Path, help="file for the figures by source")
    parser.add_argument("--only", default="", help="heads to fit, for quick trials: user,content")
    parser.add_argument("--skip-calibration", action="store_true", help="for quick trials")
    args = parser.parse_args()

    examples = data.shared(args.data / "train") + data.generated(args.generated)
    log(len(examples), "texts")
    blocks = features.extract(args.extractor, [e.text for e in examples])
    log(blocks.matrix.shape[0], "blocks,", blocks.matrix.nnz, "features")
    fitter = logistic.Fitter(args.fitter, blocks)
    everything = np.ones(len(examples), dtype=bool)
    wanted = args.only.split(",") if args.only else list(PENALTY)
    heads, calibration, text = {}, {}, ""
    for head in wanted:
        heads[head] = fit_head(fitter, examples, blocks, head, everything)
        log("fitted", head)
    for head in ("user", "content", "system", "harmful", "hate"):
        calibration[head] = NEUTRAL
    args.out.mkdir(parents=True, exist_ok=True)
    model_file.write(args.out / "uncalibrated.bin", heads, calibration)
    for head in CALIBRATED:
        if head in heads and not args.skip_calibration:
            calibration[head], held, probability, apart = calibrate(fitter, examples, blocks, head)
            log("calibrated", head, np.round(calibration[head], 3).tolist())
            text += f"{apart} that the model has not seen (folds of the training part)\n"
            text += report.by_source(held, {head: probability}) + "\n"
    model_file.write(args.out / "linear.bin", heads, calibration)
    log("wrote", args.out / "linear.bin")

    dev = data.shared(args.data / "dev")
    dev_blocks = features.extract(args.extractor, [e.text for e in dev])
    scores = {h: 1 / (1 + np.exp(-(inputs_of(dev_blocks, heads[h]) @ calibration[h])))
              for h in calibration if h in heads}
    text += "Development part\n" + report.by_source(dev, scores)
    print(text)
    if args.report:
        args.report.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
