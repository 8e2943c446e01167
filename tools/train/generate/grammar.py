"""Templates to text. `{a|b}` picks one, `[name]` expands a list of the lexicon, both nest.

Everything is drawn from one seeded generator, so a run is reproducible to the byte."""
import random


class Grammar:
    def __init__(self, lexicon: dict[str, list[str]], seed: int):
        self.lexicon = lexicon
        self.random = random.Random(seed)

    def expand(self, template: str, depth: int = 0) -> str:
        if depth > 12:
            raise ValueError(f"lexicon refers to itself: {template!r}")
        out, at = [], 0
        while at < len(template):
            c = template[at]
            if c == "{":
                end, options = self._options(template, at)
                out.append(self.expand(self.random.choice(options), depth + 1))
                at = end
            elif c == "[" and (end := template.find("]", at)) > 0 and template[at + 1:end] in self.lexicon:
                out.append(self.expand(self.random.choice(self.lexicon[template[at + 1:end]]), depth + 1))
                at = end + 1
            else:
                out.append(c)
                at += 1
        return "".join(out)

    @staticmethod
    def _options(template: str, at: int) -> tuple[int, list[str]]:
        depth, options, current = 0, [], []
        for i in range(at, len(template)):
            c = template[i]
            if c == "{":
                depth += 1
                if depth == 1:
                    continue
            elif c == "}":
                depth -= 1
                if depth == 0:
                    options.append("".join(current))
                    return i + 1, options
            elif c == "|" and depth == 1:
                options.append("".join(current))
                current = []
                continue
            current.append(c)
        raise ValueError(f"unclosed brace: {template!r}")

    def many(self, templates: list[str], count: int, tries: int = 20) -> list[str]:
        """Up to `count` different texts, evenly over the templates."""
        seen, out = set(), []
        for i in range(count * tries):
            if len(out) >= count:
                break
            text = self.expand(templates[i % len(templates)]).strip()
            if text not in seen:
                seen.add(text)
                out.append(text)
        return out

    def roughen(self, text: str) -> str:
        """The surface of real typing: case, full stops, an odd letter lost."""
        r = self.random.random()
        if r < 0.15:
            text = text.lower()
        elif r < 0.19:
            text = text.upper()
        if self.random.random() < 0.2 and text.endswith("."):
            text = text[:-1]
        if self.random.random() < 0.08 and len(text) > 20:
            at = self.random.randrange(5, len(text) - 5)
            text = text[:at] + text[at + 1:]
        return text
