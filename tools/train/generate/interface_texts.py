"""Harmless text in many languages: the interface strings of a pinned Django release (BSD licence), in
which passwords, instructions and errors are spoken of all day. Read from the installed package."""
import gettext
import pathlib
import random
import re

LANGUAGES = ["ar", "bg", "bn", "ca", "cs", "da", "de", "el", "es", "et", "eu", "fa", "fi", "fr", "gl", "he", "hi", "hr", "hu", "id", "is",
             "it", "ja", "ko", "lt", "lv", "mk", "mr", "nb", "nl", "pl", "pt", "pt_BR", "ro", "ru", "sk", "sl", "sq", "sr", "sv", "ta", "te",
             "th", "tr", "uk", "ur", "vi", "zh_Hans", "zh_Hant"]
PER_LANGUAGE = 60


def catalogue(code: str) -> list[str]:
    import django
    out = []
    for path in sorted(pathlib.Path(django.__file__).parent.rglob(f"locale/{code}/LC_MESSAGES/django.mo")):
        with path.open("rb") as file:
            strings = gettext.GNUTranslations(file)._catalog
        for _, text in sorted(strings.items(), key=lambda item: str(item[0])):
            text = re.sub(r"%\(\w+\)[sd]|%[sd]|\{\w*\}", "7", text)
            text = re.sub(r"<[^>]+>", "", text).strip()
            if len(text) > 25 and "Content-Type" not in text:
                out.append(" ".join(text.split()))
    return sorted(set(out))


def texts(seed: int) -> list[str]:
    r = random.Random(seed)
    out = []
    for code in LANGUAGES:
        strings = catalogue(code)
        if not strings:
            continue
        for _ in range(PER_LANGUAGE):
            out.append(" ".join(r.sample(strings, min(len(strings), r.choice([1, 1, 2, 3])))))
    return out
