"""What is checked and what is asked, from the form and the message catalogue alone.

Plain text for a terminal; docs/reference_pages.py makes pages of it. Both want a form with its
code lists.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from converter.kinds import KINDS
from converter.messages import catalogue
from converter.messages.catalogue import CatalogueEntry, message
from converter.model.forms import Field, Form, Sheet
from converter.model.issues import Level
from converter.report import table
from converter.report.table import Table
from converter.rules import FAMILIES

STAGES = "FSKXCPI"
VALUES = 4  # entries of a code list that are named

CheckedFields = Mapping[str, Sequence[str]]  # code → paths of the fields that it checks


def explain(form: Form, code: str = "") -> str:
    """One check in full, beginning with its code, or a line for each of them. For a code that
    nobody has, a sentence that says so."""
    checked = checked_fields(form)
    code = code.upper()
    if code and code not in catalogue.codes(form):
        return message("report_explain_unknown", code=code)
    if code:
        return _whole(catalogue.entry(code, form), form, checked)
    entries, lines = catalogue.catalogue(form), list[str]()
    for stage in STAGES:
        of_stage = [e for e in entries.values() if e.code.startswith(stage)]
        if of_stage:
            lines += ["", message(f"report_stage_{stage}")]
            lines += [
                f"  {e.code} {level_text(e.level)} {_brief(e, form, checked)}" for e in of_stage
            ]
    return "\n".join(lines[1:]) + "\n"


def _brief(entry: CatalogueEntry, form: Form, checked: CheckedFields) -> str:
    """A cell's check goes by its title; rules of one family differ by what they compare."""
    return filled(entry.brief if form.rule(entry.code) else entry.title, entry, form, checked)


def _whole(entry: CatalogueEntry, form: Form, checked: CheckedFields) -> str:
    title = filled(entry.title, entry, form, checked)
    lines = [
        message("report_explain_head", code=entry.code, title=title, level=level_text(entry.level))
    ]
    if entry.basis:
        lines.append(message("report_explain_source", source=entry.basis))
    titles = titles_of(entry, form, checked)
    if titles:
        lines.append(message("report_explain_where", text="、".join(titles)))
    sentence = filled(entry.sentence, entry, form, checked) + entry.remark
    lines.append(message("report_explain_sentence", text=sentence))
    if entry.fix:
        lines.append(message("report_explain_fix", text=filled(entry.fix, entry, form, checked)))
    if entry.explainable:
        lines.append(message("report_explain_explainable"))
    if entry.pipeline_only:
        lines.append(message("report_explain_pipeline"))
    return "\n".join(lines) + "\n"


def fields(form: Form) -> str:
    """All items of both sheets: title, key, kind, what may be typed."""
    tables = [Table(sheet.title, (), field_rows(sheet, form)) for sheet in form.sheets]
    return table.text(tables)


# --- one check -----------------------------------------------------------------------------


def level_text(level: Level) -> str:
    return message(f"report_{level}")


def filled(text: str, entry: CatalogueEntry, form: Form, checked: CheckedFields) -> str:
    """A catalogue text with what its card knows; figures of a case stay open (…)."""
    titles = titles_of(entry, form, checked)
    params: dict[str, str | int] = {
        "title": titles[0] if len(titles) == 1 else message("report_the_field"),
        "row_name": "/".join(dict.fromkeys(one.rows_name for one in form.tables)),
        "counter": form.main_table.counter,
    }
    rule = form.rule(entry.code)
    if rule and "{" in text:
        family = FAMILIES[rule.family]
        known = [family.message_params(rule, path, form) for path in rule.at]
        for key in known[0]:
            params[key] = "/".join(dict.fromkeys(str(found[key]) for found in known))
    return catalogue.fill(text, params)


def titles_of(entry: CatalogueEntry, form: Form, checked: CheckedFields) -> list[str]:
    """The items at which a check reports; none where that is every item, a sheet or a file."""
    rule = form.rule(entry.code)
    paths = rule.at if rule else checked.get(entry.code, ())
    return list(dict.fromkeys(form.field(path).title for path in paths))


def checked_fields(form: Form) -> CheckedFields:
    """Which fields' kinds know a code; codes that every kind knows name no field."""
    if not form.codes:
        return {}
    found: dict[str, list[str]] = {}
    everything = [field for sheet in form.sheets for field in sheet]
    for field in everything:
        for check in KINDS[field.kind].checks(field, form):
            found.setdefault(check.code, []).append(field.path)
    return {code: paths for code, paths in found.items() if len(paths) < len(everything)}


# --- one field -----------------------------------------------------------------------------


def field_rows(sheet: Sheet, form: Form) -> list[tuple[str, ...]]:
    return [_field_row(number, field, form) for number, field in enumerate(sheet, 1)]


def _field_row(number: int, field: Field, form: Form) -> tuple[str, ...]:
    required = message("report_derived") if field.derive else ""
    if field.required:
        required = message("report_required")
    kind = message(f"report_kind_{field.kind}")
    return (str(number), field.title, field.key, kind, required, _values(field, form))


def _given(value: object) -> str:
    if value is True:
        return ""  # what the option is called says it
    if isinstance(value, Mapping):
        return "、".join(f"{key}={one}" for key, one in value.items())
    return "、".join(value) if isinstance(value, tuple) else str(value)


def _values(field: Field, form: Form) -> str:
    """The entries of a choice; of another field the options that its card gives."""
    kind = KINDS[field.kind]
    code_list = kind.code_list(field, form)
    if code_list is None:
        return "；".join(
            f"{message(f'option_{field.kind}_{option.name}')} {_given(option(field))}".strip()
            for option in kind.options().values()
            if option.given(field)
        )
    labels = [entry.label for entry in code_list.entries]
    shown = "；".join(labels[:VALUES])  # labels hold 、 themselves
    if len(labels) <= VALUES:
        return shown
    return message("report_values_more", values=shown, count=len(labels))
