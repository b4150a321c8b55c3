"""Names of files that came without their encoding: an archive says only of names in UTF-8 how they are encoded.

Windows packs names in the encoding of its language, a Mac in UTF-8 without saying so. A short name may be valid in
several (猫 in GBK is è in UTF-8), so all names of an archive are asked together.
"""

import unicodedata
from collections.abc import Iterable

ENCODINGS = ("utf-8", "gbk", "cp950", "cp437", "cp932")  # of two that read equally well the first counts
LOOKED_AT = 20_000  # bytes of different names
# The first bytes of the usual characters of an encoding; those of its rarer ones, and of its punctuation.
ROWS = {
    "gbk": (range(0xB0, 0xD8), {*range(0xA1, 0xA4), *range(0xD8, 0xF8)}),
    "cp950": (range(0xA4, 0xC7), {*range(0xA1, 0xA4), *range(0xC9, 0xFA)}),
    "cp932": (range(0x88, 0x99), {*range(0x99, 0xEB)}),
}
SURE, LIKELY, POSSIBLE, STRANGE, BROKEN = 1.0, 0.9, 0.3, 0.0, -1.0  # how well a character speaks for an encoding


def encoding_of(names: Iterable[bytes]) -> str:
    """The encoding in which these names read best. Parts of a path count once, however many files lie there."""
    parts = sorted({part for name in names for part in name.split(b"/") if not part.isascii()})
    text = b"/".join(parts)[:LOOKED_AT]
    return max(ENCODINGS, key=lambda encoding: _likeness(text, encoding))


def _likeness(text: bytes, encoding: str) -> float:
    """How much a text looks like a person's words in an encoding: the mean over what is not ASCII."""
    read = text.decode(encoding, "replace")
    scores = [
        _score(character, before, after, encoding)
        for before, character, after in zip("/" + read, read, read[1:] + "/", strict=False)
        if not character.isascii()
    ]
    return sum(scores) / len(scores) if scores else STRANGE


def _score(character: str, before: str, after: str, encoding: str) -> float:
    if character == "\ufffd":
        return BROKEN
    in_word = any(one.isascii() and one.isalpha() for one in (before, after))
    match encoding:
        case "utf-8":
            if character > "\u07ff":  # three bytes or more: no accident
                return SURE
            return SURE if in_word and unicodedata.category(character)[0] in "LM" else LIKELY
        case "cp437":
            if not unicodedata.name(character, "").startswith("LATIN"):
                return STRANGE
            return SURE if in_word else POSSIBLE
        case "cp932" if "\u3041" <= character <= "\u30fe":  # kana
            return SURE
    code = character.encode(encoding, "replace")
    if len(code) < 2 or (encoding == "gbk" and code[1] < 0xA1):  # one that GBK has beyond GB 2312
        return STRANGE
    usual, rarer = ROWS[encoding]
    if code[0] in usual:
        return LIKELY if in_word else SURE  # beside Latin letters it is rather one of them
    return LIKELY if code[0] in rarer else STRANGE
