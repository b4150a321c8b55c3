"""Runs that a stranger has made: settings, facts, states and headers that no training writes.

Each is seen by every page and asked for everything a run can do; a sentence comes, soon, with little memory.
"""

import copy
import json
import os
import random
import shutil
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from aigc_core.common.errors import AigcError
from aigc_core.common.files import write_json
from aigc_core.evaluation import quality_gate
from aigc_core.evaluation.evaluate import evaluate
from aigc_core.export import hub, model_card, transformers_layout
from aigc_core.families.gpt import pretrained
from aigc_core.families.image import ImageRequest
from aigc_core.inference import model_cache
from aigc_core.runs import checkpoint
from aigc_core.runs.init_from import open_trained
from aigc_core.runs.run import Run
from aigc_core.serving.api import run_views, text
from aigc_core.training.trainer import fit
from tests.helpers.run_views import look_everywhere
from tests.helpers.runs import GAN_AND_SLOWLY_ALL, Trained, gpt_config
from tests.helpers.tally import Tally

CASES = 102  # of each family
LONG = 11  # every so manieth case is also judged, and trained on
SECONDS, LONG_S, MEGABYTES = 12.0, 60.0, 300.0  # of the processor, and more than before, for one case with all of that
SOON_S = 2.0  # of the processor, for one thing that is asked of a forged model

ODD: list[Any] = [
    None, True, -1, 0, 3, 1.5, 1e300, 2**53, 2**63, 10**40, -(10**9), "", "x", "x" * 50_000, "٣", "../../etc/passwd",
    "/etc/passwd", "\x00", "\u202e", "<script>", [], {}, [1], [[]], {"key": 1}, ["x"] * 3, {"a": {"b": [None]}},
    [1e300] * 3, "image", "text", "points", "gan", "gpt", "xl", "step_000012", "step_٠٠٠٠١٢",
]  # fmt: skip
LARGE = (10**5, 10**6, 10**9, 2**31, 2**62)
KINDS = ("F64", "F16", "I64", "U8", "BOOL", "F8_E4M3", "C64", "X9", "")
Forgery = Callable[[Run, random.Random], str]  # says what it did


# -- forgeries --------------------------------------------------------------------------------------------


