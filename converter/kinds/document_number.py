"""The number of a paper whose type is chosen beside it: an ID card, a passport, an officer's card,
a travel permit (Hong Kong, Macao, Taiwan).

Options: `of`, the choice of the type, which the form must require; `variants`, what each of its
codes is: `id_number`, `passport`, `officer_card` or `travel_permit`; `regions` as for `id_number`.
An ID number has the checks of `id_number`; a passport in its place is K130. K131, K132, K133: no
passport, officer's card, permit. While the type is unknown nothing is checked. Sex and birthday
follow from an ID number and are typed beside any other. In a workbook's hidden cells a mark leads
every number that is no ID's: one number under two types, of which one is wrong, is no duplicate.

>>> [DocumentNumber().excel_value(text) for text in ("E12345678", "130102199001019903")]
['※E12345678', '130102199001019903']
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from converter.formulas import expressions
from converter.kinds.base import (
    Cells,
    Check,
    ExcelCondition,
    ExcelConditions,
    Kind,
    Mask,
    matches,
    texts,
)
from converter.kinds.documents import DOCUMENTS, ID_NUMBER, PaperShape
from converter.kinds.id_number import IdNumber
from converter.kinds.options import FieldKey, Option
from converter.model.arrays import np
from converter.model.cell_types import CellType
from converter.model.errors import option_error
from converter.model.forms import Field, Form

_LOST_DIGITS, _OTHER_DOCUMENT, _INSTEAD = "K111", "K119", "K130"
_LENGTH = 18
MARK = "※"
_IDS = IdNumber()
_CHOICE = "choice"


class Variants(Option[Mapping[str, str]]):
    """Code of a choice → what the number is."""

    holds = "variants"
    schema = MappingProxyType(
        {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {"enum": [ID_NUMBER, *DOCUMENTS]},
        }
    )

    def read(self, value: Any) -> Mapping[str, str]:
        known = (ID_NUMBER, *DOCUMENTS)
        if not isinstance(value, Mapping) or not value:
            raise self.refused("form_variants", value, known)
        for one in value.values():
            if one not in known:
                raise self.refused("form_variants", one, known)
        return value


class DocumentNumber(IdNumber):
    """The number of a paper whose type is chosen beside it."""

    name = "document_number"
    schema_pattern = ""
    substitutes_need_reason = False
    of = FieldKey()
    variants = Variants()

    def __init__(self, type_norm: str = '""', known: str = "FALSE", is_id: str = "FALSE") -> None:
        self._type_norm = type_norm  # the cell of the type's code; TRUE where that is …
        self._known, self._is_id = known, is_id  # … one of the list, one of an ID card

    def accept(self, field: Field, form: Form) -> None:
        super().accept(field, form)
        of = next((f for f in form.sheet(field.sheet) if f.key == self.of(field)), None)
        if of is None or of.kind != _CHOICE or not of.required or of.derive:
            choices = [f.key for f in form.sheet(field.sheet) if f.kind == _CHOICE and f.required]
            raise option_error("of", "form_required_choice", self.of(field), choices)
        codes = [entry.code for entry in form.codes[of.options["codes"]].entries]
        for code in (*self.variants(field), *codes):
            if code not in self.variants(field) or code not in codes:
                raise option_error("variants", "form_every_code", code, codes)

    def depends_on(self, field: Field) -> str:
        return self.of(field)

    def read_beside(self, field: Field) -> frozenset[str]:
        return frozenset(self.variants(field))

    def _codes(self, field: Field, variant: str) -> list[str]:
        return [code for code, found in self.variants(field).items() if found == variant]

    def checks(self, field: Field, form: Form) -> tuple[Check, ...]:
        found: list[Check] = []
        ids = self._codes(field, ID_NUMBER)
        for check in _IDS.checks(field, form):
            if check.code == _LOST_DIGITS:
                found.append(check)
            elif ids:
                code = _INSTEAD if check.code == _OTHER_DOCUMENT else check.code
                found.append(Check(code, _only(ids, check.passes)))
        for name, document in DOCUMENTS.items():
            if codes := self._codes(field, name):
                found.append(Check(document.code, _only(codes, _fitting(document))))
        return tuple(found)

    def is_substitute(self, text: str) -> bool:
        return len(text) != _LENGTH

    def beside(self, norm: str, field: Field) -> Kind:
        known, ids = list(self.variants(field)), self._codes(field, ID_NUMBER)
        return DocumentNumber(norm, _is_one_of(norm, known), _is_one_of(norm, ids))

    def _is(self, codes: list[str]) -> str:
        return _is_one_of(self._type_norm, codes)

    def excel_norm(
        self, raw: str, field: Field, form: Form, cleaned: str = "", invisible: str = ""
    ) -> str:
        norm = super().excel_norm(raw, field, form, cleaned, invisible)
        text = f"IF(ISTEXT({raw}),NOT({expressions.is_blank(raw)}),FALSE)"
        # LibreOffice counts TRUE and FALSE as numbers.
        number = f"IF(ISLOGICAL({raw}),FALSE,ISNUMBER({raw}))"
        filled = f"IF({number},TRUE,{text})"
        return f'IF({self._is_id},"",IF({filled},IF({self._known},"{MARK}","?"),""))&{norm}'

    def excel_value(self, text: str) -> str:
        return MARK + text if text and self.is_substitute(text) else text

    def excel_substitute(self, norm: str) -> str:
        return f'LEFT({norm},1)="{MARK}"'

    def excel_usable(self, norm: str) -> str:
        return f'AND({norm}<>"",{self._known})'

    def excel_faults(self, raw: str, norm: str, field: Field, form: Form) -> ExcelConditions:
        found = [ExcelCondition("", f"NOT({self._known})")]
        ids = self._codes(field, ID_NUMBER)
        for condition in _IDS.excel_faults(raw, norm, field, form):
            if condition.code == _LOST_DIGITS:
                found.append(condition)
            elif ids:
                code = _INSTEAD if condition.code == _OTHER_DOCUMENT else condition.code
                found.append(ExcelCondition(code, f"IF({self._is(ids)},{condition.wrong},FALSE)"))
        for name, document in DOCUMENTS.items():
            if codes := self._codes(field, name):
                number = f"MID({norm},2,99)"
                wrong = f"IF({self._is(codes)},{document.excel_wrong(number)},FALSE)"
                found.append(ExcelCondition(document.code, wrong))
        return tuple(found)


def _fitting(document: PaperShape) -> Callable[[Cells], Mask]:
    """A check by a paper's shape. A date is no number, though it may look like one."""

    def passes(cells: Cells) -> Mask:
        fits: Mask = matches(cells.text, document.fits) & ~cells.is_type(CellType.DATE)
        return fits

    return passes


def _is_one_of(norm: str, codes: list[str]) -> str:
    return expressions.either(f"{norm}={expressions.quote(code)}" for code in codes)


def _only(codes: list[str], passes: Callable[[Cells], Mask]) -> Callable[[Cells], Mask]:
    """A check of the cells beside which one of these codes stands."""

    def among(cells: Cells) -> Mask:
        assert cells.beside is not None
        others: Mask = ~np.isin(texts(cells.beside), np.array(codes, dtype=object))
        return others | passes(cells)

    return among
