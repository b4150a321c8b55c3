"""A picture run in a person's hands: what the Latent page asks, answered from the run's checkpoints."""

import json
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import asdict
from typing import Annotated, Any, Literal

import numpy as np
import torch
from filelock import FileLock
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, TypeAdapter, ValidationError
from torch import Tensor
from typing_extensions import TypedDict

from aigc_core.common.device import device_of
from aigc_core.common.errors import AigcError, DataError, RunError
from aigc_core.common.files import read_own, write_json
from aigc_core.common.progress import Look
from aigc_core.common.rng import normal_per_sample
from aigc_core.data.datasets import load_data
from aigc_core.data.download import nothing_fetched
from aigc_core.data.image_dataset import ImageDataset, as_float
from aigc_core.data.sources import SOURCES, silent
from aigc_core.data.upload import framed
from aigc_core.families.base import ImageFamily
from aigc_core.families.image_decoding import PART, as_array
from aigc_core.inference import model_cache
from aigc_core.inference.latent import space
from aigc_core.metrics import classifier_features, nearest_neighbors
from aigc_core.runs.retention import LARGEST_ADDITION, OWN_DIRECTIONS
from aigc_core.runs.run import Run, cannot_write

LARGEST = 1e4  # of a code's numbers; no model has learned anything that far out
Number = Annotated[FiniteFloat, Field(ge=-LARGEST, le=LARGEST)]
Code = Annotated[list[Number], Field(min_length=1, max_length=1024)]
BATCH = 8  # codes decoded at once; a smaller request is filled up, so that a picture does not depend on its company
MOST_POINTS = 512
CLOUD_SIZE = 1000
MOST_OWN = 200  # named directions of one run
LEAST_TO_CLASSIFY, CLASSIFIER_FROM = 100, 4000  # pictures from which a classifier is learned where none is shipped
_learned_classifiers: dict[str, classifier_features.FeatureNetwork] = {}
MOST_TRUNCATION = 2.0  # above, pictures are only noise
_finding = threading.Lock()


