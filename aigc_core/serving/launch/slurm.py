"""Trainings as jobs of a Slurm cluster, by `submitit`, on machines that share this program's folder and the runs.

`$AIGC_SLURM` holds options of submitit, such as ``slurm_partition=gpu,gpus_per_node=1,timeout_min=120``. Slurm queues a
job again whose machine died; it then goes on from the last checkpoint.
"""

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from aigc_core.common.cores import wait_briefly
from aigc_core.common.errors import ConfigError, not_installed
from aigc_core.common.paths import runs_root
from aigc_core.runs.run import Run

if TYPE_CHECKING:
    import submitit

DEFAULTS = {"cpus_per_task": 2, "timeout_min": 24 * 60}


def train(path: str) -> None:
    """What a job does."""
    wait_briefly()
    from aigc_core.evaluation.pipeline import fit_and_judge
    from aigc_core.serving import launch

    run = Run(Path(path))
    signal.signal(
        signal.SIGUSR2, lambda *given: run.control.request("stop")
    )  # so submitit says that the time is nearly over
    fit_and_judge(run, onward=launch.start)


def start(run: Run) -> None:
    """Hand a run to the cluster.

    Raises:
        ConfigError: options that cannot be used, or that Slurm refuses. RunError: submitit is not installed.
    """
    executor = _executor()
    try:
        _jobs[run.path] = job = executor.submit(train, str(run.path))
    except (RuntimeError, OSError) as problem:
        raise _unusable(problem) from problem
    run.set_cluster_job(job.job_id)


def is_pending(run: Run) -> bool:
    """Whether its job has not ended yet."""
    job = _job(run)
    return job is not None and not job.done()


def withdraw(run: Run) -> None:
    """Take its job from the queue."""
    job = _job(run)
    if job is not None:
        job.cancel()
        run.set_cluster_job(None)


_jobs: "dict[Path, submitit.Job[None]]" = {}  # that this app has handed over


def _job(run: Run) -> "submitit.Job[None] | None":
    """Its newest job, whichever app has handed it over; None if there is none."""
    number = run.cluster_job()
    if number is None:
        return None
    if run.path not in _jobs or _jobs[run.path].job_id != number:
        import submitit

        _jobs[run.path] = submitit.SlurmJob(_folder(), number)
    return _jobs[run.path]


def _folder() -> Path:
    return runs_root() / ".jobs"


def _executor() -> "submitit.Executor":
    try:
        import submitit
    except ImportError as problem:
        raise not_installed("submitit") from problem
    pairs = [one.partition("=") for one in os.environ.get("AIGC_SLURM", "").split(",") if one]
    given = {key: value for key, _, value in pairs}
    try:
        executor = submitit.AutoExecutor(_folder(), cluster=given.pop("cluster", None))
        options = {key: int(value) if value.isdecimal() else value for key, value in given.items()}
        executor.update_parameters(**DEFAULTS | options)
    except (RuntimeError, NameError, TypeError, ValueError) as problem:
        raise _unusable(problem) from problem
    return executor


def _unusable(problem: Exception) -> ConfigError:
    return ConfigError("launch.bad_slurm", "Slurm cannot be used so ({problem}); see AIGC_SLURM.", problem=problem)
