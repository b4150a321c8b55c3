"""One correction of weights by a gradient: the step that every training loop here takes."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn


def gradient_step(
    loss: Tensor,
    optimizer: torch.optim.Optimizer,
    *,
    lr: float | None = None,
    parameters: Sequence[nn.Parameter] = (),
    grad_clip: float = 0.0,
    backward: Callable[[Tensor], None] = Tensor.backward,
    reduce: Callable[[list[nn.Parameter]], None] | None = None,
) -> Tensor | None:
    """Backward, average, clip, step, and forget the gradients.

    Args:
        loss: a scalar; `backward` brings its gradients into the weights.
        lr: learning rate of all the optimizer's groups; None = as it stands.
        parameters: what is clipped, and averaged by `reduce` over processes; those without a gradient are left out.
        grad_clip: longest norm of all gradients together; 0 = any.

    Returns:
        The norm before it was clipped, a scalar; None where nothing is clipped.
    """
    # backward
    backward(loss)
    learning = [one for one in parameters if one.grad is not None]
    if reduce is not None:
        reduce(learning)
    # clip the gradient
    norm = nn.utils.clip_grad_norm_(learning, grad_clip) if grad_clip else None
    # step the optimizer
    if lr is not None:
        for group in optimizer.param_groups:
            group["lr"] = lr
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return norm
