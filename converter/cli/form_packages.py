"""Forms on their way to other unions: form pack, form amend, form install, form diff."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from converter.cli import passphrases
from converter.cli.common import (
    FOUND,
    OK,
    err,
    form_of,
    message,
    next_step,
    option,
    out,
    print_beside,
    print_report,
)
from converter.cli.form_group import command
from converter.cli.path_types import EXISTING_FILE, EXISTING_FOLDER, TARGET
from converter.model.errors import FormPackageRefused, UsageError
from converter.model.issues import Issues
from converter.model.submissions import Outcome

if TYPE_CHECKING:
    from converter.forms.form_package import FormPackage
    from converter.model.forms import Form, FormChange
    from converter.model.issues import Level
    from converter.usecases.form_packages import InstallReport


@command("amend")
@option("form amend", "--keys", type=EXISTING_FOLDER, required=True, metavar="DIR")
@option("form amend", "-o", "--output", type=TARGET, required=True, metavar="FILE")
@option("form amend", "--off", multiple=True, metavar="CODE")
@option("form amend", "--level", "levels", multiple=True, metavar="CODE=LEVEL", key="level")
@option("form amend", "--restore", multiple=True, metavar="CODE")
@option("form amend", "--reason", required=True, metavar="TEXT")
@option("form amend", "--passphrase-file", type=EXISTING_FILE, metavar="FILE")
@click.pass_context
def amend(
    ctx: click.Context,
    keys: Path,
    output: Path,
    off: tuple[str, ...],
    levels: tuple[str, ...],
    restore: tuple[str, ...],
    reason: str,
    passphrase_file: Path | None,
) -> int:
    from converter.model.clock import created_at
    from converter.usecases import form_packages, outputs

    folder, _ = form_of(ctx)
    changed: dict[str, Level | None] = dict(map(_level, levels))
    changed |= dict.fromkeys(map(_code, off))
    changes = form_packages.Amending(changed, [*map(_code, restore)], reason)
    secret = passphrases.opening(keys, passphrase_file)
    target = outputs.output_path(output, ".zip")
    written, report = form_packages.amend(folder, keys, target, changes, created_at(), secret)
    print_beside(target, written.path)
    out(message("amend_written", path=written.path))
    _print_amendments(report)
    err(message("amend_here"))
    err(
        next_step(
            "amend_next", path=Path(written.path.name), fingerprint=written.package.fingerprint
        )
    )
    return OK


def _level(text: str) -> tuple[str, Level]:
    """CODE=LEVEL. Raises UsageError."""
    from converter.model.issues import Level

    code, _, level = text.partition("=")
    if level.strip().lower() not in list(Level):
        raise UsageError("amend_level", text=text, levels="、".join(Level))
    return _code(code), Level(level.strip().lower())


def _code(text: str) -> str:
    """CODE or CODE:FIELD."""
    code, colon, field = text.strip().replace("：", ":").partition(":")
    return code.upper() + colon + field


@command("pack")
@click.argument("folder", type=EXISTING_FOLDER, metavar="DIR")
@option("form pack", "--keys", type=EXISTING_FOLDER, required=True, metavar="DIR")
@option("form pack", "-o", "--output", type=TARGET, required=True, metavar="FILE")
@option("form pack", "--passphrase-file", type=EXISTING_FILE, metavar="FILE")
def pack(folder: Path, keys: Path, output: Path, passphrase_file: Path | None) -> int:
    from converter.model.clock import created_at
    from converter.usecases import form_packages, outputs

    secret = passphrases.opening(keys, passphrase_file)
    target = outputs.output_path(output, ".zip")
    done = form_packages.pack(folder.resolve(), keys, target, created_at(), secret)
    package = done.package
    count = len(package.files)
    print_beside(target, done.path)
    out(message("form_packed", path=done.path, form=package.form, version=package.version))
    if done.earlier:
        last = done.earlier[-1]
        _print_changes(last.changes, last.version, done.news)
    path = Path(done.path.name)  # wherever the unions below keep it
    params = {"count": count, "path": path, "fingerprint": package.fingerprint}
    err(next_step("form_pack_next", **params))
    return OK


@command("diff")
@click.argument("before", metavar="FORM")
@click.argument("now", metavar="FORM")
@option("form diff", "-o", "--output", type=TARGET, metavar="FILE")
def diff(before: str, now: str, output: Path | None) -> int:
    """What a form has otherwise than before."""
    from converter.usecases import form_packages

    old, new, changes = form_packages.compare(before, now)
    _print_changes(changes, old.version, new.news)
    if output and (path := form_packages.write_changes(old, new, output)):
        print_beside(output, path)
        out(message("form_diff_written", path=path))
    return OK


def _print_changes(changes: Sequence[FormChange], version: str, news: str) -> None:
    """What is different since a version, the maintainer's own words first."""
    out(message("form_changes" if changes else "form_changes_none", version=version))
    if news:
        out(message("diff_news", news=news))
    for change in changes:
        out(message(f"diff_{change.kind}", **change.params))


