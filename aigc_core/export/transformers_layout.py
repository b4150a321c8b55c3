"""Models of others as runs, and runs as models for others."""

import re
import secrets
import time
from pathlib import Path

from aigc_core.common.errors import ConfigError, message
from aigc_core.common.files import new_folder, refuse_taken
from aigc_core.common.paths import absolute, runs_root
from aigc_core.common.progress import ProgressCallback
from aigc_core.data.dataset_info import DatasetInfo
from aigc_core.data.sources import source_of
from aigc_core.data.tokenizer import Tokenizer
from aigc_core.families.base import Unfilled, count_parameters
from aigc_core.families.config import HUB_NAME
from aigc_core.families.gpt import pretrained
from aigc_core.families.gpt.family import Family
from aigc_core.inference import model_cache
from aigc_core.runs import checkpoint
from aigc_core.runs.run import Run, cannot_write
from aigc_core.runs.status import Status

LONGEST_NAME = 40  # characters of a source's name that go into that of its run


def import_model(source: str | Path, progress: ProgressCallback, to: Path | None = None) -> Run:
    """Make a run of somebody's GPT-2: finished, at step 0, with the model's own context.

    Each call makes a new run. It exists only once it is whole; what was fetched stays with the Hub's client, so
    that a second call fetches nothing.

    Args:
        source: a name on the Hugging Face Hub, never taken as a path; or, as a Path, a folder in the layout of
            `transformers`.
        progress: called from several threads.
        to: a new or empty directory; None = one under `runs_root()`, named after time and source.

    Raises:
        AigcError: there is no such model, it cannot be fetched or used, or `to` cannot be written.
    """
    to = absolute(to or new_run_path(str(source)))
    source = source if isinstance(source, str) else absolute(source)
    refuse_taken(to)
    folder = _folder(source, progress)
    config, tokenizer = pretrained.whole(folder)
    info = DatasetInfo(kind="text", vocabulary=len(Tokenizer.from_json(tokenizer)), tokenizer=tokenizer)
    with Unfilled():
        family = Family(config, info)
    pretrained.fill(family.networks["gpt"], folder)  # type: ignore[arg-type]
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        with new_folder(to) as partial:
            run = Run.create(config.changed({"init_from": str(source)}), partial)
            run.set_dataset_info(family.info)
            checkpoint.save(
                run.checkpoints.folder(0),
                family.networks,
                {},
                {},
                {"step": 0, "elapsed_s": 0.0, "best": None, "live": {}},
            )
            run.checkpoints.mark("best", 0)
            run.checkpoints.mark("last", 0)
            run.event_log.append("note", 0, **_origin(folder))
            run.set_status(Status(state="done"))
    except OSError as problem:
        raise cannot_write(to, problem) from problem
    return Run(to)


def export(run: Run, to: Path) -> Path:
    """Write a run's best checkpoint into a folder that `transformers` loads, with a card; returns the folder.

    Args:
        to: a new or empty directory.

    Raises:
        RunError: `transformers` knows no such architecture, the run has no checkpoint, or `to` cannot be written.
    """
    to = to.absolute()
    refuse_taken(to)
    model = model_cache.load(run)
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        with new_folder(to) as partial:
            model.family.export(model.family.networks, partial)
            (partial / "README.md").write_text(_card(run, model), encoding="utf-8")
    except OSError as problem:
        raise cannot_write(to, problem) from problem
    return to


def new_run_path(source: str) -> Path:
    """A directory under the folder of runs for a new run; of the source's name only letters and digits are used."""
    name = re.sub(r"[^a-z0-9]+", "-", source.lower().rstrip("/").split("/")[-1]).strip("-")[:LONGEST_NAME]
    return runs_root() / f"{time.strftime('%Y%m%d-%H%M%S')}-{name or 'model'}-{secrets.token_hex(2)}"


def _folder(source: str | Path, progress: ProgressCallback) -> pretrained.Folder:
    if isinstance(source, Path):
        return pretrained.Folder(source.resolve().name, source)
    if HUB_NAME.fullmatch(source):
        return pretrained.fetched(source, progress)
    raise ConfigError(
        "hub.no_source",
        "“{name}” is no folder and no model name like “openai-community/gpt2”.",
        name=source,
    )


def _origin(folder: pretrained.Folder) -> dict[str, object]:
    return message(
        "hub.brought",
        "Weights and vocabulary are those of {source}; nothing was trained here.",
        source=f"{folder.name} ({folder.commit})" if folder.commit else folder.name,
    )


def _card(run: Run, model: model_cache.Model) -> str:
    """A model card: what it is, where it comes from, how to load it."""
    config, step = model.family.config, model.step
    size = count_parameters(model.family.networks)
    figures = [one["figures"] for one in run.events()[0] if one["kind"] == "eval" and one["step"] == step]
    data = source_of(config.data)
    info = [f"- **Weights:** {size:,}, float32."]
    public = bool(HUB_NAME.fullmatch(config.init_from))
    if config.init_from:
        began = config.init_from if public else Path(config.init_from).name  # the rest is nobody's business
        info.append(f"- **Began as:** {began}, with its licence.")
    if step:
        info.append(f"- **Learned from:** {data.title}: {data.about} Licence: {data.licence}. {step:,} steps.")
    if figures:
        info.append(f"- **On held-out data:** {config.headline} {figures[-1][config.headline]:.4g}.")
    base = [f"base_model: {config.init_from}"] if public else []
    about = "\n".join(["library_name: transformers", "pipeline_tag: text-generation", *base])
    listed = "\n".join(info)
    return f"""---
{about}
---
# {run.name}

{config.title}: {config.about}

{listed}

```python
from transformers import AutoModelForCausalLM, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained(".")  # this folder
model = AutoModelForCausalLM.from_pretrained(".")
```

Made with AIGC Studio. What it writes is made by a machine; say so where you show it.
"""
