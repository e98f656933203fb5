"""What a text turns down: the "Express" of "Fastify instead of Express". English cues; other languages give nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ricordo.text.normalise import name_key
from ricordo.text.tokenise import STOP_WORDS

_MOST, _MOST_LISTED, _LONGEST_NAME, _LONGEST_PLAIN = 10, 4, 4, 3
_CUE = re.compile(
    r"\b(?:instead of|rather than|in place of|in lieu of|as opposed to|over|from|replac(?:e[sd]?|ing)|no longer|not"
    r"|decided against|ruled out|rejected|stopped using|avoid(?:s|ed)?|off|got rid of)\b",
    re.I,
)
_TOKEN = re.compile(r"`[^`\n]{1,60}`|“[^”\n]{1,60}”|\"[^\"\n]{1,60}\"|[\w@](?:[\w+#'’/@-]|\.(?=\w))*|[^\w\s]|\n")
_PLAIN = re.compile(r"[a-z][a-z0-9-]+")
_NUMBERED = re.compile(r"[^\W\d_]\d")
_JOINED = re.compile(r"\w[._/@]\w")
_JOINTS = ("and", "or", "nor", "&")
_END = frozenset(".;:!?,)\n")
_DETERMINERS = frozenset("a an the any my our your their his her its using use plain raw".split())
_PLACES = frozenset("on in with at for to".split())
_BEING = frozenset("was were is are been be got getting being".split())
_BETTER = (("instead", "of"), ("rather", "than"), ("in", "place", "of"), ("in", "lieu", "of"), ("as", "opposed", "to"))
_AGAINST = (
    *(("decided", "against"), ("ruled", "out"), ("rejected",), ("stopped", "using"), ("got", "rid", "of")),
    *(("moved", "off"), ("migrated", "off"), ("switched", "off"), ("avoid",), ("avoids",), ("avoided",)),
)
_REPLACES = frozenset("replace replaces replaced replacing".split())
_CHOOSES = re.compile(r"prefer(?:s|red|ring)?|choos(?:es?|ing)|chosen?|picks?|picked|favou?r(?:s|ed)?|select(?:s|ed)?")
_LEAVES = re.compile(
    r"(?:switch|migrat|mov|chang|convert|port|transition)(?:e[sd]?|es|ing|s)?|went|gone|going|goes|go|switched|ported"
)


def rejected(text: str) -> tuple[str, ...]:
    """Return the keys of what a text turns down in favour of something else, at most ten.

    What looks like a name (a capital, joined words, quotes) counts after any cue: "instead of",
    "rather than", "X over Y", "from Y to X", "replaced Y", "no longer Y", "not Y but X", "X, not Y", "decided
    against". Ordinary words count only after "instead of", "rather than" and "prefers X over", up to three of them,
    and only where the clause ends with them.

    Args:
        text: What was said.

    Returns:
        Keys as `name_key` makes them, in order.

    >>> rejected("Uses Fastify for HTTP services rather than Express.")
    ('express',)
    >>> rejected("We moved the staging database from MySQL to Postgres."), rejected("Drinks tea instead of coffee.")
    (('mysql',), ('coffee',))
    >>> rejected("The bridge over the river was replaced by a tunnel.")
    ()
    """
    if not _CUE.search(text):
        return ()
    tokens = _TOKEN.findall(text)
    scene = _Scene(tokens, [token.lower() for token in tokens])
    found: dict[str, None] = {}
    for spot, word in enumerate(scene.low):
        for rule in _RULES if word in _HEADS else ():
            found.update(dict.fromkeys(rule(scene, spot)))
        if len(found) >= _MOST:
            break
    return tuple(found)[:_MOST]


def name_like(text: str) -> bool:
    """Tell whether words look like a name: a capital, a letter before a digit, joined words; never only grammar.

    >>> [name_like(text) for text in ("Paris", "node.js", "k8s", "green", "The", "42", "1970s")]
    [True, True, True, False, False, False, False]
    """
    return any(_is_name(word) or _NUMBERED.search(word) for word in _TOKEN.findall(text))


def _is_name(token: str) -> bool:
    if not any(char.isalpha() for char in token) or token.lower() in STOP_WORDS:
        return False
    return any(char.isupper() for char in token) or _JOINED.search(token) is not None or token[0] in '`“"'


@dataclass(frozen=True, slots=True)
class _Scene:
    """The words and marks of a text, and the same in small letters."""

    tokens: Sequence[str]
    low: Sequence[str]

    def says(self, spot: int, words: Sequence[str]) -> bool:
        return tuple(self.low[spot : spot + len(words)]) == tuple(words)

    def at(self, spot: int) -> str:
        return self.low[spot] if 0 <= spot < len(self.low) else "."

    def past_determiner(self, spot: int) -> int:
        return spot + 1 if self.at(spot) in _DETERMINERS else spot

    def run(self, spot: int) -> int:
        """Return where a name that begins here ends; `spot` itself where none does."""
        end = spot
        while end < min(len(self.tokens), spot + _LONGEST_NAME) and _is_name(self.tokens[end]):
            end += 1
        return end

    def names(self, spot: int) -> tuple[list[str], int]:
        """Return the names listed from here ("A", "A and B", "A, B or C"), and where the list ends."""
        start = self.past_determiner(spot)
        first = end = self.run(start)
        if end == start:
            return [], spot
        found = [self._key(start, end)]
        while len(found) < _MOST_LISTED and self.at(end) in (",", *_JOINTS):
            last = self.at(end) in _JOINTS or self.at(end + 1) in _JOINTS
            begin = end + 1 + (self.at(end) == "," and last)
            end = self.run(begin)
            if end == begin:
                break
            found.append(self._key(begin, end))
            if last:
                return [key for key in found if len(key) > 1], end
        # A comma that no "and" or "or" follows begins something else.
        return [key for key in found[:1] if len(key) > 1], first

    def plain(self, spot: int) -> list[str]:
        """Return the run of ordinary words that ends a clause here, where it is a thing."""
        start = end = self.past_determiner(spot)
        while end < min(len(self.tokens), start + _LONGEST_PLAIN + 1) and _PLAIN.fullmatch(self.tokens[end]):
            end += 1
        words = self.tokens[start:end]
        doing = len(words) > 1 and words[0].endswith("ing")
        if not 1 <= len(words) <= _LONGEST_PLAIN or doing or self.at(end) not in _END or STOP_WORDS & set(words):
            return []
        return [self._key(start, end)] if any(len(word) > 2 for word in words) else []

    def chooses(self, spot: int, within: int) -> bool:
        """Tell whether a verb of choice stands up to so many words before, in the same clause."""
        for back in range(spot - 1, max(-1, spot - 1 - within), -1):
            if self.low[back] in _END:
                return False
            if _CHOOSES.fullmatch(self.low[back]):
                return True
        return False

    def _key(self, start: int, end: int) -> str:
        return name_key(" ".join(token.strip('`“”"') for token in self.tokens[start:end]))


def _better(scene: _Scene, spot: int) -> list[str]:
    for cue in _BETTER:
        if scene.says(spot, cue):
            return scene.names(spot + len(cue))[0] or scene.plain(spot + len(cue))
    return []


def _over(scene: _Scene, spot: int) -> list[str]:
    if scene.low[spot] != "over":
        return []
    found = scene.names(spot + 1)[0]
    if found:
        return found if scene.chooses(spot, 8) or (spot and _is_name(scene.tokens[spot - 1])) else []
    return scene.plain(spot + 1) if scene.chooses(spot, 4) else []


def _left(scene: _Scene, spot: int) -> list[str]:
    if scene.low[spot] != "from" or not any(_LEAVES.fullmatch(word) for word in scene.low[max(0, spot - 6) : spot]):
        return []
    found, end = scene.names(spot + 1)
    end += scene.at(end)[:1].isdigit()
    return found if scene.at(end) == "to" else []


def _replaced(scene: _Scene, spot: int) -> list[str]:
    if scene.low[spot] not in _REPLACES:
        return []
    if scene.at(spot - 1) in _BEING:
        end = spot - 2 if scene.at(spot - 2) in ("has", "have", "had") else spot - 1
        start = end
        while start > 0 and end - start < _LONGEST_NAME and _is_name(scene.tokens[start - 1]):
            start -= 1
        return scene.names(start)[0] if start < end else []
    return scene.names(spot + 1)[0]


def _no_longer(scene: _Scene, spot: int) -> list[str]:
    if not scene.says(spot, ("no", "longer")):
        return []
    start = spot + 2
    for _ in range(2):  # a verb, and where: "no longer lives in"
        if found := scene.names(start)[0]:
            return found
        if not _PLAIN.fullmatch(scene.at(start)):
            return []
        start += 1
    return scene.names(start)[0] if scene.at(start - 1) in _PLACES else []


def _not(scene: _Scene, spot: int) -> list[str]:
    if scene.low[spot] != "not":
        return []
    found, end = scene.names(spot + 2 if scene.at(spot + 1) in _PLACES else spot + 1)
    but = scene.at(end) == "but" or (scene.at(end), scene.at(end + 1)) == (",", "but")
    aside = scene.at(spot - 1) == "," and spot > 0 and scene.at(end) in _END
    return found if but or aside else []


def _against(scene: _Scene, spot: int) -> list[str]:
    for cue in _AGAINST:
        if scene.says(spot, cue):
            return scene.names(spot + len(cue))[0]
    return []


_RULES: tuple[Callable[[_Scene, int], list[str]], ...] = (
    *(_better, _over, _left, _replaced, _no_longer, _not, _against),
)
#: The words at which a rule may apply.
_HEADS = frozenset({"over", "from", "no", "not", *_REPLACES, *(cue[0] for cue in (*_BETTER, *_AGAINST))})
