"""Which folder of a picture's path is its class."""

import pytest

from aigc_core.data.class_folders import class_folders


def classes(paths: list[str]) -> tuple[list[str], int]:
    """The classes of pictures in these folders, and how many have none."""
    pictures = [tuple(one.split("/")) if one else () for one in paths]
    found = class_folders(pictures)
    named = [found.class_of(one) for one in pictures]
    return sorted({one for one in named if one is not None}), named.count(None)


@pytest.mark.parametrize(
    ("folders", "expected", "without"),
    [
        (["cats", "dogs"], ["cats", "dogs"], 0),
        (["data/cats", "data/dogs"], ["cats", "dogs"], 0),
        (["a/b/cats", "a/b/dogs"], ["cats", "dogs"], 0),
        (["cats/2021", "cats/2022", "dogs/2021"], ["cats", "dogs"], 0),
        (["cats/2021", "cats/2022"], ["2021", "2022"], 0),
        (["train/cats", "train/dogs", "val/cats", "val/dogs"], ["cats", "dogs"], 0),
        (["d/train/cats", "d/Train/dogs", "d/test/cats", "d/test/dogs"], ["cats", "dogs"], 0),
        (["训练集/猫", "训练集/狗", "测试集/猫"], ["狗", "猫"], 0),
        (["cats/train", "cats/val", "dogs/train", "dogs/val"], ["cats", "dogs"], 0),
        (["train/cats", "train/dogs", "train/dogs", "test"], ["cats", "dogs"], 1),
        (["train", "plane"], ["plane", "train"], 0),  # a vehicle
        (["train", "test"], [], 2),
        (["cats", "dogs", "dogs", ""], ["cats", "dogs"], 1),
        (["", "", "", "old", "new"], [], 5),
        (["cats", "cats", ""], [], 3),
        (["", ""], [], 2),
        (["only"], [], 1),
    ],
    ids=str,
)
def test_the_first_level_that_tells_pictures_apart(folders: list[str], expected: list[str], without: int) -> None:
    assert classes(folders) == (expected, without)
