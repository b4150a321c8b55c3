"""The Text page's questions to the core: writing, looking inside, surprise, copies."""

import math
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from aigc_core.common.errors import AigcError, DataError, RunError
from aigc_core.common.progress import ProgressCallback
from aigc_core.data.tokenizer import StreamingDetokenizer, Tokenizer
from aigc_core.families.causal_lm import TextRequest
from aigc_core.inference import model_cache
from aigc_core.inference.text import introspection, scoring, session
from aigc_core.inference.text.session import Prefix
from aigc_core.media import provenance
from aigc_core.metrics import memorization
from aigc_core.runs.checkpoint_index import CheckpointIndex
from aigc_core.runs.run import Run
from aigc_core.serving import jobs
from aigc_core.serving.api import run_views
from aigc_core.serving.api import text as text_api
from aigc_core.training.trainer import fit
from tests.helpers.runs import Trained, text_family_of, tiny


def ignore(part: float, shown: object) -> None:
    return None


LOOK: ProgressCallback = ignore


def ended(job: str) -> dict[str, Any]:
    """How a job that writes ended."""
    while (now := text_api.generated(job, 0))["state"] in ("waiting", "running"):
        time.sleep(0.02)
    return now


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A GPT of two languages with two checkpoints."""
    config = tiny("gpt", data="stories", layers=2, heads=2, width=32, context=32, steps=8, lr=3e-3)
    made = Run.create(config, tmp_path_factory.mktemp("writing") / "runs" / "writer")
    fit(made)
    return made


@pytest.fixture
def listed(run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("AIGC_RUNS", str(run.path.parent))
    return run


@pytest.fixture(scope="module")
def bytewise(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A GPT whose tokens are pieces of words, down to single bytes."""
    config = tiny("gpt", data="stories", tokenizer="bpe", vocabulary=300, context=32, steps=4)
    made = Run.create(config, tmp_path_factory.mktemp("bytewise") / "bytewise")
    fit(made)
    return made


def network(run: Run) -> torch.nn.Module:
    return model_cache.load(run).family.networks["gpt"]


# -- writing ----------------------------------------------------------------------------------------------


def test_each_of_several_texts_is_what_it_would_be_alone(run: Run) -> None:
    request, begin = TextRequest(max_new_tokens=50, seed=5), Prefix("Once upon")
    together = session.generate(run, None, begin, request, 4, "", LOOK)
    assert len({tuple(one) for one in together.tokens}) == 4
    for number in (0, 3):
        alone = session.generate(run, None, begin, TextRequest(max_new_tokens=50, seed=5 + number), 1, "", LOOK)
        assert alone.tokens[0] == together.tokens[number] and alone.texts[0] == together.texts[number]


def test_going_on_gives_what_writing_on_would_have_given(run: Run) -> None:
    whole = session.generate(run, None, Prefix("Once"), TextRequest(max_new_tokens=60, seed=1), 1, "", LOOK)
    first = tuple(whole.tokens[0][:23])
    rest = session.generate(run, None, Prefix("Once", first), TextRequest(max_new_tokens=37, seed=1), 1, "", LOOK)
    assert [*first, *rest.tokens[0]] == whole.tokens[0]


@pytest.mark.parametrize(
    ("stop", "before", "pieces", "ends_at"),
    [
        ("\n\n", "line\n", ["\n", "x"], 1),  # begun before
        ("\n\n", "line\n", ["a", "b", "c", "d", "e", "f", "g", "h", "\n", "i"], None),  # a line end on either side
        ("\n\n", "line\n\n", ["x", "\n", "y", "\n\n"], 4),  # one that stood already counts no more
        ("\n\n", "line\n\n", ["\n", "\n"], 2),
        ("The End of it all", "", [*"aThe The End of it all, b"], 22),  # longer than eight tokens
        ("The End of it all", "The End of", [*" it all"], 7),
        ("aab", "a", ["a", "a", "b"], 3),  # begins anew within itself
        ("b", "b", ["a", "", "xby"], 3),
        ("好\n", "你", ["", "好", "", "\n"], 4),
        ("", "a", ["b", ""], None),
    ],
)
def test_a_stop_text_is_found_where_it_stands_and_nowhere_else(
    stop: str, before: str, pieces: list[str], ends_at: int | None
) -> None:
    looking = session.StopText(stop, before)
    found = (number for number, one in enumerate(pieces, start=1) if looking.is_complete_with(one))
    assert next(found, None) == ends_at


