"""Identity files: an upper union's statement of which unit a report belongs to.

`files` knows the XML, `verifying` who issued it and whether it counts, `issuing` and `ledger`
are the union's side, `loading` the unit's. docs/identity-format.md is the specification.
"""

from converter.identity.elements import NAMESPACE, IdentityRefused
from converter.identity.files import (
    LARGEST,
    Keys,
    Public,
    compose,
    parse,
    public_bytes,
    public_document,
)
from converter.identity.verifying import Union, inspect, read, union_of, validate
from converter.model.submissions import Identity

__all__ = [
    "LARGEST",
    "NAMESPACE",
    "Identity",
    "IdentityRefused",
    "Keys",
    "Public",
    "Union",
    "compose",
    "inspect",
    "parse",
    "public_bytes",
    "public_document",
    "read",
    "union_of",
    "validate",
]  # fmt: skip
