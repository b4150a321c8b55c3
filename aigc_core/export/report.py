"""A run as one document to hand in: what it is, its verdict, curves, samples over time, findings, cost and settings."""

import base64
import io
import re
import textwrap
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aigc_core.common.errors import RunError
from aigc_core.evaluation import diagnostics, quality_gate
from aigc_core.evaluation.standing import standing
from aigc_core.export import plots
from aigc_core.locale import device_name, duration, figure_name, sentence, words
from aigc_core.media.kinds import kind_of
from aigc_core.runs.public_view import public_settings
from aigc_core.runs.run import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = ("html", "pdf")
MOST_SAMPLES = 4  # over the training
MOST_LETTERS = 600  # of a text
A4 = (8.27, 11.69)  # inches
MARGIN, LINE = 0.07, 0.0165  # of a page
ACROSS = 100  # letters in a line of a page; a Chinese character is as wide as two

Rows = list[tuple[str, str]]


@dataclass
class Contents:
    """What a report says, in words; a part that is empty is left out."""

    title: str
    facts: Rows
    verdict: str = ""
    conditions: Rows = field(default_factory=list)
    figures: Rows = field(default_factory=list)
    findings: Rows = field(default_factory=list)
    cost: Rows = field(default_factory=list)
    settings: Rows = field(default_factory=list)
    samples: list[tuple[int, str, bytes]] = field(default_factory=list)  # step, MIME type, content


def report(run: Run, out: Path, language: str = "en") -> None:
    """Write the document, which needs no other file.

    Args:
        out: its suffix says the format, one of `FORMATS`.

    Raises:
        ConfigError: another format. RunError: the run cannot be read, there is no font for the language, or nowhere to
            write.
    """
    plots.write(out, document(run, plots.format_of(out, FORMATS), language))


def document(run: Run, file_format: str, language: str) -> bytes:
    """The same as a file's content."""
    draw = {"html": _html, "pdf": _pdf}[file_format]
    return draw(run, contents(run, language), language)


def contents(run: Run, language: str) -> Contents:
    """Raises: RunError: the run cannot be read."""
    said, config, status, judged = words(language), run.config(), run.status(), quality_gate.judgement(run)
    device = device_name(run.manifest.read().get("environment", {}).get("device") or "–", said)
    training = said["report.steps"].format(
        steps=f"{status.step:,}", time=duration(status.elapsed_s, said), device=device
    )
    found = Contents(
        run.name,
        [
            (
                said["report.model"],
                said["report.model.is"].format(
                    title=said[f"family.{config.family}"], about=said[f"family.{config.family}.about"]
                ),
            ),
            (said["report.recipe"], said.get(f"preset.{config.family}.{config.preset}", config.preset)),
            (said["field.data"], said.get(f"data.{config.data}", config.data)),
            (said["report.training"], training),
            (said["report.state"], said[f"state.{status.state}"]),
        ],
    )
    if judged:
        found.verdict = said[f"gate.head.{judged['verdict']}"]
        found.conditions = [
            (f"{figure_name(one['figure'], said)} {one['sign']} {one['limit']:g}", _outcome(one, said))
            for one in judged["conditions"]
        ]
        found.cost = list(_cost(judged["cost"], config.makes, said))
    found.figures = [
        (figure_name(name, said), _number(value))
        for name, value in standing(run, status)["figures"].items()
        if isinstance(value, int | float) and not isinstance(value, bool) and name not in ("seed", "step")
    ]
    for one in diagnostics.plain(diagnostics.diagnose(run)):
        name = said.get(f"finding.{one['name']}", one["name"])
        found.findings.append((name, f"{sentence(one['evidence'], said)} {sentence(one['advice'], said)}"))
    if not found.findings:
        found.findings = [(said["report.well"], "")]
    found.settings = [
        (said.get(f"field.{name}", name), _setting(name, value, said))
        for name, value in public_settings(config.model_dump()).items()
        if name not in ("family", "preset")
    ]
    found.samples = _samples(run)
    return found


def _outcome(condition: dict[str, Any], said: dict[str, str]) -> str:
    if not condition.get("applies", True):
        return said["gate.not_applicable"]
    if condition["value"] is None:
        return said["gate.unmeasured"]
    return f"{_number(condition['value'])} {'✓' if condition['passed'] else '✗'}"


def _cost(cost: dict[str, Any], makes: str, said: dict[str, str]) -> Iterator[tuple[str, str]]:
    using = said.get(f"cost.thousand.{makes}", said["cost.thousand.results"])
    for name, part in ((said["cost.train"], "train"), (using, "use")):
        energy = said["cost.wh"].format(n=f"{cost[f'{part}_j'] / 3600:.3g}")
        yield name, f"{duration(cost[f'{part}_s'], said)}, {energy}"


