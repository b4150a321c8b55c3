"""Folders as people bring them: the run has the logits and the token numbers of `transformers`, or a sentence says why
there is none."""

import json
import shutil
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from tokenizers import AddedToken, Regex, decoders, models, normalizers, pre_tokenizers, trainers
from tokenizers import Tokenizer as Library
from torch import nn
from transformers import AutoModelForCausalLM, AutoTokenizer, GPT2Config, GPT2LMHeadModel
from transformers.activations import ACT2FN

from aigc_core.common.errors import AigcError
from aigc_core.common.paths import runs_root
from aigc_core.common.progress import silent
from aigc_core.data.tokenizer import Tokenizer
from aigc_core.export import transformers_layout
from aigc_core.families.gpt import pretrained, transformers_folder
from aigc_core.families.gpt.model import GPT
from aigc_core.runs.init_from import open_trained
from tests.helpers.runs import gpt_config, info_of, text_family_of

ROWS, TOKENS, CONTEXT = 300, 290, 32  # some rows are left for tokens that are added
SAME = "same"
TEXTS = [
    "",
    " ",
    "hello world",
    "  hello  world ",
    "\n\nhello\n the moon\t\n",
    "床前明月光，疑是地上霜。\n",
    "The Moons, café Á 🙂",
    "x<a>y <a> <b c>\n<b c> z",
    "<s>hello</s><pad><pad>",
    "a<|endoftext|>b [CLS]the[SEP] [UNK][MASK]",
    "<A> <extra> 明月",
    "hello world\n\n the moon <a>\n\n x\nhello<a>\n  床前\n\n\n<b c>\nb\n" * 2,
]
Make = Callable[[Path], None]


# -- what folders are made of -----------------------------------------------------------------------------


def byte_level(prefix: bool = False) -> Library:
    library = Library.from_str(learned())
    library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=prefix)
    return library


@cache
def learned() -> str:
    library = Library(models.BPE())
    library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    library.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=TOKENS, special_tokens=["<|endoftext|>"], initial_alphabet=alphabet, show_progress=False
    )
    library.train_from_iterator(["hello world the moon  and\n\n stars 床前明月光"] * 5, trainer)
    return library.to_str()


