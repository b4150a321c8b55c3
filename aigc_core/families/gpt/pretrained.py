"""Models in the layout of `transformers`: in, from a folder or the Hugging Face Hub, and ours out again."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from tokenizers import AddedToken, decoders, models, normalizers, pre_tokenizers
from tokenizers import Tokenizer as Library
from torch import Tensor

from aigc_core.common.errors import AigcError, ConfigError, DataError, RunError
from aigc_core.common.files import json_object, write_json
from aigc_core.common.progress import ProgressCallback, silent
from aigc_core.data.hub_client import snapshot
from aigc_core.data.tokenizer import END, Tokenizer
from aigc_core.families.base import OpenTrained, TrainedRun
from aigc_core.families.common.transformer import EPSILON
from aigc_core.families.config import HUB_NAME, checked
from aigc_core.families.gpt.config import SIZES, Config, Size
from aigc_core.families.gpt.model import GPT, from_transformers, to_transformers

DESCRIPTION = [
    "config.json", "adapter_config.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
    "tokenizer.json", "vocab.json", "merges.txt", "vocab.txt", "tokenizer.model", "tiktoken.model", "tekken.json",
]  # fmt: skip
OTHER_VOCABULARIES = ("tokenizer.model", "tiktoken.model", "tekken.json")  # `transformers` prefers them to vocab.json
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

# Tokenizer classes of `transformers` that are made here. The first three take tokenizer.json as it is, the others take
# its vocabulary and make the rest anew.
AS_IT_IS = ("PreTrainedTokenizer", "TokenizersBackend", "PythonBackend")
BYTE_LEVEL, WORDS = "GPT2Tokenizer", "BertTokenizer"
VOCABULARIES = {BYTE_LEVEL: ("vocab.json", "merges.txt"), WORDS: ("vocab.txt",)}
SPECIAL = {
    BYTE_LEVEL: {"bos_token": END, "eos_token": END, "unk_token": END},
    WORDS: {
        "unk_token": "[UNK]", "sep_token": "[SEP]", "pad_token": "[PAD]", "cls_token": "[CLS]", "mask_token": "[MASK]",
    },
}  # fmt: skip
NAMED = ("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token")
# Of tokenizer_config.json: other code, other files, or another way of cutting.
OTHER_TOKENIZER = ("auto_map", "fast_tokenizer_files", "init_inputs", "vocab", "merges", "split_special_tokens")


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
        raise _bad_weights(source.name, problem) from problem


def weights(source: TrainedRun | Folder, context: int, vocabulary: int) -> dict[str, Tensor]:
    """The source's weights in our layout, positions cut to `context` and padding to the vocabulary."""
    ours = source.weights("gpt") if isinstance(source, TrainedRun) else _plain(source)
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
    _gpt2_config(Folder(name, first, first.name))
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
    values = _gpt2_config(source)
    tokenizer = _tokenizer(source, values)
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
    _check_size(source, shape, values["n_positions"], values["vocab_size"])
    return Nature(_settings(shape, tokenizer.kind), values["n_positions"], tokenizer.to_json())


def _settings(shape: Size, tokenizer: str) -> dict[str, Any]:
    named = [{"size": name} for name, one in SIZES.items() if one == shape]
    return {**(named or [{}])[0], **shape._asdict(), "tokenizer": tokenizer}


def _gpt2_config(folder: Folder) -> dict[str, Any]:
    if (folder.path / "adapter_config.json").exists():
        raise ConfigError(
            "config.adapter",
            "{folder} holds an adapter, which only changes another model; join the two with merge_and_unload() of "
            "`peft`, and save what comes out.",
            folder=folder.name,
        )
    values = _json(folder, "config.json")
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


def _plain(folder: Folder) -> dict[str, Tensor]:
    """Its weights in our layout, float32, after a look at whether `transformers` would make the same model of them."""
    values, theirs = _gpt2_config(folder), _tensors(folder)
    ours, head = from_transformers(theirs), theirs.get("lm_head.weight")
    if head is not None:
        ours.setdefault("wte.weight", head)  # some keep only one of the two that are the same
    precisions = {tensor.dtype for tensor in ours.values()} | _said_precision(values)
    if not precisions <= PRECISIONS:
        raise _bad_weights(folder.name, f"numbers of the kinds {', '.join(sorted(map(str, precisions)))}")
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


