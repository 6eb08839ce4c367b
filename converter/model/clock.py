"""The day and the second that outputs are dated by."""

from __future__ import annotations

import os
import time
from datetime import UTC, date, datetime, timedelta

DAY_VARIABLE = "CONVERTER_TODAY"  # the command's day, for workers on other machines


def created_at() -> int:
    """Seconds since 1970 that outputs are dated by: SOURCE_DATE_EPOCH, else now."""
    return int(os.environ.get("SOURCE_DATE_EPOCH") or time.time())


def today() -> date:
    """The day by which the future begins and identities expire: the one that the command told
    this process (on another machine the date may be another), else that of SOURCE_DATE_EPOCH (in
    China) where it is set, else this machine's."""
    told = os.environ.get(DAY_VARIABLE, "")
    if told:
        return date.fromisoformat(told)
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if epoch.isdigit():
        return (datetime.fromtimestamp(0, UTC) + timedelta(seconds=int(epoch), hours=8)).date()
    return date.today()
