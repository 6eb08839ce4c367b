"""What `show` and `stats` say of a register, and of a receipt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from converter.cli.common import FOUND, OK, err, out, out_page, print_kept, width
from converter.messages.catalogue import message, rows_params
from converter.model.clock import in_china

if TYPE_CHECKING:
    from converter.model.forms import Form
    from converter.register import Snapshot


def show(folder: Path, store: Path, unit: str, member: str, as_html: bool, show_ids: bool) -> int:
    """Units, or with `member` people, of a register."""
    from converter.forms.loading import load
    from converter.register import Snapshot
    from converter.report import register_lookup
    from converter.report import table as tabular
    from converter.report.page import tables_page

    form = load(folder)
    with Snapshot(store, form) as register:
        made = _made(register)
        if member:
            found = register_lookup.people(register, form, member.strip(), show_ids=show_ids)
            tables = [table for table in found if table.rows]
            text = tabular.text(tables, register_lookup.terminal_width(width()))
        else:
            rows = register_lookup.units(register, form, unit.strip())
            tables = [register_lookup.units_table(rows, form)]
            text = "" if as_html else register_lookup.units_text(rows, form, width())
    if not any(table.rows for table in tables) and (member or unit):
        key = "show_nobody" if member else "show_no_unit"
        err(message(key, text=(member or unit).strip(), rows=form.main_table.rows_name))
        return FOUND
    if as_html:
        out_page(tables_page(tables, form.title, made))
    else:
        out(text)
    return OK


def log(store: Path, as_html: bool) -> int:
    """What was done with a register, the newest last."""
    from converter.register import Snapshot
    from converter.report import audit_text
    from converter.report import table as tabular
    from converter.report.page import tables_page

    with Snapshot(store) as register:
        table = audit_text.trail(register, store)
        made = _made(register)
    if as_html:
        out_page(tables_page([table], table.title, made))
    else:
        out(tabular.text([table], width()))
    return OK


@dataclass(frozen=True, slots=True)
class TableSelection:
    """What a summary shows beside its usual tables."""

    by: Sequence[str] = ()
    counts: Sequence[str] = ()
    units: bool = False
    union: str = ""  # only what came through this union below
    rules: bool = False  # only what the form's rules found


def stats(
    folder: Path,
    store: Path,
    selection: TableSelection,
    period: str,
    output: Path | None,
    *,
    force: bool = False,
) -> int:
    """Figures of a period. A workbook or a page gets every grouping the form knows."""
    from converter.forms.loading import load
    from converter.model.clock import today
    from converter.register import Snapshot, periods
    from converter.report import summary
    from converter.report import table as tabular
    from converter.statistics import collection, rule_findings
    from converter.usecases import outputs

    form, via = load(folder), ""
    if selection.union:
        with Snapshot(store, form) as register:
            via = register.via(selection.union)
    with Snapshot(store, form, via) as register:
        chosen = periods.chosen(register, period)
        if chosen not in register.periods():
            err(message("store_no_period", period=chosen))
        if selection.rules:
            found = [rule_findings.figure(register, form, chosen)]
        else:
            found = collection.figures(
                register,
                form,
                today(),
                period=chosen,
                by=selection.by or (collection.groups(form) if output else ()),
                counts=selection.counts,
                cross=bool(selection.by),
                units=selection.units,
            )
        title, made = _heading(register, form, chosen)
    if output is None:
        out(summary.text(found, width()))
        return OK
    suffix = output.suffix.lower()
    if suffix == ".xlsx":
        data = summary.xlsx(found, title, made)
    elif suffix == ".html":
        data = summary.html(found, title, f"{form.title}　{made}").encode("utf-8")
    else:
        data = tabular.write_csv(summary.tables(found))
    written = outputs.write(output, data, folder, force=force)
    if written.kept:
        print_kept(written.kept, written.path, form)
    err(message("stats_written", path=written.path))
    return OK


def annual(
    folder: Path, store: Path, union: str, period: str, output: Path | None, *, force: bool = False
) -> int:
    """The annual report of a period, as a workbook to print or on the terminal."""
    from converter.forms.loading import with_codes
    from converter.model.clock import today
    from converter.model.errors import UsageError
    from converter.register import Snapshot, periods
    from converter.report import annual_workbook
    from converter.report import table as tabular
    from converter.statistics import annual as report
    from converter.statistics import collection
    from converter.usecases import outputs

    if output and output.suffix.lower() != ".xlsx":
        raise UsageError("stats_annual_xlsx", path=output)
    form, via = with_codes(folder), ""
    with Snapshot(store, form) as register:
        via = register.via(union) if union else ""
        names = {one.code: one.name for one in register.forwards}
    with Snapshot(store, form, via) as register:
        chosen = periods.chosen(register, period)
        if chosen not in register.periods():
            err(message("store_no_period", period=chosen))
        own = names.get(via.rpartition("/")[2]) or collection.heading(register, chosen).union
        found = report.report(register, form, own, chosen, today())
    if found is None:
        raise UsageError("stats_annual_none", form=form.title)
    if output is None:
        out(tabular.text(annual_workbook.texts(found), width()))
        return OK
    written = outputs.write(output, annual_workbook.workbook(found), folder, force=force)
    if written.kept:
        print_kept(written.kept, written.path, form)
    err(message("stats_written", path=written.path))
    return OK


def _heading(register: Snapshot, form: Form, period: str) -> tuple[str, str]:
    """What a summary is called, and how the collection stands."""
    from converter.statistics import collection

    found = collection.heading(register, period)
    title = "summary_title_of" if found.union else "summary_title"
    state = message(f"summary_state_{found.state}", changed=in_china(found.changed)[:10])
    if found.without_rows:
        key = "summary_members_partly" if found.has_rows else "summary_no_members"
        rows = rows_params(form.main_table)
        state = f"{state}；{message(key, count=found.without_rows, **rows)}"
    published = in_china(str(register.state["published"]))
    as_of = message("summary_as_of", state=state, published=published)
    return message(title, union=found.union, period=period), as_of


def _made(register: Snapshot) -> str:
    """When what is read was published, in China."""
    return message("summary_made", published=in_china(str(register.state["published"])))


def receipt(path: Path, keys_folder: Path | None) -> int | None:
    """Show a receipt; None where the file is none."""
    from converter.register import receipts
    from converter.report import register_text as report

    found = receipts.read(path)
    if found is None:
        return None
    verdict = "signed" if found.get("signature") else "unsigned"
    if keys_folder is not None and verdict == "signed":
        from converter.identity import keys

        genuine = receipts.verify(found, keys.public(keys_folder).signing)
        verdict = "genuine" if genuine else "forged"
    out(report.receipt_text(found, verdict))
    return FOUND if verdict == "forged" else OK
