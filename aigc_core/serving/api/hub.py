"""The page “Publish”: a run's card, its folder as a .zip, and the way to the Hugging Face Hub and back."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from aigc_core.common.errors import RunError
from aigc_core.runs.listing import run_named
from aigc_core.serving import access, classroom, jobs

LARGEST_MB = 60  # of a .zip that goes through the page


def offers() -> dict[str, Any]:
    """`licences` to choose from; for whoever may push also whether this machine has a `token` to write to the Hub with,
    and which `hub` that is."""
    from huggingface_hub import get_token

    from aigc_core.export.hub import LICENCES

    machine = {"token": get_token() is not None, "hub": os.environ.get("HF_ENDPOINT", "")}
    return {"licences": LICENCES} | (machine if classroom.may_teach() else {"token": False, "hub": ""})


def card(name: str, licence: str, place: str) -> str:
    """The model card as Markdown.

    Raises:
        AigcError: no such run or licence.
    """
    from aigc_core.export import hub

    return hub.card(run_named(name), licence, place or "user/name")


def zipped(name: str, licence: str) -> str:
    """Start packing a run; returns the job, whose result is the file: `name`, `type` and `content`.

    Raises:
        AigcError: no such run, or it learned from someone else's data.
    """
    run = run_named(name)
    access.check_may_see_data(run)

    def work(look: jobs.Look) -> dict[str, Any]:
        from aigc_core.export import hub

        with TemporaryDirectory() as folder:
            file = hub.zipped(run, licence, Path(folder) / "model.zip")
            if file.stat().st_size > 1e6 * LARGEST_MB:
                raise RunError(
                    "publish.too_large",
                    "{run} takes {size} MB, too much for a page; use python -m aigc_core push, or copy its folder.",
                    run=run.name,
                    size=round(file.stat().st_size / 1e6),
                )
            return {"name": f"{run.name}.zip", "type": "application/zip", "content": file.read_bytes()}

    return jobs.begin(work)


def push(name: str, place: str, licence: str, private: bool) -> str:
    """Start putting a run on the Hub; returns the job, whose result is the address.

    Raises:
        AigcError: no such run, or, in a class, no teacher.
    """
    classroom.check_teacher()
    run = run_named(name)

    def work(look: jobs.Look) -> str:
        from aigc_core.export import hub

        return hub.push(run, place, licence, private)

    return jobs.begin(work, "fetch")


def pull(place: str) -> str:
    """Start fetching a run from the Hub; returns the job, whose result is the run's name.

    Raises:
        ClassError: in a class only a teacher can.
    """
    classroom.check_teacher()

    def work(look: jobs.Look) -> str:
        from aigc_core.export import hub

        return hub.pull(place, lambda what, part: look(part, None)).name

    return jobs.begin(work, "fetch")
