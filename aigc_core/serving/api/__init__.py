"""The only door for pages, board and scripts: plain values in, plain values out, and no torch.

Everything that a person can get wrong raises `AigcError`.
"""

import hashlib
import json
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import psutil
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from aigc_core.common.errors import AigcError, ConfigError, DataError, RunError
from aigc_core.common.files import json_object, new_file, write_json
from aigc_core.common.paths import PROJECT
from aigc_core.data.download import cache_folder, nothing_fetched
from aigc_core.data.sources import SOURCES, Text, source_of
from aigc_core.evaluation import diagnostics, quality_gate
from aigc_core.evaluation.reference_ranges import usual
from aigc_core.families import FAMILIES, config_class, formulas
from aigc_core.families.config import Group, RunConfig, check_data, check_own_data, make_config
from aigc_core.runs.run import Run, list_runs, thinned
from aigc_core.serving import access, classroom, jobs, launch

if TYPE_CHECKING:
    from aigc_core.data.tokenizer import Tokenizer

MOST_POINTS = 1500  # of a curve, when a viewer first opens a run
ESTIMATE_TIMEOUT_S = 120
ESTIMATE_KEPT_S = 600
ESTIMATE_WAIT_S = 60  # for those who asked before
LONGEST_MODEL = 200  # characters of its name
BUSY_PERCENT = 40  # of all cores, with other work, from which on a measured time is not kept
JOULES_PER_KWH = 3.6e6
LARGEST_UPLOAD = 500_000_000  # bytes
# What an estimate does not depend on: it is a time per step.
NOT_TIMED = ("preset", "steps", "minutes", "seed", "lr", "beta", "prompt", "title", "gate", "tries", "compile")

_estimating = jobs.Places(1)
_starting = threading.Lock()  # what is allowed is counted and used up by one at a time
_of_late: dict[str, tuple[float, dict[str, Any]]] = {}


# -- what can be chosen ---------------------------------------------------------------------------------


def families() -> dict[str, dict[str, Any]]:
    """Each family: title, about, presets and data sources by name, curves, headline."""
    found = {}
    for name in FAMILIES:
        config = config_class(name)
        found[name] = {
            "title": config.title,
            "about": config.about,
            "makes": config.makes,
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
        **extra,
    }


def lesson(given: dict[str, str]) -> dict[str, Any] | None:
    """What a lesson link chooses: `family`, and the values of every setting, `preset` and `data` among them.

    A link may name family, preset, data and any setting by its name; other parts of an address are no concern of
    this. None if it chooses nothing.

    Raises:
        ConfigError: there is no such family, recipe or data, or an impossible value.
    """
    known = {"family", "preset", "data"}.union(*(config_class(one).model_fields for one in FAMILIES))
    chosen = {key: value for key, value in given.items() if key in known}
    if not chosen:
        return None
    family = chosen.pop("family", next(iter(FAMILIES)))
    preset, data = chosen.pop("preset", None), chosen.pop("data", None)
    chosen.pop("data_path", None)  # one's own data comes by upload
    if not _may_be_a_model(chosen.get("init_from", "x")):
        del chosen["init_from"]
    if "steps" in chosen and "minutes" not in chosen:
        chosen["minutes"] = "0"  # or a recipe's minutes would count instead
    return {"family": family, "settings": make_config(config_class(family), preset, data, chosen).model_dump()}


# -- before the start -----------------------------------------------------------------------------------


def check(family: str, values: dict[str, Any]) -> RunConfig:
    """Settings from a page, checked. Only what a page may say is accepted.

    Raises:
        ConfigError: an impossible value, or a path: data comes by upload, models by name.
    """
    values = dict(values)
    preset, data = values.pop("preset", None), values.pop("data", None)
    path = values.get("data_path", "")
    if path and not _is_upload(Path(path)):
        raise ConfigError("config.no_paths", "Give your own data by uploading it.")
    model = values.get("init_from", "")
    if model and (not _may_be_a_model(model) or Path(model).exists()):
        raise ConfigError(
            "config.no_model_paths", "“{name}” is no run and no model name like “openai-community/gpt2”.", name=model
        )
    if "/" in model:
        classroom.check_teacher()  # the machine's own token fetches it
    config = make_config(config_class(family), preset, data, values)
    check_own_data(config)
    return config


