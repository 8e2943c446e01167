"""Generates texts with persons' names and postal addresses, and texts that look as if they had some. Seeded:
the same texts every time. A template marks a name as {n…} and an address as {a…}; what the spans are is known
as the text is put together, so that no label is guessed.
"""
import json
import pathlib
import random
import re

from names_words import BRANDS, FOREIGN, STATES, STREET_STEMS, TOWNS, VERBS

SLOT = re.compile(r"\{(\|[^{}]*|[^{}\s\"'])\}")
HERE = pathlib.Path(__file__).resolve().parent
LEXICON = HERE.parents[2] / "src/firewall/rules/lexicon.txt"
GAZETTEER = HERE.parents[2] / "src/firewall/rules/gazetteer.txt"


def words_of(cls: str) -> list[str]:
    words = []
    for line in GAZETTEER.read_text(encoding="utf-8").splitlines():
        if line.startswith(cls + ":"):
            words += [w for w in line.split(":")[1].split() if not w.startswith("*")]
    return list(dict.fromkeys(words))


def capital(word: str) -> str:
    return "-".join(part[:1].upper() + part[1:] for part in word.split("-"))


class Names:
    """Persons of many countries: known names, and new ones put together from halves of known ones."""
    PARTICLES = ["van der", "van de", "van", "von", "de", "de la", "del", "di", "da", "dos", "al", "bin", "el", "le",
                 "ter", "von der", "zu", "ten"]
    TITLES = ["Mr.", "Mrs.", "Ms.", "Dr.", "Prof.", "Mr", "Mrs", "Miss", "Herr", "Frau", "Herrn", "Sir", "Lady", "Mme",
              "Monsieur", "Madame", "Señor", "Señora", "Sr.", "Sra.", "Signora", "Dott.", "Professor", "Doctor",
              "President", "Senator", "Captain", "Judge", "Shri", "Meneer", "Mevrouw", "Sister", "Detective", "Officer"]

    def __init__(self, rng: random.Random):
        self.rng = rng
        self.known_first = words_of("first")
        self.known_last = words_of("last")

    def halves(self, pool: list[str]) -> str:
        a, b = self.rng.choice(pool), self.rng.choice(pool)
        cut_a = self.rng.randint(2, max(2, min(5, len(a) - 1)))
        cut_b = self.rng.randint(1, max(1, len(b) - 2))
        return (a[:cut_a] + b[cut_b:]).replace("'", "").replace("-", "")

    def first(self) -> str:
        if self.rng.random() < 0.62:
            name = self.rng.choice(self.known_first)
        else:
            name = self.halves(self.known_first)
        if self.rng.random() < 0.04:
            name += "-" + self.rng.choice(self.known_first)
        return capital(name)

    def last(self) -> str:
        r = self.rng.random()
        if r < 0.5:
            name = self.rng.choice(self.known_last)
        elif r < 0.93:
            name = self.halves(self.known_last)
        else:
            head = self.rng.choice(["Mc", "Mac", "O'", "D'", "O'", "D'", "Fitz", "Saint-"])
            return head + capital(self.rng.choice(self.known_last))
        if self.rng.random() < 0.05:
            name += "-" + self.rng.choice(self.known_last)
        return capital(name)

    def initial(self) -> str:
        return self.rng.choice("ABCDEFGHIJKLMNOPRSTVW") + "."

    def full(self) -> str:
        r, rng = self.rng.random(), self.rng
        first, last = self.first(), self.last()
        if r < 0.55:
            return f"{first} {last}"
        if r < 0.63:
            return f"{first} {self.initial()} {last}"
        if r < 0.69:
            return f"{first} {rng.choice(self.PARTICLES)} {last}"
        if r < 0.74:
            return f"{first} {self.first()} {last}"
        if r < 0.79:
            return f"{self.initial()} {last}"
        if r < 0.83:
            return f"{self.initial()} {self.initial()} {last}"
        if r < 0.87:
            return f"{last}, {first}"
        if r < 0.89:
            return f"{rng.choice(self.PARTICLES)} {last}, {first}"
        if r < 0.92:
            return f"{first} {last} {self.last()}"
        if r < 0.94:
            return f"{first} {last}".upper()
        if r < 0.96:
            return f"{last.upper()} {first}"
        if r < 0.98:
            return f"{first} {rng.choice(['y', 'e', 'de', 'Mc', 'St.'])} {last}"
        return f"{first} {last}" + rng.choice([" Jr", " III", " Sr", " II"])

    def titled(self) -> str:
        """The title is no part of the name; it is returned apart."""
        return self.rng.choice(self.TITLES)


