"""The command line: `python -m aigc_core …`. Its words are a contract; heavy imports wait until needed."""

import io
import json
import os
import sys
import time
import traceback
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn, TextIO

import typer
from rich.console import Console
from rich.table import Table

from aigc_core.common.cores import wait_briefly
from aigc_core.common.errors import AigcError, ConfigError, disk_in_words, writable
from aigc_core.common.paths import absolute, runs_root
from aigc_core.common.progress import silent
from aigc_core.data.sources import SOURCES
from aigc_core.evaluation import diagnostics as doctor
from aigc_core.evaluation import pipeline, quality_gate
from aigc_core.families import FAMILIES, config_class, recipes
from aigc_core.families.config import RunConfig, make_config
from aigc_core.runs.extension import BUDGETS, extend
from aigc_core.runs.listing import check_name, misnamed, open_run
from aigc_core.runs.preflight import check_can_start
from aigc_core.runs.queue import NoQueue, QueueSlot
from aigc_core.runs.run import Run
from aigc_core.runs.status import Status
from aigc_core.serving.api import run_views
from aigc_core.serving.classroom import retention

if TYPE_CHECKING:
    import numpy as np
    from tqdm import tqdm

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Train, sample and judge a GAN, a VAE or a GPT.",
)
RunName = Annotated[str, typer.Argument(metavar="RUN", help="A run's directory, or a unique part of its name.")]
Settings = Annotated[
    list[str], typer.Option("--set", metavar="KEY=VALUE", help="One setting; may be given several times.")
]


def _place(given: Path | None) -> Path | None:
    """A place on the command line; shells leave the “~” of “--out=~/here” as it is."""
    return absolute(given) if given is not None and str(given).startswith("~") else given


def _new_run(given: Path | None) -> Path | None:
    """The place of a new run."""
    if given is not None:
        check_name(absolute(given).name)
    return _place(given)


NewRun = Annotated[Path | None, typer.Option(help="Directory of the run, new or empty.", callback=_new_run)]


def main() -> NoReturn:
    """Run a command. A person's mistake is one sentence on stderr and exit code 2."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # one in ASCII, or one that does not know a name's letters
            stream.reconfigure(errors="replace")
    wait_briefly()
    try:
        code = _exit_code()
    except Exception:  # a defect, to be seen whole
        if not _is_one_of_several():
            raise
        traceback.print_exc()
        code = 1
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:  # whoever read it has gone, and Python would try again
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    if _is_one_of_several():
        # However it ends, all is written. While Python takes itself down, a thread of gloo's that wants to give back a
        # tensor now and then ends the process ("terminate called without an active exception"), which torchrun takes
        # for a failed training.
        os._exit(code)
    sys.exit(code)


def _exit_code() -> int:
    try:
        with disk_in_words():
            app(standalone_mode=False)
    except AigcError as error:
        _say(f"Error: {error}", file=sys.stderr)
        return 2
    except typer.Exit as end:
        return end.exit_code
    except typer.Abort:
        return 130
    except SystemExit as end:  # click's, where whoever read what is printed has gone
        return int(end.code or 0)
    except Exception as error:
        if not hasattr(error, "format_message"):  # not one of typer's own
            raise
        _say(f"Error: {error.format_message()}", file=sys.stderr)
        return 2
    return 0


def _is_one_of_several() -> bool:
    """Whether torchrun or accelerate started this process beside others."""
    return int(os.environ.get("WORLD_SIZE", "1")) > 1


def _say(*words: object, file: TextIO | None = None) -> None:
    """Print a line; where nobody reads any more, the terminal being closed, a training goes on without."""
    with suppress(OSError):
        print(*words, file=file, flush=True)


@app.command()
def families(name: Annotated[str | None, typer.Argument(help="Show this family's settings.")] = None) -> None:
    """List the model families with their presets, or one family's settings."""
    if name is not None:
        _print_settings(config_class(name))
        return
    table = Table("family", "what it is", "presets", box=None)
    for one in FAMILIES:
        config = config_class(one)
        table.add_row(one, config.about, "\n".join(f"{key}: {value.title}" for key, value in config.presets.items()))
    Console().print(table)


@app.command()
def data() -> None:
    """List the data sources."""
    table = Table("data", "kind", "where from", "what it is", "licence", box=None)
    for source in SOURCES.values():
        table.add_row(source.name, source.kind, source.origin, source.about, source.licence)
    Console().print(table)


