"""Training a GPT, next to `transformers`' GPT2LMHeadModel in a plain loop. Prints tables.

    python benchmarks/gpt.py            # or --quick; --only steps | recipe

Needs tiny_shakespeare (found under $AIGC_DATA/text, or fetched). "steps": the same network, batch and number of steps,
in steps a second. "recipe": the peer's 2,000 steps, our recipe “minute” in a quarter of the time those took, and our
recipe “three-minutes”; validation loss over all held-out text.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import torch
from torch import Tensor
from torch.nn import functional as F

from benchmarks import peers
from benchmarks.peers import NEVER, Result, header, in_turn, measured, pace, table, timed, trained

WARM = 5  # steps that do not count
SIZES = {
    "4 layers, 4 heads, 128 wide, context 64, batch 12": ((4, 4, 128, 64, 12), 300),
    "6 layers, 6 heads, 384 wide, context 256, batch 16": ((6, 6, 384, 256, 16), 12),
}
PEER_STEPS = 2000
SECONDS = 180


def main() -> None:
    options = peers.parser(__doc__, "fewer rounds and steps")
    options.add_argument("--only", choices=["steps", "recipe"])
    given = options.parse_args()
    if given.side:
        print(json.dumps(SIDES[given.side[0]](*map(json.loads, given.side[1:]))))
        return
    header()
    if given.only != "recipe":
        for name, (shape, steps) in SIZES.items():
            arguments = [json.dumps(shape), str(steps // 3 if given.quick else steps)]
            both = {"ours": ["steps", *arguments], "transformers": ["peer-steps", *arguments]}
            print(f"\n{name}")
            medians = table(in_turn(both, 3 if given.quick else 5), "steps_per_s", "steps/s", ".2f")
            print(f"  ratio {medians['ours'] / medians['transformers']:.2f}")
    if given.only != "steps":
        results: dict[str, list[Result]] = {}
        for _ in range(1 if given.quick else 3):
            peer = measured("peer-recipe")
            quarter = measured("recipe", '"minute"', peer["seconds"] / 4)
            best = measured("recipe", '"three-minutes"', SECONDS)
            named = {"transformers": peer, "ours, a quarter of its time": quarter, f"ours, {SECONDS} s": best}
            for name, one in named.items():
                results.setdefault(name, []).append(one)
        print(f"\ntiny_shakespeare, characters: {PEER_STEPS} steps of the peer, and our recipes")
        table(results, "seconds", "s of training")
        table(results, "loss", "nats a character, all held-out text", ".4f")


# -- ours -----------------------------------------------------------------------------------------------


def steps(shape: tuple[int, ...], count: int) -> Result:
    layers, heads, width, context, batch = shape
    changes = {
        "data": "shakespeare", "layers": layers, "heads": heads, "width": width, "context": context,
        "batch_size": batch, "steps": count + WARM + 1, "log_every": 1, "sample_tokens": 1,
    } | NEVER  # fmt: skip
    return {"steps_per_s": pace(trained("gpt", "shakespeare", changes)[1], WARM)}


def recipe(preset: str, seconds: float) -> Result:
    run, _ = trained("gpt", preset, {"minutes": seconds / 60})
    from aigc_core.evaluation.evaluate import evaluate

    last = run.checkpoints.steps()[-1]
    return {"seconds": run.status().elapsed_s, "loss": evaluate(run, extent="full", step=last)["loss"]}


# -- the peer -------------------------------------------------------------------------------------------


def peer(shape: tuple[int, ...], total: int) -> tuple[Callable[[], None], Callable[[], float]]:
    """A step of a plain loop with GPT2LMHeadModel, and its loss over all held-out text."""
    from transformers import GPT2Config, GPT2LMHeadModel

    text = sources()
    letters = sorted(set(text))
    ids = torch.tensor([letters.index(one) for one in text])
    train, held_out = ids[: int(0.9 * len(ids))], ids[int(0.9 * len(ids)) :]
    layers, heads, width, context, batch = shape
    torch.manual_seed(1337)
    model = GPT2LMHeadModel(
        GPT2Config(
            vocab_size=len(letters), n_positions=context, n_embd=width, n_layer=layers, n_head=heads, resid_pdrop=0.0,
            embd_pdrop=0.0, attn_pdrop=0.0, bos_token_id=None, eos_token_id=None,
        )
    ).train()  # fmt: skip
    decayed = [one for one in model.parameters() if one.dim() >= 2]
    others = [one for one in model.parameters() if one.dim() < 2]
    groups = [{"params": decayed, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.99), fused=True)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: factor(step, total))

    def loss_of(x: Tensor, y: Tensor) -> Tensor:
        return F.cross_entropy(model(x, use_cache=False).logits.flatten(0, 1), y.flatten())

    def step() -> None:
        start = torch.randint(len(train) - context, (batch,))
        windows = train[start[:, None] + torch.arange(context + 1)]
        loss = loss_of(windows[:, :-1], windows[:, 1:])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        schedule.step()

    @torch.inference_mode()
    def held_out_loss() -> float:
        count = (len(held_out) - 1) // context
        x, y = held_out[: count * context].view(-1, context), held_out[1 : count * context + 1].view(-1, context)
        parts = zip(x.split(64), y.split(64), strict=True)
        return float(sum(loss_of(*part).item() * part[0].numel() for part in parts) / x.numel())

    return step, held_out_loss


def factor(step: int, total: int) -> float:
    """nanoGPT's schedule: 100 steps of warm-up, then a half cosine to a tenth."""
    if step < 100:
        return (step + 1) / 101
    return float(0.1 + 0.9 * 0.5 * (1 + torch.cos(torch.tensor(torch.pi * (step - 100) / max(1, total - 100)))))


def sources() -> str:
    from aigc_core.common.progress import silent
    from aigc_core.data.text import shakespeare

    return "".join(shakespeare(None, silent).documents)


def peer_steps(shape: tuple[int, ...], count: int) -> Result:
    step, _ = peer(shape, 1000)
    return {"steps_per_s": timed(step, count, WARM)}


def peer_recipe() -> Result:
    step, held_out_loss = peer((4, 4, 128, 64, 12), PEER_STEPS)
    start = time.perf_counter()
    for _ in range(PEER_STEPS):
        step()
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "loss": held_out_loss()}


SIDES: dict[str, Callable[..., Result]] = {
    "steps": steps, "peer-steps": peer_steps, "recipe": recipe, "peer-recipe": peer_recipe,
}  # fmt: skip


if __name__ == "__main__":
    main()
