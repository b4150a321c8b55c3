"""Variational autoencoders (Kingma & Welling 2013; β: Higgins 2017)."""

from typing import Any, cast

import torch
from torch import Tensor, nn

from aigc_core.common.rng import Stream, generator
from aigc_core.data.batch import Batch
from aigc_core.data.dataset_info import DatasetInfo
from aigc_core.data.image_dataset import ImageDataset, as_float, spread
from aigc_core.families.base import EvalLevel, Networks, Phase, StepContext
from aigc_core.families.common.image_networks import (
    ClassCode,
    CodeReader,
    ConvEncoder,
    DenseDecoder,
    DenseEncoder,
    SubPixelDecoder,
    normalise,
    stages_of,
)
from aigc_core.families.image import ImageFamily
from aigc_core.families.vae.config import Config
from aigc_core.families.vae.losses import (
    bernoulli_nll,
    gaussian_nll,
    importance_weighted_bound,
    kl_to_standard_normal,
    normal_log_density,
)

IMPORTANCE_SAMPLES = 50  # K of Burda 2015
ACTIVE_VARIANCE = 0.01  # of a dimension's posterior means (Burda 2015)
WEIGHED = 500  # examples of the importance-weighted bound at the end of a run
PART = 500  # examples measured at once
MOST_AVERAGED = 10_000  # training examples that the model without a code is taken from
RAREST = 1e-4  # chance of a pixel that was never lit
SMALLEST_LOG_STD = -6.0  # of the Gaussian likelihood: below, a perfect fit would make the loss −∞


class Encoder(nn.Module):
    """x (B, *shape), labels -> mean and log variance of q(z|x), each (B, Z)."""

    def __init__(self, config: Config, info: DatasetInfo, classes: int) -> None:
        super().__init__()
        self.normalise = normalise(info, config.standardise)
        hidden = 16 * config.width
        if config.network == "conv":
            body = ConvEncoder(info.shape, config.width, stages_of(info.shape))
            self.body = nn.Sequential(body, nn.Linear(body.features, hidden), nn.SiLU())
        else:
            self.body = nn.Sequential(DenseEncoder(info.shape, config.width))
            hidden = config.width
        self.code = ClassCode(classes)
        self.head = nn.Linear(hidden + classes, 2 * config.latent_size)

    def forward(self, x: Tensor, labels: Tensor | None) -> tuple[Tensor, Tensor]:
        mean, log_var = self.head(self.code(self.body(self.normalise(x)), labels)).float().chunk(2, dim=1)
        return mean, log_var.clamp(-20, 20)  # beyond, exp leaves the range of float32


class Decoder(CodeReader):
    """z (B, Z), labels -> logits of the pixels (Bernoulli) or their means (Gaussian), (B, *shape)."""

    def __init__(self, config: Config, shape: tuple[int, ...], classes: int) -> None:
        super().__init__()
        self.code = ClassCode(classes)
        body = SubPixelDecoder if config.network == "conv" else DenseDecoder
        self.body = body(config.latent_size + classes, shape, config.width)
        self.log_std = nn.Parameter(torch.zeros(())) if config.likelihood == "gaussian" else None
        self.squash = len(shape) == 3

    def forward(self, z: Tensor, labels: Tensor | None) -> Tensor:
        x = self.body(self.code(z, labels)).float()
        return torch.sigmoid(x) if self.log_std is not None and self.squash else x

    def nll(self, output: Tensor, x: Tensor) -> Tensor:
        """−log p(x|z) of examples x (B, *shape) given this network's output (…, B, *shape): (…, B), nats."""
        if self.log_std is None:
            return bernoulli_nll(output, x)
        return gaussian_nll(output, x, self.log_std.clamp_min(SMALLEST_LOG_STD))

    def mean(self, output: Tensor) -> Tensor:
        """The expected example."""
        return torch.sigmoid(output) if self.log_std is None else output


