"""The day and the second that outputs are dated by, and how people read a time."""

from __future__ import annotations

import os
import time
from datetime import UTC, date, datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8))  # one time zone in the whole country, no summer time
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


def in_china(moment: str) -> str:
    """An ISO time as a clock in China shows it; without a zone it is in UTC. What is no time stays
    as it is.

    >>> in_china("2026-02-25T06:13:20Z")
    '2026-02-25 14:13'
    """
    try:
        found = datetime.fromisoformat(moment)
    except ValueError:
        return moment
    zoned = found if found.tzinfo else found.replace(tzinfo=UTC)
    return zoned.astimezone(CHINA).strftime("%Y-%m-%d %H:%M")


def utc_stamp(seconds: float) -> str:
    """Seconds since 1970 as an ISO time in UTC. (Windows converts no time before 1970 itself.)

    >>> utc_stamp(1772000000)
    '2026-02-25T06:13:20Z'
    >>> utc_stamp(-1)
    '1969-12-31T23:59:59Z'
    """
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
