"""Which folder of a picture's path is its class."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

SPLITS = {
    "train", "training", "val", "valid", "validation", "dev", "test", "testing", "eval",
    "训练", "训练集", "验证", "验证集", "测试", "测试集",
}  # fmt: skip
Folders = tuple[str, ...]


@dataclass(frozen=True)
class ClassFolders:
    """`level`: the place in a path of the folder that is the class, None if there are no classes. `splits`: folders
    above it that part the data for training and testing. `deeper`: whether classes have folders within."""

    level: int | None
    splits: tuple[str, ...] = ()
    deeper: bool = False

    def class_of(self, folders: Folders) -> str | None:
        """None for a picture beside the class folders."""
        return folders[self.level] if self.level is not None and self.level < len(folders) else None


def class_folders(pictures: Sequence[Folders]) -> ClassFolders:
    """The first level at which folders tell pictures apart. A folder that all have in common does not, and those of
    a split into training and test data tell nothing about what is on a picture.

    Where half of the pictures or more lie in no folder of that level, there are no classes.
    """
    splits: tuple[str, ...] = ()
    level, left = 0, list(pictures)
    while True:
        inside = [one for one in left if len(one) > level]
        if 2 * len(inside) <= len(left) or not inside:
            return ClassFolders(None, splits)
        names = Counter(one[level] for one in inside)
        if len(names) > 1 and not all(name.lower() in SPLITS for name in names):
            return ClassFolders(level, splits, any(len(one) > level + 1 for one in inside))
        if len(names) > 1:
            splits = tuple(sorted(names))
        level, left = level + 1, inside