def _may_be_a_model(name: str) -> bool:
    """Whether a run or a model of the Hub could be called so."""
    return len(name) <= LONGEST_MODEL and bool(re.fullmatch(r"\w[\w.-]*(/[\w.-]+)?", name))


def estimate(family: str, values: dict[str, Any]) -> dict[str, Any]:
    """Where and how long such a training would take: `device`, `parameters`, `step_s`, `total_s`.

    A few steps are timed in a process of their own, once for each kind of training and machine.

    Raises:
        AigcError: the settings or the data do not allow it.
    """
    config = check(family, values)
    timed = {key: value for key, value in config.model_dump().items() if key not in NOT_TIMED}
    key = hashlib.sha256(json.dumps(timed, sort_keys=True).encode()).hexdigest()[:16]
    kept = cache_folder() / "estimates" / f"{key}.json"
    with _turn_to_estimate():
        found = _kept_estimate(kept) or _estimate_of_late(key)
        if found is None:
            begun, others = time.monotonic(), _used_by_others()
            found = _measure(config)
            _of_late[key] = (time.monotonic(), found)
            whole = (time.monotonic() - begun) * (psutil.cpu_count() or 1)
            if _used_by_others() - others < whole * BUSY_PERCENT / 100:  # else it is true for now only
                kept.parent.mkdir(exist_ok=True)
                write_json(kept, found)
    return found | {"total_s": 60 * config.minutes or found["step_s"] * config.steps}


@contextmanager
def _turn_to_estimate() -> Iterator[None]:
    """One at a time, in fair turns; who asks for several waits with one.

    Raises:
        ConfigError: it would take too long.
    """
    person, end = classroom.present(), time.monotonic() + ESTIMATE_WAIT_S
    busy = ConfigError("estimate.busy", "Many people ask for the time just now; start it, or ask again later.")

    def wanted() -> None:
        if time.monotonic() > end:
            raise busy

    if person is not None and _estimating.waits(person):
        raise busy
    with _estimating.held(person, wanted):
        yield


def judge_text(family: str, values: dict[str, Any]) -> dict[str, Any]:
    """Whether the chosen text is enough for such a training: the values of `aigc_core.data.text_report.TextReport`.

    Takes a second or two. Nothing is fetched for it.

    Raises:
        ConfigError: impossible settings, or the data is no text.
        DataError: the text cannot be read, or is not on this machine.
    """
    from aigc_core.data import text_report

    config: Any = check(family, values)
    with nothing_fetched():
        data = source_of(config.data).load(config)
    if not isinstance(data, Text):
        raise ConfigError("judge.no_text", "“{data}” is no text.", data=config.data)
    return asdict(text_report.judge_text(data.documents, config, _tokenizer_of(config.init_from)))


def _tokenizer_of(model: str) -> "Tokenizer | None":
    """That of a run, or of a model of the Hub that was fetched before; None if it is not on this machine."""
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    from aigc_core.data.tokenizer import Tokenizer

    if not model:
        return None
    try:
        facts = Run.open(model).facts()
    except RunError:
        try:
            file = try_to_load_from_cache(model, "tokenizer.json")
        except HFValidationError:  # no name that the Hub could have
            return None
        return Tokenizer.adopted(Path(file).read_text(encoding="utf-8")) if isinstance(file, str) else None
    return Tokenizer.from_json(facts["tokenizer"]) if facts and facts["tokenizer"] else None


def _estimate_of_late(key: str) -> dict[str, Any] | None:
    """What was timed beside other work, while that may still go on: a class asks for one estimate thirty times."""
    then, found = _of_late.get(key, (0.0, None))
    return found if found and time.monotonic() - then < ESTIMATE_KEPT_S else None