class Autoencoder(nn.Module):
    """Encoder and decoder together, because one loss trains both."""

    def __init__(self, config: Config, info: DatasetInfo, classes: int) -> None:
        super().__init__()
        self.encoder = Encoder(config, info, classes)
        self.decoder = Decoder(config, info.shape, classes)

    def forward(self, x: Tensor, noise: Tensor, labels: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
        """Mean and log variance of q(z|x), and the decoder's output for one z drawn from it by `noise` (B, Z)."""
        mean, log_var = self.encoder(x, labels)
        z = mean + torch.exp(0.5 * log_var) * noise
        return mean, log_var, self.decoder(z, labels)


def _autoencoder(networks: Networks) -> Autoencoder:
    return cast(Autoencoder, networks["autoencoder"])  # made by `build`; a compiled one passes its parts on


class Family(ImageFamily):
    inference_networks = ("autoencoder",)
    phases = (Phase("autoencoder"),)

    def build(self) -> Networks:
        return {"autoencoder": Autoencoder(self.config, self.info, self.classes)}

    def loss(self, phase: str, batch: Batch, context: StepContext) -> tuple[Tensor, dict[str, Tensor]]:
        model = _autoencoder(self.networks)
        x, labels = batch["x"], batch.get("y") if self.classes else None
        mean, log_var, output = model(x, context.normal(self.config.latent_size), labels)
        reconstruction = model.decoder.nll(output, x).mean()
        kl = kl_to_standard_normal(mean, log_var).sum(1).mean()
        beta = self.beta(context.step)
        loss = reconstruction + beta * kl
        return loss, {
            "loss": loss.detach(),
            "reconstruction": reconstruction.detach(),
            "kl": kl.detach(),
            "beta": torch.full((), beta, device=x.device),
        }

    def beta(self, step: int) -> float:
        """β at a step, during its warm-up and after."""
        warm = self.config.beta_warmup_steps
        return self.config.beta * min(1.0, (step + 1) / warm if warm else 1.0)

    def decode(self, networks: Networks, z: Tensor, labels: Tensor | None) -> Tensor:
        decoder = self.decoder(networks)
        return decoder.mean(decoder(z, labels))

    def decoder(self, networks: Networks) -> Decoder:
        return _autoencoder(networks).decoder

    def encode(self, networks: Networks, x: Tensor, labels: Tensor | None) -> Tensor:
        """The mean of q(z|x)."""
        mean, _ = _autoencoder(networks).encoder(x, labels)
        return mean

    def evaluate(self, networks: Networks, data: ImageDataset, extent: EvalLevel = "during") -> dict[str, Any]:
        """On all held-out examples, in nats an example: `negative_elbo` = `reconstruction` + `kl` (β = 1),
        `kl_per_dimension`; `active_units`, the dimensions whose posterior means vary by more than 0.01 from example to
        example (Burda 2015). At the end of a run and in full also `importance_weighted_nll` with K = 50, of
        `importance_weighted_n` examples, and `gain`, by how many nats the bound is better than a model without a code
        (each value by itself)."""
        model = _autoencoder(networks)
        terms = self._evidence(model, data, torch.arange(len(data.validation)))
        reconstruction, kl = terms["reconstruction"].mean().item(), terms["kl_per_dimension"].mean(0)
        negative_elbo = reconstruction + kl.sum().item()
        figures = {
            "negative_elbo": negative_elbo,
            "reconstruction": reconstruction,
            "kl": kl.sum().item(),
            "active_units": int((terms["mean"].var(0, correction=0) > ACTIVE_VARIANCE).sum()),
            "kl_per_dimension": kl.tolist(),
            "n": len(data.validation),
        }
        if extent == "during":
            return figures
        weighed = spread(torch.arange(len(data.validation)), len(data.validation) if extent == "full" else WEIGHED)
        bound = self._evidence(model, data, weighed, weigh=True)["importance_weighted_nll"]
        return figures | {
            "importance_weighted_nll": bound.mean().item(),
            "importance_weighted_n": len(weighed),
            "gain": self._without_code(data) - negative_elbo,
        }

    def _evidence(
        self, model: Autoencoder, data: ImageDataset, which: Tensor, weigh: bool = False
    ) -> dict[str, Tensor]:
        """The terms of each held-out example in the places `which` (N,), float64 (N, …)."""
        known = data.validation_labels if self.classes else None
        parts = []
        for first in range(0, len(which), PART):
            places = which[first : first + PART].to(data.validation.device)
            labels = None if known is None else known[places]
            parts.append(self.evidence_terms(model, as_float(data.validation[places]), labels, first, weigh))
        return {name: torch.cat([part[name].cpu().double() for part in parts]) for name in parts[0]}

    @torch.inference_mode()
    def _without_code(self, data: ImageDataset) -> float:
        """−log p(x) of held-out examples, nats an example, if every value were drawn by itself around its mean."""
        train = as_float(spread(data.train, MOST_AVERAGED))
        mean, total = train.mean(0), 0.0
        log_std = (train - mean).std(correction=0).log().clamp_min(SMALLEST_LOG_STD)
        for part in data.validation.split(PART):
            x = as_float(part)
            if self.config.likelihood == "bernoulli":
                nll = bernoulli_nll(torch.logit(mean.clamp(RAREST, 1 - RAREST)).expand_as(x), x)
            else:
                nll = gaussian_nll(mean.expand_as(x), x, log_std)
            total += float(nll.cpu().double().sum())
        return total / len(data.validation)

    @torch.inference_mode()
    def evidence_terms(
        self, model: Autoencoder, x: Tensor, labels: Tensor | None, first: int, weigh: bool
    ) -> dict[str, Tensor]:
        """Terms of each of a part's examples; the noise belongs to the part's place in the set."""
        mean, log_var = model.encoder(x, labels)
        random = generator(0, Stream.EVALUATE, first)
        draws = IMPORTANCE_SAMPLES if weigh else 1
        reconstruction, log_weights = [], []
        for _ in range(draws):
            z = mean + torch.exp(0.5 * log_var) * torch.randn(mean.shape, generator=random).to(mean.device)
            nll = model.decoder.nll(model.decoder(z, labels), x)
            reconstruction.append(nll)
            prior = normal_log_density(z, torch.zeros_like(z), torch.zeros_like(z))
            log_weights.append(prior - nll - normal_log_density(z, mean, log_var))
        kl = kl_to_standard_normal(mean, log_var)
        terms = {"reconstruction": reconstruction[0], "kl_per_dimension": kl, "mean": mean}
        if weigh:
            terms["importance_weighted_nll"] = -importance_weighted_bound(torch.stack(log_weights))
        return terms
