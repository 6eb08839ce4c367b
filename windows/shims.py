"""Two libraries that Wine 8.0 lacks, built into a prefix's system32.

`bcryptprimitives.dll`: Rust's standard library takes its randomness from it. `ucrtbase.dll`: Wine's
own under another name, and the complex functions (crealf, cabsf, …) that numpy imports and Wine
has only stubs of. Neither ever leaves the prefix: `dist` looks.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

WINE = Path("/usr/lib/x86_64-linux-gnu/wine/x86_64-windows/ucrtbase.dll")
MARK = b"Wine builtin DLL"  # without it Wine takes the copy for a library that is not its own
HERE = Path(__file__).parent
COMPILE = (
    "x86_64-w64-mingw32-gcc", "-O1", "-fno-builtin", "-nostdlib", "-nostartfiles", "-shared",
    "-Wl,-e,0",
)  # fmt: skip
# What ucrt.c calls of Wine's own library.
CALLED = ("hypot", "atan2", "exp", "cos", "sin", "cosh", "sinh", "log", "pow")


def build(system: Path, packages: Path) -> None:
    """Build both into `system`. `packages`: where pefile lies (PyInstaller brings it)."""
    work = system.parent / "shims"
    work.mkdir(exist_ok=True)
    for name in ("ucrtbase.dll", "ucrtbase_w.dll", "bcryptprimitives.dll"):
        (system / name).unlink(missing_ok=True)
    raw = bytearray(WINE.read_bytes())
    at = raw.index(MARK)
    raw[at : at + len(MARK)] = bytes(len(MARK))
    (system / "ucrtbase_w.dll").write_bytes(raw)
    own = _own()
    exported = "".join(
        f'  "{name}" = {own[name]}\n' if name in own else f'  "{name}" = "ucrtbase_w.{name}"\n'
        for name in _exported(packages)
    )
    (work / "u.def").write_text(f"LIBRARY ucrtbase.dll\nEXPORTS\n{exported}", encoding="ascii")
    called = "\n".join(CALLED)
    (work / "w.def").write_text(f"LIBRARY ucrtbase_w.dll\nEXPORTS\n{called}\n", encoding="ascii")
    library = str(work / "libw.a")
    _run("x86_64-w64-mingw32-dlltool", "-d", str(work / "w.def"), "-l", library)
    ucrt, random = str(system / "ucrtbase.dll"), str(system / "bcryptprimitives.dll")
    _run(*COMPILE, "-o", ucrt, str(HERE / "ucrt.c"), str(work / "u.def"), library, "-lgcc")
    _run(*COMPILE, "-o", random, str(HERE / "bcryptprimitives.c"), "-ladvapi32")


def _own() -> dict[str, str]:
    """Exported name → the function of ucrt.c."""
    sizes = ("", "f", "l")
    real = {
        f"{name}{s}": f"x_{name}{s}_" for name in ("cabs", "carg", "cimag", "creal") for s in sizes
    }
    whole = ("ccos", "csin", "ctan", "ccosh", "csinh", "ctanh", "cexp", "cpow")
    return real | {f"{name}{s}": f"x_{name}{s}" for name in whole for s in sizes}


def _exported(packages: Path) -> list[str]:
    """The names that Wine's library exports."""
    sys.path.insert(0, str(packages))
    try:
        import pefile
    finally:
        sys.path.remove(str(packages))
    symbols: list[Any] = pefile.PE(str(WINE)).DIRECTORY_ENTRY_EXPORT.symbols
    return [symbol.name.decode() for symbol in symbols if symbol.name]


def _run(*command: str) -> None:
    subprocess.run(command, check=True)
