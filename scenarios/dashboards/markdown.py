"""A text widget's Markdown as HTML: headings, lists, bold, italics, code and links; all else is text.

Who wrote it may be a stranger, so every character is escaped first, and links lead to https alone.

Source: https://docs.aws.amazon.com/awsconsolehelpdocs/latest/gsg/aws-markdown.html
"""

import html
import re

_HEADING = re.compile(r"(#{1,6})\s+(.*)")
_ITEM = re.compile(r"[*-]\s+(.*)")
_INLINE = (
    (re.compile(r"`([^`]+)`"), r"<code>\1</code>"),
    (re.compile(r"\*\*([^*]+)\*\*"), r"<strong>\1</strong>"),
    (re.compile(r"(?<![\w*])\*([^*]+)\*(?![\w*])"), r"<em>\1</em>"),
    (re.compile(r"\[([^\]]+)\]\((https://[^\s)&<>]+)\)"), r'<a rel="noreferrer" href="\2">\1</a>'),
)


def as_html(text: str) -> str:
    """The HTML of a text."""
    blocks: list[str] = []
    items: list[str] = []
    lines: list[str] = []

    def close() -> None:
        if items:
            blocks.append(f"<ul>{''.join(items)}</ul>")
        if lines:
            blocks.append(f"<p>{' '.join(lines)}</p>")
        items.clear()
        lines.clear()

    for line in (*text.splitlines(), ""):
        heading, item = _HEADING.fullmatch(line.strip()), _ITEM.fullmatch(line.strip())
        if heading or not line.strip() or (item and lines):
            close()
        if heading:
            level = min(len(heading[1]) + 1, 6)  # the page's own title is the first
            blocks.append(f"<h{level}>{_inline(heading[2])}</h{level}>")
        elif item:
            items.append(f"<li>{_inline(item[1])}</li>")
        elif line.strip():
            lines.append(_inline(line.strip()))
    return "".join(blocks)


def _inline(text: str) -> str:
    shown = html.escape(text)
    for pattern, made in _INLINE:
        shown = pattern.sub(made, shown)
    return shown
