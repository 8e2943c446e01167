"""Harmless technical text: excerpts of source code, documentation and configuration, and single lines of
them, from pinned packages (tools/train/requirements-texts.txt; MIT, BSD, Apache and GPL licences). Coding
assistants paste and read such text all day, and it is full of commands, instructions and rules."""
import pathlib
import random
import re

KINDS = {
    "code": {".py", ".pyx", ".js", ".mjs", ".ts", ".h", ".c", ".cmake", ".ps1", ".psm1", ".in", ".template"},
    "docs": {".rst", ".md", ".txt", ".html", ".1", ".7"},
    "data": {".json", ".yml", ".j2"},
}
NAMES = re.compile(r"LICEN[CS]E|COPYING|NOTICE|README|CHANGE|METADATA")  # documentation without an ending
EXCERPTS = {"code": 3000, "docs": 4500, "data": 700}
LINES = 4000
PER_FOLDER = 40  # no folder of a thousand files alike outweighs the rest
SIZES = (200, 600, 1500, 3000)
# What speaks of attacks on models is for the sources that know which is one.
ABOUT_MODELS = re.compile(r"prompt|jailbreak|chatgpt|language model|\bLLM|\bignore (?:all|any|previous)", re.I)


def files(folder: pathlib.Path, r: random.Random) -> dict[str, list[pathlib.Path]]:
    kinds = {kind: [] for kind in KINDS}
    for path in sorted(folder.rglob("*")):
        kind = next((k for k, endings in KINDS.items() if path.suffix in endings), None)
        kind = "docs" if NAMES.match(path.name) else kind
        if kind and path.is_file() and 300 < path.stat().st_size < 400_000:
            kinds[kind].append(path)
    for kind, paths in kinds.items():
        r.shuffle(paths)
        taken, kept = {}, []
        for path in paths:
            taken[path.parent] = taken.get(path.parent, 0) + 1
            if taken[path.parent] <= PER_FOLDER:
                kept.append(path)
        kinds[kind] = kept
    return kinds


def excerpt(text: str, r: random.Random) -> str:
    """Whole lines, of one of the sizes or somewhat more."""
    size = r.choice(SIZES)
    at = r.randrange(max(1, len(text) - size))
    begin = text.rfind("\n", 0, at) + 1
    end = text.find("\n", min(begin + size, len(text)))
    return text[begin:end if end >= 0 else len(text)].strip()


def read(path: pathlib.Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def texts(folder: pathlib.Path, seed: int) -> dict[str, list[str]]:
    """By kind, and single lines under "lines"."""
    r = random.Random(seed)
    out, lines = {}, []
    for kind, paths in files(folder, r).items():
        out[kind] = []
        for path in paths * 4:
            text = excerpt(read(path), r)
            if len(text) < 80 or ABOUT_MODELS.search(text):
                continue
            out[kind].append(text)
            words = [line.strip() for line in text.split("\n") if 25 < len(line.strip()) < 200 and line.count(" ") > 3]
            lines += r.sample(words, min(2, len(words)))
            if len(out[kind]) == EXCERPTS[kind]:
                break
    r.shuffle(lines)
    out["lines"] = lines[:LINES]
    return out