def places(value: object, way: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The ways to all values within one."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [way] * bool(way) + [one for key, within in inner for one in places(within, (*way, key))]


def changed(value: Any, chance: random.Random) -> tuple[Any, str]:
    """One value within replaced by an odd or a large one, or left out."""
    new = copy.deepcopy(value)
    ways = places(new)
    if not ways:
        return chance.choice(ODD), "all"
    *way, last = chance.choice(ways)
    holder = new
    for key in way:
        holder = holder[key]
    if chance.random() < 0.15:
        del holder[last]
        return new, f"without {[*way, last]}"
    number = isinstance(holder[last], int) and chance.random() < 0.5
    holder[last] = chance.choice(LARGE) if number else copy.deepcopy(chance.choice(ODD))
    return new, f"{[*way, last]} = {str(holder[last])[:40]!r}"


def settings(run: Run, chance: random.Random) -> str:
    return in_json(run.path / "config.json", chance, chance.choice((("config",), ())))


def info(run: Run, chance: random.Random) -> str:
    return in_json(run.path / "facts.json", chance)


def status(run: Run, chance: random.Random) -> str:
    return in_json(run.path / "status.json", chance)


def verdict(run: Run, chance: random.Random) -> str:
    return in_json(run.path / "judgement.json", chance)


def meta(run: Run, chance: random.Random) -> str:
    return in_json(run.checkpoints.folder(run.checkpoints.steps()[-1]) / "meta.json", chance)


def in_json(file: Path, chance: random.Random, within: tuple[str, ...] = ()) -> str:
    whole = json.loads(file.read_text())
    if within:
        whole["config"], said = changed(whole["config"], chance)
    else:
        whole, said = changed(whole, chance)
    file.write_text(json.dumps(whole))
    return f"{file.name}: {said}"


def events(run: Run, chance: random.Random) -> str:
    file = run.path / "events.jsonl"
    lines = file.read_text().splitlines()
    number = chance.randrange(len(lines))
    new, said = changed(json.loads(lines[number]), chance)
    lines[number] = json.dumps(new)
    file.write_text("\n".join(lines) + "\n")
    return f"events.jsonl: {said}"


def header(run: Run, chance: random.Random) -> str:
    """The names, kinds, shapes and places that a file of tensors begins with."""
    folder = run.checkpoints.folder(chance.choice(run.checkpoints.steps()))
    file = folder / chance.choice([one for one in checkpoint.TENSORS if (folder / one).exists()])
    content = file.read_bytes()
    length = struct.unpack("<Q", content[:8])[0]
    tensors = json.loads(content[8 : 8 + length])
    name = chance.choice([one for one in tensors if one != "__metadata__"])
    one = tensors[name]
    match chance.choice(("kind", "shape", "offsets", "name", "gone", "more", "odd", "length", "numbers")):
        case "kind":
            one["dtype"] = chance.choice(KINDS)
        case "shape":
            one["shape"] = chance.choice(([10**9, 10**9], [], [-1], [2**62] * 3, one["shape"][::-1], [0], ["x"], 3))
        case "offsets":
            one["data_offsets"] = chance.choice(([0, 2**62], [5, 1], [-4, 0], [0, 0], [], ["a", "b"]))
        case "name":
            tensors[chance.choice(("../../x", "x" * 9999, "", "generator/x", "\n"))] = tensors.pop(name)
        case "gone":
            del tensors[name]
        case "more":
            tensors |= {f"more/{number}": one for number in range(3000)}
        case "odd":
            tensors[name] = copy.deepcopy(chance.choice(ODD))
        case "length":
            length = chance.choice((0, 1, 2**40, 2**63, length - 1, length + 1))
            file.write_bytes(struct.pack("<Q", length) + content[8:])
            return f"{file.name}: a header of {length} bytes"
        case "numbers":
            number = chance.choice((float("nan"), float("inf"), -float("inf"), 3e38))
            file.write_bytes(content[:-4] + struct.pack("<f", number))
            return f"{file.name}: {number} among its numbers"
    written = json.dumps(tensors).encode()
    file.write_bytes(struct.pack("<Q", len(written)) + written + content[8 + length :])
    return f"{file.name}: {name} {str(tensors.get(name))[:80]}"


def no_file(run: Run, chance: random.Random) -> str:
    """A pipe, a folder or a link where a file should be."""
    files = [one for one in run.path.rglob("*") if one.is_file() and not one.name.startswith(".")]
    file = chance.choice(sorted(files))
    file.unlink()
    kind = chance.choice(("pipe", "folder", "link to /etc/passwd", "link to itself", "link to /dev/zero"))
    match kind:
        case "pipe":
            os.mkfifo(file)
        case "folder":
            file.mkdir()
        case "link to itself":
            file.symlink_to(file.name)
        case _:
            file.symlink_to(kind.removeprefix("link to "))
    return f"{file.name}: a {kind}"


FORGERIES: tuple[Forgery, ...] = (
    settings, settings, settings, info, info, status, verdict, meta, events, header, header, no_file,
)  # fmt: skip


# -- what is asked of them --------------------------------------------------------------------------------


def questions(run: Run, place: Path) -> list[Callable[[], object]]:
    return [
        run_views.runs,
        lambda: look_everywhere(run.name),
        lambda: hub.pack(run, place / "packed"),
        lambda: hub.from_pretrained(run.path),
        lambda: transformers_layout.export(run, place / "exported"),
        lambda: pretrained.resolved(gpt_config(init_from=str(run.path)), open_trained),
        lambda: text.describe(run.name, None),
        lambda: text.token_nll(run.name, None, "the"),
        lambda: [*run_views.models("decodes_latent"), *run_views.models("continues_text")],
    ]


def long_ones(run: Run) -> list[Callable[[], object]]:
    return [lambda: evaluate(run), lambda: quality_gate.judge(run), lambda: fit(run)]


def megabytes() -> float:
    """The most memory since the last reset."""
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) / 1000


def reset() -> float:
    """Begin to count anew; returns the memory of now."""
    Path("/proc/self/clear_refs").write_text("5")
    return megabytes()


