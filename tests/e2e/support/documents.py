"""Reads the commands out of a Markdown document.

A fenced block of `sh`, `bash`, `console` or `python` is run; a `console` block has commands after "$ " and below each
what it prints, where "…" stands for anything within a line and alone on a line for any lines. An HTML comment in
the line above the fence says otherwise:

    <!-- test: skip, REASON -->        is not run
    <!-- test: dry run, REASON -->     `make -n` instead of each `make`: the target exists
    <!-- test: file NAME -->           the block is the content of a file
    <!-- test: background -->          a server: it starts in place of the one that runs
"""
import re
from dataclasses import dataclass

RUN = ("sh", "bash", "console", "python")
FENCE = re.compile(r"^(?:<!-- test: (?P<mark>[^\n]*?) -->\n)?^(?P<indent> *)```(?P<language>\S*)[^\n]*\n(?P<text>.*?)^ *```$", re.M | re.S)
MARK = re.compile(r"skip, \S.*|dry run, \S.*|file \S+|background")


@dataclass
class Block:
    line: int
    language: str
    mark: str  # "", "skip", "dry run", "file", "background"
    argument: str
    text: str


def blocks(markdown: str):
    found = []
    for match in FENCE.finditer(markdown):
        mark = match["mark"] or ""
        if mark and not MARK.fullmatch(mark):
            raise ValueError(f"unknown mark: {mark}")
        kind = next((k for k in ("skip", "dry run", "file", "background") if mark.startswith(k)), "")
        text = re.sub(rf"^{match['indent']}", "", match["text"], flags=re.M)
        line = markdown.count("\n", 0, match.start("language")) + 1
        found.append(Block(line, match["language"], kind, mark[len(kind):].lstrip(", "), text))
    return found


def console(text: str):
    """The commands of a `console` block, each with the lines that it prints."""
    steps = []
    for line in text.splitlines():
        if line.startswith("$ "):
            steps.append([line[2:], []])
        elif line.startswith("> ") and steps and not steps[-1][1]:
            steps[-1][0] += "\n" + line[2:]
        elif steps:
            steps[-1][1].append(line)
        else:
            raise ValueError(f"a console block begins with a command, not with: {line}")
    return steps


def says(expected: list, printed: str):
    """Whether `printed` is what the document shows."""
    pattern = ""
    for line in expected:
        if line.strip() == "…":
            pattern += r"(?:[^\n]*\n)*?"
        else:
            pattern += r"[^\n]*?".join(re.escape(part) for part in line.rstrip().split("…")) + r"[ \t]*\n"
    return re.fullmatch(pattern, printed if printed.endswith("\n") or not printed else printed + "\n") is not None
