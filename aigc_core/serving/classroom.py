"""A class on one machine: who is who, and what each may do. Without `$AIGC_CLASS` everybody may do everything.

What it allows are `aigc_core.common.class_rules`.

Who has joined is kept beside the runs in `.class/`: `people.json` (names and codes), `key` (signs the browsers'
cookies), `teacher_code`.
"""

import csv
import hashlib
import hmac
import json
import math
import secrets
import threading
import time
import unicodedata
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock

from aigc_core.common.class_rules import SWITCH, Rules, rules
from aigc_core.common.errors import AigcError, ClassError, ConfigError
from aigc_core.common.files import json_object, size_mb, write_atomic, write_json
from aigc_core.common.paths import runs_root
from aigc_core.families.config import RunConfig
from aigc_core.runs.listing import list_runs
from aigc_core.runs.run import Run

LONGEST_NAME = 40  # characters
TEACHERS = {"teacher", "the teacher", "老师", "老師", "教师", "教師"}  # what no student may be called
TRIES, WINDOW_S = 10, 60.0  # of wrong codes for one name from one address, after which one has to wait there
MOST_REMEMBERED = 2_000  # names and addresses of which wrong codes are remembered
SECONDS_PER_DAY = 86_400
OTHER_REQUESTS_MB = 45  # pictures and films that pages send


# -- who asks ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class User:
    """Someone who has joined."""

    name: str
    teacher: bool = False


_present: ContextVar[User | None] = ContextVar("_present", default=None)


def current_user() -> User | None:
    """Who asks for what is being done now; None outside a class, and for whoever has not joined."""
    return _present.get()


@contextmanager
def acting_as(person: User | None) -> Iterator[None]:
    """What happens within is asked for by this person."""
    token = _present.set(person)
    try:
        yield
    finally:
        _present.reset(token)


def may_change(run: Run) -> bool:
    """Whether who asks may stop, steer, pin and delete this run."""
    return not run.shipped and owns(run.manifest.owner)


def owns(owner: str) -> bool:
    """Whether what belongs to `owner` is at the disposal of who asks; outside a class everything is."""
    if rules() is None:
        return True
    person = current_user()
    return person is not None and (person.teacher or (owner != "" and owner == person.name))


def check_may_change(run: Run) -> None:
    """Raises: ClassError: someone else's run. RunError: one that came with the program."""
    if not owns(run.manifest.owner):
        raise ClassError(
            "class.not_yours", "{run} is not yours: you can look at it, and train one like it.", run=run.name
        )
    run.check_own()


def may_teach() -> bool:
    """Whether who asks may do what in a class only a teacher can; outside one everybody may."""
    person = current_user()
    return rules() is None or (person is not None and person.teacher)


def check_teacher() -> None:
    """Raises: ClassError: this is a class, and who asks is no teacher of it."""
    if not may_teach():
        raise ClassError("class.teachers_only", "In this class only a teacher can do this.")


# -- joining ----------------------------------------------------------------------------------------------

_wrong: OrderedDict[tuple[str, str], list[float]] = OrderedDict()  # when wrong codes came, by name and address
_wrong_lock = threading.Lock()
_address: ContextVar[str] = ContextVar("_address", default="")


@contextmanager
def visiting(address: str) -> Iterator[None]:
    """What happens within comes from this network address."""
    token = _address.set(address)
    try:
        yield
    finally:
        _address.reset(token)


def join(name: str, own_code: str, class_code: str) -> str:
    """Come into the class; returns the token that the browser keeps. A new name gets a code of its own.

    Raises:
        ClassError: the name cannot be used, or a code is wrong.
    """
    allowed = _needed()
    name = unicodedata.normalize("NFC", " ".join(name.split()))
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise ClassError("class.bad_name", "Write your name, with at most {most} characters.", most=LONGEST_NAME)
    if _alike(name) in TEACHERS:
        raise ClassError("class.teachers_name", "“{name}” is the teacher; write your own name.", name=name)
    with _people() as people:
        known = next((one for one in people if _alike(one) == _alike(name)), None)
        if known is None:
            _check(f"class {name}", class_code, allowed.code, "class.wrong_code", "This is not the code of the class.")
            people[name] = {"code": f"{secrets.randbelow(10**6):06d}", "joined": time.time()}
            known = name
        else:
            _check(known, own_code, people[known]["code"], "class.taken", "There is a {name} already: give the code "
                   "that was shown then (your teacher knows it), or another name.", name=known)  # fmt: skip
    return _token(User(known))