@command("install")
@click.argument("file", type=EXISTING_FILE, metavar="FILE")
@option("form install", "--identity", type=EXISTING_FILE, metavar="FILE")
@option("form install", "--keys", type=EXISTING_FOLDER, metavar="DIR")
@option("form install", "--fingerprint", default="", metavar="TEXT")
@click.pass_context
def install(
    ctx: click.Context, file: Path, identity: Path | None, keys: Path | None, fingerprint: str
) -> int:
    return install_file(file, lambda: form_of(ctx)[1], identity, keys, fingerprint)


def install_file(
    file: Path,
    form: Callable[[], Form],
    identity: Path | None,
    keys: Path | None = None,
    fingerprint: str = "",
) -> int:
    """Install a form package, once it is clear whose it is, and print what was installed. `form`
    gives the form that is in use until then. Raises ConverterError."""
    from converter.forms import form_package, form_store
    from converter.usecases import form_packages

    package = form_package.read(file)
    if identity:
        named, issues = form_packages.trusted_by_identity(identity)
        if issues:
            outcome = Outcome(str(identity), Issues.of(issues))
            print_report([outcome], form(), show_ids=False, summary=False)
        if not named:
            return FOUND
        if package.fingerprint not in named:
            raise FormPackageRefused("other_union", path=str(identity))
    elif keys:
        from converter.identity import keys as key_files

        if key_files.public(keys).fingerprint != package.fingerprint:
            raise FormPackageRefused("other_union", path=str(keys))
    elif package.fingerprint not in form_store.trusted():
        _ask(package, fingerprint)
    report = form_packages.install(package)
    form_store.trust(package.fingerprint)
    _print_installed(report)
    return OK


def _ask(package: FormPackage, given: str) -> None:
    """Have a fingerprint confirmed. Raises FormPackageRefused."""
    if given:
        if given.strip().lower() != package.fingerprint:
            raise FormPackageRefused("other_fingerprint")
        return
    if not sys.stdin.isatty():
        raise FormPackageRefused("untrusted")
    err(message("form_install_who", fingerprint=package.fingerprint))
    if not click.confirm(message("form_install_ask"), default=False, err=True):
        raise FormPackageRefused("untrusted")


def _print_installed(report: InstallReport) -> None:
    from converter.forms.form_package import AMENDMENT
    from converter.model.clock import in_china

    package = report.package
    key = f"form_installed_{package.kind}" + ("_same" if report.is_same else "")
    title, made = report.now.title, in_china(package.created)
    out(message(key, title=title, version=package.version, made=made))
    if package.kind == AMENDMENT:
        _print_amendments(report)
        return
    if report.before is not report.now and not report.is_same:
        _print_changes(report.changes, report.before.version, report.now.news)
        if report.changes:
            err(message("form_changes_next"))
    if report.dropped:
        err(message("form_installed_dropped", version=report.dropped.version))


def _print_amendments(report: InstallReport) -> None:
    from converter.messages import catalogue

    form = report.now
    for one in form.amendments.values():
        level = message(f"report_{one.level}") if one.level else message("amended_off")
        heading = catalogue.amended_heading(one, form)
        params = {"since": one.since, "reason": one.reason}
        out(message("amended_row", code=one.code, heading=heading, level=level, **params))
    for key, one in report.before.amendments.items():
        if key not in form.amendments:
            heading = catalogue.amended_heading(one, form)
            out(message("amended_restored", code=one.code, heading=heading))
    if not form.amendments:
        out(message("amended_none"))