@app.command()
def train(
    family: Annotated[str, typer.Argument(help="gan, vae or gpt.")],
    preset: Annotated[str | None, typer.Option(help="A named set of settings; else the best for the data.")] = None,
    data: Annotated[str | None, typer.Option(help="What to learn from.")] = None,
    set_: Settings = [],  # noqa: B006 — typer's way to say "none given"
    steps: Annotated[int | None, typer.Option(help="Training steps.")] = None,
    minutes: Annotated[float | None, typer.Option(help="Train for this long instead.")] = None,
    seed: Annotated[int | None, typer.Option(help="Start of all randomness.")] = None,
    until_pass: Annotated[
        int | None, typer.Option(help="Train up to this often, until a model passes its gate (setting “tries”).")
    ] = None,
    out: NewRun = None,
) -> None:
    """Train a new model. The first line printed is the run's directory."""
    if steps is not None and minutes is not None:
        raise ConfigError("config.two_budgets", "Give --steps or --minutes, not both.")
    given = {"steps": steps, "minutes": minutes, "seed": seed, "tries": until_pass}
    settings = _settings(set_) | {key: value for key, value in given.items() if value is not None}
    config = _config(family, preset, data, settings)
    check_can_start(config)
    if int(os.environ.get("RANK", "0")) > 0:  # a helper process of torchrun: the main one has the run
        _fit(None, NoQueue())
        return
    run = Run.create(config, out)
    _say(run.path)
    _fit(run, NoQueue())


@app.command()
def resume(
    run: RunName,
    set_: Settings = [],  # noqa: B006
    steps: Annotated[int | None, typer.Option(help="Go on to so many training steps in all.")] = None,
    minutes: Annotated[float | None, typer.Option(help="Go on to so many minutes of training in all.")] = None,
    queued: Annotated[bool, typer.Option("--queued", help="Wait for a free place first.")] = False,
) -> None:
    """Go on with a run: from its pause, or from its last checkpoint; one that has ended may be given more steps."""
    if int(os.environ.get("RANK", "0")) > 0:
        _fit(None, NoQueue())
        return
    found = open_run(run)
    status = found.status()
    given = {"steps": steps, "minutes": minutes}
    changes = _settings(set_) | {key: value for key, value in given.items() if value is not None}
    more = {} if status.active else {key: changes.pop(key) for key in BUDGETS if key in changes}
    if changes:
        found.config().checked_live(changes)
    if status.state == "paused" or (status.state in ("running", "queued") and status.alive()):
        found.control.request("resume")
        if changes:
            found.control.request("set", **changes)
        print(f"{found.name} goes on.")
        return
    if more:
        extend(found, more)
    if not queued:
        _say(found.path)
        found.control.request("start")
    if changes:
        found.control.request("set", **changes)
    _fit(found, QueueSlot(runs_root()) if queued else NoQueue())


@app.command()
def stop(run: RunName) -> None:
    """Stop a training after its present step, keeping a checkpoint."""
    _ask(run, "stop")


@app.command()
def pause(run: RunName) -> None:
    """Pause a training; `resume` goes on with it."""
    _ask(run, "pause")


@app.command()
def runs() -> None:
    """List all runs."""
    table = Table("name", "family", "data", "state", "step", "figure", "age", box=None)
    for run in run_views.runs():
        figure = "" if run["figure"] is None else f"{run['headline']} {run['figure']:.4g}"
        age = "" if run["created"] is None else _age(time.time() - run["created"])
        table.add_row(run["name"], run["family"], run["data"], run["state"], str(run["step"]), figure, age)
    Console(width=None if sys.stdout.isatty() else 200).print(table)
    for name in misnamed():
        print(f"Not shown because of its name: {name!r}; rename the folder.", file=sys.stderr)


