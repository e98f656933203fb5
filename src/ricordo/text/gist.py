"""One form for all wordings of the same statement: an exact key, so that nothing is merged that only looks alike."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import lru_cache

from ricordo.text.calendar_rules import MONTHS
from ricordo.text.normalise import FILLERS, fold

_SAID = (
    "by the way|btw|fyi|for your information|just so you know|just so that you know|as i said|as i mentioned"
    "|as mentioned|as you know|for the record|for what it's worth|as a reminder|to be clear|of course|you know"
    "|in case you forgot"
)
_LEADS = (
    _SAID + "|(?:please )?(?:note|remember)(?: that)?|(?:please )?keep in mind(?: that)?|don't forget(?: that)?"
    "|(?:just )?a?\\s?(?:quick )?(?:note|reminder|heads up|heads-up|fun fact|update)(?= ?[:,–-])"
    "|i want you to know that|(?:i'd like to|let me) (?:note|remind you) that|it should be noted that"
    "|it's worth (?:noting|knowing|mentioning) that|it is worth (?:noting|knowing|mentioning) that|you should know that"
    "|let me tell you(?: that)?|i can confirm that"
    "|(?:so|well|anyway|hey|hi|hello|oh|okay|ok|right|listen|look|yes|yeah|also|and|now)(?= ?,)"
)
_LEAD = re.compile(rf"(?:(?:{_LEADS})(?![\w'])[\s,:;–-]*)+(?=\S)")
_TAIL = re.compile(rf"(?:\s*[,–-]\s*(?:{_SAID}|okay|ok|right now you know|that is all))+(?P<end>[.!…]*)\Z")
_FRONTED = re.compile(
    r"(?P<phrase>(?:(?:in|on|at|since|until|from|by|during|after|before) (?:[\w'-]+ ){0,3}[\w'-]+(?::\d\d)?)|today"
    r"|yesterday|tomorrow|(?:last|this|next|every) (?:week|month|year)"
    r"|every (?:morning|afternoon|evening|night|day|weekday|weekend|spring|summer|autumn|winter|quarter|\w+day)), "
    r"(?P<rest>(?:[^,;:]|\d:\d\d)+?)(?P<end>[.!…]*)\Z"
)
#: A time in front that needs no comma: "on Fridays the canteen is closed".
_TIMES = (
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?|january|february|march|april|may|june|july|august|september|october"
    r"|november|december|mornings?|afternoons?|evenings?|nights?|weekends?|weekdays?|spring|summer|autumn|winter|week|month"
    r"|year|day|quarter|(?:19|20)\d\d"
)
_FRONTED_TIME = re.compile(
    rf"(?P<phrase>(?:(?:on|in|since|until|by|before|after|during|every|each|last|this|next) (?:the )?(?:{_TIMES})"
    r"|yesterday|tomorrow|today)) (?P<rest>(?!(?:is|are|was|were|has|have|had|will|would|can|may|of|and|or|to|at|in|on"
    r"|the year|there|it's|morning|evening|afternoon|night)\b)[^,;:]+?)(?P<end>[.!…]*)\Z"
)
_LETTER = re.compile(r"(?<=[^\s.!?:] )A(?![\w'’])")
_JOINS = re.compile(r"\b(?:and|but|or|because|if|when|while|that|who|which|then|so)\b|[?]")
_EDGE = re.compile(r"(?<!\S)[\"'“”‘(\[]+|[.,;:!…\"'“”)\]]+(?!\S)")
_PRONOUN_IS = frozenset("it he she that there here what who where how".split())
_AFTER_HAS = frozenset("been got".split())
_WHOLE = {
    "won't": "will not", "can't": "can not", "cannot": "can not", "shan't": "shall not", "ain't": "ain't",
    "let's": "let us", "gonna": "going to", "wanna": "want to", "gotta": "got to", "i'd": "i'd", "y'all": "you all",
}  # fmt: skip
_SUFFIXES = (("n't", " not"), ("'re", " are"), ("'ve", " have"), ("'ll", " will"), ("'m", " am"))
_OURS = (
    "col fav behavi hon lab neighb flav hum rum harb vap endeav arm od sav rig vig glam tum ferv splend val parl clam"
)
_OURS_RE = re.compile(rf"({'|'.join(_OURS.split())})our(s|ed|ing|ite|ites|able|ful|hood|hoods|ly|less|al|er|ers)?\Z")
_ISE = """
    organ real recogn summar optim minim maxim author apolog emphas final general synchron categor prior custom
    normal visual memor standard modern special util critic familiar initial serial local central token random
    character vectorat vector penal stabil mobil digit energ fantas harmon hospital ideal legal legitim item
    monet neutral popular revital satir scrutin social steril symbol sympath terror theor victim westerniz
    visual global capital