def join_as_teacher(code: str) -> str:
    """Likewise as a teacher.

    Raises:
        ClassError: the code is wrong.
    """
    _check("teacher", code, teacher_code(), "class.wrong_teacher_code", "This is not the teacher's code.")
    return _token(User("", teacher=True))


def _alike(name: str) -> str:
    """The same for names that people would take for the same."""
    return unicodedata.normalize("NFKC", name).casefold()


def joined(token: str) -> User | None:
    """Who has this token; None if nobody has, or not any more."""
    try:
        body = urlsafe_b64decode(token.partition(".")[0].encode())
        values = json_object(body)
        person = User(str(values["name"]), bool(values["teacher"]))
    except (ValueError, KeyError, TypeError):
        return None
    return person if hmac.compare_digest(token.encode(), _token(person).encode()) else None


def passwords() -> dict[str, tuple[str, bool]]:
    """Name to password and whether it is a teacher's; empty where people join by themselves.

    Raises:
        ConfigError: the file cannot be read.
    """
    allowed = rules()
    if allowed is None or not allowed.passwords:
        return {}
    try:
        lines = Path(allowed.passwords).read_text(encoding="utf-8").splitlines()
        rows = [[one.strip() for one in row] for row in csv.reader(lines) if row and not row[0].startswith("#")]
        people = {name: (password, rest == ["teacher"]) for name, password, *rest in rows}
        if "" in people or len({_alike(name) for name in people}) < len(rows):
            raise ValueError("a line without a name, or a name twice")
        return people
    except (OSError, ValueError, csv.Error) as problem:
        raise ConfigError(
            "class.bad_passwords",
            "{file} cannot be used ({problem}); it has lines like: name,password or name,password,teacher.",
            file=allowed.passwords,
            problem=problem,
        ) from problem


def may_sign_in(name: str, password: str) -> bool:
    """Whether this is the password of this name; of nobody's once it was wrong too often."""
    known = passwords().get(name)
    try:
        _check(name, password, known[0] if known else secrets.token_hex(), "class.wrong_password", "Wrong password.")
    except ClassError:
        return False
    return True


def signed_in(name: str | None) -> User | None:
    """Who has signed in under this name; None if nobody has."""
    known = passwords().get(name or "")
    return User(str(name), teacher=known[1]) if known else None


def own_code(person: User) -> str:
    """The code with which a student comes back from another browser; empty for a teacher."""
    return str(_read_people().get(person.name, {}).get("code", ""))


def teacher_code() -> str:
    """The one in the rules, or the one that was made up for this folder of runs."""
    allowed = _needed()
    if allowed.teacher_code:
        return allowed.teacher_code
    return _secret("teacher_code", 4)


def students() -> dict[str, dict[str, Any]]:
    """Name to `code` and `joined`, in the order they came; those with a password have no code."""
    by_password = {name: {"code": ""} for name, (_, teacher) in passwords().items() if not teacher}
    return by_password or _read_people()


def forget(name: str) -> None:
    """Take a student out: the name is free, and whoever has its token has to join again. Runs stay."""
    with _people() as people:
        people.pop(name, None)


