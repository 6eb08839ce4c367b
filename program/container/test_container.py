"""The container's recipe: `make container-test`, as root on Linux.

The steps of the Containerfile are run as it says them: the same installation, then the same
command, user, environment and health check, in a root that can only be read, with the union's
folder beside it. That needs no container runtime. Not part of `make test`: installing takes
minutes.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from tests.web import world
from tests.web.running import heading, hidden, send
from tests.web.world import World

HERE = Path(__file__).parent
SOURCE = HERE.parent.parent
RECIPE = (HERE / "Containerfile").read_text("utf-8").replace("\\\n", " ")
SECONDS = 300  # for a start on a busy machine

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0 or shutil.which("unshare") is None,
    reason="needs root on Linux: a root that can only be read is made by mounting",
)


def said(word: str) -> list[str]:
    """What the recipe says after a word, the last time."""
    text = re.findall(rf"^{word} (.*)$", RECIPE, re.MULTILINE)[-1]
    if "[" in text:
        listed: list[str] = json.loads(text[text.index("[") :])
        return listed
    return str(text).split()


@dataclass(frozen=True)
class Container:
    """A running one."""

    process: subprocess.Popen[str]
    union: World
    url: str
    log: Path
    before: dict[str, dict[Path, bytes]]  # what the folders held that it only reads


def everybodys_python() -> str:
    """An interpreter that another user may run: not one below somebody's home."""
    for candidate in ("/usr/local/bin/python3", "/usr/bin/python3", sys.executable):
        path = Path(candidate).resolve()
        if path.is_file() and all(folder.stat().st_mode & 0o001 for folder in path.parents):
            return candidate
    pytest.skip("no interpreter that another user may run")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What stands under /opt in the image."""
    opt = tmp_path_factory.mktemp("image") / "opt"
    opt.mkdir()
    (step,) = re.findall(r"^RUN (\S+) /source (\S+)$", RECIPE, re.MULTILINE)
    script, target = SOURCE / step[0].removeprefix("/source/"), step[1]
    build = f'mount --bind "{opt}" /opt && sh "{script}" "{SOURCE}" {target}'
    environment = {**os.environ, "PYTHON": everybodys_python()}
    subprocess.run(["unshare", "--mount", "sh", "-ec", build], check=True, env=environment)
    shutil.copy(HERE / "health.py", opt / "health.py")
    return opt


@pytest.fixture(scope="module")
def union(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The folder that the handbook describes: no private key in it."""
    made = world.build(tmp_path_factory.mktemp("union"))
    named = World(made.root, made.units, made.passwords)
    for old, new in (("密钥", "keys"), ("标识", "issued")):
        (made.root / old).rename(made.root / new)
    for key in (made.root / "keys").glob("*.key"):
        key.unlink()
    tls = made.root / "tls"
    tls.mkdir()
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-keyout", tls / "key.pem", "-out", tls / "certificate.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    for folder in ("inbox", "state", "published", "reply"):
        (made.root / folder).mkdir()
    user, group = map(int, said("USER")[0].split(":"))
    for path in (made.root, *made.root.rglob("*")):
        os.chown(path, user, group)
    return named


