"""Nobody else gets in: other pages in her browser, other programs, other names for this machine."""

from __future__ import annotations

from pathlib import Path

import httpx2
import pytest

from converter.web.desk.access import AGAIN, SECRET
from converter.web.desk.app import GET, POST
from converter.web.desk.running import Instance
from tests.web.desk.at_work import AtWork, drop, entered, press
from tests.web.world import workbook

ANY = "0" * 16
PATHS = [path.replace("{key}", ANY).replace("{chart}", "x") for path in GET]
CHANGING = [path.replace("{key}", ANY) for path in POST]


@pytest.fixture
def stranger(desk: AtWork) -> httpx2.Client:
    return httpx2.Client(base_url=desk.url, timeout=60)


@pytest.mark.parametrize("path", PATHS)
def test_without_the_cookie_no_page_is_shown(stranger: httpx2.Client, path: str) -> None:
    answer = stranger.get(path)
    assert (answer.status_code, "请从程序打开" in answer.text) == (403, True)
    assert "基层工会填报" not in answer.text
    assert "token" not in answer.text


@pytest.mark.parametrize("path", CHANGING)
def test_without_the_cookie_nothing_is_done(
    desk: AtWork, stranger: httpx2.Client, path: str
) -> None:
    data = {"token": desk.access.form_token}
    answer = stranger.post(path, data=data, headers={"origin": desk.url})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "host",
    [
        "localhost:{port}",
        "evil.example:{port}",
        "127.0.0.1",
        "[::1]:{port}",
        "127.0.0.1:{port}.evil.example",
        "",
    ],
)
def test_another_name_for_this_machine_is_refused(
    desk: AtWork, client: httpx2.Client, host: str
) -> None:
    headers = {"host": host.format(port=desk.port)}
    assert client.get("/", headers=headers).status_code in (400, 403)
    assert client.get("/static/portal.css", headers=headers).status_code in (400, 403)


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "null",
        "http://localhost:{port}",
        "http://127.0.0.1:1",
        "https://127.0.0.1:{port}",
        "",
    ],
)
@pytest.mark.parametrize("path", CHANGING)
def test_another_origin_changes_nothing(
    desk: AtWork, client: httpx2.Client, origin: str, path: str
) -> None:
    headers = {"origin": origin.format(port=desk.port)}
    data = {"token": desk.access.form_token}
    assert client.post(path, data=data, headers=headers).status_code == 403


def test_without_an_origin_the_referer_counts(desk: AtWork, client: httpx2.Client) -> None:
    del client.headers["origin"]
    data = {"token": desk.access.form_token}
    assert client.post("/closed", data=data).status_code == 403
    for referer, status in (
        ("http://evil.example/", 403),
        (f"{desk.url}.evil.example/", 403),
        (f"{desk.url}/unit", 204),
    ):
        answer = client.post("/closed", data=data, headers={"referer": referer})
        assert answer.status_code == status, referer


def test_a_page_elsewhere_cannot_load_ours(client: httpx2.Client) -> None:
    for site in ("cross-site", "same-site"):
        assert client.get("/", headers={"sec-fetch-site": site}).status_code == 403


def test_a_token_opens_once(desk: AtWork) -> None:
    address = desk.access.address().removeprefix(desk.url)
    with httpx2.Client(base_url=desk.url) as first, httpx2.Client(base_url=desk.url) as second:
        assert first.get(address, follow_redirects=True).status_code == 200
        assert second.get(address, follow_redirects=True).status_code == 403
        assert first.get(address, follow_redirects=True).status_code == 200  # it is in already
        assert second.get("/enter?token=", follow_redirects=True).status_code == 403
        cookie = next(iter(first.cookies.jar))
        assert (cookie.name, cookie.path) == (f"desk-{desk.port}", "/")
        assert cookie.has_nonstandard_attr("HttpOnly")


def test_only_the_secret_gives_another_address(desk: AtWork, stranger: httpx2.Client) -> None:
    assert stranger.post(AGAIN, headers={SECRET: "x"}).status_code == 403
    assert stranger.post(AGAIN, headers={SECRET: ""}).status_code == 403
    # A browser that was tricked into sending it would name the page's origin.
    sent = {SECRET: desk.access.secret, "origin": "http://evil.example"}
    assert stranger.post(AGAIN, headers=sent).status_code == 403
    address = stranger.post(AGAIN, headers={SECRET: desk.access.secret}).text
    assert stranger.get(address.removeprefix(desk.url), follow_redirects=True).status_code == 200


@pytest.mark.posix("there the user's own folder keeps others out")
def test_the_file_that_leads_to_the_page_is_private_and_goes_with_it(
    desk: AtWork, tmp_path: Path
) -> None:
    instance = Instance(tmp_path / "place", tmp_path / "state")
    with instance.alone():
        instance.write(desk.port, desk.access)
        (file,) = (tmp_path / "state").glob("*.json")
        assert file.stat().st_mode & 0o777 == 0o600
        assert file.parent.stat().st_mode & 0o777 == 0o700
        assert instance.address().startswith(f"{desk.url}/enter?token=")
    assert not file.exists()


def test_a_form_without_its_token_is_refused(desk: AtWork, client: httpx2.Client) -> None:
    for data in ({}, {"token": ""}, {"token": "x"}):
        for path in ("/form", "/backups", "/folder"):
            assert client.post(path, data=data).status_code == 403
    assert desk.opened == []


@pytest.mark.parametrize(
    "key",
    ["../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%2e%2e", ANY, "C:%5CWindows", "a b", "\u8868"],
)
def test_no_address_names_a_path(desk: AtWork, client: httpx2.Client, key: str) -> None:
    for page in (
        "check/{}",
        "check/{}/verdict",
        "check/{}/correct",
        "export/{}",
        "print/{}",
        "package/{}",
        "static/{}",
    ):
        assert client.get(f"/{page.format(key)}").status_code == 404
    for page in ("check/{}/open", "check/{}/marked", "backups/{}/restore", "export/{}"):
        assert press(client, desk, f"/{page.format(key)}").status_code == 404
    assert press(client, desk, "/folder", key=key).status_code == 404
    assert client.get("/form/sources", params={"source": key}).status_code == 404
    assert desk.opened == []


def test_names_of_dropped_files_lead_nowhere(desk: AtWork, client: httpx2.Client) -> None:
    before = set(desk.root.parent.rglob("*"))
    drop(client, desk, ("../../../../出去.xlsx", workbook(1)))
    made = {path for path in desk.root.parent.rglob("*") if path.is_file()} - before
    assert [path.name for path in made] == ["出去.xlsx"]
    assert all(path.is_relative_to(desk.root) for path in made)


def test_every_answer_has_the_strict_policy(desk: AtWork, client: httpx2.Client) -> None:
    for path in ("/", "/help", f"/check/{ANY}", "/static/desk.js"):
        headers = client.get(path).headers
        assert headers["content-security-policy"].startswith(
            "default-src 'none'; script-src 'self'"
        )
        assert headers["x-frame-options"] == "DENY"


def test_two_desks_do_not_share_a_cookie(desk: AtWork) -> None:
    with entered(desk) as client:
        assert all(str(desk.port) in cookie.name for cookie in client.cookies.jar)