def _check_size(folder: Folder, size: Size, context: int, rows: int) -> None:
    """Whether the weights are of a network of this size, before one is built; only the beginnings of files are read.

    Raises:
        ConfigError: they are not.
    """
    found: dict[str, list[int]] = {}
    for file in _files_of_weights(folder):
        try:
            with safe_open(folder.path / file, "pt") as tensors:
                names = tensors.keys()
                found |= {name.removeprefix("transformer."): tensors.get_slice(name).get_shape() for name in names}
        except (OSError, SafetensorError) as problem:
            raise _bad_weights(folder.name, problem) from problem
    rows_in = "wte.weight" if "wte.weight" in found else "lm_head.weight"
    layer = f"h.{size.layers - 1}.ln_1.weight"
    for name, shape in ((rows_in, [rows, size.width]), ("wpe.weight", [context, size.width]), (layer, [size.width])):
        if found.get(name) != shape:
            raise _bad_weights(folder.name, f"{name} is {found.get(name, 'not there')}, and should be {shape}")


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
            raise _bad_weights(folder.name, problem) from problem
        if twice := merged.keys() & tensors.keys():
            raise _bad_weights(folder.name, f"{min(twice)} is in two files")
        merged |= tensors
    bare = {name.removeprefix("transformer."): tensor for name, tensor in merged.items()}
    if len(bare) < len(merged):
        raise _bad_weights(folder.name, "one tensor is there twice, with and without “transformer.” before its name")
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
    index = _json(folder, INDEX)
    places = index.get("weight_map")
    if not isinstance(places, dict) or not isinstance(index.get("metadata"), dict):
        raise _bad_weights(folder.name, f"{INDEX} is incomplete")
    files = sorted({str(file) for file in places.values()})
    if lost := [file for file in files if Path(file).name != file or not (folder.path / file).is_file()]:
        raise _bad_weights(folder.name, f"{lost[0]}, which {INDEX} names, is not there")
    return files


def _bad_weights(name: str, problem: object) -> ConfigError:
    return ConfigError(
        "config.bad_weights",
        "The weights of “{name}” cannot be read ({problem}).",
        name=name,
        problem=" ".join(str(problem).split())[:200],
    )


def _tokenizer(folder: Folder, config: dict[str, Any]) -> Tokenizer:
    """The tokenizer that `transformers` makes of the folder.

    Which class that is its tokenizer_config.json says, or config.json, or else the architecture.

    Raises:
        AigcError: there is none, it is damaged, or of a class that is not made here.
    """
    options = _json_if_there(folder, "tokenizer_config.json")
    named = str(options.get("tokenizer_class") or config.get("tokenizer_class") or BYTE_LEVEL)
    kind, other = named.removesuffix("Fast"), [key for key in OTHER_TOKENIZER if options.get(key)]
    if kind not in (*AS_IT_IS, BYTE_LEVEL, WORDS) or other:
        raise _odd_tokenizer(folder, ", ".join(other) or named)
    try:
        options, numbered, own = _named_tokens(folder, options)
        options = SPECIAL.get(kind, {}) | options
        library = _library(folder, kind, options)
        _add_tokens(library, options, numbered, own)
        return Tokenizer.adapted(library)
    except AigcError:
        raise
    except Exception as problem:  # the library has no narrower one
        raise DataError(
            "data.bad_tokenizer", "This tokenizer cannot be read ({problem}).", problem=problem
        ) from problem


def _named_tokens(
    folder: Folder, options: dict[str, Any]
) -> tuple[dict[str, Any], dict[int, AddedToken], dict[str, Any]]:
    """The options of tokenizer_config.json with the special tokens of older files; the added tokens by number; and
    the special ones that have names of their own."""
    options = dict(options)
    if "additional_special_tokens" in options and not options.get("extra_special_tokens"):
        options["extra_special_tokens"] = options.pop("additional_special_tokens")
    own = {key: options.pop(key) for key in list(options) if _is_own(key) and isinstance(options[key], str)}
    if isinstance(options.get("extra_special_tokens"), dict):
        own |= options.pop("extra_special_tokens")
    numbered: dict[int, AddedToken] = {}
    if "added_tokens_decoder" in options:  # it stands for the older files
        numbered = {int(number): AddedToken(**one) for number, one in options["added_tokens_decoder"].items()}
    else:
        older = _json_if_there(folder, "special_tokens_map.json")
        if "extra_special_tokens" in older:  # no version of `transformers` writes them there
            raise ValueError("extra_special_tokens in special_tokens_map.json")
        for key, value in older.items():
            options[key] = AddedToken(**value | {"special": True}) if isinstance(value, dict) else value
        special = {str(options[key]) for key in NAMED if options.get(key)}
        special |= {str(one) for one in options.get("extra_special_tokens") or []}
        for token, number in _json_if_there(folder, "added_tokens.json").items():
            numbered[number] = AddedToken(token, special=token in special, normalized=token not in special)
        for one in _json_if_there(folder, "tokenizer.json").get("added_tokens", []):
            number = one.pop("id")
            numbered[number] = AddedToken(**one)
    options = {key: _token(value) for key, value in options.items()}
    spelt = {one.content: one for one in numbered.values()}
    options |= {key: spelt.get(str(options[key]), options[key]) for key in NAMED if key in options}
    last = {key: options.pop(key) for key in [*filter(_is_own, options)]}  # add_bos_token and such among them
    last = {key: value for key, value in last.items() if isinstance(value, str | AddedToken)}
    return options, numbered, last | own


