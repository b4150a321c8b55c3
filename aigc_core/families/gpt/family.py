"""GPT-2-style language models (Radford 2019), from nothing or from a trained one."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from aigc_core.common.errors import ConfigError
from aigc_core.common.progress import ProgressCallback
from aigc_core.data.batch import Batch
from aigc_core.data.ngram_model import FORETOLD, CharacterModel, counted
from aigc_core.data.text import excerpts
from aigc_core.data.text_dataset import TokenDataset
from aigc_core.data.tokenizer import Tokenizer
from aigc_core.families.base import EvalLevel, Networks, OpenTrained, Phase, Result, StepContext
from aigc_core.families.causal_lm import ForwardTrace, SampledToken, TextFamily, TextRequest
from aigc_core.families.common.token_sampling import next_token_probabilities, pieces
from aigc_core.families.gpt import introspection, pretrained, transformers_folder
from aigc_core.families.gpt.config import Config
from aigc_core.families.gpt.generate import encode_prompt, first_read, tokens
from aigc_core.families.gpt.kv_cache import KVCacheDecoder
from aigc_core.families.gpt.model import GPT
from aigc_core.metrics import text_diversity

LEAST_EVALUATED = 64  # windows that are measured, or all there are
MOST_TOKENS = {"during": 0, "end": 65_536}  # in more windows than that
PART = 16  # windows at once
MOST_SEARCHED = 5_000_000  # tokens of the training text in which copies are looked for
MOST_ATTENDING = 128  # tokens whose attention is looked at
TEXTS, WRITTEN = 8, 256  # texts that the model writes to be judged, and their tokens


def _gpt(networks: Networks) -> GPT:
    return cast(GPT, networks["gpt"])  # made by `build`; a compiled one passes its parts on


class Family(TextFamily):
    inference_networks = ("gpt",)
    phases = (Phase("gpt"),)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.tokenizer = Tokenizer.from_json(self.info.tokenizer)

    @classmethod
    def resolved(
        cls, config: Config, open_trained: OpenTrained, progress: ProgressCallback
    ) -> tuple[Config, str | None]:
        return pretrained.resolved(config, open_trained, progress) if config.init_from else (config, None)

    def build(self) -> Networks:
        shape = self.config.shape()
        return {
            "gpt": GPT(
                self.info.vocabulary,
                self.config.context,
                shape.layers,
                shape.heads,
                shape.width,
                self.config.dropout,
            )
        }

    def start(self, open_trained: OpenTrained) -> None:
        if self.config.init_from:
            pretrained.fill(_gpt(self.networks), pretrained.find_source(self.config.init_from, open_trained))

    def loss(self, phase: str, batch: Batch, context: StepContext) -> tuple[Tensor, dict[str, Tensor]]:
        """Cross-entropy of the next token, nats a token."""
        logits = self.networks["gpt"](batch["x"])
        loss = F.cross_entropy(logits.float().flatten(0, 1), batch["y"].flatten())
        return loss, {"loss": loss.detach()}

    def stream(self, networks: Networks, request: TextRequest) -> Iterator[str]:
        """Raises: ConfigError if no character of the prompt is known to the model."""
        prompt = self.encode_prompt(request.prompt)
        yield from pieces(self.generate(networks, prompt, request, [request.seed]), self.tokenizer, prompt)

    def encode_prompt(self, prompt: str) -> list[int]:
        if self._foreign(prompt):
            unknown = self.tokenizer.unknown_in(prompt)
            raise ConfigError(
                "text.unknown_characters",
                "This model has never seen “{characters}”; write the prompt in the letters of its training text.",
                characters="".join(unknown[:20]),
            )
        return [int(one) for one in encode_prompt(self.tokenizer, prompt)]

    def generate(
        self, networks: Networks, prompt: list[int], request: TextRequest, seeds: list[int], skip: int = 0
    ) -> Iterator[SampledToken]:
        model = _gpt(networks)
        row = torch.tensor(prompt, device=model.wte.weight.device).expand(len(seeds), -1)
        return tokens(model, row, request, self.tokenizer.never_spoken, seeds, skip)

    def window(self, text: list[int]) -> list[int]:
        return text[first_read(len(text), self.config.context) :]

    @torch.inference_mode()
    def next_logits(self, networks: Networks, tokens: Tensor) -> Tensor:
        return KVCacheDecoder(_gpt(networks), 1).read(tokens[None])[0]

    def logits(self, networks: Networks, tokens: Tensor) -> Tensor:
        with torch.inference_mode():
            return networks["gpt"](tokens)

    def next_probabilities(self, logits: Tensor, before: list[int], request: TextRequest) -> Tensor:
        sampling_params = (request.temperature, request.top_k, request.top_p, request.min_p, request.repetition_penalty)
        return next_token_probabilities(logits[None], *sampling_params, torch.tensor(before)[None])[0]

    def inside(self, networks: Networks, tokens: Tensor) -> ForwardTrace:
        return introspection.look(_gpt(networks), tokens)

    def logit_lens(self, networks: Networks, states: Tensor) -> Tensor:
        return introspection.logit_lens(_gpt(networks), states)

    @property
    def layers_and_heads(self) -> tuple[int, int]:
        shape = self.config.shape()
        return shape.layers, shape.heads

    def export(self, networks: Networks, folder: Path) -> None:
        transformers_folder.write(folder, _gpt(networks), self.config, self.tokenizer)

    def snapshot(self, networks: Networks, fixed_inputs: object) -> Result:
        prompt = "" if self._foreign(self.config.prompt) else self.config.prompt
        request = TextRequest(prompt, self.config.sample_tokens, temperature=0.8, seed=0)
        return Result((prompt + "".join(self.stream(networks, request))).encode(), ".txt")

    def _foreign(self, prompt: str) -> bool:
        """Whether the model knows no character of a prompt that has some."""
        return bool(prompt) and len(self.tokenizer.unknown_in(prompt)) == len(set(prompt))

    @torch.inference_mode()
    def evaluate(self, networks: Networks, data: TokenDataset, extent: EvalLevel = "during") -> dict[str, Any]:
        """`loss` in nats a token over windows of the validation text that do not overlap; `perplexity` = eˡᵒˢˢ;
        `bits_per_byte`: the nats of all tokens foretold, in bits, over the bytes of UTF-8 that those tokens stand for;
        `frequencies_loss`, what a model that knows only how frequent each token is needs for the validation text, nats
        a token; `attended`, the tokens that a head looks at in one window; `n` tokens measured. Characters that the
        vocabulary does not know are in none of them (see `TokenDataset`).
        At the end and in full also `gain`, the nats a token that it is better than counting n-grams; and of its own
        writing `strangeness`, the nats a token by which these n-grams expect it less than held-out text, and figures
        of `aigc_core.metrics.text_diversity`; of the held-out text `repeated_real` (see `repeated_share` there)."""
        context = self.config.context
        windows = data.validation[: (len(data.validation) - 1) // context * context + 1]
        x, y = windows[:-1].view(-1, context), windows[1:].view(-1, context)
        most = max(LEAST_EVALUATED, MOST_TOKENS.get(extent, y.numel()) // context)
        if len(x) > most:
            chosen = torch.linspace(0, len(x) - 1, most, device=x.device).long()
            x, y = x[chosen], y[chosen]
        total = 0.0
        for first in range(0, len(x), PART):
            logits = networks["gpt"](x[first : first + PART])
            target = y[first : first + PART].flatten()
            total += F.cross_entropy(logits.float().flatten(0, 1), target, reduction="sum").item()
        loss = total / y.numel()
        attention = introspection.look(_gpt(networks), x[0, :MOST_ATTENDING]).attention
        figures = {
            "loss": loss,
            "perplexity": math.exp(min(loss, 700.0)),
            "bits_per_byte": total / math.log(2) / max(self.tokenizer.bytes_of(y.flatten().tolist()), 1),
            "frequencies_loss": data.frequencies_loss,
            "attended": introspection.attended(attention),
            "n": y.numel(),
        }
        if extent == "during":
            return figures
        counts = counted(data.train.cpu().numpy(), data.info.vocabulary)
        usual = counts.loss(excerpts(data.validation.cpu().numpy(), FORETOLD))
        gain = {} if usual is None else {"gain": usual - loss}
        return figures | gain | self._text_figures(networks, data, counts)

    def _text_figures(self, networks: Networks, data: TokenDataset, counts: CharacterModel) -> dict[str, Any]:
        """Of texts that the model writes from nothing, next to as much held-out text."""
        request = TextRequest(max_new_tokens=WRITTEN, temperature=1.0)
        prompt = self.encode_prompt("")
        rows: list[list[int]] = [[] for _ in range(TEXTS)]
        for sampled in self.generate(networks, prompt, request, list(range(TEXTS))):
            for row, token in zip(rows, sampled.token.tolist(), strict=True):
                row.append(token)
        train = self.tokenizer.decode(data.train[:MOST_SEARCHED].tolist())
        real = excerpts(data.validation.cpu().numpy(), TEXTS * WRITTEN)
        ours, theirs = counts.loss([np.array(row) for row in rows]), counts.loss(real)
        strangeness = {} if ours is None or theirs is None else {"strangeness": ours - theirs}
        decode = self.tokenizer.decode
        passages = [decode(one.tolist()) for one in excerpts(data.validation.cpu().numpy(), FORETOLD)]
        return {
            **strangeness,
            **text_diversity.figures([decode(row) for row in rows], [decode(one.tolist()) for one in real], train),
            "repeated_real": text_diversity.repeated_share(passages, train),
        }
