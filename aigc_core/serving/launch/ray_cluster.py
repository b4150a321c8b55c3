"""Trainings on a Ray cluster (`$RAY_ADDRESS`) whose machines share this program's folder and that of the runs.

Each run is an actor that belongs to no driver, so it outlives the app; Ray starts it when a machine has room, and again
on another one when its machine dies: it then goes on from the last checkpoint.
"""

import logging
import os
import socket
import threading
import time
import traceback
from contextlib import redirect_stderr, redirect_stdout
from io import TextIOWrapper
from pathlib import Path
from types import ModuleType

from aigc_core.common.errors import AigcError, RunError, not_installed
from aigc_core.common.paths import PROJECT, runs_root
from aigc_core.runs.run import Run
from aigc_core.runs.status import ELSEWHERE_S

NAMESPACE = "aigc-studio"
RESTARTS = 20  # of one training by dying machines: what kills its machine must not go round for ever
# Of the environment; no codes, no tokens. A training that is to be tried again hands the next one over itself.
PASSED_ON = ("AIGC_DATA", "AIGC_LAUNCHER", "AIGC_METADATA_MARK", "HF_HOME", "HF_ENDPOINT")
PATIENCE_S = 10.0  # with a cluster that does not answer
CPUS = 1  # of a training; where the cluster has GPUs, one of them, too


_connecting = threading.Lock()


class Trainer:
    """Trains one run in the process that Ray gives it, and ends with it."""

    def __init__(self, path: str) -> None:
        threading.Thread(target=self._train, args=(Run(Path(path)),), daemon=True).start()

    def _train(self, run: Run) -> None:
        import ray

        try:
            with TextIOWrapper(run.open_log()) as log, redirect_stdout(log), redirect_stderr(log):
                try:
                    _fit_once_free(run)
                except AigcError as error:  # the run's status says it, too
                    print(f"Error: {error}", flush=True)
                except Exception:  # noqa: BLE001 — a defect, which must not begin anew on the next machine
                    traceback.print_exc()
        finally:
            ray.kill(ray.get_runtime_context().current_actor, no_restart=True)


def _fit_once_free(run: Run) -> None:
    """A machine that has just died may hold it for a moment longer."""
    from aigc_core.evaluation.pipeline import fit_and_judge
    from aigc_core.serving import launch

    end = time.monotonic() + ELSEWHERE_S
    while True:
        try:
            fit_and_judge(run, onward=launch.start)
            return
        except RunError as error:
            if error.message["key"] != "run.busy" or time.monotonic() > end:
                raise
            time.sleep(1)


def start(run: Run) -> None:
    """Hand a run to the cluster.

    Raises:
        RunError: Ray is not installed, or no cluster answers.
    """
    ray = _connected()
    try:
        ray.remote(Trainer).options(
            name=str(run.path), lifetime="detached", max_restarts=RESTARTS, num_cpus=CPUS,
            num_gpus=min(1, ray.cluster_resources().get("GPU", 0)),
        ).remote(str(run.path))  # fmt: skip
    except (ray.exceptions.RayError, ValueError) as problem:  # ValueError: somebody else has just handed it over
        raise _no_cluster(problem) from problem


def is_pending(run: Run) -> bool:
    """Whether the cluster still knows it."""
    return _actor(run) is not None


def withdraw(run: Run) -> None:
    """Take it from the cluster."""
    if (actor := _actor(run)) is not None:
        _connected().kill(actor, no_restart=True)
        end = time.monotonic() + PATIENCE_S
        while _actor(run) is not None and time.monotonic() < end:
            time.sleep(0.1)


def _actor(run: Run) -> object | None:
    try:
        return _connected().get_actor(str(run.path))
    except ValueError:  # Ray's word for none of that name
        return None


def _connected() -> ModuleType:
    """The library, connected to the cluster."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError as problem:
        raise not_installed("ray") from problem
    with _connecting:
        if not ray.is_initialized():
            given = {key: os.environ[key] for key in PASSED_ON if key in os.environ}
            given |= {"PYTHONPATH": str(PROJECT), "OMP_NUM_THREADS": str(CPUS), "AIGC_RUNS": str(runs_root())}
            try:
                _check_reachable(_address())
                ray.init(
                    _address(), namespace=NAMESPACE, runtime_env={"env_vars": given}, log_to_driver=False,
                    logging_level=logging.ERROR,
                )  # fmt: skip
            except (OSError, RuntimeError, ValueError) as problem:
                raise _no_cluster(problem) from problem
    return ray


def _address() -> str:
    return os.environ.get("RAY_ADDRESS", "auto")


def _no_cluster(problem: Exception) -> RunError:
    return RunError(
        "launch.no_cluster",
        "No Ray cluster answers at {address} ({problem}); start one, or set RAY_ADDRESS.",
        address=_address(),
        problem=str(problem).split("\n")[0],
    )


def _check_reachable(address: str) -> None:
    """Ray itself waits for minutes where nobody answers."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if host and port.isdecimal():
        socket.create_connection((host, int(port)), PATIENCE_S).close()