@pytest.mark.parametrize("which", ["run", "bytewise"])
def test_any_passage_that_is_written_can_be_the_stop_text(which: str, request: pytest.FixtureRequest) -> None:
    """The judge is the text written without one, from its begin or from any token on."""
    run, asked = request.getfixturevalue(which), TextRequest(max_new_tokens=60, seed=3)
    whole = session.generate(run, None, Prefix("从前，"), asked, 1, "", LOOK)
    texts = whole.texts[0]
    for begin, end in ((0, 2), (5, 30), (12, 58)):
        stop = "".join(texts[begin:end])
        wanted = next(n for n in range(1, 61) if stop in "".join(texts[:n]))
        for before in {0, max(0, wanted - 20), wanted - 1}:
            prefix = Prefix("从前，", tuple(whole.tokens[0][:before]))
            made = session.generate(run, None, prefix, asked, 1, stop, LOOK)
            assert before + len(made.tokens[0]) == wanted


@pytest.mark.parametrize("which", ["run", "bytewise"])
def test_the_texts_of_the_tokens_add_up_and_no_character_is_cut(which: str, request: pytest.FixtureRequest) -> None:
    run = request.getfixturevalue(which)
    made = session.generate(run, None, Prefix("从前，"), TextRequest(max_new_tokens=80, seed=2), 1, "", LOOK)
    assert len(made.texts[0]) == len(made.tokens[0]) == len(made.probs[0]) == 80
    assert all(0 < chance <= 1 for chance in made.probs[0])
    tokenizer = text_family_of(run).tokenizer
    prompt = tokenizer.encode("从前，").tolist()
    assert "从前，" + "".join(made.texts[0]) == tokenizer.decode(prompt + made.tokens[0])


def test_spelling_gives_whole_characters_whatever_the_pieces() -> None:
    tokenizer, text = Tokenizer.train("bpe", "abc", 257), "古老的🙂故事 <script>"
    speller = StreamingDetokenizer(tokenizer)
    pieces = [speller.add(one) for one in tokenizer.encode(text).tolist()]
    assert "".join(pieces) + speller.rest() == text
    assert len(pieces) > len(text) and not any("\ufffd" in one for one in pieces)


def test_spelling_goes_on_in_the_middle_of_a_character() -> None:
    tokenizer, text = Tokenizer.train("bpe", "abc", 257), "a你😀b"
    ids = tokenizer.encode(text).tolist()
    for place in range(len(ids) + 1):
        first = StreamingDetokenizer(tokenizer)
        shown = "".join(first.add(one) for one in ids[:place])
        later = StreamingDetokenizer(tokenizer, ids[:place])
        assert shown + "".join(later.add(one) for one in ids[place:]) + later.rest() == text
    broken = [*tokenizer.encode("😀").tolist()[1:]] * 2  # bytes that never become a character are not shown twice
    assert StreamingDetokenizer(tokenizer, broken).add(ids[0]) == "a"


def test_what_the_model_did_not_see_of_a_prompt_is_said(listed: Run) -> None:
    job = text_api.generate(listed.name, None, {"prompt": "Once 龘 upon 😀"}, {"max_new_tokens": 3}, 1, "")
    now = ended(job)
    assert now["unknown"] == "龘😀" and not now["cut"]
    job = text_api.generate(
        listed.name, None, {"prompt": "a" * (session.LONGEST_PROMPT + 1)}, {"max_new_tokens": 3}, 1, ""
    )
    assert ended(job)["cut"] is True


def test_a_blank_line_that_was_half_written_ends_the_text(run: Run) -> None:
    family = text_family_of(run)
    ends = tuple(int(one) for one in family.tokenizer.encode("e"))
    request = TextRequest(max_new_tokens=100)
    long = session.generate(run, None, Prefix("Once", ends), request, 1, "", LOOK)
    first = long.texts[0][0]
    assert len(session.generate(run, None, Prefix("Once", ends), request, 1, "e" + first, LOOK).tokens[0]) == 1


