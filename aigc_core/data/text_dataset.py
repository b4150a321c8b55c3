"""Text as token streams on the device."""

from functools import cached_property

import torch

from aigc_core.common.device import to_device
from aigc_core.common.errors import DataError, message
from aigc_core.common.progress import ProgressCallback, silent
from aigc_core.common.rng import Stream, generator
from aigc_core.data.batch import Batch
from aigc_core.data.dataset_info import DatasetInfo
from aigc_core.data.settings import TextSettings
from aigc_core.data.sources import Text
from aigc_core.data.split import split_text
from aigc_core.data.text import cleaned as cleaned_text
from aigc_core.data.tokenizer import Tokenizer

MOST_UNKNOWN = 0.2  # part of a text that a given vocabulary may not know


class TokenDataset:
    """Token streams: `train` and `validation` int64 (T,), and the `tokenizer` that made them.

    What a given vocabulary does not know is left out of both: it is neither read nor foretold.
    """

    def __init__(
        self,
        source: Text,
        config: TextSettings,
        device: torch.device,
        tokenizer: str | None,
        progress: ProgressCallback = silent,
    ) -> None:
        self.config = config
        if config.clean:
            source = cleaned_text(source)
        if not source.documents:
            raise DataError("data.empty_text", "The text is empty; choose another one.")
        train, validation = split_text(source.documents, config.validation, config.seed)
        if tokenizer is not None:
            self.tokenizer = Tokenizer.from_json(tokenizer)
            self._refuse_foreign(train + validation, source)
        else:
            # Characters: the whole text's, so that validation has no unknown ones. BPE: training text only.
            alphabet = train + validation if config.tokenizer == "char" else train
            self.tokenizer = Tokenizer.train(config.tokenizer, alphabet, config.vocabulary, progress)
        self.train = torch.from_numpy(self.tokenizer.encode_known(train, progress)).to(device)
        self.validation = torch.from_numpy(self.tokenizer.encode_known(validation, progress)).to(device)
        shortest = min(len(self.train), len(self.validation))
        if shortest < config.context + 1:
            raise DataError(
                "data.text_too_short",
                "The text has {train} tokens to learn from and {validation} to check with, and each must have "
                "more than the context of {context}; give a longer text or set a smaller context.",
                train=len(self.train),
                validation=len(self.validation),
                context=config.context,
            )
        self.info = DatasetInfo(
            kind="text",
            train_size=len(self.train),
            validation_size=len(self.validation),
            vocabulary=len(self.tokenizer),
            tokenizer=self.tokenizer.to_json(),
            validation_bytes=self.tokenizer.bytes_of(self.validation.tolist()),
            notes=source.notes,
        )
        self._window = torch.arange(config.context + 1, device=device)

    @cached_property
    def frequencies_loss(self) -> float:
        """Nats a token of the validation text for a model that knows only how frequent each token is in the training
        text; one is added to every count, so that none is impossible."""
        counts = torch.bincount(self.train, minlength=len(self.tokenizer)).double() + 1
        return float(-(counts / counts.sum()).log()[self.validation].mean())

    def _refuse_foreign(self, text: str, source: Text) -> None:
        """A vocabulary of characters may not know this text's; a few are a note, many an error."""
        unknown = self.tokenizer.unknown_in(text)
        share = sum(map(text.count, unknown)) / max(len(text), 1)
        if share > MOST_UNKNOWN:
            raise DataError(
                "data.foreign_text",
                "The model to go on from has never seen {percent} % of this text's characters (such as "
                "“{characters}”); choose a model trained on such text, or start from nothing.",
                percent=round(100 * share),
                characters="".join(unknown[:10]),
            )
        if unknown:
            source.notes.append(
                message(
                    "data.unknown_characters",
                    "characters unknown to the model were skipped over: {characters}",
                    characters="".join(unknown[:50]),
                )
            )

    def batch(self, step: int, draw: int, part: slice) -> Batch:
        """Windows at random places: {"x": int64 (B, context), "y": the same one token further on}."""
        random = generator(self.config.seed, Stream.ORDER, step, draw)
        last = len(self.train) - len(self._window) + 1
        start = torch.randint(last, (self.config.batch_size,), generator=random)[part]
        windows = self.train[to_device(start, self.train.device)[:, None] + self._window]
        return {"x": windows[:, :-1], "y": windows[:, 1:]}
