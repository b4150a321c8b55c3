"""A GPT-2 in the layout of `transformers`: whether a folder holds one, its weights, and ours written so."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from aigc_core.common.errors import ConfigError
from aigc_core.common.files import json_object, write_json
from aigc_core.common.safetensors_header import named_in_utf8, read_header
from aigc_core.data.tokenizer import Tokenizer
from aigc_core.families.common.transformer import EPSILON
from aigc_core.families.gpt.config import Config, Size
from aigc_core.families.gpt.model import GPT, from_transformers, to_transformers

DESCRIPTION = [
    "config.json", "adapter_config.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
    "tokenizer.json", "vocab.json", "merges.txt", "vocab.txt", "tokenizer.model", "tiktoken.model", "tekken.json",
]  # fmt: skip
WHOLE, INDEX = "model.safetensors", "model.safetensors.index.json"
WEIGHTS = [WHOLE, INDEX, "model-?????-of-?????.safetensors"]
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
ALIASES = {
    "num_hidden_layers": "n_layer",
    "num_attention_heads": "n_head",
    "hidden_size": "n_embd",
    "max_position_embeddings": "n_positions",
}
# Names that `transformers` has for the function it calls gelu_new; they differ by rounding.
SAME_ACTIVATION = ("gelu_new", "gelu_fast", "gelu_accurate", "gelu_pytorch_tanh", "gelu_python_tanh")
# What config.json of a plain GPT-2 lacks or denies.
OTHER_NETWORK = ("quantization_config", "add_cross_attention", "pruned_heads", "auto_map", "transformers_weights")

PRECISIONS = {torch.float16, torch.bfloat16, torch.float32, torch.float64}


@dataclass(frozen=True)
class Folder:
    """A model in the layout of `transformers`: what people call it, where it lies, and its commit on the Hub."""

    name: str
    path: Path
    commit: str = ""


def gpt2_config(folder: Folder) -> dict[str, Any]:
    """What its config.json says, by the names that GPT-2's own have.

    Raises:
        ConfigError: it cannot be read, or is of another architecture.
    """
    if (folder.path / "adapter_config.json").exists():
        raise ConfigError(
            "config.adapter",
            "{folder} holds an adapter, which only changes another model; join the two with merge_and_unload() of "
            "`peft`, and save what comes out.",
            folder=folder.name,
        )
    values = read_json(folder, "config.json")
    other = [
        name for name, key in ALIASES.items() if values.get(name, values.get(key)) != values.get(key, values.get(name))
    ]
    values = {key: values[name] for name, key in ALIASES.items() if name in values} | values
    if values.get("activation_function") in SAME_ACTIVATION:
        values["activation_function"] = ARCHITECTURE["activation_function"]
    numbers = all(type(values.get(key)) is int and values[key] > 0 for key in NUMBERS)
    if numbers and values.get("n_inner") == 4 * values["n_embd"]:  # said in full what null means
        values["n_inner"] = None
    fixed = ARCHITECTURE | {"is_causal": True}
    other += [key for key, value in fixed.items() if values.get(key, value) != value]
    other += [key for key in OTHER_NETWORK if values.get(key)]
    kind = values.get("model_type")
    if other or kind is None or not numbers:
        raise ConfigError(
            "config.not_gpt2",
            "The model in {folder} is not of GPT-2's architecture ({why}), and only that can be gone on from.",
            folder=folder.name,
            why=(kind if "model_type" in other else ", ".join(other)) or "config.json is incomplete",
        )
    return values


def plain_weights(folder: Folder) -> dict[str, Tensor]:
    """Its weights in our layout, float32, after a look at whether `transformers` would make the same model of them.

    Raises:
        ConfigError: it would not, or they are missing or damaged.
    """
    values, theirs = gpt2_config(folder), _tensors(folder)
    ours, head = from_transformers(theirs), theirs.get("lm_head.weight")
    if head is not None:
        ours.setdefault("wte.weight", head)  # some keep only one of the two that are the same
    precisions = {tensor.dtype for tensor in ours.values()} | _said_precision(values)
    if not precisions <= PRECISIONS:
        raise bad_weights(folder.name, f"numbers of the kinds {', '.join(sorted(map(str, precisions)))}")
    exact = {name: tensor.float() for name, tensor in ours.items()}
    if broken := next((name for name, tensor in exact.items() if not tensor.isfinite().all()), None):
        raise ConfigError(
            "config.broken_numbers",
            "The weights of “{name}” are broken: {tensor} holds numbers that are infinite or none at all; take an "
            "earlier checkpoint, or get the file anew.",
            name=folder.name,
            tensor=broken,
        )
    if head is not None and not torch.equal(head.float(), exact["wte.weight"]):
        raise ConfigError(
            "config.untied",
            "The model in {folder} reads tokens by one matrix and writes them by another (wte and lm_head), which the "
            "GPT here cannot; choose a model in which the two are the same.",
            folder=folder.name,
        )
    if len(precisions) > 1 and any(
        not torch.equal(tensor, tensor.to(precision).float()) for tensor in exact.values() for precision in precisions
    ):
        raise ConfigError(
            "config.two_precisions",
            "The weights of “{name}” would be rounded by `transformers`, because its files name several precisions "
            "({precisions}); save it in one, with the same “dtype” in config.json.",
            name=folder.name,
            precisions=", ".join(sorted(str(one).removeprefix("torch.") for one in precisions)),
        )
    return exact


def check_size(folder: Folder, size: Size, context: int, rows: int) -> None:
    """Whether the weights are of a network of this size, before one is built; only the beginnings of files are read.

    Raises:
        ConfigError: they are not.
    """
    found: dict[str, list[int]] = {}
    for file in _files_of_weights(folder):
        try:
            header = read_header(folder.path / file)
        except (OSError, ValueError, SafetensorError) as problem:
            raise bad_weights(folder.name, problem) from problem
        found |= {name.removeprefix("transformer."): list(shape) for name, (shape, _) in header.items()}
    rows_in = "wte.weight" if "wte.weight" in found else "lm_head.weight"
    layer = f"h.{size.layers - 1}.ln_1.weight"
    for name, shape in ((rows_in, [rows, size.width]), ("wpe.weight", [context, size.width]), (layer, [size.width])):
        if found.get(name) != shape:
            raise bad_weights(folder.name, f"{name} is {found.get(name, 'not there')}, and should be {shape}")


def _said_precision(values: dict[str, Any]) -> set[torch.dtype]:
    said = getattr(torch, str(values.get("dtype") or values.get("torch_dtype")).removeprefix("torch."), None)
    return {said} if isinstance(said, torch.dtype) else set()


def _tensors(folder: Folder) -> dict[str, Tensor]:
    """What its files hold, by the names of GPT2Model."""
    merged: dict[str, Tensor] = {}
    for file in _files_of_weights(folder):
        try:
            tensors = load_file(folder.path / file)
        except (OSError, SafetensorError) as problem:
            raise bad_weights(folder.name, problem) from problem
        if twice := merged.keys() & tensors.keys():
            raise bad_weights(folder.name, f"{min(twice)} is in two files")
        merged |= tensors
    bare = {name.removeprefix("transformer."): tensor for name, tensor in merged.items()}
    if len(bare) < len(merged):
        raise bad_weights(folder.name, "one tensor is there twice, with and without “transformer.” before its name")
    return bare


def _files_of_weights(folder: Folder) -> list[str]:
    """One file, or those that an index names; files that it does not name are of no account."""
    if (folder.path / WHOLE).is_file():
        return [WHOLE]
    if not (folder.path / INDEX).exists():
        raise ConfigError(
            "config.no_safetensors",
            "There is no model.safetensors in {folder}; weights in other formats are not opened, because "
            "they can carry code.",
            folder=folder.name,
        )
    index = read_json(folder, INDEX)
    places = index.get("weight_map")
    if not isinstance(places, dict) or not isinstance(index.get("metadata"), dict):
        raise bad_weights(folder.name, f"{INDEX} is incomplete")
    files = sorted({str(file) for file in places.values()})
    if lost := [file for file in files if Path(file).name != file or not (folder.path / file).is_file()]:
        raise bad_weights(folder.name, f"{lost[0]}, which {INDEX} names, is not there")
    return files


def bad_weights(name: str, problem: object) -> ConfigError:
    """The sentence for weights of a model of this name that are damaged, or of another one."""
    return ConfigError(
        "config.bad_weights",
        "The weights of “{name}” cannot be read ({problem}).",
        name=name,
        problem=" ".join(str(problem).split())[:200],
    )


def read_json(folder: Folder, file: str) -> dict[str, Any]:
    """Raises: ConfigError: there is no such file, or no object in it."""
    try:
        return json_object(read_text(folder, file))
    except ValueError as problem:
        raise _unreadable(folder, file, problem) from problem


def read_json_if_there(folder: Folder, file: str) -> dict[str, Any]:
    return read_json(folder, file) if (folder.path / file).exists() else {}


def read_text(folder: Folder, file: str) -> str:
    """Raises: ConfigError: there is no such file, or it is not UTF-8."""
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


def write(folder: Path, network: GPT, config: Config, tokenizer: Tokenizer) -> None:
    """A folder that `AutoModelForCausalLM.from_pretrained` and `AutoTokenizer.from_pretrained` load.

    A batch of texts of different lengths is filled up with a token that is never spoken, as GPT-2's is with its end.
    """
    ours = {name: tensor.contiguous() for name, tensor in network.state_dict().items()}
    with named_in_utf8(folder / "model.safetensors") as file:
        save_file(to_transformers(ours), file, metadata={"format": "pt"})
    layers, heads, width = config.shape()
    end = None if tokenizer.end is None else tokenizer.number(tokenizer.end)
    pad = None if tokenizer.padding is None else tokenizer.number(tokenizer.padding)
    ends = {"bos_token_id": tokenizer.start, "eos_token_id": end, "pad_token_id": pad}
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
    names = {"unk_token": tokenizer.unknown, "eos_token": tokenizer.end, "pad_token": tokenizer.padding}
    options = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": network.context,
        "padding_side": "left",  # what is to be continued must stand at the end
        "clean_up_tokenization_spaces": False,
    }
    write_json(folder / "tokenizer_config.json", options | {key: name for key, name in names.items() if name})
