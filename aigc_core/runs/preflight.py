"""What can be seen before a run is made: whether the person's own file and the model to go on from are there."""

from pathlib import Path

from aigc_core.common.errors import ConfigError, RunError
from aigc_core.data.sources import SOURCES
from aigc_core.families.config import HUB_NAME, RunConfig
from aigc_core.runs.listing import open_run


def check_can_start(config: RunConfig) -> None:
    """
    Raises:
        ConfigError: no file or folder of the person's own was given, or it is not there; or there is no run, folder or
            model of this name to go on from.
    """
    _check_own_data(config)
    _check_init_from(getattr(config, "init_from", ""))


def _check_own_data(config: RunConfig) -> None:
    if SOURCES[config.data].origin != "yours":
        return
    path = getattr(config, "data_path", "")
    if not path or not Path(path).exists():
        raise ConfigError(
            "config.no_data_path",
            "“{data}” needs your own file or folder, and there is none at “{path}”: add --set data_path=…",
            data=config.data,
            path=path,
        )


def _check_init_from(name: str) -> None:
    if not name or Path(name).is_dir() or HUB_NAME.fullmatch(name):
        return
    try:
        open_run(name)
    except RunError:
        raise ConfigError(
            "config.no_init",
            "“{name}” is no run, no folder and no model name like “openai-community/gpt2”.",
            name=name,
        ) from None
