"""Are these enough pictures, and which ones count? What can be said of a person's own within some seconds, before
minutes are spent on them. No torch."""

import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast

from aigc_core.common.errors import message
from aigc_core.data.class_folders import class_folders
from aigc_core.data.image_folder import ReadPictures
from aigc_core.data.image_split import LEAST, few_pictures, split_pictures
from aigc_core.data.picture_files import find
from aigc_core.data.settings import DataSettings, ImageSettings
from aigc_core.data.sources import Note

# Not a boundary: Karras 2020, “Training generative adversarial networks with limited data”, needs a few thousand
# photographs with augmentation; small pictures of one kind need fewer.
ENOUGH = 1000

LOOK_S = 4.0  # after which no more are opened
LOOKED_AT = 2000  # pictures
GOLDEN = 0.618033988749895  # multiples of it, without their whole part, lie evenly whenever one stops


@dataclass
class PictureReport:
    """What was found. `pictures`: files that begin as pictures; `looked_at`: of those, how many were opened, from
    everywhere in the set; `usable`: of those, how many are left to learn from and to check with; `shape` (H, W, C) of
    what the training gets; `classes`: how many files of each; `notes`: what was left out, and why."""

    pictures: int
    looked_at: int
    usable: int
    shape: tuple[int, int, int]
    classes: dict[str, int]
    notes: list[Note]
    verdict: Literal["far_too_little", "little", "enough"] = "enough"
    advice: list[Note] = field(default_factory=list)


def judge_pictures(settings: DataSettings) -> PictureReport:
    """Look at pictures as a training with these settings would read them.

    Raises:
        DataError: there are none, or fewer than training needs.
    """
    config = cast(ImageSettings, settings)  # whatever goes with a source of pictures has them
    place = Path(config.data_path)
    with find(place) as found:
        read, end = ReadPictures(config), time.monotonic() + LOOK_S
        order = sorted(range(len(found.pictures)), key=lambda number: number * GOLDEN % 1)
        looked_at = 0
        for number in order[:LOOKED_AT]:
            if looked_at and time.monotonic() > end:
                break
            read.take(found.pictures[number], found.left_out)
            looked_at += 1
        unopened = [found.pictures[number].parts[:-1] for number in order[looked_at:]]
    images = read.images(place.name, found, unopened)
    folders = [one.parts[:-1] for one in found.pictures]
    classes = class_folders(folders)
    counts = Counter(name for one in folders if (name := classes.class_of(one)) is not None)
    (train, _), (validation, _) = split_pictures(images, config)
    height, width, channels = images.pixels.shape[1:]
    report = PictureReport(
        pictures=len(found.pictures),
        looked_at=looked_at,
        usable=len(train) + len(validation),
        shape=(height, width, channels),
        classes=dict(sorted(counts.items())),
        notes=images.notes,
    )
    _conclude(report, config)
    return report


def _conclude(report: PictureReport, config: ImageSettings) -> None:
    """Fill in the verdict and the advice, the weightiest first."""
    different = round(report.usable / report.looked_at * report.pictures)
    by_class = getattr(config, "conditional", False)
    advice = report.advice
    if by_class and len(report.classes) < 2:
        advice.append(
            message(
                "judge.no_classes",
                "The setting “By class” (conditional) needs at least two class folders with pictures; switch it off, "
                "or put the pictures of each class into a folder of its own.",
            )
        )
    if different < ENOUGH:
        report.verdict = "far_too_little" if different < LEAST else "little"
        advice += few_pictures(different) or [
            message(
                "judge.pictures_little",
                "{count} different pictures are few: rotation, mirroring and scaling (settings “rotate”, “flip”, "
                "“scale”) make more of them; about {enough} are better.",
                count=different,
                enough=f"{ENOUGH:,}",
            )
        ]
    name, count = min(report.classes.items(), key=lambda one: one[1], default=("", LEAST))
    if by_class and count < LEAST:
        advice.append(
            message(
                "judge.small_class",
                "The class {name} has only {count} pictures and will be drawn from these few; give about as many of "
                "every class.",
                name=name[:40],
                count=count,
            )
        )
    if not advice:
        advice.append(message("judge.pictures_fine", "Nothing speaks against these pictures; more are better still."))
