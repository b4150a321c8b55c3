"""A run's curves and report as files for a person to keep or hand in."""

from pathlib import Path

from aigc_core.export import plots, report
from aigc_core.locale import LANGUAGES
from aigc_core.runs.listing import run_named
from aigc_core.serving.api import compare
from aigc_core.serving.api.plain_values import File

TYPES = {
    "png": "image/png", "svg": "image/svg+xml", "pdf": "application/pdf", "html": "text/html", "csv": "text/csv",
}  # fmt: skip


def curves_file(name: str, file_format: str, language: str) -> File:
    """All curves of a run: drawn (one of `plots.FORMATS`), or as numbers (csv).

    Raises:
        ConfigError: another format. RunError: no such run, no curves, or no font for the language.
    """
    if file_format == "csv":
        return compare.curves_file([name])
    file = f"{name}.{file_format}"
    known = plots.format_of(Path(file), (*plots.FORMATS, "csv"))
    return {"name": file, "type": TYPES[known], "content": plots.drawn([run_named(name)], known, _known(language))}


def report_file(name: str, file_format: str, language: str) -> File:
    """One document about a run, without what only its owner may see: html or pdf.

    Raises:
        ConfigError: another format. RunError: no such run, or no font for the language.
    """
    file = f"{name}.{file_format}"
    known = plots.format_of(Path(file), report.FORMATS)
    return {"name": file, "type": TYPES[known], "content": report.document(run_named(name), known, _known(language))}


def _known(language: str) -> str:
    return language if language in LANGUAGES else LANGUAGES[0]
