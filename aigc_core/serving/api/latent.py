"""What the Latent page asks of a run: its latent space in plain values. torch is loaded when first needed.

A position is a dictionary as `aigc_core.inference.latent.session.Point` has it: {"z": [...], "label", "truncation",
"other", "mix_from"}. `step` None is the best checkpoint. Whatever a person can get wrong raises `AigcError`.
"""

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal, TypedDict

import numpy as np

from aigc_core.common.cores import wait_briefly
from aigc_core.common.errors import AigcError, DataError, RunError
from aigc_core.common.progress import ProgressCallback
from aigc_core.runs.listing import run_named
from aigc_core.runs.run import Run
from aigc_core.serving import access, jobs
from aigc_core.serving.api import run_views
from aigc_core.serving.api.plain_values import File, Picture
from aigc_core.serving.classroom import users
from aigc_core.serving.lazy import LazyFunctions

if TYPE_CHECKING:
    from aigc_core.common import device
    from aigc_core.inference.latent import direction_store, image_search, interpolation, latent_map, session
    from aigc_core.inference.latent.direction_store import Directions
    from aigc_core.inference.latent.latent_map import ClassCloud
    from aigc_core.media import provenance
else:
    device = LazyFunctions("aigc_core.common.device")
    direction_store = LazyFunctions("aigc_core.inference.latent.direction_store")
    image_search = LazyFunctions("aigc_core.inference.latent.image_search")
    interpolation = LazyFunctions("aigc_core.inference.latent.interpolation")
    latent_map = LazyFunctions("aigc_core.inference.latent.latent_map")
    session = LazyFunctions("aigc_core.inference.latent.session")
    provenance = LazyFunctions("aigc_core.media.provenance")

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
    wait_briefly()
    later = threading.Timer(PAGE_FIRST_S, _warm_up)
    later.name, later.daemon = "warm-up", True
    later.start()


def _warm_up() -> None:
    import torch

    torch.set_num_threads(1)  # of whoever comes from now on: people at other sliders need the other cores
    for run in _models()[:1]:
        with suppress(AigcError):
            decode_points(run["name"], None, [{"z": code_of_seed(run["name"], None, 0)}])
    _warm.set()


class PictureModels(TypedDict):
    """The models to choose from, and whether pictures can be drawn without waiting for torch."""

    runs: list[dict[str, Any]]
    ready: bool


def _models() -> list[dict[str, Any]]:
    """Points in the plane have no pictures to show."""
    return [one for one in run_views.models("decodes_latent") if one["kind"] == "image"]


def models() -> PictureModels:
    """The models that make pictures."""
    return {"runs": _models(), "ready": _warm.is_set()}


def describe(name: str, step: int | None) -> dict[str, Any]:
    """Shape, size of the code, class names to ask for, layers to mix, whether it encodes, its checkpoints."""
    run = run_named(name)
    described = session.describe(run, step)
    return described | {"class_names": access.class_names(run, described["class_names"])}


# -- drawing --------------------------------------------------------------------------------------------

code_of_seed = access.for_everybody(session.code_of_seed)


def decode_points(name: str, step: int | None, points: object) -> Picture:
    """Pictures of positions."""
    with device.threads(1):  # pictures this small are drawn faster so
        return _picture(session.decode_points(run_named(name), step, session.parse_points(points)))


def list_directions(name: str, step: int | None) -> "Directions":
    """Directions of a model, with the names that who asks may see."""
    run = run_named(name)
    found = direction_store.list_directions(run, step)
    return {**found, "learned": found["learned"] and _with_visible_names(run, found["learned"])}


def learn_directions(name: str, step: int | None) -> str:
    """Start learning directions from labels and measurements; returns the job."""
    run = run_named(name)
    return jobs.start(lambda progress: _with_visible_names(run, direction_store.learn_directions(run, step, progress)))


