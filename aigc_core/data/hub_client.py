"""The Hugging Face Hub's own client, with sentences where it has exceptions."""

from pathlib import Path

from huggingface_hub import HfApi, constants, snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
)
from tqdm import tqdm

from aigc_core.common.errors import AigcError, DataError
from aigc_core.common.progress import ProgressCallback

# The client lets errors of its HTTP library through, and which library that is depends on the client's version.
TROUBLE: tuple[type[BaseException], ...] = (OSError, *HfHubHTTPError.__bases__)


def snapshot(name: str, revision: str | None, files: list[str], progress: ProgressCallback) -> Path:
    """Files of a model on the Hub, where the Hub's own client keeps them; the folder's name is the commit.

    HF_ENDPOINT, HF_TOKEN, HF_HOME and HF_HUB_OFFLINE mean what they mean everywhere.

    Args:
        files: patterns of their names.

    Raises:
        DataError: they cannot be fetched; the sentence says what helps.
    """
    try:
        path = snapshot_download(name, revision=revision, allow_patterns=files, tqdm_class=_bar(name, progress))
    except GatedRepoError as problem:
        raise DataError(
            "hub.gated",
            "“{name}” is open only to people its owners have approved: ask for access on {hub}/{name}, then set "
            "HF_TOKEN to your token.",
            name=name,
            hub=constants.ENDPOINT,
        ) from problem
    except (RepositoryNotFoundError, HFValidationError) as problem:
        raise DataError(
            "hub.no_such_model",
            "On {hub} there is no model “{name}” that everyone may read: check the name, or, if it is a private "
            "one of yours, set HF_TOKEN to your token.",
            name=name,
            hub=constants.ENDPOINT,
        ) from problem
    except TROUBLE as problem:
        raise _not_fetched(name, problem) from problem
    return Path(path)


def _not_fetched(name: str, problem: BaseException) -> AigcError:
    cause = problem if isinstance(problem, HfHubHTTPError) else problem.__cause__ or problem
    if isinstance(cause, OfflineModeIsEnabled):
        return DataError(
            "hub.offline",
            "“{name}” is not on this machine, and HF_HUB_OFFLINE forbids fetching it: unset that. No internet: "
            "download it elsewhere and give the folder.",
            name=name,
        )
    said = f"HTTP {cause.response.status_code}" if isinstance(cause, HfHubHTTPError) else type(cause).__name__
    return DataError(
        "data.no_hub",
        "“{name}” could not be fetched from the Hugging Face Hub ({problem}). No internet: download it "
        "elsewhere and give the folder, or set HF_ENDPOINT to a mirror you can reach.",
        name=name,
        problem=getattr(cause, "strerror", None) or said,
    )


def _bar(name: str, progress: ProgressCallback) -> type[tqdm]:
    """What the client takes for a progress bar: it draws nothing and reports the part of the bytes that are here."""

    class Bar(tqdm):
        def __init__(self, *values: object, **options: object) -> None:
            self._of_bytes = options.get("unit") == "B"  # others count files
            super().__init__(*values, **options | {"disable": True})

        def update(self, n: float | None = 1) -> None:
            self.n += n or 0
            if self._of_bytes and self.total:
                progress(min(1.0, self.n / self.total), name)

    return Bar


def upload(folder: Path, name: str, private: bool) -> str:
    """Make a model of this name on the Hub, or renew it, with all files of a folder; returns its address.

    Raises:
        DataError: no right to, or no connection; the sentence says what helps.
    """
    api = HfApi()
    try:
        place = api.create_repo(name, private=private, exist_ok=True)
        api.upload_folder(repo_id=name, folder_path=folder, commit_message="A model trained with AIGC Studio")
    except HFValidationError as problem:
        raise DataError("hub.bad_name", "“{name}” is no name for a model; write user/name.", name=name) from problem
    except TROUBLE as problem:
        cause = problem if isinstance(problem, HfHubHTTPError) else problem.__cause__ or problem
        if isinstance(cause, HfHubHTTPError) and cause.response.status_code in (401, 403):
            raise DataError(
                "hub.no_right",
                "The Hub lets nobody without the right token write to “{name}”: set HF_TOKEN to one of yours that may "
                "write, from {hub}/settings/tokens.",
                name=name,
                hub=constants.ENDPOINT,
            ) from problem
        raise _not_fetched(name, problem) from problem
    return str(place)
