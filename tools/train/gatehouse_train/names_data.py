"""Brings the labelled rows of the data set, and harmless ones, into the form that the trainer of names reads:
JSON lines with text, source and spans ([begin, end, kind], bytes).

    python -m gatehouse_train.names_data DATA OUT      writes OUT/{train,dev,clean,check}.jsonl
"""
import json
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(HERE / "generate"))
from names import LEXICON, words_of  # noqa: E402

PRESIDIO = ["presidio-generated-large", "presidio-synth-v2"]
CLEAN = ["arena-hard-v0.1", "self-instruct", "mt-bench", "vicuna-bench", "awesome-chatgpt-prompts",
         "cyberseceval-frr", "s-labs", "neuralchemy", "secrets", "t0-p3", "deepset", "bipia-context"]
# Real chat and documents, to count what is found in them.
WATCHED = ["arena-hard-v0.1", "self-instruct", "mt-bench", "awesome-chatgpt-prompts", "gsm8k", "t0-p3", "xquad",
           "cyberseceval-frr"]
TITLE = re.compile(r"(?:mr|mrs|ms|miss|dr|prof|sir|lady|rev)\.?\s+", re.I)
GAP = re.compile(r"[ \t,.]*\n?[ \t,.]*")
STREET, TOWN = {"ADDRESS", "STREET_ADDRESS"}, {"LOCATION", "GPE", "ZIP_CODE"}


def trimmed(text: str, begin: int, end: int) -> tuple[int, int]:
    while begin < end and text[begin] in " \t\n,.;:-\"'(":
        begin += 1
    while begin < end and text[end - 1] in " \t\n,.;:-\"')":
        end -= 1
    return begin, end


def spans_of(row: dict) -> list[tuple[int, int, str]]:
    """Names without their titles; the parts of an address, with the town and country beside it, as one."""
    text, out, parts = row["text"], [], []
    for span in row["spans"]:
        begin, end = span["start"], span["end"]
        if span["type"] == "PERSON":
            title = TITLE.match(text[begin:end])
            out.append((begin + (title.end() if title else 0), end, "name"))
        elif span["type"] in STREET | TOWN:
            parts.append((begin, end, span["type"]))
    group: list[tuple[int, int, str]] = []
    for part in sorted(parts) + [(1 << 30, 1 << 30, "")]:
        if group and (part[0] > len(text) or not GAP.fullmatch(text[group[-1][1]:part[0]])):
            if any(p[2] in STREET for p in group):
                out.append((group[0][0], group[-1][1], "address"))
            group = []
        group.append(part)
    return [(*trimmed(text, b, e), kind) for b, e, kind in sorted(out)]


def to_bytes(text: str, spans: list[tuple[int, int, str]]) -> list[list]:
    size = lambda at: len(text[:at].encode("utf-8", "surrogatepass"))  # noqa: E731
    return [[size(b), size(e), kind] for b, e, kind in spans if b < e]


def read(path: pathlib.Path):
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)


class NameFree:
    """Tells sentences that surely hold no name: those with a word that may be one are left out, so that no
    name is taught as none."""

    def __init__(self):
        lexicon = set(LEXICON.read_text(encoding="utf-8").split())
        self.first, last = set(words_of("first")), set(words_of("last"))
        self.last = last - lexicon
        self.titles = set(words_of("title")) - {"doctor", "nurse", "judge", "minister", "president", "general", "king"}
        self.known = lexicon
        for cls in ("brand", "place", "org", "calendar", "nation", "street", "unit"):
            self.known |= set(words_of(cls))

    def __call__(self, sentence: str, strict: bool) -> bool:
        words = re.findall(r"[^\W\d_]+(?:['-][^\W\d_]+)*", sentence)
        strange = 0
        for i, word in enumerate(words):
            if not word[0].isupper():
                strange = 0
                continue
            lower = word.lower()
            if lower in self.first or lower in self.last or lower in self.titles:
                return False
            strange = strange + 1 if lower not in self.known else 0
            if strict and strange and (strange > 1 or i > 0):
                return False
        return True


def clean_rows(data: pathlib.Path):
    """Sentences of harmless rows, joined again where several in a row are free of names."""
    free = NameFree()
    for source in CLEAN:
        strict = source in ("t0-p3", "bipia-context", "s-labs", "neuralchemy", "deepset")
        for row in read(data / f"{source}.jsonl"):
            if row["label"] not in ("benign", "nosecret"):
                continue
            kept = ""
            for piece in re.split(r"(?<=[.!?])(?=\s)|(?<=\n)", row["text"][:6000]):
                if free(piece, strict):
                    kept += piece
                elif kept.strip():
                    yield {"text": kept, "source": "clean", "spans": []}
                    kept = ""
            if kept.strip():
                yield {"text": kept, "source": "clean", "spans": []}


def check_rows():
    mark = re.compile(r"\{([na]):([^}]*)\}")
    for name in ("names_check", "names_check_clean", "names_judge", "names_judge_clean", "names_last"):
        for line in (HERE / f"{name}.txt").read_text(encoding="utf-8").splitlines():
            if line.startswith("# ") or not line:
                continue
            line, text, spans = line.replace("⏎", "\n"), "", []
            at = 0
            for match in mark.finditer(line):
                text += line[at:match.start()]
                kind = "name" if match[1] == "n" else "address"
                spans.append((len(text), len(text) + len(match[2]), kind))
                text += match[2]
                at = match.end()
            yield {"text": text + line[at:], "source": name, "spans": to_bytes(text, spans)}


def write(path: pathlib.Path, rows) -> None:
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def presidio(data: pathlib.Path):
    for source in PRESIDIO:
        for row in read(data / f"{source}.jsonl"):
            yield {"text": row["text"], "source": source, "spans": to_bytes(row["text"], spans_of(row))}


def main(data: pathlib.Path, out: pathlib.Path) -> None:
    write(out / "train.jsonl", presidio(data / "train"))
    write(out / "dev.jsonl", presidio(data / "dev"))
    write(out / "clean.jsonl", clean_rows(data / "train"))
    write(out / "check.jsonl", check_rows())
    write(out / "watched.jsonl", ({"text": row["text"], "source": source, "spans": []} for source in WATCHED
                                  for row in read(data / "dev" / f"{source}.jsonl") if row["label"] == "benign"))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
