"""`form check`: what is wrong with a form's cards, and what its workbook would come to."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from converter.form_editor.every_fault import every_fault
from converter.form_editor.source_files import read_sources
from converter.forms import loading
from converter.forms.all_faults import all_faults, unused_lists
from converter.forms.rule_doubts import Doubt, RuleDoubt, rule_doubts
from converter.messages.catalogue import message
from converter.model import clock
from converter.model.errors import FormError
from converter.model.forms import Form

LONGEST_FORMULA = 8_192  # characters; a limit of Excel
LONGEST_VALIDATION = 255
ROWS = 3


@dataclass(frozen=True, slots=True)
class FormReport:
    """What stands in the way, and what looks wrong in a form that can be used."""

    faults: Sequence[FormError]
    unused: Sequence[str] = ()  # code lists that no field draws from
    too_long: Sequence[str] = ()  # cells whose formula no Excel takes
    doubts: Sequence[str] = ()  # rules that cannot be right, each in a sentence


def check(folder: Path) -> FormReport:
    """Read a form's folder whole."""
    faults = _faults(folder)
    if faults:
        return FormReport(faults)
    form = loading.load(folder)
    doubts = [_sentence(doubt, form) for doubt in rule_doubts(form, clock.today())]
    return FormReport((), unused_lists(form), _too_long(form), doubts)


def _sentence(doubt: RuleDoubt, form: Form) -> str:
    codes, by = "、".join(doubt.codes), "、".join(doubt.by)
    titles = "、".join(form.field(path).title for path in doubt.fields)
    key = f"form_check_{doubt.doubt}"
    if doubt.doubt is Doubt.ALWAYS and by:
        key += "_by"
    if doubt.doubt in (Doubt.CONTRADICTION, Doubt.NEVER) and titles:
        key += "_at"
    return message(key, codes=codes, by=by, titles=titles, entry=doubt.entry)


def _faults(folder: Path) -> Sequence[FormError]:
    try:
        sources = read_sources(folder)
    except FormError:  # what is no TOML can only be named
        return all_faults(folder)
    with tempfile.TemporaryDirectory() as scratch:
        return every_fault(sources, folder, Path(scratch) / "form")


def _too_long(form: Form) -> list[str]:
    """Cells of the blank workbook whose formulas or validations are over Excel's limits."""
    import openpyxl

    from converter import template

    book = openpyxl.load_workbook(io.BytesIO(b"".join(template.build(form, rows=ROWS))))
    found = []
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f" and len(str(cell.value)) > LONGEST_FORMULA:
                    found.append(f"{sheet.title}!{cell.coordinate}")
        for one in sheet.data_validations.dataValidation:
            if len(str(one.formula1 or "")) > LONGEST_VALIDATION:
                found.append(f"{sheet.title}!{one.sqref}")
    return found
