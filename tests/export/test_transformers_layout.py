"""Models of others in, ours out: `transformers` and the Hub's own client are the judges."""

import json
import os
import re
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, BertTokenizer, GPT2Config, GPT2LMHeadModel

from aigc_core.common.errors import AigcError, ConfigError, RunError
from aigc_core.common.paths import PROJECT, runs_root
from aigc_core.common.progress import silent
from aigc_core.data.tokenizer import StreamingDetokenizer, Tokenizer
from aigc_core.export import transformers_layout
from aigc_core.families.causal_lm import TextRequest
from aigc_core.inference import model_cache
from aigc_core.runs.listing import list_runs, run_named
from aigc_core.runs.run import Run
from aigc_core.training.trainer import fit
from tests.helpers.gpt2 import folder_of, small_gpt2
from tests.helpers.hub_server import COMMIT, Hub, asking
from tests.helpers.processes import command
from tests.helpers.runs import Trained, info_of, text_family_of, tiny

CHINESE = "《静夜思》\n床前明月光，疑是地上霜。举头望明月，低头思故乡。\n\n她说：“好——走吧……”"
MIXED = f"Once upon a time.\n\n  Two  spaces,\tnaïve café 🙂.\n{CHINESE}\n"


@torch.no_grad()
def logits(run: Run, tokens: torch.Tensor) -> torch.Tensor:
    found: torch.Tensor = text_family_of(run).networks["gpt"](tokens)
    return found


# -- in -------------------------------------------------------------------------------------------------


def test_a_folder_becomes_a_run_like_any_other(tmp_path: Path) -> None:
    model = small_gpt2()
    model.eval().requires_grad_(False)
    folder = folder_of(model, tmp_path / "gpt2")
    run = transformers_layout.import_model(folder, silent)
    assert [one.path for one in list_runs()] == [run.path]
    config, status = run.config(), run.status()
    assert (config.context, config.data, status.state, status.step) == (64, "text", "done", 0)
    assert run.checkpoints.steps() == [0] == [run.checkpoints.marked("best")] == [run.checkpoints.marked("last")]
    assert "gpt2" in run.events()[0][0]["text"]
    tokens = torch.randint(0, 257, (2, 64))
    torch.testing.assert_close(logits(run, tokens), model(tokens).logits, atol=1e-4, rtol=0)
    assert "".join(model_cache.text(run, TextRequest("abc", max_new_tokens=5)))

    tuned = Run.create(tiny("gpt", init_from=str(run.path), steps=1, lr=1e-9, weight_decay=0), tmp_path / "tuned")
    assert fit(tuned).state == "done" and info_of(tuned).tokenizer == info_of(run).tokenizer
    short = tokens[:, :16]
    torch.testing.assert_close(logits(tuned, short), model(short).logits, atol=1e-4, rtol=0)

    again = transformers_layout.import_model(folder, silent)
    assert {one.path for one in list_runs()} == {run.path, again.path}


@pytest.mark.parametrize("name", ["..", "模型", "a b;$(x)", ".hidden", "x" * 150])
def test_a_models_name_is_no_path(tmp_path: Path, name: str) -> None:
    if name != "..":
        folder = folder_of(small_gpt2(), tmp_path / "of" / name)
    else:
        folder = folder_of(small_gpt2(), tmp_path / "of") / "inner" / ".."
        (tmp_path / "of" / "inner").mkdir()
    run = transformers_layout.import_model(folder, silent)
    assert run.path.parent == runs_root() and run_named(run.name).path == run.path


def test_a_name_of_the_hub_is_never_taken_as_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder_of(small_gpt2(), tmp_path / "owner" / "gpt2")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(AigcError, match=r"owner/gpt2.* not on this machine, and HF_HUB_OFFLINE"):
        transformers_layout.import_model("owner/gpt2", silent)
    with pytest.raises(ConfigError, match="no folder and no model name"):
        transformers_layout.import_model("gpt2", silent)


@pytest.mark.parametrize("damage", ["junk", "missing", "narrow"])
def test_a_failure_leaves_no_run(tmp_path: Path, damage: str) -> None:
    folder = folder_of(small_gpt2(), tmp_path / "gpt2")
    if damage == "junk":
        (folder / "model.safetensors").write_bytes(b"junk")
    elif damage == "missing":
        (folder / "tokenizer.json").unlink()
    else:
        values = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps(values | {"n_embd": 32}))
    with pytest.raises(AigcError, match="gpt2"):
        transformers_layout.import_model(folder, silent)
    assert not runs_root().exists()


