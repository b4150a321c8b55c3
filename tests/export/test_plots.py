"""Curves as files, and the report of a run."""

import base64
import io
import re
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from aigc_core.common.errors import AigcError, ConfigError, RunError
from aigc_core.export import plots
from aigc_core.export.report import contents, report, wrapped
from aigc_core.locale import curve_name, words
from aigc_core.runs.run import Run
from tests.helpers.runs import Trained, tiny


def test_curves_of_one_run_and_of_several(trained: Trained, tmp_path: Path) -> None:
    run = trained("vae")
    other = Run.create(run.config(), tmp_path / "other")
    (other.path / "events.jsonl").write_bytes((run.path / "events.jsonl").read_bytes())
    for runs in ([run], [run, other]):
        for suffix in plots.FORMATS:
            plots.plot(runs, tmp_path / f"curves.{suffix}")
        with Image.open(tmp_path / "curves.png") as picture:
            assert picture.size[0] >= 800 and len(picture.convert("RGB").getcolors(10**6) or ()) > 50
        assert ElementTree.parse(tmp_path / "curves.svg").getroot().tag.endswith("svg")
        assert (tmp_path / "curves.pdf").read_bytes().startswith(b"%PDF")


def test_the_figure_holds_the_runs_own_numbers(trained: Trained) -> None:
    run = trained("vae")
    logged = [one for one in run.events()[0] if one["kind"] == "metrics"]
    with plots.style("en"):
        figure = plots.figure_of([run], "en", "minutes")
    lines = {str(line.get_label()): line for ax in figure.axes for line in ax.get_lines()}
    drawn = lines[curve_name("reconstruction", words("en"))]
    assert np.asarray(drawn.get_ydata()).tolist() == [one["values"]["reconstruction"] for one in logged]
    assert np.asarray(drawn.get_xdata()).tolist() == [one["seconds"] / 60 for one in logged]


def test_it_says_what_it_cannot_do(trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = trained("vae")
    fresh = Run.create(tiny("vae"), tmp_path / "fresh")
    cases: list[tuple[list[Run], str, str, type[AigcError]]] = [
        ([run], "curves.docx", "plot.no_format", ConfigError),
        ([], "curves.png", "compare.count", ConfigError),
        ([fresh], "curves.png", "plot.no_curves", RunError),
        ([run, trained("gan")], "curves.png", "plot.nothing_shared", RunError),
        ([run], "fresh/config.json/curves.png", "plot.cannot_write", RunError),
    ]
    for runs, name, key, kind in cases:
        with pytest.raises(kind) as caught:
            plots.plot(runs, tmp_path / name)
        assert caught.value.message["key"] == key
    monkeypatch.setattr(plots, "CHINESE", ())
    with pytest.raises(RunError, match="characters"):
        plots.plot([run], tmp_path / "zh.png", "zh")
    named = Run.create(run.config(), tmp_path / "模型")
    (named.path / "events.jsonl").write_bytes((run.path / "events.jsonl").read_bytes())
    with pytest.raises(RunError, match="characters"):  # no empty boxes in an English one either
        plots.plot([named], tmp_path / "named.png")
    assert not list(tmp_path.glob("*.png"))


class Page(HTMLParser):
    """What a page shows and what it would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self.sources: list[str] = []

    def handle_data(self, data: str) -> None:
        self.text += data + "\n"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.sources += [value or "" for name, value in attrs if name in ("src", "href")]


@pytest.mark.parametrize(("language", "head", "sample"), [("en", "Settings", "step 12"), ("zh", "设置", "第 12 步")])
@pytest.mark.parametrize("family", ["gan", "gpt"])
def test_a_report_is_whole(
    trained: Trained, tmp_path: Path, family: str, language: str, head: str, sample: str
) -> None:
    run = trained(family)
    report(run, tmp_path / "report.html", language)
    page = Page()
    page.feed((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert head in page.text and sample in page.text and run.name in page.text
    assert page.sources and all(one.startswith("data:image/") for one in page.sources)
    pictures = [one for one in page.sources if one.startswith("data:image/png")]
    for one in pictures:
        assert Image.open(io.BytesIO(base64.b64decode(one.partition(",")[2]))).size[0] > 8
    assert bool(pictures) == (family == "gan")
    keys = re.findall(r"\b(?:report|field|figure|gate)\.\w+", page.text)
    assert not keys
    report(run, tmp_path / "report.pdf", language)
    paper = (tmp_path / "report.pdf").read_bytes()
    assert paper.startswith(b"%PDF") and len(re.findall(rb"/Type /Page\b", paper)) >= 2


def test_a_report_names_no_place(trained: Trained, tmp_path: Path) -> None:
    run = trained("gpt")
    own = Run.create(run.config().changed({"data": "text", "data_path": "/home/ann/diary.txt"}), tmp_path / "own")
    assert "/home/ann" not in str(contents(own, "en"))


def test_lines_are_broken_where_they_may_be() -> None:
    assert wrapped("one two three", 8) == ["one two", "three"]
    assert wrapped("一二三四五", 4) == ["一二", "三四", "五"]
    assert wrapped("", 4) == [""]
