"""What a safetensors file holds is told by its beginning, and a beginning that is too long is not read."""

from pathlib import Path

import pytest
import torch
from safetensors import SafetensorError
from safetensors.torch import save_file

from aigc_core.common.safetensors_header import LARGEST_HEADER, read_header


def test_shape_and_kind_of_each_tensor(tmp_path: Path) -> None:
    file = tmp_path / "a.safetensors"
    save_file({"a": torch.zeros(2, 3), "b": torch.zeros((), dtype=torch.bfloat16)}, file)
    assert read_header(file) == {"a": (torch.Size([2, 3]), "F32"), "b": (torch.Size([]), "BF16")}


def test_other_files_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.safetensors"
    file.write_bytes((LARGEST_HEADER + 1).to_bytes(8, "little") + b" " * 100)
    with pytest.raises(ValueError, match="4000001 bytes of names"):
        read_header(file)
    for content in (b"", (10).to_bytes(8, "little") + b"no JSON at all"):
        file.write_bytes(content)
        with pytest.raises(SafetensorError):
            read_header(file)
    with pytest.raises(OSError):
        read_header(tmp_path / "nothing")