"""
_ISE_RE = re.compile(rf"((?:re|un|de|dis|over)?(?:{'|'.join(_ISE.split())}))is(e|es|ed|ing|er|ers|ation|ations|able)\Z")
_SPELT = dict(
    pair.split("=")
    for pair in """
    centre=center centres=centers theatre=theater theatres=theaters metre=meter metres=meters litre=liter
    litres=liters fibre=fiber grey=gray analyse=analyze analysed=analyzed analyses=analyzes analysing=analyzing
    catalogue=catalog dialogue=dialog travelled=traveled travelling=traveling traveller=traveler
    cancelled=canceled cancelling=canceling labelled=labeled labelling=labeling modelled=modeled
    modelling=modeling defence=defense offence=offense licence=license programme=program programmes=programs
    tyre=tire tyres=tires jewellery=jewelry aeroplane=airplane aluminium=aluminum mum=mom cheque=check
    plough=plow pyjamas=pajamas sceptical=skeptical whilst=while amongst=among towards=toward e-mail=email
    e-mails=emails co-worker=coworker co-workers=coworkers learnt=learned spelt=spelled burnt=burned
    dreamt=dreamed fulfil=fulfill enrol=enroll skilful=skillful moustache=mustache storey=story fuelled=fueled
    signalling=signaling kilometre=kilometer kilometres=kilometers centimetre=centimeter centimetres=centimeters
    millimetre=millimeter millimetres=millimeters ageing=aging judgement=judgment counsellor=counselor
    favourite=favorite web-site=website per-cent=percent okay=ok afterwards=afterward backwards=backward
    forwards=forward dependant=dependent artefact=artifact artefacts=artifacts maths=math cosy=cozy
    """.split()
)
_ONES = {
    word: at
    for at, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen".split()
    )
}
_TENS = {word: at * 10 for at, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)}
_POWERS = {"hundred": 100, "thousand": 1000, "million": 10**6}
_NUMBER_WORDS = {**_ONES, **_TENS, **_POWERS}
#: What a unit is in the smallest of its kind: only where the factor is exact.
_UNITS: dict[str, tuple[str, int]] = {
    unit: (base, factor)
    for base, factor, units in (
        ("mm", 1, "mm millimeter millimeters"), ("mm", 10, "cm centimeter centimeters"),
        ("mm", 1000, "m meter meters"), ("mm", 10**6, "km kilometer kilometers kms"),
        ("mg", 1, "mg milligram milligrams"), ("mg", 1000, "g gram grams"),
        ("mg", 10**6, "kg kilogram kilograms kilo kilos kgs"), ("mg", 10**9, "t tonne tonnes"),
        ("ms", 1, "ms millisecond milliseconds"), ("ms", 1000, "s sec secs second seconds"),
        ("ms", 60_000, "min mins minute minutes"), ("ms", 3_600_000, "h hr hrs hour hours"),
        ("days", 1, "day days"), ("days", 7, "week weeks"),
        ("months", 1, "month months"), ("months", 12, "year years"),
        ("ml", 1, "ml milliliter milliliters"), ("ml", 1000, "l liter liters"),
        ("usd", 1, "usd dollar dollars"), ("eur", 1, "eur euro euros"), ("gbp", 1, "gbp"),
        ("percent", 1, "% percent"), ("gb", 1, "gb gigabyte gigabytes"), ("mb", 1, "mb megabyte megabytes"),
        ("mi", 1, "mi mile miles"), ("ft", 1, "ft foot feet"), ("lb", 1, "lb lbs"),
        ("pounds", 1, "pound pounds"), ("stone", 1, "stone stones"), ("tb", 1, "tb terabyte terabytes"),
    )
    for unit in units.split()
}  # fmt: skip
_MONTH = "|".join(
    "january february march april may june july august september october november december jan feb mar apr jun jul aug "
    "sept sep oct nov dec".split()
)
_DAY = r"(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?"
_DAY_FIRST = re.compile(rf"\b(?P<d>{_DAY})(?: of)? (?P<m>{_MONTH})\b\.?,?(?: (?P<y>(?:19|20)\d\d)\b)?")
_MONTH_FIRST = re.compile(
    rf"\b(?P<m>{_MONTH})\.? (?P<d>{_DAY})\b(?![:.,]\d| ?(?:am|pm|%))(?:,? (?P<y>(?:19|20)\d\d)\b)?"
)
_MONTH_YEAR = re.compile(rf"\b(?P<m>{_MONTH})\.?,? (?:of )?(?P<y>(?:19|20)\d\d)\b")
_YEAR_FIRST = re.compile(r"\b(?P<y>(?:19|20)\d\d)[/-](?P<m>0?[1-9]|1[0-2])[/-](?P<d>0?[1-9]|[12]\d|3[01])\b(?![/-]\d)")
_HALF_DAY = re.compile(r"\b(?P<h>1[0-2]|0?[1-9])(?:[:.](?P<m>[0-5]\d))? ?(?P<half>[ap])\.?m\b\.?")
_CLOCK = re.compile(r"\b0(?P<h>\d):(?P<m>[0-5]\d)\b")
_THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,])")
_MONEY = re.compile(r"(?P<sign>[$€£]) ?(?P<n>\d+(?:\.\d+)?)(?P<k>[km]?)\b")
_MONEY_LAST = re.compile(r"(?<![\w.,])(?P<n>\d+(?:\.\d+)?) ?(?P<sign>[$€£])(?!\w)(?P<k>)")
_MONEY_FIRST = re.compile(r"\b(?P<unit>eur|usd|gbp) (?P<n>\d+(?:\.\d+)?)(?![\w.])")
_MANY = re.compile(r"(?<![\w.,])(?P<n>\d+(?:\.\d+)?) (?P<power>thousand|million)\b")
_ORDINALS = {
    word: at
    for at, word in enumerate(
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
        "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth twenty-first twenty-second twenty-third "
        "twenty-fourth "
        "twenty-fifth twenty-sixth twenty-seventh twenty-eighth twenty-ninth thirtieth thirty-first".split(),
        1,
    )
}
_ORDINAL = re.compile(rf"\b(?P<word>{'|'.join(sorted(_ORDINALS, key=len, reverse=True))})(?= of (?:{_MONTH})\b)")
_NOON = re.compile(r"\b(?:12 )?noon\b")
_O_CLOCK = re.compile(r"\b(?P<h>\d{1,2}) o'clock\b")
_PAST = re.compile(r"\b(?P<part>half|quarter) (?P<side>past|to) (?P<h>\d{1,2})\b")
_SIGNS = {"$": "usd", "€": "eur", "£": "gbp"}
_QUANTITY = re.compile(
    r"(?<![\w.,:/$€£-])(?P<n>\d+(?:\.\d+)?)[ -]?(?P<unit>"
    + "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True))
    + r")(?![\w/'])"
)


@lru_cache(maxsize=8192)
def gist(text: str) -> str:
    """Return a key that is equal for two texts only if they say the same in other words.

    Besides what `duplicate_key` ignores (case, white space, edge punctuation, articles, fillers) it ignores openers and
    closers such as "by the way", contractions, British or American spelling, how numbers, dates, times and exact units
    are spelt, and whether a place or time stands first or last. Any other word, number, date, name, direction, tense,
    negation or order makes another key.

    Args:
        text: One statement, in English; other languages keep what `duplicate_key` keeps.

    >>> gist("By the way, Ada's flat isn't 5 km away") == gist("Ada's flat is not 5,000 metres away.")
    True
    >>> gist("Deploy on 3 May 2026") == gist("deploy on May 3rd, 2026"), gist("We run 16") == gist("We run 16.1")
    (True, False)
    """
    small = " ".join(fold(_lettered(text)).replace("’", "'").split())
    small = small[_lead_end(small) :]
    small = _fronted(_TAIL.sub(lambda match: match["end"], small))
    small = _NOON.sub("12:00", small.replace("per cent", "percent"))
    small = _MANY.sub(_product, _ORDINAL.sub(lambda match: str(_ORDINALS[match["word"]]), small))
    words = [spelt for word in _EDGE.sub("", small).split() for spelt in _spelt(word)]
    kept = [word for word in _has(words) if word not in FILLERS] or words
    said = " ".join(_numbered(kept))
    return (_quantified(said) if any(map(str.isdigit, said)) else said) or small


def same_value(one: str, other: str) -> bool:
    """Tell whether two values of a slot are the same: in other words, units, spellings of a date; articles aside.

    >>> same_value("$1,200", "1200 dollars"), same_value("5 km", "5,000 m"), same_value("16", "16.1")
    (True, True, False)
    """
    return one == other or _value(one) == _value(other) or _in_pounds(_value(one), _value(other))


@lru_cache(maxsize=8192)
def _value(text: str) -> str:
    """Return the gist of a value: "v16" is "16", "half an hour" is "0.5 hours", "in-progress" is "in progress"."""
    small = _LABEL.sub("", text.strip().lower())
    small = _HALF.sub("0.5 ", small)
    small = _ONE.sub("1 ", small)
    small = _DECIMAL.sub(lambda match: match[0].replace(",", "."), small)
    return gist(_HYPHEN.sub(" ", small) if not any(map(str.isdigit, small)) else small)


def _in_pounds(one: str, other: str) -> bool:
    """Tell whether "pounds" are those of money or of weight that the other value has."""
    if "pounds" not in (one + other):
        return False
    return any(one.replace("pounds", unit) == other.replace("pounds", unit) for unit in ("gbp", "lb"))


_LABEL = re.compile(r"\A(?:version |release |v\.? ?|port |number )(?=\d)")
_HALF = re.compile(r"\Ahalf an? ")
_ONE = re.compile(
    r"\A(?:an?|one) (?=[a-z]+\Z)(?=" + "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True)) + ")"
)
_DECIMAL = re.compile(r"\A\d+,\d{1,2}(?![\d,])")
_HYPHEN = re.compile(r"(?<=[a-z])-(?=[a-z])")


def _lettered(text: str) -> str:
    """Mark a capital "A" inside a sentence: it is a name ("vitamin A"), no article."""
    return text if text.isupper() or " A" not in text else _LETTER.sub("a·", text)


def _lead_end(small: str) -> int:
    match = _LEAD.match(small)
    return match.end() if match else 0


def _fronted(small: str) -> str:
    """Move a place or time from the front to the end."""
    match = _FRONTED.match(small)
    least = 2 if match else 1
    match = match or _FRONTED_TIME.match(small)
    if match is None or _JOINS.search(match["rest"]) or match["rest"].count(" ") < least:
        return small
    return f"{match['rest']} {match['phrase']}"


@lru_cache(maxsize=65536)
def _spelt(word: str) -> tuple[str, ...]:
    """Return a word in full, in American spelling."""
    if "'" in word:
        whole = _WHOLE.get(word)
        if whole:
            return tuple(whole.split())
        for suffix, full in _SUFFIXES:
            if word.endswith(suffix) and len(word) > len(suffix):
                return (*_spelt(word[: -len(suffix)]), full.strip())
        if word.endswith("'s") and word[:-2] in _PRONOUN_IS:
            return word[:-2], "'s"
        return (word,)
    if word in _WHOLE:
        return tuple(_WHOLE[word].split())
    if word in _SPELT:
        return (_SPELT[word],)
    if word[-1] == "s" and word[:-1] in _SPELT:
        return (_SPELT[word[:-1]] + "s",)
    american = _OURS_RE.sub(lambda match: f"{match[1]}or{match[2] or ''}", word)
    return (_ISE_RE.sub(lambda match: f"{match[1]}iz{match[2]}", american),)


def _has(words: Sequence[str]) -> Iterator[str]:
    """Write the "'s" of pronouns in full."""
    for at, word in enumerate(words):
        if word != "'s":
            yield word
        else:
            yield "has" if at + 1 < len(words) and words[at + 1] in _AFTER_HAS else "is"


def _numbered(words: Sequence[str]) -> Iterator[str]:
    """Write numbers in digits: "twenty-five" and "two hundred" too."""
    total, group, seen, last = 0, 0, False, ""
    for word in [*words, ""]:
        parts = word.split("-") if "-" in word else [word]
        if word and all(part in _NUMBER_WORDS for part in parts) and _joins(last, parts[0]):
            for part in parts:
                if part in _POWERS:
                    group = (group or 1) * _POWERS[part]
                    total, group = (total + group, 0) if _POWERS[part] > 100 else (total, group)
                else:
                    group += _NUMBER_WORDS[part]
                last = part
            seen = True
            continue
        if seen:
            yield str(total + group)
            total, group, seen, last = 0, 0, False, ""
        if word and all(part in _NUMBER_WORDS for part in parts):
            yield from _numbered([word])
        elif word:
            yield word


def _joins(last: str, part: str) -> bool:
    """Tell whether a number word goes on with the one before: "twenty" with "five", not "five" with "six"."""
    if not last or part in _POWERS or last in _POWERS:
        return True
    return last in _TENS and part in _ONES and 0 < _ONES[part] < 10


def _quantified(said: str) -> str:
    said = _THOUSANDS.sub(lambda match: match[0].replace(",", ""), said)
    said = _O_CLOCK.sub(lambda match: f"{match['h']}:00", said)
    said = _PAST.sub(_past, said)
    said = _DAY_FIRST.sub(_date, said)
    said = _MONTH_FIRST.sub(_date, said)
    said = _MONTH_YEAR.sub(lambda match: f"{match['y']}-{MONTHS[match['m'][:3]]:02}", said)
    said = _YEAR_FIRST.sub(lambda match: f"{match['y']}-{int(match['m']):02}-{int(match['d']):02}", said)
    said = _HALF_DAY.sub(_clock, said)
    said = _CLOCK.sub(lambda match: f"{match['h']}:{match['m']}", said)
    said = _MONEY.sub(_money, said)
    said = _MONEY_LAST.sub(_money, said)
    said = _MONEY_FIRST.sub(lambda match: f"{match['n']} {match['unit']}", said)
    return _QUANTITY.sub(_quantity, said)


def _product(match: re.Match[str]) -> str:
    return _shown(Fraction(match["n"]) * _POWERS[match["power"]])


def _money(match: re.Match[str]) -> str:
    factor = {"k": 1000, "m": 10**6}.get(match["k"], 1)
    return f"{_shown(Fraction(match['n']) * factor)} {_SIGNS[match['sign']]}"


def _past(match: re.Match[str]) -> str:
    hour = int(match["h"])
    if match["part"] == "half":
        return f"{hour}:30" if match["side"] == "past" else match[0]
    return f"{hour}:15" if match["side"] == "past" else f"{(hour - 2) % 12 + 1}:45"


def _date(match: re.Match[str]) -> str:
    day = int(re.sub(r"\D", "", match["d"]))
    return f"{match['y'] or '-'}-{MONTHS[match['m'][:3]]:02}-{day:02}"


def _clock(match: re.Match[str]) -> str:
    hour = int(match["h"]) % 12 + (12 if match["half"] == "p" else 0)
    return f"{hour}:{match['m'] or '00'}"


def _quantity(match: re.Match[str]) -> str:
    base, factor = _UNITS[match["unit"]]
    amount = Fraction(match["n"]) * factor
    return f"{_shown(amount)} {base}"


def _shown(amount: Fraction) -> str:
    return str(amount.numerator) if amount.denominator == 1 else f"{amount.numerator}/{amount.denominator}"
