"""How fast a GPT writes, next to `transformers` with the same weights and knobs. Prints a table.

    python benchmarks/generate.py            # or --quick; OMP_NUM_THREADS=1 for one thread

Every method writes in turn, several rounds; shown is the median. `transformers` uses all cores, ours those that pay
(one for the networks of letters). A model's weights are random: what it writes is
nonsense, and costs the same as sense.
"""

import argparse
import copy
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import torch
from torch import Tensor, nn
from transformers import GPT2Config, GPT2LMHeadModel
from transformers.utils import logging

from aigc_core.families.causal_lm import TextRequest
from aigc_core.families.gpt.generate import tokens
from aigc_core.families.gpt.model import GPT, to_transformers
from benchmarks.peers import header

TEMPERATURE = 0.8
PROMPT = 8  # tokens


class Case(NamedTuple):
    """A network, and how much of what to write with it."""

    name: str
    vocabulary: int
    context: int
    layers: int
    heads: int
    width: int
    top_k: int
    new: int
    rounds: int
    streams: tuple[int, ...] = (1, 16)


CASES = (
    Case("letters, 4 layers of 128", 66, 256, 4, 4, 128, 0, 240, 9),
    Case("letters, 4 layers of 192", 66, 256, 4, 6, 192, 0, 240, 9),
    Case("GPT-2 small, top-k 200", 50257, 1024, 12, 12, 768, 200, 64, 5),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer tokens and rounds")
    given = parser.parse_args()
    logging.set_verbosity_error()
    header()
    for case in CASES:
        measure(case._replace(new=case.new // 4, rounds=3) if given.quick else case)


def measure(case: Case, device: str = "cpu") -> None:
    torch.manual_seed(0)
    wait: Callable[[], None] = torch.cuda.synchronize if device == "cuda" else lambda: None
    model = GPT(case.vocabulary, case.context, case.layers, case.heads, case.width).eval().requires_grad_(False)
    model.to(device)
    theirs = theirs_of(model, case)
    nn.Module.to(theirs, device)
    one = 0.0
    for streams in case.streams:
        methods = {"ours float32": ours(model, case, streams), "transformers float32": generate(theirs, case, streams)}
        if case.width >= 768:
            methods["ours bf16"] = ours(model, case, streams, "bf16")
            methods["transformers bf16"] = generate(copy.deepcopy(theirs).bfloat16(), case, streams)
        rounds: dict[str, list[float]] = {name: [] for name in methods}
        for number in range(case.rounds + 1):
            for name, write in methods.items():
                wait()
                start = time.perf_counter()
                write()
                wait()
                speed = streams * case.new / (time.perf_counter() - start)
                if number:  # the first round warms up
                    rounds[name].append(speed)
        median = {name: statistics.median(speeds) for name, speeds in rounds.items()}
        print(f"\n{case.name}: {case.new} tokens, {streams} streams")
        for name, speeds in rounds.items():
            print(f"  {name:22} {median[name]:8.1f} tokens/s   "
                  f"(rounds: {', '.join(f'{speed:.0f}' for speed in speeds)})")  # fmt: skip
        for their in (name for name in median if name.startswith("transformers")):
            ratios = (f"{name} {median[name] / median[their]:.1f}" for name in median if name.startswith("ours"))
            print(f"  times {their}: {', '.join(ratios)}")
        one = one or median["ours float32"]
        if streams > 1:
            print(f"  {streams} streams: {median['ours float32'] / one:.1f} times one stream")
        sys.stdout.flush()


def theirs_of(model: GPT, case: Case) -> GPT2LMHeadModel:
    config = GPT2Config(
        vocab_size=case.vocabulary, n_positions=case.context, n_embd=case.width, n_layer=case.layers,
        n_head=case.heads, bos_token_id=None, eos_token_id=None, pad_token_id=0,
    )  # fmt: skip
    theirs = GPT2LMHeadModel(config)
    theirs.eval()
    theirs.load_state_dict(to_transformers(model.state_dict()), strict=False)
    theirs.tie_weights()
    return theirs


def prompt(case: Case, streams: int) -> Tensor:
    return torch.arange(streams * PROMPT).view(streams, PROMPT) % case.vocabulary


def ours(model: GPT, case: Case, streams: int, precision: str = "float32") -> Callable[[], None]:
    request = TextRequest(max_new_tokens=case.new, temperature=TEMPERATURE, top_k=case.top_k, precision=precision)
    start = prompt(case, streams).to(model.wte.weight.device)

    def write() -> None:
        for drawn in tokens(model, start, request, [], list(range(streams))):
            drawn.token.tolist()  # as whoever shows them does

    return write


def generate(model: GPT2LMHeadModel, case: Case, streams: int) -> Callable[[], None]:
    start = prompt(case, streams).to(model.device)
    knobs = {"do_sample": True, "temperature": TEMPERATURE, "top_k": case.top_k, "use_cache": True}

    def write() -> None:
        model.generate(start, attention_mask=torch.ones_like(start), max_new_tokens=case.new, **knobs)

    return write


if __name__ == "__main__":
    main()
