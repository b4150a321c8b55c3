"""Data of the sources for tests, and where a person has the public sets."""

import pytest

from aigc_core.common.paths import PROJECT
from aigc_core.data.sources import SOURCES, Images, Text
from aigc_core.families import config_class
from aigc_core.families.config import RunConfig, make_config

SHARED = PROJECT.parent / "shared" / "data"

needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason=f"the public data sets are not at {SHARED}")


def config(family: str, **settings: object) -> RunConfig:
    return make_config(config_class(family), settings=settings)


def pictures_of(source: str, settings: RunConfig) -> Images:
    data = SOURCES[source].load(settings)
    assert isinstance(data, Images)
    return data


def text_of(source: str, settings: RunConfig) -> Text:
    data = SOURCES[source].load(settings)
    assert isinstance(data, Text)
    return data
