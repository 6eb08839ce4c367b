"""The public API: what `converter` lists. The commands' workers are built on the same functions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path

from converter import workbook
from converter.files import writing, zip_peek
from converter.forms import loading
from converter.model.clock import created_at
from converter.model.clock import today as this_day
from converter.model.errors import OutputExists, SubmissionRefused
from converter.model.forms import Form
from converter.model.submissions import SigningUnit, Submission
from converter.validation import checking, fixing, holders
from converter.validation.checking import Checked
from converter.validation.fixing import FixResult

# Checking is cheapest in large frames; past this many rows submissions are checked in parts, so
# that memory stays flat however many there are.
ROWS_A_FRAME = 100_000


def load_form(form: str | Path | None = None) -> Form:
    """A form's definition: a folder of cards, or the name of a form that comes with the program
    (default: the basic-level union report). Raises FormError where a card is broken."""
    return loading.load(loading.form_dir(None if form is None else str(form)))


def read(path: str | Path, form: Form, keys: str | Path | None = None) -> Submission:
    """What a workbook or a report package holds, as typed. With a folder of keys a package is
    compared with that union's public keys and ledger. Never raises on bad data: what stands in the
    way of reading is an issue of the submission."""
    path = Path(path)
    found = workbook.read(path, form)
    return _read_package(path, form, keys) if workbook.is_package(path, found) else found


def _read_package(path: Path, form: Form, keys: str | Path | None) -> Submission:
    from converter import identity, package

    union = identity.union_of(Path(keys)) if keys else None
    return package.examine(path, form, union=union).submission


def check(
    submissions: Iterable[Submission], form: Form, today: date | None = None
) -> list[Checked]:
    """Check submissions, many at once: the fixed costs of a check are paid once.

    The answers stand in the order of the submissions; each has an `outcome` (status and issues)
    and the `records` in canonical text. `today` separates past from future (default: this day).
    Never raises on bad data.
    """
    found: list[Checked] = []
    for batch in _batches(submissions, form):
        found += checking.check(batch, form, today or this_day())
    return found


def _batches(submissions: Iterable[Submission], form: Form) -> Iterator[list[Submission]]:
    batch: list[Submission] = []
    rows = 0
    for submission in submissions:
        batch.append(submission)
        rows += sum(submission.count(table.key) for table in form.tables)
        if rows >= ROWS_A_FRAME:
            yield batch
            batch, rows = [], 0
    if batch:
        yield batch


def fix(checked: Checked, form: Form, copy: str | Path | None = None) -> FixResult:
    """Fix what can be fixed with certainty: full-width digits, lost zeros, ways of writing a date.

    With a path, a corrected copy of the workbook is written there, unless nothing changed; it
    still marks what is left to do. Raises OutputExists where something is there, OSError.
    """
    if copy is not None and Path(copy).exists():
        raise OutputExists("not_overwriting", path=copy)
    result = fixing.fix(checked.submission, checked.outcome, checked.records, form)
    if copy is not None and result.changes:
        from converter import template
        from converter.report.annotate import annotated

        renderer = template.renderer_of(form)
        pieces = annotated(
            renderer, result.submission, result.outcome, result.changes, _files(checked.submission)
        )
        writing.write_many([(Path(copy), pieces)])
    return result


def _files(submission: Submission) -> Mapping[str, Path]:
    """The files that a submission was read from, by the names that its places give them."""
    return {name: Path(name) for name in (submission.file, *submission.files.values())}


def write_package(
    path: str | Path,
    checked: Checked,
    form: Form,
    *,
    identity: str | Path | None = None,
    seal: bool = False,
    created: int | None = None,
    replace: bool = False,
    passphrase: str = "",
) -> Path:
    """Write a checked submission as a report package, and read it back before it gets its name.

    `identity`, a unit's identity file, names the unit; the package is signed where the file holds
    the unit's secret (`passphrase` opens one that carries any), and with `seal` only the upper
    union can read its tables. `created` is in seconds since 1970 (default: SOURCE_DATE_EPOCH, else
    now). Raises SubmissionRefused while errors stand, OutputExists where something is at `path`
    (with `replace`: something else than a package), OSError.
    """
    from converter import package

    path, unit = Path(path), SigningUnit()
    if path.exists() and not (replace and zip_peek.is_package(path)):
        raise OutputExists("not_overwriting", path=path)
    if identity is not None:
        from converter.identity import loading as identities

        unit = identities.signing_unit(Path(identity), this_day(), seal=seal, passphrase=passphrase)
    checked, recipient = holders.of_unit(checked, form, unit.document, unit.issues, seal=unit.seal)
    if checked.outcome.status in ("errors", "unreadable"):
        raise SubmissionRefused(checked.outcome)
    created = created_at() if created is None else created
    members = package.build(checked.records, form, unit.document, created, recipient=recipient)
    if unit.sign:
        members = form.package.signed(members, unit.sign)
    package.write(path, members, form, created=created)
    return path


def open_package(
    path: str | Path, form: Form, today: date | None = None, keys: str | Path | None = None
) -> Checked:
    """A report package's records, checked. With a union's folder of keys its signature is compared
    with that union's keys and ledger; without, only with the identity file inside. Never raises on
    bad data: what is wrong is in the outcome."""
    return check([_read_package(Path(path), form, keys)], form, today)[0]
