"""Generative adversarial networks (Goodfellow 2014)."""

from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from aigc_core.common.rng import Stream
from aigc_core.data.batch import Batch
from aigc_core.data.dataset_info import DatasetInfo
from aigc_core.data.image_dataset import ImageDataset
from aigc_core.families.base import EvalLevel, Networks, Phase, StepContext
from aigc_core.families.common.image_networks import (
    ClassCode,
    CodeReader,
    ConvDecoder,
    ConvEncoder,
    DenseDecoder,
    DenseEncoder,
    ResizeDecoder,
    StyleDecoder,
    normalise,
    stages_of,
)
from aigc_core.families.gan.config import Config
from aigc_core.families.gan.losses import OBJECTIVES, discriminator_auc, interpolation_penalty, zero_centred_penalty
from aigc_core.families.image import ImageFamily
from aigc_core.metrics import classifier_features
from aigc_core.metrics.sample_quality import SampleQuality

DECODERS = {"dcgan": ConvDecoder, "style": StyleDecoder, "resize": ResizeDecoder, "mlp": DenseDecoder}


class Generator(CodeReader):
    """z (B, Z), labels (B,) or None -> pictures (B, C, H, W) in [0, 1], or points (B, 2)."""

    def __init__(self, config: Config, shape: tuple[int, ...], classes: int) -> None:
        super().__init__()
        self.code = ClassCode(classes)
        self.body = DECODERS[config.network](config.latent_size + classes, shape, config.width)
        self.pictures = len(shape) == 3

    def forward(self, z: Tensor, labels: Tensor | None) -> Tensor:
        x = self.body(self.code(z, labels))
        return torch.sigmoid(x.float()) if self.pictures else x.float()


class Discriminator(nn.Module):
    """x (B, *shape), labels (B,) or None -> logits (B,); the higher, the more real.

    A class enters as the inner product of its vector with the features (projection, Miyato & Koyama 2018).
    """

    def __init__(self, config: Config, info: DatasetInfo, classes: int) -> None:
        super().__init__()
        self.normalise = normalise(info, config.standardise)
        if config.network == "mlp":
            self.body: DenseEncoder | ConvEncoder = DenseEncoder(info.shape, config.width)
        else:  # wider and deeper than the generator: with less it sees strokes, but not whether they make a 7
            self.body = ConvEncoder(info.shape, 2 * config.width, stages_of(info.shape) + 1)
        self.head = nn.Linear(self.body.features, 1)
        self.class_vectors = nn.Embedding(classes, self.body.features) if classes else None
        if config.spectral_norm:
            for module in list(self.modules()):
                if isinstance(module, nn.Linear | nn.Conv2d | nn.Embedding):
                    spectral_norm(module)

    def forward(self, x: Tensor, labels: Tensor | None) -> Tensor:
        features = self.body(self.normalise(x))
        logits = self.head(features).squeeze(1)
        if self.class_vectors is not None and labels is not None:
            logits = logits + (self.class_vectors(labels) * features).sum(1)
        return logits.float()


class Family(ImageFamily):
    inference_networks = ("generator",)
    phases = (
        Phase("discriminator", repeats=lambda config, step: config.d_steps),
        Phase("generator", repeats=lambda config, step: config.g_steps),
    )

    def build(self) -> Networks:
        return {
            "generator": Generator(self.config, self.info.shape, self.classes),
            "discriminator": Discriminator(self.config, self.info, self.classes),
        }

    @property
    def needs_double_backward(self) -> bool:
        return OBJECTIVES[self.config.objective].penalty != "none"  # even while its weight is 0, which may change

    def loss(self, phase: str, batch: Batch, context: StepContext) -> tuple[Tensor, dict[str, Tensor]]:
        objective = OBJECTIVES[self.config.objective]
        generate, discriminate = self.networks["generator"], self.networks["discriminator"]
        real_x, labels = batch["x"], batch.get("y") if self.classes else None
        z = context.normal(self.config.latent_size)

        if phase == "generator":
            fake = discriminate(generate(z, labels), labels)
            real = fake  # most objectives ask of the generator only how its own pictures look
            if objective.compares:
                with torch.no_grad():
                    real = discriminate(real_x, labels)
            loss = objective.generator(real, fake)
            return loss, {"g_loss": loss.detach()}

        with torch.no_grad():
            fake_x = generate(z, labels)
        real, fake = self._both(real_x, fake_x, labels)
        gan_loss = objective.discriminator(real, fake)
        figures = {
            "d_loss": gan_loss.detach(),
            "d_real": real.detach().mean(),
            "d_fake": fake.detach().mean(),
            "d_auc": discriminator_auc(real.detach(), fake.detach()),
        }
        if objective.penalty == "none" or not self.config.penalty:
            return gan_loss, figures
        penalty = self._penalty(objective.penalty, real_x, fake_x, labels, context)
        return gan_loss + self.config.penalty * penalty, figures | {"penalty": penalty.detach()}

    def _both(self, real_x: Tensor, fake_x: Tensor, labels: Tensor | None) -> tuple[Tensor, Tensor]:
        """D of real and made pictures in one pass: half the calls of small layers."""
        twice = None if labels is None else torch.cat([labels, labels])
        real, fake = self.networks["discriminator"](torch.cat([real_x, fake_x]), twice).chunk(2)
        return real, fake

    def _penalty(
        self, kind: str, real_x: Tensor, fake_x: Tensor, labels: Tensor | None, context: StepContext
    ) -> Tensor:
        def critic(x: Tensor) -> Tensor:
            return self.networks["discriminator"](x, labels)

        if kind == "interpolates":
            mix = context.uniform(stream=Stream.PENALTY)
            return interpolation_penalty(critic, real_x, fake_x, mix)
        return zero_centred_penalty(critic, real_x) + zero_centred_penalty(critic, fake_x)

    def decode(self, networks: Networks, z: Tensor, labels: Tensor | None) -> Tensor:
        return networks["generator"](z, labels)

    def decoder(self, networks: Networks) -> Generator:
        return cast(Generator, networks["generator"])  # made by `build`

    def evaluate(self, networks: Networks, data: ImageDataset, extent: EvalLevel = "during") -> dict[str, Any]:
        """How like the held-out examples made ones are: see `aigc_core.metrics.sample_quality`."""
        judge = data.cached("likeness", lambda: SampleQuality(data, classifier_features.load(self.config.data)))
        return judge.compute(self.sample_like(networks, data, judge.count(extent), seed=1))