def _setting(name: str, value: object, said: dict[str, str]) -> str:
    if isinstance(value, bool):
        return said["value.true" if value else "value.false"]
    if isinstance(value, int | float):
        return _number(value)
    if name == "gate":
        return re.sub(r"[a-z]\w+", lambda found: figure_name(found[0], said), str(value)) or "–"
    return said.get(f"data.{value}", str(value)) if name == "data" else str(value or "–")


def _number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"


def _samples(run: Run) -> list[tuple[int, str, bytes]]:
    """Some, spread over the training, the last one included, of kinds that can be printed."""
    names = [name for name in run.samples.names() if kind_of(name).mime_type.startswith(("image/", "text/"))]
    count = min(MOST_SAMPLES, len(names))
    places = (
        [round(part * (len(names) - 1) / max(1, count - 1)) for part in range(count)] if count > 1 else [-1] * count
    )
    found = []
    for name in (names[place] for place in places):
        with suppress(RunError):  # one that is damaged
            step = int(Path(name).stem.removeprefix("step_"))
            found.append((step, kind_of(name).mime_type, run.samples.read(name)))
    return found


def _curves(run: Run, language: str, file_format: str) -> bytes | None:
    try:
        return plots.drawn([run], file_format, language)
    except RunError as problem:
        if problem.message["key"] == "plot.no_curves":
            return None
        raise


# -- as a page ------------------------------------------------------------------------------------------

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #14161a; background: #fbfaf7; max-width: 60rem; margin: 2rem auto;
  padding: 0 1rem; } :lang(zh) { line-height: 1.75; }