def test_a_kill_while_writing_leaves_no_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = folder_of(small_gpt2(), tmp_path / "gpt2")

    def killed(*values: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("aigc_core.runs.checkpoint.save", killed)
    with pytest.raises(KeyboardInterrupt):
        transformers_layout.import_model(folder, silent, tmp_path / "run")
    assert not (tmp_path / "run").exists() and [one.name for one in tmp_path.iterdir()] == ["gpt2"]


def test_what_is_there_stays(tmp_path: Path, trained: Trained) -> None:
    folder = folder_of(small_gpt2(), tmp_path / "gpt2")
    for action in (
        lambda: transformers_layout.import_model(folder, silent, folder),
        lambda: transformers_layout.export(trained("gpt"), folder),
    ):
        with pytest.raises(RunError, match="not empty"):
            action()
    assert (folder / "model.safetensors").exists()


# -- vocabularies ---------------------------------------------------------------------------------------

WORDS = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    *"床前明月光，疑是地上霜。：“”—…!,.?'abt",
    "the",
    "moon",
    "##s",
    "her",
]


def bert_folder(folder: Path, **options: object) -> Path:
    """A Chinese GPT-2 as people publish it: BERT's vocab.txt and no tokenizer.json."""
    torch.manual_seed(2)
    config = GPT2Config(vocab_size=len(WORDS), n_positions=32, n_embd=16, n_layer=1, n_head=2, bos_token_id=2)
    config.eos_token_id = 3
    GPT2LMHeadModel(config).save_pretrained(folder)
    (folder / "vocab.txt").write_text("\n".join(WORDS) + "\n", encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "BertTokenizer"} | options))
    return folder


@pytest.mark.parametrize("lowercase", [True, False])
def test_a_vocabulary_of_bert_gives_the_ids_that_transformers_gives(tmp_path: Path, lowercase: bool) -> None:
    folder = bert_folder(tmp_path / "zh", do_lower_case=lowercase)
    run = transformers_layout.import_model(folder, silent)
    ours, theirs = text_family_of(run).tokenizer, BertTokenizer.from_pretrained(folder)
    for text in ("床前明月光，疑是地上霜。", "The moons, á!  床\n前 乡", "Táb霜moon"):
        assert ours.encode(text).tolist() == theirs(text, add_special_tokens=False)["input_ids"], text
    assert ours.unknown_in("床乡 T\n") == (["乡"] if lowercase else ["乡", "T"])
    assert [WORDS[one] for one in ours.never_spoken] == WORDS[:5] and WORDS[ours.start] == "[CLS]"


def test_chinese_of_a_vocabulary_of_bert_is_written_without_spaces(tmp_path: Path) -> None:
    run = transformers_layout.import_model(bert_folder(tmp_path / "zh"), silent)
    tokenizer = text_family_of(run).tokenizer
    for text in ("床前明月光，疑是地上霜。", "霜：“月”——光……", "the moons, the moon!", "明月the moon光"):
        tokens = tokenizer.encode(text).tolist()
        assert tokenizer.decode(tokens) == text
        speller = StreamingDetokenizer(tokenizer)
        assert "".join(speller.add(one) for one in tokens) + speller.rest() == text
    assert "".join(model_cache.text(run, TextRequest("", max_new_tokens=10)))


def test_a_tokenizer_that_cuts_and_adds_is_taken_without_that(tmp_path: Path) -> None:
    from tokenizers.processors import TemplateProcessing

    folder = folder_of(small_gpt2(), tmp_path / "gpt2")
    library = Tokenizer.train("bpe", "abc", 257)._library
    library.enable_truncation(4)
    library.post_processor = TemplateProcessing(
        single="<|endoftext|> $A", special_tokens=[("<|endoftext|>", library.token_to_id("<|endoftext|>"))]
    )
    library.save(str(folder / "tokenizer.json"))
    run = transformers_layout.import_model(folder, silent)
    tokenizer = text_family_of(run).tokenizer
    assert tokenizer.decode(tokenizer.encode("a long text " * 5).tolist()) == "a long text " * 5
    the_same_there(run, transformers_layout.export(run, tmp_path / "out"), "a long text")


