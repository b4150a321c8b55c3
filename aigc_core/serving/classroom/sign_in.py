"""How people come into a class: by its code or by passwords, and what keeps guesses out."""

import csv
import hashlib
import hmac
import json
import secrets
import threading
import time
import unicodedata
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from filelock import FileLock

from aigc_core.common.class_rules import rules
from aigc_core.common.errors import ClassError, ConfigError
from aigc_core.common.files import json_object, text_by_hand, write_atomic, write_json
from aigc_core.common.paths import absolute, runs_root
from aigc_core.serving.classroom.users import User, required_rules

LONGEST_NAME = 40  # characters
TEACHERS = {"teacher", "the teacher", "老师", "老師", "教师", "教師"}  # what no student may be called
SEPARATORS = ",;\t，"  # of a list of passwords: as spreadsheets and people put them
HEADINGS = {("name", "password"), ("姓名", "密码"), ("名字", "密码"), ("姓名", "口令")}
TRIES, WINDOW_S = 10, 60.0  # of wrong codes for one name from one address, after which one has to wait there
MOST_REMEMBERED = 2_000  # names and addresses of which wrong codes are remembered

# When wrong codes came, by name and address.
_failed_attempts: OrderedDict[tuple[str, str], list[float]] = OrderedDict()
_attempts_lock = threading.Lock()
_address: ContextVar[str] = ContextVar("_address", default="")


@contextmanager
def from_address(address: str) -> Iterator[None]:
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
    allowed = required_rules()
    name = _as_written(name)
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise ClassError("class.bad_name", "Write your name, with at most {most} characters.", most=LONGEST_NAME)
    if _normalized(name) in TEACHERS:
        raise ClassError("class.teachers_name", "“{name}” is the teacher; write your own name.", name=name)
    with _editing_people() as people:
        known = next((one for one in people if _normalized(one) == _normalized(name)), None)
        if known is None:
            _check_code(
                f"class {name}", class_code, allowed.code, "class.wrong_code", "This is not the code of the class."
            )
            people[name] = {"code": f"{secrets.randbelow(10**6):06d}", "joined": time.time()}
            known = name
        else:
            _check_code(
                known,
                own_code,
                people[known]["code"],
                "class.taken",
                "There is a {name} already: give the code that was shown then (your teacher knows it), or another "
                "name.",
                name=known,
            )
    return _signed_token(User(known))


def join_as_teacher(code: str) -> str:
    """Likewise as a teacher.

    Raises:
        ClassError: the code is wrong.
    """
    _check_code("teacher", code, teacher_code(), "class.wrong_teacher_code", "This is not the teacher's code.")
    return _signed_token(User("", teacher=True))


def _normalized(name: str) -> str:
    """The same for names that people would take for the same."""
    return unicodedata.normalize("NFKC", name).casefold()


def user_of_token(token: str) -> User | None:
    """Who has this token; None if nobody has, or not any more."""
    try:
        body = urlsafe_b64decode(token.partition(".")[0].encode())
        values = json_object(body)
        user = User(str(values["name"]), bool(values["teacher"]))
    except (ValueError, KeyError, TypeError):
        return None
    return user if hmac.compare_digest(token.encode(), _signed_token(user).encode()) else None


def passwords() -> dict[str, tuple[str, bool]]:
    """Name to password and whether it is a teacher's; empty where people join by themselves.

    Raises:
        ConfigError: the file cannot be read.
    """
    allowed = rules()
    if allowed is None or not allowed.passwords:
        return {}
    try:
        return _people(text_by_hand(absolute(allowed.passwords)))
    except (OSError, ValueError, csv.Error) as problem:
        raise ConfigError(
            "class.bad_passwords",
            "{file} cannot be used ({problem}); it has lines like: name,password or name,password,teacher.",
            file=allowed.passwords,
            problem=problem,
        ) from problem


