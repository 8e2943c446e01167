"""Texts written one by one for this project, tools/train/written: what no grammar makes, the variety of
people's wording. Attacks, and for each kind of attack its harmless twins."""
import json
import pathlib

FOLDER = pathlib.Path(__file__).parent.parent / "written"
folders = [FOLDER]
HARMLESS = ("harmless_trigger", "harmless_languages", "harmless_roleplay", "harmless_work", "harmless_brief")
ATTACKS = ("attack_hijack", "attack_languages")  # attacks, too, where they stand in a document
JAILBREAKS = ("attack_jailbreak", "attack_persuasive")


def json_lines(path: pathlib.Path) -> list[dict]:
    # Not splitlines(): it also splits at U+2028, which JSON leaves unescaped.
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


def rows(name: str) -> list[dict]:
    """Of all files of that name: harmless_tool.jsonl, harmless_tool_2.jsonl."""
    return [row for folder in folders for path in sorted(folder.glob(f"{name}*.jsonl")) for row in json_lines(path)]