WORDS = [
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"床前明月光，疑是地上霜。：“”—…!,.?'abthelowrxy", "the", "moon",
    "##s", "##e", "##l", "##o", "hello", "world", "The", "café", "cafe", "Á", "a",
]  # fmt: skip


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small GPT-2 as `transformers` saves it, with a byte-level tokenizer.json and nothing else."""
    folder = tmp_path_factory.mktemp("plain") / "model"
    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=ROWS, n_positions=CONTEXT, n_embd=16, n_layer=2, n_head=2, bos_token_id=0, eos_token_id=0
    )
    model = GPT2LMHeadModel(config)
    for parameter in model.parameters():  # away from the special values of a new network
        torch.nn.init.normal_(parameter, std=0.3)
    model.save_pretrained(folder)
    byte_level().save(str(folder / "tokenizer.json"))
    return folder


def all_of(*makes: Make) -> Make:
    def make(folder: Path) -> None:
        for one in makes:
            one(folder)

    return make


def config(drop: Iterable[str] = (), **values: object) -> Make:
    """config.json with other values."""

    def make(folder: Path) -> None:
        old = json.loads((folder / "config.json").read_text())
        new = {key: value for key, value in (old | values).items() if key not in drop}
        (folder / "config.json").write_text(json.dumps(new))

    return make


def tensors(change: Callable[[dict[str, torch.Tensor]], dict[str, torch.Tensor]]) -> Make:
    """model.safetensors with other tensors."""

    def make(folder: Path) -> None:
        new = change(load_file(folder / "model.safetensors"))
        save_file({name: one.clone().contiguous() for name, one in new.items()}, folder / "model.safetensors")

    return make


def tensor(name: str, change: Callable[[torch.Tensor], torch.Tensor], new: str = "") -> Make:
    """One tensor changed, or its change under a new name."""
    return tensors(lambda old: old | {new or name: change(old[name])})


def without(*names: str) -> Make:
    def make(folder: Path) -> None:
        for name in names:
            (folder / name).unlink()

    return make


def renamed(name: str, new: str) -> Make:
    def make(folder: Path) -> None:
        (folder / name).rename(folder / new)

    return make


def written(name: str, content: object) -> Make:
    """A file with a text, or with what JSON makes of other things."""

    def make(folder: Path) -> None:
        text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
        (folder / name).write_text(text, encoding="utf-8", newline="")

    return make


def put(row: torch.Tensor, value: float) -> torch.Tensor:
    row = row.clone()
    row.view(-1)[3] = value
    return row


def bare(old: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name.removeprefix("transformer."): one for name, one in old.items()}


def half(old: dict[str, torch.Tensor], kind: torch.dtype) -> dict[str, torch.Tensor]:
    return {name: one.to(kind) for name, one in old.items()}


def parts(
    stale: bool = False, lost: bool = False, twice: bool = False, index: bool = True, whole: bool = False
) -> Make:
    """Two files with an index.

    Args:
        stale: a third one lies about.
        lost: the second one does not.
        twice: one tensor is in both, with two values.
        index: there is one.
        whole: there is also a model.safetensors with other weights.
    """

    def make(folder: Path) -> None:
        old = load_file(folder / "model.safetensors")
        names = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
        places = {name: names[number % 2] for number, name in enumerate(old)}
        for file in names:
            mine = {name: one.clone() for name, one in old.items() if places[name] == file}
            if twice:
                mine["transformer.ln_f.bias"] = torch.full((16,), float(file[10]))
            save_file(mine, folder / file, metadata={"format": "pt"})
        if index:
            written("model.safetensors.index.json", {"metadata": {"total_size": 1}, "weight_map": places})(folder)
        if stale:
            save_file({name: one + 1 for name, one in old.items()}, folder / "model-00003-of-00003.safetensors")
        if lost:
            (folder / names[1]).unlink()
        if whole:
            save_file({name: one * 0.5 for name, one in old.items()}, folder / "model.safetensors")
        else:
            (folder / "model.safetensors").unlink()

    return make


def saved(library: Library, options: dict[str, Any] | None = None) -> Make:
    """A tokenizer.json, and a tokenizer_config.json unless None."""

    def make(folder: Path) -> None:
        library.save(str(folder / "tokenizer.json"))
        if options is not None:
            written("tokenizer_config.json", options)(folder)

    return make


def with_tokens(library: Library, *tokens: AddedToken | str) -> Library:
    library.add_tokens(list(tokens))
    return library


def filling(library: Library) -> Library:
    library.enable_padding(pad_token="<pad>")
    library.enable_truncation(2)
    return library


def normalised(library: Library, normaliser: normalizers.Normalizer) -> Library:
    library.normalizer = normaliser
    return library


def old_bpe(options: dict[str, Any] | None = None, **files: Any) -> Make:
    """vocab.json and merges.txt, and JSON files of these names."""

    def make(folder: Path) -> None:
        (folder / "tokenizer.json").unlink()
        byte_level().model.save(str(folder))
        for name, content in ({"tokenizer_config": options} | files).items():
            if content is not None:
                written(f"{name}.json", content)(folder)

    return make


def words(lines: list[str], options: dict[str, Any] | None, end: str = "\n", **files: Any) -> Make:
    """BERT's vocab.txt, and JSON files of these names."""

    def make(folder: Path) -> None:
        (folder / "tokenizer.json").unlink()
        written("vocab.txt", end.join(lines) + end)(folder)
        for name, content in ({"tokenizer_config": options} | files).items():
            if content is not None:
                written(f"{name}.json", content)(folder)

    return make


def characters() -> Library:
    tokens = {one: number for number, one in enumerate(["<unk>", *"helo wrd\nthmnax<>b床前明月光"])}
    library = Library(models.WordLevel({one: number for number, one in enumerate(tokens)}, unk_token="<unk>"))
    library.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    library.decoder = decoders.Fuse()
    return library


def word_pieces(**options: Any) -> Library:
    library = Library(models.WordPiece({one: number for number, one in enumerate(WORDS)}, unk_token="[UNK]"))
    library.normalizer = normalizers.BertNormalizer(**options)
    library.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    library.decoder = decoders.WordPiece()
    return library


def dropping(library: Library) -> Library:
    library.model.dropout = 0.5
    return library