class Point(BaseModel):
    """A place in the space of codes, and how to draw it.

    `truncation` multiplies the code (below 1: nearer to the average, Brock 2019); `other` is a second code that
    takes over from layer `mix_from` on.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    z: Code
    label: Annotated[int, Field(ge=0, lt=1024)] | None = None
    truncation: float = Field(1.0, ge=0, le=MOST_TRUNCATION, allow_inf_nan=False)
    other: Code | None = None
    mix_from: int = Field(0, ge=0, le=64)


_POINTS = TypeAdapter(Annotated[list[Point], Field(max_length=MOST_POINTS)])


def opened(run: Run, step: int | None) -> tuple[model_cache.Model, ImageFamily]:
    """The loaded model of a run that makes pictures.

    Raises:
        RunError: it makes something else, or has no such checkpoint.
    """
    model = model_cache.load(run, step)
    family = model.family
    if not isinstance(family, ImageFamily) or len(family.info.shape) != 3:
        raise RunError("run.no_pictures", "{name} makes no pictures; choose a run that does.", name=run.name)
    return model, family


def describe(run: Run, step: int | None) -> dict[str, Any]:
    """What a page must know to draw its controls for a run."""
    model, family = opened(run, step)
    return {
        "run": run.name,
        "step": model.step,
        "steps": run.checkpoints.steps(),
        "shape": list(family.info.shape),
        "latent_size": family.config.latent_size,
        "class_names": family.info.class_names if family.classes else [],
        "layers": family.layers,
        "encodes": family.encodes,
        "data": family.config.data,
    }


def points(values: Any) -> list[Point]:
    """Points from plain values.

    Raises:
        DataError: not a list of points, or a number that is none.
    """
    try:
        return _POINTS.validate_python(values, strict=True)
    except ValidationError as problem:
        raise DataError(
            "explore.bad_point",
            "The values of this position in the latent space are not valid; choose another one.",
        ) from problem


def pictures(
    run: Run,
    step: int | None,
    where: list[Point],
    batch: int = BATCH,
    look: Callable[[float], None] = lambda part: None,
) -> np.ndarray:
    """Pictures uint8 (N, H, W, C) of points, `batch` of them decoded at once; `look` hears of each batch.

    Raises:
        RunError, DataError: no such run or step; codes of another length, classes that it does not know.
    """
    model, family = opened(run, step)
    _check(family, where)
    if len(where) == 1:
        return _together(model, family, where[0])[None]
    made = []
    for first in range(0, len(where), batch):
        look(first / len(where))
        with model.lock:
            made.append(_drawn(family, where[first : first + batch], batch))
    return np.concatenate(made) if made else np.zeros((0, 1, 1, 1), np.uint8)


def _together(model: model_cache.Model, family: ImageFamily, point: Point) -> np.ndarray:
    """One picture uint8 (H, W, C); whoever has the model draws for all who wait, in batches."""
    mine: Future[np.ndarray] = Future()
    model.waiting.append((point, mine))
    with model.lock:
        while not mine.done():
            some = [model.waiting.popleft() for _ in range(min(BATCH, len(model.waiting)))]
            try:
                made = _drawn(family, [one for one, _ in some], BATCH)
            except Exception as problem:  # noqa: BLE001 — whoever waits must hear of it
                for _, theirs in some:
                    theirs.set_exception(problem)
                continue
            for (_, theirs), picture in zip(some, made, strict=True):
                theirs.set_result(picture)
    return mine.result()


def _drawn(family: ImageFamily, where: list[Point], batch: int) -> np.ndarray:
    """At most `batch` pictures, always computed as so many."""
    z, labels = _tensors(family, where + [where[-1]] * (batch - len(where)))
    with torch.inference_mode():
        return as_array(family.decode(family.networks, z, labels))[: len(where)]


def _check(family: ImageFamily, where: list[Point]) -> None:
    size = family.config.latent_size
    for one in where:
        if len(one.z) != size or (one.other is not None and len(one.other) != size):
            raise DataError(
                "explore.wrong_size",
                "This position has {given} numbers and the model's code has {size}; it belongs to another model.",
                given=len(one.z),
                size=size,
            )
        if family.classes and not 0 <= (one.label or 0) < family.classes:
            raise DataError(
                "explore.no_such_class", "The model knows {count} classes, counted from 0.", count=family.classes
            )


def _tensors(family: ImageFamily, where: list[Point]) -> tuple[Tensor, Tensor | None]:
    z = torch.tensor([one.z for one in where], dtype=torch.float32)
    scale = torch.tensor([one.truncation for one in where])[:, None]
    z = z * scale
    if any(one.other is not None for one in where):
        other = torch.tensor([one.other or one.z for one in where], dtype=torch.float32) * scale
        layer = torch.arange(family.layers)[None, :, None]
        start = torch.tensor([family.layers if one.other is None else one.mix_from for one in where])[:, None, None]
        z = torch.where(layer < start, z[:, None], other[:, None])
        if family.layers == 1:
            z = z[:, 0]
    labels = torch.tensor([one.label or 0 for one in where]) if family.classes else None
    return z.to(device_of(family.networks)), None if labels is None else labels.to(device_of(family.networks))


def code_of_seed(run: Run, step: int | None, seed: int) -> list[float]:
    """The code that a seed stands for: that of the first picture that `sample --seed` makes."""
    _, family = opened(run, step)
    return _plain(normal_per_sample(1, family.config.latent_size, seed)[0].numpy())


def _plain(values: np.ndarray) -> list[float]:
    return [float(f"{one:.6g}") for one in values]


# -- directions -----------------------------------------------------------------------------------------


def directions(run: Run, step: int | None) -> dict[str, Any]:
    """Directions of a checkpoint: found ones at once, learned ones if they were learned before, a person's own.

    {"found": [...], "learned": [...] or None, "own": [...]}, each direction as `latent.Direction` has it.
    """
    model, family = opened(run, step)
    with _finding:  # without the model's lock: people at its sliders do not wait for this
        found = _kept(run, _directions_file("found", model.step))
        if found is None:
            found = [asdict(one) for one in space.found_directions(family, family.networks)]
            _keep(run, _directions_file("found", model.step), found)
    return {
        "found": found,
        "learned": _kept(run, _directions_file("learned", model.step)),
        "own": _kept(run, OWN_DIRECTIONS) or [],
    }


def learn_directions(run: Run, step: int | None, look: Look) -> list[dict[str, Any]]:
    """Directions towards classes and along attributes (seconds of work); they are kept with the run."""
    model, family = opened(run, step)
    classify = None if family.classes else _classifier(family, learn=True)

    def report(part: float) -> None:
        look(part, None)

    found = space.learned_directions(family, family.networks, classify, family.info.class_names, report)
    plain = [asdict(one) for one in found]
    _keep(run, _directions_file("learned", model.step), plain)
    return plain


def _classifier(family: ImageFamily, learn: bool) -> Callable[[np.ndarray], np.ndarray] | None:
    """What tells the classes of this data apart: the shipped network, or one learned before or (`learn`) now.

    None where there are no classes, no data to learn them from, or too little of it.
    """
    if not family.info.class_names:
        return None
    key = _data_key(family)
    network = classifier_features.load(family.config.data) or _learned_classifiers.get(key)
    if network is None and learn:
        try:
            data = _data_here(family)
        except DataError:
            return None  # without it there are directions all the same, only none towards classes
        if data.labels is None or len(data.train) < LEAST_TO_CLASSIFY:
            return None
        index = torch.linspace(0, len(data.train) - 1, min(CLASSIFIER_FROM, len(data.train))).long()
        network = classifier_features.train(
            data.train[index], data.labels[index], len(family.info.class_names), epochs=4
        )
        _learned_classifiers[key] = network
    if network is None:
        return None

    def classify(made: np.ndarray) -> np.ndarray:
        return classifier_features.extract(network, torch.from_numpy(made).permute(0, 3, 1, 2))[1]

    return classify


def name_direction(run: Run, step: int | None, name: str, vector: list[float]) -> dict[str, Any]:
    """Keep a direction under a person's name for it; returns it with its effect.

    Raises:
        DataError: no name, or no direction.
    """
    _, family = opened(run, step)
    name = "".join(one for one in " ".join(name.split()) if one.isprintable())[:60]  # nothing that turns a line round
    (point,) = points([{"z": vector}])
    length = float(np.linalg.norm(point.z))
    if not name or length < 1e-6 or len(point.z) != family.config.latent_size:
        raise DataError("explore.bad_direction", "A direction needs a name, and must not be zero.")
    unit = torch.tensor(point.z) / length
    effect = space.effect_of(family, family.networks, unit)
    made = space.Direction(f"own-{uuid.uuid4().hex[:8]}", "own", name, _plain(unit.numpy()), effect)
    with _additions_locked(run):
        own = _kept(run, OWN_DIRECTIONS) or []
        if len(own) >= MOST_OWN:
            raise DataError("explore.too_many_directions", "This run has {count} named directions; delete some first.",
                            count=len(own))  # fmt: skip
        _keep(run, OWN_DIRECTIONS, [*own, asdict(made)])
    return asdict(made)


def forget_direction(run: Run, which: str) -> None:
    """Delete one of a person's own directions."""
    with _additions_locked(run):
        _keep(run, OWN_DIRECTIONS, [one for one in _kept(run, OWN_DIRECTIONS) or [] if one["id"] != which])


