"""Nothing that only POSIX has is needed: every command runs where those modules and calls are gone.

A `sitecustomize` takes them away from the command and from its workers alike, and lends a
`msvcrt` whose lock is a real one. `os.uname` stays: numpy asks for it on Linux. What
it cannot show (drive letters, open files that cannot be replaced) is for `make windows-test`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest

from tests.sheets import fill, saved

SITE = '''
import os, signal, subprocess, sys, types
import fcntl as _fcntl

class Gone:
    """Modules that Windows has not."""

    NAMES = {"fcntl", "resource", "pwd", "grp", "termios", "tty", "pty", "syslog", "crypt", "curses"}

    def find_spec(self, name, path=None, target=None):
        if name in self.NAMES:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

for name in Gone.NAMES:
    sys.modules.pop(name, None)
for name in os.environ.get("WITHOUT", "").split():
    sys.modules[name] = None
sys.meta_path.insert(0, Gone())

for name in (
    "fork", "forkpty", "posix_spawn", "posix_spawnp", "sync", "getuid", "geteuid", "getgid",
    "getegid", "getgroups", "setsid", "setuid", "setgid", "getpgid", "killpg", "nice", "mkfifo",
    "mknod", "chown", "lchown", "fchown", "chroot", "getloadavg", "sched_getaffinity", "statvfs",
    "pread", "pwrite", "pipe2", "openpty", "ctermid", "wait3", "wait4", "O_DIRECTORY", "O_NOFOLLOW",
    "O_CLOEXEC", "memfd_create", "posix_fallocate", "posix_fadvise", "sysconf",
):
    if hasattr(os, name):
        delattr(os, name)
subprocess.Popen.kill = lambda self: self.send_signal(9)  # what Python itself does with SIGKILL
for name in ("SIGALRM", "SIGUSR1", "SIGHUP", "SIGCHLD", "SIGKILL", "alarm", "setitimer"):
    if hasattr(signal, name):
        delattr(signal, name)

def locking(handle, mode, count):
    kind = _fcntl.LOCK_UN if mode == 0 else _fcntl.LOCK_EX | _fcntl.LOCK_NB
    _fcntl.lockf(handle, kind, count, 0, 1)

msvcrt = types.ModuleType("msvcrt")
msvcrt.LK_UNLCK, msvcrt.LK_NBLCK, msvcrt.locking = 0, 2, locking
sys.modules["msvcrt"] = msvcrt
print("posix is gone", file=sys.stderr)
'''


class Desk:
    """A folder, and commands run in it without POSIX."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.site = folder / "桌面", folder / "site"
        self.folder.mkdir()
        self.site.mkdir()
        (self.site / "sitecustomize.py").write_text(SITE, encoding="utf-8")

    def run(self, *arguments: str, without: str = "") -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PYTHONPATH": str(self.site), "PYTHONUTF8": "1"}
        environment["WITHOUT"] = without
        done = subprocess.run(
            [sys.executable, "-m", "converter", *arguments],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert done.stderr.startswith("posix is gone\n"), done.stderr
        return done


pytestmark = pytest.mark.posix("Windows has nothing of POSIX to take away")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A unit's workbook, filled in and converted; a roster of one unit."""
    made = Desk(tmp_path_factory.mktemp("desk"))
    assert made.run("template", "-o", "填报.xlsx", "--rows", "40").returncode == 0
    book = fill(openpyxl.load_workbook(made.folder / "填报.xlsx"))
    saved(book, made.folder)
    return made


def test_posix_is_really_gone(desk: Desk) -> None:
    script = "import os, fcntl"
    environment = {**os.environ, "PYTHONPATH": str(desk.site)}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, check=False
    )
    assert b"No module named 'fcntl'" in done.stderr


@pytest.mark.parametrize(
    "line",
    [
        "check 填报.xlsx",
        "check 填报.xlsx --format html",
        "check 填报.xlsx 填报.xlsx --jobs 2",
        "convert 填报.xlsx -o 上报.zip",
        "show 填报.xlsx --member 示例",
        "stats 填报.xlsx -o 统计.xlsx",
        "template --from 填报.xlsx -o 今年.xlsx",
        "template --roster -o 名册.xlsx",
        "identity init --keys 密钥",
        "explain K112",
        "fields",
        "填报.xlsx",
    ],
)
def test_a_command_needs_nothing_of_posix(line: str, desk: Desk) -> None:
    """Nor the database, which the clerks' program leaves out: `test_clerks_program` has the rest."""
    done = desk.run(*line.split(), without="duckdb")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_officers_round_needs_nothing_of_posix(desk: Desk) -> None:
    (desk.folder / "收件").mkdir()
    (desk.folder / "收件" / "填报.xlsx").write_bytes((desk.folder / "填报.xlsx").read_bytes())
    for line in (
        "receive 收件 --store 登记库 --reply 回复",
        "receive 收件 --store 登记库",  # the register's lock was given back
        "stats --store 登记库 -o 汇总.xlsx",
        "stats --store 登记库 -o 汇总.html",
        "show --store 登记库",
        "backup -o 备份.zip 收件 --store 登记库",
        "restore 备份.zip -o 恢复",
    ):
        done = desk.run(*line.split())
        assert done.returncode == 0, line + done.stdout + done.stderr


def test_two_writers_are_still_told_apart(desk: Desk) -> None:
    script = (
        "import sys; from pathlib import Path; from converter.register.lock import Lock\n"
        "with Lock(Path('lock')):\n"
        "    if len(sys.argv) > 1: sys.exit(0)\n"
        "    import subprocess\n"
        "    sys.exit(subprocess.call([sys.executable, '-c', sys.orig_argv[2], 'second']))\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(desk.site)}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=desk.folder,
        env=environment,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1
    assert b"converter.model.errors.RegisterBusy" in done.stderr
