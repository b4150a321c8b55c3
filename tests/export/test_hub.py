"""A run goes to the Hub and comes back: the Hub's real client against a server that speaks its routes."""

import json
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from aigc_core.common.errors import AigcError, ConfigError, DataError, RunError
from aigc_core.common.progress import silent
from aigc_core.export import hub, model_card
from aigc_core.families.causal_lm import TextRequest
from aigc_core.families.image import ImageRequest
from aigc_core.inference import model_cache
from aigc_core.runs.run import Run
from aigc_core.training.trainer import fit
from tests.helpers.hub_server import TOKEN, WritableHub, asking
from tests.helpers.processes import command
from tests.helpers.runs import Trained, tiny


@pytest.fixture
def server(tmp_path: Path) -> Iterator[WritableHub]:
    with WritableHub(tmp_path / "hub") as one:
        threading.Thread(target=one.serve_forever, daemon=True).start()
        yield one
        one.shutdown()


def own_upload(tmp_path: Path) -> Run:
    """A run on a person's own text, whose place is nobody's business."""
    (tmp_path / "diary.txt").write_text("dear diary, today I learned to swim.\n" * 60)
    config = tiny("gpt", data="text", data_path=str(tmp_path / "diary.txt"), tokenizer="char")
    run = Run.create(config, tmp_path / "secret-diary", {"owner": "Ann"})
    fit(run)
    return run


@pytest.mark.parametrize("family", ["vae", *(pytest.param(one, marks=pytest.mark.slow) for one in ("gan", "gpt"))])
def test_there_and_back_it_makes_the_same(family: str, server: WritableHub, trained: Trained, tmp_path: Path) -> None:
    run = trained(family)
    environment = asking(server.url, tmp_path / "home", HF_TOKEN=TOKEN)
    done = command("push", str(run.path), "someone/my-model", "--licence", "cc-by-4.0", "--private", env=environment)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == f"{server.url}/someone/my-model" and server.private == {"someone/my-model": True}
    sent = server.models["someone/my-model"]
    names = {one.relative_to(sent).as_posix() for one in sent.rglob("*") if one.is_file()}
    assert {"README.md", "config.json", "facts.json", "best", "last", "events.jsonl", "status.json"} <= names
    assert not [one for one in names if "optimizer" in one or "log" in one or "lock" in one or "control" in one]

    done = command("pull", "someone/my-model", "--out", str(tmp_path / "back"), env=environment)
    assert done.returncode == 0, done.stderr
    back = Run(tmp_path / "back")
    assert done.stdout.strip() == str(back.path) and back.config().family == family
    if family == "gpt":
        request = TextRequest("the", max_new_tokens=20)
        assert "".join(model_cache.text(back, request)) == "".join(model_cache.text(run, request))
    else:
        assert np.array_equal(model_cache.pictures(back, ImageRequest(4)), model_cache.pictures(run, ImageRequest(4)))


def test_three_lines_of_python_use_it(trained: Trained, tmp_path: Path) -> None:
    folder = hub.pack(trained("vae"), tmp_path / "model")
    model = hub.from_pretrained(folder)
    assert model.pictures(3, seed=1).shape[0] == 3
    with pytest.raises(AigcError):
        model.text("hello")
    writer = hub.from_pretrained(hub.pack(trained("gpt"), tmp_path / "writer"))
    assert writer.text("the", max_new_tokens=5, seed=1)


def test_the_card_says_what_matters_and_its_front_is_yaml(trained: Trained) -> None:
    for family, task in (("gan", "unconditional-image-generation"), ("gpt", "text-generation")):
        run = trained(family)
        card = model_card.model_card(run, "cc-by-4.0", "someone/model")
        front, body = card.split("---\n")[1], card.split("---\n", 2)[2]
        values = yaml.safe_load(front)
        assert (values["license"], values["pipeline_tag"]) == ("cc-by-4.0", task)
        for part in ("Learned from", "Licence of the data", "12 steps", "Limits", "from_pretrained(\"someone/model\")",
                     "made by a machine", "On held-out data", f"| {run.config().headline} |"):  # fmt: skip
            assert part in body, part
        assert ("![Samples" in body) == (family == "gan")
    with pytest.raises(ConfigError, match="none of these"):
        model_card.model_card(trained("gan"), "mine", "a/b")


