"""What can be chosen, and whether it goes together: families, sources, fields, presets, lesson links."""

import re
from pathlib import Path
from typing import Any, get_args

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from aigc_core.common.errors import ConfigError
from aigc_core.data.sources import SOURCES
from aigc_core.families import FAMILIES, config_class, recipes
from aigc_core.families.config import Group, RunConfig, checked, make_config
from aigc_core.runs.preflight import check_can_start
from aigc_core.serving.api.lessons import cap_of
from aigc_core.serving.api.uploads import is_own_upload
from aigc_core.serving.classroom import users

LONGEST_MODEL = 200  # characters of its name


def families() -> dict[str, dict[str, Any]]:
    """Each family: title, about, what it makes and can do, presets and data sources by name, curves, headline."""
    found = {}
    for name in FAMILIES:
        config = config_class(name)
        found[name] = {
            "title": config.title,
            "about": config.about,
            "makes": config.makes,
            "capabilities": config.capabilities,
            "data_kinds": config.data_kinds,
            "presets": {key: {"title": one.title, "about": one.about} for key, one in config.presets.items()},
            "data": [one.name for one in SOURCES.values() if one.kind in config.data_kinds],
            "curves": config.curves,
            "headline": config.headline,
        }
    return found


def sources() -> dict[str, dict[str, str]]:
    """Each data source: title, about, kind, origin and licence."""
    return {
        one.name: {
            "title": one.title,
            "about": one.about,
            "kind": one.kind,
            "origin": one.origin,
            "licence": one.licence,
        }
        for one in SOURCES.values()
    }


def fields(family: str) -> list[dict[str, Any]]:
    """The settings of a family as a form needs them: name, help, group, type, choices, range, default, live."""
    return [_field(name, info) for name, info in config_class(family).model_fields.items() if info.description]


def groups() -> list[str]:
    """The parts of a form, in its order."""
    return list(get_args(Group))


def settings(family: str, preset: str | None = None, data: str | None = None) -> dict[str, Any]:
    """The values of every setting under a preset."""
    return make_config(config_class(family), preset, data).model_dump()


def _field(name: str, info: FieldInfo) -> dict[str, Any]:
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    limits = {
        key: getattr(limit, key) for limit in info.metadata for key in ("ge", "gt", "le", "lt") if hasattr(limit, key)
    }
    choices = list(get_args(info.annotation))
    kind = "choice" if choices else getattr(info.annotation, "__name__", "str")
    default = None if info.default is PydanticUndefined else info.default
    return {
        "name": name,
        "help": info.description,
        "kind": kind,
        "choices": choices,
        "limits": limits,
        "default": default,
        "group": extra.get("group"),
        "live": extra.get("live"),
    }


def lessons() -> dict[str, Any]:
    """What a lesson link can say: see `families` and `groups`."""
    return {"families": families(), "groups": groups()}


def lesson(given: dict[str, str]) -> dict[str, Any] | None:
    """What a lesson link chooses: `family`, the values of every setting, `preset` and `data` among them, and `cap`, the
    minutes after which the lesson ends a training, or None.

    A link may name family, preset, data and any setting by its name; other parts of an address are no concern of
    this. None if it chooses nothing.

    Raises:
        ConfigError: there is no such family, recipe or data, or an impossible value.
    """
    cap = cap_of(given.get("cap"))
    known = {"family", "preset", "data"}.union(*(config_class(one).model_fields for one in FAMILIES))
    chosen = {key: value for key, value in given.items() if key in known}
    if not chosen and cap is None:
        return None
    family = chosen.pop("family", next(iter(FAMILIES)))
    preset, data = chosen.pop("preset", None), chosen.pop("data", None)
    chosen.pop("data_path", None)  # one's own data comes by upload
    if not _may_be_a_model(chosen.get("init_from", "x")):
        del chosen["init_from"]
    if preset is None:
        found = recipes.best(config_class(family), data, chosen)
        preset, chosen = found.preset, found.settings | chosen
    settings = make_config(config_class(family), preset, data, chosen).model_dump()
    return {"family": family, "settings": settings, "cap": cap}


def recipe(family: str, preset: str, data: str, values: dict[str, Any], *, keep: bool) -> dict[str, Any]:
    """The recipe for this data and time.

    Args:
        preset: the present one.
        values: the form as it stands; what differs from the present recipe is the person's, and stays.
        keep: the person has chosen the present recipe, so it stays, too.

    Returns:
        `best`, whether it is `listed` for such data, `preset` and `settings` (all values) as the form is to have
        them. Whether they go with the data, starting says.
    """
    kind = config_class(family)
    before = settings(family, preset)
    own = {key: value for key, value in values.items() if key in before and value != before[key] and key != "data"}
    place = own.get("data_path", "")
    if place and not is_own_upload(Path(place)):
        del own["data_path"]
    found = recipes.best(kind, data, own)
    taken = preset if keep else found.preset
    wanted = {"data": data} | found.settings | own
    filled = checked(kind, {"preset": taken, **kind.presets[taken].settings, **found.settings}).model_dump()
    return {"best": found.preset, "listed": found.listed, "preset": taken, "settings": filled | wanted}


def check(family: str, values: dict[str, Any]) -> RunConfig:
    """Settings from a page, checked. Only what a page may say is accepted.

    Raises:
        ConfigError: an impossible value, or a path: data comes by upload, models by name.
    """
    values = dict(values)
    preset, data = values.pop("preset", None), values.pop("data", None)
    path = values.get("data_path", "")
    if path and not is_own_upload(Path(path)):
        raise ConfigError("config.no_paths", "Give your own data by uploading it.")
    model = values.get("init_from", "")
    if model and (not _may_be_a_model(model) or Path(model).exists()):
        raise ConfigError(
            "config.no_model_paths", "“{name}” is no run and no model name like “openai-community/gpt2”.", name=model
        )
    if "/" in model:
        users.check_teacher()  # the machine's own token fetches it
    config = make_config(config_class(family), preset, data, values)
    check_can_start(config)
    return config


def _may_be_a_model(name: str) -> bool:
    """Whether a run or a model of the Hub could be called so."""
    return len(name) <= LONGEST_MODEL and bool(re.fullmatch(r"\w[\w.-]*(/[\w.-]+)?", name))