def _additions_locked(run: Run) -> FileLock:
    run.additions.mkdir(parents=True, exist_ok=True)
    return FileLock(run.additions / ".additions.lock")


def _directions_file(kind: Literal["found", "learned"], step: int) -> str:
    return f"directions-{kind}-{step:06d}.json"


_DIRECTIONS = TypeAdapter(list[space.Direction])


def _kept(run: Run, name: str) -> list[dict[str, Any]] | None:
    """Directions kept with the run, by pages or as it came; None if there are none or they cannot be read."""
    for content in _copies(run, name):
        with suppress(ValidationError):
            return [asdict(one) for one in _DIRECTIONS.validate_json(content)]
    return None


def _copies(run: Run, name: str) -> Iterator[bytes]:
    """What is kept under a name: what pages added first, then what came with the run."""
    for folder in dict.fromkeys((run.additions, run.path)):
        with suppress(OSError, ValueError):
            yield read_own(folder / name, folder, LARGEST_ADDITION)


def _keep(run: Run, name: str, values: Any) -> None:
    folder = run.additions
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_json(folder / name, values, durable=False)
    except OSError as problem:
        raise cannot_write(folder, problem) from problem


# -- map and clouds -------------------------------------------------------------------------------------


def plane(run: Run, step: int | None, origin: Point, across: Code, up: Code, reach: float, side: int) -> np.ndarray:
    """Pictures uint8 (side², H, W, C) on a grid of the plane through `origin` spanned by two unit vectors.

    Row by row from the top left; both coordinates run from −reach to reach standard deviations.
    """
    at = np.linspace(-reach, reach, side)
    base, u, v = (np.asarray(one, dtype=np.float64) for one in (origin.z, across, up))
    if not len(base) == len(u) == len(v):
        raise DataError("explore.bad_plane", "A map needs two directions of the same model.")
    base = base - _coordinates(base, u, v) @ np.stack([u, v])
    where = [origin.model_copy(update={"z": (base + x * u + y * v).tolist()}) for y in at[::-1] for x in at]
    return pictures(run, step, where, batch=PART)


