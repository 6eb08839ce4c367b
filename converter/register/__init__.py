"""The register of what was received: one folder S, written by one process at a time.

    S/register.duckdb   submissions, units, members of every period (docs/register.md)
    S/lock              who is writing; held by the operating system, so it dies with its owner
    S/spool/            what workers hand over; emptied when the register is opened
    S/incoming/         what runs read of forwards before they hold the lock
    S/published/        what others read: Parquet files and state.json, replaced as a whole

A DuckDB writer shuts out readers too, so everybody else reads the published snapshot. Only
`Register` writes; a batch of files is one transaction, so a process killed at any moment leaves
whole batches behind and running it again does the rest.
"""

from converter.register.knowledge import Collection
from converter.register.precedence import ClaimedSender, ReceivedFile, RosterEntry
from converter.register.published import Snapshot
from converter.register.schema import is_full
from converter.register.writer import Register

__all__ = [
    "ClaimedSender",
    "Collection",
    "ReceivedFile",
    "Register",
    "RosterEntry",
    "Snapshot",
    "is_full",
]  # fmt: skip