def test_an_older_vocabulary_of_gpt2_never_says_its_end(tmp_path: Path) -> None:
    folder = folder_of(small_gpt2(), tmp_path / "gpt2")
    Tokenizer.train("bpe", "abc", 257)._library.model.save(str(folder))
    (folder / "tokenizer.json").unlink()
    tokenizer = text_family_of(transformers_layout.import_model(folder, silent)).tokenizer
    assert tokenizer.decode(tokenizer.never_spoken) == "<|endoftext|>" == tokenizer.end
    assert tokenizer.decode(tokenizer.encode(CHINESE).tolist()) == CHINESE
    assert tokenizer.encode("<|endoftext|>").tolist() == tokenizer.never_spoken


# -- out ------------------------------------------------------------------------------------------------


@torch.no_grad()
def the_same_there(run: Run, folder: Path, text: str) -> None:
    """`transformers` loads the folder, and has the same ids, text and logits."""
    model, theirs = AutoModelForCausalLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    ours = text_family_of(run).tokenizer
    ids = theirs(text)["input_ids"]
    assert ids == ours.encode(text).tolist() and theirs.decode(ids) == ours.decode(ids)
    row = torch.tensor([ids[: run.config().context]])
    torch.testing.assert_close(model(row).logits, logits(run, row), atol=1e-4, rtol=0)


@pytest.mark.parametrize("kind", ["char", "bpe"])
def test_what_is_exported_is_the_same_in_transformers(tmp_path: Path, kind: str) -> None:
    book = tmp_path / "book.txt"
    book.write_text(f"{MIXED}\n{MIXED}\nagain\n" * 40, encoding="utf-8")
    settings = {"data": "text", "data_path": str(book), "tokenizer": kind, "vocabulary": 400, "clean": False}
    run = Run.create(tiny("gpt", **settings), tmp_path / "run")
    fit(run)
    folder = transformers_layout.export(run, tmp_path / "out")
    the_same_there(run, folder, MIXED)
    theirs = AutoTokenizer.from_pretrained(folder)
    assert theirs.decode(theirs(MIXED)["input_ids"]) == MIXED
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "12 steps" in card and "loss" in card and str(tmp_path) not in card

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = AutoModelForCausalLM.from_pretrained(folder)
        written = model.generate(torch.tensor([[text_family_of(run).tokenizer.start]]), max_new_tokens=12)
    assert written.shape == (1, 13) and not set(written[0].tolist()) & {0} - {model.config.eos_token_id}

    back = transformers_layout.import_model(folder, silent)
    row = torch.randint(0, info_of(run).vocabulary, (1, 16))
    torch.testing.assert_close(logits(back, row), logits(run, row), atol=1e-6, rtol=0)


@pytest.mark.parametrize("kind", ["char", "bpe", "bert"])
def test_texts_of_different_lengths_go_together_in_transformers(tmp_path: Path, kind: str) -> None:
    """Each has the logits, and the continuation, that it has alone."""
    if kind == "bert":
        run = transformers_layout.import_model(bert_folder(tmp_path / "zh"), silent)
    else:
        run = Run.create(tiny("gpt", tokenizer=kind, vocabulary=300, context=48), tmp_path / "run")
        fit(run)
    folder = transformers_layout.export(run, tmp_path / "out")
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModelForCausalLM.from_pretrained(folder).eval()
    assert tokenizer.pad_token_id == model.config.pad_token_id == model.generation_config.pad_token_id is not None
    assert tokenizer.pad_token_id in text_family_of(run).tokenizer.never_spoken
    assert tokenizer.padding_side == "left"
    texts = (
        ["床前", "疑是地上霜。the moons!", "明月"]
        if kind == "bert"
        else ["the", "a longer one than the first", "if it"]
    )
    for side in ("left", "right"):
        batch = tokenizer(texts, return_tensors="pt", padding=True, padding_side=side)
        places = (batch["attention_mask"].cumsum(1) - 1).clamp_min(0)
        with torch.no_grad():
            together = model(**batch, position_ids=places).logits
        for row, mask, text in zip(together, batch["attention_mask"], texts, strict=True):
            with torch.no_grad():
                alone = model(**tokenizer(text, return_tensors="pt")).logits[0]
            torch.testing.assert_close(row[mask.bool()], alone, atol=1e-4, rtol=0)
    greedy = {"do_sample": False, "max_new_tokens": 9}
    written = model.generate(**tokenizer(texts, return_tensors="pt", padding=True), **greedy)
    for row, text in zip(tokenizer.batch_decode(written, skip_special_tokens=True), texts, strict=True):
        alone = model.generate(**tokenizer(text, return_tensors="pt"), **greedy)
        assert row == tokenizer.decode(alone[0], skip_special_tokens=True)
    again = transformers_layout.import_model(folder, silent, tmp_path / "again")
    assert info_of(again).tokenizer == info_of(run).tokenizer


