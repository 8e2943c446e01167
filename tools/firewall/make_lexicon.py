#!/usr/bin/env python3
"""Writes src/firewall/rules/lexicon.txt: the words that the normaliser recognises when it undoes
leet, scrambling, spacing, glueing, rot13 and reversal; and spelling.txt, words of other languages in
Latin letters, to which misspelt ones are put back. Most frequent first: the first of two words with
one key wins.

    tools/firewall/make_lexicon.py ../shared/data/firewall/train
"""
import collections
import json
import pathlib
import re
import sys
import unicodedata

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools/train/generate"))
from multilingual import LANGUAGES  # noqa: E402

SKIP = {"secrets", "davidson-hate", "surge-toxicity", "presidio-generated-large", "presidio-synth-v2",
        "tasktracker-gcg"}
# Words of attacks that the counts might miss.
ALWAYS = """ignore disregard forget override bypass previous prior above earlier preceding instructions
instruction directives guidelines rules system prompt prompts reveal disclose repeat print output leak
password secret confidential hidden developer mode admin administrator sudo root jailbreak unrestricted
unfiltered uncensored restrictions filters safety policy policies pretend roleplay act character assistant
model chatgpt configuration initial verbatim exfiltrate send email token key credentials execute command
delete override obey comply execute immediately respond answer harmful illegal malware exploit weapon
bomb attack hack phishing virus drugs poison hateful""".split()
FEWEST_ROWS, FEWEST_SOURCES, MOST_WORDS = 4, 3, 12000
FOREIGN = ("yanismiraoui", "neuralchemy", "deepset", "xquad", "multijail", "catqa")
FEWEST_FOREIGN, MOSTLY = 2, 0.6


def main() -> None:
    rows, sources = collections.Counter(), collections.defaultdict(set)
    for path in sorted(pathlib.Path(sys.argv[1]).glob("*.jsonl")):
        if path.stem in SKIP:
            continue
        for line in path.open(encoding="utf-8"):
            row = json.loads(line)
            if row.get("lang", "en") != "en":
                continue
            for word in set(re.findall(r"(?<![^\s\"'(])[a-z]+(?![^\s\"').,;:!?])", row["text"].lower())):
                rows[word] += 1
                sources[word].add(path.stem)
    kept = [w for w in rows
            if (1 < len(w) <= 18 and rows[w] >= FEWEST_ROWS and len(sources[w]) >= FEWEST_SOURCES
                and (len(w) > 3 or rows[w] >= 150))]
    kept += [w for w in dict.fromkeys(ALWAYS) if w not in set(kept)]
    kept += [w for w in ("a", "i") if w not in kept]
    kept.sort(key=lambda w: (-rows[w], w))
    write("lexicon.txt", kept[:MOST_WORDS])
    write("spelling.txt", foreign_words(set(kept)))


def foreign_words(english: set[str]) -> list[str]:
    """Of the texts that are mostly not English."""
    texts = [text for table in LANGUAGES.values() for texts in table.values() for text in texts]
    for source in FOREIGN:
        for line in (pathlib.Path(sys.argv[1]) / f"{source}.jsonl").open(encoding="utf-8"):
            texts.append(json.loads(line)["text"])
    rows = collections.Counter()
    for text in texts:
        words = re.findall(r"(?<![^\W_])[a-z]+(?![^\W_])", without_accents(text))
        if words and sum(word in english for word in words) < len(words) * MOSTLY:
            rows.update(word for word in set(words) if 1 < len(word) <= 18)
    return sorted((w for w in rows if rows[w] >= FEWEST_FOREIGN), key=lambda w: (-rows[w], w))


def without_accents(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.lower())
    return "".join(c for c in letters if not unicodedata.combining(c))


def write(name: str, words: list[str]) -> None:
    (ROOT / "src/firewall/rules" / name).write_text("\n".join(words) + "\n", encoding="utf-8")
    print(f"{name}: {len(words)} words")


main()