def _people(text: str) -> dict[str, tuple[str, bool]]:
    """The lines of a list of passwords; a spreadsheet may have put other separators, or quotes, or empty cells behind.

    Raises:
        ValueError: a line is none.
    """
    numbered = enumerate(text.splitlines(), 1)
    lines = {number: one for number, one in numbered if one.strip() and not one.lstrip().startswith("#")}
    separator = next((one for one in SEPARATORS if all(one in line for line in lines.values())), ",")
    people: dict[str, tuple[str, bool]] = {}
    names = set()
    for number, row in zip(lines, csv.reader(lines.values(), delimiter=separator), strict=True):
        cells = [one.strip() for one in row]
        name, password, role = [*cells, "", ""][:3]
        heading = not people and (name.casefold(), password.casefold()) in HEADINGS
        if heading or not any(cells):
            continue
        if any(cells[3:]) or not name or not password or role.casefold() not in TEACHERS | {""}:
            raise ValueError(f"line {number}")
        name = _as_written(name)
        if _normalized(name) in names:
            raise ValueError(f"{name} twice")
        names.add(_normalized(name))
        people[name] = password, bool(role)
    return people


def _as_written(name: str) -> str:
    return unicodedata.normalize("NFC", " ".join(name.split()))


def is_password_right(name: str, password: str) -> bool:
    """Whether this is the password of this name; of nobody's once it was wrong too often."""
    known = passwords().get(_as_written(name))
    try:
        _check_code(
            name, password, known[0] if known else secrets.token_hex(), "class.wrong_password", "Wrong password."
        )
    except ClassError:
        return False
    return True


def user_of_password(name: str | None) -> User | None:
    """Who has signed in under this name; None if nobody has."""
    name = _as_written(name or "")
    known = passwords().get(name)
    return User(name, teacher=known[1]) if known else None


def student_code(user: User) -> str:
    """The code with which a student comes back from another browser; empty for a teacher."""
    return str(_read_people().get(user.name, {}).get("code", ""))


def teacher_code() -> str:
    """The one in the rules, or the one that was made up for this folder of runs."""
    allowed = required_rules()
    if allowed.teacher_code:
        return allowed.teacher_code
    return _secret("teacher_code", 4)


def students() -> dict[str, dict[str, Any]]:
    """Name to `code` and `joined`, in the order they came; those with a password have no code."""
    by_password = {name: {"code": ""} for name, (_, teacher) in passwords().items() if not teacher}
    return by_password or _read_people()


def remove_student(name: str) -> None:
    """Take a student out: the name is free, and whoever has its token has to join again. Runs stay."""
    with _editing_people() as people:
        people.pop(name, None)


def _check_code(whose: str, given: str, right: str, key: str, sentence: str, **values: object) -> None:
    """Raises: ClassError: a wrong code, or too many of them from one address by or for one person: then no right one
    counts there either."""
    now, lock = time.monotonic(), (_normalized(whose)[: 2 * LONGEST_NAME], _address.get())
    with _attempts_lock:
        for old in [one for one, times in _failed_attempts.items() if now - times[-1] >= WINDOW_S]:
            del _failed_attempts[old]
        wrong = [one for one in _failed_attempts.get(lock, []) if now - one < WINDOW_S]
        if len(wrong) >= TRIES:
            raise ClassError("class.wait", "Too many wrong codes; wait a minute.")
        if hmac.compare_digest(given.strip().encode(), right.encode()):
            return
        _failed_attempts[lock] = [*wrong, now]
        while len(_failed_attempts) > MOST_REMEMBERED:
            _failed_attempts.popitem(last=False)
    raise ClassError(key, sentence, **values)


def _signed_token(user: User) -> str:
    """Signed, and worthless once the person's code has changed."""
    body = json.dumps({"name": user.name, "teacher": user.teacher}).encode()
    code = teacher_code() if user.teacher else student_code(user)
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
def _editing_people() -> Iterator[dict[str, dict[str, Any]]]:
    """The people, to be changed by one at a time."""
    with FileLock(_folder() / ".people.lock"):
        before = _read_people()
        people = dict(before)
        yield people
        if people != before:
            write_json(_folder() / "people.json", people)
            (_folder() / "people.json").chmod(0o600)
