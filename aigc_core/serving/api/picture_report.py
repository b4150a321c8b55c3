"""What can be hoped for with a person's own pictures, before anything is trained on them."""

from dataclasses import asdict
from typing import Any

from aigc_core.data.sources import source_of
from aigc_core.serving.api.forms import check


def judge_pictures(family: str, values: dict[str, Any]) -> dict[str, Any] | None:
    """Whether the uploaded pictures are enough for such a training, which of them count, and why others do not: the
    values of `aigc_core.data.picture_report.PictureReport`. None for pictures that are not the person's own.

    Takes some seconds.

    Raises:
        ConfigError: impossible settings, or nothing was uploaded.
        DataError: there is no picture that can be read, or fewer than training needs.
    """
    from aigc_core.data import picture_report

    config = check(family, values)
    source = source_of(config.data)
    if source.kind != "image" or source.origin != "yours":
        return None
    return asdict(picture_report.judge_pictures(config))
