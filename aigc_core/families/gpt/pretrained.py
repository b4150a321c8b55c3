"""Models in the layout of `transformers`: in, from a folder or the Hugging Face Hub, and ours out again."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from tokenizers import AddedToken, decoders, models, pre_tokenizers
from tokenizers import Tokenizer as Library
from torch import Tensor

from aigc_core.config import checked
from aigc_core.data.sources import Progress, silent
from aigc_core.data.tokenizer import END, Tokenizer
from aigc_core.errors import ConfigError, DataError, RunError
from aigc_core.families.gpt.config import HUB_NAME, SIZES, Config, Size
from aigc_core.families.gpt.model import EPSILON, GPT, from_transformers, to_transformers
from aigc_core.files import json_object, write_json
from aigc_core.hubclient import snapshot
from aigc_core.run import Run

DESCRIPTION = ["config.json", "tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt", "vocab.txt"]
WEIGHTS = ["model.safetensors", "model-?????-of-?????.safetensors"]
ARCHITECTURE = {
    "model_type": "gpt2",
    "activation_function": "gelu_new",
    "layer_norm_epsilon": EPSILON,
    "scale_attn_weights": True,
    "scale_attn_by_inverse_layer_idx": False,
    "n_inner": None,
    "tie_word_embeddings": True,
}
NUMBERS = ("n_layer", "n_head", "n_embd", "n_positions", "vocab_size")


@dataclass(frozen=True)
class Folder:
    """A model in the layout of `transformers`: what people call it, where it lies, and its commit on the Hub."""

    name: str
    path: Path
    commit: str = ""


class Nature(NamedTuple):
    """What is fixed by a model to go on from."""

    settings: dict[str, Any]  # those that describe its network
    context: int  # tokens it can see at once
    tokenizer: str  # JSON


# -- in -------------------------------------------------------------------------------------------------


def resolved(config: Any, progress: Progress = silent) -> tuple[Any, str]:
    """The settings with the source's own size, and its tokenizer as JSON.

    Raises:
        AigcError: no such source, one that cannot be used, or a context longer than its own.
    """
    nature = _nature(found(config.init_from, progress))
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


def fill(network: GPT, source: Run | Folder) -> None:
    """Take over the source's weights.

    Raises:
        AigcError: they are missing, damaged, or of another shape.
    """
    try:
        network.load_state_dict(weights(source, network.context, network.wte.num_embeddings))
    except RuntimeError as problem:  # tensors missing or of another shape
        raise _bad_weights(source.name, problem) from problem


def weights(source: Run | Folder, context: int, vocabulary: int) -> dict[str, Tensor]:
    """The source's weights in our layout, positions cut to `context` and padding to the vocabulary."""
    if isinstance(source, Run):
        from aigc_core.checkpoint import load_network  # needs runs, which need no family

        ours = load_network(source, "gpt")
    else:
        ours = from_transformers(_tensors(source))
    for name, size in (("wpe.weight", context), ("wte.weight", vocabulary)):
        if name in ours:
            ours[name] = ours[name][:size].clone()
    return ours


def found(name: str, progress: Progress = silent) -> Run | Folder:
    """The run, folder or model on the Hub of this name; the last is fetched, unless it was before.

    Raises:
        AigcError: there is none, or it cannot be fetched.
    """
    path = Path(name)
    if path.is_dir() and not (path / "events.jsonl").exists():
        return Folder(path.resolve().name, path)
    try:
        return Run.open(name)
    except RunError:
        if HUB_NAME.fullmatch(name):
            return fetched(name, progress)
        raise


def fetched(name: str, progress: Progress) -> Folder:
    """A model of the Hub, in the folder where the Hub's own client keeps it.

    What it is comes first, because its weights may be huge. HF_ENDPOINT, HF_TOKEN, HF_HOME and HF_HUB_OFFLINE
    mean what they mean everywhere.

    Raises:
        ConfigError: it is not of GPT-2's architecture.
        DataError: it cannot be fetched; the sentence says what helps.
    """
    first = snapshot(name, None, DESCRIPTION, silent)
    _gpt2_config(Folder(name, first, first.name))
    path = snapshot(name, first.name, [*DESCRIPTION, *WEIGHTS], progress)
    return Folder(name, path, path.name)


def _nature(source: Run | Folder) -> Nature:
    if isinstance(source, Run):
        of, facts = source.config(), source.facts()
        if not isinstance(of, Config) or facts is None:
            raise ConfigError(
                "config.not_a_gpt",
                "“{name}” is no trained GPT, so there is nothing to go on from.",
                name=source.name,
            )
        return Nature(_settings(of.shape(), of.tokenizer), of.context, facts["tokenizer"])
    values, tokenizer = _gpt2_config(source), _tokenizer(source)
    shape = Size(values["n_layer"], values["n_head"], values["n_embd"])
    return Nature(_settings(shape, tokenizer.kind), values["n_positions"], tokenizer.to_json())


def _settings(shape: Size, tokenizer: str) -> dict[str, Any]:
    named = [{"size": name} for name, one in SIZES.items() if one == shape]
    return {**(named or [{}])[0], **shape._asdict(), "tokenizer": tokenizer}


