#!/usr/bin/env python3
"""Writes src/firewall/rules/lexicon.txt: the words that the normaliser recognises when it undoes
leet, scrambling, spacing, glueing, rot13 and reversal. Most frequent first: the first of two words
with one key wins.

    tools/firewall/make_lexicon.py /work/shared/data/firewall/train
"""
import collections
import json
import pathlib
import re
import sys

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
    out = pathlib.Path(__file__).resolve().parents[2] / "src/firewall/rules/lexicon.txt"
    out.write_text("\n".join(kept[:MOST_WORDS]) + "\n", encoding="utf-8")
    print(f"{min(len(kept), MOST_WORDS)} words")


main()
