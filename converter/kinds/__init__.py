"""The kinds by name: what one cell may hold. Every module has the shape of `base.Kind`."""

from converter.kinds import (
    certificate_number,
    choice,
    count,
    date,
    id_number,
    person_name,
    phone,
    postcode,
    registration_number,
    text,
)
from converter.kinds.base import Kind

_ALL: tuple[Kind, ...] = (
    certificate_number,
    choice,
    count,
    date,
    id_number,
    person_name,
    phone,
    postcode,
    registration_number,
    text,
)

KINDS: dict[str, Kind] = {kind.NAME: kind for kind in _ALL}
