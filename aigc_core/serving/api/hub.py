"""What the page “Publish” asks: a run's card, its folder as a .zip, and the way to the Hugging Face Hub and back."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TypedDict

from aigc_core.common.errors import RunError
from aigc_core.common.progress import ProgressCallback
from aigc_core.runs.listing import run_named
from aigc_core.serving import access, jobs
from aigc_core.serving.api import run_views
from aigc_core.serving.api.plain_values import File
from aigc_core.serving.classroom import users
from aigc_core.serving.lazy import LazyFunctions

if TYPE_CHECKING:
    from aigc_core.export import hub, model_card
else:
    hub = LazyFunctions("aigc_core.export.hub")
    model_card = LazyFunctions("aigc_core.export.model_card")

LARGEST_MB = 60  # of a .zip that goes through the page


class Offers(TypedDict):
    """Licences to choose from; for whoever may push also whether this machine has a token to write to the Hub with, and
    which hub that is."""

    licences: dict[str, str]
    token: bool
    hub: str


def offers() -> Offers:
    """What the page can offer."""
    from huggingface_hub import get_token

    from aigc_core.export.model_card import LICENCES

    if not users.may_teach():
        return {"licences": LICENCES, "token": False, "hub": ""}
    return {"licences": LICENCES, "token": get_token() is not None, "hub": os.environ.get("HF_ENDPOINT", "")}


def models() -> list[dict[str, Any]]:
    """Every model that can be given away."""
    return run_views.models()


def card(name: str, licence: str, place: str) -> str:
    """The model card as Markdown.

    Raises:
        AigcError: no such run or licence.
    """
    return model_card.model_card(run_named(name), licence, place or "user/name")


def write_zip(name: str, licence: str) -> str:
    """Start packing a run; returns the job, whose result is a `File`.

    Raises:
        AigcError: no such run, or it learned from someone else's data.
    """
    run = run_named(name)
    access.check_may_see_data(run)

    def work(progress: ProgressCallback) -> File:
        with TemporaryDirectory() as folder:
            file = hub.write_zip(run, licence, Path(folder) / "model.zip")
            if file.stat().st_size > 1e6 * LARGEST_MB:
                raise RunError(
                    "publish.too_large",
                    "{run} takes {size} MB, too much for a page; use python -m aigc_core push, or copy its folder.",
                    run=run.name,
                    size=round(file.stat().st_size / 1e6),
                )
            return {"name": f"{run.name}.zip", "type": "application/zip", "content": file.read_bytes()}

    return jobs.start(work)


def push(name: str, place: str, licence: str, private: bool) -> str:
    """Start putting a run on the Hub; returns the job, whose result is the address.

    Raises:
        AigcError: no such run, or, in a class, no teacher.
    """
    users.check_teacher()
    run = run_named(name)
    return jobs.start(lambda progress: hub.push(run, place, licence, private), "fetch")


def pull(place: str) -> str:
    """Start fetching a run from the Hub; returns the job, whose result is the run's name.

    Raises:
        ClassError: in a class only a teacher can.
    """
    users.check_teacher()
    return jobs.start(lambda progress: hub.pull(place, lambda part, what: progress(part, None)).name, "fetch")
