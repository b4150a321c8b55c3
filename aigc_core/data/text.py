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
PIECES = 20  # that a part of a long text consists of
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
    path = Path(config.data_path)
    if not config.data_path:
        raise DataError(
            "data.no_own_text", "The text that this model learned from is not on this machine; nothing can be measured."
        )
    if not path.is_file():
        raise DataError("data.no_file", "There is no file {path}; check the path.", path=path)
    return Text([_read(path)])


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


_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufeff]")


def pieces(text: Row, most: int) -> list[Row]:
    """`text` (or tokens (T,)), or `PIECES` of it at equal distances, `most` together."""
    if len(text) <= most:
        return [text]
    width = most // PIECES
    return [text[start : start + width] for start in np.linspace(0, len(text) - width, PIECES, dtype=int)]


def _read(path: Path) -> str:
    if path.stat().st_size > LARGEST_TEXT:
        raise DataError(
            "data.text_too_large",
            "{file} is larger than {limit} MB, more than fits here; cut it into a part.",
            file=path.name,
            limit=LARGEST_TEXT // 1_000_000,
        )
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise DataError(
            "data.not_utf8", "{file} is not a text in UTF-8; save it as UTF-8 and try again.", file=path.name
        ) from None
    except OSError as problem:
        raise DataError(
            "data.unreadable", "{file} cannot be read ({problem}).", file=path.name, problem=problem.strerror
        ) from None
