"""Every exception that can end a command, as one tree.

    ConverterError          exit code
    ├── UsageError          2    the command cannot do what it was asked for
    ├── FormError           2    a card or code list of the form is broken
    ├── OutputError         2    a file cannot be written
    ├── InputError          2    a file cannot be read
    ├── OutputExists        2    something is already where the output should go
    ├── KeysError           2    a folder of keys cannot be used
    ├── LedgerError         2    the ledger of issued identity files cannot be used
    │   └── LedgerBusy           … another process is issuing
    ├── RegisterError       2    a register cannot be used
    │   ├── RegisterBusy         … another process is writing
    │   └── RegisterOfOtherForm  … what it holds is of another form
    ├── ClusterError        2    the cluster cannot do this run
    ├── BackupError         1    a backup cannot be restored
    │   ├── NotABackup           … it is not a backup
    │   ├── BackupSealed         … what is given does not open it
    │   └── BackupDamaged        … files differ from its manifest
    ├── FormPackageRefused  1    a form package is not what its signature vouches for
    ├── SubmissionRefused   1    a submission has errors that stand in the way of a package
    ├── WorkerDied          101  a worker process ended without an answer
    └── InternalError       101  a mistake in this program
        └── PackageError         … a package that was written cannot be read back

An exception holds no prose: `message_key` names a text of the [messages] catalogue and `params`
fill it in; `converter.messages.errors.text` turns both into Chinese. What ends with 101 is
reported as a bug, with a crash note.

Exceptions outside this tree never leave the room that raises them: `IdentityRefused` (identity;
also caught by `upward` and `usecases`), `PackageRefused` and `MalformedCsv` (package),
`ForwardRefused` (upward), `UnreadableFile`, `NeedsFullParser` and those of unzipping (workbook),
`LimitExceeded`, `ProtocolError` and `UnfitWorker` (workers), `SignInRequired`, `StateUnavailable`,
`CapacityExceeded`, `EditsFull`, `QueueFull`, `UploadTooLarge` and `UploadTooSlow` (web).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from converter.model.forms import Form
    from converter.model.submissions import Outcome

REFUSED, USAGE, BUG = 1, 2, 101
LONGEST_FOUND = 80  # characters of a card's value that are quoted


class ConverterError(Exception):
    """The root: `message_key` names the text, `params` fill it in."""

    exit_code: ClassVar[int] = USAGE

    def __init__(self, message_key: str, /, **params: Any) -> None:
        self.message_key, self.params = message_key, params
        super().__init__(f"{message_key}: {params}")


class UsageError(ConverterError):
    """The command cannot do what it was asked for."""


class FormError(ConverterError):
    """A form definition is broken.

    `file` and `key` say where, `found` quotes what stands there ('' where nothing does), `choices`
    are the words that may stand there (empty where any text or number may).
    """

    def __init__(
        self,
        file: Path | str,
        key: str,
        message_key: str,
        /,
        *,
        found: str = "",
        choices: Iterable[str] = (),
        **params: str | int,
    ) -> None:
        super().__init__(message_key, **params)
        self.file, self.key, self.found = str(file), key, found
        self.choices = tuple(choices)

    def __str__(self) -> str:
        """For logs and tests; people read `converter.messages.errors.text`."""
        place = ": ".join(part for part in (self.file, self.key) if part)
        return f"{place}: {self.message_key} {self.found} {self.params}"

    def within(self, file: Path | str, card: str = "") -> FormError:
        """The same error of an option, at its card's place in a file."""
        place = ".".join(part for part in (card, self.key) if part)
        found, choices = self.found, self.choices
        return FormError(file, place, self.message_key, found=found, choices=choices, **self.params)

    def packed(self) -> str:
        """The error as JSON, for the way between processes."""
        parts = (self.file, self.key, self.message_key, self.found, self.choices, self.params)
        return json.dumps(parts, ensure_ascii=False)

    @classmethod
    def unpacked(cls, packed: str) -> FormError:
        """The error of its JSON."""
        file, key, message_key, found, choices, params = json.loads(packed)
        return cls(file, key, message_key, found=found, choices=choices, **params)


def option_error(
    option: str,
    message_key: str,
    value: Any = None,
    choices: Iterable[str] = (),
    /,
    **params: str | int,
) -> FormError:
    """An error in an option of a card, for kinds and rule families; the loader adds the file and
    the card (`FormError.within`)."""
    return FormError("", option, message_key, found=quoted(value), choices=choices, **params)


def quoted(value: Any) -> str:
    """A card's value as it is written there: text in quotation marks; '' for nothing."""
    if value is None:
        return ""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST_FOUND else text[: LONGEST_FOUND - 1] + "…"


