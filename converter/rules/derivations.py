"""Fields that follow from another field of the same record; each derivation has two faces.

`sex_of_id`, `birthday_of_id`: digits of an 18-character ID number (GB 11643-1999).
`threshold`: the code of the last step that a count reaches; steps = [[1, "1"], [2, "2"]].
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from converter.model.errors import option_error
from converter.model.forms import Derivation, Field, Form


@dataclass(frozen=True, slots=True)
class DerivationFaces:
    """How to derive: canonical source text → canonical text, and the same as a formula over
    the source's norm cell. Both see usable sources only. The formula yields a norm value."""

    pandas: Callable[[pd.Series, Derivation], pd.Series]
    excel: Callable[[str, Derivation], str]
    source_kind: str


def _sex(source: pd.Series, derivation: Derivation) -> pd.Series:
    sexes = ["1" if text[16] in "13579" else "2" for text in source.tolist()]
    return pd.Series(sexes, index=source.index, dtype=object)


def _birthday(source: pd.Series, derivation: Derivation) -> pd.Series:
    days = _Days()  # one text a day: many members are born on each
    dates = [days[text[6:14]] for text in source.tolist()]
    return pd.Series(dates, index=source.index, dtype=object)


class _Days(dict[str, str]):
    def __missing__(self, digits: str) -> str:
        date = self[digits] = f"{digits[:4]}-{digits[4:6]}-{digits[6:]}"
        return date


def _threshold(source: pd.Series, derivation: Derivation) -> pd.Series:
    numbers = pd.to_numeric(source)
    result = pd.Series("", index=source.index, dtype=object)
    for least, code in derivation.options["steps"]:
        result = result.mask(numbers >= least, code)
    return result


def _excel_sex(source: str, derivation: Derivation) -> str:
    return f'IF(MOD(VALUE(MID({source},17,1)),2)=1,"1","2")'


def _excel_birthday(source: str, derivation: Derivation) -> str:
    year, month, day = (f"VALUE(MID({source},{part}))" for part in ("7,4", "11,2", "13,2"))
    return f"DATE({year},{month},{day})"


def _excel_threshold(source: str, derivation: Derivation) -> str:
    expression = '""'
    for least, code in derivation.options["steps"]:
        expression = f'IF({source}>={least},"{code}",{expression})'
    return expression


WAYS: dict[str, DerivationFaces] = {
    "sex_of_id": DerivationFaces(_sex, _excel_sex, "id_number"),
    "birthday_of_id": DerivationFaces(_birthday, _excel_birthday, "id_number"),
    "threshold": DerivationFaces(_threshold, _excel_threshold, "count"),
}


def accept(field: Field, form: Form) -> None:
    """Refuse a card. Raises FormError."""
    assert field.derive
    way = WAYS.get(field.derive.by)
    if way is None:
        raise option_error("by", "form_unknown_derivation", field.derive.by, WAYS)
    known = ("by", "source", *(("steps",) if field.derive.by == "threshold" else ()))
    for key in set(field.derive.options) - set(known):
        raise option_error(key, "form_unknown_key", key, known)
    source = form.sheet(field.sheet).field(field.derive.source)
    if source.kind != way.source_kind:
        choices = [f.key for f in form.sheet(field.sheet) if f.kind == way.source_kind]
        params = {"path": source.key, "kind": source.kind, "wanted": way.source_kind}
        raise option_error("source", "form_field_kind", source.key, choices, **params)
    if field.derive.by == "threshold":
        steps = field.derive.options.get("steps")
        if not isinstance(steps, list) or not all(
            isinstance(s, list) and len(s) == 2 and isinstance(s[0], int) and isinstance(s[1], str)
            for s in steps
        ):
            raise option_error("steps", "form_steps", steps)
        if sorted(steps) != steps:
            raise option_error("steps", "form_steps", steps)


def derive(field: Field, source: pd.Series) -> pd.Series:
    """Canonical text of a derived field; '' where the source text is ''."""
    assert field.derive
    filled = source.to_numpy(dtype=object) != ""
    result = np.full(len(source), "", dtype=object)
    if filled.any():
        derived = WAYS[field.derive.by].pandas(source[filled], field.derive)
        result[filled] = derived.to_numpy(dtype=object)
    return pd.Series(result, index=source.index, dtype=object)


def excel(field: Field, source_norm: str, source_usable: str) -> str:
    """Expression: the derived norm value, '' where the source is not usable."""
    assert field.derive
    inner = WAYS[field.derive.by].excel(source_norm, field.derive)
    return f'IF({source_usable},{inner},"")'
