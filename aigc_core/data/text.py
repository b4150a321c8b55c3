"""Texts: installed with Python, public, or the user's own."""

import json
import re
import unicodedata
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from aigc_core.common.errors import DataError, message
from aigc_core.common.progress import ProgressCallback
from aigc_core.data.download import cache_folder, fetch, local_data
from aigc_core.data.settings import TextSettings
from aigc_core.data.sources import Text

LARGEST_TEXT = 200_000_000  # bytes
UTF_8 = "UTF-8"
WESTERN, CENTRAL = "cp1252", "cp1250"
MOST_NO_TEXT = 0.001  # part of a text
MOST_FILES_NAMED = 20
TOLD_FROM, LEAST_TOLD = 65_536, 64  # bytes whose encoding is recognised
MANY_BYTES = ("gb18030", "big5", "cp932", "euc_jis_2004", "cp949")  # a character, as `charset-normalizer` calls them
EXCERPTS = 20  # that stand for a long text
Row = TypeVar("Row", str, np.ndarray)
SHAKESPEARE = "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt"
SHAKESPEARE_SHA256 = "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"
TANG = "https://raw.githubusercontent.com/chinese-poetry/chinese-poetry/50744d0c726927ee06c8f8542005eb5c93d73e90/json/"
TANG_POEMS = 58_000  # in files of a thousand each
FORMS = {"五绝": (2, 5), "七绝": (2, 7), "五律": (4, 5), "七律": (4, 7)}  # couplets, and characters in half of one


def docs(config: object, progress: ProgressCallback) -> Text:
    """The help texts that come with every CPython."""
    from pydoc_data.topics import topics

    return Text(["\n".join(topics.values())])


def shakespeare(config: object, progress: ProgressCallback) -> Text:
    here = local_data("text")
    path = here / "tiny_shakespeare.txt" if here else None
    if path is None or not path.is_file():
        path = fetch(
            SHAKESPEARE,
            cache_folder() / "text" / "tiny_shakespeare.txt",
            SHAKESPEARE_SHA256,
            progress,
            "$AIGC_DATA/text",
        )
    return Text([_read(path)])


def tang(config: object, progress: ProgressCallback) -> Text:
    """Regular poems, each as `《title》form` and its lines; the forms are 五绝, 七绝, 五律 and 七律."""
    here = local_data("text")
    if here and (path := here / "tang_poems.txt").is_file():
        return Text(_read(path).strip().split("\n\n"))
    folder = cache_folder() / "text" / "tang"
    documents = []
    for start in range(0, TANG_POEMS, 1000):
        name = f"cn.poet.tang.{start}.json"
        # No digest is known for these, but the address names a commit, which cannot change.
        path = fetch(TANG + name, folder / name, None, progress, "$AIGC_DATA/text/tang_poems.txt")
        documents += [poem for one in json.loads(_read(path)) if (poem := regular_poem(one)) is not None]
    return Text(documents)


def regular_poem(poem: dict[str, Any]) -> str | None:
    """A poem of the collection as text, or None unless it is of four or eight lines of five or seven."""
    couplets = poem["paragraphs"]
    lengths = {len(line) for couplet in couplets for line in re.split("[，。]", couplet) if line}
    if len(couplets) not in (2, 4) or len(lengths) != 1 or not lengths <= {5, 7}:
        return None
    line = f"[\u4e00-\u9fff]{{{lengths.pop()}}}"
    if not all(re.fullmatch(f"{line}，{line}。", couplet) for couplet in couplets):
        return None
    form = ("五" if len(couplets[0]) == 12 else "七") + ("绝" if len(couplets) == 2 else "律")
    return "\n".join([f"《{poem['title']}》{form}", *couplets])


def keeps_form(poem: str) -> bool:
    """Whether a poem has the lines and the lengths that its first line names, 《title》form."""
    first, *couplets = poem.strip("\n").split("\n")
    if first[-2:] not in FORMS:
        return False
    couplets_wanted, length = FORMS[first[-2:]]
    line = f"[\u4e00-\u9fff]{{{length}}}"
    return len(couplets) == couplets_wanted and all(re.fullmatch(f"{line}，{line}。", one) for one in couplets)


def user_text(config: TextSettings, progress: ProgressCallback) -> Text:
    """A file, or the .txt files of a folder, each a document."""
    path = Path(config.data_path)
    if not config.data_path:
        raise DataError(
            "data.no_own_text", "The text that this model learned from is not on this machine; nothing can be measured."
        )
    files = sorted(one for one in path.rglob("*.txt") if one.is_file()) if path.is_dir() else [path]
    if not files or not all(one.is_file() for one in files):
        raise DataError(
            "data.no_file", "There is no file {path}, nor a folder with .txt files; check the path.", path=path
        )
    _check_size(sum(one.stat().st_size for one in files), path.name)
    documents, notes = [], []
    for number, one in enumerate(files):
        progress(number / len(files), one.name)
        text, encoding = read_text(one, one.name)
        documents.append(text)
        if encoding != UTF_8:
            notes.append(
                message(
                    "data.read_as",
                    "The text was read as {encoding}, not as UTF-8; if it looks garbled, save it as UTF-8.",
                    encoding=encoding,
                )
                if len(files) == 1
                else message(
                    "data.file_read_as",
                    "{file} was read as {encoding}, not as UTF-8; if it looks garbled, save it as UTF-8.",
                    file=one.name,
                    encoding=encoding,
                )
            )
    return Text(documents, notes[:MOST_FILES_NAMED])


