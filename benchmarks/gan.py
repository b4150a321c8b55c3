"""Training a GAN on MNIST, next to the DCGAN of a much-used collection as it is usually written. Prints tables.

    python benchmarks/gan.py            # or --quick; --only quality steps; --seconds 180, --seeds 3

The peer: 32×32 pixels, nearest-neighbour doubling and 3×3 convolutions with batch normalisation, binary
cross-entropy, Adam 2e-4, batch 64, pictures loaded one by one.

quality: ours is the preset “mnist”. Both train for the same time, then make 10,000 pictures, which are compared with
the 10,000 test pictures in the features of a classifier (`checkpoints/features`; the peer's are brought to 28×28
first). Shown: that Fréchet distance, classes missing, and steps a second.

steps: steps a second of the peer's own network, batch and data, in the peer's loop and in ours, where a doubling and
the convolution after it are one (`aigc_core.families.common.image_networks.Resize`: the same function of the same
weights).
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

from aigc_core.data.download import local_data
from aigc_core.families.common.image_networks import Resize
from aigc_core.families.gan.family import Family
from aigc_core.metrics import classifier_features
from aigc_core.metrics.distances import frechet_distance, moments
from aigc_core.training import preparation
from benchmarks import peers
from benchmarks.peers import NEVER, header, in_turn, pace, table, trained

Z = 100
PICTURES = 10_000
LEAST_SHARE = 0.01  # a class with less counts as missing


def main() -> None:
    options = peers.parser(__doc__, "one seed, 60 s")
    options.add_argument("--only", nargs="+", choices=["quality", "steps"], default=["quality", "steps"])
    options.add_argument("--seconds", type=float, default=180)
    options.add_argument("--seeds", type=int, default=3)
    given = options.parse_args()
    if given.side:
        print(json.dumps(SIDES[given.side[0]](*map(float, given.side[1:]))))
        return
    header()
    if "quality" in given.only:
        quality(*(60.0, 1) if given.quick else (given.seconds, given.seeds))
    if "steps" in given.only:
        steps(1 if given.quick else 3)


def quality(seconds: float, seeds: int) -> None:
    results: dict[str, list[dict[str, Any]]] = {}
    for seed in range(seeds):
        for side, (one,) in in_turn({side: [side, str(seconds), str(seed)] for side in ("ours", "peer")}, 1).items():
            results.setdefault(side, []).append(one)
    print(f"after {seconds:.0f} s, {seeds} seeds")
    medians = table(results, "frechet_features", "Fréchet distance of features")
    table(results, "classes_missing", "classes missing", ".0f")
    print(f"  training pictures against test pictures: {results['ours'][0]['frechet_features_real']:.2f}")
    table(results, "steps_per_s", "steps/s", ".2f")
    print(f"  ours: {medians['ours'] / medians['peer']:.4f} of the peer's distance")


def steps(rounds: int) -> None:
    calls = {"peer, its own loop": ["peer_steps", "20"], "peer's network, our loop": ["our_steps", "20"]}
    print("steps a second of the peer's network")
    theirs, ours = table(in_turn(calls, rounds), "steps_per_s", "steps/s", ".2f").values()
    print(f"  ratio: {ours / theirs:.2f}")


def ours(seconds: float, seed: float) -> dict[str, Any]:
    run, _ = trained("gan", "mnist", {"minutes": seconds / 60, "seed": int(seed)})
    from aigc_core.evaluation.evaluate import evaluate

    step, status = run.checkpoints.steps()[-1], run.status()
    figures = evaluate(run, extent="full", step=step)
    wanted = ("frechet_features", "frechet_features_real", "classes_missing")
    return {key: figures[key] for key in wanted} | {"steps_per_s": step / status.elapsed_s}


# -- the peer -------------------------------------------------------------------------------------------


def generator() -> nn.Sequential:
    """z (B, 100) -> pictures (B, 1, 32, 32) in [−1, 1]."""
    return nn.Sequential(
        nn.Linear(Z, 128 * 8 * 8), nn.Unflatten(1, (128, 8, 8)), nn.BatchNorm2d(128),
        nn.Upsample(scale_factor=2), nn.Conv2d(128, 128, 3, padding=1), nn.BatchNorm2d(128, 0.8), nn.LeakyReLU(0.2),
        nn.Upsample(scale_factor=2), nn.Conv2d(128, 64, 3, padding=1), nn.BatchNorm2d(64, 0.8), nn.LeakyReLU(0.2),
        nn.Conv2d(64, 1, 3, padding=1), nn.Tanh(),
    ).apply(small)  # fmt: skip


def discriminator() -> nn.Sequential:
    """Pictures (B, 1, 32, 32) -> the chance that they are real (B, 1)."""
    layers: list[nn.Module] = []
    for inputs, outputs in ((1, 16), (16, 32), (32, 64), (64, 128)):
        layers += [nn.Conv2d(inputs, outputs, 3, stride=2, padding=1), nn.LeakyReLU(0.2), nn.Dropout2d(0.25)]
        layers += [nn.BatchNorm2d(outputs, 0.8)] if inputs > 1 else []
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(128 * 2 * 2, 1), nn.Sigmoid()).apply(small)


def small(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d):
        nn.init.normal_(module.weight, 0.0, 0.02)
    if isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)


def peer(seconds: float, seed: float) -> dict[str, Any]:
    make, steps_per_s = peer_trained(seconds, seed)
    return judged(make) | {"steps_per_s": steps_per_s}


def peer_steps(seconds: float) -> dict[str, Any]:
    return {"steps_per_s": peer_trained(seconds, 0)[1]}


def peer_trained(seconds: float, seed: float) -> tuple[nn.Module, float]:
    """The generator after so long, and steps a second."""
    torch.manual_seed(int(seed))
    seen = transforms.Compose([transforms.Resize(32), transforms.ToTensor(), transforms.Normalize([0.5], [0.5])])
    train = DataLoader(
        datasets.MNIST(str(local_data("images")), train=True, transform=seen), batch_size=64, shuffle=True
    )
    make, judge, cost = generator(), discriminator(), nn.BCELoss()
    makers, judges = (torch.optim.Adam(one.parameters(), lr=2e-4, betas=(0.5, 0.999)) for one in (make, judge))
    start, steps = time.perf_counter(), 0
    while True:
        for x, _ in train:
            real, fake = torch.ones(len(x), 1), torch.zeros(len(x), 1)
            makers.zero_grad()
            made = make(torch.randn(len(x), Z))
            cost(judge(made), real).backward()
            makers.step()
            judges.zero_grad()
            ((cost(judge(x), real) + cost(judge(made.detach()), fake)) / 2).backward()
            judges.step()
            steps += 1
            if (spent := time.perf_counter() - start) >= seconds:
                return make, steps / spent


@torch.inference_mode()
def judged(make: nn.Module) -> dict[str, Any]:
    """Measured as ours are; in training mode, as the collection samples, each batch by its own moments."""
    random = torch.Generator().manual_seed(1)
    parts = [make(torch.randn(500, Z, generator=random)) for _ in range(PICTURES // 500)]
    made = F.interpolate((torch.cat(parts) + 1) / 2, (28, 28), mode="bilinear", antialias=True)
    network = classifier_features.load("mnist")
    assert network is not None
    ours, classes, _ = classifier_features.extract(network, (made * 255).round().clamp(0, 255).to(torch.uint8))
    held_out = classifier_features.extract(network, test_pictures())[0]
    shares = np.bincount(classes, minlength=10) / PICTURES
    return {
        "frechet_features": frechet_distance(moments(ours), moments(held_out)),
        "classes_missing": int((shares < LEAST_SHARE).sum()),
    }


def test_pictures() -> Tensor:
    pictures: Tensor = datasets.MNIST(str(local_data("images")), train=False).data
    return pictures[:, None]


# -- the peer's network in our loop -----------------------------------------------------------------------


class TheirGenerator(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for layer in generator():
            if isinstance(layer, nn.Conv2d) and layers and isinstance(layers[-1], nn.Upsample):
                layers[-1] = one = Resize(layer.in_channels, layer.out_channels)
                one.conv = layer
            else:
                layers.append(layer)
        self.body = nn.Sequential(*layers)

    def forward(self, z: Tensor, labels: None) -> Tensor:
        made: Tensor = self.body(z)
        return (made + 1) / 2


class TheirDiscriminator(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = discriminator()[:-1]  # without the sigmoid, which our objective has

    def forward(self, x: Tensor, labels: None) -> Tensor:
        judged: Tensor = self.body(2 * x - 1)
        return judged[:, 0]


class Theirs(Family):
    def build(self) -> dict[str, nn.Module]:
        return {"generator": TheirGenerator(), "discriminator": TheirDiscriminator()}

    def _both(self, real_x: Tensor, fake_x: Tensor, labels: Tensor | None) -> tuple[Tensor, Tensor]:
        judge = self.networks["discriminator"]  # apart, because of its batch normalisation
        return judge(real_x, None), judge(fake_x, None)


def our_steps(seconds: float) -> dict[str, Any]:
    preparation.family_class = lambda family: Theirs
    settings = {"objective": "non-saturating", "lr": 2e-4, "beta1": 0.5, "beta2": 0.999, "ema": 0.0}
    settings |= {"data": "mnist", "image_size": 32, "latent_size": Z, "minutes": seconds / 60, "log_every": 1}
    _, events = trained("gan", "default", settings | NEVER)
    return {"steps_per_s": pace(events, 2)}


SIDES: dict[str, Callable[..., dict[str, Any]]] = {
    "ours": ours, "peer": peer, "peer_steps": peer_steps, "our_steps": our_steps,
}  # fmt: skip


if __name__ == "__main__":
    main()
