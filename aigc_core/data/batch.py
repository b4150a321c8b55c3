"""The examples of one step."""

from torch import Tensor

Batch = dict[str, Tensor]