def _gpt2_config(folder: Folder) -> dict[str, Any]:
    values = _json(folder, "config.json")
    if values.get("n_inner") == 4 * values.get("n_embd", 0):  # said in full what null means
        values["n_inner"] = None
    other = [key for key, value in ARCHITECTURE.items() if values.get(key, value) != value]
    numbers = all(isinstance(values.get(key), int) and values[key] > 0 for key in NUMBERS)
    kind = values.get("model_type")
    if other or kind is None or not numbers:
        raise ConfigError(
            "config.not_gpt2",
            "The model in {folder} is not of GPT-2's architecture ({why}), and only that can be gone on from.",
            folder=folder.name,
            why=(kind if "model_type" in other else ", ".join(other)) or "config.json is incomplete",
        )
    return values


def _tensors(folder: Folder) -> dict[str, Tensor]:
    one, parts = WEIGHTS
    files = sorted(folder.path.glob(one)) or sorted(folder.path.glob(parts))
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
        except (OSError, SafetensorError) as problem:
            raise _bad_weights(folder.name, problem) from problem
    return {name: tensor.float() for name, tensor in merged.items()}


def _bad_weights(name: str, problem: Exception) -> ConfigError:
    return ConfigError(
        "config.bad_weights",
        "The weights of “{name}” cannot be read ({problem}).",
        name=name,
        problem=" ".join(str(problem).split())[:200],
    )


def _tokenizer(folder: Folder) -> Tokenizer:
    """Its tokenizer.json, or one made of older files: GPT-2's vocab.json and merges.txt, or BERT's vocab.txt."""
    names = {one.name for one in folder.path.iterdir()}
    if "tokenizer.json" in names:
        return Tokenizer.adopted(_text(folder, "tokenizer.json"))
    if {"vocab.json", "merges.txt"} <= names:
        return Tokenizer.adopted(_byte_level(folder).to_str())
    if "vocab.txt" in names:
        options = _json(folder, "tokenizer_config.json") if "tokenizer_config.json" in names else {}
        return Tokenizer.of_words(
            _text(folder, "vocab.txt").rstrip("\n").split("\n"),
            lowercase=bool(options.get("do_lower_case", True)),
            chinese=bool(options.get("tokenize_chinese_chars", True)),
            strip_accents=options.get("strip_accents"),
        )
    raise ConfigError(
        "config.no_tokenizer",
        "There is no tokenizer.json (nor vocab.json and merges.txt, nor vocab.txt) in {folder}, so its numbers "
        "cannot be turned into text.",
        folder=folder.name,
    )


def _byte_level(folder: Folder) -> Library:
    try:
        vocabulary = models.BPE.from_file(str(folder.path / "vocab.json"), str(folder.path / "merges.txt"))
    except Exception as problem:  # the library has no narrower one
        raise DataError(
            "data.bad_tokenizer", "This tokenizer cannot be read ({problem}).", problem=problem
        ) from problem
    library = Library(vocabulary)
    library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    library.decoder = decoders.ByteLevel()
    if library.token_to_id(END) is not None:
        library.add_special_tokens([AddedToken(END, special=True)])
    return library


def _json(folder: Folder, file: str) -> dict[str, Any]:
    try:
        return json_object(_text(folder, file))
    except ValueError as problem:
        raise _unreadable(folder, file, problem) from problem


def _text(folder: Folder, file: str) -> str:
    try:
        return (folder.path / file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise _unreadable(folder, file, problem) from problem


def _unreadable(folder: Folder, file: str, problem: Exception) -> ConfigError:
    return ConfigError(
        "config.bad_model_config",
        "{file} of the model in {folder} cannot be read ({problem}).",
        file=file,
        folder=folder.name,
        problem=type(problem).__name__,
    )


# -- out ------------------------------------------------------------------------------------------------


def write(folder: Path, network: GPT, config: Config, tokenizer: Tokenizer) -> None:
    """A folder that `AutoModelForCausalLM.from_pretrained` and `AutoTokenizer.from_pretrained` load."""
    ours = {name: tensor.contiguous() for name, tensor in network.state_dict().items()}
    save_file(to_transformers(ours), folder / "model.safetensors", metadata={"format": "pt"})
    layers, heads, width = config.shape()
    end = None if tokenizer.end is None else tokenizer.number(tokenizer.end)
    ends = {"bos_token_id": tokenizer.start, "eos_token_id": end}
    values = ARCHITECTURE | ends | {
        "architectures": ["GPT2LMHeadModel"],
        "vocab_size": network.wte.num_embeddings,
        "n_positions": network.context,
        "n_layer": layers,
        "n_head": heads,
        "n_embd": width,
        "embd_pdrop": config.dropout,
        "attn_pdrop": config.dropout,
        "resid_pdrop": config.dropout,
        "dtype": "float32",
    }  # fmt: skip
    write_json(folder / "config.json", values)
    manner: dict[str, Any] = {"do_sample": True, "temperature": 0.8, "max_new_tokens": 200}
    if never := [token for token in tokenizer.never_spoken if token != end]:
        manner["suppress_tokens"] = never
    write_json(folder / "generation_config.json", ends | manner)
    (folder / "tokenizer.json").write_text(tokenizer.to_json(), encoding="utf-8")
    names = {"unk_token": tokenizer.unknown, "eos_token": tokenizer.end}
    options = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": network.context,
        "clean_up_tokenization_spaces": False,
    }
    write_json(folder / "tokenizer_config.json", options | {key: name for key, name in names.items() if name})
