"""GPT: `transformers` as the judge of the network, statistics as the judge of sampling."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from scipy import stats
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from aigc_core.common.errors import ConfigError
from aigc_core.common.progress import silent
from aigc_core.common.rng import Stream, generator
from aigc_core.data.datasets import load_data
from aigc_core.data.sources import Text
from aigc_core.data.text_dataset import TokenDataset
from aigc_core.data.tokenizer import Tokenizer
from aigc_core.families.causal_lm import SampledToken, TextRequest
from aigc_core.families.common.token_sampling import draw, next_token_probabilities, pieces
from aigc_core.families.gpt import introspection, pretrained
from aigc_core.families.gpt.config import Config as GPTConfig
from aigc_core.families.gpt.family import Family
from aigc_core.families.gpt.generate import first_read, tokens
from aigc_core.families.gpt.kv_cache import KVCacheDecoder
from aigc_core.families.gpt.model import GPT, from_transformers, to_transformers
from aigc_core.runs.init_from import open_trained
from aigc_core.runs.run import Run
from aigc_core.training.trainer import fit
from tests.helpers.gpt2 import folder_of, small_gpt2
from tests.helpers.runs import TINY, Trained, gpt_config, info_of, tiny

V, T, L, H, W = 97, 32, 3, 4, 32


def theirs() -> GPT2LMHeadModel:
    config = GPT2Config(
        vocab_size=V, n_positions=T, n_embd=W, n_layer=L, n_head=H, attn_pdrop=0, embd_pdrop=0, resid_pdrop=0
    )
    torch.manual_seed(0)
    model = GPT2LMHeadModel(config)
    model.eval()
    for parameter in model.parameters():  # away from the special values of a new network
        torch.nn.init.normal_(parameter, std=0.3)
    return model


def ours(seed: int = 0) -> GPT:
    torch.manual_seed(seed)
    model = GPT(V, T, L, H, W).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return model


@torch.no_grad()
def test_logits_equal_transformers_both_ways() -> None:
    text = torch.randint(0, V, (4, T), generator=torch.Generator().manual_seed(0))
    their, mine = theirs(), ours()
    mine.load_state_dict(from_transformers(their.state_dict()))
    torch.testing.assert_close(mine(text), their(text).logits, atol=1e-4, rtol=0)

    other, back = ours(seed=1), theirs()
    missing = back.load_state_dict(to_transformers(other.state_dict()), strict=False)
    assert missing.missing_keys in ([], ["lm_head.weight"]) and not missing.unexpected_keys
    back.tie_weights()
    torch.testing.assert_close(other(text), back(text).logits, atol=1e-4, rtol=0)


def test_the_named_sizes_are_gpt2s() -> None:
    config = tiny("gpt", size="small", layers=0, heads=0, width=0)
    assert isinstance(config, GPTConfig)
    with torch.device("meta"):
        model = GPT(50257, 1024, *config.shape())
        their = GPT2LMHeadModel(GPT2Config())
    assert sum(p.numel() for p in model.parameters()) == sum(p.numel() for p in their.parameters()) == 124_439_808


@torch.no_grad()
def test_a_reader_has_the_logits_of_the_model() -> None:
    model = ours()
    text = torch.randint(0, V, (2, T), generator=torch.Generator().manual_seed(1))
    whole = model(text)
    reader = KVCacheDecoder(model, 2)
    found = [reader.read(text[:, :7]), *(reader.read_on(text[:, place]) for place in range(7, T))]
    torch.testing.assert_close(torch.stack(found, dim=1), whole[:, 6:], atol=1e-4, rtol=1e-4)
    with pytest.raises(ValueError, match="do not fit"):
        reader.read_on(text[:, 0])
    torch.testing.assert_close(reader.read(text[:, :5]), whole[:, 4], atol=1e-4, rtol=1e-4)
    with pytest.raises(ValueError, match="do not fit"):
        model(torch.zeros(1, T + 1, dtype=torch.long))


def request(**knobs: Any) -> TextRequest:
    wanted: dict[str, Any] = {"max_new_tokens": 60, "temperature": 1.0}
    return TextRequest(**wanted | knobs)


KNOBS: list[dict[str, float]] = [
    {},
    {"temperature": 0.0},
    {"temperature": 0.6, "top_k": 9},
    {"temperature": 1.3, "top_p": 0.8},
    {"min_p": 0.2},
    {"repetition_penalty": 1.4},
    {"repetition_penalty": 0.7, "temperature": 0.9, "top_k": 20, "top_p": 0.9, "min_p": 0.05},
]


@torch.no_grad()
def naive(model: GPT, prompt: list[int], wanted: TextRequest) -> tuple[list[int], list[float]]:
    """Tokens and their probabilities, with no cache and with random numbers drawn one by one."""
    text, chances = list(prompt), []
    random = generator(wanted.seed, Stream.SAMPLE)
    knobs = (wanted.temperature, wanted.top_k, wanted.top_p, wanted.min_p, wanted.repetition_penalty)
    for _ in range(wanted.max_new_tokens):
        logits = model(torch.tensor([text[first_read(len(text), T) :]]))[:, -1]
        probabilities = next_token_probabilities(logits, *knobs, torch.tensor([text]))
        text.append(int(draw(probabilities, torch.rand(1, generator=random, dtype=torch.float64))))
        chances.append(float(logits.softmax(-1)[0, text[-1]]))
    return text[len(prompt) :], chances


@pytest.mark.parametrize("knobs", KNOBS, ids=str)
def test_writing_is_the_same_alone_in_a_batch_and_without_a_cache(knobs: dict[str, float]) -> None:
    model, prompts = ours(), torch.tensor([[5, 6, 7], [8, 9, 5]])
    both = list(tokens(model, prompts, request(**knobs), [], [1, 2]))
    assert len(both) == 60 > T  # the window moves
    for row, seed in enumerate((1, 2)):
        written, chances = naive(model, prompts[row].tolist(), request(seed=seed, **knobs))
        alone = list(tokens(model, prompts[row : row + 1], request(**knobs), [], [seed]))
        assert [int(one.token) for one in alone] == [int(one.token[row]) for one in both] == written
        shown = torch.stack([one.probability[row] for one in both])
        assert shown.dtype == torch.float32
        torch.testing.assert_close(shown, torch.tensor(chances), atol=1e-5, rtol=1e-3)


def test_different_seeds_write_different_texts() -> None:
    one, other = (naive(ours(), [5], request(seed=seed, max_new_tokens=20))[0] for seed in (1, 2))
    assert one != other


def test_only_what_is_asked_for_is_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[int] = []
    read = KVCacheDecoder._read

    def noted(self: KVCacheDecoder, text: torch.Tensor) -> torch.Tensor:
        reads.append(text.shape[1])
        return read(self, text)

    monkeypatch.setattr(KVCacheDecoder, "_read", noted)
    stream = tokens(ours(), torch.tensor([[5, 6, 7]]), request(max_new_tokens=5), [], [0])
    next(stream)
    assert reads == [3]
    assert len(list(stream)) == 4 and reads == [3, 1, 1, 1, 1]  # nothing after the last token


def test_writing_leaves_the_number_of_threads_as_it_was() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        for _ in tokens(ours(), torch.tensor([[5]]), request(max_new_tokens=2), [], [0]):
            assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize("knobs", KNOBS, ids=str)
def test_tokens_follow_the_distribution(knobs: dict[str, float]) -> None:
    count, model, prompt = 5_000, ours(), torch.tensor([[5, 6, 7]])
    for parameter in model.parameters():
        parameter.data /= 2  # many tokens are likely
    wanted = request(max_new_tokens=1, **knobs)
    (drawn,) = tokens(model, prompt.expand(count, 3), wanted, [], list(range(count)))
    with torch.no_grad():
        logits = model(prompt)[:, -1]
    known = (wanted.temperature, wanted.top_k, wanted.top_p, wanted.min_p, wanted.repetition_penalty)
    expected = next_token_probabilities(logits, *known, prompt)[0].double() * count
    counts = torch.bincount(drawn.token, minlength=V).double()
    assert not counts[expected == 0].any()
    common = expected >= 5  # rarer ones are taken together, as the test wants it
    found, wanted_counts = (torch.cat([one[common], one[~common].sum()[None]]) for one in (counts, expected))
    filled = wanted_counts > 0
    wanted_counts *= count / wanted_counts.sum()
    if filled.sum() > 1:
        assert stats.chisquare(found[filled].numpy(), wanted_counts[filled].numpy()).pvalue > 0.001


@pytest.mark.parametrize("knobs", [one for one in KNOBS if one.get("temperature") != 0], ids=str)
def test_the_knobs_are_those_of_transformers(knobs: dict[str, float]) -> None:
    logits = torch.randn(3, 6000, generator=torch.Generator().manual_seed(3)) * torch.tensor([[0.1], [2], [6]])
    seen = torch.randint(0, 6000, (3, 400), generator=torch.Generator().manual_seed(4))
    wanted = request(**knobs)
    steps = [
        RepetitionPenaltyLogitsProcessor(wanted.repetition_penalty),
        TemperatureLogitsWarper(wanted.temperature),
        *([TopKLogitsWarper(wanted.top_k)] if wanted.top_k else []),
        TopPLogitsWarper(wanted.top_p),
        MinPLogitsWarper(wanted.min_p),
    ]
    theirs = logits.clone()
    for step in steps:
        theirs = step(seen, theirs)
    known = (wanted.temperature, wanted.top_k, wanted.top_p, wanted.min_p, wanted.repetition_penalty)
    mine = next_token_probabilities(logits, *known, seen)
    torch.testing.assert_close(mine, theirs.softmax(-1), atol=1e-6, rtol=1e-4)
    alone = [next_token_probabilities(logits[row, None], *known, seen[row, None]) for row in range(3)]
    assert torch.equal(torch.cat(alone), mine)


def test_the_knobs_keep_what_they_should() -> None:
    logits = torch.tensor([[0.5, 0.25, 0.15, 0.1]]).log()
    two = torch.tensor([[2 / 3, 1 / 3, 0, 0]])
    torch.testing.assert_close(next_token_probabilities(logits, top_k=2), two)
    torch.testing.assert_close(next_token_probabilities(logits, top_p=0.7), two)
    torch.testing.assert_close(next_token_probabilities(logits, min_p=0.4), two)
    for coldest in ({"temperature": 0}, {"temperature": 1e-45}, {"top_p": 0.0}, {"top_k": 1}, {"min_p": 1.0}):
        assert next_token_probabilities(logits, **coldest).tolist() == [[1, 0, 0, 0]]


@pytest.mark.parametrize(
    ("knob", "value"),
    [
        ("temperature", -0.1),
        ("temperature", 10.5),
        ("temperature", math.nan),
        ("top_p", 1.1),
        ("min_p", -0.1),
        ("repetition_penalty", 0.0),
        ("top_k", -1),
        ("max_new_tokens", 0),
    ],
)
def test_an_impossible_knob_is_a_sentence(knob: str, value: float) -> None:
    with pytest.raises(ConfigError, match=f"“{knob}” must be a number from"):
        request(**{knob: value})
    with pytest.raises(ConfigError, match="written in float32, bf16, and not in “int4”"):
        request(precision="int4")


@torch.no_grad()
def test_bf16_says_nearly_the_same() -> None:
    torch.manual_seed(0)
    model = GPT(V, T, L, H, 64).eval()
    model.ln_f.weight.mul_(10)  # logits that differ
    text = torch.randint(0, V, (16, T), generator=torch.Generator().manual_seed(1))
    exact, near = (KVCacheDecoder(model, 16, one).read(text).float().log_softmax(-1) for one in ("float32", "bf16"))
    distance = torch.nn.functional.kl_div(near, exact, log_target=True, reduction="batchmean")
    entropy = -(exact.exp() * exact).sum(-1).mean()
    assert 0 < distance < 0.0005 * entropy


def test_a_forbidden_token_is_never_drawn() -> None:
    drawn = torch.cat([one.token for one in tokens(ours(), torch.tensor([[1]]), request(), list(range(1, V)), [0])])
    assert drawn.tolist() == [0] * 60


def stream_of(numbers: list[int]) -> Iterator[SampledToken]:
    return (SampledToken(torch.tensor([number]), torch.ones(1)) for number in numbers)


def test_streaming_never_cuts_a_character() -> None:
    text = "古老的🙂故事 — naïve café " * 3
    tokenizer = Tokenizer.train("bpe", "abc", 257)  # every Chinese character is three tokens
    encoded = tokenizer.encode(text).tolist()
    assert len(encoded) > len(text)
    shown = list(pieces(stream_of(encoded), tokenizer, tokenizer.encode("x").tolist()))
    assert "".join(shown) == text
    assert not any("\ufffd" in piece for piece in shown)


def test_bytes_that_are_no_text_are_shown_as_such_and_do_not_hold_up_the_rest() -> None:
    tokenizer = Tokenizer.train("bpe", "abc", 257)
    broken = [tokenizer.encode("你").tolist()[0]] * 9 + tokenizer.encode("fine").tolist()
    assert "".join(pieces(stream_of(broken), tokenizer, [])).endswith("fine")


def test_a_prompt_of_unknown_letters_only_is_a_sentence_and_an_empty_one_is_fine(
    trained: Trained,
) -> None:
    from aigc_core.inference import model_cache

    run = trained("gpt")
    with pytest.raises(ConfigError, match="never seen “龘”"):
        list(model_cache.text(run, TextRequest("龘龘")))
    assert len("".join(model_cache.text(run, TextRequest("", max_new_tokens=30)))) == 30
    first, again = ("".join(model_cache.text(run, TextRequest("The ", 30, seed=4))) for _ in range(2))
    assert first == again


@pytest.mark.parametrize("kind", ["char", "bpe"])
def test_bits_a_byte_of_a_model_that_guesses_evenly_are_known(kind: Literal["char", "bpe"]) -> None:
    """Every token costs log V nats: so it is n · log₂ V over the bytes of the n tokens, whatever is unknown."""
    text = "".join(f"一{number} naïve 🙂 line\n" for number in range(400))
    tokenizer = Tokenizer.train(kind, text, 270)
    strange = "".join(f"{one}龘é" if one == "\n" else one for one in text)
    config = gpt_config(context=16)
    data = TokenDataset(Text([strange]), config, torch.device("cpu"), tokenizer.to_json())
    family = Family(config, data.info)
    torch.nn.init.zeros_(family.networks["gpt"].get_parameter("wte.weight"))  # all logits 0
    figures = family.evaluate(family.networks, data, "full")
    read = tokenizer.decode(data.validation.tolist())
    seen = (len(data.validation) - 1) // 16 * 16
    assert figures["n"] == seen and "<unk>" not in read
    size = tokenizer.bytes_of(data.validation[1 : seen + 1].tolist())
    if kind == "char":
        assert size == len(read[1 : seen + 1].encode()) and not set(read) & set("龘é")
    assert figures["loss"] == pytest.approx(math.log(len(tokenizer)), rel=1e-5)
    assert figures["bits_per_byte"] == pytest.approx(seen * math.log2(len(tokenizer)) / size, rel=1e-5)


def test_dropout_is_off_outside_training() -> None:
    model = GPT(V, T, L, H, W, dropout=0.5).eval()
    text = torch.randint(0, V, (1, 8))
    assert torch.equal(model(text), model(text))
    model.train()
    assert not torch.equal(model(text), model(text))


# -- going on from another model --------------------------------------------------------------------------


def test_training_goes_on_from_a_folder_of_transformers(tmp_path: Path) -> None:
    model = small_gpt2()
    folder = folder_of(model, tmp_path / "gpt2")
    config = tiny("gpt", init_from=str(folder), lr=1e-9, steps=1, weight_decay=0)
    run = Run.create(config, tmp_path / "tuned")
    fit(run)
    resolved = run.config()
    assert (resolved.layers, resolved.heads, resolved.width, resolved.tokenizer) == (2, 2, 16, "bpe")
    from aigc_core.inference.model_cache import load

    network = load(run).family.networks["gpt"]
    text = torch.randint(0, 257, (2, 16))
    model.eval()
    torch.testing.assert_close(network(text), model(text).logits, atol=1e-4, rtol=0)


def test_training_goes_on_from_another_run(tmp_path: Path, trained: Trained) -> None:
    before = trained("gpt")
    run = Run.create(tiny("gpt", init_from=str(before.path), context=8, steps=3, lr=1e-9), tmp_path / "tuned")
    status = fit(run)
    assert status.figures["loss"] == pytest.approx(before.status().figures["loss"], abs=0.3)
    assert info_of(run).tokenizer == info_of(before).tokenizer


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"model_type": "llama"}, "not of GPT-2's architecture"),
        ({"activation_function": "relu"}, "activation_function"),
        ({"n_positions": 8}, "context of 8"),
    ],
)
def test_another_architecture_or_too_short_a_context_is_refused(
    tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    folder = folder_of(small_gpt2(change.get("n_positions", 64)), tmp_path / "gpt2", **change)
    with pytest.raises(ConfigError, match=words):
        pretrained.resolved(gpt_config(init_from=str(folder)), open_trained)


def test_only_safetensors_are_opened(tmp_path: Path) -> None:
    folder = folder_of(small_gpt2(), tmp_path / "gpt2")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(ConfigError, match="can carry code"):
        pretrained.weights(pretrained.find_source(str(folder), open_trained), 16, 257)


def test_old_files_with_constant_masks_load(tmp_path: Path) -> None:
    folder = folder_of(small_gpt2(), tmp_path / "gpt2")
    old = {
        name.removeprefix("transformer."): tensor.clone()
        for name, tensor in small_gpt2().state_dict().items()
        if name != "lm_head.weight"
    }
    old["h.0.attn.bias"] = torch.ones(1, 1, 64, 64)
    save_file(old, folder / "model.safetensors")
    weights = pretrained.weights(pretrained.find_source(str(folder), open_trained), TINY["gpt"]["context"], 257)
    assert "h.0.attn.bias" not in weights and weights["wpe.weight"].shape == (TINY["gpt"]["context"], 16)


def test_padding_of_the_vocabulary_is_cut_and_damaged_weights_are_a_sentence(tmp_path: Path) -> None:
    torch.manual_seed(1)
    padded = GPT2LMHeadModel(GPT2Config(vocab_size=320, n_positions=64, n_embd=16, n_layer=2, n_head=2))
    folder = folder_of(padded, tmp_path / "gpt2")
    run = Run.create(tiny("gpt", init_from=str(folder), steps=1), tmp_path / "tuned")
    assert fit(run).state == "done" and info_of(run).vocabulary == 257
    (folder / "model.safetensors").write_bytes(b"junk")
    with pytest.raises(ConfigError, match="cannot be read"):
        fit(Run.create(tiny("gpt", init_from=str(folder), steps=1), tmp_path / "other"))


def test_no_such_model_and_no_internet_are_sentences(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="No internet: download it elsewhere"):
        pretrained.resolved(gpt_config(init_from="openai-community/gpt2"), open_trained)


def test_attended_tokens_are_between_one_and_all_before() -> None:
    even = torch.ones(4, 4).tril() / torch.arange(1.0, 5)[:, None]
    assert introspection.attended(even[None, None]) == pytest.approx((1 + 2 + 3 + 4) / 4)
    assert introspection.attended(torch.eye(4)[None, None]) == 1


@pytest.mark.parametrize("tokenizer", ["char", "bpe"])
def test_a_text_that_repeats_itself_is_measured_as_such(tmp_path: Path, tokenizer: str) -> None:
    file = tmp_path / "text.txt"
    letters = np.random.default_rng(0)
    for passage, repeated in ((300, 1.0), (100_000, 0.0)):
        file.write_text(100_000 // passage * "".join(letters.choice(list("abcdefgh "), passage)), encoding="utf-8")
        config = tiny("gpt", data="text", data_path=str(file), tokenizer=tokenizer, vocabulary=260)
        data = load_data(config, torch.device("cpu"), silent, None)
        assert isinstance(data, TokenDataset)
        family = Family(config, data.info)
        assert family.evaluate(family.networks, data, "end")["repeated_real"] == pytest.approx(repeated, abs=0.02)
