"""Files of tensors in a run: whether they hold what a network needs, and reading them; nothing is ever unpickled."""

from pathlib import Path

import torch
from safetensors import safe_open
from torch import Tensor

from aigc_core.common.files import own_file
from aigc_core.common.safetensors_header import Header, named_in_utf8, read_header

Shapes = dict[str, torch.Size]  # of tensors by name

PRECISIONS = ("F16", "BF16", "F32", "F64")  # as safetensors calls them


def header_of(file: Path) -> Header:
    """The tensors that a checkpoint's file names; none is read.

    Raises:
        OSError, ValueError, SafetensorError: no such file in the run.
    """
    return read_header(own_file(file, file.parent.parent))


def check_header(found: Header, shapes: Shapes) -> None:
    """Raises: ValueError: not the tensors of these shapes. Networks that are not asked for may be there, too."""
    asked = {name.split("/")[0] for name in shapes}
    odd = [name for name in found if name not in shapes and name.split("/")[0] in asked]
    for name in [*shapes, *odd]:
        shape, kind = found.get(name, (None, ""))
        if shape != shapes.get(name):
            said = [list(one) if one is not None else "not there" for one in (shape, shapes.get(name))]
            raise ValueError(f"{name[:80]} is {said[0]}, and should be {said[1]}")
        if kind not in PRECISIONS:
            raise ValueError(f"{name[:80]} has numbers of the kind {kind}")


def read_tensors(file: Path, shapes: Shapes) -> dict[str, Tensor]:
    """Tensors of these shapes, as float32.

    Raises:
        OSError, ValueError, SafetensorError: no such file, or other ones, or numbers that are infinite or none.
    """
    check_header(header_of(file), shapes)
    tensors = {}
    with named_in_utf8(file) as path, safe_open(path, "pt") as opened:
        for name in shapes:
            tensor = opened.get_tensor(name).to(torch.float32, copy=True)  # the file may change
            if tensor.numel() and not all(one.isfinite() for one in tensor.aminmax()):
                raise ValueError(f"{name} has numbers that are infinite or none")
            tensors[name] = tensor
    return tensors
