"""What passes between core and pages besides numbers and texts."""

from typing import TypedDict


class Picture(TypedDict):
    """Pictures as bytes of uint8, of shape [N, H, W, C]; one that comes from a page has the shape [H, W, C]."""

    pixels: bytes
    shape: list[int]


class File(TypedDict):
    """A file that a person takes away: its name, MIME type and content."""

    name: str
    type: str
    content: bytes
