"""Text as Markdown that shows it and does nothing else, and back again. Pure."""

from __future__ import annotations

import re

#: What begins or ends something wherever it stands.
_ACTIVE = re.compile(r"[\\`*_\[\]<>&|~$@%={}^]|:(?=//)|(?<=\bwww)\.", re.IGNORECASE)
#: What begins something at the beginning of a line.
_OPENING = re.compile(r"(?m)^([#+:\-])|^(\d{1,9})([.)])")
#: What a reader of Markdown would cut off, or take for the end of a line.
_LOST = re.compile(r"(?m)^[ \t]|[ \t]$|[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_SPELT = re.compile(r"\\([!-/:-@\[-`{-~])|&#(\d{1,7});")


def escaped(text: str) -> str:
    r"""Return text as Markdown in which nothing is active: no link, no HTML, no heading, no list.

    >>> print(escaped("# [x](http://y) <b> 1*2\n1. one"))
    \# \[x\](http\://y) \<b\> 1\*2
    1\. one
    """
    safe = _ACTIVE.sub(lambda found: f"\\{found[0]}", text)
    safe = _OPENING.sub(lambda found: f"\\{found[1]}" if found[1] else f"{found[2]}\\{found[3]}", safe)
    return _LOST.sub(lambda found: f"&#{ord(found[0])};", safe)


def plain(text: str) -> str:
    r"""Return what `escaped` made into Markdown.

    >>> plain(escaped("# [x](http://y)\n  two ")) == "# [x](http://y)\n  two "
    True
    """
    return _SPELT.sub(lambda found: found[1] or chr(int(found[2])), text)


def quote(text: str) -> str:
    r"""Return text as a quotation that keeps every line.

    >>> print(quote("One.\nTwo.\n\nThree."))
    > One.\
    > Two.
    >
    > Three.
    """
    lines = escaped(text).split("\n")
    breaks = ["\\" if after else "" for after in [*lines[1:], ""]]
    return "\n".join(f"> {line}{end}" if line else ">" for line, end in zip(lines, breaks, strict=True))


def unquote(lines: list[str]) -> str:
    r"""Return the text of a quotation.

    >>> unquote(quote("One.\nTwo.\n\n\nThree.").split("\n"))
    'One.\nTwo.\n\n\nThree.'
    """
    bare = (line.removeprefix(">").removeprefix(" ") for line in lines)
    return plain("\n".join(line[:-1] if (len(line) - len(line.rstrip("\\"))) % 2 else line for line in bare))


def label(text: str, longest: int = 80) -> str:
    """Return text on one line of Markdown, cut where it is longer.

    >>> label("A *very* long\\nname", 10)
    'A \\\\*very\\\\* …'
    """
    flat = " ".join(text.split())
    return escaped(flat if len(flat) <= longest else f"{flat[: longest - 1]}…")


def code(text: str) -> str:
    """Return text, which has no backtick and no line end, as code.

    >>> code('"a"')
    '`"a"`'
    """
    return f"`{text}`"