def unigram() -> Library:
    tokens = ["<unk>", *"▁helowrdthmnaxy<>床前明月光bc\n", "▁hello", "▁the"]
    library = Library(models.Unigram([(one, -float(number)) for number, one in enumerate(tokens)], unk_id=0))
    library.pre_tokenizer, library.decoder = pre_tokenizers.Metaspace(), decoders.Metaspace()
    return library


def saved_with_older_pairs(folder: Path) -> None:
    state = json.loads(byte_level().to_str())
    state["model"]["merges"] = [" ".join(pair) for pair in state["model"]["merges"]]
    written("tokenizer.json", state)(folder)


BERT = {"tokenizer_class": "BertTokenizer"}
FAST = {"tokenizer_class": "PreTrainedTokenizerFast"}
A, END = {"content": "<a>", "special": False}, "<|endoftext|>"
FULL = {"lstrip": False, "rstrip": False, "single_word": False, "normalized": False, "special": True}
MANY = {f"<t{number}>": TOKENS + number for number in range(ROWS - TOKENS + 1)}  # one more than there are rows
FILLED = dict([*MANY.items()][:-1])

# Of each layout how the plain folder is changed to it, and what comes of it: SAME, or the key of a sentence.
LAYOUTS: dict[str, tuple[Make, str]] = {
    "as transformers saves it": (config(), SAME),
    # -- the output matrix
    "lm_head equal": (tensor("transformer.wte.weight", lambda one: one, "lm_head.weight"), SAME),
    "lm_head equal, silent": (
        all_of(tensor("transformer.wte.weight", lambda one: one, "lm_head.weight"), config(["tie_word_embeddings"])),
        SAME,
    ),
    "lm_head differs": (
        tensor("transformer.wte.weight", lambda one: one + 0.1, "lm_head.weight"), "config.untied",
    ),
    "lm_head differs in one number": (
        tensor("transformer.wte.weight", lambda one: put(one, 1.0), "lm_head.weight"), "config.untied",
    ),
    "lm_head differs, silent": (
        all_of(
            tensor("transformer.wte.weight", lambda one: one * 2, "lm_head.weight"), config(["tie_word_embeddings"])
        ),
        "config.untied",
    ),
    "lm_head differs, untied": (
        all_of(
            tensor("transformer.wte.weight", lambda one: one * 2, "lm_head.weight"), config(tie_word_embeddings=False)
        ),
        "config.not_gpt2",
    ),
    "untied without lm_head": (config(tie_word_embeddings=False), "config.not_gpt2"),
    "lm_head of other rows": (
        tensor("transformer.wte.weight", lambda one: one[:280], "lm_head.weight"), "config.untied",
    ),
    "lm_head alone": (
        tensors(lambda old: {name.replace("transformer.wte", "lm_head"): one for name, one in old.items()}),
        SAME,
    ),
    # -- names
    "no prefix": (tensors(bare), SAME),
    "no prefix, differing lm_head": (
        tensors(lambda old: bare(old) | {"lm_head.weight": -old["transformer.wte.weight"]}), "config.untied",
    ),
    "prefix here and there": (
        tensors(lambda old: {name.replace("transformer.h.0", "h.0"): one for name, one in old.items()}), SAME,
    ),
    "prefix of another": (
        tensors(lambda old: {f"model.{name}": one for name, one in old.items()}), "config.bad_weights",
    ),
    "one tensor with and without prefix": (
        tensor("transformer.ln_f.bias", lambda one: one + 1, "ln_f.bias"), "config.bad_weights",
    ),
    "constant masks": (
        tensors(lambda old: old | {
            "transformer.h.0.attn.bias": torch.ones(1, 1, CONTEXT, CONTEXT).tril(),
            "transformer.h.1.attn.masked_bias": torch.tensor(-1e4),
        }),
        SAME,
    ),
    "masks of old kinds": (
        tensors(lambda old: bare(old) | {
            "h.0.attn.bias": torch.ones(1, 1, CONTEXT, CONTEXT, dtype=torch.bool).tril(),
            "h.0.attn.masked_bias": torch.tensor(-torch.inf),
        }),
        SAME,
    ),
    "foreign tensor": (tensor("transformer.ln_f.bias", lambda one: one, "score.weight"), "config.bad_weights"),
    "one block more": (tensor("transformer.ln_f.bias", lambda one: one, "h.2.ln_1.bias"), "config.bad_weights"),
    "tensor missing": (
        tensors(lambda old: {name: one for name, one in old.items() if "h.1.ln_1.bias" not in name}),
        "config.bad_weights",
    ),
    "wte missing": (
        tensors(lambda old: {name: one for name, one in old.items() if "wte" not in name}), "config.bad_weights",
    ),
    "no tensors": (tensors(lambda old: {}), "config.bad_weights"),
    # -- shapes
    "wrong shape": (tensor("transformer.ln_f.bias", lambda one: one[:8]), "config.bad_weights"),
    "matrix the other way": (
        tensor("transformer.h.0.mlp.c_fc.weight", lambda one: one.T), "config.bad_weights",
    ),
    "matrix as a row": (
        tensor("transformer.h.0.mlp.c_fc.weight", lambda one: one.flatten()), "config.bad_weights",
    ),
    "matrix in three dimensions": (
        tensor("transformer.h.0.mlp.c_fc.weight", lambda one: one[None]), "config.bad_weights",
    ),
    "wte a number": (tensor("transformer.wte.weight", lambda one: one[0, 0]), "config.bad_weights"),
    "more rows than vocab_size": (config(vocab_size=ROWS - 4), "config.bad_weights"),
    "fewer rows than vocab_size": (config(vocab_size=ROWS + 4), "config.bad_weights"),
    "more positions than n_positions": (config(n_positions=CONTEXT // 2), "config.bad_weights"),
    "fewer positions than n_positions": (config(n_positions=CONTEXT * 2), "config.bad_weights"),
    # -- numbers
    "NaN": (tensor("transformer.h.1.mlp.c_fc.bias", lambda one: put(one, torch.nan)), "config.broken_numbers"),
    "infinity": (tensor("transformer.wpe.weight", lambda one: put(one, -torch.inf)), "config.broken_numbers"),
    "NaN in wte": (tensor("transformer.wte.weight", lambda one: put(one, torch.nan)), "config.broken_numbers"),
    "NaN in wte and lm_head": (
        all_of(
            tensor("transformer.wte.weight", lambda one: put(one, torch.nan)),
            tensor("transformer.wte.weight", lambda one: one, "lm_head.weight"),
        ),
        "config.broken_numbers",
    ),
    "NaN in a row without a token": (
        tensor("transformer.wte.weight", lambda one: put(one.flip(0, 1), torch.nan).flip(0, 1)),
        "config.broken_numbers",
    ),
    "NaN in half precision": (
        all_of(
            tensors(lambda old: half(old, torch.float16)), config(dtype="float16"),
            tensor("transformer.ln_f.weight", lambda one: put(one, torch.nan)),
        ),
        "config.broken_numbers",
    ),
    "float64 beyond float32": (
        all_of(
            tensors(lambda old: half(old, torch.float64)), config(dtype="float64"),
            tensor("transformer.ln_f.weight", lambda one: put(one, 1e300)),
        ),
        "config.broken_numbers",
    ),
    "float16": (all_of(tensors(lambda old: half(old, torch.float16)), config(dtype="float16")), SAME),
    "bfloat16": (
        all_of(tensors(lambda old: half(old, torch.bfloat16)), config(["dtype"], torch_dtype="bfloat16")), SAME,
    ),
    "float16 in float32": (tensors(lambda old: half(old, torch.float16)), SAME),
    "float64": (all_of(tensors(lambda old: half(old, torch.float64)), config(["dtype"])), SAME),
    "float32 said to be float16": (config(dtype="float16"), "config.two_precisions"),
    "float32 said to be bfloat16": (config(["dtype"], torch_dtype="bfloat16"), "config.two_precisions"),
    "two precisions": (tensor("transformer.wte.weight", lambda one: one.half()), "config.two_precisions"),
    "whole numbers": (tensor("transformer.wte.weight", lambda one: one.to(torch.int8)), "config.bad_weights"),
    "quantised": (config(quantization_config={"quant_method": "gptq", "bits": 4}), "config.not_gpt2"),
    # -- files of weights
    "in parts": (parts(), SAME),
    "in parts, a stale one beside": (parts(stale=True), SAME),
    "in parts, one lost": (parts(lost=True), "config.bad_weights"),
    "in parts, one tensor twice": (parts(twice=True), "config.bad_weights"),
    "in parts without an index": (parts(index=False), "config.no_safetensors"),
    "whole, and parts of another": (parts(whole=True), SAME),
    "index that points outside": (
        all_of(
            renamed("model.safetensors", "../x.safetensors"),
            written("model.safetensors.index.json", {"metadata": {}, "weight_map": {"a": "../x.safetensors"}}),
        ),
        "config.bad_weights",
    ),
    "index without a map": (
        all_of(parts(), written("model.safetensors.index.json", {"metadata": {}})), "config.bad_weights",
    ),
    "index that is no JSON": (
        all_of(parts(), written("model.safetensors.index.json", "{")), "config.bad_model_config",
    ),
    "pickled": (renamed("model.safetensors", "pytorch_model.bin"), "config.no_safetensors"),
    "junk": (written("model.safetensors", "junk"), "config.bad_weights"),
    "adapter beside": (written("adapter_config.json", {"base_model_name_or_path": "gpt2"}), "config.adapter"),
    "adapter": (
        all_of(written("adapter_config.json", {"base_model_name_or_path": "gpt2"}), without("config.json")),
        "config.adapter",
    ),
    # -- config.json
    **{f"activation {name}": (config(activation_function=name), SAME) for name in transformers_folder.SAME_ACTIVATION},
    **{
        f"activation {name}": (config(activation_function=name), "config.not_gpt2")
        for name in ("gelu", "gelu_10", "gelu_python", "quick_gelu", "relu", "silu", "tanh", "unheard", None)
    },
    "activation unsaid": (config(["activation_function"]), SAME),
    "other epsilon": (config(layer_norm_epsilon=1e-3), "config.not_gpt2"),
    "n_inner said in full": (config(n_inner=64), SAME),
    "n_inner narrow": (config(n_inner=32), "config.not_gpt2"),
    "unscaled": (config(scale_attn_weights=False), "config.not_gpt2"),
    "scaled by block": (config(scale_attn_by_inverse_layer_idx=True), "config.not_gpt2"),
    "upcast": (config(reorder_and_upcast_attn=True), SAME),
    "cross-attention": (config(add_cross_attention=True), "config.not_gpt2"),
    "not causal": (config(is_causal=False), "config.not_gpt2"),
    "own code": (config(auto_map={"AutoModelForCausalLM": "x.Y"}), "config.not_gpt2"),
    "aliases": (
        config(
            ["n_embd", "n_layer", "n_head", "n_positions"], hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
            max_position_embeddings=CONTEXT,
        ),
        SAME,
    ),
    "aliases besides": (config(hidden_size=16, num_hidden_layers=2), SAME),
    "aliases that differ": (config(num_attention_heads=4), "config.not_gpt2"),
    "other heads": (config(n_head=4), SAME),
    "heads that do not divide": (config(n_head=3), "config.heads_divide_width"),
    "another architecture": (config(model_type="llama"), "config.not_gpt2"),
    "no architecture": (config(["model_type"]), "config.not_gpt2"),
    "no number of heads": (config(["n_head"]), "config.not_gpt2"),
    "no width": (config(n_embd=None, n_inner=64), "config.not_gpt2"),
    "half a block": (config(n_layer=1.5), "config.not_gpt2"),
    "n_ctx": (config(n_ctx=CONTEXT), SAME),
    "made for a base model": (config(architectures=["GPT2Model"]), SAME),
    # -- tokens and rows
    "as many tokens as rows": (old_bpe(added_tokens=FILLED), SAME),
    "more tokens than rows": (old_bpe(added_tokens=MANY), "config.tokens_without_rows"),
    "tokenizer.json with more tokens than rows": (
        saved(with_tokens(byte_level(), *MANY), FAST), "config.tokens_without_rows",
    ),
    "more tokens than rows by tokenizer_config.json": (
        saved(byte_level(), {"extra_special_tokens": [*MANY]}), "config.tokens_without_rows",
    ),
    # -- tokenizer.json
    "tokenizer.json as it is": (saved(byte_level(), FAST), SAME),
    "tokenizer.json, GPT2Tokenizer": (saved(byte_level(), {"tokenizer_class": "GPT2Tokenizer"}), SAME),
    "tokenizer.json with a prefix space as it is": (saved(byte_level(prefix=True), FAST), SAME),
    "tokenizer.json with a prefix space": (saved(byte_level(prefix=True)), SAME),
    "prefix space by tokenizer_config.json": (saved(byte_level(), {"add_prefix_space": True}), SAME),
    "prefix space by tokenizer_config.json as it is": (
        saved(byte_level(), FAST | {"add_prefix_space": True}), SAME,
    ),
    "prefix space denied": (saved(byte_level(prefix=True), {"add_prefix_space": False}), SAME),
    "normaliser as it is": (saved(normalised(byte_level(), normalizers.Lowercase()), FAST), SAME),
    "normaliser": (saved(normalised(byte_level(), normalizers.Lowercase())), SAME),
    "normaliser that prepends": (saved(normalised(byte_level(), normalizers.Prepend("x")), FAST), SAME),
    "added tokens in tokenizer.json": (
        saved(with_tokens(byte_level(), "<a>", AddedToken("<b c>", special=True))), SAME,
    ),
    "added tokens in tokenizer.json as it is": (
        saved(
            with_tokens(
                byte_level(), AddedToken("<a>", lstrip=True, rstrip=True), AddedToken("moon", single_word=True)
            ),
            FAST,
        ),
        SAME,
    ),
    "added tokens in tokenizer_config.json alone": (
        saved(byte_level(), {"added_tokens_decoder": {str(TOKENS): A, str(TOKENS + 1): FULL | {"content": "<b c>"}}}),
        SAME,
    ),
    "added tokens in tokenizer_config.json as it is": (
        saved(byte_level(), FAST | {"added_tokens_decoder": {str(TOKENS): FULL | {"content": "<a>", "lstrip": True}}}),
        SAME,
    ),
    "added tokens in both, not the same": (
        saved(
            with_tokens(byte_level(), "<a>", "<extra>"),
            {"added_tokens_decoder": {str(TOKENS): FULL | {"content": "<pad>"}}},
        ),
        SAME,
    ),
    "added tokens in added_tokens.json beside": (
        all_of(saved(byte_level(), FAST), written("added_tokens.json", {"<a>": TOKENS, "<b c>": TOKENS + 1})),
        SAME,
    ),
    "special tokens in special_tokens_map.json": (
        all_of(
            saved(byte_level()),
            written("special_tokens_map.json", {
                "bos_token": FULL | {"content": "<s>"}, "eos_token": "</s>", "pad_token": "<pad>", "unk_token": END,
                "additional_special_tokens": ["<a>", "<extra>"],
            }),
        ),
        SAME,
    ),
    "special tokens in tokenizer_config.json": (
        saved(byte_level(), FAST | {
            "bos_token": {"__type": "AddedToken", **FULL, "content": "<s>"}, "pad_token": "<pad>", "eos_token": None,
            "add_bos_token": True, "image_token": "<a>", "additional_special_tokens": ["<b c>"],
        }),
        SAME,
    ),
    "named extra tokens": (
        saved(byte_level(), {"pad_token": "<pad>", "extra_special_tokens": {"image": "<a>"}}), SAME,
    ),
    "special token that is a word": (saved(byte_level(), {"mask_token": "moon"}), SAME),
    "padding and cutting": (saved(filling(byte_level()), FAST), SAME),
    "pairs in the older spelling": (saved_with_older_pairs, SAME),
    "dropout": (saved(dropping(byte_level()), FAST), "config.odd_tokenizer"),
    "dropout, GPT2Tokenizer": (saved(dropping(byte_level())), SAME),
    "Unigram": (saved(unigram(), FAST), SAME),
    "Unigram, no class": (saved(unigram()), "config.odd_tokenizer"),
    "characters": (saved(characters(), FAST), SAME),
    "characters with added tokens": (
        saved(with_tokens(characters(), "<a>"), FAST | {"bos_token": "<s>"}), SAME,
    ),
    "characters, no class": (saved(characters()), "config.odd_tokenizer"),
    "words, no class": (saved(word_pieces()), "config.odd_tokenizer"),
    "words as they are": (saved(word_pieces(lowercase=False), FAST), SAME),
    "words, BertTokenizer": (saved(word_pieces(lowercase=False), BERT), SAME),
    "words, BertTokenizerFast": (
        saved(with_tokens(word_pieces(), "<a>"), {"tokenizer_class": "BertTokenizerFast", "do_lower_case": False}),
        SAME,
    ),
    "byte-level, BertTokenizer": (saved(byte_level(), BERT), "config.odd_tokenizer"),
    "class in config.json": (all_of(saved(word_pieces()), config(tokenizer_class="BertTokenizer")), SAME),
    "another class": (saved(byte_level(), {"tokenizer_class": "LlamaTokenizerFast"}), "config.odd_tokenizer"),
    "unheard class": (saved(byte_level(), {"tokenizer_class": "MyTokenizer"}), "config.odd_tokenizer"),
    "own code of a tokenizer": (
        saved(byte_level(), {"auto_map": {"AutoTokenizer": ["x.Y", None]}}), "config.odd_tokenizer",
    ),
    "special tokens are spelt": (saved(byte_level(), {"split_special_tokens": True}), "config.odd_tokenizer"),
    "tokenizer.json is junk": (written("tokenizer.json", "{}"), "data.bad_tokenizer"),
    "tokenizer_config.json is junk": (written("tokenizer_config.json", "[]"), "config.bad_model_config"),
    "added token without content": (
        saved(byte_level(), {"added_tokens_decoder": {"290": "<a>"}}), "data.bad_tokenizer",
    ),
    # -- older files
    "vocab.json": (old_bpe(), SAME),
    "vocab.json and added_tokens.json": (old_bpe(added_tokens={"<a>": TOKENS, "<b c>": TOKENS + 1}), SAME),
    "vocab.json and added_tokens.json in another order": (
        old_bpe(added_tokens={"<a>": TOKENS + 1, "<b c>": TOKENS}), SAME,
    ),
    "vocab.json and special tokens": (
        old_bpe(
            {"tokenizer_class": "GPT2Tokenizer", "add_prefix_space": True, "pad_token": "<pad>"},
            added_tokens={"<pad>": TOKENS, "<s>": TOKENS + 1},
            special_tokens_map={"bos_token": "<s>", "unk_token": {"content": END, "lstrip": False, "normalized": True}},
        ),
        SAME,
    ),
    "vocab.json and added_tokens_decoder": (
        old_bpe({"added_tokens_decoder": {str(TOKENS): A}, "eos_token": "</s>"}, added_tokens={"<b c>": TOKENS}),
        SAME,
    ),
    "vocab.json without merges.txt": (all_of(old_bpe(), without("merges.txt")), "config.odd_tokenizer"),
    "vocab.json and tokenizer.model": (
        all_of(old_bpe(), written("tokenizer.model", "x")), "config.odd_tokenizer",
    ),
    "vocab.json as it is": (old_bpe(FAST), "config.odd_tokenizer"),
    "vocab.json is junk": (all_of(old_bpe(), written("vocab.json", "[")), "data.bad_tokenizer"),
    "vocab.txt": (words(WORDS, BERT), SAME),
    "vocab.txt, capitals": (words(WORDS, BERT | {"do_lower_case": False}), SAME),
    "vocab.txt, accents": (words(WORDS, BERT | {"strip_accents": False}), SAME),
    "vocab.txt, Chinese together": (words(WORDS, BERT | {"tokenize_chinese_chars": False}), SAME),
    "vocab.txt of Windows": (words(WORDS, BERT, end="\r\n"), SAME),
    "vocab.txt with a blank line": (words([*WORDS[:9], "", *WORDS[9:]], BERT), SAME),
    "vocab.txt with a line twice": (words([*WORDS[:9], "moon", *WORDS[9:]], BERT), SAME),
    "vocab.txt with a line twice and an added token": (
        words([*WORDS[:9], "moon", *WORDS[9:]], BERT, added_tokens={"<a>": len(WORDS) + 1}), SAME,
    ),
    "vocab.txt with spaces": (words([f"{one} " for one in WORDS], BERT), SAME),
    "vocab.txt and added tokens": (
        words(
            WORDS, BERT | {"bos_token": "<s>"}, added_tokens={"<a>": len(WORDS), "<b c>": len(WORDS) + 1},
            special_tokens_map={"additional_special_tokens": ["<extra>"], "unk_token": "[UNK]"},
        ),
        SAME,
    ),
    "vocab.txt without [MASK]": (words([one for one in WORDS if one != "[MASK]"], BERT), SAME),
    "vocab.txt without [UNK]": (words([one for one in WORDS if one != "[UNK]"], BERT), "data.bad_tokenizer"),
    "vocab.txt with another unknown": (
        words([one.replace("[UNK]", "<unk>") for one in WORDS], BERT, special_tokens_map={"unk_token": "<unk>"}),
        SAME,
    ),
    "vocab.txt, no class": (words(WORDS, None), "config.odd_tokenizer"),
    "SentencePiece": (
        all_of(without("tokenizer.json"), written("tokenizer.model", "x")), "config.odd_tokenizer",
    ),
    "no tokenizer": (without("tokenizer.json"), "config.no_tokenizer"),
}  # fmt: skip


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_model_is_the_same_as_in_transformers_or_refused(
    name: str, plain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, expected = LAYOUTS[name]
    folder = shutil.copytree(plain, tmp_path / "brought")
    make(folder)
    if expected != SAME:
        with pytest.raises(AigcError) as refused:
            transformers_layout.import_model(folder, silent)
        assert refused.value.message["key"] == expected and not runs_root().exists()
        assert "\n" not in str(refused.value) and "{" not in str(refused.value)
        return
    monkeypatch.setattr("aigc_core.data.tokenizer.PIECE", 1)  # texts are cut wherever a long one would be
    run = transformers_layout.import_model(folder, silent)
    family = text_family_of(run)
    the_same_logits(folder, family.networks["gpt"], info_of(run).vocabulary)
    the_same_tokens(folder, family.tokenizer)


@torch.no_grad()
def the_same_logits(folder: Path, network: nn.Module, vocabulary: int) -> None:
    row = torch.randint(0, vocabulary, (2, CONTEXT), generator=torch.Generator().manual_seed(0))
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    model.eval()
    theirs = model(row).logits
    torch.testing.assert_close(network(row), theirs[..., :vocabulary], atol=1e-4, rtol=0)


def the_same_tokens(folder: Path, ours: Tokenizer) -> None:
    theirs = AutoTokenizer.from_pretrained(folder)
    for text in TEXTS:
        tokens = theirs.encode(text, add_special_tokens=False)
        assert ours.encode(text).tolist() == tokens, text[:50]
        if not isinstance(ours._library.model, models.WordPiece):  # it is written without BERT's spaces
            assert ours.decode(tokens) == theirs.decode(tokens, clean_up_tokenization_spaces=False), text[:50]
    spoken = set(range(len(ours))) - set(ours.never_spoken)
    assert all(theirs.convert_ids_to_tokens(token) is not None for token in spoken)


STRICT = ["lm_head differs", "NaN", "fewer rows than vocab_size", "float32 said to be float16", "tensor missing"]


@pytest.mark.parametrize(
    "name", [*STRICT, "more tokens than rows", "vocab.txt, no class", "vocab.json and added_tokens.json"]
)
def test_going_on_from_a_folder_is_as_strict(name: str, plain: Path, tmp_path: Path) -> None:
    make, expected = LAYOUTS[name]
    folder = shutil.copytree(plain, tmp_path / "brought")
    make(folder)

    def begun() -> tuple[GPT, Tokenizer]:
        settings, json_of_tokenizer = pretrained.resolved(
            gpt_config(init_from=str(folder), context=CONTEXT), open_trained
        )
        tokenizer = Tokenizer.from_json(json_of_tokenizer)
        network = GPT(len(tokenizer), CONTEXT, *settings.shape()).eval()
        pretrained.fill(network, pretrained.find_source(str(folder), open_trained))
        return network, tokenizer

    if expected != SAME:
        with pytest.raises(AigcError) as refused:
            begun()
        assert refused.value.message["key"] == expected
        return
    network, tokenizer = begun()
    the_same_logits(folder, network, len(tokenizer))
    the_same_tokens(folder, tokenizer)


@torch.no_grad()
def test_the_activations_that_are_taken_for_the_same_are_no_others() -> None:
    x = torch.linspace(-12, 12, 100_001)
    ours = torch.nn.functional.gelu(x, approximate="tanh")
    close = {name for name in ACT2FN if name != "xielu" and float((ACT2FN[name](x) - ours).abs().max()) < 1e-6}
    assert close == set(transformers_folder.SAME_ACTIVATION)


def test_a_number_without_a_token_is_never_written(plain: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(plain, tmp_path / "brought")
    words([*WORDS[:9], "moon", *WORDS[9:]], BERT)(folder)
    tokenizer = text_family_of(transformers_layout.import_model(folder, silent)).tokenizer
    assert 9 in tokenizer.never_spoken and tokenizer.decode([9]) == ""
