"""What the operating system says when it refuses: one of a few causes, and a second try.

Windows numbers its errors apart from the C library (`winerror` beside `errno`), puts them into its
own language, and refuses what Linux allows: no file is replaced or removed while another program
has it open, be it Excel for an hour or a virus scanner for a moment.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from time import sleep
from typing import TYPE_CHECKING, BinaryIO, TypeVar

from converter.model.errors import InputError, OutputError

if TYPE_CHECKING:
    from pathlib import Path

T = TypeVar("T")

# Each cause is the end of a message's key: `reason_full`.
FULL, DENIED, OPEN_ELSEWHERE = "full", "denied", "open"
READ_ONLY, GONE, TOO_LONG, BAD_NAME = "read_only", "gone", "too_long", "bad_name"
NO_PROGRAM = "no_program"  # nothing is installed that shows such a file

# Numbers of winerror.h. They count first: C's errno lumps 19 to 36 together as EACCES.
_BY_WINDOWS = {
    3: GONE,  # ERROR_PATH_NOT_FOUND
    5: DENIED,  # ERROR_ACCESS_DENIED, also for replacing a file that is open
    19: READ_ONLY,  # ERROR_WRITE_PROTECT
    21: GONE,  # ERROR_NOT_READY, a drive without its disk
    32: OPEN_ELSEWHERE,  # ERROR_SHARING_VIOLATION
    33: OPEN_ELSEWHERE,  # ERROR_LOCK_VIOLATION
    39: FULL,  # ERROR_HANDLE_DISK_FULL
    53: GONE,  # ERROR_BAD_NETPATH
    55: GONE,  # ERROR_DEV_NOT_EXIST
    59: GONE,  # ERROR_UNEXP_NET_ERR
    64: GONE,  # ERROR_NETNAME_DELETED
    67: GONE,  # ERROR_BAD_NET_NAME
    111: TOO_LONG,  # ERROR_BUFFER_OVERFLOW
    112: FULL,  # ERROR_DISK_FULL
    123: BAD_NAME,  # ERROR_INVALID_NAME
    206: TOO_LONG,  # ERROR_FILENAME_EXCED_RANGE
    1155: NO_PROGRAM,  # ERROR_NO_ASSOCIATION
    1224: OPEN_ELSEWHERE,  # ERROR_USER_MAPPED_FILE
}
_BY_ERRNO = {
    errno.ENOSPC: FULL,
    errno.EACCES: DENIED,
    errno.EPERM: DENIED,
    errno.EBUSY: OPEN_ELSEWHERE,
    errno.EROFS: READ_ONLY,
    errno.ENOENT: GONE,
    errno.EIO: GONE,
    errno.ENODEV: GONE,
    errno.ENAMETOOLONG: TOO_LONG,
    errno.ENOEXEC: NO_PROGRAM,
}
if hasattr(errno, "EDQUOT"):
    _BY_ERRNO[errno.EDQUOT] = FULL
LONGEST_WINDOWS_PATH = 259  # UTF-16 units, unless the machine allows more

WAITS = (0.05, 0.1, 0.2, 0.4, 0.8)  # seconds before each further try


def cause(error: OSError) -> str:
    """Why the system refused, as one of the causes above; '' for any other reason."""
    number = getattr(error, "winerror", None)
    if number in _BY_WINDOWS:
        return _BY_WINDOWS[number]
    found = _BY_ERRNO.get(error.errno or 0, "")
    # Opening a file goes through the C library, which calls a path that is too long missing.
    if found == GONE and os.name == "nt" and len(str(error.filename)) > LONGEST_WINDOWS_PATH:
        return TOO_LONG
    return found


def output_error(error: OSError) -> OutputError:
    """The same as an error of our own: of which file, and why."""
    return OutputError(error.filename or "", error.strerror or str(error), cause(error))


def open_to_read(path: Path) -> BinaryIO:
    """A file, to be read. Raises InputError: who reads one file to write another has to tell which
    of them the system refused."""
    try:
        return path.open("rb")
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(error.filename or path, reason, cause(error)) from error


def is_open_elsewhere(error: OSError) -> bool:
    """Whether another program may have the file open: waiting, or another name, may help. Never on
    systems where an open file can be replaced."""
    if getattr(error, "winerror", None) is not None:
        return cause(error) in (DENIED, OPEN_ELSEWHERE)
    return sys.platform == "win32" and isinstance(error, PermissionError)


def try_while_open(action: Callable[[], T]) -> T:
    """The result of the action. While another program has the file open it is tried again, for one
    and a half seconds in all. Raises OSError."""
    for seconds in WAITS:
        try:
            return action()
        except OSError as error:
            if not is_open_elsewhere(error):
                raise
        sleep(seconds)
    return action()