def cleaned(text: Text) -> Text:
    """Line ends as \\n, no control characters, one Unicode form (NFC), no document twice."""
    tidy = [
        _CONTROL.sub("", unicodedata.normalize("NFC", one.replace("\r\n", "\n").replace("\r", "\n"))).strip("\n")
        for one in text.documents
    ]
    unique = list(dict.fromkeys(one for one in tidy if one.strip()))
    notes = [*text.notes]
    if len(unique) < len(text.documents):
        notes.append(
            message(
                "data.repeated_documents",
                "{count} empty or repeated documents were left out",
                count=len(text.documents) - len(unique),
            )
        )
    return Text(unique, notes)


_NO_TEXT = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9f\ufffd\ue000-\uf8ff]")  # in text, hardly ever
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufeff]")


def excerpts(text: Row, most: int) -> list[Row]:
    """`text` (or tokens (T,)), or `EXCERPTS` of it at equal distances, `most` together."""
    if len(text) <= most:
        return [text]
    width = most // EXCERPTS
    return [text[start : start + width] for start in np.linspace(0, len(text) - width, EXCERPTS, dtype=int)]


def read_text(path: Path, name: str) -> tuple[str, str]:
    """A person's text, and the encoding that it is in: UTF-8, or one that is recognised (`charset-normalizer`).

    Args:
        name: what the person calls the file.

    Raises:
        DataError: it is too large, cannot be read, or is no text; the sentence says where the first bad byte is.
    """
    try:
        _check_size(path.stat().st_size, name)
        content = path.read_bytes()
    except OSError as problem:
        raise DataError(
            "data.unreadable", "{file} cannot be read ({problem}).", file=name, problem=problem.strerror
        ) from None
    try:
        text, bad = content.decode("utf-8-sig"), content.find(b"\0")
        if bad < 0:
            return text, UTF_8
    except UnicodeDecodeError as problem:
        text, bad = "", problem.start
        if _is_damaged_utf8(content):
            raise _bad_byte(name, UTF_8, content, bad) from None
    encoding = _recognised(content, bad)
    if encoding is not None:
        try:
            read = content.decode(encoding).removeprefix("\ufeff")
        except UnicodeDecodeError as problem:
            raise _bad_byte(name, _spelt(encoding), content, problem.start) from None
        if len(read) - len(_NO_TEXT.sub("", read)) <= MOST_NO_TEXT * len(read):
            return read, _spelt(encoding)
    if text:  # with a zero byte or so, which cleaning takes out
        return text, UTF_8
    raise DataError(
        "data.not_utf8",
        "{file} is not a text in UTF-8 (byte {byte}, in line {line}, does not fit), nor in another encoding that is "
        "recognised; save it as UTF-8 and try again.",
        file=name,
        **_place(content, bad),
    )


def _bad_byte(name: str, encoding: str, content: bytes, place: int) -> DataError:
    return DataError(
        "data.bad_byte",
        "{file} is a text in {encoding}, but byte {byte} (in line {line}) does not fit; mend that place, or save the "
        "text as UTF-8 anew.",
        file=name,
        encoding=encoding,
        **_place(content, place),
    )


def _place(content: bytes, place: int) -> dict[str, int]:
    """Where a byte stands, as people and editors count: from 1."""
    return {"byte": place + 1, "line": content.count(b"\n", 0, place) + 1}


def _is_damaged_utf8(content: bytes) -> bool:
    """Whether more of it is UTF-8 beyond ASCII than is not."""
    read = content.decode("utf-8", "replace")
    wrong = read.count("\ufffd")
    return wrong < len(read) - len(read.encode("ascii", "ignore")) - wrong


def _recognised(content: bytes, bad: int) -> str | None:
    """The likeliest encoding of what is not UTF-8 from byte `bad` on; None if it is no text in any.

    It is told from a part that begins with a line, for speed. In a text that is damaged, or torn in a character, it is
    that of what stands before the damage.
    """
    from charset_normalizer import from_bytes

    wide = b"\0" in content[:TOLD_FROM]  # two or four bytes a character: only the begin is surely one of those
    start = 0 if wide else content.rfind(b"\n", 0, bad) + 1
    part = content[start : start + TOLD_FROM]
    for encoding in () if wide else MANY_BYTES:
        sound = _sound(part, encoding)
        guess = from_bytes(sound).best() if len(sound) >= LEAST_TOLD or sound == part else None
        if guess is not None and guess.encoding == encoding:
            return encoding
    guesses = from_bytes(part)
    best = guesses.best()
    if best is None:
        return None
    # To the library French in Windows' western letters is as likely to be in its central European ones.
    western = [one for one in guesses if one.chaos == best.chaos and WESTERN in one.could_be_from_charset]
    return WESTERN if best.encoding == CENTRAL and western else best.encoding


def _sound(part: bytes, encoding: str) -> bytes:
    """What of it fits an encoding before anything does not."""
    try:
        part.decode(encoding)
    except UnicodeDecodeError as problem:
        return part[: problem.start]
    return part


def _spelt(encoding: str) -> str:
    return encoding.upper().replace("_", "-")


def _check_size(size: int, name: str) -> None:
    if size > LARGEST_TEXT:
        raise DataError(
            "data.text_too_large",
            "{file} is larger than {limit} MB, more than fits here; cut it into a part.",
            file=name,
            limit=LARGEST_TEXT // 1_000_000,
        )


def _read(path: Path) -> str:
    return read_text(path, path.name)[0]
