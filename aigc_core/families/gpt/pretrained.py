"""A trained model to go on from: one of our runs, a folder in `transformers` layout, or one on the Hub."""

import json
from pathlib import Path
from typing import Any

from huggingface_hub import snapshot_download
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError
from safetensors import SafetensorError
from safetensors.torch import load_file
from tokenizers import Tokenizer as Library
from tokenizers import decoders, models, pre_tokenizers
from torch import Tensor

from aigc_core.errors import ConfigError, DataError, RunError
from aigc_core.families.gpt.config import HUB_NAME
from aigc_core.families.gpt.model import from_transformers
from aigc_core.run import Run

FILES = ["config.json", "model*.safetensors", "tokenizer.json", "vocab.json", "merges.txt"]


def resolved(config: Any) -> tuple[Any, str]:
    """The settings with the source's own size, and its tokenizer as JSON.

    Raises:
        ConfigError: no such source, or a context longer than its own.
    """
    source = _source(config.init_from)
    if isinstance(source, Run):
        of, facts = source.config(), source.facts()
        if of.family != config.family or facts is None:
            raise ConfigError(
                "config.not_a_gpt",
                "“{name}” is no trained GPT, so there is nothing to go on from.",
                name=config.init_from,
            )
        layers, heads, width = of.shape()
        context, kind, tokenizer = of.context, of.tokenizer, facts["tokenizer"]
    else:
        of = _gpt2_config(source)
        layers, heads, width, context = of["n_layer"], of["n_head"], of["n_embd"], of["n_positions"]
        kind, tokenizer = "bpe", _tokenizer_json(source)
    if config.context > context:
        raise ConfigError(
            "config.context_too_long",
            "“{name}” was made for a context of {limit} tokens, so it cannot read {given}; set context to "
            "{limit} or less.",
            name=config.init_from,
            limit=context,
            given=config.context,
        )
    changes = {"layers": layers, "heads": heads, "width": width, "tokenizer": kind}
    return config.changed(changes), tokenizer


def weights(config: Any, vocabulary: int) -> dict[str, Tensor]:
    """The source's weights in our layout, positions cut to `config.context` and padding to the vocabulary."""
    source = _source(config.init_from)
    if isinstance(source, Run):
        from aigc_core.checkpoint import load_network  # needs runs, which need no family

        ours = load_network(source, "gpt")
    else:
        ours = from_transformers(_tensors(source))
    for name, size in (("wpe.weight", config.context), ("wte.weight", vocabulary)):
        if name in ours:
            ours[name] = ours[name][:size].clone()
    return ours


def _source(name: str) -> Run | Path:
    folder = Path(name)
    if folder.is_dir() and not (folder / "events.jsonl").exists():
        return folder
    try:
        return Run.open(name)
    except RunError:
        if HUB_NAME.fullmatch(name):
            return _from_hub(name)
        raise


def _from_hub(name: str) -> Path:
    try:
        return Path(snapshot_download(name, allow_patterns=FILES))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as problem:
        raise DataError(
            "data.no_hub",
            "“{name}” could not be fetched from the Hugging Face Hub ({problem}). No internet: download it "
            "elsewhere and give the folder, or set HF_ENDPOINT to a mirror you can reach.",
            name=name,
            problem=type(problem).__name__,
        ) from problem


def _gpt2_config(folder: Path) -> dict[str, Any]:
    values = _json(folder / "config.json")
    plain = {
        "activation_function": "gelu_new",
        "layer_norm_epsilon": 1e-5,
        "scale_attn_weights": True,
        "scale_attn_by_inverse_layer_idx": False,
        "n_inner": None,
        "tie_word_embeddings": True,
    }
    other = [key for key, value in plain.items() if values.get(key, value) != value]
    needed = {"n_layer", "n_head", "n_embd", "n_positions", "vocab_size"}
    if values.get("model_type") != "gpt2" or other or not needed <= values.keys():
        raise ConfigError(
            "config.not_gpt2",
            "The model in {folder} is not of GPT-2's architecture ({why}), and only that can be gone on from.",
            folder=folder.name,
            why=", ".join(other) or values.get("model_type") or "config.json is incomplete",
        )
    return values


def _tensors(folder: Path) -> dict[str, Tensor]:
    files = sorted(folder.glob("model*.safetensors"))
    if not files:
        raise ConfigError(
            "config.no_safetensors",
            "There is no model.safetensors in {folder}; weights in other formats are not opened, because "
            "they can carry code.",
            folder=folder.name,
        )
    merged: dict[str, Tensor] = {}
    for file in files:
        try:
            merged |= load_file(file)
        except SafetensorError as problem:
            raise ConfigError(
                "config.bad_weights",
                "The weights of “{name}” cannot be read ({problem}).",
                name=folder.name,
                problem=str(problem).split("\n")[0],
            ) from problem
    return {name: tensor.float() for name, tensor in merged.items()}


def _tokenizer_json(folder: Path) -> str:
    if (folder / "tokenizer.json").is_file():
        return (folder / "tokenizer.json").read_text(encoding="utf-8")
    if not ((folder / "vocab.json").is_file() and (folder / "merges.txt").is_file()):
        raise ConfigError(
            "config.no_tokenizer",
            "There is no tokenizer.json (nor vocab.json and merges.txt) in {folder}, so its numbers cannot be "
            "turned into text.",
            folder=folder.name,
        )
    library = Library(models.BPE.from_file(str(folder / "vocab.json"), str(folder / "merges.txt")))
    library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    library.decoder = decoders.ByteLevel()
    return library.to_str()


def _json(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as problem:
        raise ConfigError(
            "config.bad_model_config",
            "{file} of the model in {folder} cannot be read ({problem}).",
            file=path.name,
            folder=path.parent.name,
            problem=type(problem).__name__,
        ) from problem