def _kept_estimate(file: Path) -> dict[str, Any] | None:
    try:
        found = json_object(file.read_bytes())
    except (OSError, ValueError):
        return None
    return found if "step_s" in found else None


def _used_by_others() -> float:
    """Seconds of all cores that went to anything but processes of ours which have ended."""
    cores, ours = psutil.cpu_times(), psutil.Process().cpu_times()
    idle = cores.idle + getattr(cores, "iowait", 0.0)
    return sum(cores) - idle - ours.children_user - ours.children_system


def _measure(config: RunConfig) -> dict[str, Any]:
    pairs = [f"{key}={value}" for key, value in config.model_dump().items() if key not in ("family", "preset")]
    command = [sys.executable, "-m", "aigc_core", "estimate", config.family, "--at-most", str(classroom.most_weights())]
    for pair in pairs:
        command += ["--set", pair]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=PROJECT)
    launch.local.hold_to_rules(process.pid, classroom.is_student())
    with process:
        try:
            said, problem = process.communicate(timeout=ESTIMATE_TIMEOUT_S)
            return dict(json.loads(said.splitlines()[-1]))
        except subprocess.TimeoutExpired:
            process.kill()
            reason = f"more than {ESTIMATE_TIMEOUT_S} s"
        except (IndexError, ValueError):
            reason = problem.strip().splitlines()[-1] if problem.strip() else f"exit {process.returncode}"
    raise ConfigError(
        "estimate.failed", "The time could not be estimated: {reason}", reason=reason.removeprefix("Error: ")
    )


def keep_upload(file: str | Path) -> str:
    """Keep a person's file for as long as its runs need it; returns the `data_path` to train with.

    The name on disk is a hash of the content, so nothing of the person's own name is used.

    Raises:
        DataError: too large, or neither .zip nor .txt. ClassError: a student has no place left.
    """
    file, person = Path(file), classroom.present()
    limit = LARGEST_UPLOAD
    if person is not None:
        limit = min(limit, classroom.largest_upload(person))
    ending = file.suffix.lower()
    if ending not in (".zip", ".txt"):
        raise DataError("data.bad_upload", "{file} is neither a .zip of pictures nor a .txt.", file=file.name)
    if file.stat().st_size > limit:
        raise DataError(
            "data.large_upload",
            "{file} is larger than {limit} MB; take a part of it.",
            file=file.name,
            limit=limit // 1_000_000,
        )
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()[:24]
    kept = _uploads() / f"{digest}{ending}"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with new_file(kept) as partial:
            shutil.copyfile(file, partial)
    return str(kept)


def _uploads() -> Path:
    """Of who asks: nobody in a class trains with another's."""
    person = classroom.present()
    return classroom.uploads_folder(person.name if person else None)


def _is_upload(path: Path) -> bool:
    return path.parent == _uploads() and bool(re.fullmatch(r"[0-9a-f]{24}\.(zip|txt)", path.name))


# -- runs -----------------------------------------------------------------------------------------------


def start(family: str, values: dict[str, Any]) -> str:
    """Make a run and train it in a process of its own; returns the run's name.

    Raises:
        AigcError: impossible settings, the rules of a class, or the folder cannot be written.
    """
    config = check(family, values)
    with _starting:
        run = Run.create(config, given=classroom.admit(config))
        launch.start(run)
    return run.name


def ask(name: str, what: Literal["stop", "pause", "resume", "set"], changes: dict[str, Any] | None = None) -> None:
    """Ask a training for something. A run that is not active is started again by `resume`.

    Raises:
        AigcError: no such run, not yours, nothing to ask it, or settings that cannot change now.
    """
    run = Run.named(name)
    classroom.check_may_change(run)
    status = run.status()
    ended = status.state in ("stopped", "failed", "interrupted")
    if what == "resume" and (ended or quality_gate.left_unjudged(run, status, quality_gate.judgement(run))):
        with _starting:
            limits = classroom.admit(run.config()).get("limits")
            if limits:  # what is left now, this run's own share included
                run.set_limit("disk_mb", limits["disk_mb"] + classroom.size_mb(run.path))
            launch.start(run)
    elif what == "set":
        run.config().checked_live(changes or {})
        run.ask(what, **(changes or {}))
    else:
        run.ask(what)