class Addresses:
    """Postal addresses as they are written in ten countries."""

    def __init__(self, rng: random.Random, names: Names):
        self.rng, self.names = rng, names

    def stem(self) -> str:
        rng = self.rng
        return rng.choice([lambda: rng.choice(STREET_STEMS), self.names.last, self.names.first,
                           lambda: rng.choice(STREET_STEMS)])()

    def town(self) -> str:
        rng = self.rng
        return rng.choice(TOWNS) if rng.random() < 0.6 else capital(self.names.halves([t.lower() for t in TOWNS]))

    def number(self) -> str:
        r = self.rng.random()
        n = str(self.rng.randint(1, 250 if r < 0.7 else 9999))
        return n + (self.rng.choice("abcABC") if r > 0.92 else "")

    def digits(self, count: int) -> str:
        return str(self.rng.randint(1, 9)) + "".join(str(self.rng.randint(0, 9)) for _ in range(count - 1))

    def us(self) -> str:
        rng = self.rng
        kind = rng.choice(["Street", "St", "St.", "Road", "Rd", "Avenue", "Ave", "Ave.", "Boulevard", "Blvd", "Lane",
                           "Drive", "Dr", "Court", "Place", "Way", "Parkway", "Terrace", "Circle", "Highway", "Trail"])
        side = rng.choice(["", "", "", "N ", "North ", "W. ", "South ", "E "])
        name = rng.choice([self.stem(), f"{rng.randint(1, 120)}th", self.stem(), self.stem() + " " + self.stem()])
        text = f"{self.number()} {side}{name} {kind}"
        if rng.random() < 0.3:
            text += rng.choice([", ", " ", "\n"]) + rng.choice(["Apt ", "Apt. ", "Suite ", "Unit ", "#", "Floor "]) + \
                str(rng.randint(1, 999))
        if rng.random() < 0.75:
            text += rng.choice([", ", "\n", ", "]) + self.town()
            if rng.random() < 0.9:
                text += ", " + rng.choice(STATES)
                if rng.random() < 0.85:
                    text += " " + self.digits(5) + ("-" + self.digits(4) if rng.random() < 0.1 else "")
            if rng.random() < 0.15:
                text += rng.choice([", USA", "\nUSA", ", United States"])
        if rng.random() < 0.06:
            text = f"P.O. Box {rng.randint(1, 9999)}, {self.town()}, {rng.choice(STATES)} {self.digits(5)}"
        return text

    def uk(self) -> str:
        rng = self.rng
        kind = rng.choice(["Street", "Road", "Lane", "Close", "Crescent", "Gardens", "Mews", "Terrace", "Hill", "Row",
                           "Square", "Walk", "Green", "Avenue", "Drive", "Way", "Grove", "Park Road"])
        text = f"{self.number()} {self.stem()} {kind}"
        if rng.random() < 0.2:
            text = rng.choice(["Flat ", "Unit ", "Apartment "]) + str(rng.randint(1, 60)) + rng.choice(["", "A", "B"]) + \
                ", " + text
        if rng.random() < 0.15:
            text = f"{self.stem()} {rng.choice(['House', 'Cottage', 'Court', 'Lodge'])}, {text}"
        if rng.random() < 0.75:
            text += rng.choice([", ", "\n"]) + self.town()
            if rng.random() < 0.8:
                area = rng.choice(["SW", "NW", "N", "E", "M", "B", "LS", "BS", "EH", "G", "CF", "OX", "CB", "BT"])
                text += rng.choice([" ", ", ", "\n"]) + f"{area}{rng.randint(1, 28)} {rng.randint(1, 9)}" + \
                    "".join(rng.choice("ABDEFGHJLNPQRSTUWXYZ") for _ in range(2))
        return text

    def de(self) -> str:
        rng = self.rng
        stem = self.stem()
        street = rng.choice([stem + rng.choice(["straße", "str.", "weg", "platz", "allee", "gasse", "ring", "damm"]),
                             stem + rng.choice(["straße", "str.", "strasse"]),
                             rng.choice(["Am ", "An der ", "Im ", "Zum ", "Auf dem "]) + stem,
                             stem + "-" + self.stem() + rng.choice(["-Straße", "-Platz", "-Str.", "-Weg"]),
                             rng.choice(["Alte ", "Neue ", "Große ", "Lange "]) + rng.choice(["Gasse", "Straße"])])
        text = f"{street} {self.number()}"
        if rng.random() < 0.78:
            text += rng.choice([", ", "\n", ", ", " in "]) + rng.choice(["", "", "D-"]) + \
                self.digits(rng.choice([5, 5, 5, 4])) + " " + self.town()
        return text

    def fr(self) -> str:
        rng = self.rng
        kind = rng.choice(["rue", "avenue", "boulevard", "place", "chemin", "impasse", "allée", "quai", "Rue", "cours",
                           "route", "Avenue", "bd"])
        link = rng.choice(["de la ", "du ", "des ", "de ", "", "de l'", "Saint-"])
        text = f"{rng.randint(1, 220)}{rng.choice(['', '', ' bis', ' ter', ','])} {kind} {link}{self.stem()}"
        if rng.random() < 0.75:
            text += rng.choice([", ", "\n", " "]) + self.digits(5) + " " + self.town()
        return text

    def es(self) -> str:
        rng = self.rng
        kind = rng.choice(["Calle", "C/", "Avenida", "Avda.", "Plaza", "Paseo", "Carrera", "calle", "Camino", "Ronda"])
        link = rng.choice(["de ", "de la ", "del ", "", "", "de los "])
        text = f"{kind} {link}{self.stem()}{rng.choice([', ', ' ', ' nº '])}{rng.randint(1, 220)}"
        if rng.random() < 0.4:
            text += f", {rng.randint(1, 9)}{rng.choice(['º ', '° ', 'o '])}{rng.choice(['A', 'B', 'izq', 'dcha', 'D'])}"
        if rng.random() < 0.75:
            text += rng.choice([", ", "\n"]) + self.digits(5) + " " + self.town()
        return text

    def it(self) -> str:
        rng = self.rng
        kind = rng.choice(["Via", "Viale", "Piazza", "Corso", "Vicolo", "via", "Largo", "Strada"])
        link = rng.choice(["", "", "dei ", "della ", "del ", "San ", "delle "])
        text = f"{kind} {link}{self.stem()}{rng.choice([', ', ' ', ' n. '])}{rng.randint(1, 220)}"
        if rng.random() < 0.75:
            text += rng.choice([", ", "\n", " - "]) + self.digits(5) + " " + self.town() + \
                rng.choice(["", " (MI)", " RM", " (TO)"])
        return text

    def nl(self) -> str:
        rng = self.rng
        stem = self.stem()
        street = stem + rng.choice(["straat", "laan", "gracht", "plein", "kade", "weg", "dijk", "singel"])
        text = f"{street} {self.number()}" + rng.choice(["", "", " hs", "-II", " bis"])
        if rng.random() < 0.75:
            text += rng.choice([", ", "\n"]) + self.digits(4) + rng.choice([" ", ""]) + \
                "".join(rng.choice("ABDEGHJKLMNPRSTVWXZ") for _ in range(2)) + " " + self.town()
        return text

    def india(self) -> str:
        rng = self.rng
        text = rng.choice(["Flat No. ", "Flat ", "House No. ", "No. ", "Plot ", "", "Door No. "]) + self.number()
        if rng.random() < 0.4:
            text += f", {self.stem()} {rng.choice(['Apartments', 'Towers', 'Residency', 'Enclave', 'Heights'])}"
        text += ", " + rng.choice([f"{rng.randint(1, 30)}th Cross", f"{self.stem()} Road", f"{self.stem()} Nagar",
                                   f"Sector {rng.randint(1, 99)}", f"{self.stem()} Marg", f"{self.stem()} Colony",
                                   f"{rng.randint(1, 20)}th Main Road", f"{self.stem()} Layout"])
        if rng.random() < 0.8:
            text += ", " + self.town() + rng.choice([" ", " - ", ", "]) + self.digits(6)
        return text

    def br(self) -> str:
        rng = self.rng
        kind = rng.choice(["Rua", "Avenida", "Av.", "Travessa", "Alameda", "Praça", "R.", "rua"])
        link = rng.choice(["", "", "das ", "da ", "dos ", "do ", "São "])
        text = f"{kind} {link}{self.stem()}, {rng.choice(['', '', 'nº '])}{rng.randint(1, 3000)}"
        if rng.random() < 0.4:
            text += rng.choice([", apto ", ", Apto. ", " - bloco ", ", sala "]) + str(rng.randint(1, 200))
        if rng.random() < 0.75:
            text += rng.choice([", ", " - ", "\n"]) + self.town() + rng.choice([" - SP", "/RJ", ", MG", " - BA", ""])
            if rng.random() < 0.6:
                text += f", {self.digits(5)}-{self.digits(3)}"
        return text

    def jp(self) -> str:
        rng = self.rng
        town = self.town()
        text = f"{rng.randint(1, 9)}-{rng.randint(1, 30)}-{rng.randint(1, 30)} {town}"
        if rng.random() < 0.7:
            text += f", {self.town()}-{rng.choice(['ku', 'shi', 'cho'])}"
        return text + rng.choice([", Tokyo", ", Osaka", ", Kyoto", ", Tokyo, Japan"]) + \
            rng.choice(["", f" {self.digits(3)}-{self.digits(4)}"])

    def other(self) -> str:
        rng = self.rng
        stem = self.stem()
        street = rng.choice([f"ul. {stem}", f"ulica {stem}", stem + "gatan", stem + "vägen", stem + "gade", stem + "vej",
                             stem + "katu", stem + " utca", stem + "tie", stem + " út", stem + "gata"])
        text = f"{street} {self.number()}" + rng.choice(["", "", "/" + str(rng.randint(1, 40))])
        if rng.random() < 0.7:
            text += rng.choice([", ", "\n"]) + rng.choice([self.digits(2) + "-" + self.digits(3), self.digits(5),
                                                           self.digits(3) + " " + self.digits(2), self.digits(4)])
            text += " " + self.town()
        return text

    def any(self) -> str:
        makers = [self.us, self.us, self.us, self.uk, self.uk, self.de, self.de, self.fr, self.es, self.it, self.nl,
                  self.india, self.br, self.jp, self.other]
        text = self.rng.choice(makers)()
        r = self.rng.random()
        if r < 0.05:
            return text.lower()
        if r < 0.09:
            return text.upper()
        return text.replace("\n", ", ") if r < 0.4 else text


