"""backup and restore."""

from __future__ import annotations

from pathlib import Path

import click

from converter.cli import passphrases
from converter.cli.common import FOUND, OK, command, err, message, option, out
from converter.cli.path_types import EXISTING, EXISTING_FILE, EXISTING_FOLDER, TARGET
from converter.model.errors import BackupDamaged, UsageError


@command("backup")
@click.argument("paths", metavar="PATH...", nargs=-1, type=EXISTING)
@option("backup", "-o", "--output", type=TARGET, required=True, metavar="FILE")
@option("backup", "--store", type=EXISTING_FOLDER, metavar="DIR")
@option("backup", "--passphrase-file", type=EXISTING_FILE, metavar="FILE")
@option("backup", "--recipient", default="", metavar="age1…")
@option("backup", "--plain", is_flag=True)
def backup(
    paths: tuple[Path, ...],
    output: Path,
    store: Path | None,
    passphrase_file: Path | None,
    recipient: str,
    plain: bool,
) -> int:
    from converter.model.clock import created_at
    from converter.register.writer import FILE
    from converter.usecases import backup as backups

    if store and not (store / FILE).is_file():
        raise UsageError("backup_other_store", path=store)
    chosen = [*paths, *([store] if store else [])]
    if not chosen:
        raise UsageError("backup_nothing")
    seal = None
    if recipient:
        seal = backups.BackupSeal(recipient=recipient)
    elif passphrase_file:
        seal = backups.BackupSeal(passphrases.first_line(passphrase_file))
    elif not plain and backups.holds_secrets(chosen):
        seal = backups.BackupSeal(
            passphrases.typed(message("backup_passphrase"), twice=True, missing="backup_needs_seal")
        )
    made = backups.backup(chosen, output, when=created_at(), seal=seal)
    out(message("backup_done", path=output, count=made.files, bytes=made.bytes))
    out(message("backup_checked"))
    err(message("backup_sealed" if seal else "backup_secret"))
    return OK


@command("restore")
@click.argument("file", metavar="FILE", type=EXISTING_FILE)
@option("restore", "-o", "--output", type=TARGET, required=True, metavar="DIR")
@option("restore", "--passphrase-file", type=EXISTING_FILE, metavar="FILE")
@option("restore", "--key-file", type=EXISTING_FILE, metavar="FILE")
def restore(file: Path, output: Path, passphrase_file: Path | None, key_file: Path | None) -> int:
    from converter.text.display import visible
    from converter.usecases import backup as backups

    passphrase = passphrases.first_line(passphrase_file) if passphrase_file else ""
    if not passphrase and key_file is None and backups.is_sealed(file):
        passphrase = passphrases.typed(
            message("backup_passphrase"), twice=False, missing="restore_needs_passphrase"
        )
    try:
        with backups.opened(file, passphrase, key_file, output) as readable:
            made = backups.restore(readable, output)
    except BackupDamaged as damaged:
        err(message(damaged.message_key, **damaged.params))
        for fault in damaged.faults:
            out(message(f"restore_{fault.how}", name=visible(fault.name)))
        return FOUND
    out(message("restore_done", path=output, count=made.files))
    return OK
