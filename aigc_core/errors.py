"""The errors that a person can cause, each with one sentence: what, why, what to do.

Every error carries a `key` and the `values` of its sentence, so that a page can say the same sentence in
another language. The English sentence is written where the error is raised.
"""


class AigcError(Exception):
    """Base of all errors that are meant for a person; anything else is a defect of the program.

    Args:
        key: stable name of the sentence, for example ``"run.not_found"``.
        sentence: the English sentence, with ``{name}`` fields.
        **values: what fills the fields.
    """

    def __init__(self, key: str, sentence: str, **values: object) -> None:
        self.key = key
        self.values = values
        super().__init__(sentence.format(**values))


class ConfigError(AigcError):
    """A setting that does not exist or cannot have that value."""


class DataError(AigcError):
    """Data that is missing, unreadable, unsafe or too small."""


class RunError(AigcError):
    """A run that cannot be found, read, or be asked for this now."""


class DeviceError(AigcError):
    """A device or precision that this machine does not have."""


class TrainingError(AigcError):
    """A training that cannot go on."""
