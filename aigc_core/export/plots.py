"""A run's curves for paper, slides and homework, drawn by matplotlib."""

import io
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from aigc_core.common.errors import ConfigError, RunError
from aigc_core.common.files import write_atomic
from aigc_core.evaluation.history import Point, history
from aigc_core.locale import curve_name, words
from aigc_core.runs.run import Run

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Over = Literal["steps", "minutes"]

FORMATS = ("png", "svg", "pdf")
UNDATED = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
MOST_RUNS = 8
COLORS = ("#2563eb", "#ea580c", "#059669", "#9333ea", "#c2307a", "#0f766e", "#a16207", "#475569")
INK, QUIET, LINES = "#14161a", "#565f6d", "#e7e3da"
PANEL_W, PANEL_H = 5.2, 2.9  # inches
# Fonts that have Chinese, of Linux, Windows and macOS. Of a Noto collection matplotlib knows the first face (JP).
CHINESE = (
    "Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC",
    "Hiragino Sans GB", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "SimHei", "Heiti TC", "STHeiti", "SimSun",
    "Arial Unicode MS",
)  # fmt: skip
_drawing = threading.Lock()  # matplotlib's settings are the whole process's


def plot(runs: Sequence[Run], out: Path, language: str = "en", over: Over = "steps") -> None:
    """Draw curves into a file: of one run what its family shows together in a panel, of several a panel for each figure
    that they share.

    Args:
        out: its suffix says the format, one of `FORMATS`.
        language: of names and axes; "zh" needs a font that has Chinese.

    Raises:
        ConfigError: another format, no run or too many. RunError: no curve, no such font, or nowhere to write.
    """
    write(out, drawn(runs, format_of(out, FORMATS), language, over))


def drawn(runs: Sequence[Run], file_format: str, language: str = "en", over: Over = "steps") -> bytes:
    """The same as a file's content."""
    with style(language):
        return saved(figure_of(runs, language, over), file_format)


def figure_of(runs: Sequence[Run], language: str, over: Over) -> "Figure":
    """The panels of `plot`, in the style of the caller."""
    from matplotlib.figure import Figure

    if not 0 < len(runs) <= MOST_RUNS:
        raise ConfigError("compare.count", "Choose between 1 and {most} runs.", most=MOST_RUNS)
    said = words(language)
    curves = [history(run)[0] for run in runs]
    panels = _panels_of_one(runs[0], curves[0]) if len(runs) == 1 else _panels_of_several(curves)
    for run, one in zip(runs, curves, strict=True):
        if not one:
            raise RunError("plot.no_curves", "{run} has no curves yet; train it first.", run=run.name)
    if not panels:
        raise RunError(
            "plot.nothing_shared", "No figure was measured of all of {runs}; take runs of one kind.",
            runs=", ".join(run.name for run in runs),
        )  # fmt: skip
    columns = min(2, len(panels))
    rows = -(-len(panels) // columns)
    figure = Figure(figsize=(columns * PANEL_W, rows * PANEL_H + 0.5), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).flatten()
    for ax, names in zip(axes, panels, strict=False):
        if len(runs) == 1:
            lines = [(curve_name(name, said), curves[0][name], name.startswith("val:")) for name in names]
        else:
            ax.set_title(curve_name(names[0], said), loc="left")
            found = [(run, one[names[0]]) for run, one in zip(runs, curves, strict=True)]
            lines = [(run.name, points, names[0].startswith("val:")) for run, points in found]
        _draw(ax, lines, over)
        ax.set_xlabel(said[f"plot.over.{over}"])
    for ax in axes[len(panels) :]:
        ax.set_visible(False)
    if len(runs) == 1:
        figure.suptitle(runs[0].name, x=0.01, ha="left", fontweight="bold")
    return figure


def _panels_of_one(run: Run, curves: dict[str, list[Point]]) -> list[list[str]]:
    """What its family shows together, as far as there is some."""
    panels = [[name for name in names if name in curves] for names in run.config().curves]
    return [names for names in panels if names]


def _panels_of_several(curves: list[dict[str, list[Point]]]) -> list[list[str]]:
    """Each figure that all of them have, held-out ones first."""
    shared = [name for name in curves[0] if all(name in one for one in curves)]
    return [[name] for name in sorted(shared, key=lambda name: not name.startswith("val:"))]


def _draw(ax: "Axes", lines: list[tuple[str, list[Point], bool]], over: Over) -> None:
    """Lines with their name, points, and whether each point is shown, as they are few."""
    for (name, points, few), color in zip(lines, COLORS, strict=False):
        along = [step if over == "steps" else seconds / 60 for step, seconds, _ in points]
        marker = "o" if few or len(points) == 1 else None
        ax.plot(along, [value for *_, value in points], color=color, label=name, marker=marker, markersize=3.5)
    ax.set_xlim(left=0)
    ax.legend(frameon=False, loc="best")


@contextmanager
def style(language: str) -> Iterator[None]:
    """The look of everything that is drawn here. What is drawn without it has matplotlib's own; other threads wait.

    Raises:
        RunError: the machine's fonts lack a character, which would be an empty box.
    """
    import matplotlib

    look: dict[Any, Any] = {
        "font.family": _fonts(language), "font.size": 9.5, "axes.unicode_minus": False, "lines.linewidth": 1.6,
        "axes.edgecolor": LINES, "axes.labelcolor": QUIET, "axes.titlesize": 10.5, "text.color": INK,
        "xtick.color": QUIET, "ytick.color": QUIET, "axes.spines.top": False, "axes.spines.right": False,
        "axes.grid": True, "grid.color": LINES, "grid.linewidth": 0.8, "figure.facecolor": "white",
        "savefig.dpi": 160, "svg.hashsalt": "aigc",
    }  # fmt: skip
    with _drawing, matplotlib.rc_context(look), warnings.catch_warnings():
        warnings.filterwarnings("error", message="Glyph .* missing from font")
        try:
            yield
        except UserWarning as missing:
            raise _no_font() from missing


def _fonts(language: str) -> list[str]:
    """Families of fonts for a language, those tried first in front."""
    from matplotlib.font_manager import fontManager

    known = set(fontManager.get_font_names())
    chinese = [name for name in CHINESE if name in known][:1]
    if language == "zh" and not chinese:
        raise _no_font()
    return [*chinese, "DejaVu Sans"] if language == "zh" else ["DejaVu Sans", *chinese]


def _no_font() -> RunError:
    return RunError(
        "plot.no_font",
        "The fonts of this machine lack characters that are needed here; install one that has them (for Chinese on "
        "Debian: fonts-noto-cjk), or take English.",
    )


def saved(figure: "Figure", file_format: str) -> bytes:
    """A drawing as a file's content; the same drawing gives the same bytes."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format=file_format, metadata=UNDATED.get(file_format))
    return buffer.getvalue()


def format_of(out: Path, known: Sequence[str]) -> str:
    """What a file's suffix asks for.

    Raises:
        ConfigError: none of these.
    """
    asked = out.suffix.lower().removeprefix(".")
    if asked not in known:
        raise ConfigError(
            "plot.no_format", "“{file}” must end in one of: {known}.", file=out.name,
            known=", ".join(f".{one}" for one in known),
        )  # fmt: skip
    return asked


def write(out: Path, content: bytes) -> None:
    """Replace the file in one step.

    Raises:
        RunError: it cannot be written.
    """
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(out, content)
    except OSError as problem:
        raise RunError(
            "plot.cannot_write", "{file} cannot be written ({problem}).", file=out, problem=problem.strerror or problem
        ) from problem
