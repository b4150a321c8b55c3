"""Data of the sources for tests, and where a person has the public sets."""

from typing import Literal, overload

import pytest

from aigc_core.common.paths import PROJECT
from aigc_core.data.sources import SOURCES, Images, Text
from aigc_core.families import config_class
from aigc_core.families.config import RunConfig, make_config
from aigc_core.families.gan.config import Config as GANConfig
from aigc_core.families.vae.config import Config as VAEConfig

SHARED = PROJECT.parent / "shared" / "data"

needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason=f"the public data sets are not at {SHARED}")


@overload
def config(family: Literal["gan"], **settings: object) -> GANConfig: ...
@overload
def config(family: Literal["vae"], **settings: object) -> VAEConfig: ...
@overload
def config(family: str, **settings: object) -> RunConfig: ...
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
