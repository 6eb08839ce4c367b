"""`convert`: workbooks → report packages, signed where an identity file can sign."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from converter.files import zip_peek, zip_writing
from converter.model.clock import created_at
from converter.model.errors import UsageError, WorkerDied
from converter.model.issues import Level
from converter.model.submissions import Outcome
from converter.usecases.common import SigningUnit, signing_unit, unread
from converter.workers import protocol
from converter.workers.pool import Answer, Runner, Task


@dataclass(frozen=True, slots=True)
class Converted:
    """One submission: its outcome, and the package if one was written."""

    outcome: Outcome
    package: Path | None
    changes: Any = None
    signed: bool = False


def convert_files(
    paths: Sequence[Path],
    folder: Path,
    output: Path,
    identity: Path | None,
    since: Path | None,
    worker: Runner,
    seal: bool = False,
) -> list[Converted]:
    """Convert one submission to `output`, or several to packages in the folder `output`.

    Two paths that are a unit-only and a member-only workbook are one submission. With an
    identity file that holds its secret the package is signed: here, in the command's own
    process. Workers, which read outside files, never see the secret.
    """
    if seal and not identity:
        raise UsageError("seal_needs_identity")
    unit = signing_unit(identity, seal)
    names = [str(path) for path in paths]
    if len(names) <= 2:
        answer, blobs = _convert(names, folder, unit, since, worker)
        if answer["outcome"] is not None:
            target = output / f"{paths[0].stem}.zip" if output.is_dir() else output
            return [_write(answer, blobs, target, folder, unit, worker)]
    if output.exists() and not output.is_dir():
        raise UsageError("convert_halves", path=output)
    output.mkdir(parents=True, exist_ok=True)
    results, taken = [], set[Path]()
    for name in names:
        answer, blobs = _convert([name], folder, unit, since, worker)
        target, number = output / f"{Path(name).stem}.zip", 2
        while target in taken:
            target, number = output / f"{Path(name).stem}-{number}.zip", number + 1
        taken.add(target)
        results.append(_write(answer, blobs, target, folder, unit, worker))
    return results


def _convert(
    names: list[str], folder: Path, unit: SigningUnit, since: Path | None, worker: Runner
) -> Answer:
    args = {
        "form": str(folder),
        "paths": names,
        "since": str(since) if since else "",
        "created": created_at(),
        "seal": unit.seal,
        "issues": unit.packed,
    }
    read = tuple(names) + ((str(since),) if since else ())
    try:
        data, blobs = worker.run(Task("convert", args, read, unit.blobs))
    except WorkerDied as died:
        lost: list[bytes] = []
        outcome = protocol.pack_outcome(unread(names[0], died), lost)
        return {"outcome": outcome, "names": [], "changes": None}, tuple(lost)
    return data, blobs


def _write(
    answer: dict[str, Any],
    blobs: Sequence[bytes],
    target: Path,
    folder: Path,
    unit: SigningUnit,
    worker: Runner,
) -> Converted:
    outcome = protocol.unpack_outcome(answer["outcome"], blobs)
    if not answer["names"]:
        return Converted(outcome, None, answer["changes"])
    if target.exists() and not zip_peek.is_package(target):
        raise UsageError("not_overwriting", path=target)

    def read_back(path: Path) -> None:
        task = Task("verify", {"form": str(folder), "path": str(path)}, (str(path),))
        try:
            found, _ = worker.run(task)
        except WorkerDied:
            raise UsageError("verify_failed", path=target) from None
        errors = [i for i in found["issues"] if protocol.unpack_issue(i).level is Level.ERROR]
        if errors or found["members"] != outcome.members:
            raise UsageError("verify_failed", path=target)

    target.parent.mkdir(parents=True, exist_ok=True)
    # The members come first, the issues behind them.
    members = list(zip(answer["names"], blobs, strict=False))
    if unit.sign:
        from converter.forms import loading

        profile = loading.read(folder).package
        members.append((profile.signature, unit.sign(dict(members)[profile.descriptor])))
    zip_writing.write_zip(target, members, when=created_at(), verify=read_back)
    return Converted(outcome, target, answer["changes"], unit.sign is not None)