h1 { font-size: 1.8rem; } h2 { font-size: 1.2rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; } th { text-align: left; font-weight: 500; color: #565f6d; width: 45%; }
th, td { padding: 4px 12px 4px 0; border-bottom: 1px solid #e7e3da; vertical-align: top; overflow-wrap: anywhere; }
figure { display: inline-block; margin: 0 12px 12px 0; vertical-align: top; } figure img { max-width: 13.6rem; }
img { max-width: 100%; image-rendering: pixelated; } pre { white-space: pre-wrap; background: #fff; padding: 12px; }
@media print { body { background: #fff; } }
"""


def _html(run: Run, found: Contents, language: str) -> bytes:
    said = words(language)

    def table(key: str, rows: Rows) -> str:
        if not rows:
            return ""
        cells = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in rows)
        return f"<h2>{escape(said[key])}</h2><table>{cells}</table>"

    curves = _curves(run, language, "svg")
    samples = "".join(_sample_html(one, said) for one in found.samples)
    parts = [
        table("report.about", found.facts),
        f"<h2>{escape(said['gate.title'])}</h2><p>{escape(found.verdict)}</p>" if found.verdict else "",
        table("report.conditions", found.conditions),
        f"<h2>{escape(said['report.curves'])}</h2>{_image('image/svg+xml', curves)}" if curves else "",
        f"<h2>{escape(said['report.samples'])}</h2>{samples}" if samples else "",
        table("report.figures", found.figures),
        table("report.findings", found.findings),
        table("cost.title", found.cost),
        table("report.settings", found.settings),
    ]
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{escape(found.title)}</title>'
        f"<style>{STYLE}</style></head><body><h1>{escape(found.title)}</h1>{''.join(parts)}"
        f"<p>{escape(said['report.made'])}</p></body></html>\n"
    ).encode()


def _sample_html(sample: tuple[int, str, bytes], said: dict[str, str]) -> str:
    step, mime_type, content = sample
    caption = f"<figcaption>{escape(said['report.step'].format(step=f'{step:,}'))}</figcaption>"
    if mime_type.startswith("image/"):
        return f"<figure>{_image(mime_type, content)}{caption}</figure>"
    return f"{caption}<pre>{escape(_text(content))}</pre>"


def _image(mime_type: str, content: bytes) -> str:
    return f'<img alt="" src="data:{mime_type};base64,{base64.b64encode(content).decode()}">'


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace")[:MOST_LETTERS]


# -- on paper -------------------------------------------------------------------------------------------


class _Paper:
    """Pages of A4, filled from the top."""

    def __init__(self) -> None:
        self.pages: list[Figure] = []
        self._y = 0.0

    def room(self, height: float) -> None:
        """Begin a new page unless this part of a page is left."""
        from matplotlib.figure import Figure

        if not self.pages or self._y - height < MARGIN:
            self.pages.append(Figure(figsize=A4))
            self._y = 1 - MARGIN

    def line(self, text: str, size: float = 9.5, **look: Any) -> None:
        """Text as wide as the page."""
        for part in wrapped(text, round(ACROSS * 9.5 / size)):
            self.room(LINE * size / 9.5)
            self._y -= LINE * size / 9.5
            self.pages[-1].text(MARGIN, self._y, part, fontsize=size, parse_math=False, **look)

    def heading(self, text: str) -> None:
        self.room(6 * LINE)
        self._y -= LINE
        self.line(text, 12.5, fontweight="bold")
        self._y -= LINE / 3

    def row(self, name: str, value: str) -> None:
        """Two columns."""
        left, right = wrapped(name, ACROSS * 2 // 5), wrapped(value, ACROSS * 3 // 5 - 2)
        for number in range(max(len(left), len(right))):
            self.room(LINE)
            self._y -= LINE
            for x, column, color in ((MARGIN, left, plots.QUIET), (MARGIN + 0.4 * (1 - 2 * MARGIN), right, plots.INK)):
                if number < len(column):
                    self.pages[-1].text(x, self._y, column[number], fontsize=9, color=color, parse_math=False)

    def beside(self, text: str, x: float) -> None:
        """A few words beside others, without going on below them."""
        self.pages[-1].text(x, self._y - LINE, text, fontsize=9, color=plots.QUIET, parse_math=False)

    def picture(self, content: bytes, x: float, width: float) -> float:
        """Beside others, without going on below it; returns its height."""
        import numpy as np
        from PIL import Image

        pixels = np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))
        height = width * pixels.shape[0] / pixels.shape[1] * A4[0] / A4[1]
        axes = self.pages[-1].add_axes((x, self._y - height, width, height))
        axes.imshow(pixels, interpolation="auto", aspect="auto")
        axes.set_axis_off()
        return height

    def down(self, height: float) -> None:
        self._y -= height


def _pdf(run: Run, found: Contents, language: str) -> bytes:
    from matplotlib.backends.backend_pdf import PdfPages

    said, buffer, curves = words(language), io.BytesIO(), _curves(run, language, "png")
    with plots.style(language):
        paper = _Paper()
        paper.line(found.title, 18, fontweight="bold")
        _rows(paper, said["report.about"], found.facts)
        if found.verdict:
            paper.heading(said["gate.title"])
            paper.line(found.verdict)
        _rows(paper, "", found.conditions)
        if curves:
            paper.heading(said["report.curves"])
            paper.room(0.5)
            paper.down(paper.picture(curves, MARGIN, 1 - 2 * MARGIN))
        if found.samples:
            paper.heading(said["report.samples"])
            _print_samples(paper, found.samples, said)
        _rows(paper, said["report.figures"], found.figures)
        _rows(paper, said["report.findings"], found.findings)
        _rows(paper, said["cost.title"], found.cost)
        _rows(paper, said["report.settings"], found.settings)
        paper.line("")
        paper.line(said["report.made"], color=plots.QUIET)
        with PdfPages(buffer, metadata={"Title": found.title, "CreationDate": None}) as pages:
            for page in paper.pages:
                pages.savefig(page)
    return buffer.getvalue()


def _rows(paper: _Paper, title: str, rows: Rows) -> None:
    if title and rows:
        paper.heading(title)
    for name, value in rows:
        paper.row(name, value)


def _print_samples(paper: _Paper, samples: list[tuple[int, str, bytes]], said: dict[str, str]) -> None:
    width = (1 - 2 * MARGIN) / MOST_SAMPLES
    pictures = [one for one in samples if one[1].startswith("image/")]
    if pictures:
        paper.room(0.2)
        places = [MARGIN + number * width for number in range(len(pictures))]
        for (step, *_), x in zip(pictures, places, strict=True):
            paper.beside(said["report.step"].format(step=f"{step:,}"), x)
        paper.down(1.5 * LINE)
        paper.down(max(paper.picture(one[2], x, 0.94 * width) for one, x in zip(pictures, places, strict=True)))
    for step, mime_type, content in samples:
        if mime_type.startswith("text/"):
            paper.line(said["report.step"].format(step=f"{step:,}"), color=plots.QUIET)
            for part in _text(content).split("\n"):
                paper.line(part)
            paper.down(LINE / 2)


def wrapped(text: str, most: int) -> list[str]:
    """Lines of at most so many letters, of which a Chinese character is two; an empty text is an empty line."""
    if not any(map(_is_wide, text)):
        return textwrap.wrap(text, most) or [""]
    lines, width = [""], 0
    for letter in text:
        wide = 2 if _is_wide(letter) else 1
        if width + wide > most:
            lines.append("")
            width = 0
        lines[-1] += letter
        width += wide
    return lines


def _is_wide(letter: str) -> bool:
    return unicodedata.east_asian_width(letter) in ("W", "F")