class Writer:
    """Fills templates and keeps where names and addresses come to stand."""

    def __init__(self, seed: int):
        self.rng = random.Random(seed)
        self.names = Names(self.rng)
        self.addresses = Addresses(self.rng, self.names)
        people = set(self.names.known_first + self.names.known_last)
        words = [w for w in LEXICON.read_text(encoding="utf-8").split() if len(w) > 2 and w not in people]
        pick = self.rng.choice
        brands = [BRANDS.get(w, capital(w)) for w in words_of("brand")]
        places = [capital(w) for w in words_of("place") if len(w) > 2]
        days = [capital(w) for w in words_of("calendar") if len(w) > 3]
        self.plain = {"C": lambda: capital(pick(words)), "W": lambda: pick(words), "B": lambda: pick(brands),
                      "P": lambda: pick(places), "M": lambda: pick(days), "L": self.names.last, "V": lambda: pick(VERBS), "Y": self.place, "Ç": lambda: self.foreign(True), "ç": lambda: self.foreign(False),
                      "X": lambda: pick([capital(pick(words)) + capital(pick(words)), pick(words).upper(),
                                         pick(words) + capital(pick(words))])}

    def fill(self, template: str, lower: bool = False) -> dict:
        """{n} full name, {f} first name, {l} last name, {t} title; {a} address; {|a|b|c} one of; the rest fills."""
        out, spans, at = b"", [], 0
        for slot in SLOT.finditer(template):
            out += template[at:slot.start()].encode()
            at = slot.end()
            kind, value = self.value(slot[1])
            if lower and kind == "name":
                value = value.lower()
            if kind:
                spans.append([len(out), len(out) + len(value.encode()), kind])
            out += value.encode()
        out += template[at:].encode()
        return {"text": out.decode(), "spans": spans}

    def place(self) -> str:
        """A town that nobody has heard of."""
        rng = self.rng
        town = capital(self.names.halves([t.lower() for t in TOWNS]))
        r = rng.random()
        if r < 0.2:
            town += rng.choice([" de ", " de la ", " del ", " di ", " am ", " an der ", " sur ", " nad ", " upon "]) + \
                capital(self.names.halves([t.lower() for t in TOWNS]))
        elif r < 0.4:
            town = rng.choice(["New", "San", "Santa", "Saint", "St.", "Mont", "Bad", "Los", "El", "Port", "North"]) + " " + town
        elif r < 0.5:
            town = town.upper()
        elif r < 0.6:
            town = self.names.last() + rng.choice(["ville", "burg", "ton", "dorf", "stad", "by"])
        return town

    def foreign(self, capitals: bool) -> str:
        """A phrase of another language: nouns with their articles; German ones have capitals."""
        rng = self.rng
        language = rng.choice("de de de fr es it pt nl tr vi".split() if capitals else "fr es it pt nl".split())
        nouns, links = FOREIGN[language]
        count = rng.randint(1, 3)
        phrase = [rng.choice(nouns) for _ in range(count)]
        if language == "de" or capitals and rng.random() < 0.5:
            phrase = [capital(w) for w in phrase]
        else:
            phrase[0] = capital(phrase[0]) if capitals else phrase[0]
        text = phrase[0]
        for word in phrase[1:]:
            text += " " + rng.choice(links) + " " + word
        return text

    def value(self, key: str) -> tuple[str, str]:
        rng = self.rng
        if key == "n":
            return "name", self.names.full()
        if key == "f":
            return "name", self.names.first()
        if key == "l":
            return "name", self.names.last()
        if key == "a":
            return "address", self.addresses.any()
        if key == "t":
            return "", self.names.titled()
        if key == "d":
            return "", str(rng.randint(1, 2030))
        if key == "T":
            return "", rng.choice(TOWNS)
        if key in self.plain:
            return "", self.plain[key]()
        if key.startswith("|"):
            return "", rng.choice(key[1:].split("|"))
        return "", "{" + key + "}"


def rows(seed: int, count: int, templates: list[str], source: str, lower: float = 0.0) -> list[dict]:
    writer = Writer(seed)
    made = []
    for i in range(count):
        template = templates[i % len(templates)].replace("⏎", "\n")
        row = writer.fill(template, writer.rng.random() < lower)
        made.append({**row, "source": source})
    return made


def main(out: pathlib.Path) -> None:
    import names_lookalikes
    import names_templates as t
    made = rows(101, 22000, t.NAMES, "gen-names") + rows(102, 2200, t.NAMES_LOWER, "gen-names-lower", 1.0) + \
        rows(103, 6500, t.ADDRESSES, "gen-addresses") + rows(104, 2500, t.BOTH, "gen-both") + \
        rows(105, 11000, names_lookalikes.NEITHER, "gen-neither")
    with out.open("w", encoding="utf-8") as file:
        for row in made:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    import sys
    main(pathlib.Path(sys.argv[1]))