@pytest.mark.parametrize("kind", ["char", "bpe"])
def test_an_export_without_a_token_for_padding_still_loads(tmp_path: Path, kind: str) -> None:
    run = Run.create(tiny("gpt", tokenizer=kind, vocabulary=300), tmp_path / "run")
    fit(run)
    folder = transformers_layout.export(run, tmp_path / "out")
    for name, missing in (("tokenizer_config", ("pad_token", "padding_side")), ("config", ("pad_token_id",))):
        values = json.loads((folder / f"{name}.json").read_text())
        older = {key: value for key, value in values.items() if key not in missing}
        assert len(older) < len(values)
        (folder / f"{name}.json").write_text(json.dumps(older))
    again = transformers_layout.import_model(folder, silent, tmp_path / "again")
    assert info_of(again).tokenizer == info_of(run).tokenizer


def test_a_model_with_a_vocabulary_of_bert_goes_out_as_it_came_and_learns_on(tmp_path: Path) -> None:
    run = transformers_layout.import_model(bert_folder(tmp_path / "zh"), silent)
    the_same_there(run, transformers_layout.export(run, tmp_path / "out"), "床前明月光，疑是地上霜。the moons!")

    (tmp_path / "poem.txt").write_text("床前明月光，\n疑是地上霜。\n" * 40, encoding="utf-8")
    settings = {"data": "text", "data_path": str(tmp_path / "poem.txt"), "steps": 1}
    tuned = Run.create(tiny("gpt", init_from=str(run.path), **settings), tmp_path / "tuned")
    assert fit(tuned).state == "done" and tuned.config().tokenizer == "char"
    the_same_there(tuned, transformers_layout.export(tuned, tmp_path / "tuned-out"), "床前明月光")


def test_a_family_that_transformers_does_not_know_is_refused(tmp_path: Path, trained: Trained) -> None:
    for family in ("gan", "vae"):
        with pytest.raises(RunError, match="knows no such"):
            transformers_layout.export(trained(family), tmp_path / "out")
        assert not list(tmp_path.iterdir())
    done = command("export", str(trained("gan").path), "--to", str(tmp_path / "out"), "--format", "transformers")
    assert done.returncode == 2 and "knows no such GAN" in done.stderr and not list(tmp_path.iterdir())


# -- the Hub --------------------------------------------------------------------------------------------


@pytest.fixture
def server() -> Iterator[Hub]:
    with Hub() as one:
        threading.Thread(target=one.serve_forever, daemon=True).start()
        yield one
        one.shutdown()


def sentence(done: subprocess.CompletedProcess[str]) -> str:
    """The one line on stderr of a command that a person's mistake ended."""
    (line,) = done.stderr.strip().splitlines()
    assert done.returncode == 2 and line.startswith("Error: ") and done.stdout == ""
    return line


@torch.no_grad()
def test_a_model_of_the_hub_is_fetched_once_and_only_what_is_needed(server: Hub, tmp_path: Path) -> None:
    model = small_gpt2()
    model.eval()
    folder = server.models["some-one/gpt2.small"] = folder_of(model, tmp_path / "there")
    for needless in ("pytorch_model.bin", "tf_model.h5", "README.md"):
        (folder / needless).write_bytes(b"x" * 1000)
    environment = asking(server.url, tmp_path / "home")
    done = command("import", "some-one/gpt2.small", env=environment)
    assert done.returncode == 0, done.stderr
    run = Run(Path(done.stdout.strip()))
    assert run.path.parent == runs_root() and "gpt2-small" in run.name
    note, config = run.events()[0][0], run.config()
    assert COMMIT in note["text"] and "some-one/gpt2.small" in note["text"]
    assert config.init_from == "some-one/gpt2.small" and config.context == 64
    tokens = torch.randint(0, 257, (1, 64))
    torch.testing.assert_close(logits(run, tokens), model(tokens).logits, atol=1e-4, rtol=0)
    assert set(server.sent) == {"config.json", "model.safetensors", "tokenizer.json"}

    server.sent.clear()
    done = command("import", "some-one/gpt2.small", "--out", str(tmp_path / "second"), env=environment)
    assert done.stdout.strip() == str(tmp_path / "second") and not server.sent
    server.shutdown()
    server.server_close()
    done = command("import", "some-one/gpt2.small", "--out", str(tmp_path / "third"), env=environment)
    assert done.returncode == 0 and Run(tmp_path / "third").checkpoints.steps() == [0]


