"""Identity files: an upper union tells a unit's programs whose report they are working on.

`files` knows the XML, `verifying` who issued it and whether it counts, `issuing` and `ledger`
are the union's side, `holding` the unit's. docs/identity-format.md is the specification.
"""

from converter.identity.files import (
    LARGEST,
    NAMESPACE,
    Keys,
    Public,
    Refused,
    compose,
    parse,
    public_bytes,
    public_document,
)
from converter.identity.verifying import Union, inspect, judge, read, read_public, union_of
from converter.model.submissions import Identity

__all__ = [
    "LARGEST", "NAMESPACE", "Identity", "Keys", "Public", "Refused", "Union", "compose", "inspect",
    "judge", "parse", "public_bytes", "public_document", "read", "read_public", "union_of",
]  # fmt: skip
