"""The command line: its words, its exit codes, and that a mistake leaves nothing behind."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from aigc_core.cli import _Progress
from aigc_core.common.errors import ConfigError
from aigc_core.common.files import write_json
from aigc_core.common.jsonl import append_line, read_objects
from aigc_core.common.paths import PROJECT
from aigc_core.runs.run import Run
from tests.helpers.pictures import HEIC, picture, unpacked
from tests.helpers.processes import Command, command
from tests.helpers.runs import TINY, Trained, tiny


def pairs(family: str, **more: Any) -> list[str]:
    return [
        word for key, value in (TINY[family] | more).items() if key != "data" for word in ("--set", f"{key}={value}")
    ]


def test_tables_name_families_data_and_settings() -> None:
    families, data = command("families").stdout, command("data").stdout
    assert all(name in families for name in ("gan", "vae", "gpt", "textbook"))
    assert all(name in data for name in ("digits", "stories", "folder", "download"))
    assert "Learning rate" in command("families", "gpt").stdout


def test_train_prints_its_directory_first_and_the_rest_follows(own_place: Path, cli: Command) -> None:
    done = command("train", "vae", "--data", "digits8", "--steps", "6", "--seed", "3", *pairs("vae"))
    assert done.returncode == 0, done.stderr
    run = Run(Path(done.stdout.splitlines()[0]))
    assert run.path.parent == own_place / "runs" and run.config().seed == 3 and run.config().steps == 6
    assert "done at step 6" in done.stdout

    listed = cli("runs").stdout
    assert run.name in listed and "done" in listed and "negative_elbo" in listed

    for name, shape in (("a.png", None), ("b.npy", (5, 28, 28))):
        done = cli("sample", run.name, "--n", "5", "--seed", "7", "--out", str(own_place / name))
        assert done.returncode == 0 and done.stdout.strip() == str(own_place / name)
        if shape:
            made = np.load(own_place / name)
            assert made.shape == shape and made.dtype == np.uint8
        else:
            with Image.open(own_place / name) as sheet:
                assert sheet.size == (88, 58)  # three by two of 28 with gaps of 2

    figures = json.loads(cli("evaluate", run.name, "--full").stdout)
    assert figures["run"] == run.name
    assert figures["importance_weighted_nll"] <= figures["negative_elbo"] + 0.5
    first = json.loads(cli("evaluate", run.name).stdout)
    assert first == json.loads(command("evaluate", run.name).stdout)


def test_the_recipe_follows_the_data_unless_one_is_named(own_place: Path) -> None:
    small = ("--steps", "2", "--set", "batch_size=16", "--set", "gate=", "--data", "points")
    done = command("train", "gan", *small)
    assert done.returncode == 0 and "Recipe “ring”: the one for points" in done.stderr, done.stderr
    config = Run(Path(done.stdout.splitlines()[0])).config()
    assert (config.preset, config.steps, config.minutes, config.batch_size) == ("ring", 2, 0.0, 16)
    refused = command("train", "gan", "--preset", "default", *small)
    assert refused.returncode == 2 and "Recipe" not in refused.stderr and "mlp" in refused.stderr


def test_text_is_continued_the_same_each_time(trained: Trained, cli: Command) -> None:
    words = (
        "sample",
        str(trained("gpt").path),
        "--prompt",
        "The ",
        "--max-new-tokens",
        "20",
        "--temperature",
        "0.8",
        "--top-k",
        "5",
        "--top-p",
        "0.9",
        "--seed",
        "2",
    )
    first, again = command(*words), cli(*words)
    assert first.returncode == 0 and first.stdout.startswith("The ") and first.stdout == again.stdout
    assert len(first.stdout) == len("The ") + 20 + 1


MISTAKES = [
    (("train", "diffusion"), "no family “diffusion”"),
    (("train", "gan", "--set", "speed=3"), "no setting “speed”"),
    (("train", "gan", "--set", "lr"), "key=value"),
    (("train", "gan", "--set", "lr=-1"), "must be > 0"),
    (("train", "gan", "--preset", "huge"), "no preset “huge”"),
    (("train", "gan", "--data", "stories"), "no data that this family can learn"),
    (("train", "gan", "--steps", "5", "--minutes", "1"), "not both"),
    (("train", "gan", "--steps", "many"), "valid integer"),
    (("train", "gan", "--data", "folder", "--set", "data_path=/nowhere"), "there is none at “/nowhere”"),
    (("train", "gpt", "--set", "init_from=nothing at all"), "no run, no folder"),
    (("sample", "nothing"), "no run “nothing”"),
    (("evaluate", "nothing"), "no run “nothing”"),
    (("stop", "nothing"), "no run “nothing”"),
    (("resume", "nothing"), "no run “nothing”"),
]


@pytest.mark.parametrize(("words", "sentence"), MISTAKES, ids=str)
def test_a_mistake_is_one_sentence_and_exit_code_2(
    words: tuple[str, ...], sentence: str, own_place: Path, cli: Command
) -> None:
    done = cli(*words)
    assert done.returncode == 2 and sentence in done.stderr and "Traceback" not in done.stderr
    assert not list((own_place / "runs").glob("*")) and done.stdout == ""


def test_files_that_are_no_pictures_fail_the_run_with_a_sentence(own_place: Path) -> None:
    (own_place / "a.zip").write_text("no zip")
    done = command("train", "gan", "--data", "folder", "--set", f"data_path={own_place / 'a.zip'}")
    assert done.returncode == 2 and "neither a folder nor a .zip" in done.stderr and "Traceback" not in done.stderr


def test_what_was_left_out_is_said_while_it_trains_and_kept(
    own_place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {f"{i}.jpg": picture(i, format="JPEG") for i in range(3)} | {f"{i}.heic": HEIC for i in range(50)}
    folder = unpacked(own_place / "mine", files)
    own = ("--data", "folder", "--set", f"data_path={folder}", "--steps", "2")
    done = command("train", "vae", *own, *pairs("vae", gate=""))
    assert done.returncode == 0, done.stderr
    run = Run(Path(done.stdout.splitlines()[0]))
    noted = [event["text"] for event in run.events()[0] if event["kind"] == "note"]
    assert "50 in a format that is not read here (50 HEIC)" in noted[0] and "Different pictures: 3" in noted[1]
    assert all(done.stderr.count(one) == 1 for one in noted)
    _Progress(run)(run.status())  # of one who goes on with it: that was said
    assert "HEIC" not in capsys.readouterr().err


def test_what_a_run_cannot_do_is_a_sentence(trained: Trained, cli: Command) -> None:
    gpt, vae = str(trained("gpt").path), str(trained("vae").path)
    for words, sentence in (
        (("stop", gpt), "nothing to stop"),
        (("sample", vae, "--prompt", "hello"), "makes pictures"),
        (("sample", vae, "--class", "3"), "knows 0 classes"),
        (("sample", vae, "--out", "x.gif"), "must end in .png or .npy"),
        (("sample", vae, "--n", "0"), "greater than or equal to 1"),
    ):
        done = cli(*words)
        assert done.returncode == 2 and sentence in done.stderr, (words, done.stderr)


def test_a_new_run_has_no_checkpoint_to_sample(cli: Command) -> None:
    run = Run.create(tiny("vae"))
    done = cli("sample", run.name)
    assert done.returncode == 2 and "no checkpoint yet" in done.stderr


BYTES = os.fsdecode(b"n\xff\xfeame")  # as Linux hands over what is not UTF-8
ASCII = {"PYTHONIOENCODING": "ascii"}
OLD = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


@pytest.mark.parametrize(
    ("words", "output", "code"),
    [
        (["runs"], ASCII, 0),
        (["sample", "{run}", "--prompt", f"the {BYTES} 你", "--max-new-tokens", "3"], OLD, 0),
        (["export", "{run}", "--to", "{home}/out"], ASCII, 0),
        (["sample", BYTES], OLD, 2),
        (["train", "gpt", "--data", "text", "--set", "data_path={home}/book.txt"], ASCII, 2),
    ],
    ids=["runs", "prompt", "export", "name", "path"],
)
def test_whatever_the_output_and_the_bytes_of_a_name_there_is_no_traceback(
    words: list[str], output: dict[str, str], code: int, trained: Trained, tmp_path: Path
) -> None:
    home = tmp_path / BYTES
    shutil.copytree(trained("gpt").path, home / "run")
    (home / "book.txt").write_text("words " * 100)
    ran = subprocess.run(
        [sys.executable, "-m", "aigc_core", *(one.format(run=home / "run", home=home) for one in words)],
        capture_output=True, timeout=120, check=False, cwd=PROJECT, env=os.environ | output,
    )  # fmt: skip
    assert ran.returncode == code and b"Traceback" not in ran.stderr, ran.stderr[-500:]
    assert code == 0 or ran.stderr.startswith(b"Error: ")


@pytest.mark.parametrize("setting", ["data_path", "prompt", "data", BYTES])
def test_a_setting_that_is_not_utf8_is_a_sentence(setting: str) -> None:
    with pytest.raises(ConfigError, match="not UTF-8"):
        tiny("gpt", **{setting: f"a{BYTES}"})


def test_a_name_that_is_not_utf8_goes_into_a_file_as_far_as_it_can(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"name": BYTES})
    append_line(tmp_path / "a.jsonl", {"name": BYTES})
    assert json.loads((tmp_path / "a.json").read_bytes()) == {"name": "n??ame"}
    assert read_objects(tmp_path / "a.jsonl", 0)[0] == [{"name": "n??ame"}]
