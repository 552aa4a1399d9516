"""What README and docs ask a reader to type: commands in blocks, commands in the text, Python in fences.

A block is indented by four spaces, or fenced. A fence that says `sh` or `console` holds commands, one that
says `python` holds Python. Any other block holds commands when its first line begins with a tool that is
known here; otherwise it is a picture or an output. `<!-- not run: REASON -->` above a block says why not.
"""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TOOLS = frozenset({"trailwarden", "make", "aws", "pytest", "curl", "chalice", "git", "cd"})
_SHELL, _PYTHON = ("sh", "bash", "console", "shell"), ("python", "py")
_FENCE, _REASON = re.compile(r"^```(\w*)"), re.compile(r"<!-- not run: (.+) -->")
_INTO = re.compile(r"<!-- into: (\S+) -->")
_INLINE = re.compile(r"`((?:trailwarden|make|aws) [^`\n]+)`")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A block of a page: its first line's number, its language (empty: none is named), why it is not run."""

    page: str
    line: int
    language: str
    text: str
    not_run: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What a reader types, as the shell would split it; `whole` is False inside a sentence."""

    page: str
    line: int
    words: tuple[str, ...]
    whole: bool = True
    not_run: str = ""

    @property
    def tool(self) -> str:
        return self.words[0]

    def __str__(self) -> str:
        return f"{self.page}:{self.line}: {' '.join(self.words)}"


def blocks(page: str, text: str) -> Iterator[Block]:
    """The blocks of a page, in order."""
    lines, number, reason = text.splitlines(), 0, ""
    while number < len(lines):
        line = lines[number]
        fence = _FENCE.match(line)
        indented = line.startswith("    ") and (number == 0 or not lines[number - 1].strip())
        if fence or indented:
            begin = number + 1 if fence else number
            end = _end_of_fence(lines, begin) if fence else _end_of_indented(lines, begin)
            yield Block(
                page=page,
                line=begin + 1,
                language=fence[1] if fence else "",
                text="\n".join(each if fence else each[4:] for each in lines[begin:end]),
                not_run=reason,
            )
            number, reason = end + bool(fence), ""
            continue
        if line.strip():
            said = _REASON.search(line)
            reason = said[1] if said else ""
        number += 1


def _end_of_fence(lines: list[str], begin: int) -> int:
    return next(n for n in range(begin, len(lines)) if lines[n].startswith("```"))


def _end_of_indented(lines: list[str], begin: int) -> int:
    end = begin
    while end < len(lines) and (lines[end].startswith("    ") or not lines[end].strip()):
        end += 1
    return end


def commands(page: str, text: str) -> Iterator[Command]:
    """The commands of a page: those of its blocks, then those within its sentences."""
    for block in blocks(page, text):
        if block.language in _SHELL or (not block.language and _begins_with_a_tool(block.text)):
            yield from _commands_of(block)
    for number, line in enumerate(text.splitlines(), 1):
        for found in _INLINE.finditer(line):
            yield Command(page=page, line=number, words=_words(found[1]), whole=False)


def python(page: str, text: str) -> list[Block]:
    """The blocks of Python of a page."""
    return [block for block in blocks(page, text) if block.language in _PYTHON]


def put_together(page: str, text: str) -> dict[str, str]:
    """The files that a page writes block by block: above each block stands `<!-- into: PATH -->`."""
    lines, files = text.splitlines(), dict[str, list[str]]()
    for block in python(page, text):
        if found := _INTO.fullmatch(lines[max(0, block.line - 4)].strip()):
            files.setdefault(found[1], []).append(block.text.strip("\n"))
    return {path: "\n\n\n".join(parts) + "\n" for path, parts in files.items()}


def _begins_with_a_tool(text: str) -> bool:
    words = _words(text.splitlines()[0]) if text.strip() else ()
    return bool(words) and words[0] in TOOLS


def _commands_of(block: Block) -> Iterator[Command]:
    line, prompted = block.line, re.search(r"^\$ ", block.text, re.MULTILINE)
    for text in re.split(r"(?<!\\)\n", block.text):
        answer = prompted and not text.startswith("$ ")  # what a command of a session printed
        if (words := _words(text)) and not answer:
            yield Command(page=block.page, line=line, words=words, not_run=block.not_run)
        line += text.count("\n") + 1


def _words(text: str) -> tuple[str, ...]:
    """Split as the shell does; neither the prompt, nor variables set before, nor the tool's folder count."""
    try:
        words = shlex.split(text.replace("\\\n", " ").removeprefix("$ "), comments=True)
    except ValueError:  # a quotation mark that is never closed: no command
        return ()
    while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
        words = words[1:]
    return (Path(words[0]).name, *words[1:]) if words else ()
