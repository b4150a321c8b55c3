"""The tokenizer that `transformers` would make of a folder, made without it."""

import json
from typing import Any

from tokenizers import AddedToken, decoders, models, normalizers, pre_tokenizers
from tokenizers import Tokenizer as Library

from aigc_core.common.errors import AigcError, ConfigError, DataError
from aigc_core.data.tokenizer import END, Tokenizer
from aigc_core.families.gpt.transformers_folder import Folder, read_json_if_there, read_text

OTHER_VOCABULARIES = ("tokenizer.model", "tiktoken.model", "tekken.json")  # `transformers` prefers them to vocab.json
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


def tokenizer_of(folder: Folder, config: dict[str, Any]) -> Tokenizer:
    """The tokenizer that `transformers` makes of the folder.

    Which class that is its tokenizer_config.json says, or config.json, or else the architecture.

    Raises:
        AigcError: there is none, it is damaged, or of a class that is not made here.
    """
    options = read_json_if_there(folder, "tokenizer_config.json")
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
        older = read_json_if_there(folder, "special_tokens_map.json")
        if "extra_special_tokens" in older:  # no version of `transformers` writes them there
            raise ValueError("extra_special_tokens in special_tokens_map.json")
        for key, value in older.items():
            options[key] = AddedToken(**value | {"special": True}) if isinstance(value, dict) else value
        special = {str(options[key]) for key in NAMED if options.get(key)}
        special |= {str(one) for one in options.get("extra_special_tokens") or []}
        for token, number in read_json_if_there(folder, "added_tokens.json").items():
            numbered[number] = AddedToken(token, special=token in special, normalized=token not in special)
        for one in read_json_if_there(folder, "tokenizer.json").get("added_tokens", []):
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


def _token(value: object) -> object:
    """A token, or tokens, from how tokenizer_config.json spells them out."""
    if isinstance(value, list):
        return [_token(one) for one in value]
    if isinstance(value, dict) and value.get("__type") == "AddedToken":
        return AddedToken(**{key: one for key, one in value.items() if key != "__type"})
    return value


def _library(folder: Folder, kind: str, options: dict[str, Any]) -> Library:
    """Its tokenizer.json as it is, or one around the vocabulary that is there, without the tokens added to that."""
    there = {one.name for one in folder.path.iterdir()}
    whole = Library.from_str(read_text(folder, "tokenizer.json")) if "tokenizer.json" in there else None
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