@pytest.fixture(scope="module")
def container(
    installed: Path, union: World, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Container]:
    home = tmp_path_factory.mktemp("container")
    root, log = home / "root", home / "log"
    root.mkdir()
    user, group = said("USER")[0].split(":")
    given = dict(one.split("=", 1) for one in said("ENV"))
    given["PATH"] = given["PATH"].replace("$PATH", "/usr/local/bin:/usr/bin:/bin")
    environment = " ".join(f"{key}='{value}'" for key, value in given.items())
    command = " ".join([*said("ENTRYPOINT"), *said("CMD")])
    steps = f"""
        mount --make-rprivate /
        mount --bind / "{root}"
        mount --rbind /dev "{root}/dev"
        mount -t proc proc "{root}/proc"
        mount --bind "{union.root}" "{root}/mnt"
        mount --bind "{installed}" "{root}/opt"
        mount -o remount,bind,ro "{root}/opt"
        mount -t tmpfs -o mode=1777 tmpfs "{root}/tmp"
        mount -o remount,bind,ro "{root}"
        exec chroot "{root}" setpriv --reuid {user} --regid {group} --clear-groups --no-new-privs \\
            --bounding-set=-all env -i {environment} sh -c 'cd /mnt && exec {command}'
    """
    before = {
        folder.name: {path: path.read_bytes() for path in folder.rglob("*")}
        for folder in union.root.iterdir()
        if folder.name not in ("inbox", "state")
    }
    with log.open("w", encoding="utf-8") as written:
        process = subprocess.Popen(
            ["unshare", "--mount", "sh", "-ec", steps],
            stdout=written,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            port = said("EXPOSE")[0]
            for _ in range(SECONDS):
                if re.search(r"https?://", log.read_text("utf-8")):
                    break
                assert process.poll() is None, log.read_text("utf-8")
                time.sleep(1)
            yield Container(process, union, f"https://127.0.0.1:{port}", log, before)
        finally:
            process.send_signal(getattr(signal, said("STOPSIGNAL")[0]))
            try:
                process.wait(60)
            finally:
                process.kill()


def healthy(installed: Path) -> int:
    check = [
        str(installed / "health.py") if w == "/opt/health.py" else w for w in said("HEALTHCHECK")
    ]
    return subprocess.run([sys.executable, *check[1:]], check=False).returncode


def test_everything_is_compiled_and_nothing_can_be_written(installed: Path) -> None:
    package = next((installed / "converter" / "lib").glob("python*/site-packages"))
    sources = list((package / "converter").rglob("*.py"))
    assert len(sources) > 200
    for path in sources:
        assert list(path.parent.glob(f"__pycache__/{path.stem}.*.pyc")), path
    written = installed.joinpath("converter").rglob("*")
    assert not [p for p in written if not p.is_symlink() and p.stat().st_mode & 0o222]


def test_it_runs_without_rights_and_answers(container: Container, installed: Path) -> None:
    status = Path(f"/proc/{container.process.pid}/status").read_text()
    assert re.search(r"^Uid:\s+10001\s+10001\s+10001", status, re.MULTILINE), status
    assert re.search(r"^CapEff:\s+0+$", status, re.MULTILINE)
    assert re.search(r"^NoNewPrivs:\s+1$", status, re.MULTILINE)
    mounts = Path(f"/proc/{container.process.pid}/mountinfo").read_text()
    assert re.search(r" / ro[, ]", mounts), mounts
    assert healthy(installed) == 0


def test_a_unit_fetches_checks_and_submits(container: Container) -> None:
    unit = container.union.units[0]
    with httpx2.Client(
        base_url=container.url, verify=False, follow_redirects=True, timeout=SECONDS
    ) as client:
        fields = {
            "token": hidden(client.get("/identity").text, "token"),
            "name": unit.name,
            "password": container.union.passwords[unit.code],
        }
        assert client.post("/identity", data=fields).url.path == "/unit"
        done = send(client, world.workbook(1))
        assert heading(done) == "检查结果：通过"
        token = hidden(done.text, "token")
        submitted = client.post(f"{done.url.path}/submit", data={"token": token})
        number = submitted.url.path.rpartition("/")[2]
    assert (container.union.root / "inbox" / "web" / f"{number}.zip").is_file()
    for untouched in ("keys", "issued", "published", "reply", "tls"):
        folder = container.union.root / untouched
        assert {p: p.read_bytes() for p in folder.rglob("*")} == container.before[untouched]


def test_it_stops_in_good_order_and_is_unhealthy_then(
    container: Container, installed: Path
) -> None:
    container.process.send_signal(getattr(signal, said("STOPSIGNAL")[0]))
    assert container.process.wait(60) == 0, container.log.read_text("utf-8")
    assert healthy(installed) == 1
