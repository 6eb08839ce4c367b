"""The kinds by name: what one cell may hold. Every module holds one subclass of `base.Kind`.

Nobody outside asks for a kind's name: what others need to know is an attribute of the class.
"""

from converter.kinds.base import Kind
from converter.model.forms import Field, Sheet
from converter.model.on_demand import OnDemand

# Each is imported when it is first asked for: a form has a few of them, a finding one.
KINDS: OnDemand[Kind] = OnDemand(
    __name__,
    {
        "certificate_number": "CertificateNumber",
        "choice": "Choice",
        "count": "Count",
        "date": "Date",
        "decimal": "Decimal",
        "document_number": "DocumentNumber",
        "id_number": "IdNumber",
        "month": "Month",
        "pattern": "MaskedCode",
        "person_name": "PersonName",
        "phone": "Phone",
        "postcode": "Postcode",
        "region": "Region",
        "registration_number": "RegistrationNumber",
        "text": "Text",
        "year": "Year",
        "year_month": "YearMonth",
    },
)


def unique_key(sheet: Sheet) -> Field | None:
    """The field of a sheet that tells people apart wherever they are."""
    return next((field for field in sheet if KINDS[field.kind].unique_key), None)


def name_field(sheet: Sheet) -> Field | None:
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