@app.command()
def sample(
    run: RunName,
    n: Annotated[int, typer.Option("--n", min=1, max=100_000, help="How many pictures.")] = 64,
    seed: Annotated[int, typer.Option(help="Same seed, same result.")] = 0,
    label: Annotated[int | None, typer.Option("--class", help="Only this class, counted from 0.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="grid.png, or samples.npy (uint8 N,H,W or N,H,W,C).", callback=_place)
    ] = None,
    prompt: Annotated[str | None, typer.Option(help="Begin of a text.")] = None,
    max_new_tokens: Annotated[int, typer.Option(help="How many tokens to write.")] = 200,
    temperature: Annotated[float, typer.Option(help="0 = always the likeliest token.")] = 0.8,
    top_k: Annotated[int, typer.Option(help="Choose among the k likeliest; 0 = all.")] = 0,
    top_p: Annotated[float, typer.Option(help="Choose among the likeliest of this mass.")] = 1.0,
    min_p: Annotated[float, typer.Option(help="Only tokens of this part of the likeliest's probability.")] = 0.0,
    repetition_penalty: Annotated[float, typer.Option(help="Above 1: what stands there already is less likely.")] = 1.0,
    precision: Annotated[str, typer.Option(help="float32, or for large models bf16: less exact.")] = "float32",
) -> None:
    """Make pictures, continue a prompt, or make files of another kind, with a run's best checkpoint."""
    found = open_run(run)
    can = config_class(found.manifest.read()["config"]["family"]).capabilities
    if "continues_text" in can or prompt is not None:
        from aigc_core.families.causal_lm import TextRequest
        from aigc_core.inference import model_cache

        sampling_params = (temperature, top_k, top_p, min_p, repetition_penalty)
        prompt = writable(prompt or "")
        request = TextRequest(prompt, max_new_tokens, *sampling_params, seed, precision)
        print(prompt, end="")
        for piece in model_cache.text(found, request):
            print(piece, end="", flush=True)
        print()
        return
    if "decodes_latent" not in can:
        from aigc_core.common.files import write_atomic
        from aigc_core.inference import model_cache

        for number, result in enumerate(model_cache.make(found, n, seed)):
            file = (out or Path(found.name)).with_suffix("") / f"{number:05d}{result.suffix}"
            file.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(file, result.content)
        print(file.parent)
        return
    out = out or Path(f"{found.name}.png")
    if out.suffix not in (".png", ".npy"):
        raise ConfigError("sample.bad_ending", "“{name}” must end in .png or .npy.", name=out)
    from aigc_core.families.image import ImageRequest
    from aigc_core.inference import model_cache

    made = model_cache.pictures(found, ImageRequest(n, seed, label))
    _write_pictures(made, out)
    print(out)


@app.command()
def evaluate(
    run: RunName,
    full: Annotated[bool, typer.Option(help="Measure on everything, and what takes long.")] = False,
    inception: Annotated[
        bool, typer.Option(help="Also in Inception's features (fetched once, 91 MB; pip install torch-fidelity).")
    ] = False,
) -> None:
    """Print a run's figures on held-out data as JSON."""
    found = open_run(run)
    from aigc_core.evaluation.evaluate import evaluate as measure
    from aigc_core.evaluation.evaluate import in_inception

    figures = measure(found, "full" if full else "during")
    if inception:
        figures |= in_inception(found, lambda part, what: print(f"\r{what} {part:4.0%}", end="", file=sys.stderr))
    print(json.dumps(figures, indent=1))


@app.command()
def push(
    run: RunName,
    name: Annotated[str, typer.Argument(help="user/name on the Hugging Face Hub; HF_TOKEN says who you are.")],
    licence: Annotated[str, typer.Option(help="Licence of the weights, such as cc-by-4.0.")] = "other",
    private: Annotated[bool, typer.Option(help="Only for you.")] = False,
) -> None:
    """Put a run on the Hugging Face Hub, with a model card, and print its address."""
    from aigc_core.export import hub

    print(hub.push(open_run(run), name, licence, private))


@app.command()
def pull(
    name: Annotated[str, typer.Argument(help="user/name on the Hugging Face Hub.")],
    out: NewRun = None,
) -> None:
    """Make a run of one that somebody has pushed, and print its directory."""
    from aigc_core.export import hub

    print(hub.pull(name, silent, out).path)


@app.command()
def sweep(
    days: Annotated[float, typer.Option(help="Delete runs that nobody has touched for so long.")] = 14.0,
) -> None:
    """Delete old runs, but never pinned, active or shipped ones, and print their names."""
    for name in retention.sweep(days, time.time()):
        print(name)


@app.command()
def judge(run: RunName) -> None:
    """Measure a run's best checkpoint, hold it against its gate, and print the whole judgement as JSON."""
    print(json.dumps(quality_gate.judge(open_run(run)), indent=1))


@app.command()
def diagnose(run: RunName) -> None:
    """Say what is wrong with a run, by which numbers, and what helps."""
    found = doctor.diagnose(open_run(run))
    for one in found:
        print(f"{one.level}: {one.name} (step {one.step})\n  {one.evidence['text']}\n  {one.advice['text']}")
        if one.changes:
            print("  " + " ".join(f"--set {key}={value}" for key, value in one.changes.items()))
    if not found:
        print("Nothing is wrong as far as can be seen.")


@app.command("import")
def import_(
    source: Annotated[str, typer.Argument(help="A GPT-2: owner/name on the Hugging Face Hub, or its folder.")],
    out: NewRun = None,
) -> None:
    """Make a run of somebody's GPT-2, and print its directory."""
    from rich.progress import Progress

    from aigc_core.export import transformers_layout

    folder = absolute(source)
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("fetching", total=1.0)
        run = transformers_layout.import_model(
            folder if folder.is_dir() else source, lambda part, what: bar.update(task, completed=part), out
        )
    print(run.path)


@app.command()
def export(
    run: RunName,
    to: Annotated[Path, typer.Option(help="Directory, new or empty.", callback=_place)],
    format: Annotated[
        Literal["transformers", "tensorboard", "trackio"], typer.Option(help="For which library.")
    ] = "transformers",
) -> None:
    """Write a run's best checkpoint (transformers) or its curves (tensorboard, trackio), and print the directory."""
    found = open_run(run)
    if format == "transformers":
        from aigc_core.export import transformers_layout

        print(transformers_layout.export(found, to))
        return
    from aigc_core.export import tensorboard

    {"tensorboard": tensorboard.tensorboard, "trackio": tensorboard.trackio}[format](found, to.absolute())
    print(to.absolute())


Language = Annotated[Literal["en", "zh"], typer.Option("--lang", help="Of the words in it.")]


@app.command()
def plot(
    runs: Annotated[list[str], typer.Argument(metavar="RUN …", help="One or several runs.")],
    out: Annotated[Path, typer.Option(help="curves.png, .svg or .pdf.", callback=_place)],
    over: Annotated[Literal["steps", "minutes"], typer.Option(help="What the axis shows.")] = "steps",
    language: Language = "en",
) -> None:
    """Draw the curves of a run, or the figures that several share, and print the file's name."""
    found = [open_run(run) for run in runs]
    from aigc_core.export import plots

    plots.plot(found, out, language, over)
    print(out)


@app.command()
def report(
    run: RunName,
    out: Annotated[Path, typer.Option(help="report.html or .pdf.", callback=_place)],
    language: Language = "en",
) -> None:
    """Write one document about a run (curves, samples, figures, findings, cost, settings); print its name."""
    found = open_run(run)
    from aigc_core.export import report as document

    document.report(found, out, language)
    print(out)


@app.command()
def estimate(
    family: Annotated[str, typer.Argument(help="gan, vae or gpt.")],
    preset: Annotated[str | None, typer.Option(help="A named set of settings.")] = None,
    data: Annotated[str | None, typer.Option(help="What to learn from.")] = None,
    set_: Settings = [],  # noqa: B006
    at_most: Annotated[int, typer.Option(help="Refuse networks of more weights; 0 = none.")] = 0,
) -> None:
    """Time a few steps, and print as JSON where and how long such a training would take here."""
    given = {"limits": {"parameters": at_most}} if at_most else {}
    config = _config(family, preset, data, _settings(set_))
    from aigc_core.training.estimate import estimate as measure

    try:
        check_can_start(config)
        print(json.dumps(measure(config, given)))
    except AigcError as error:  # a page says it in its own language
        print(json.dumps({"error": error.message}))
        raise


def _config(family: str, preset: str | None, data: str | None, settings: dict[str, Any]) -> RunConfig:
    """The settings of a training; where no recipe is named, the one that suits the data."""
    known = config_class(family)
    first = next(iter(known.presets))
    chosen = recipes.best(known, data, settings) if preset is None else recipes.Choice(preset)
    config = make_config(known, chosen.preset, data, chosen.settings | settings)
    if preset is None and chosen.preset != first:
        print(
            f"Recipe “{chosen.preset}”: the one for {data} and so many minutes; --preset {first} takes the usual one.",
            file=sys.stderr,
        )
    return config


def _fit(run: Run | None, slot: QueueSlot | NoQueue) -> None:
    if run is None:
        from aigc_core.training.trainer import fit

        fit(None, slot=slot)
        return
    progress = _Progress(run)
    try:
        pipeline.fit_and_judge(run, slot, progress)
    finally:
        progress.close()
    for one in quality_gate.attempts(run):
        status = one.status()
        _say(f"{one.name}: {status.state} at step {status.step}", *_headline(one, status))
        for line in _verdict(one):
            _say(line)


def _headline(run: Run, status: Status) -> list[str]:
    name = config_class(run.manifest.read()["config"]["family"]).headline
    return [f"{name} {status.figures[name]:.4g}"] if name in status.figures else []


SAID = {"ready": "ready", "not-ready": "not ready", "cannot-judge": "cannot be judged"}


def _verdict(run: Run) -> list[str]:
    """What the gate said, a condition a line, and what the doctor found."""
    found = quality_gate.judgement(run)
    if found is None:
        return []
    lines = [SAID[found["verdict"]]]
    if found["why"]:
        lines[0] += f": {found['why']['text']}"
    for one in found["conditions"]:
        absent = "not measured" if one.get("applies", True) else "does not apply to this data"
        value = absent if one["value"] is None else f"{one['value']:.4g}"
        mark = {True: "ok ", False: "NO ", None: "-  "}[one["passed"]]
        lines.append(f"  {mark} {one['figure']} {one['sign']} {one['limit']:g}: {value}")
    return lines + [f"  {one['name']}: {one['evidence']['text']}" for one in found["findings"]]


class _Progress:
    """What is noted of the data and the training, and a bar on a terminal; a line every ten seconds anywhere else."""

    def __init__(self, run: Run) -> None:
        self._run, self._began, self._cursor = run, time.time(), ""
        self._bar: tqdm | None = None
        self._last_line = 0.0

    def __call__(self, status: Status) -> None:
        self._print_notes()
        message = status.message["text"] if status.message else status.state
        if not sys.stderr.isatty():
            if time.monotonic() - self._last_line >= 10:
                self._last_line = time.monotonic()
                _say(f"{message} step {status.step}/{status.total_steps}", file=sys.stderr)
            return
        with suppress(OSError):  # as of `_say`
            self._draw(status, message)

    def _draw(self, status: Status, message: str) -> None:
        if self._bar is None:
            from tqdm import tqdm

            self._bar = tqdm(total=status.total_steps or None, unit="step", initial=status.step, leave=False)
        self._bar.total = status.total_steps or None
        self._bar.set_description(message, refresh=False)
        if status.eta_s is not None:
            self._bar.set_postfix_str(f"{status.eta_s:.0f} s left", refresh=False)
        self._bar.update(status.step - self._bar.n)

    def _print_notes(self) -> None:
        happened, self._cursor = self._run.events(self._cursor)
        for event in happened:
            if event["kind"] == "note" and event["t"] >= self._began:
                if self._bar is not None:
                    self._bar.clear()
                print(event["text"], file=sys.stderr, flush=True)

    def close(self) -> None:
        self._print_notes()
        if self._bar is not None:
            with suppress(OSError):
                self._bar.close()


def _settings(pairs: list[str]) -> dict[str, Any]:
    settings = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise ConfigError("config.no_equals", "“--set {pair}” needs the form key=value.", pair=pair)
        settings[key.strip()] = value
    return settings


def _ask(name: str, what: Literal["stop", "pause"]) -> None:
    run = open_run(name)
    run.ask(what)
    print(f"asked {run.name} to {what}")


def _write_pictures(made: "np.ndarray", out: Path) -> None:
    import numpy as np

    from aigc_core.common.files import write_atomic
    from aigc_core.families.image import sheet_png

    if out.suffix == ".png":
        content = sheet_png(made)
    else:
        buffer = io.BytesIO()
        np.save(buffer, made[..., 0] if made.ndim == 4 and made.shape[-1] == 1 else made)
        content = buffer.getvalue()
    try:
        write_atomic(out, content)
    except OSError as problem:
        raise ConfigError(
            "sample.cannot_write", "{path} cannot be written ({problem}).", path=out, problem=problem.strerror
        ) from problem


def _print_settings(config: type[RunConfig]) -> None:
    table = Table("setting", "default", "help", box=None)
    for name, info in config.model_fields.items():
        if info.description:
            table.add_row(name, str(info.default), info.description)
    Console().print(table)


def _age(seconds: float) -> str:
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