def again(name: str, changes: dict[str, Any]) -> str:
    """Train a new model as an older one was, but for some settings; returns the new run's name.

    Raises:
        AigcError: impossible settings, or a path among them; the folder cannot be written.
    """
    run = Run.named(name)
    config = run.config()
    data_path = getattr(config, "data_path", "")
    if data_path and not _is_upload(Path(data_path)):
        classroom.check_may_change(run)  # nobody in a class trains with another's data
    if "/" in getattr(config, "init_from", ""):
        classroom.check_teacher()
    for key in ("data_path", "init_from"):
        if key in changes:
            raise ConfigError("config.no_paths", "Give your own data by uploading it.")
    config = config.changed(changes | {"preset": config.preset, "family": config.family})
    check_data(config)
    check_own_data(config)
    with _starting:
        run = Run.create(config, given=classroom.admit(config))
        launch.start(run)
    return run.name


def delete(name: str) -> None:
    """Remove a run and everything in it.

    Raises:
        AigcError: no such run, not yours, training now, or it came with the program.
    """
    run = Run.named(name)
    classroom.check_may_change(run)
    run.delete()


def pin(name: str, keep: bool) -> None:
    """Keep a run, or not, when old runs are swept away.

    Raises:
        AigcError: no such run, or not yours.
    """
    run = Run.named(name)
    classroom.check_may_change(run)
    run.pin(keep)


def examine(name: str, per_kwh: float = 0.0, per_hour: float = 0.0) -> dict[str, Any]:
    """What doctor and gate say of a run: `findings` (as of `aigc_core.evaluation.diagnostics`), `young` while it is too
    early to say, `judgement` (as of `aigc_core.evaluation.quality_gate.judge`, with money at these prices, or None),
    `judging` while it is made, `unjudged` if that was cut short, `following`, the next attempt's name, and `active`."""
    run = Run.named(name)
    status, judged = run.status(), quality_gate.judgement(run)
    found, progress = _diagnosed(run.path, run.events_size(), status.state)
    if judged:
        cost = judged["cost"]
        for what in ("train", "use"):
            spent = per_kwh * cost[f"{what}_j"] / JOULES_PER_KWH + per_hour * cost[f"{what}_s"] / 3600
            cost[f"{what}_money"] = spent
    return {
        "findings": found,
        "young": progress < diagnostics.YOUNG,
        "judgement": judged,
        "judging": judged is None and status.state == "done" and status.alive(),
        "unjudged": quality_gate.left_unjudged(run, status, judged),
        "following": run.made().get("following"),
        "active": status.active,
    }


@lru_cache(maxsize=64)
def _diagnosed(path: Path, size: int, state: str) -> tuple[list[dict[str, Any]], float]:
    """Findings and progress of a run whose events have this size: thirty people may look at one."""
    case = diagnostics.case_of(Run(path))
    return diagnostics.plain(diagnostics.findings(case)), case.progress


def runs() -> list[dict[str, Any]]:
    """All runs, newest first: name, family, data, state, step, headline figure, time made, owner in a class, whether
    it is `mine` to change, and whether it is pinned. Damaged ones say so."""
    rows = [_row(run) for run in list_runs()]
    return [row | {"mine": not row["shipped"] and classroom.owns(row["owner"])} for row in rows]


def _row(run: Run) -> dict[str, Any]:
    row = _row_of(run.path, run.changed())
    if row["state"] in ("queued", "running", "paused"):
        with suppress(AigcError):
            return row | {"state": run.status().state}  # its process may have died without a word
    return row


