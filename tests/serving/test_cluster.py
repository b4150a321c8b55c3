"""More than one process, machine and queue: torchrun over two hosts, Ray with a node that dies, Slurm's stand-in."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from aigc_core.common.errors import ConfigError, RunError
from aigc_core.common.paths import PROJECT
from aigc_core.families.config import RunConfig
from aigc_core.runs.listing import run_named
from aigc_core.runs.run import Run
from aigc_core.serving import launch
from aigc_core.serving.api import run_actions
from aigc_core.serving.launch import slurm
from aigc_core.training.trainer import fit
from tests.helpers.processes import wait_for
from tests.helpers.runs import TINY, pairs_of, tiny, values_of

ALONE = os.environ | {"OMP_NUM_THREADS": "1"}
SETTINGS = TINY["vae"] | {"device": "cpu", "checkpoint_every": 20}


# -- one training by several processes --------------------------------------------------------------------


def train_words(config: RunConfig, out: Path) -> list[str]:
    pairs = [word for pair in pairs_of(config) for word in ("--set", pair)]
    return ["-m", "aigc_core", "train", config.family, "--out", str(out), *pairs]


def assert_as_one(config: RunConfig, run: Run, processes: int, tmp_path: Path) -> None:
    alone = Run.create(config, tmp_path / "alone")
    fit(alone)
    assert run.manifest.read()["environment"]["processes"] == processes
    ours, theirs = values_of(alone), values_of(run)
    assert ours.keys() == theirs.keys()
    for step in ours:  # rounding decides where a gradient is nearly 0: see test_loop
        assert theirs[step] == pytest.approx(ours[step], rel=2e-3, abs=2e-4), step


@pytest.mark.slow
@pytest.mark.parametrize("family", ["gan", "vae", "gpt"])
def test_four_processes_learn_as_one(family: str, tmp_path: Path) -> None:
    config = tiny(family, steps=8, precision="float32", device="cpu")
    words = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node=4", "--standalone"]
    subprocess.run([*words, *train_words(config, tmp_path / "run")], cwd=PROJECT, env=ALONE, timeout=280, check=True)
    assert_as_one(config, Run(tmp_path / "run"), 4, tmp_path)


@pytest.mark.slow
def test_accelerate_launch_is_as_good(tmp_path: Path) -> None:
    config = tiny("vae", steps=8, precision="float32", device="cpu")
    words = [sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2",
             "--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no"]  # fmt: skip
    subprocess.run([*words, *train_words(config, tmp_path / "run")], cwd=PROJECT, env=ALONE, timeout=280, check=True)
    assert_as_one(config, Run(tmp_path / "run"), 2, tmp_path)


@contextmanager
def two_hosts() -> Iterator[tuple[str, str]]:
    """Two network namespaces with a cable between them: names; the first has address 10.77.0.1."""
    names = (f"aigc-{os.getpid()}-a", f"aigc-{os.getpid()}-b")
    with ExitStack() as stack:
        for name in names:
            if subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False).returncode:
                pytest.skip("only root may make network namespaces, where the system lets it")
            stack.callback(subprocess.run, ["ip", "netns", "del", name], check=False)
        cable = ["ip", "link", "add", "v0", "netns", names[0], "type", "veth", "peer", "name", "v0", "netns", names[1]]
        if subprocess.run(cable, capture_output=True, check=False).returncode:
            pytest.skip("this system has no cables between network namespaces (veth)")
        for number, name in enumerate(names, 1):
            for words in (["link", "set", "lo", "up"], ["addr", "add", f"10.77.0.{number}/24", "dev", "v0"],
                          ["link", "set", "v0", "up"]):  # fmt: skip
                subprocess.run(["ip", "-n", name, *words], check=True)
        yield names


@pytest.mark.slow
def test_two_hosts_learn_as_one(tmp_path: Path) -> None:
    config = tiny("vae", steps=8, precision="float32", device="cpu")
    with two_hosts() as hosts:
        processes = []
        for rank, host in enumerate(hosts):
            words = [sys.executable, "-m", "torch.distributed.run", "--nnodes=2", "--nproc_per_node=1",
                     f"--node_rank={rank}", "--master_addr=10.77.0.1", "--master_port=29511"]  # fmt: skip
            inside = ["ip", "netns", "exec", host, *words, *train_words(config, tmp_path / "run")]
            processes.append(subprocess.Popen(inside, cwd=PROJECT, env=ALONE | {"GLOO_SOCKET_IFNAME": "v0"}))
        assert [one.wait(timeout=240) for one in processes] == [0, 0]
    assert_as_one(config, Run(tmp_path / "run"), 2, tmp_path)


# -- many trainings on many machines ------------------------------------------------------------------------


def test_an_unknown_launcher_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIGC_LAUNCHER", "kubernetes")
    with pytest.raises(ConfigError, match="local, ray, slurm"):
        run_actions.start("vae", SETTINGS)


def test_a_cluster_that_does_not_answer_is_a_sentence_and_the_run_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ray", reason="pip install -r requirements-cluster.txt")
    monkeypatch.setenv("AIGC_LAUNCHER", "ray")
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:9")
    run = Run.create(tiny("vae"))
    with pytest.raises(RunError, match="No Ray cluster answers"):
        launch.start(run)
    status = run.status()
    assert status.state == "failed" and status.message and status.message["key"] == "launch.no_cluster"
    with pytest.raises(RunError, match="No Ray cluster answers"):
        run_actions.start("vae", SETTINGS)


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A real Ray cluster of a head, which computes nothing, and three nodes of one core each."""
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    ray = pytest.importorskip("ray", reason="pip install -r requirements-cluster.txt")
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "object_store_memory": 80_000_000})
    try:
        made.workers = [made.add_node(num_cpus=1, object_store_memory=80_000_000) for _ in range(3)]
        monkeypatch.setenv("AIGC_LAUNCHER", "ray")
        monkeypatch.setenv("RAY_ADDRESS", made.address)
        yield made
    finally:
        ray.shutdown()
        made.shutdown()


