"""What can be hoped for with a text, before anything is trained on it."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aigc_core.common.errors import ConfigError, RunError
from aigc_core.data.download import nothing_fetched
from aigc_core.data.sources import Text, source_of
from aigc_core.runs.listing import open_run
from aigc_core.serving.api.forms import check

if TYPE_CHECKING:
    from aigc_core.data.tokenizer import Tokenizer


def judge_text(family: str, values: dict[str, Any]) -> dict[str, Any]:
    """Whether the chosen text is enough for such a training: the values of `aigc_core.data.text_report.TextReport`.

    Takes a second or two. Nothing is fetched for it.

    Raises:
        ConfigError: impossible settings, or the data is no text.
        DataError: the text cannot be read, or is not on this machine.
    """
    from aigc_core.data import text_report

    config = check(family, values)
    with nothing_fetched():
        data = source_of(config.data).load(config)
    if not isinstance(data, Text):
        raise ConfigError("judge.no_text", "“{data}” is no text.", data=config.data)
    report = text_report.judge_text(data.documents, config, _tokenizer_of(getattr(config, "init_from", "")))
    report.advice[:0] = data.notes
    return asdict(report)


def _tokenizer_of(model: str) -> "Tokenizer | None":
    """That of a run, or of a model of the Hub that was fetched before; None if it is not on this machine."""
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    from aigc_core.data.tokenizer import Tokenizer

    if not model:
        return None
    try:
        info = open_run(model).dataset_info()
    except RunError:
        try:
            file = try_to_load_from_cache(model, "tokenizer.json")
        except HFValidationError:  # no name that the Hub could have
            return None
        return Tokenizer.adopted(Path(file).read_text(encoding="utf-8")) if isinstance(file, str) else None
    return Tokenizer.from_json(info.tokenizer) if info and info.tokenizer else None
