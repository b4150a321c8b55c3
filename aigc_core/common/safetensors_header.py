"""What a safetensors file holds, by its beginning alone; strangers may have made the file."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors import safe_open

LARGEST_HEADER = 4_000_000  # bytes


@contextmanager
def named_in_utf8(file: Path) -> Iterator[Path]:
    """The same file, by way of a link where its path has bytes that are not UTF-8: the library opens no other."""
    try:
        str(file).encode()
    except UnicodeEncodeError:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "link").symlink_to(file.absolute().parent)
            yield Path(folder) / "link" / file.name
    else:
        yield file


Header = dict[str, tuple[torch.Size, str]]  # shape and kind of number of each tensor


def read_header(file: Path) -> Header:
    """The tensors in a file; none is read.

    Raises:
        OSError, ValueError, SafetensorError: no such file.
    """
    with file.open("rb") as opened:
        length = int.from_bytes(opened.read(8), "little")
    if length > LARGEST_HEADER:
        raise ValueError(f"{file.name} begins with {length} bytes of names")
    with named_in_utf8(file) as name, safe_open(name, "pt") as tensors:
        parts = {name: tensors.get_slice(name) for name in tensors.keys()}  # noqa: SIM118  # no dict
        return {name: (torch.Size(one.get_shape()), one.get_dtype()) for name, one in parts.items()}
