"""The door for the Latent page: a run's latent space in plain values. torch is loaded when first needed.

A position is a dictionary as `aigc_core.inference.latent.session.Point` has it: {"z": [...], "label", "truncation",
"other", "mix_from"}. Pictures come as {"pixels": bytes, "shape": [N, H, W, C]} of uint8, and are given likewise with
shape [H, W, C]. `step` None is the best checkpoint. Whatever a person can get wrong raises `AigcError`.
"""

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal

from aigc_core.common.errors import AigcError, DataError, RunError
from aigc_core.runs.listing import run_named
from aigc_core.runs.run import Run
from aigc_core.serving import access, classroom, jobs
from aigc_core.serving.api import run_views

if TYPE_CHECKING:
    import numpy as np

    from aigc_core.common.progress import Look
    from aigc_core.inference.latent.session import Point

Picture = dict[str, Any]
Language = Literal["en", "zh"]
SIDE_LIMIT = 33  # pictures along a map's edge
FRAMES_A_SECOND = 20
LONGEST_S = 30.0
STRIP_PICTURES = 10
FORMAT = 1
PAGE_FIRST_S = 5.0  # loading torch would take a second of a page that opens at the same time

_warm = threading.Event()


# -- getting ready --------------------------------------------------------------------------------------


def warm_up() -> None:
    """Load torch, and the first model there is, in the background, once the first page has had time to open; returns
    at once."""
    later = threading.Timer(PAGE_FIRST_S, _warm_up)
    later.name, later.daemon = "warm-up", True
    later.start()


def ready() -> bool:
    """Whether pictures can be drawn without waiting for torch."""
    return _warm.is_set()


def _warm_up() -> None:
    import torch

    torch.set_num_threads(1)  # of whoever comes from now on: people at other sliders need the other cores
    for run in run_views.models("pictures")[:1]:
        with suppress(AigcError):
            draw(run["name"], None, [{"z": code_of_seed(run["name"], None, 0)}])
    _warm.set()


def describe(name: str, step: int | None) -> dict[str, Any]:
    """Shape, size of the code, class names to ask for, layers to mix, whether it encodes, its checkpoints."""
    from aigc_core.inference.latent import session

    run = run_named(name)
    described = session.describe(run, step)
    return described | {"class_names": access.class_names(run, described["class_names"])}


# -- drawing --------------------------------------------------------------------------------------------


def draw(name: str, step: int | None, points: list[dict[str, Any]]) -> Picture:
    """Pictures of positions."""
    from aigc_core.common.device import threads
    from aigc_core.inference.latent import session

    with threads(1):  # pictures this small are drawn faster so
        return _raw(session.pictures(run_named(name), step, _points(points)))


def code_of_seed(name: str, step: int | None, seed: int) -> list[float]:
    """The code of the first picture that this seed makes."""
    from aigc_core.inference.latent import session

    return session.code_of_seed(run_named(name), step, seed)


def directions(name: str, step: int | None) -> dict[str, Any]:
    """{"found", "learned" (None before `learn`), "own"}: lists of directions."""
    from aigc_core.inference.latent import session

    run = run_named(name)
    found = session.directions(run, step)
    return found | {"learned": _told(run, found["learned"])}


def learn(name: str, step: int | None) -> str:
    """Start learning directions from labels and measurements; returns the job."""
    run = run_named(name)

    def work(look: "Look") -> Any:
        from aigc_core.inference.latent import session

        return _told(run, session.learn_directions(run, step, look))

    return jobs.begin(work)


def name_direction(name: str, step: int | None, called: str, vector: Any) -> dict[str, Any]:
    """Keep a direction under a name; returns it.

    Raises:
        AigcError: not yours in a class, or no name or direction.
    """
    from aigc_core.inference.latent import session

    run = run_named(name)
    classroom.check_may_change(run)
    return session.name_direction(run, step, called, vector)


def forget_direction(name: str, which: str) -> None:
    """Delete one of the named directions.

    Raises:
        AigcError: not yours in a class, or there is none of this name.
    """
    from aigc_core.inference.latent import session

    run = run_named(name)
    classroom.check_may_change(run)
    session.forget_direction(run, which)


def plane(
    name: str, step: int | None, origin: dict[str, Any], across: Any, up: Any, reach: float, side: int
) -> Picture:
    """`side`² pictures on the plane of two directions through a position, row by row from the top left."""
    from aigc_core.inference.latent import session

    if not (1 <= side <= SIDE_LIMIT and 0 < reach <= 10):
        raise DataError("explore.bad_plane", "A map needs two directions of the same model.")
    u, v = (one.z for one in _points([{"z": across}, {"z": up}]))
    return _raw(session.plane(run_named(name), step, _points([origin])[0], u, v, reach, side))