def test_all_that_makes_a_tokenizer_is_fetched_and_nothing_else(server: Hub, tmp_path: Path) -> None:
    model = GPT2LMHeadModel(GPT2Config(vocab_size=258, n_positions=64, n_embd=16, n_layer=2, n_head=2))
    folder = server.models["some-one/gpt2"] = folder_of(model, tmp_path / "there")
    Tokenizer.train("bpe", "abc", 257)._library.model.save(str(folder))
    (folder / "tokenizer.json").unlink()
    (folder / "added_tokens.json").write_text('{"<a>": 257}')
    (folder / "special_tokens_map.json").write_text('{"eos_token": "<a>"}')
    (folder / "tokenizer_config.json").write_text('{"bos_token": "<a>"}')
    (folder / "generation_config.json").write_text('{"pad_token": "<a>"}')
    done = command("import", "some-one/gpt2", env=asking(server.url, tmp_path / "home"))
    assert done.returncode == 0, done.stderr
    assert text_family_of(Run(Path(done.stdout.strip()))).tokenizer.encode("a<a>").tolist()[-1] == 257
    assert set(server.sent) == {one.name for one in folder.iterdir()} - {"generation_config.json"}


TOLD = {
    "an import": "from aigc_core.export.transformers_layout import import_model; import_model('some-one/gpt2', tell)",
    "a training": "from aigc_core.families import *; from aigc_core.runs.init_from import open_trained; "
    "config = config_class('gpt')(init_from='some-one/gpt2', context=8); "
    "family_class('gpt').resolved(config, open_trained, tell)",
}


@pytest.mark.parametrize("what", TOLD)
def test_progress_is_told_in_parts_of_the_whole(server: Hub, tmp_path: Path, what: str) -> None:
    server.models["some-one/gpt2"] = folder_of(small_gpt2(), tmp_path / "there")
    code = "tell = lambda part, what: print(what, part); " + TOLD[what]
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=PROJECT, check=True,
        env=os.environ | asking(server.url, tmp_path / "home"),
    )  # fmt: skip
    told = [line.split() for line in done.stdout.splitlines()]
    assert {what for what, _ in told} == {"some-one/gpt2"}
    parts = [float(part) for _, part in told]
    assert parts[-1] == 1 and all(0 <= part <= 1 for part in parts)


def test_what_cannot_be_fetched_is_one_sentence_that_helps(server: Hub, tmp_path: Path) -> None:
    bin_only = server.models["some-one/old"] = folder_of(small_gpt2(), tmp_path / "old")
    (bin_only / "model.safetensors").rename(bin_only / "pytorch_model.bin")
    server.models["some-one/llama"] = folder_of(small_gpt2(), tmp_path / "llama", model_type="llama")
    server.gated.add("some-one/gated")
    here, home = server.url, tmp_path / "home"
    with Hub() as one:
        closed = one.url  # from now on nobody listens there
    cases = [
        ("some-one/nothing", asking(here, home), "no model “some-one/nothing”.*check the name.*HF_TOKEN"),
        ("some-one/gated", asking(here, home), f"ask for access on {here}/some-one/gated, then set HF_TOKEN"),
        ("some-one/old", asking(here, home), "no model.safetensors in some-one/old; .* not opened"),
        ("some-one/llama", asking(here, home), r"some-one/llama is not of GPT-2's architecture \(llama\)"),
        ("some-one/gpt2", asking(closed, home), r"could not be fetched .*set HF_ENDPOINT to a mirror"),
        ("some-one/gpt2", asking(here, home, HF_HUB_OFFLINE="1"), "HF_HUB_OFFLINE forbids fetching it: unset that"),
    ]
    with ThreadPoolExecutor(3) as several:
        ended = several.map(lambda case: command("import", case[0], env=case[1]), cases)
        for done, (_, _, words) in zip(ended, cases, strict=True):
            assert re.search(words, sentence(done))
    assert "pytorch_model.bin" not in server.sent and "model.safetensors" not in server.sent
    assert not list_runs()
