"""The model card of a run: what it is, what it learned from, how well, what it cannot do, how to load it."""

import json

from aigc_core.common.errors import ConfigError
from aigc_core.data.dataset_info import DatasetInfo
from aigc_core.data.sources import SOURCES
from aigc_core.evaluation import quality_gate
from aigc_core.families import config_class
from aigc_core.families.config import RunConfig
from aigc_core.media.kinds import KINDS, kind_of
from aigc_core.runs.public_view import MODEL_NAME, PLACES
from aigc_core.runs.run import Run

VERDICTS = {
    "ready": "It met the conditions of its recipe.",
    "not-ready": "It did not meet the conditions of its recipe.",
    "cannot-judge": "Whether it meets the conditions of its recipe could not be measured.",
}
LICENCES = {
    "cc-by-4.0": "CC BY 4.0", "cc-by-sa-4.0": "CC BY-SA 4.0", "cc0-1.0": "CC0", "mit": "MIT",
    "apache-2.0": "Apache 2.0", "other": "other",
}  # fmt: skip


def model_card(run: Run, licence: str, name: str) -> str:
    """The model card: what it is, what it learned from, how well, what it cannot do, how to load it.

    Raises:
        ConfigError: no such licence. RunError: the run cannot be read.
    """
    if licence not in LICENCES:
        raise ConfigError(
            "publish.no_licence", "“{given}” is none of these: {known}.", given=licence, known=", ".join(LICENCES)
        )
    config, made, status = run.config(), run.manifest.read(), run.status()
    family, data, info = config_class(config.family), SOURCES.get(config.data), run.dataset_info()
    text = "continues_text" in family.capabilities
    about = [
        f"license: {licence}", "library_name: aigc-studio",
        f"pipeline_tag: {KINDS[family.makes].task}",
        "tags:", "- aigc-studio", f"- {config.family}", "- machine-generated",
    ]  # fmt: skip
    if data is None:
        origin = "data that is not known here"
    elif data.origin == "yours":
        origin = "data of the author's own"
    else:
        origin = f"{data.title}: {data.about.rstrip('.')}"
    data_licence = data.licence if data and data.licence else "not given"
    began = getattr(config, "init_from", "")
    began = began if MODEL_NAME.fullmatch(began) else ""
    if began:
        about.append(f"base_model: {began}")
    device = made.get("environment", {}).get("device", "unknown device")
    listed = [
        f"- **Learned from:** {origin}. Licence of the data: {data_licence}.",
        f"- **Training:** {status.step:,} steps, {status.elapsed_s / 60:.1f} minutes on {device}, seed {config.seed}.",
        f"- **Licence of the weights:** {LICENCES[licence]}.",
        *([f"- **Began as:** {began}, with its licence."] if began else []),
        f"- **Limits:** {_limits(family, info)}",
    ]  # fmt: skip
    if text:
        use = 'model.text("Once upon a time", seed=0)'
    elif "decodes_latent" in family.capabilities:
        use = "model.pictures(16, seed=0)  # uint8 (16, H, W, C)"
    else:
        use = f"model.make(16, seed=0)  # the bytes of 16 files {KINDS[family.makes].suffix}"
    facts_lines, sample, figures = "\n".join(listed), _sample(run), _figures(run)
    settings = json.dumps({key: value for key, value in made["config"].items() if key not in PLACES}, indent=1)
    return f"""---
{chr(10).join(about)}
---
# {run.name}

{family.title}: {family.about}

{sample}{facts_lines}

{figures}
## Use
```python
from aigc_core.export.hub import from_pretrained
model = from_pretrained("{name}")
made = {use}
```
`aigc_core` is part of AIGC Studio. Weights are safetensors; loading runs no code of this repository.

What it makes is made by a machine; say so where you show it.

<details><summary>All settings</summary>

```json
{settings}
```
</details>
"""


def _limits(family: type[RunConfig], info: DatasetInfo | None) -> str:
    if "decodes_latent" not in family.capabilities and "continues_text" not in family.capabilities:
        return "it makes what is like what it learned from, and nothing else."
    if "continues_text" in family.capabilities:
        return "it continues text in the manner of what it learned from; what it says is not meant to be true."
    size = "×".join(map(str, info.shape[1:])) if info else ""
    return f"pictures of {size} pixels of the kind it learned from, and no other." if size else "points in the plane."


def _sample(run: Run) -> str:
    if not run.samples.names():
        return ""
    newest = run.samples.names()[-1]
    mime_type = kind_of(newest).mime_type
    if mime_type.startswith("image/"):
        return f"![Samples at the end of the training](samples/{newest})\n\n"
    if not mime_type.startswith("text/"):
        return f"[A sample at the end of the training](samples/{newest})\n\n"
    text = run.samples.read(newest).decode("utf-8", "replace")[:600].replace("```", "'''")
    return f"```text\n{text}\n```\n\n"


def _figures(run: Run) -> str:
    judged = quality_gate.judgement(run)
    figures = judged["figures"] if judged else run.status().figures
    rows = [
        f"| {key} | {f'{value:,}' if isinstance(value, int) else f'{value:.4g}'} |" for key, value in figures.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and key not in ("seed", "step")
    ]  # fmt: skip
    if not rows:
        return ""
    verdict = VERDICTS[judged["verdict"]] + " " if judged else ""
    head = ["## On held-out data", f"{verdict}`n` is the number of examples.", "", "| figure | |", "|---|---|"]
    return "\n".join([*head, *rows, ""]) + "\n"
