"""Writes PDF files by hand, object by object, so that a test can see what is in them."""
import base64
import zlib


def stream(data: bytes, entries: bytes = b"", deflate=False):
    if deflate:
        data, entries = zlib.compress(data), entries + b"/Filter/FlateDecode"
    return b"<<%s/Length %d>>\nstream\n%s\nendstream" % (entries, len(data), data)


def document(objects, trailer: bytes = b""):
    """A file of these objects, the first of which is the catalog."""
    out, offsets = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return out + b"xref\n0 %d\n%strailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table, len(objects) + 1, trailer, len(out))


def page(content: str, deflate=True, extra: bytes = b"", trailer: bytes = b""):
    """A file of one page; `extra` are entries of the page."""
    return document(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 612 792]>>",
            b"<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>%s>>" % extra,
            stream(content.encode("latin-1"), deflate=deflate),
            b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
        ],
        trailer,
    )


def lines(*texts: str, paint="0 g"):
    """Content that shows these lines."""
    shown = "".join(f"({text}) Tj T* " for text in texts)
    return f"{paint} BT /F1 11 Tf 14 TL 72 720 Td {shown}ET\n"


def locked():
    """A file for which one needs a password that nobody knows."""
    encryption = b"/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<%s>/U<%s>>>/ID[<01><01>]" % (b"a1" * 32, b"b2" * 32)
    return page(lines("Nobody reads this."), trailer=encryption)


def data_url(file: bytes):
    return "data:application/pdf;base64," + base64.b64encode(file).decode()
