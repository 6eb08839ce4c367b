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
    """The day that separates past from future and on which identities expire: what the command gave
    this process (on another machine the date may be another), else that of SOURCE_DATE_EPOCH (in
    China) where it is set, else this machine's."""
    day = os.environ.get(DAY_VARIABLE, "")
    if day:
        return date.fromisoformat(day)
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if epoch.isdigit():
        return (datetime.fromtimestamp(0, UTC) + timedelta(seconds=int(epoch), hours=8)).date()
    return date.today()
