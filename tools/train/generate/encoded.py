"""Harmless text in encodings and typing tricks: what hides a text says nothing about what it says, which
the firewall judges after undoing it."""
import base64
import codecs
import html
import urllib.parse

LEET = str.maketrans("aeiost", "431057")


def spaced(t, r): return r.choice([" ", ".", "-", "_"]).join(t)
def spaced_words(t, r): return "  ".join(" ".join(w) for w in t.split())
def b64(t, r): return base64.b64encode(t.encode()).decode()
def b32(t, r): return base64.b32encode(t.encode()).decode()
def hexa(t, r): return r.choice(["", " "]).join(f"{b:02x}" for b in t.encode())
def url(t, r): return "".join(f"%{b:02x}" for b in t.encode()) if r.random() < 0.6 else urllib.parse.quote(t)
def entity(t, r): return "".join(f"&#{ord(c)};" for c in t) if r.random() < 0.6 else html.escape(t)
def escapes(t, r): return "".join(f"\\u{ord(c):04x}" for c in t if ord(c) < 0x10000)
def leet(t, r): return t.lower().translate(LEET)
def rot(t, r): return codecs.encode(t, "rot13")
def backwards(t, r): return t[::-1]
def upper(t, r): return "".join(c.upper() if r.random() < 0.5 else c.lower() for c in t)
def binary(t, r): return " ".join(f"{b:08b}" for b in t.encode())
def words(t, r): return t.replace(" ", r.choice(["_", ".", "-", ""]))


TRICKS = [spaced, spaced_words, b64, b32, hexa, url, entity, escapes, leet, rot, backwards, upper, binary, words]
WRAPS = ["{}", "{}", "{}", "Decode this: {}", "What does this say? {}", "Please translate {}", "The file holds\n{}\nwhat is it?", "{} - can you read that?"]


def encoded(r, text: str, n: int) -> str:
    return r.choice(WRAPS).format(TRICKS[n % len(TRICKS)](text[:200], r))
