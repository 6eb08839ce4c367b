"""The pages check by the rules that the union amended, and say so."""

from __future__ import annotations

from io import BytesIO

import pytest
from starlette.testclient import TestClient

from converter.forms import loading
from converter.model.issues import Level
from converter.usecases import form_packages
from converter.usecases.form_packages import Amending
from converter.web import app as application
from tests.people import UNIT as ANSWERS
from tests.sheets import blank, fill
from tests.web import world
from tests.web.running import heading
from tests.web.visitors import Visitor
from tests.web.world import World

REASON = "派遣人员不算职工"


def too_many() -> bytes:
    """A unit with more members than staff."""
    fewer = {"职工总数": 11, "女职工人数": ANSWERS["女职工会员数"]}
    fewer |= {"农民工人数": ANSWERS["农民工会员数"]}
    answers = ANSWERS | fewer | {"单位工会名称": world.unit(1).name}
    stream = BytesIO()
    fill(blank(15), answers).save(stream)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("level", "verdict"), [(None, "检查结果：通过"), (Level.WARNING, "检查结果：有提示")]
)
def test_an_upload_passes_and_the_page_says_why(
    level: Level | None, verdict: str, union: World
) -> None:
    with TestClient(before := application.build(union.settings())):
        page = Visitor(before).enter(union).upload(("填报.xlsx", too_many()))
        assert heading(page) == "检查结果：有错误"
    changes = Amending({"X101": level}, (), REASON)
    form_packages.amend(loading.form_dir(), union.keys, union.root / "调整.zip", changes, 0)
    with TestClient(app := application.build(union.settings(form=loading.form_dir().resolve()))):
        page = Visitor(app).enter(union).upload(("填报.xlsx", too_many()))
        assert heading(page) == verdict
        assert REASON in page.text
        assert "提交上报" in page.text
