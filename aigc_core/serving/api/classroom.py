"""What the Class page and the sign-in ask of a class: plain values in, plain values out."""

import os
import shutil
import time
from contextlib import suppress
from typing import Any, TypedDict

from aigc_core.common import class_rules
from aigc_core.common.errors import AigcError
from aigc_core.common.files import size_mb
from aigc_core.common.paths import runs_root
from aigc_core.runs import queue, slots
from aigc_core.runs.listing import list_runs
from aigc_core.runs.run import Run
from aigc_core.serving import launch
from aigc_core.serving.classroom import quotas, retention, sign_in, users

LEAST_FREE_MB = 100  # below, the next checkpoint may not fit

User = users.User
prepare = launch.zero_gpu.prepare  # for a Space whose GPU is lent by the call
acting_as, user_of_token, user_of_password = users.acting_as, sign_in.user_of_token, sign_in.user_of_password
from_address, note_uploads, check_space = sign_in.from_address, quotas.note_uploads, quotas.check_space
passwords, is_password_right, largest_request = sign_in.passwords, sign_in.is_password_right, quotas.largest_request


class OpenClass(TypedDict):
    """What whoever wants to join must know: whether a code is asked for, or people come in by passwords instead."""

    title: str
    code: bool
    passwords: bool


def open_class() -> OpenClass | None:
    """The class that can be joined; None where there is none."""
    rules = class_rules.rules()
    if rules is None:
        return None
    return {"title": rules.title, "code": bool(rules.code), "passwords": bool(rules.passwords)}


def join(name: str, own_code: str, class_code: str, teacher: bool) -> str:
    """Come in as a student or, with the teacher's code, as a teacher; returns the token to keep.

    Raises:
        ClassError: the name cannot be used, or a code is wrong.
    """
    return sign_in.join_as_teacher(class_code) if teacher else sign_in.join(name, own_code, class_code)


def on_startup() -> str:
    """Call when the app starts: clear away what is older than the rules allow; returns the teacher's code, or ""
    where there is no class or people come in by passwords.

    Raises:
        ConfigError: the rules cannot be used.
    """
    launch.watch_pending_runs()
    rules = class_rules.rules()
    if rules is None:
        return ""
    slots.slots()
    sign_in.passwords()
    retention.sweep(rules.keep_days, time.time())
    return "" if rules.passwords else sign_in.teacher_code()


def me() -> dict[str, Any]:
    """Who asks: `name`, `teacher`, `code` to come back with, `used_mb`, and the class's `rules`; empty without one."""
    rules, user = class_rules.rules(), users.current_user()
    if rules is None or user is None:
        return {}
    hidden = {"code", "teacher_code", "passwords", "slots"}
    return {
        "name": user.name,
        "teacher": user.teacher,
        "code": "" if rules.passwords else sign_in.student_code(user),
        "used_mb": 0.0 if user.teacher else quotas.used_mb(user.name),
        "rules": {key: value for key, value in rules.model_dump().items() if key not in hidden},
    }


def overview() -> dict[str, Any]:
    """For a teacher: `students` with their code, runs, place taken and what they train; `trainings` that are active;
    `slots`; the class's `code`.

    Raises:
        ClassError: who asks is no teacher.
    """
    users.check_teacher()
    rules = class_rules.rules()
    students: dict[str, dict[str, Any]] = {
        name: {
            "name": name,
            "code": one["code"],
            "runs": 0,
            "state": "",
            "mb": size_mb(quotas.uploads_folder(name)),
        }
        for name, one in sign_in.students().items()
    }
    trainings = []
    for run in list_runs():
        with suppress(AigcError):
            status, made = run.status(), run.manifest.read()
            owner = made.get("owner", "")
            student = students.get(owner, {"runs": 0, "mb": 0.0})
            student["runs"] += 1
            student["mb"] += size_mb(run.path)
            if status.active or status.state == "interrupted":
                trainings.append({
                    "run": run.name, "owner": owner, "family": made["config"]["family"], "state": status.state,
                    "step": status.step, "total_steps": status.total_steps, "eta_s": status.eta_s,
                    "message": status.message,
                })  # fmt: skip
                student["state"] = student.get("state") or status.state  # the newest run comes first
    return {
        "students": list(students.values()),
        "trainings": trainings,
        "slots": slots.slots(),
        "code": rules.code if rules else "",
    }


def stop_all() -> int:
    """Ask every active training to stop, keeping its checkpoint; returns how many were asked.

    Raises:
        ClassError: who asks is no teacher.
    """
    users.check_teacher()
    asked = 0
    for run in list_runs():
        with suppress(AigcError):
            status = run.status()
            if status.active or (status.state == "done" and status.alive()):  # being judged, to be tried again
                run.control.request("stop")
                asked += status.active
    return asked


def resume_all() -> int:
    """Start what was interrupted again, as after a power cut; returns how many.

    Raises:
        ClassError: who asks is no teacher.
    """
    users.check_teacher()
    found = [run for run in list_runs() if _state(run) == "interrupted"]
    for run in found:
        launch.start(run)
    return len(found)


def _state(run: Run) -> str:
    with suppress(AigcError):
        return run.status().state
    return "damaged"


def remove_student(name: str) -> None:
    """Take a student out of the class; the runs stay.

    Raises:
        ClassError: who asks is no teacher.
    """
    users.check_teacher()
    sign_in.remove_student(name)


def sweep() -> list[str]:
    """Clear old runs away now; returns their names.

    Raises:
        ClassError: who asks is no teacher, or there is no class.
    """
    users.check_teacher()
    rules = class_rules.rules()
    return [] if rules is None else retention.sweep(rules.keep_days, time.time())


def health() -> dict[str, Any]:
    """For whoever watches the machine: `ok`, trainings `running` and `waiting`, `free_mb` where runs are written."""
    root = runs_root()
    try:
        root.mkdir(parents=True, exist_ok=True)
        tickets = queue.living(root / ".queue")
        free_mb = shutil.disk_usage(root).free / 1e6
    except OSError as problem:
        return {"ok": False, "problem": problem.strerror or str(problem)}
    running = sum(one.running for one in tickets)
    return {
        "ok": free_mb > LEAST_FREE_MB and os.access(root, os.W_OK),
        "running": running,
        "waiting": len(tickets) - running,
        "free_mb": round(free_mb),
    }
