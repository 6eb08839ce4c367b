"""Comments of a sheet: what they say, and the shapes that old programs want to show them in."""

from __future__ import annotations

from collections.abc import Mapping

from converter.model.issues import column_letters
from converter.template.cell_text import escaped, harmless
from converter.template.style import text_width

WIDTH = 290  # pixels
LINE_HEIGHT, MARGIN, CHARACTERS = 20, 24, 38  # of a comment: pixels, pixels, columns of text a line
SHAPES_A_BLOCK = 1024  # ids come in blocks of so many, each sheet has its own

_COMMENTS = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    '<comments xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    "<authors><author>{author}</author></authors><commentList>{comments}</commentList></comments>"
)
_COMMENT = (
    '<comment ref="{cell}" authorId="0" shapeId="0"><text><t xml:space="preserve">{text}</t></text>'
    "</comment>"
)
_SHAPES = (
    '<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"'
    ' xmlns:x="urn:schemas-microsoft-com:office:excel"><o:shapelayout v:ext="edit">'
    '<o:idmap v:ext="edit" data="{blocks}"/></o:shapelayout>'
    '<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202"'
    ' path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/>'
    '<v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>{shapes}</xml>'
)
_SHAPE = (
    '<v:shape id="_x0000_s{id}" type="#_x0000_t202" style="position:absolute;margin-left:59.25pt;'
    'margin-top:1.5pt;width:{width}px;height:{height}px;z-index:1;visibility:hidden"'
    ' fillcolor="#ffffe1" o:insetmode="auto"><v:fill color2="#ffffe1"/>'
    '<v:shadow color="black" obscured="t"/><v:path o:connecttype="none"/>'
    '<v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox>'
    '<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/>'
    "<x:AutoFill>False</x:AutoFill><x:Row>{row}</x:Row><x:Column>{column}</x:Column>"
    "</x:ClientData></v:shape>"
)

Comments = Mapping[tuple[int, int], str]  # (row, column), counted from 1 → text


def texts(comments: Comments, author: str) -> bytes:
    """The comments part of a sheet."""
    listed = "".join(
        _COMMENT.format(cell=f"{column_letters(column)}{row}", text=escaped(harmless(text)))
        for (row, column), text in comments.items()
    )
    return _COMMENTS.format(author=escaped(author), comments=listed).encode()


def shapes(comments: Comments, first_block: int) -> bytes:
    """The drawing part of a sheet whose shapes are counted from a block of ids on."""
    first = first_block * SHAPES_A_BLOCK + 1
    drawn = "".join(
        _SHAPE.format(id=id, width=WIDTH, height=_height(text), row=row - 1, column=column - 1)
        for id, ((row, column), text) in enumerate(comments.items(), first)
    )
    blocks = range(first_block, first_block + len(comments) // SHAPES_A_BLOCK + 1)
    return _SHAPES.format(blocks=",".join(map(str, blocks)), shapes=drawn).encode()


def _height(text: str) -> int:
    lines = sum(1 + text_width(line) // CHARACTERS for line in text.split("\n"))
    return MARGIN + LINE_HEIGHT * lines
