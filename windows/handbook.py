"""A handbook as one page and as a PDF, to lie beside the program."""

from __future__ import annotations

import base64
import re
import subprocess
import tempfile
from pathlib import Path

from markdown_it import MarkdownIt

DOCS = Path(__file__).parent.parent / "docs"
STYLE = """
body{font:16px/1.8 'Microsoft YaHei','PingFang SC','Noto Sans CJK SC',sans-serif;color:#1f2328;
max-width:46em;margin:2em auto;padding:0 1em}
img{max-width:100%;border:1px solid #d5dce1}
code{background:#f1f3f5;padding:.1em .3em}pre{background:#f1f3f5;padding:.8em;overflow:auto}
pre code{padding:0}table{border-collapse:collapse}td,th{border:1px solid #d5dce1;padding:.3em .6em}
h1,h2,h3{line-height:1.4;break-after:avoid}img,pre,tr{break-inside:avoid}
@page{size:A4;margin:18mm 16mm}
"""


def page(name: str) -> str:
    """A handbook of docs/ as HTML that needs no other file."""
    text = (DOCS / name).read_text(encoding="utf-8")
    title = text.partition("\n")[0].removeprefix("# ")
    body = MarkdownIt("commonmark").enable("table").render(text)
    body = re.sub(r'src="([^":]+)"', lambda found: f'src="{_inline(found[1])}"', body)
    # Other pages do not come along: what they are called stays.
    body = re.sub(r'<a href="(?!https?:|#)[^"]*">(.*?)</a>', r"\1", body)
    head = f'<meta charset="utf-8"><title>{title}</title><style>{STYLE}</style>'
    return (
        f'<!DOCTYPE html>\n<html lang="zh-CN"><head>{head}</head>\n<body>\n{body}</body></html>\n'
    )


def _inline(picture: str) -> str:
    data = base64.b64encode((DOCS / picture).read_bytes()).decode("ascii")
    return f"data:image/png;base64,{data}"


def printed(html: Path, pdf: Path) -> None:
    """The page as a PDF, by Chromium."""
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu",
             f"--user-data-dir={profile}", "--no-pdf-header-footer",
             f"--print-to-pdf={pdf}", html.resolve().as_uri()],
            check=True, capture_output=True,
        )  # fmt: skip