def node_of(cluster: Any, run: Run) -> Any:
    """The node whose process trains this run."""
    trainer = psutil.Process(int((run.status().process or "").split("|")[2]))
    above = {one.pid for one in trainer.parents()}
    return next(one for one in cluster.workers if one.all_processes["raylet"][0].process.pid in above)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_twelve_runs_on_three_nodes_of_which_one_dies(cluster: Any) -> None:
    runs = [run_named(run_actions.start("vae", SETTINGS | {"steps": 1000, "seed": seed})) for seed in range(12)]
    wait_for(lambda: any(run.status().state == "running" and run.checkpoints.steps() for run in runs), 120)
    trained = [run for run in runs if run.status().state == "running" and run.checkpoints.steps()]
    victim = min(trained, key=lambda run: run.status().step)  # which will not be over in a moment
    reached = victim.checkpoints.steps()[-1]
    cluster.remove_node(node_of(cluster, victim), allow_graceful=False)
    wait_for(lambda: victim.status().state != "running", 30)
    wait_for(lambda: all(run.status().state == "done" for run in runs), 600)
    assert victim.status().attempt > 1, "it was not the one that died"
    starts = [event["step"] for event in victim.events()[0] if event["kind"] == "metrics"]
    assert len(starts) == len(set(starts)) and reached > 0
    assert all(run.checkpoints.steps()[-1] == 1000 for run in runs)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_run_on_ray_is_stopped_paused_and_dropped_through_its_files(cluster: Any) -> None:
    busy = [
        run_named(run_actions.start("vae", SETTINGS | {"steps": 1_000_000, "seed": seed, "compile": "off"}))
        for seed in range(3)
    ]
    wait_for(lambda: all(run.status().step > 0 for run in busy), 120)
    waiting = run_named(run_actions.start("vae", SETTINGS | {"steps": 20}))
    launch.watch_pending_runs()
    time.sleep(3)
    assert waiting.status().state == "queued"
    run_actions.request(waiting.name, "stop")
    wait_for(lambda: waiting.status().state == "stopped", 30)
    run_actions.request(busy[0].name, "pause")
    wait_for(lambda: busy[0].status().state == "paused", 30)
    run_actions.request(busy[0].name, "resume")
    wait_for(lambda: busy[0].status().state == "running", 30)
    for run in busy:
        run_actions.request(run.name, "stop")
    wait_for(lambda: all(run.status().state == "stopped" for run in busy), 60)
    run_actions.request(busy[1].name, "resume")
    step = busy[1].status().step
    wait_for(lambda: busy[1].status().step > step, 60)
    run_actions.request(busy[1].name, "stop")
    wait_for(lambda: busy[1].status().state == "stopped", 60)


@pytest.mark.slow
def test_a_slurm_job_trains_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("submitit", reason="pip install -r requirements-cluster.txt")
    monkeypatch.setenv("AIGC_LAUNCHER", "slurm")
    monkeypatch.setenv("AIGC_SLURM", "cluster=local")  # submitit's own stand-in: a process in place of a job
    monkeypatch.setenv("PYTHONPATH", str(PROJECT))
    run = run_named(run_actions.start("vae", SETTINGS | {"steps": 20}))
    assert slurm.is_pending(run)
    wait_for(lambda: run.status().state == "done", 120)
    wait_for(lambda: not slurm.is_pending(run), 30)
    monkeypatch.setenv("AIGC_SLURM", "cluster=local,nonsense=1")
    with pytest.raises(ConfigError, match="AIGC_SLURM"):
        run_actions.start("vae", SETTINGS)
