"""What a safetensors file holds, by its beginning alone; strangers may have made the file."""

from pathlib import Path

import torch
from safetensors import safe_open

LARGEST_HEADER = 4_000_000  # bytes

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
    with safe_open(file, "pt") as tensors:
        parts = {name: tensors.get_slice(name) for name in tensors.keys()}  # noqa: SIM118  # no dict
        return {name: (torch.Size(one.get_shape()), one.get_dtype()) for name, one in parts.items()}