def test_chances_are_the_models_own(run: Run) -> None:
    made = session.generate(run, None, Prefix("Once"), TextRequest(max_new_tokens=10, temperature=0.3), 1, "", LOOK)
    ids = session.prompt_tokens(text_family_of(run), Prefix("Once", tuple(made.tokens[0])))
    with torch.no_grad():
        logits = network(run)(torch.tensor(ids)[None])[0]
    for place, (token, chance) in enumerate(zip(made.tokens[0], made.probs[0], strict=True)):
        assert chance == pytest.approx(float(logits[len(ids) - 11 + place].softmax(-1)[token]), abs=1e-4)


def test_a_text_ends_where_it_is_told_to(run: Run) -> None:
    long = session.generate(run, None, Prefix("Once"), TextRequest(max_new_tokens=100), 3, "", LOOK)
    letter = long.texts[0][7]
    short = session.generate(run, None, Prefix("Once"), TextRequest(max_new_tokens=100), 3, letter, LOOK)
    for a, b in zip(long.texts, short.texts, strict=True):
        assert b == a[: a.index(letter) + 1] if letter in a else b == a


def test_stopping_stops_at_once(listed: Run) -> None:
    job = text_api.generate(listed.name, None, {"prompt": "Once"}, {"max_new_tokens": 2000}, 8, "")
    while not text_api.generated(job, 0)["samples"]:
        time.sleep(0.01)
    jobs.cancel(job)
    written = [len(one["texts"]) for one in text_api.generated(job, 0)["samples"]]
    now = ended(job)
    assert now["state"] == "cancelled"
    assert all(0 < len(one["texts"]) <= many + 20 for one, many in zip(now["samples"], written, strict=True))


def test_only_what_is_new_is_told(listed: Run) -> None:
    job = text_api.generate(listed.name, None, {"prompt": "Once"}, {"max_new_tokens": 40}, 2, "")
    texts: list[list[str]] = [[], []]
    while True:
        now = text_api.generated(job, len(texts[0]))
        assert now["seen"] >= len(texts[0])
        for mine, news in zip(texts, now["samples"], strict=False):
            mine[now["from"] :] = news["texts"]
            assert len(news["tokens"]) == len(news["texts"]) == len(news["chances"])
        if now["state"] == "done":
            break
        time.sleep(0.02)
    assert [len(one) for one in texts] == [40, 40]
    again = session.generate(listed, None, Prefix("Once"), TextRequest(max_new_tokens=40), 2, "", LOOK)
    assert texts == again.texts


@pytest.mark.parametrize(
    ("begin", "knobs", "count"),
    [
        ({"prompt": "龘龘"}, {}, 1),  # letters it has never seen
        ({"prompt": 5}, {}, 1),
        ({"prompt": "a", "chosen": [10**9]}, {}, 1),
        ({"prompt": "a", "chosen": [-1]}, {}, 1),
        ({"prompt": "a", "chosen": ["1"]}, {}, 1),
        ({"prompt": "a", "chosen": [True]}, {}, 1),
        ({"prompt": "a"}, {"temperature": float("nan")}, 1),
        ({"prompt": "a"}, {"temperature": -1}, 1),
        ({"prompt": "a"}, {"top_p": 3}, 1),
        ({"prompt": "a"}, {"top_k": "many"}, 1),
        ({"prompt": "a"}, {"max_new_tokens": 10**7}, 1),
        ({"prompt": "a"}, {"seed": -4}, 1),
        ({"prompt": "a"}, {"seed": float("inf")}, 1),
        ({"prompt": "a"}, {}, 999),
    ],
)
def test_bad_requests_get_a_sentence(listed: Run, begin: dict[str, str], knobs: dict[str, Any], count: int) -> None:
    try:
        job = text_api.generate(listed.name, None, begin, {"max_new_tokens": 3} | knobs, count, "")
    except AigcError:
        return
    now = ended(job)
    assert now["state"] == "failed" and now["error"]["key"] != "job.defect"


@pytest.mark.parametrize(
    "prompt", ["", "a" * 100_000, "Once 龘 upon 🙂", "<script>alert(1)</script>", "\x00\x07\u202e", "\ud800x"]
)
def test_odd_prompts_do_the_sensible_thing(listed: Run, prompt: str) -> None:
    job = text_api.generate(listed.name, None, {"prompt": prompt}, {"max_new_tokens": 5}, 1, "")
    now = ended(job)
    if now["state"] == "failed":  # nothing but letters that it does not know
        assert now["error"]["key"] == "text.unknown_characters"
    else:
        assert len(now["samples"][0]["tokens"]) == 5