def test_what_is_nobody_s_business_stays_here(tmp_path: Path) -> None:
    run = own_upload(tmp_path)
    folder = hub.pack(run, tmp_path / "model")
    for file in folder.rglob("*"):
        if file.is_file() and file.suffix != ".safetensors":
            content = file.read_bytes()
            assert str(tmp_path).encode() not in content and b"Ann" not in content, file.name
    assert hub.from_pretrained(folder).text("dear", max_new_tokens=3)


def test_a_zip_holds_the_same(trained: Trained, tmp_path: Path) -> None:
    run = trained("vae")
    file = hub.write_zip(run, "mit", tmp_path / "model.zip")
    with zipfile.ZipFile(file) as archive:
        archive.extractall(tmp_path / "out")
    model = hub.from_pretrained(tmp_path / "out" / run.name)
    assert np.array_equal(model.pictures(2), model_cache.pictures(run, ImageRequest(2)))


def test_what_strangers_may_have_put_there_is_not_taken(
    server: WritableHub, trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = hub.pack(trained("vae"), server.place / "bad" / "model")
    server.models["bad/model"] = folder
    (folder / "evil.py").write_text("raise SystemExit")
    (folder / "weights.bin").write_bytes(b"\x80\x04")
    (folder / "judgement.json").write_text('{"passed": true}')
    (folder / "pinned").write_text("")
    status = json.loads((folder / "status.json").read_text())
    status |= {"heartbeat": 1.0, "state": "running", "figures": status["figures"] | {"negative_elbo": [1]}}
    (folder / "status.json").write_text(json.dumps(status))
    made: dict[str, Any] = json.loads((folder / "config.json").read_text())
    made["config"]["data_path"] = "../people.csv"  # could be a name on the Hub, if one did not look closely
    (folder / "config.json").write_text(json.dumps(made | {"owner": "Ben", "limits": {}, "following": "../x"}))
    environment = asking(server.url, tmp_path / "home")
    done = command("pull", "bad/model", "--out", str(tmp_path / "back"), env=environment)
    assert done.returncode == 0, done.stderr
    back = Run(tmp_path / "back")
    assert not {"evil.py", "weights.bin", "judgement.json", "pinned"} & {one.name for one in back.path.iterdir()}
    assert back.status().state == "done" and time.time() - back.status().heartbeat < 600
    assert "negative_elbo" not in back.status().figures
    assert back.manifest.owner == "" and back.config().data_path == "" and "following" not in back.manifest.read()
    (folder / back.checkpoints.folder(12).name / "model.safetensors").write_bytes(b"\x80\x04junk")
    monkeypatch.setattr("aigc_core.export.hub.hub_client.snapshot", lambda *given: folder)
    with pytest.raises(RunError, match="no model of this program"):
        hub.pull("bad/model", silent, tmp_path / "second")
    assert not (tmp_path / "second").exists()


def test_what_cannot_be_done_is_one_sentence(server: WritableHub, trained: Trained, tmp_path: Path) -> None:
    environment = asking(server.url, tmp_path / "home", HF_TOKEN="wrong")
    done = command("push", str(trained("vae").path), "someone/model", env=environment)
    assert done.returncode == 2 and "HF_TOKEN" in done.stderr and "Traceback" not in done.stderr
    done = command("pull", "someone/nothing", env=environment)
    assert done.returncode == 2 and "no model" in done.stderr
    for name in ("model", "a/b/c", "../../etc", "a/b c"):
        with pytest.raises(ConfigError, match="user/name"):
            hub.push(trained("vae"), name)
    with pytest.raises(DataError, match=r"HF_HUB_OFFLINE|could not be fetched"):
        hub.from_pretrained("someone/model")
