"""Training and writing on one GPU. Prints figures; ends with a sentence where there is no GPU.

    python benchmarks/gpu.py            # or --quick; --only mini small gan write

mini: nanoGPT's GPU setting (6 layers, 6 heads, 384 wide, context 256, batch 64, 5,000 steps), which takes about
3 minutes to a validation loss of 1.4697 on an A100. small: GPT-2 small with the some 20,000 tokens that so short a text
makes, tokens a second and the part of the GPU's bf16 peak. gan: pictures a second of a DCGAN on MNIST. Both plain and
compiled, which a training of some minutes would measure and choose from. write: tokens a second, beside `transformers`.

Needs tiny_shakespeare and MNIST (found under $AIGC_DATA, or fetched).
"""

import argparse
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import torch

from benchmarks import generate
from benchmarks.peers import NEVER, header, pace, trained

# Dense bf16 operations a second, from NVIDIA's data sheets, by a part of the card's name.
PEAK_FLOPS = {"H100 PCIe": 756e12, "H100 NVL": 835e12, "H100": 989e12, "H200": 989e12, "A100": 312e12, "L4": 121e12}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tenth of the steps")
    parser.add_argument("--only", nargs="+", choices=list(PARTS), default=list(PARTS))
    given = parser.parse_args()
    if not torch.cuda.is_available():
        sys.exit("There is no CUDA device here.")
    header()
    print(torch.cuda.get_device_name())
    for name in given.only:
        PARTS[name](10 if given.quick else 1)


def mini(part: int) -> None:
    from aigc_core.evaluation.evaluate import evaluate

    start = time.perf_counter()
    run, _ = trained("gpt", "mini", {"steps": 5000 // part, "evaluate_every": 500, "sample_every": 500})
    whole = time.perf_counter() - start
    loss, how = evaluate(run, extent="full")["loss"], run.manifest.read()["environment"]["networks"]
    print(f"mini: {run.status().elapsed_s:.1f} s of training with {how} networks, {whole:.1f} s in all, "
          f"validation {loss:.4f} nats a character", flush=True)  # fmt: skip


def small(part: int) -> None:
    from aigc_core.inference.model_cache import load

    card = torch.cuda.get_device_name()
    peak = next((peak for name, peak in PEAK_FLOPS.items() if re.search(rf"\b{name}\b", card)), float("nan"))
    for how in ("off", "on"):
        changes = {"data": "shakespeare", "steps": 200 // part, "log_every": 5, "sample_tokens": 1, "compile": how}
        run, events = trained("gpt", "small", changes | NEVER)
        config, network = run.config(), load(run).family.networks["gpt"]
        shape, weights = config.shape(), sum(one.numel() for one in network.parameters())
        tokens = pace(events, 10) * config.batch_size * config.context
        # Three products of a weight and a token, of two operations each; and attention's two of (context × width) in
        # each layer likewise, as if it looked ahead as well.
        flops = tokens * (6 * weights + 12 * shape.layers * shape.width * config.context)
        print(f"small, {weights:,} weights, compile={how}: {tokens:,.0f} tokens/s, {flops / 1e12:.0f} TFLOP/s, "
              f"{100 * flops / peak:.0f} % of the peak", flush=True)  # fmt: skip


def gan(part: int) -> None:
    for how in ("off", "on"):
        changes = {"steps": 2000 // part, "minutes": 0, "log_every": 20, "compile": how, "network": "dcgan"}
        run, events = trained("gan", "mnist", changes | NEVER)
        print(f"gan, compile={how}: {pace(events, 40) * run.config().batch_size:,.0f} pictures/s", flush=True)


def write(part: int) -> None:
    for case in generate.CASES:
        generate.measure(case._replace(new=case.new // (4 if part > 1 else 1)), "cuda")


PARTS: dict[str, Callable[[int], None]] = {"mini": mini, "small": small, "gan": gan, "write": write}


if __name__ == "__main__":
    main()