def _coordinates(z: np.ndarray, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Where z lies in the plane of u and v, which need not be perpendicular."""
    return np.linalg.lstsq(np.stack([u, v]).T, z, rcond=None)[0]


class _Cloud(TypedDict):
    codes: Annotated[list[Code], Field(max_length=CLOUD_SIZE)]
    labels: Annotated[list[Annotated[int, Field(ge=0)]], Field(max_length=CLOUD_SIZE)]
    names: list[str]
    real: bool


_CLOUD = TypeAdapter(_Cloud)


def cloud(run: Run, step: int | None) -> dict[str, Any] | None:
    """Codes of labelled pictures, to show where the classes lie: {"codes": (N, Z), "labels": (N,), "names",
    "real": of held-out pictures, or of made ones as a classifier sees them}; None where nothing tells classes.
    """
    model, family = opened(run, step)
    if family.classes or not family.info.class_names:
        return None
    for content in _copies(run, cloud_file(model.step)):
        with suppress(ValidationError):
            kept = _CLOUD.validate_json(content)
            if _goes_with(kept, family):
                return dict(kept)
    found = _encoded_cloud(model, family) if family.encodes else None
    found = found or _made_cloud(model, family)
    if found is not None:
        _keep(run, cloud_file(model.step), found)
    return found


def _goes_with(kept: _Cloud, family: ImageFamily) -> bool:
    """Whether it can be one of this model's."""
    return (
        kept["names"] == family.info.class_names
        and len(kept["codes"]) == len(kept["labels"])
        and all(label < len(kept["names"]) for label in kept["labels"])
        and all(len(code) == family.config.latent_size for code in kept["codes"])
    )


def cloud_file(step: int) -> str:
    return f"cloud-{step:06d}.json"


def _encoded_cloud(model: model_cache.Model, family: ImageFamily) -> dict[str, Any] | None:
    try:
        data = _data_here(family)
    except DataError:
        return None
    x, labels = data.validation[:CLOUD_SIZE], data.validation_labels
    if labels is None:
        return None
    with model.lock, torch.inference_mode():
        codes = family.encode(family.networks, as_float(x).to(device_of(family.networks)), None)
    return _cloud(codes, labels[:CLOUD_SIZE].numpy(), family, real=True)


def _made_cloud(model: model_cache.Model, family: ImageFamily) -> dict[str, Any] | None:
    classify = _classifier(family, learn=False)  # learning one takes too long for a look at the map
    if classify is None:
        return None
    z = normal_per_sample(CLOUD_SIZE, family.config.latent_size, seed=4)
    with model.lock, torch.inference_mode():
        made = np.concatenate([as_array(family.decode(family.networks, part.to(device_of(family.networks)), None))
                               for part in z.split(PART)])  # fmt: skip
    return _cloud(z, classify(made), family, real=False)


def _cloud(codes: Tensor, labels: np.ndarray, family: ImageFamily, real: bool) -> dict[str, Any]:
    rounded = np.round(codes.float().cpu().numpy().astype(np.float64), 3)
    return {
        "codes": rounded.tolist(),
        "labels": labels.astype(int).tolist(),
        "names": family.info.class_names,
        "real": real,
    }


# -- a given picture ------------------------------------------------------------------------------------


def framed_upload(run: Run, step: int | None, content: bytes) -> np.ndarray:
    """A person's image file as a picture uint8 (H, W, C) like those that the model learned from.

    Raises:
        DataError: no picture, too large, or empty.
    """
    _, family = opened(run, step)
    source = SOURCES.get(family.config.data)
    return framed(content, family.info.shape, source.framing if source else "square")


def encoded(run: Run, step: int | None, picture: np.ndarray) -> tuple[list[float], int | None]:
    """The encoder's code of a picture uint8 (H, W, C), and its class where the model must be told one.

    Raises:
        RunError: the model has no encoder.
    """
    model, family = opened(run, step)
    if not family.encodes:
        raise RunError(
            "explore.no_encoder",
            "{name} has no encoder; a picture's code can only be found by searching.",
            name=run.name,
        )
    x = _as_input(family, picture)
    with model.lock, torch.inference_mode():
        if not family.classes:
            return _plain(family.encode(family.networks, x, None)[0].cpu().numpy()), None
        labels = torch.arange(family.classes, device=x.device)
        z = family.encode(family.networks, x.expand(len(labels), -1, -1, -1), labels)
        errors = (family.decode(family.networks, z, labels) - x).square().flatten(1).mean(1)
        best = int(errors.argmin())
        return _plain(z[best].cpu().numpy()), best


def found(
    run: Run, step: int | None, picture: np.ndarray, hidden: np.ndarray | None, shrink: int, look: Look
) -> dict[str, Any]:
    """Search for the code whose picture is most like what is seen of one (seconds of work).

    Args:
        picture: uint8 (H, W, C), or a smaller (H / shrink, W / shrink, C).
        hidden: bool (H, W), True where it is not seen; None = nowhere.
        look: is shown {"z", "label", "error"} as the search goes on.

    Returns:
        {"z", "label", "error"}: the error is root mean square, of values from 0 to 1.
    """
    model, family = opened(run, step)
    values = _as_input(family, picture, shrink)[0]
    mask = torch.ones(1, *values.shape[1:]) if hidden is None else torch.from_numpy(~hidden).float()[None]
    if mask.shape[1:] != values.shape[1:] or not mask.any():
        raise DataError("explore.all_hidden", "Something of the picture must stay visible.")
    seen = space.Observation(values, mask.to(values.device), shrink)
    with model.lock:
        label = space.likely_class(family, family.networks, seen)

    def report(part: float, z: list[float], error: float) -> None:
        model.lock.release()  # others may draw between two steps
        try:
            look(part, {"z": z, "label": label, "error": error})
        finally:
            model.lock.acquire()

    with model.lock:
        z, error = space.project(family, family.networks, seen, label, report)
    return {"z": z, "label": label, "error": error}


def filled(picture: np.ndarray, hidden: np.ndarray, made: np.ndarray) -> np.ndarray:
    """The picture with what was hidden taken from the made one: uint8 (H, W, C)."""
    return np.where(hidden[..., None], made, picture)


def shrunk(picture: np.ndarray, times: int) -> np.ndarray:
    """A picture uint8 (H, W, C) with each `times` × `times` pixels averaged."""
    height, width, channels = picture.shape
    parts = picture.reshape(height // times, times, width // times, times, channels)
    return np.round(parts.mean(axis=(1, 3))).astype(np.uint8)


def _as_input(family: ImageFamily, picture: np.ndarray, shrink: int = 1) -> Tensor:
    channels, height, width = family.info.shape
    if picture.shape != (height // shrink, width // shrink, channels):
        raise DataError(
            "explore.wrong_picture", "The model's pictures are {side} pixels wide, and this one is not.", side=width
        )
    return as_float(torch.from_numpy(picture.copy()).permute(2, 0, 1)[None]).to(device_of(family.networks))


# -- is it new? -----------------------------------------------------------------------------------------

_data_lock = threading.Lock()
_last_data: dict[str, ImageDataset] = {}


def _data_here(family: ImageFamily) -> ImageDataset:
    """The run's data, if it is on this machine; the last one asked for stays in memory.

    Raises:
        DataError: it would have to be fetched, or is gone.
    """
    key = _data_key(family)
    with _data_lock:
        if key not in _last_data:
            with nothing_fetched():
                data = load_data(family.config, torch.device("cpu"), silent)
            _last_data.clear()
            _last_data[key] = data  # type: ignore[assignment]
        return _last_data[key]


def _data_key(family: ImageFamily) -> str:
    """What decides which pictures a run learned from."""
    options = family.config.model_dump(include={"data", "data_path", "image_size", "channels", "clean", "validation",
                                                "seed", "pattern"})  # fmt: skip
    return json.dumps(options, sort_keys=True)


def neighbours(run: Run, step: int | None, picture: np.ndarray, look: Look) -> dict[str, Any]:
    """The training pictures most like a picture uint8 (H, W, C), and how near unseen pictures usually are.

    {"pictures": uint8 (K, H, W, C), "distances": (K,), "usual": (5 %, median, 95 %), "data", "count", "own"}. `own`
    is False where the run's own pictures are not on this machine and those of another source (`data`), of the same
    kind, were compared instead.

    Raises:
        DataError: neither is here.
    """
    _, family = opened(run, step)
    _as_input(family, picture)
    data = _data_or_alike(family)
    look(0.1, None)
    train = data.train.permute(0, 2, 3, 1).numpy()
    nearest = nearest_neighbors.nearest(train, picture[None], 5)[0]
    look(0.3, None)
    usual = data.cached(
        "usual", lambda: nearest_neighbors.usual_distances(train, data.validation.permute(0, 2, 3, 1).numpy())
    )
    return {
        "pictures": train[nearest.index],
        "distances": [round(float(one), 4) for one in nearest.distance],
        "usual": [round(one, 4) for one in usual],
        "data": data.config.data,
        "count": len(train),
        "own": data.config.data == family.config.data,
    }


def _data_or_alike(family: ImageFamily) -> ImageDataset:
    try:
        return _data_here(family)
    except AigcError as absent:
        source = SOURCES.get(family.config.data)
        if source is None or not source.alike:
            raise DataError(
                "explore.no_data",
                "The pictures that this model learned from are not on this machine, so nothing can be compared.",
            ) from absent
        config = family.config.changed({"data": source.alike})
        return ImageDataset(SOURCES[source.alike].load(config), config, torch.device("cpu"))  # type: ignore[arg-type]


# -- journeys -------------------------------------------------------------------------------------------


def journey(run: Run, step: int | None, stops: list[Point], parts: list[float], kind: str) -> list[Point]:
    """The points at `parts` (0 to 1) of the way through two or more points."""
    _, family = opened(run, step)
    if kind not in ("linear", "spherical"):
        raise DataError("explore.bad_path", "A journey goes along a spherical or a linear path.")
    if len(stops) < 2:
        raise DataError("explore.short_journey", "A journey needs at least two stops; add one more.")
    codes = [np.asarray(one.z) * one.truncation for one in stops]
    others = [np.asarray(one.other if one.other is not None else one.z) * one.truncation for one in stops]
    way = []
    for part in parts:
        stop = stops[round(min(max(part, 0.0), 1.0) * (len(stops) - 1))]  # class and mixing of the nearest stop
        mixed = stop.other is not None and family.layers > 1
        way.append(
            Point(
                z=_checked_path(codes, part, kind, family),
                truncation=1.0,
                other=_checked_path(others, part, kind, family) if mixed else None,
                mix_from=stop.mix_from,
                label=stop.label,
            )
        )
    return way


def _checked_path(codes: list[np.ndarray], part: float, kind: str, family: ImageFamily) -> list[float]:
    if any(len(one) != family.config.latent_size for one in codes):
        raise DataError("explore.other_models", "These pictures must belong to one model.")
    return space.along_path(np.stack(codes), part, kind).tolist()


def combined(a: Point, b: Point, c: Point) -> Point:
    """a − b + c, with what else belongs to c (Mikolov 2013; for pictures Radford 2016, section 6.3.2)."""
    if not len(a.z) == len(b.z) == len(c.z):
        raise DataError("explore.other_models", "These pictures must belong to one model.")
    parts = [np.asarray(one.z) * one.truncation for one in (a, b, c)]
    other = None if c.other is None else _plain(np.asarray(c.other) * c.truncation)
    (made,) = points([{"z": _plain(parts[0] - parts[1] + parts[2])}])
    return c.model_copy(update={"z": made.z, "other": other, "truncation": 1.0})