@pytest.fixture
def healthy(family: str, trained: Trained, own_place: Path) -> Run:
    """A finished run that was judged, with more steps to go; all that is asked of the others was asked of it once."""
    run = Run(own_place / "runs" / "healthy")
    shutil.copytree(trained(family).path, run.path)
    quality_gate.judge(run)
    made = run.manifest.read()
    write_json(run.path / "config.json", made | {"config": made["config"] | {"steps": made["config"]["steps"] + 3}})
    for ask in (*questions(run, own_place), *long_ones(Run(shutil.copytree(run.path, run.path.with_name("tried"))))):
        with suppress(AigcError):
            ask()
    return run


@pytest.mark.parametrize("family", GAN_AND_SLOWLY_ALL)
def test_a_forged_run_is_a_sentence_soon_and_takes_little_memory(
    family: str, healthy: Run, tmp_path: Path, tally: Tally
) -> None:
    chance = random.Random(f"forged {family}")
    for number in range(CASES):
        long = number % LONG == 0
        run, place = Run(healthy.path.with_name(f"forged-{number}")), tmp_path / f"place-{number}"
        shutil.copytree(healthy.path, run.path)
        place.mkdir()
        said = FORGERIES[number % len(FORGERIES)](run, chance)
        before, start = reset(), time.process_time()
        for ask in (*questions(run, place), *(long_ones(run) if long else ())):
            try:
                ask()
            except AigcError:
                continue
            except Exception as problem:
                raise AssertionError(f"{number}: {said}: {type(problem).__name__}: {problem}") from problem
        took = f"{time.process_time() - start:.1f} s, {megabytes() - before:.0f} MB"
        assert time.process_time() - start < (LONG_S if long else SECONDS), f"{number}: {said}: {took}"
        assert megabytes() - before < MEGABYTES, f"{number}: {said}: {took}"
        shutil.rmtree(run.path)
        shutil.rmtree(place)
    look_everywhere("healthy")
    tally(f"{family}: forged runs, asked for everything: a sentence, soon, with little memory", CASES)


# Settings of a network that would fill the memory, and no file has.
GIANT: dict[str, list[dict[str, Any]]] = {
    "gan": [{"network": "dcgan", "width": 1024, "latent_size": 1024}],
    "vae": [{"network": "conv", "width": 1024, "latent_size": 128}],
    "gpt": [{"size": "xl", "layers": 0, "heads": 0, "width": 0}, {"layers": 96, "heads": 128, "width": 8192}],
}


@pytest.mark.parametrize(("family", "forged"), [(family, one) for family in GIANT for one in GIANT[family]])
def test_no_memory_is_taken_for_a_giant_that_no_file_has(
    family: str, forged: dict[str, Any], trained: Trained, own_place: Path
) -> None:
    run = Run(shutil.copytree(trained(family).path, own_place / "runs" / "giant"))
    made = run.manifest.read()
    write_json(run.path / "config.json", made | {"config": made["config"] | forged})
    for ask in (model_cache.load, evaluate, quality_gate.judge, fit):
        before, start = reset(), time.process_time()
        with pytest.raises(AigcError) as refused:
            ask(run)
        assert refused.value.message["key"] == "run.damaged_checkpoint"
        assert time.process_time() - start < SOON_S and megabytes() - before < MEGABYTES


def test_data_that_is_not_known_here_is_a_sentence_wherever_it_is_needed(trained: Trained, own_place: Path) -> None:
    run = Run(own_place / "runs" / "strange")
    shutil.copytree(trained("vae").path, run.path)
    made = run.manifest.read()
    write_json(run.path / "config.json", made | {"config": made["config"] | {"data": "martian", "steps": 20}})
    for ask in (evaluate, quality_gate.judge, fit):
        with pytest.raises(AigcError, match="martian") as refused:
            ask(run)
        assert refused.value.message["key"] == "data.unknown_source"
    assert "not known here" in model_card.model_card(run, "mit", "a/b")
    assert model_cache.pictures(run, ImageRequest(1)).shape[0] == 1, "the model itself needs no data"
