"""Everything that pages and the wall show of a run."""

from collections.abc import Callable

from aigc_core.common.errors import AigcError
from aigc_core.export import model_card
from aigc_core.families.causal_lm import TextRequest
from aigc_core.families.config import RunConfig
from aigc_core.families.image import ImageRequest
from aigc_core.inference import model_cache
from aigc_core.runs.listing import run_named
from aigc_core.runs.run import Run
from aigc_core.serving.api import compare, dashboard, latent, run_views


def look_everywhere(name: str) -> None:
    """What pages and wall ask of a run; each may answer with a sentence, and nothing else."""
    run = run_named(name)
    questions: list[Callable[[], object]] = [
        lambda: run_views.describe(name),
        lambda: run_views.follow(name),
        lambda: run_views.follow(name, "1:7"),
        lambda: run_views.examine(name),
        lambda: [run_views.sample_file(name, file) for file in run.samples.names()],
        lambda: compare.compare([name]),
        lambda: compare.table([name]),
        lambda: compare.curves([name]),
        lambda: dashboard.snapshot(name),
        lambda: model_card.model_card(run, "mit", "somebody/something"),
        lambda: generate(run),
        lambda: latent.describe(name, None),
        lambda: latent.list_directions(name, None),
        lambda: latent.class_cloud(name, None),
    ]
    for question in questions:
        try:
            question()
        except AigcError:
            continue


def generate(run: Run) -> None:
    config: RunConfig = run.config()
    if config.makes == "text":
        for _ in model_cache.text(run, TextRequest(max_new_tokens=3)):
            pass
    else:
        model_cache.pictures(run, ImageRequest(2))
