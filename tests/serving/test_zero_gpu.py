"""ZeroGPU: trainings in a borrowed, forked, childless process. Its package is imitated; the fork is real."""

import os
import subprocess
import sys
from pathlib import Path

from aigc_core.common.paths import PROJECT

SPACES = '''
"""Like Hugging Face's package: each call runs in a forked daemon, which may have no children."""
import multiprocessing
wrapped = []

def GPU(duration):
    def wrap(function):
        wrapped.append(function.__name__)
        def call(*given):
            print("seconds asked for:", duration(*given), flush=True)
            fork = multiprocessing.get_context("fork")
            answers = fork.Queue()
            def work():
                for one in function(*given):
                    answers.put(one)
                answers.put("end")
            child = fork.Process(target=work, daemon=True)
            child.start()
            while (one := answers.get(timeout=120)) != "end":
                yield one
            child.join()
        return call
    return wrap
'''

START = """
import os, sys, time
from aigc_core.serving.api import run_actions, run_views
from aigc_core.serving.launch import zero_gpu
zero_gpu.prepare()
import spaces
assert spaces.wrapped == ["train"], spaces.wrapped
name = run_actions.start("vae", {"data": "digits8", "network": "mlp", "width": 8, "latent_size": 2, "steps": 20})
while run_views.follow(name)["status"]["state"] != "done":
    time.sleep(0.2)
from aigc_core.runs.listing import run_named
from aigc_core.runs.run import Run
from aigc_core.common.process_identity import identity
assert run_named(name).status().process != identity(), "trained in the app itself"
assert "torch" not in sys.modules
print("done")
"""


def test_a_training_borrows_the_gpu(tmp_path: Path) -> None:
    (tmp_path / "spaces.py").write_text(SPACES)
    env = os.environ | {
        "SPACES_ZERO_GPU": "1", "PYTHONPATH": f"{tmp_path}{os.pathsep}{PROJECT}", "AIGC_RUNS": str(tmp_path / "runs"),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", START], env=env, capture_output=True, text=True, timeout=180, cwd=tmp_path, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["seconds asked for: 300", "done"]


def test_elsewhere_the_package_is_not_even_looked_for(tmp_path: Path) -> None:
    (tmp_path / "spaces.py").write_text("raise SystemExit('imported')")
    env = os.environ | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{PROJECT}"}
    code = "from aigc_core.serving.launch import zero_gpu; zero_gpu.prepare(); assert not zero_gpu.is_available()"
    subprocess.run([sys.executable, "-c", code], env=env, timeout=60, check=True)