def _is_own(key: str) -> bool:
    """Whether it names a special token that only this tokenizer has."""
    return key.endswith("_token") and key not in NAMED


def _token(value: Any) -> Any:
    """A token, or tokens, from how tokenizer_config.json spells them out."""
    if isinstance(value, list):
        return [_token(one) for one in value]
    if isinstance(value, dict) and value.get("__type") == "AddedToken":
        return AddedToken(**{key: one for key, one in value.items() if key != "__type"})
    return value


def _library(folder: Folder, kind: str, options: dict[str, Any]) -> Library:
    """Its tokenizer.json as it is, or one around the vocabulary that is there, without the tokens added to that."""
    there = {one.name for one in folder.path.iterdir()}
    whole = Library.from_str(_text(folder, "tokenizer.json")) if "tokenizer.json" in there else None
    if whole is not None and kind in AS_IT_IS:
        if isinstance(whole.model, models.BPE) and whole.model.dropout:
            raise _odd_tokenizer(folder, "dropout, which cuts a text differently each time")
        return whole
    files = VOCABULARIES.get(kind, ("tokenizer.json",))
    if whole is None and (not there.issuperset(files) or there.intersection(OTHER_VOCABULARIES)):
        if there.intersection(("vocab.json", "vocab.txt", *OTHER_VOCABULARIES)):
            raise _odd_tokenizer(folder, f"{kind} goes with {' and '.join(files)}")
        raise ConfigError(
            "config.no_tokenizer",
            "There is no tokenizer.json (nor vocab.json and merges.txt, nor vocab.txt) in {folder}, so its numbers "
            "cannot be turned into text.",
            folder=folder.name,
        )
    if whole is not None and not isinstance(whole.model, models.WordPiece if kind == WORDS else models.BPE):
        raise _odd_tokenizer(folder, f"{kind} with a vocabulary for {type(whole.model).__name__}")
    model = {} if whole is None else json.loads(whole.to_str())["model"]
    paths = [str(folder.path / file) for file in files]
    if kind == WORDS:
        unknown = str(options["unk_token"])
        words = models.WordPiece(model["vocab"]) if model else models.WordPiece.from_file(*paths)
        words.unk_token = unknown
        library = Library(words)
        if library.token_to_id(unknown) is None:
            raise ValueError(f"no {unknown}")
        library.normalizer = normalizers.BertNormalizer(
            handle_chinese_chars=options.get("tokenize_chinese_chars", True),
            strip_accents=options.get("strip_accents"),
            lowercase=options.get("do_lower_case", True),
        )
        library.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        return library
    parts = (
        models.BPE(model["vocab"], [tuple(one) for one in model["merges"]]) if model else models.BPE.from_file(*paths)
    )
    library = Library(parts)
    library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=options.get("add_prefix_space", False))
    library.decoder = decoders.ByteLevel()
    return library


def _add_tokens(
    library: Library, options: dict[str, Any], numbered: dict[int, AddedToken], own: dict[str, Any]
) -> None:
    """Add tokens in the order in which `transformers` adds them: those that are new get the next numbers."""
    if library.padding:
        options.setdefault("pad_token", library.padding["pad_token"])
    named = [*(options.get(key) for key in NAMED), *own.values()]
    extra = options.get("extra_special_tokens", options.get("additional_special_tokens"))
    known = list(library.get_added_tokens_decoder().values())
    new: list[Any] = [one for _, one in sorted(numbered.items()) if repr(one) not in {repr(old) for old in known}]
    spelt = {one.content for one in (*known, *new)}
    for one in (*named, *(extra or [])):
        if one is not None and str(one) not in spelt and one not in new:
            new.append(one)
    for one in new:
        if isinstance(one, AddedToken) and one.content in {str(other) for other in named}:
            one.special = True
    library.add_tokens([AddedToken(one, special=True) if isinstance(one, str) else one for one in new])


def _odd_tokenizer(folder: Folder, why: str) -> ConfigError:
    return ConfigError(
        "config.odd_tokenizer",
        "`transformers` would make a tokenizer of {folder} that cannot be made here ({why}); set “tokenizer_class” in "
        "its tokenizer_config.json to GPT2Tokenizer or BertTokenizer if it is one, or else save it as "
        "PreTrainedTokenizerFast.",
        folder=folder.name,
        why=why,
    )


def _json(folder: Folder, file: str) -> dict[str, Any]:
    try:
        return json_object(_text(folder, file))
    except ValueError as problem:
        raise _unreadable(folder, file, problem) from problem


def _json_if_there(folder: Folder, file: str) -> dict[str, Any]:
    return _json(folder, file) if (folder.path / file).exists() else {}


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
