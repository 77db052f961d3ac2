"""A screen as a small SVG: the same bytes for the same cells, without fonts and clip paths."""

import html
import io
import re

from rich.console import Console
from textual.app import App

_FORMAT = """<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: monospace; font-size: {char_height}px; }}
{styles}
</style>
<rect width="{width}" height="{height}" fill="#000000" />
<g transform="translate({terminal_x}, {terminal_y})">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""
_CLIPS = re.compile(r' clip-path="url\(#[^"]*\)"')
_CRISP = ' shape-rendering="crispEdges"'
_TEXT = re.compile(r'<text[^>]*? y="([\d.]+)"[^>]*>([^<]*)</text>')


def drawn(app: App[None]) -> str:
    """What is on the screen now, the screens below a modal one included."""
    width, height = app.size
    console = Console(
        width=width,
        height=height,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        record=True,
        legacy_windows=False,
        safe_box=False,
    )
    console.print(
        app.screen._compositor.render_update(full=True, screen_stack=app._background_screens, simplify=True)
    )
    exported = console.export_svg(title="", code_format=_FORMAT, unique_id="s")
    return _CLIPS.sub("", exported).replace(_CRISP, "").replace("><", ">\n<")


def lines(svg: str) -> list[str]:
    """The text of each line, for people to compare."""
    rows: dict[float, list[str]] = {}
    for place, text in _TEXT.findall(svg):
        rows.setdefault(float(place), []).append(html.unescape(text).replace("\xa0", " "))
    return [" ".join(rows[place]) for place in sorted(rows)]
