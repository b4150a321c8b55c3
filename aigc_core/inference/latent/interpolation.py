"""Ways through a latent space: linear and spherical interpolation, and the arithmetic of codes."""

import numpy as np

from aigc_core.common.errors import DataError
from aigc_core.families.image import ImageFamily
from aigc_core.inference.latent.session import Point, open_model, parse_points, rounded
from aigc_core.runs.run import Run


def interpolate_codes(points: np.ndarray, part: float, kind: str) -> np.ndarray:
    """The code at `part` (0 to 1) of the way through codes (P, Z), P at least 2; each leg takes equally long.

    Args:
        kind: "linear", or "spherical": on the great circle, lengths changing evenly (Shoemake 1985; for latent
            codes White 2016). A straight line between two codes passes nearer to 0 than the model is used to.
    """
    place = min(max(part, 0.0), 1.0) * (len(points) - 1)
    leg = min(int(place), len(points) - 2)
    t, a, b = place - leg, points[leg], points[leg + 1]
    if kind == "linear":
        return (1 - t) * a + t * b
    return slerp(a, b, t)


def slerp(a: np.ndarray, b: np.ndarray, t: float) -> np.ndarray:
    """From a (Z,) to b (Z,) along the great circle; a straight line where they have no or opposite direction."""
    length_a, length_b = np.linalg.norm(a), np.linalg.norm(b)
    if min(length_a, length_b) < 1e-9:
        return (1 - t) * a + t * b
    angle = np.arccos(np.clip(np.dot(a / length_a, b / length_b), -1, 1))
    if np.sin(angle) < 1e-6:
        return (1 - t) * a + t * b
    way = (np.sin((1 - t) * angle) * a / length_a + np.sin(t * angle) * b / length_b) / np.sin(angle)
    return way * ((1 - t) * length_a + t * length_b)


def interpolate(run: Run, step: int | None, stops: list[Point], parts: list[float], kind: str) -> list[Point]:
    """The points at `parts` (0 to 1) of the way through two or more points."""
    _, family = open_model(run, step)
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
    return interpolate_codes(np.stack(codes), part, kind).tolist()


def combine_points(a: Point, b: Point, c: Point) -> Point:
    """a − b + c, with what else belongs to c (Mikolov 2013; for pictures Radford 2016, section 6.3.2)."""
    if not len(a.z) == len(b.z) == len(c.z):
        raise DataError("explore.other_models", "These pictures must belong to one model.")
    parts = [np.asarray(one.z) * one.truncation for one in (a, b, c)]
    other = None if c.other is None else rounded(np.asarray(c.other) * c.truncation)
    (made,) = parse_points([{"z": rounded(parts[0] - parts[1] + parts[2])}])
    return c.model_copy(update={"z": made.z, "other": other, "truncation": 1.0})
