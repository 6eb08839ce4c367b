"""Renew `program.ico` from the icon of the web pages: `python -m windows.icon` (needs Chromium)."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from PIL import Image

HERE = Path(__file__).parent
SOURCE = HERE.parent / "converter" / "web" / "static" / "icon.svg"
SIZES = (256, 64, 48, 32, 24, 16)


def main() -> None:
    size = SIZES[0]
    with tempfile.TemporaryDirectory() as folder:
        page, shot = Path(folder, "a.html"), Path(folder, "a.png")
        svg = SOURCE.read_text("utf-8").replace("<svg", f'<svg width="{size}" height="{size}"', 1)
        page.write_text(f"<style>*{{margin:0}}svg{{display:block}}</style>{svg}", encoding="utf-8")
        subprocess.run(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}/p",
             "--default-background-color=00000000", "--hide-scrollbars",
             f"--window-size={size},{size}", f"--screenshot={shot}", page.as_uri()],
            check=True, capture_output=True,
        )  # fmt: skip
        with Image.open(shot) as image:
            sizes = [(each, each) for each in SIZES]
            image.convert("RGBA").save(HERE / "program.ico", sizes=sizes)


if __name__ == "__main__":
    main()
