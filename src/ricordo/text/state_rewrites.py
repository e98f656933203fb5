"""Wordings that say the same as a plainer one: "Vim is what Ada uses" is "Ada uses Vim"; the rules read the plainer.

A table of regular expressions over one sentence. Each must keep what the sentence says, whatever the words in it are:
whether it tells a state is for the rules to say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

_NAME = r"[A-ZÀ-ÖØ-Þ][\w'’.-]*(?: [A-ZÀ-ÖØ-Þ][\w'’.-]*){0,2}"
_NP = (
    rf"(?:(?:[Mm]y|[Oo]ur|[Tt]he|[Hh]is|[Hh]er|[Tt]heir) [\w'’-]+(?: [\w'’-]+){{0,2}}?"
    rf"|I|[Ww]e|[Hh]e|[Ss]he|[Tt]hey|{_NAME})"
)
_VP = r"[a-z][\w'’]*(?: [a-z][\w'’-]*){0,3}?"
_SOLID = r"(?:(?-i:[A-ZÀ-ÖØ-Þ\d$€£])[^,;]*|an? [^,;]+)"
_ISNT = r"(?:is|are|'s|’s)"
_LED = r"(?:leading|running|heading|managing|in charge of|responsible for|who (?:leads|runs|heads)|who is in charge of)"
_OVER = r"(?:(?:is|are) over|(?:has |have )?ended|(?:has |have )?c[ao]me to an end|(?:is|are) finished)"
_SPELL = r"(?:time|stint|job|contract|career|days|employment)"
_NOUN = r"(?:subject|major|mode|theme|food|colour|color|drink|instrument|language|sport|game|dish|editor|tool)"


def _after(value: str, verb: str, word: str) -> str:
    """Return the value with the preposition that its question word stands for."""
    if word == "where" and not re.search(r"\b(?:in|at|from|born|to)\Z", verb):
        return "in " + value
    if word == "where" and verb.endswith("born"):
        return "in " + value
    if word == "when":
        clock = re.match(r"\d{1,2}(?:[:.]\d\d|\s?[ap]\.?m)", value)
        return ("at " if clock else "on ") + value
    return value


def _cleft(match: re.Match[str]) -> str:
    value, verb = match["v"], match["vp"]
    tail = match["tail"] or ""
    return f"{match['np']} {verb} {_after(value, verb, (match['w'] or '').lower())}{tail}"


def _as_noun(match: re.Match[str]) -> str:
    owner = match["np"]
    whose = {"i": "my", "we": "our", "he": "his", "she": "her", "they": "their"}.get(owner.lower(), owner + "'s")
    return f"{whose} {match['n']} is {match['v']}"


_Change = str | Callable[[re.Match[str]], str]
_TABLE: tuple[tuple[str, _Change], ...] = (
    # Clefts and relative clauses.
    (rf"^the port (?P<np>(?-i:{_NP})) (?:uses|listens on|runs on|is on) is (?:now )?(\d+)$", r"\g<np> uses port \2"),
    (
        rf"^the (?:[\w-]+ ){{1,2}}?(?:(?P<w>where|when|that|which|whom?) )?(?P<np>(?-i:{_NP})) (?P<vp>{_VP})"
        rf" {_ISNT} (?:now |currently |called )?(?P<v>{_SOLID})(?P<tail>, not .*)?$",
        _cleft,
    ),
    (
        rf"^the {_NOUN}(?P<w>) (?:that |which )?(?P<np>(?-i:{_NP})) (?P<vp>{_VP})(?: best| most)?"
        rf" {_ISNT} (?:now )?(?P<v>[\w-]+(?: [\w-]+)?)(?P<tail>)$",
        _cleft,
    ),
    (
        rf"^(?P<v>[^,;]{{1,40}}?) {_ISNT} (?:now |also )?"
        r"(?:(?P<w>what|whom?|when|where)|the [\w-]+(?: that| which| who)?)"
        rf" (?P<np>(?-i:{_NP})) (?P<vp>{_VP})(?P<tail>(?: now| these days|, not .*)?)$",
        _cleft,
    ),
    (
        rf"^it(?: is|'s|’s) (?P<v>{_NAME}|[\w:.$€£-]+)(?P<w>) that (?P<np>(?-i:{_NP})) (?P<vp>{_VP})"
        r"(?P<tail>,? not .*)?$",
        _cleft,
    ),
    (rf"^(?:instead of|rather than) ([^,]{{1,40}}?),? (?=(?-i:{_NP}))(.+)$", r"\2 instead of \1"),
    # What stands in front and says nothing of its own.
    (r"^(?:when it comes to|as for|with regard to|regarding|in terms of|concerning|speaking of) [\w ]{1,30}, ", ""),
    (
        r"^(?:for a (?:time|while)|there was a time when|at one (?:point|time)|in (?:an earlier|a previous) \w+|"
        r"as a (?:child|student|kid)|up to \w+ \w+),? ",
        "",
    ),
    (r"^(?:once|formerly|previously) an? [\w-]+(?: [\w-]+)?, ", ""),
    (r"\b(?:packed up|went ahead|upped sticks) and\b", ""),
    (rf"\byou(?:'ll| will| can)? find (?P<np>(?-i:{_NAME})) (\w+ing)\b", r"\g<np> is \2"),
    (r", from (\S+(?: \S+)?) to\b", r" from \1 to"),
    # Verbs of more words than one.
    (r"\b(?:is|am|are|'m|'re|’m|’re) able to\b", "can"),
    (r"\b(?:is|am|are|'m|'re|’m|’re) unable to\b", "can't"),
    (r"\bknows? how to\b", "can"),
    (r"\b(?:is known|happens?|turns? out|turned out) to be\b", "is"),
    (r"\bis to be found\b", "is located"),
    (r"\b(?:has |have )?made (?:the|a) (?:switch|change|transition|jump)\b", "switched"),
    (r"\b(?:has |have )?made the move\b", "moved"),
    (r"\bmake(s?) use of\b", r"use\1"),
    (r"\b(?:is|am|'m) in possession of\b", "has"),
    (r"\btake(s?) (?:great |much )?(?:pleasure|delight|joy) in\b", r"enjoy\1"),
    (r"\b(?:has|have|had|got|gets|get) an allergic reaction to\b", "is allergic to"),
    (r"\breacts? allergically to\b", "is allergic to"),
    (r"\b(?:has|have) (?:the lead|charge|control|leadership) of\b", "leads"),
    (r"\bgot (?:myself|himself|herself|ourselves|themselves) an?\b", "bought a"),
    (r"\bgot hold of an?\b", "bought a"),
    (r"\b(?:have|has) (?:my|his|her|our|their) own\b", "has a"),
    (r"\bof (?:my|his|her|our|their) own\b", ""),
    (r"\blet go of (?=my|his|her|our|their)\b", "sold "),
    (r"\b(?:(?:has|have) )?(?:said|bid) (?:goodbye|farewell) to\b", "has abandoned"),
    (r"\bturned (?:my|his|her|our|their) back on\b", "has abandoned"),
    (r"\bnumber one (?=\w+ is\b)", "favourite "),
    (r"\b(\w+) of choice\b", r"preferred \1"),
    (rf"^({_NAME}|I)(?: am|'m| is) an? (?:keen |heavy |happy )?(?-i:([A-Z][\w+#]*)) user\b", r"\1 uses \2"),
    # Turned round.
    (rf"^(?-i:({_NAME}))['’]s ([\w -]{{2,20}}?) (?:has been|was|got) (sold|scrapped)$", r"\1 \3 the \2"),
    (r"^my ([\w -]{2,20}?) (?:has been|was|got) (sold|scrapped)$", r"I \2 the \1"),
    (rf"^an? ([\w -]{{2,25}}) belongs to (?-i:({_NAME}))$", r"\2 owns a \1"),
    (r"^port (\d+) (?:is used by|belongs to|is taken by|is occupied by) (.+)$", r"\2 uses port \1"),
    (
        rf"^(?P<np>(?-i:{_NP})) (?:now )?(?:has|have|uses?) (?P<v>[^,;]{{1,40}}?) as"
        r" (?:its|her|his|their|my|our|an?|the) (?:new )?(?P<n>[\w-]+(?: [\w-]+)?)$",
        _as_noun,
    ),
    (rf"^the (?:person|one|man|woman|engineer) {_LED} (.+?) is (?:now )?(?-i:({_NAME}))$", r"\2 leads \1"),
    (rf"^in charge of (.+?) is (?:now )?(?-i:({_NAME}))$", r"\1 is led by \2"),
    (rf"^(?-i:({_NAME})) is (?:now )?the (?:person|one|man|woman) {_LED} (.+)$", r"\1 leads \2"),
    (rf"^(.+?) is (?:now )?in (?-i:({_NAME}))['’]s hands$", r"\2 leads \1"),
    (
        rf"^(?:we|they|the team) (?:have |'ve |’ve )?(paused|cancelled|canceled|suspended|archived|postponed|stalled)"
        rf" (?-i:({_NAME}))$",
        r"\2 is \1",
    ),
    # What is over.
    (rf"^(?-i:({_NAME}|I)) and (?-i:({_NAME}))(?:['’]s)? (?:marriage|relationship) {_OVER}$", r"\1 and \2 broke up"),
    (rf"^(?-i:({_NAME}))['’]s (?:relationship|marriage) (?:with|to) (?-i:({_NAME})) {_OVER}$", r"\1 broke up with \2"),
    (rf"^my (?:relationship|marriage) (?:with|to) (?-i:({_NAME})) {_OVER}$", r"I broke up with \1"),
    (rf"^it(?: is|'s|’s) over between (?-i:({_NAME})) and (?-i:({_NAME}))$", r"\1 and \2 broke up"),
    (r"\b(?:have )?(?:called it quits|went their separate ways|gone their separate ways|parted ways)$", "broke up"),
    (
        rf"^(?-i:({_NAME}))['’]s {_SPELL} (?:at|with) (?-i:({_NAME})) {_OVER}$",
        r"\1 no longer works at \2",
    ),
    (
        rf"^my {_SPELL} (?:at|with) (?-i:({_NAME})) {_OVER}$",
        r"I no longer work at \1",
    ),
)
#: Of each line of the table, the words of which a sentence has one; "*": it begins with "the".
_WORDS = (
    "port",
    "*",
    "*",
    "what who whom when where the",
    "it",
    "instead rather",
    "when as regarding regard terms concerning speaking",
    "time while there in as up",
    "once formerly previously",
    "packed ahead upped",
    "find",
    "from",
    "able",
    "unable",
    "know knows",
    "known happens happen turns turn turned",
    "found",
    "made",
    "made",
    "make makes",
    "possession",
    "take takes",
    "reaction",
    "reacts react",
    "lead charge control leadership",
    "got",
    "got",
    "own",
    "own",
    "let",
    "goodbye farewell",
    "back",
    "number",
    "choice",
    "user",
    "sold scrapped",
    "sold scrapped",
    "belongs",
    "port",
    "as",
    "person one man woman engineer",
    "charge",
    "person one man woman",
    "hands",
    "paused cancelled canceled suspended archived postponed stalled",
    "marriage relationship",
    "relationship marriage",
    "relationship marriage",
    "between",
    "quits ways",
    "time stint job contract career days employment",
    "time stint job contract career days employment",
)
_REWRITES = tuple((re.compile(pattern, re.IGNORECASE), change) for pattern, change in _TABLE)
_BY_WORD: dict[str, list[int]] = {}
for _spot, _line in enumerate(_WORDS):
    for _word in _line.split():
        _BY_WORD.setdefault(_word, []).append(_spot)


def rewritten(sentence: str, low: Sequence[str]) -> str | None:
    """Return a plainer sentence that says the same, without its full stop; None where none is known.

    Args:
        sentence: As written.
        low: Its words in small letters.

    >>> rewritten("Vim is what Ada uses.", "vim is what ada uses".split())
    'Ada uses Vim'
    """
    if len(sentence) > _LONGEST:
        return None
    spots = {spot for word in low if word in _BY_WORD for spot in _BY_WORD[word]}
    if low[0] == "the":
        spots.update(_BY_WORD["*"])
    if not spots:
        return None
    whole = said = sentence.strip(" .!")
    for spot in sorted(spots):
        pattern, change = _REWRITES[spot]
        said = pattern.sub(change, said, count=1)
    return said if said != whole else None


_LONGEST = 160