def _with_visible_names(run: Run, directions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Learned directions with the names of classes that who asks may see."""
    classes = [one for one in directions if one["kind"] == "class"]
    visible = access.class_names(run, [one["name"] for one in classes])
    names = dict(zip((one["id"] for one in classes), visible, strict=True))
    renamed = []
    for one in directions:
        name = names.get(one["id"], one["name"])
        renamed.append(one | {"name": name, "id": one["id"] if name == one["name"] else f"class-{name}"})
    return renamed


def name_direction(name: str, step: int | None, called: str, vector: object) -> dict[str, Any]:
    """Keep a direction under a name; returns it.

    Raises:
        AigcError: not yours in a class, or no name or direction.
    """
    run = run_named(name)
    users.check_may_change(run)
    return direction_store.name_direction(run, step, called, vector)


def delete_direction(name: str, which: str) -> None:
    """Delete one of the named directions.

    Raises:
        AigcError: not yours in a class, or there is none of this name.
    """
    run = run_named(name)
    users.check_may_change(run)
    direction_store.delete_direction(run, which)


def decode_plane(
    name: str, step: int | None, origin: object, across: object, up: object, reach: float, side: int
) -> Picture:
    """`side`² pictures on the plane of two directions through a position, row by row from the top left."""
    if not (1 <= side <= SIDE_LIMIT and 0 < reach <= 10):
        raise DataError("explore.bad_plane", "A map needs two directions of the same model.")
    u, v = (one.z for one in session.parse_points([{"z": across}, {"z": up}]))
    (center,) = session.parse_points([origin])
    return _picture(latent_map.decode_plane(run_named(name), step, center, u, v, reach, side))


def class_cloud(name: str, step: int | None) -> "ClassCloud | None":
    """Codes of labelled pictures, where anything tells the classes."""
    run = run_named(name)
    found = latent_map.class_cloud(run, step)
    return found and {**found, "names": access.class_names(run, found["names"])}


class Stop(TypedDict):
    """A position on a journey, and its picture."""

    point: dict[str, Any]
    picture: Picture


def interpolate(name: str, step: int | None, stops: object, part: float, kind: str) -> Stop:
    """Where one is at a part (0 to 1) of the way through positions."""
    run = run_named(name)
    way = interpolation.interpolate(run, step, session.parse_points(stops), [part], kind)
    return {"point": way[0].model_dump(), "picture": _picture(session.decode_points(run, step, way))}


def combine_points(a: object, b: object, c: object) -> dict[str, Any]:
    """The position a − b + c."""
    return interpolation.combine_points(*session.parse_points([a, b, c])).model_dump()


# -- a given picture ------------------------------------------------------------------------------------


class Upload(TypedDict):
    """A person's picture as the model would see it; its position only where the model encodes."""

    picture: Picture
    point: dict[str, Any] | None


def image_from_upload(name: str, step: int | None, content: bytes) -> Upload:
    """Take a person's image file."""
    run = run_named(name)
    picture = image_search.image_from_upload(run, step, content)
    point = None
    if session.describe(run, step)["encodes"]:
        z, label = image_search.encode_image(run, step, picture)
        point = {"z": z, "label": label}
    return {"picture": _picture(picture[None]), "point": point}


def project_image(name: str, step: int | None, picture: object, hidden: bytes | None, shrink: int) -> str:
    """Start looking for the position of a picture; returns the job.

    Args:
        hidden: a byte for each pixel, not 0 where it is hidden.
        shrink: 2 = look for the picture that has this one's pixels when it is made half as large.

    The job's result: {"z", "label", "error", "filled": the picture with what was hidden filled in, "small": what
    was looked at}.
    """
    run, given = run_named(name), _array(picture)
    if shrink not in (1, 2):
        raise _no_picture()
    mask = None if hidden is None else _mask(hidden, given)

    def work(progress: ProgressCallback) -> dict[str, Any]:
        if shrink > 1 and any(side % shrink for side in given.shape[:2]):
            raise _no_picture()
        small = image_search.downsample(given, shrink) if shrink > 1 else given
        found = image_search.project_image(run, step, small, mask, shrink, progress)
        where = session.parse_points([{"z": found["z"], "label": found["label"]}])
        (generated,) = session.decode_points(run, step, where)
        whole = generated if mask is None else image_search.inpaint(given, mask, generated)
        return {**found, "filled": _picture(whole[None]), "small": _picture(small[None])}

    return jobs.start(work)


def nearest_training_images(name: str, step: int | None, picture: object) -> str:
    """Start looking for the training pictures most like one; returns the job.

    Raises:
        ClassError: the pictures are someone else's.
    """
    run, given = run_named(name), _array(picture)
    access.check_may_see_data(run)

    def work(progress: ProgressCallback) -> dict[str, Any]:
        found = image_search.nearest_training_images(run, step, given, progress)
        return {**found, "pictures": _picture(found["pictures"])}

    return jobs.start(work)


# -- taking away and bringing back ----------------------------------------------------------------------


def picture_file(
    name: str, step: int | None, point: object, *, label: Language | None = None, seed: int | None = None
) -> File:
    """The picture of a position, with its recipe inside, as a file.

    Args:
        label: language of the label that a person sees; None = no label. The mark in the file stays.
        seed: what the position came from, for the recipe.
    """
    run, where = run_named(name), session.parse_points([point])
    (picture,) = session.decode_points(run, step, where)
    recipe = {
        "format": FORMAT, "run": name, "step": session.describe(run, step)["step"], "seed": seed,
        "point": where[0].model_dump(),
    }  # fmt: skip
    content = provenance.png(provenance.finished(picture[None], label)[0], recipe)
    return {"name": f"{name}.png", "type": "image/png", "content": content}


def journey_file(
    name: str,
    step: int | None,
    form: str,
    stops: object,
    *,
    seconds: float,
    kind: str,
    label: Language | None = None,
) -> str:
    """Start making a file of a journey; returns the job, whose result is a `File`.

    Args:
        form: "strip", "gif" or "mp4".
    """
    if not 0.5 <= seconds <= LONGEST_S:
        raise DataError("explore.bad_length", "A journey may last from 0.5 to {limit} seconds.", limit=int(LONGEST_S))
    if form not in ("strip", "gif", "mp4"):
        raise DataError("explore.bad_form", "A journey can be saved as GIF, MP4 or a strip of pictures.")
    run, where = run_named(name), session.parse_points(stops)
    count = STRIP_PICTURES if form == "strip" else round(FRAMES_A_SECOND * seconds)

    def work(progress: ProgressCallback) -> File:
        way = interpolation.interpolate(run, step, where, np.linspace(0, 1, count).tolist(), kind)
        frames = session.decode_points(run, step, way, progress=lambda part, shown: progress(0.5 * part, None))

        def encoding(part: float, _: object) -> None:
            progress(0.5 + 0.5 * part, None)

        match form:
            case "gif":
                content = provenance.gif(frames, seconds, label, encoding)
                return {"name": f"{name}.gif", "type": "image/gif", "content": content}
            case "mp4":
                content = provenance.mp4(frames, seconds, label, encoding)
                return {"name": f"{name}.mp4", "type": "video/mp4", "content": content}
        sheet = provenance.finished(np.concatenate(list(frames), axis=1)[None], label)[0]
        return {"name": f"{name}-journey.png", "type": "image/png", "content": provenance.png(sheet)}

    return jobs.start(work)


def read_recipe(content: bytes) -> dict[str, Any]:
    """The recipe inside a saved PNG, if its run is here: {"run", "step", "seed", "point"}.

    Raises:
        DataError: no recipe. RunError: the run is not here.
    """
    recipe = provenance.recipe_of(content)
    name, step, seed = recipe.get("run"), recipe.get("step"), recipe.get("seed")
    if not isinstance(name, str) or not isinstance(step, int) or not 0 <= step < 2**31:
        raise DataError(
            "marks.no_recipe", "This PNG holds no recipe; only pictures saved on this page can be opened again."
        )
    run, (point,) = run_named(name), session.parse_points([recipe.get("point")])
    if step not in run.checkpoints.steps():
        raise RunError("run.no_such_checkpoint", "{name} has no checkpoint at step {step}.", name=run.name, step=step)
    return {"run": name, "step": step, "seed": seed if isinstance(seed, int) else None, "point": point.model_dump()}


# -- pictures from and to pages ---------------------------------------------------------------------------


def _picture(pictures: np.ndarray) -> Picture:
    return {"pixels": pictures.tobytes(), "shape": list(pictures.shape)}


def _array(picture: object) -> np.ndarray:
    """uint8 (H, W, C) from a page's picture.

    Raises:
        DataError: it is none.
    """
    shape = picture.get("shape") if isinstance(picture, dict) else None
    pixels = picture.get("pixels") if isinstance(picture, dict) else None
    sizes = shape if isinstance(shape, list) and len(shape) == 3 else [0]
    sized = all(type(one) is int and 1 <= one <= 1024 for one in sizes)  # True is no size
    if not sized or not isinstance(pixels, bytes) or len(pixels) != sizes[0] * sizes[1] * sizes[2]:
        raise _no_picture()
    return np.frombuffer(pixels, np.uint8).reshape(sizes)


def _mask(hidden: bytes, picture: np.ndarray) -> np.ndarray:
    if len(hidden) != picture.shape[0] * picture.shape[1]:
        raise _no_picture()
    return np.frombuffer(hidden, np.uint8).reshape(picture.shape[:2]) != 0


def _no_picture() -> DataError:
    return DataError("explore.no_picture", "There is no picture to work on; choose or draw one first.")
