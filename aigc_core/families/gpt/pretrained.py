"""The model that a GPT goes on from: a run, a folder in the layout of `transformers`, or one of the Hub."""

from pathlib import Path
from typing import Any, NamedTuple

from torch import Tensor

from aigc_core.common.errors import ConfigError, RunError
from aigc_core.common.progress import ProgressCallback, silent
from aigc_core.data.hub_client import snapshot
from aigc_core.families.base import OpenTrained, TrainedRun
from aigc_core.families.config import HUB_NAME, checked
from aigc_core.families.gpt.config import SIZES, Config, Size
from aigc_core.families.gpt.model import GPT
from aigc_core.families.gpt.transformers_folder import (
    DESCRIPTION,
    WEIGHTS,
    Folder,
    bad_weights,
    check_size,
    gpt2_config,
    plain_weights,
)
from aigc_core.families.gpt.transformers_tokenizer import tokenizer_of


class Nature(NamedTuple):
    """What is fixed by a model to go on from."""

    settings: dict[str, Any]  # those that describe its network
    context: int  # tokens it can see at once
    tokenizer: str  # JSON


def resolved(config: Config, open_trained: OpenTrained, progress: ProgressCallback = silent) -> tuple[Config, str]:
    """The settings with the source's own size, and its tokenizer as JSON.

    Raises:
        AigcError: no such source, one that cannot be used, or a context longer than its own.
    """
    nature = _nature(find_source(config.init_from, open_trained, progress))
    if config.context > nature.context:
        raise ConfigError(
            "config.context_too_long",
            "“{name}” was made for a context of {limit} tokens, so it cannot read {given}; set context to "
            "{limit} or less.",
            name=config.init_from,
            limit=nature.context,
            given=config.context,
        )
    return config.changed(nature.settings), nature.tokenizer


def whole(folder: Folder) -> tuple[Config, str]:
    """Settings of the model as it is, with its own context, and its tokenizer as JSON.

    Raises:
        AigcError: it cannot be used.
    """
    nature = _nature(folder)
    return checked(Config, nature.settings | {"context": nature.context, "data": "text"}), nature.tokenizer


def fill(network: GPT, source: TrainedRun | Folder) -> None:
    """Take over the source's weights.

    Raises:
        AigcError: they are missing, damaged, or of another shape.
    """
    try:
        taken = weights(source, network.context, network.wte.num_embeddings)
        network.load_state_dict(taken, assign=network.wte.weight.is_meta)
    except RuntimeError as problem:  # tensors missing or of another shape
        raise bad_weights(source.name, problem) from problem


def weights(source: TrainedRun | Folder, context: int, vocabulary: int) -> dict[str, Tensor]:
    """The source's weights in our layout, positions cut to `context` and padding to the vocabulary."""
    ours = source.weights("gpt") if isinstance(source, TrainedRun) else plain_weights(source)
    for name, size in (("wpe.weight", context), ("wte.weight", vocabulary)):
        if name in ours:
            ours[name] = ours[name][:size].clone()
    return ours


def find_source(name: str, open_trained: OpenTrained, progress: ProgressCallback = silent) -> TrainedRun | Folder:
    """The run, folder or model on the Hub of this name; the last is fetched, unless it was before.

    Raises:
        AigcError: there is none, or it cannot be fetched.
    """
    path = Path(name)
    if path.is_dir() and not (path / "events.jsonl").exists():
        return Folder(path.resolve().name, path)
    try:
        return open_trained(name)
    except RunError:
        if HUB_NAME.fullmatch(name):
            return fetched(name, progress)
        raise


def fetched(name: str, progress: ProgressCallback) -> Folder:
    """A model of the Hub, in the folder where the Hub's own client keeps it.

    What it is comes first, because its weights may be huge. HF_ENDPOINT, HF_TOKEN, HF_HOME and HF_HUB_OFFLINE
    mean what they mean everywhere.

    Raises:
        ConfigError: it is not of GPT-2's architecture.
        DataError: it cannot be fetched; the sentence says what helps.
    """
    first = snapshot(name, None, DESCRIPTION, silent)
    gpt2_config(Folder(name, first, first.name))
    path = snapshot(name, first.name, [*DESCRIPTION, *WEIGHTS], progress)
    return Folder(name, path, path.name)


def _nature(source: TrainedRun | Folder) -> Nature:
    if isinstance(source, TrainedRun):
        of, info = source.config, source.info
        if not isinstance(of, Config) or info is None:
            raise ConfigError(
                "config.not_a_gpt",
                "“{name}” is no trained GPT, so there is nothing to go on from.",
                name=source.name,
            )
        source.check()
        return Nature(_settings(of.shape(), of.tokenizer), of.context, info.tokenizer)
    values = gpt2_config(source)
    tokenizer = tokenizer_of(source, values)
    if len(tokenizer) > values["vocab_size"]:
        raise ConfigError(
            "config.tokens_without_rows",
            "The tokenizer of {folder} has {tokens} tokens, but the model only {rows} rows for them: call "
            "model.resize_token_embeddings(len(tokenizer)), train it on, and save both; or take the tokenizer that the "
            "model was trained with.",
            folder=source.name,
            tokens=len(tokenizer),
            rows=values["vocab_size"],
        )
    shape = Size(values["n_layer"], values["n_head"], values["n_embd"])
    check_size(source, shape, values["n_positions"], values["vocab_size"])
    return Nature(_settings(shape, tokenizer.kind), values["n_positions"], tokenizer.to_json())


def _settings(shape: Size, tokenizer: str) -> dict[str, Any]:
    named = [{"size": name} for name, one in SIZES.items() if one == shape]
    return {**(named or [{}])[0], **shape._asdict(), "tokenizer": tokenizer}
