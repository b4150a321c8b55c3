"""Every file of a run, damaged in every way: a sentence, never anything else, and no other run is harmed."""

import hashlib
import random
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from aigc_core.common.errors import AigcError
from aigc_core.common.files import write_json
from aigc_core.evaluation import quality_gate
from aigc_core.families import FAMILIES
from aigc_core.runs.run import Run
from aigc_core.serving.api import run_views
from aigc_core.training.trainer import fit
from tests.helpers.run_views import look_everywhere
from tests.helpers.runs import Trained
from tests.helpers.tally import Tally

PATIENCE_S = 10.0  # for one look at a damaged run
FEW = 60  # cases of a family in the default suite
RESUMED = 8  # every so manieth case is also trained on
MORE = 3  # steps, then

OTHERS: dict[str, bytes] = {
    "empty": b"",
    "null": b"null",
    "a number": b"1e999",
    "a list": b'[1, {"step": 3}]',
    "an object": b"{}",
    "deep": b"[" * 100_000,
    "wrong types": b'{"step": "x", "kind": 3, "config": [], "state": {}, "values": 1, "format": 1, "figures": null}',
    "huge numbers": b'{"step": 1e308, "kind": "metrics", "values": {"loss": 1e400}, "created": 1e300, "t": -1e300}',
    "text in UTF-16": "{}".encode("utf-16"),
    "noise": bytes(range(256)) * 20,
    "a pickle": b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00\x8c\x02os\x94\x8c\x06system\x94\x93.",
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(50),
    "a checkpoint's head": (2**62).to_bytes(8, "little") + b'{"a": 1}',
}
Damage = Callable[[bytes, random.Random], bytes]


def truncated(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(len(content))] if content else b""


def flipped(content: bytes, chance: random.Random) -> bytes:
    """One bit in each of up to eight bytes; where the file is long, most of them near its beginning."""
    changed = bytearray(content)
    for _ in range(chance.randint(1, 8) if changed else 0):
        place = chance.randrange(min(len(changed), chance.choice((64, 1024, 1 << 30))))
        changed[place] ^= 1 << chance.randrange(8)
    return bytes(changed)


def doubled(content: bytes, chance: random.Random) -> bytes:
    return content + content


def damages() -> dict[str, Damage]:
    found: dict[str, Damage] = {f"truncated {n}": truncated for n in range(3)}
    found |= {f"flipped {n}": flipped for n in range(12)} | {"doubled": doubled}
    found |= {f"replaced by {name}": lambda content, chance, other=other: other for name, other in OTHERS.items()}  # type: ignore[misc]
    return found


def prints(folder: Path) -> dict[str, str]:
    return {str(one): hashlib.sha256(one.read_bytes()).hexdigest() for one in folder.rglob("*") if one.is_file()}


def cases_of(run: Run) -> list[tuple[str, str]]:
    """File and kind of damage, for every file of a run."""
    files = sorted(str(one.relative_to(run.path)) for one in run.path.rglob("*") if one.is_file())
    return [(file, kind) for file in files if file not in (".lock", ".beat") for kind in damages()]


def damage_and_look(healthy: Run, cases: list[tuple[str, str]], chance: random.Random) -> int:
    """Returns how many of the cases the training went on from."""
    went_on, before = 0, prints(healthy.path)
    for number, (file, kind) in enumerate(cases):
        run = Run(healthy.path.with_name(f"damaged-{number}"))
        shutil.copytree(healthy.path, run.path)
        path = run.path / file
        path.write_bytes(damages()[kind](path.read_bytes(), chance))
        start = time.monotonic()
        try:
            listed = {row["name"] for row in run_views.runs()}
            assert {"healthy", run.name} <= listed or file == "config.json", "a run has vanished from the list"
            look_everywhere(run.name)
            if number % RESUMED == 0:
                went_on += goes_on(run)
        except Exception as problem:
            raise AssertionError(f"{file}, {kind}: {type(problem).__name__}: {problem}") from problem
        assert time.monotonic() - start < PATIENCE_S, f"{file}, {kind}: it took too long"
        shutil.rmtree(run.path)
    look_everywhere("healthy")
    assert prints(healthy.path) == before, "another run was touched"
    return went_on


def goes_on(run: Run) -> bool:
    """Whether it is trained to its end, from wherever the damage let it begin."""
    before = run.checkpoints.steps()[-1]
    try:
        return fit(run).step > before
    except AigcError:
        return False


@pytest.fixture
def healthy(family: str, trained: Trained, own_place: Path) -> Run:
    """A finished run that was judged, among those that pages show; with more steps to go, for whoever resumes it."""
    run = Run(own_place / "runs" / "healthy")
    shutil.copytree(trained(family).path, run.path)
    quality_gate.judge(run)
    made = run.manifest.read()
    write_json(run.path / "config.json", made | {"config": made["config"] | {"steps": made["config"]["steps"] + MORE}})
    look_everywhere(run.name)  # which leaves what the Latent page keeps
    return run


@pytest.mark.parametrize("family", FAMILIES)
def test_damaged_files_are_a_sentence(family: str, healthy: Run, tally: Tally) -> None:
    chance = random.Random(family)
    went_on = damage_and_look(healthy, chance.sample(cases_of(healthy), FEW), chance)
    tally(f"{family}: damaged files, each seen by every page: a sentence or nothing amiss", FEW)
    tally(f"{family}: … of these trained on, as far as the damage allowed", went_on)
    assert went_on > 0


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("family", FAMILIES)
def test_every_file_damaged_in_every_way(family: str, healthy: Run, tally: Tally) -> None:
    cases = cases_of(healthy)
    went_on = damage_and_look(healthy, cases, random.Random(family))
    tally(f"{family}: damaged files, each seen by every page: a sentence or nothing amiss", len(cases))
    tally(f"{family}: … of these trained on, as far as the damage allowed", went_on)
    assert went_on > 0