class OutputError(ConverterError):
    """A file cannot be written ('' where the system does not say which). `reason` is what the
    operating system says, `cause` the same as one word ('' where we have none): see
    `files.os_errors`."""

    def __init__(self, path: Path | str, reason: str, cause: str = "") -> None:
        self.path, self.reason, self.cause = str(path), reason, cause
        key = "cannot_write" if self.path else "cannot_write_unnamed"
        super().__init__(key, path=self.path, reason=reason)


class InputError(ConverterError):
    """A file cannot be read; `reason` and `cause` as of OutputError."""

    def __init__(self, path: Path | str, reason: str, cause: str = "") -> None:
        self.path, self.reason, self.cause = str(path), reason, cause
        super().__init__("cannot_read", path=self.path, reason=reason)


class OutputExists(ConverterError):
    """Something is already where the output should go."""


class KeysError(ConverterError):
    """A folder of keys cannot be used; `how` is one of exists, missing, broken, locked (by a
    passphrase), passphrase (a wrong one), no_secret."""

    def __init__(self, how: str, path: Path) -> None:
        self.how, self.path = how, path
        super().__init__(f"keys_{how}", path=path, folder=path.parent)


class LedgerError(ConverterError):
    """A ledger that cannot be trusted: which line, or 0 for all of it."""

    def __init__(self, path: Path, line: int) -> None:
        self.path, self.line = path, line
        key = "ledger_broken" if line else "ledger_broken_whole"
        super().__init__(key, path=path, line=line)


class LedgerBusy(LedgerError):
    """Another process is issuing with these keys."""

    def __init__(self, folder: Path) -> None:
        ConverterError.__init__(self, "ledger_busy", path=folder)


class RegisterError(ConverterError):
    """A register cannot be used."""


class RegisterBusy(RegisterError):
    """Another process is writing. `pid`, `host` and `since` tell which ('' where unknown)."""

    def __init__(self, folder: Path, *, pid: str, host: str, since: str) -> None:
        self.pid, self.host, self.since = pid, host, since
        super().__init__("store_busy", path=folder, pid=pid, host=host, since=since)


class RegisterOfOtherForm(RegisterError):
    """What it holds is of another form than the one that is used. `named`, `title`: the id of its
    own form, and what that is called ('' where an older program did not say)."""

    def __init__(self, folder: Path, form: Form, named: str, title: str) -> None:
        own = title or named
        params = {"path": folder, "own": own, "id": named, "form": form.title, "form_id": form.id}
        super().__init__("store_other_form", **params)


class ClusterError(ConverterError):
    """The cluster cannot do this run."""


class BackupError(ConverterError):
    """A backup cannot be restored."""

    exit_code = REFUSED


class NotABackup(BackupError):
    """The file is not a backup, or its manifest cannot be read."""

    def __init__(self, path: Path) -> None:
        super().__init__("restore_no_backup", path=path)


@dataclass(frozen=True, slots=True)
class RestoreFault:
    """A file of a backup that is not whole; `how` is missing, changed or extra."""

    how: str
    name: str


class BackupSealed(BackupError):
    """A sealed backup that the given passphrase or key does not open."""


class BackupDamaged(BackupError):
    """Some files differ from the manifest."""

    def __init__(self, faults: Iterable[RestoreFault]) -> None:
        self.faults = tuple(faults)
        super().__init__("restore_damaged", count=len(self.faults))


class FormPackageRefused(ConverterError):
    """A form package is not taken; `how` is one of other (no form package at all), unsigned,
    altered, damaged, names (of files that no form has), large, newer (than this program), unfit
    (to be packed), older (than what is installed), untrusted, no_identity,
    other_union, other_fingerprint, version, older_amendment, misnamed."""

    exit_code = REFUSED

    def __init__(self, how: str, **params: str) -> None:
        self.how = how
        super().__init__(f"form_package_{how}", **params)


class SubmissionRefused(ConverterError):
    """A submission has errors that stand in the way of a package; `outcome` lists them."""

    exit_code = REFUSED

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        super().__init__("submission_refused", path=outcome.file)


class WorkerDied(ConverterError):
    """A worker process hung ('time'), ran out of memory ('memory') or crashed ('crash'), while it
    read the file of this number (None: no file)."""

    exit_code = BUG

    def __init__(self, how: str, file: int | None) -> None:
        self.how, self.file = how, file
        super().__init__("bug", how=how)


class InternalError(ConverterError):
    """A mistake in this program; `detail` is for the crash note, the traceback of a worker."""

    exit_code = BUG

    def __init__(self, detail: str) -> None:
        self.detail = detail
        super().__init__("bug", detail=detail)


class PackageError(InternalError):
    """A package that was written cannot be read back as it was given; nothing was kept."""