def _check(whose: str, given: str, right: str, key: str, sentence: str, **values: Any) -> None:
    """Raises: ClassError: a wrong code, or too many of them from one address by or for one person: then no right one
    counts there either."""
    now, lock = time.monotonic(), (_alike(whose)[: 2 * LONGEST_NAME], _address.get())
    with _wrong_lock:
        for old in [one for one, times in _wrong.items() if now - times[-1] >= WINDOW_S]:
            del _wrong[old]
        wrong = [one for one in _wrong.get(lock, []) if now - one < WINDOW_S]
        if len(wrong) >= TRIES:
            raise ClassError("class.wait", "Too many wrong codes; wait a minute.")
        if hmac.compare_digest(given.strip().encode(), right.encode()):
            return
        _wrong[lock] = [*wrong, now]
        while len(_wrong) > MOST_REMEMBERED:
            _wrong.popitem(last=False)
    raise ClassError(key, sentence, **values)


def _token(person: User) -> str:
    """Signed, and worthless once the person's code has changed."""
    body = json.dumps({"name": person.name, "teacher": person.teacher}).encode()
    code = teacher_code() if person.teacher else own_code(person)
    signature = hmac.new(_secret("key", 32).encode(), body + b"\0" + code.encode(), hashlib.sha256).hexdigest()
    return f"{urlsafe_b64encode(body).decode()}.{signature}"


def _secret(name: str, size: int) -> str:
    """One of the class's own, made up when it is needed first."""
    file = _folder() / name
    if not file.exists():
        with FileLock(_folder() / ".lock"):
            if not file.exists():
                write_atomic(file, secrets.token_hex(size))
                file.chmod(0o600)
    return file.read_text().strip()


def _folder() -> Path:
    folder = runs_root() / ".class"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _read_people() -> dict[str, dict[str, Any]]:
    file = _folder() / "people.json"
    try:
        people = json_object(file.read_bytes()) if file.exists() else {}
        if not all(isinstance(one, dict) and isinstance(one.get("code"), str) for one in people.values()):
            raise ValueError("no people")
    except ValueError as problem:
        raise ClassError(
            "class.damaged", "The list of who has joined is damaged: mend or delete {file}.", file=".class/people.json"
        ) from problem
    return people


@contextmanager
def _people() -> Iterator[dict[str, dict[str, Any]]]:
    """The people, to be changed by one at a time."""
    with FileLock(_folder() / ".people.lock"):
        before = _read_people()
        people = dict(before)
        yield people
        if people != before:
            write_json(_folder() / "people.json", people)
            (_folder() / "people.json").chmod(0o600)


def _needed() -> Rules:
    allowed = rules()
    if allowed is None:
        raise ClassError("class.none", "This machine holds no class; it is started with {switch}=1.", switch=SWITCH)
    return allowed


# -- limits -----------------------------------------------------------------------------------------------


def admit(config: RunConfig) -> dict[str, Any]:
    """Look whether who asks may start such a training; returns what the run is to know: its owner and limits.

    Raises:
        ClassError: not now, or not so.
    """
    allowed, person = rules(), current_user()
    if allowed is None:
        return {}
    if person is None:
        raise ClassError("class.join_first", "Join the class first.")
    if person.teacher:
        return {}
    if config.minutes > allowed.minutes:
        raise ClassError(
            "class.minutes", "In this class a training lasts at most {most} minutes.", most=f"{allowed.minutes:g}"
        )
    if config.tries > allowed.tries:
        raise ClassError("class.tries", "In this class a training is tried at most {most} times.", most=allowed.tries)
    if sum(_is_held(run) for run in list_runs() if run.manifest.owner == person.name) >= allowed.waiting:
        raise ClassError("class.waiting", "{count} of your trainings are waiting already.", count=allowed.waiting)
    check_disk(person)
    left_mb = allowed.disk_mb - used_mb(person.name)
    limits = {"minutes": allowed.minutes, "parameters": allowed.parameters, "disk_mb": left_mb}
    return {"owner": person.name, "limits": limits}


def _is_held(run: Run) -> bool:
    """Whether a process waits for its turn, or keeps what it had in memory."""
    with suppress(AigcError):
        return run.status().state in ("queued", "paused")
    return False


def is_student() -> bool:
    """Whether the limits of a class hold for who asks."""
    return not may_teach()


def most_weights() -> int:
    """Of a network that who asks may train; 0 where there is no limit."""
    allowed = rules()
    return allowed.parameters if allowed and is_student() else 0


