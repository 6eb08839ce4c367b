"""The kinds by name: what one cell may hold. Every module holds one subclass of `base.Kind`.

Nobody outside asks for a kind's name: what others need to know is an attribute of the class.
"""

from converter.kinds.base import Kind
from converter.kinds.certificate_number import CertificateNumber
from converter.kinds.choice import Choice
from converter.kinds.count import Count
from converter.kinds.date import Date
from converter.kinds.decimal import Decimal
from converter.kinds.document_number import DocumentNumber
from converter.kinds.id_number import IdNumber
from converter.kinds.month import Month
from converter.kinds.pattern import MaskedCode
from converter.kinds.person_name import PersonName
from converter.kinds.phone import Phone
from converter.kinds.postcode import Postcode
from converter.kinds.region import Region
from converter.kinds.registration_number import RegistrationNumber
from converter.kinds.text import Text
from converter.kinds.year import Year
from converter.kinds.year_month import YearMonth
from converter.model.forms import Field, Sheet

_ALL: tuple[Kind, ...] = (
    CertificateNumber(),
    Choice(),
    Count(),
    Date(),
    Decimal(),
    DocumentNumber(),
    IdNumber(),
    Month(),
    MaskedCode(),
    PersonName(),
    Phone(),
    Postcode(),
    Region(),
    RegistrationNumber(),
    Text(),
    Year(),
    YearMonth(),
)

KINDS: dict[str, Kind] = {kind.name: kind for kind in _ALL}


def unique_key(sheet: Sheet) -> Field | None:
    """The field of a sheet that tells people apart wherever they are."""
    return next((field for field in sheet if KINDS[field.kind].unique_key), None)


def person_name(sheet: Sheet) -> Field | None:
    """The field of a sheet that holds the names of its people."""
    return next((field for field in sheet if KINDS[field.kind].person_name), None)


def is_personal(field: Field | None) -> bool:
    """Whether a field's values are masked in reports."""
    return field is not None and KINDS[field.kind].personal


def is_about_a_person(field: Field) -> bool:
    """Whether a field names a person, numbers one or reaches one."""
    kind = KINDS[field.kind]
    return kind.personal or kind.person_name or kind.reaches_people


def is_searched(field: Field) -> bool:
    """Whether people are looked up by a field: by their name or their number."""
    kind = KINDS[field.kind]
    return kind.person_name or kind.unique_key