def test_a_picture_run_writes_nothing(trained: Trained) -> None:
    with pytest.raises(RunError, match="writes no text"):
        session.describe(trained("vae"), None)


def test_the_list_holds_writers_only(listed: Run) -> None:
    assert [one["name"] for one in run_views.models("continues_text")] == ["writer"]
    said = text_api.describe("writer", None)
    assert said["languages"] == ["en", "zh"] and said["layers"] == 2 and said["heads"] == 2
    assert said["precisions"] == ["float32"]  # a small network


def test_a_large_network_on_a_cpu_may_be_read_in_less_than_float32(monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    monkeypatch.setattr(session, "SMALL", 100)
    assert session.describe(run, None)["precisions"] == ["float32", "bf16"]


# -- one position ---------------------------------------------------------------------------------------


def test_alternatives_before_and_after_the_knobs(run: Run) -> None:
    request = TextRequest(temperature=0.5, top_k=5)
    found = session.next_token_candidates(run, None, Prefix("Once upon"), request, 3)
    family = text_family_of(run)
    ids = session.prompt_tokens(family, Prefix("Once upon"))
    with torch.no_grad():
        logits = network(run)(torch.tensor(ids)[None])[0, -1].clone()
    logits[family.tokenizer.never_spoken] = -torch.inf
    own, best = logits.softmax(-1), logits.topk(5)
    cold = torch.zeros_like(own).scatter(0, best.indices, (best.values / 0.5).softmax(-1))
    assert found["kept"] == 5 and 3 in [one["id"] for one in found["tokens"]]
    for one in found["tokens"]:
        assert one["before"] == pytest.approx(float(own[one["id"]]), abs=1e-5)
        assert one["after"] == pytest.approx(float(cold[one["id"]]), abs=1e-5)
    assert found["entropy"] == pytest.approx(float(torch.distributions.Categorical(probs=own).entropy()), abs=1e-4)


def test_alternatives_are_what_was_drawn_from_beyond_the_context_too(run: Run) -> None:
    request = TextRequest(max_new_tokens=90, temperature=0.7, seed=4)
    made = session.generate(run, None, Prefix("Once"), request, 1, "", LOOK)
    for place in (20, 45, 70, 89):  # the context is 32
        chosen = made.tokens[0][place]
        begin = Prefix("Once", tuple(made.tokens[0][:place]))
        found = session.next_token_candidates(run, None, begin, request, chosen)
        (one,) = [one for one in found["tokens"] if one["id"] == chosen]
        assert one["before"] == pytest.approx(made.probs[0][place], abs=1e-4) and one["after"] > 0


# -- a given text -----------------------------------------------------------------------------------------


def test_surprise_is_the_models_cross_entropy(run: Run) -> None:
    text = "Once upon a time"
    found = scoring.token_nll(run, None, text)
    ids = torch.from_numpy(text_family_of(run).tokenizer.encode(text))[None]
    with torch.no_grad():
        loss = torch.nn.functional.cross_entropy(network(run)(ids[:, :-1])[0], ids[0, 1:])
    assert found["n"] == len(text) - 1 and found["nats"] == pytest.approx(float(loss), abs=1e-3)
    assert found["perplexity"] == pytest.approx(math.exp(float(loss)), rel=1e-2)
    assert found["bits_per_byte"] == pytest.approx(float(loss) / math.log(2), rel=1e-3)
    assert [one["text"] for one in found["tokens"]] == list(text) and found["tokens"][0]["nats"] is None


def test_surprise_of_a_text_longer_than_the_context(run: Run) -> None:
    text = "Once upon a time there was a fox. " * 9
    found = scoring.token_nll(run, None, text)
    assert found["n"] == len(text) - 1 and all(
        one["nats"] is not None and one["nats"] >= 0 for one in found["tokens"][1:]
    )
    short = scoring.token_nll(run, None, text[:32])  # its first window is read in the same way
    assert [one["nats"] for one in found["tokens"][1:32]] == [one["nats"] for one in short["tokens"][1:]]


def test_surprise_leaves_out_what_it_does_not_know_and_refuses_nothing(run: Run) -> None:
    assert scoring.token_nll(run, None, "Once 龘upon")["unknown"] == "龘"
    for text in ("", "龘", "a"):
        with pytest.raises(DataError, match="too little"):
            scoring.token_nll(run, None, text)


def brute_force(text: str, source: str) -> int:
    return max((n for i in range(len(text)) for n in range(len(text) - i + 1) if text[i : i + n] in source), default=0)


def test_the_longest_copy_is_the_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    for _ in range(30):
        text, source = ("".join(random.choice(list("ab🙂龙"), size)) for size in (40, 300))
        start, length, place = memorization.longest_copy(text, source)
        assert length == brute_force(text, source)
        assert text[start : start + length] == source[place : place + length]
        monkeypatch.setattr(memorization, "AT_ONCE", 30)  # in parts: the same, wherever the borders are
        assert memorization.longest_copy(text, source)[1] == length
        monkeypatch.undo()
    assert memorization.longest_copy("", "abc") == (0, 0, 0) and memorization.longest_copy("xyz", "abc")[1] == 0


def test_a_passage_of_the_training_text_is_found_with_its_place(run: Run) -> None:
    train, held_out = scoring.training_text(text_family_of(run))
    passage = train[7000:7150]
    found = scoring.longest_copy(run, None, f"zzz{passage}zzz", LOOK)
    assert found["usual"] is not None
    assert found["start"] == 3 and found["length"] >= 150 > found["usual"] and found["limit"] == 40
    assert found["verdict"] == ("copied" if found["length"] > 2 * found["usual"] else "repeats")
    short = train[7000:7039].replace(train[7020], "#")
    few = scoring.longest_copy(run, None, short, LOOK)
    assert few["verdict"] == "new" and not few["cut"]
    long = "z" * scoring.MOST_COMPARED + passage  # what stands so late is not looked at, and that is said
    assert (
        scoring.longest_copy(run, None, long, LOOK)["cut"]
        and scoring.longest_copy(run, None, long, LOOK)["length"] < 150
    )
    place = round(found["place"] * len(train))
    assert train[place : place + found["length"]] in f"zzz{passage}zzz" and train[:place].endswith(found["before"])
    with pytest.raises(DataError, match="write something"):
        scoring.longest_copy(run, None, "  ", LOOK)
    assert held_out


@pytest.mark.parametrize(
    ("length", "usual", "limit", "verdict"),
    [
        (84, 42, 40, "repeats"),  # not “copied”, but never “not copied” either
        (84, 41, 40, "copied"), (39, 3, 40, "new"), (39, None, 40, "new"), (40, None, 40, "alone"),
        (40, 0, 40, "copied"),
        (12, 5, 12, "copied"), (11, 5, 12, "new"),
    ],
)  # fmt: skip
def test_what_is_said_of_a_copy_is_what_was_measured(length: int, usual: int | None, limit: int, verdict: str) -> None:
    assert scoring._verdict(length, usual, limit) == verdict


# -- looking inside -----------------------------------------------------------------------------------------


def test_the_reading_by_the_formulas_is_the_networks_own(run: Run) -> None:
    family = text_family_of(run)
    ids = torch.tensor(session.prompt_tokens(family, Prefix("Once upon a time")))
    inside = family.inside(family.networks, ids)
    with torch.no_grad():
        own = network(run)(ids[None])[0]
    torch.testing.assert_close(family.logit_lens(family.networks, inside.states)[-1], own, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(inside.attention.sum(-1), torch.ones(2, 2, len(ids)))
    assert float(inside.attention.triu(1).abs().max()) == 0


def test_the_attention_of_transformers_is_the_same(run: Run, tmp_path: Path) -> None:
    from transformers import GPT2Config, GPT2LMHeadModel

    from aigc_core.families.gpt.model import to_transformers

    family = text_family_of(run)
    config = GPT2Config(vocab_size=family.info.vocabulary, n_positions=32, n_embd=32, n_layer=2, n_head=2)
    config._attn_implementation = "eager"
    theirs = GPT2LMHeadModel(config)
    theirs.eval()
    theirs.load_state_dict(to_transformers(network(run).state_dict()), strict=False)
    theirs.tie_weights()
    ids = torch.tensor(session.prompt_tokens(family, Prefix("Once upon a time")))
    with torch.no_grad():
        out = theirs(ids[None], output_attentions=True, output_hidden_states=True)
    inside = family.inside(family.networks, ids)
    torch.testing.assert_close(inside.attention, torch.cat(out.attentions), atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(inside.states[:-1], torch.cat(out.hidden_states[:-1]), atol=1e-4, rtol=1e-4)


def test_the_formulas_numbers_fit_together(run: Run) -> None:
    begin = Prefix("Once upon a time")
    shown = introspection.attention_weights(run, None, begin)
    assert shown["weights"].shape == (2, 2, 16, 16) and "".join(shown["tokens"]) == "Once upon a time"
    numbers = introspection.attention_numbers(run, None, begin, 1, 0, 9)
    soft = np.exp(numbers["scores"]) / np.exp(numbers["scores"]).sum()
    np.testing.assert_allclose(numbers["weights"], soft, atol=1e-5)
    np.testing.assert_allclose(np.array(numbers["weights"]) * 255, shown["weights"][1, 0, 9, :10], atol=0.51)
    for layer, head, at in ((2, 0, 0), (0, 2, 0), (0, 0, 16), (-1, 0, 0)):
        with pytest.raises(DataError, match="no such layer"):
            introspection.attention_numbers(run, None, begin, layer, head, at)


def test_what_is_shown_is_the_reading_that_writes(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last few tokens of a longer reading: their weights lack what went to earlier ones."""
    begin = Prefix("Once upon a time")
    whole, said = introspection.attention_weights(run, None, begin), introspection.logit_lens(run, None, begin)
    numbers = introspection.attention_numbers(run, None, begin, 1, 0, 15)
    monkeypatch.setattr(introspection, "MOST_LOOKED", 6)
    monkeypatch.setattr(introspection, "MOST_SAID", 4)
    shown = introspection.attention_weights(run, None, begin)
    np.testing.assert_array_equal(shown["weights"], whole["weights"][..., -6:, -6:])
    few = introspection.attention_numbers(run, None, begin, 1, 0, 5)
    assert few["output"] == numbers["output"] and few["weights"] == numbers["weights"][-6:]
    assert few["earlier"] == pytest.approx(sum(numbers["weights"][:-6])) and few["earlier"] > 0
    assert introspection.logit_lens(run, None, begin)["said"] == [row[-4:] for row in said["said"]]


def test_a_long_text_is_looked_into_at_its_end(run: Run) -> None:
    shown = introspection.attention_weights(run, None, Prefix("Once upon a time " * 20))
    assert 16 <= len(shown["tokens"]) <= 32 and "".join(shown["tokens"]).endswith("a time ")
    said = introspection.logit_lens(run, None, Prefix("Once upon"))
    assert len(said["said"]) == 3 and len(said["said"][0]) == 9


# -- during training, and away ------------------------------------------------------------------------------


def test_every_checkpoint_continues_the_same_prompt(run: Run) -> None:
    request = TextRequest(max_new_tokens=20, seed=3)
    rows = session.generate_at_checkpoints(run, Prefix("Once"), request, LOOK)
    assert [one["step"] for one in rows] == run.checkpoints.steps() and len(rows) > 1
    last = session.generate(run, rows[-1]["step"], Prefix("Once"), request, 1, "", LOOK)
    assert rows[-1]["text"] == "".join(last.texts[0])


def test_a_checkpoint_that_goes_meanwhile_is_left_out(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = run.checkpoints.steps()
    monkeypatch.setattr(CheckpointIndex, "steps", lambda self: [*steps, 10**6])
    rows = session.generate_at_checkpoints(run, Prefix("Once"), TextRequest(max_new_tokens=3), LOOK)
    assert [one["step"] for one in rows] == steps


def test_a_text_that_leaves_says_that_a_machine_wrote_it() -> None:
    assert provenance.noted("Once.\n", "en") == "Once.\n\n(This text was generated by AI.)\n"
    assert "人工智能生成" in provenance.noted("从前", "zh") and provenance.noted("从前", None) == "从前"
    assert text_api.text_file("<b>", None)["content"] == b"<b>"


def test_only_names_of_the_hub_are_fetched(own_place: Path) -> None:
    for name in ("", "gpt2", "../x/y", "/etc/passwd", str(own_place), "a/b/c", "https://x/y"):
        assert ended(text_api.import_model(name))["error"]["key"] == "hub.no_source"