def cloud(name: str, step: int | None) -> dict[str, Any] | None:
    """Codes of labelled pictures, where anything tells the classes."""
    from aigc_core.inference.latent import session

    run = run_named(name)
    found = session.cloud(run, step)
    return found and found | {"names": access.class_names(run, found["names"])}


def journey(name: str, step: int | None, stops: list[dict[str, Any]], part: float, kind: str) -> dict[str, Any]:
    """Where one is at a part (0 to 1) of the way: {"point", "picture"}."""
    from aigc_core.inference.latent import session

    run = run_named(name)
    way = session.journey(run, step, _points(stops), [part], kind)
    return {"point": way[0].model_dump(), "picture": _raw(session.pictures(run, step, way))}


def combine(a: dict[str, Any], b: dict[str, Any], c: dict[str, Any]) -> dict[str, Any]:
    """The position a − b + c."""
    from aigc_core.inference.latent import session

    return session.combined(*_points([a, b, c])).model_dump()


# -- a given picture ------------------------------------------------------------------------------------


def upload(name: str, step: int | None, content: bytes) -> dict[str, Any]:
    """A person's picture as the model would see it: {"picture", "point"}; the position only where it encodes."""
    from aigc_core.inference.latent import session

    run = run_named(name)
    picture = session.framed_upload(run, step, content)
    answer: dict[str, Any] = {"picture": _raw(picture[None]), "point": None}
    if session.describe(run, step)["encodes"]:
        z, label = session.encoded(run, step, picture)
        answer["point"] = {"z": z, "label": label}
    return answer


def search(name: str, step: int | None, picture: Picture, hidden: bytes | None, shrink: int) -> str:
    """Start looking for the position of a picture; returns the job.

    Args:
        hidden: a byte for each pixel, not 0 where it is hidden.
        shrink: 2 = look for the picture that has this one's pixels when it is made half as large.

    The job's result: {"z", "label", "error", "filled": the picture with what was hidden filled in, "small": what
    was looked at}.
    """
    run, given = run_named(name), _array(picture)
    if shrink not in (1, 2):
        raise DataError("explore.no_picture", "There is no picture to work on; choose or draw one first.")
    mask = None if hidden is None else _mask(hidden, given)

    def work(look: "Look") -> Any:
        from aigc_core.inference.latent import session

        if shrink > 1 and any(side % shrink for side in given.shape[:2]):
            raise DataError("explore.no_picture", "There is no picture to work on; choose or draw one first.")
        seen = session.shrunk(given, shrink) if shrink > 1 else given
        result = session.found(run, step, seen, mask, shrink, look)
        (made,) = session.pictures(run, step, _points([{"z": result["z"], "label": result["label"]}]))
        whole = made if mask is None else session.filled(given, mask, made)
        return result | {"filled": _raw(whole[None]), "small": _raw(seen[None])}

    return jobs.begin(work)


def neighbours(name: str, step: int | None, picture: Picture) -> str:
    """Start looking for the training pictures most like one; returns the job.

    Raises:
        ClassError: the pictures are someone else's.
    """
    run, given = run_named(name), _array(picture)
    access.check_may_see_data(run)

    def work(look: "Look") -> Any:
        from aigc_core.inference.latent import session

        found = session.neighbours(run, step, given, look)
        return found | {"pictures": _raw(found["pictures"])}

    return jobs.begin(work)


# -- taking away and bringing back ----------------------------------------------------------------------


def save(
    name: str, step: int | None, point: dict[str, Any], *, label: Language | None = None, seed: int | None = None
) -> dict[str, Any]:
    """The picture of a position, with its recipe inside, as a file: {"name", "type", "content"}.

    Args:
        label: language of the label that a person sees; None = no label. The mark in the file stays.
        seed: what the position came from, for the recipe.
    """
    from aigc_core.inference.latent import session
    from aigc_core.media import provenance

    run, where = run_named(name), _points([point])
    (picture,) = session.pictures(run, step, where)
    recipe = {
        "format": FORMAT, "run": name, "step": session.describe(run, step)["step"], "seed": seed,
        "point": where[0].model_dump(),
    }  # fmt: skip
    content = provenance.png(provenance.finished(picture[None], label)[0], recipe)
    return {"name": f"{name}.png", "type": "image/png", "content": content}


