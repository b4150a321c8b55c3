"""A class as its pages and its door need it: plain values in, plain values out."""

import os
import shutil
import time
from contextlib import suppress
from typing import Any

from aigc_core.common.errors import AigcError
from aigc_core.common.paths import runs_root
from aigc_core.runs import queue, slots
from aigc_core.runs.listing import list_runs
from aigc_core.runs.run import Run
from aigc_core.serving import classroom, launch

LEAST_FREE_MB = 100  # below, the next checkpoint may not fit

User = classroom.User
prepare = launch.zero_gpu.prepare  # for a Space whose GPU is lent by the call
acting_as, joined, signed_in = classroom.acting_as, classroom.joined, classroom.signed_in
visiting, note_arrived, check_room = classroom.visiting, classroom.note_arrived, classroom.check_room
passwords, may_sign_in, largest_request = classroom.passwords, classroom.may_sign_in, classroom.largest_request


def open_class() -> dict[str, Any] | None:
    """What whoever wants to join must know: `title`, whether a `code` is asked for, and whether people come in by
    `passwords` instead; None where there is no class."""
    rules = classroom.rules()
    if rules is None:
        return None
    return {"title": rules.title, "code": bool(rules.code), "passwords": bool(rules.passwords)}


def join(name: str, own_code: str, class_code: str, teacher: bool) -> str:
    """Come in as a student or, with the teacher's code, as a teacher; returns the token to keep.

    Raises:
        ClassError: the name cannot be used, or a code is wrong.
    """
    return classroom.join_as_teacher(class_code) if teacher else classroom.join(name, own_code, class_code)


def begin() -> str:
    """Call when the app starts: clear away what is older than the rules allow; returns the teacher's code, or ""
    where there is no class or people come in by passwords.

    Raises:
        ConfigError: the rules cannot be used.
    """
    launch.attend()
    rules = classroom.rules()
    if rules is None:
        return ""
    slots.slots()
    classroom.passwords()
    classroom.sweep(rules.keep_days, time.time())
    return "" if rules.passwords else classroom.teacher_code()


def me() -> dict[str, Any]:
    """Who asks: `name`, `teacher`, `code` to come back with, `used_mb`, and the class's `rules`; empty without one."""
    rules, person = classroom.rules(), classroom.current_user()
    if rules is None or person is None:
        return {}
    hidden = {"code", "teacher_code", "passwords", "slots"}
    return {
        "name": person.name,
        "teacher": person.teacher,
        "code": "" if rules.passwords else classroom.own_code(person),
        "used_mb": 0.0 if person.teacher else classroom.used_mb(person.name),
        "rules": {key: value for key, value in rules.model_dump().items() if key not in hidden},
    }


def overview() -> dict[str, Any]:
    """For a teacher: `students` with their code, runs, place taken and what they train; `trainings` that are active;
    `slots`; the class's `code`.

    Raises:
        ClassError: who asks is no teacher.
    """
    classroom.check_teacher()
    rules = classroom.rules()
    students: dict[str, dict[str, Any]] = {
        name: {
            "name": name,
            "code": one["code"],
            "runs": 0,
            "state": "",
            "mb": classroom.size_mb(classroom.uploads_folder(name)),
        }
        for name, one in classroom.students().items()
    }
    trainings = []
    for run in list_runs():
        with suppress(AigcError):
            status, made = run.status(), run.manifest.read()
            owner = made.get("owner", "")
            student = students.get(owner, {"runs": 0, "mb": 0.0})
            student["runs"] += 1
            student["mb"] += classroom.size_mb(run.path)
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
    classroom.check_teacher()
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
    classroom.check_teacher()
    found = [run for run in list_runs() if _state(run) == "interrupted"]
    for run in found:
        launch.start(run)
    return len(found)


def _state(run: Run) -> str:
    with suppress(AigcError):
        return run.status().state
    return "damaged"


def forget(name: str) -> None:
    """Take a student out of the class; the runs stay.

    Raises:
        ClassError: who asks is no teacher.
    """
    classroom.check_teacher()
    classroom.forget(name)


def sweep() -> list[str]:
    """Clear old runs away now; returns their names.

    Raises:
        ClassError: who asks is no teacher, or there is no class.
    """
    classroom.check_teacher()
    rules = classroom.rules()
    return [] if rules is None else classroom.sweep(rules.keep_days, time.time())


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