@lru_cache(maxsize=4096)
def _row_of(path: Path, changed: tuple[int, ...]) -> dict[str, Any]:
    """Read once for everybody, and anew when the run's files have changed."""
    return _read_row(Run(path))


def _read_row(run: Run) -> dict[str, Any]:
    row: dict[str, Any] = {
        "name": run.name, "family": "", "data": "", "state": "damaged", "step": 0, "headline": "", "figure": None,
        "created": None, "shipped": run.shipped, "ready": False, "owner": "", "pinned": run.pinned,
    }  # fmt: skip
    with suppress(AigcError):
        made, status = run.made(), run.status()
        headline = config_class(made["config"]["family"]).headline
        row |= {
            "owner": made.get("owner", ""), "family": made["config"]["family"], "data": made["config"]["data"],
            "state": status.state, "step": status.step, "headline": headline,
            "figure": status.figures.get(headline), "created": made["created"], "ready": quality_gate.ready(run),
        }  # fmt: skip
    return row


def models(makes: Literal["pictures", "text"]) -> list[dict[str, Any]]:
    """Runs that can be used because they have a checkpoint, newest first: name, family, data, state, steps, newest
    sample, shipped, and of those that write the context in tokens. Points in the plane are no pictures."""
    found = []
    for run in list_runs():
        with suppress(AigcError):
            config = run.made()["config"]
            if config_class(config["family"]).makes != makes or not (steps := run.checkpoints()):
                continue
            row = {
                "name": run.name, "family": config["family"], "data": config["data"], "state": run.status().state,
                "steps": steps, "sample": (run.samples() or [""])[-1], "shipped": run.shipped,
                "ready": quality_gate.ready(run),
            }  # fmt: skip
            if makes == "text":
                row["context"] = config["context"]
            if makes == "text" or (run.facts() or {}).get("kind") == "image":
                found.append(row)
    return found


def describe(name: str) -> dict[str, Any]:
    """What does not change while a run trains: family, settings, device, curves, settings that may change, the
    usual ranges of its figures (see `aigc_core.evaluation.reference_ranges`), and `aigc_core.families.formulas`."""
    run = Run.named(name)
    made, config = run.made(), run.config()
    live = sorted(config.live_keys())
    return {
        "name": name,
        "family": config.family,
        "makes": config.makes,
        "data": config.data,
        "settings": access.settings(run, config.model_dump()),
        "device": made.get("environment", {}).get("device", ""),
        "curves": config.curves,
        "headline": config.headline,
        "live": live,
        "owner": run.owner,
        "mine": classroom.may_change(run),
        "pinned": run.pinned,
        "usual": usual(config),
        "formulas": formulas.plain(config.formulas()),
    }


def follow(name: str, cursor: str = "") -> dict[str, Any]:
    """What is new in a run since `cursor`: {"status", "events", "cursor"}.

    From the beginning (an empty cursor, or a run that went back to a checkpoint) long curves are thinned to
    `MOST_POINTS`.
    """
    run = Run.named(name)
    events, after = run.events(cursor)
    status = run.status()
    if not cursor or (events and events[0]["kind"] == "restart"):
        events = thinned(events, MOST_POINTS)
    shown = ("state", "step", "total_steps", "elapsed_s", "eta_s", "steps_per_s", "message", "figures")
    stands = {key: getattr(status, key) for key in shown} | {"message": access.sentence(run, status.message)}
    return {"status": stands, "events": access.events(run, events), "cursor": after}


def sample_file(name: str, file: str) -> bytes:
    """One picture (PNG) or text of a run's sample history.

    Raises:
        RunError: there is none of this name.
    """
    return Run.named(name).sample(file)


# -- work of some seconds ---------------------------------------------------------------------------------


def job(name: str) -> dict[str, Any]:
    """Where a job stands: {"state", "part", "shown", "result", "error"}."""
    return jobs.state(name)


def cancel(name: str) -> None:
    """Ask a job to end."""
    jobs.cancel(name)