def film(
    name: str,
    step: int | None,
    form: Literal["strip", "gif", "mp4"],
    stops: list[dict[str, Any]],
    *,
    seconds: float,
    kind: str,
    label: Language | None = None,
) -> str:
    """Start making a file of a journey; returns the job. Its result: {"name", "type", "content"}."""
    if not 0.5 <= seconds <= LONGEST_S:
        raise DataError("explore.bad_length", "A journey may last from 0.5 to {limit} seconds.", limit=int(LONGEST_S))
    if form not in ("strip", "gif", "mp4"):
        raise DataError("explore.bad_form", "A journey can be saved as GIF, MP4 or a strip of pictures.")
    run, where = run_named(name), _points(stops)
    count = STRIP_PICTURES if form == "strip" else round(FRAMES_A_SECOND * seconds)

    def work(look: "Look") -> Any:
        import numpy as np

        from aigc_core.inference.latent import session
        from aigc_core.media import provenance

        way = session.journey(run, step, where, np.linspace(0, 1, count).tolist(), kind)
        frames = session.pictures(run, step, way, look=lambda part: look(0.5 * part, None))

        def encoding(part: float) -> None:
            look(0.5 + 0.5 * part, None)

        if form == "gif":
            return {
                "name": f"{name}.gif",
                "type": "image/gif",
                "content": provenance.gif(frames, seconds, label, encoding),
            }
        if form == "mp4":
            return {
                "name": f"{name}.mp4",
                "type": "video/mp4",
                "content": provenance.mp4(frames, seconds, label, encoding),
            }
        sheet = provenance.finished(np.concatenate(list(frames), axis=1)[None], label)[0]
        return {"name": f"{name}-journey.png", "type": "image/png", "content": provenance.png(sheet)}

    return jobs.begin(work)


def reopened(content: bytes) -> dict[str, Any]:
    """The recipe inside a saved PNG, if its run is here: {"run", "step", "seed", "point"}.

    Raises:
        DataError: no recipe. RunError: the run is not here.
    """
    from aigc_core.media import provenance

    recipe = provenance.recipe_of(content)
    name, step, seed = recipe.get("run"), recipe.get("step"), recipe.get("seed")
    if not isinstance(name, str) or not isinstance(step, int) or not 0 <= step < 2**31:
        raise DataError(
            "marks.no_recipe", "This PNG holds no recipe; only pictures saved on this page can be opened again."
        )
    run, (point,) = run_named(name), _points([recipe.get("point")])
    if step not in run.checkpoints.steps():
        raise RunError("run.no_such_checkpoint", "{name} has no checkpoint at step {step}.", name=run.name, step=step)
    return {"run": name, "step": step, "seed": seed if isinstance(seed, int) else None, "point": point.model_dump()}


# -------------------------------------------------------------------------------------------------------


def _told(run: Run, directions: list[dict[str, Any]] | None) -> list[dict[str, Any]] | None:
    """Learned directions with the names that who asks may see."""
    if directions is None:
        return None
    classes = [one for one in directions if one["kind"] == "class"]
    names = dict(
        zip((one["id"] for one in classes), access.class_names(run, [one["name"] for one in classes]), strict=True)
    )
    told = []
    for one in directions:
        name = names.get(one["id"], one["name"])
        told.append(one | {"name": name, "id": one["id"] if name == one["name"] else f"class-{name}"})
    return told


def _points(values: Any) -> "list[Point]":
    from aigc_core.inference.latent import session

    return session.points(values)


def _raw(pictures: "np.ndarray") -> Picture:
    return {"pixels": pictures.tobytes(), "shape": list(pictures.shape)}


def _array(picture: Any) -> "np.ndarray":
    """uint8 (H, W, C) from a page's picture.

    Raises:
        DataError: it is none.
    """
    import numpy as np

    shape = picture.get("shape") if isinstance(picture, dict) else None
    pixels = picture.get("pixels") if isinstance(picture, dict) else None
    sizes = shape if isinstance(shape, list) and len(shape) == 3 else [0]
    sized = all(type(one) is int and 1 <= one <= 1024 for one in sizes)  # True is no size
    if not sized or not isinstance(pixels, bytes) or len(pixels) != sizes[0] * sizes[1] * sizes[2]:
        raise DataError("explore.no_picture", "There is no picture to work on; choose or draw one first.")
    return np.frombuffer(pixels, np.uint8).reshape(sizes)


def _mask(hidden: bytes, picture: "np.ndarray") -> "np.ndarray":
    import numpy as np

    if len(hidden) != picture.shape[0] * picture.shape[1]:
        raise DataError("explore.no_picture", "There is no picture to work on; choose or draw one first.")
    return np.frombuffer(hidden, np.uint8).reshape(picture.shape[:2]) != 0
