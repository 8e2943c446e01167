"""Makes the training texts that the shared data lacks: seeded, to the byte the same each time.

python3 tools/train/generate/generate_all.py --data DATA --texts DIR --out DIR
Writes one JSON Lines file per generator: text, source, labels by head, and the needle where an attack
is only a part of the text."""
import argparse
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import attacks_en  # noqa: E402
import documents  # noqa: E402
import encoded  # noqa: E402
import harmless_en  # noqa: E402
import interface_texts  # noqa: E402
import multilingual  # noqa: E402
import smalltalk  # noqa: E402
import systems  # noqa: E402
import technical  # noqa: E402
import written  # noqa: E402
from grammar import Grammar  # noqa: E402

SEED = 20261124


class Out:
    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self.counts = {}

    def write(self, source: str, rows: list[dict]):
        seen, lines = set(), []
        for row in rows:
            key = " ".join(row["text"].split()).lower()
            if key in seen or not key:
                continue
            seen.add(key)
            lines.append(json.dumps({"source": source, **row}, ensure_ascii=False))
        (self.folder / f"{source}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        self.counts[source] = len(lines)


def attack(text, jailbreak=0, extraction=0, content=True, **more):
    labels = {"user": 1, "jailbreak": jailbreak, "extraction": extraction}
    if content:
        labels.update(content=1, system=1)
    return {"text": text, "labels": labels, **more}


def harmless(text, **labels):
    return {"text": text, "labels": {"user": 0, "harmful": 0, "hate": 0, **labels}}


def english(out: Out):
    g = Grammar(attacks_en.LEXICON, SEED)
    out.write("gen-extraction", [attack(g.roughen(t), extraction=1) for t in g.many(attacks_en.EXTRACTION, 2400)])
    out.write("gen-hijack", [attack(g.roughen(t)) for t in g.many(attacks_en.HIJACK, 2400)])
    out.write("gen-jailbreak", [attack(g.roughen(t), jailbreak=1, content=False) for t in g.many(attacks_en.JAILBREAK, 1800)])
    out.write("gen-optimised", [attack(t, jailbreak=1, content=False) for t in attacks_en.optimised(g, 1200)])
    m = Grammar(attacks_en.MANIPULATION_LEXICON, SEED + 2)
    out.write("gen-manipulation", [attack(m.roughen(t), content=False) for t in m.many(attacks_en.MANIPULATION, 2000)])
    p = Grammar(harmless_en.PLEA_LEXICON, SEED + 3)
    out.write("gen-plea", [harmless(p.roughen(t)) for t in p.many(harmless_en.PLEA, 1500)])
    h = Grammar(harmless_en.LEXICON, SEED + 1)
    # The same templates many times over teach only themselves: more of what is open, less of what is fixed.
    out.write("gen-trigger", [harmless(h.roughen(t)) for t in h.many(harmless_en.TRIGGER, 5000)])
    out.write("gen-long", [harmless(t) for t in h.many(harmless_en.LONG, 500)])
    out.write("gen-sensitive", [harmless(t) for t in harmless_en.LEXICON["sensitive"]] +
              [harmless(h.expand("{How do I|What is the best way to|Can you tell me how to|Is it OK to|I want to} [killit]?")) for _ in range(300)])
    out.write("gen-chat", [harmless(t) for t in harmless_en.LEXICON["chat"]] +
              [harmless(h.expand("[chat] [chat]")) for _ in range(300)])


def small_talk(out: Out):
    g = Grammar(smalltalk.LEXICON, SEED + 4)
    out.write("gen-smalltalk", [harmless(t) for t in g.many(smalltalk.TURNS, 3400)])
    out.write("gen-repeats", [harmless(t, content=0) for t in smalltalk.repeats(Grammar({}, SEED + 5).random, 800)])


def by_language(out: Out):
    attacks, good = [], []
    for n, code in enumerate(sorted(multilingual.LANGUAGES)):
        r = Grammar({}, SEED + 100 + n).random
        for _ in range(150):
            text, kind = multilingual.attack(code, r)
            attacks.append(attack(text, int(kind == "jailbreak"), int(kind == "extraction"), lang=code))
        good += [harmless(multilingual.harmless(code, r)) for _ in range(90)]
    out.write("gen-multilingual-attack", attacks)
    out.write("gen-multilingual-harmless", good)
    out.write("gen-interface", [harmless(t, content=0) for t in interface_texts.texts(SEED + 200)])


def system_prompts(out: Out):
    g = Grammar(systems.LEXICON, SEED + 300)
    a = Grammar(attacks_en.LEXICON, SEED + 301)
    good = [{"text": t, "labels": {"system": 0}} for t in g.many(systems.PROTECTIVE, 2400)]
    good += [{"text": t, "labels": {"system": 0}} for t in g.many(systems.CLOSING, 300)]
    out.write("gen-system", good)
    bad = []
    for _ in range(900):
        needle = a.expand(a.random.choice(attacks_en.HIJACK + attacks_en.EXTRACTION))
        text = g.expand(g.random.choice(systems.PROTECTIVE)) + a.random.choice(["\n\nUser: ", "\n\n", "\nInput: ", "\n\"\"\"\n"]) + needle
        bad.append({"text": text, "labels": {"system": 1}, "needle": needle})
    out.write("gen-system-attacked", bad)


def planted(g: Grammar, a: Grammar, i: int, carriers: list[str]) -> dict:
    """A carrier with an instruction inside; each fourth time an attack on the model."""
    r = g.random
    needle = documents.instruction(g, 0.4) if i % 4 else a.expand(r.choice(attacks_en.HIJACK + attacks_en.EXTRACTION)).strip()
    return {"text": documents.plant(r, r.choice(carriers), needle), "labels": {"content": 1}, "needle": needle}


def tool_results(out: Out, data: pathlib.Path):
    g = Grammar(documents.LEXICON, SEED + 400)
    good, bad = [], []
    for i in range(2400):
        form = sorted(documents.FORMS)[i % len(documents.FORMS)]
        text, _ = documents.make(g, form, False)
        good.append({"text": text, "labels": {"content": 0, "user": 0}})
        text, needle = documents.make(g, form, True)
        if needle in text:
            bad.append({"text": text, "labels": {"content": 1}, "needle": needle})
    out.write("gen-tool-clean", good)
    out.write("gen-tool-attacked", bad)
    carriers = []
    for name, wanted in (("bipia-context", "tool-output"), ("t0-p3", "rag-task"), ("xquad", "document")):
        for row in written.json_lines(data / "train" / f"{name}.jsonl"):
            if row["label"] == "benign" and str(row["category"]).startswith(wanted) and len(row["text"]) < 6000:
                carriers.append(row["text"])
    a = Grammar(attacks_en.LEXICON, SEED + 401)
    out.write("gen-planted", [planted(g, a, i, carriers) for i in range(2400)])


def read_texts(data: pathlib.Path, names, wanted) -> list[str]:
    return [row["text"] for name in names for row in written.json_lines(data / "train" / f"{name}.jsonl") if wanted(row)]


def hidden_text(out: Out, data: pathlib.Path):
    r = Grammar({}, SEED + 500).random
    plain = read_texts(data, ("s-labs", "self-instruct", "gsm8k", "vicuna-bench", "deepset", "arena-hard-v0.1"),
                       lambda row: row["label"] == "benign" and 12 < len(row["text"]) < 400)
    out.write("gen-encoded", [harmless(encoded.encoded(r, r.choice(plain), n), content=0) for n in range(2800)])


def buried(out: Out, data: pathlib.Path):
    """Long documents, clean and with one attack somewhere inside."""
    r = Grammar({}, SEED + 600).random
    a = Grammar(attacks_en.LEXICON, SEED + 601)
    m = Grammar(attacks_en.MANIPULATION_LEXICON, SEED + 602)
    pieces = read_texts(data, ("t0-p3", "xquad"), lambda row: 80 < len(row["text"]) < 3000)
    pieces += [row["text"] for row in written.rows("harmless_document")]
    known = read_texts(data, ("s-labs", "neuralchemy", "deepset", "yanismiraoui"),
                       lambda row: row["label"] in ("injection", "jailbreak") and 20 < len(row["text"]) < 300)
    good, bad = [], []
    for size, count in ((3000, 260), (12000, 130), (60000, 36)):
        for i in range(2 * count):
            parts, length = [], 0
            while length < size:
                parts.append(r.choice(pieces))
                length += len(parts[-1]) + 2
            if i < count:
                good.append({"text": "\n\n".join(parts), "labels": {"user": 0, "content": 0}})
                continue
            needle = r.choice([r.choice(known), a.expand(r.choice(attacks_en.HIJACK + attacks_en.EXTRACTION)),
                               m.expand(r.choice(attacks_en.MANIPULATION))]).strip()
            parts.insert(r.randint(0, len(parts)), needle)
            bad.append({"text": "\n\n".join(parts), "labels": {"user": 1, "content": 1}, "needle": needle})
    out.write("gen-long-clean", good)
    out.write("gen-long-attacked", bad)


def technical_text(out: Out, folder: pathlib.Path):
    kinds = technical.texts(folder, SEED + 700)
    for kind, texts in kinds.items():
        # A whole world of texts stands for itself alone here, and must weigh against the attacks of many sources.
        out.write(f"gen-technical-{kind}", [{**harmless(t, content=0), "boost": 2.5} for t in texts])
    # The same with an attack inside, so that the surroundings alone say nothing.
    g = Grammar(documents.LEXICON, SEED + 701)
    a = Grammar(attacks_en.LEXICON, SEED + 702)
    out.write("gen-technical-attacked", [planted(g, a, i, kinds["docs"] if i % 2 else kinds["code"]) for i in range(1600)])


def written_texts(out: Out):
    """A few hundred of these say more than thousands from a grammar, so they weigh more."""
    weight = {"boost": 3.0}
    for name in written.HARMLESS:
        out.write(f"written-{name}", [{**harmless(row["text"]), **weight} for row in written.rows(name)])
    for name in written.JAILBREAKS:
        out.write(f"written-{name}", [attack(row["text"], jailbreak=1, content=False, **weight) for row in written.rows(name)])
    for name in written.ATTACKS:
        out.write(f"written-{name}", [attack(row["text"], int(row["kind"] == "jailbreak"), int(row["kind"] == "extraction"), **weight)
                                      for row in written.rows(name)])
    results, papers = written.rows("harmless_tool"), written.rows("harmless_document")
    attacked = written.rows("attack_tool")
    out.write("written-tool", [{**harmless(row["text"], content=0), **weight} for row in results])
    out.write("written-document", [{**harmless(row["text"], content=0), **weight} for row in papers])
    out.write("written-tool-attacked", [{"text": row["text"], "labels": {"content": 1}, "needle": row["needle"], **weight}
                                        for row in attacked])
    # The same orders in other surroundings, so that these alone say nothing.
    r = Grammar({}, SEED + 800).random
    carriers = results + papers
    needles = [row["needle"] for row in attacked if "\n" not in row["needle"]]
    out.write("written-planted", [{"text": documents.plant(r, r.choice(carriers)["text"], needle), "labels": {"content": 1},
                                   "needle": needle, **weight} for needle in needles * 2])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--texts", type=pathlib.Path, required=True, help="folder of the packages of requirements-texts.txt")
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--waiting", action="store_true", help="also the written texts in written/waiting")
    args = parser.parse_args()
    if args.waiting:
        written.folders.append(written.FOLDER / "waiting")
    args.out.mkdir(parents=True, exist_ok=True)
    for old in args.out.glob("*.jsonl"):
        old.unlink()
    out = Out(args.out)
    english(out)
    small_talk(out)
    by_language(out)
    system_prompts(out)
    tool_results(out, args.data)
    hidden_text(out, args.data)
    buried(out, args.data)
    technical_text(out, args.texts)
    written_texts(out)
    for source, count in sorted(out.counts.items()):
        print(f"{source:28s} {count}")


if __name__ == "__main__":
    main()