def largest_request() -> float:
    """Bytes that who asks may send at once; infinite outside a class and for a teacher."""
    allowed = rules()
    if allowed is None or not is_student():
        return math.inf
    return 1e6 * max(allowed.upload_mb, OTHER_REQUESTS_MB)


def largest_upload(person: User) -> int:
    """Bytes that a file of this person may have.

    Raises:
        ClassError: there is no place left for any.
    """
    check_disk(person)
    return 2**62 if person.teacher else round(1e6 * _needed().upload_mb)


_arrived: dict[str, set[Path]] = {}  # by name: files that were sent to the app and that nothing has been made of yet


def note_arrived(files: list[Path]) -> None:
    """Files that who asks has sent count as long as the app keeps them."""
    person = current_user()
    if person is not None and not person.teacher:
        _arrived.setdefault(person.name, set()).update(files)


def _waiting_mb(name: str) -> float:
    files = _arrived.get(name, set())
    files.difference_update([one for one in files if not one.exists()])
    return sum(_bytes(one) for one in files) / 1e6


def _bytes(file: Path) -> int:
    with suppress(OSError):  # it has just gone
        return file.stat().st_size
    return 0


def check_room(size: int) -> None:
    """Raises: ClassError: who asks has no place left for so many bytes more."""
    person = current_user()
    if person is not None:
        check_disk(person, size / 1e6)


def check_disk(person: User, more_mb: float = 0.0) -> None:
    """Raises: ClassError: the person's runs and uploads take all the place there is, or would with so much more."""
    if person.teacher:
        return
    allowed, used = _needed(), used_mb(person.name)
    if used + more_mb >= allowed.disk_mb:
        raise ClassError(
            "class.disk",
            "Your runs take {used} of {most} MB; delete some of them first.",
            used=round(used),
            most=round(allowed.disk_mb),
        )


def uploads_folder(name: str | None) -> Path:
    """Where a person's uploads are kept; None outside a class. Nothing of the name becomes part of a path."""
    root = runs_root() / ".uploads"
    return root / hashlib.sha256(name.encode()).hexdigest()[:16] if name else root


def used_mb(name: str) -> float:
    """What a person's runs and uploads take."""
    places = [run.path for run in list_runs() if run.manifest.owner == name]
    return sum(size_mb(one) for one in [*places, uploads_folder(name)]) + _waiting_mb(name)


def sweep(days: float, now: float) -> list[str]:
    """Delete runs that nobody has touched for so long, and uploads likewise; returns the runs' names.

    Never one that is pinned, active or shipped, nor one in which somebody has named a direction; never an upload that
    a run which stays has learned from.

    Raises:
        ConfigError: `days` is no number above 0.
    """
    if not (math.isfinite(days) and days > 0):
        raise ConfigError("class.bad_days", "“days” must be a number above 0, not {given}.", given=days)
    longest_s, swept = days * SECONDS_PER_DAY, []
    for run in list_runs():
        with suppress(AigcError, OSError):  # a damaged or protected one is for a person to look at
            status = run.status()
            old = now - max(status.heartbeat, run.retention.last_used()) > longest_s
            if old and not (
                run.shipped or run.retention.pinned or run.retention.has_named_directions() or status.active
            ):
                run.delete()
                swept.append(run.name)
    needed = [Path(place) for run in list_runs() if (place := _data_path(run))]  # to go on, and for what compares
    for file in (runs_root() / ".uploads").rglob("*"):
        with suppress(OSError):
            if now - file.stat().st_mtime > longest_s and file.is_file() and not _among(file, needed):
                file.unlink(missing_ok=True)
    return swept


def _among(file: Path, others: list[Path]) -> bool:
    """Whether one of them is this file, by whichever way it is named."""
    return any(one.exists() and one.samefile(file) for one in others)


def _data_path(run: Run) -> str:
    with suppress(AigcError):
        return str(run.manifest.read()["config"].get("data_path", ""))
    return ""
