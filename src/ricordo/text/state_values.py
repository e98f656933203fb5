"""What the value of a state may look like: where it ends, and which words make one of its kind."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ricordo.text.calendar_rules import MONTHS, NUMBER_WORDS, WEEKDAYS
from ricordo.text.normalise import fold
from ricordo.text.state_lists import (
    BELONGINGS,
    CITIES,
    DIETS,
    FIRMS,
    FIRST_NAMES,
    KEPT,
    LANGUAGES,
    NATIONS,
    PROFESSIONS,
    TOOLS,
)
from ricordo.text.state_words import BE, DO, HAVE, MODALS, NOT, PETS, PLACES, POSSESSIVE, PRONOUNS, THINGS, words

#: Words that end any value.
_STOPS = (
    words(
        """because since but so when whenever while if for as than though although which who whom that where until till
        instead rather not no too either also now anymore any already yet currently these nowadays again together alone
        after before right sorry actually anyway and or full-time part-time permanently lol please thanks today
        yesterday tomorrow tonight recently lately still ever longer then just only honestly really almost once
        effective starting plus despite unless during via per whereas originally back best better nowadays previously
        earlier any-more"""
    )
    | PRONOUNS
    | frozenset(MODALS)
    | frozenset(BE)
    | frozenset(HAVE)
    | frozenset(DO)
    | NOT
)
PREPOSITIONS = words("at in on near from to with by over into off out of about under around through without between")
_BAD = words(
    """it this that these those what how there here something anything everything nothing someone anyone everyone one
    myself yourself himself herself itself ourselves them me him us mine yours hers theirs much many more most lot bit
    idea things stuff both another such same other others way being"""
) | PRONOUNS | POSSESSIVE  # fmt: skip
_DET = words("a an the")
_CAP = re.compile(r"[A-ZÀ-ÖØ-Þ]|\d+[A-Za-z]|[a-z]+[A-Z]")
_NAMED_SMALL = re.compile(r"[a-z0-9]+[._/-][a-z0-9]|[a-z]+\d")
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_MONTH = re.compile(
    "january|february|march|april|may|june|july|august|september|october|november|december|sept|" + "|".join(MONTHS)
)
_DAY = re.compile(rf"(?:{'|'.join(WEEKDAYS)})(?:s|nes|rs|ur|urs)?(?:day)?")
_CLOCK = re.compile(r"\d{1,2}[:.]\d\d|\d{1,2}(?:[:.]\d\d)?(?:am|pm|h)|noon|midnight|noontime")
_DATE = re.compile(
    r"\d{4}-\d\d(?:-\d\d)?|\d{1,2}[/.]\d{1,2}[/.]\d{2,4}|\d{1,2}(?:st|nd|rd|th)?|(?:19|20)\d\d|q[1-4]|eod|eow"
)
_DATE_WORDS = words(
    """
    of the next this end mid early late morning afternoon evening noon week month year january february march
    april may june july august september october november december spring summer autumn winter fall christmas
    easter new year's eve first second third last day tomorrow today tonight at on in by quarter business
    weekend midnight
    """
)


@dataclass(frozen=True, slots=True)
class Shape:
    """How the words of a value may run.

    Args:
        accept: Tells whether the words (as written, and in small letters) make such a value.
        most: Words at most.
        runs_over: Words that end other values and not this one.
        stops: Further words that end it.
        dated: Time expressions belong to it instead of ending it.
        listed: "X, Y and Z" are several values.
        bare: No article may stand before it.
        loose: Words that may stand before it and are no part of it ("fluent" French).
        signals: A text has none of these values without one of these words; empty: it may.
    """

    accept: Callable[[Sequence[str], Sequence[str]], bool]
    most: int = 4
    runs_over: frozenset[str] = frozenset()
    stops: frozenset[str] = frozenset()
    dated: bool = False
    listed: bool = False
    bare: bool = False
    loose: frozenset[str] = frozenset()
    signals: frozenset[str] = frozenset()

    def ends(self, low: str) -> bool:
        """Tell whether a word stands after the value, and not in it."""
        return low in self.stops or (low in _STOPS and low not in self.runs_over)


def proper(first: int = 0) -> Callable[[Sequence[str], Sequence[str]], bool]:
    """Accept runs with a capital; a run all in small letters only where it is one or two plain words."""

    def accept(run: Sequence[str], low: Sequence[str]) -> bool:
        return bool(_CAP.match(run[first])) and run[0] != "I" and low[0] not in _BAD

    return accept


_NO_PLACE = words(
    """fear peace harmony hope denial sin luxury poverty style comfort moment present past future dream dreams world
    shadow shadows need love pain exile bed traffic trouble town touch general particular fact order front between
    person work home school college university church college there here sync line charge denial silence vain hiding
    constant total complete squalor limbo bliss bubble tents tears awe debt danger heaven hell seconds minutes hours
    days weeks months years sleep progress"""
)  # fmt: skip


_GENERIC_PLACE = words(
    """
    city countryside suburbs centre center north south east west coast mountains village flat apartment house
    country area
    """
)


def place(run: Sequence[str], low: Sequence[str]) -> bool:
    if low[-1] in TOOLS and len(low) == 1:
        return False
    if _CAP.match(run[0]) and low[0] not in _BAD:
        return True
    if low[0] in _BAD or any(word in _NO_PLACE or word in _BAD for word in low) or not all(map(str.isalpha, low)):
        return False
    return len(low) == 1 or " ".join(low) in CITIES or low[-1] in _GENERIC_PLACE


_NO_ORG = words(
    """it home night nights work heart least best worst hand all once first last times time scale speed sea
    money free fun hours something minimum peace change weekends improving being getting making becoming finding
    keeping building staying learning everything days day morning moment pace present mornings"""
)


def org(run: Sequence[str], low: Sequence[str]) -> bool:
    if low[0] in _BAD or low[0] in _NO_ORG or low[-1] in _NO_ORG:
        return False
    return bool(_CAP.match(run[0])) or not low[-1].endswith("ing")


def thing(run: Sequence[str], low: Sequence[str]) -> bool:
    return (
        low[0] not in _BAD
        and low[-1] not in _BAD
        and low[-1] not in PREPOSITIONS
        and any(map(str.isalnum, "".join(low)))
    )


_TRADE = re.compile(r"\w{2,}(?:er|or|ist|ian|eer|ess|man|woman|head)")


def post(run: Sequence[str], low: Sequence[str]) -> bool:
    return low[0] not in _BAD and (any(word in PROFESSIONS for word in low) or bool(_TRADE.fullmatch(low[-1])))


def profession(run: Sequence[str], low: Sequence[str]) -> bool:
    return low[-1] in PROFESSIONS and (low[-1] != "student" or len(low) == 1)


def hobby(run: Sequence[str], low: Sequence[str]) -> bool:
    return low[0] in _HOBBIES or (low[0].endswith("ing") and topic(run, low))


_HOBBIES = words("yoga pilates karate judo ballet photography pottery origami crochet calligraphy archery taekwondo")


def text_fits(run: Sequence[str], low: Sequence[str]) -> bool:
    return low[0] not in _BAD


_DETAILS = words("a an my your our his her their its all some another any every each both this that these those 's")
_VAGUE_LIKES = words(
    """
    idea way look sound thought job life work story stories photo photos pic pics picture pictures post video
    color colors colour colours design view seeing hearing having being getting spending making helping
    knowing watching giving thing things lots kind sort part fact it all every some any doing taking feeling
    trying catching talking going looking learning showing sharing keeping using working finding putting
    bringing everything enough new old time moments details detail energy vibes vibe effort back coming
    """
)


def topic(run: Sequence[str], low: Sequence[str]) -> bool:
    if _DETAILS & set(low):
        return False
    if low[0] in _VAGUE_LIKES or low[0] in _BAD or low[-1] in _BAD or low[0] in PREPOSITIONS or low[-1] in PREPOSITIONS:
        return False
    return low[-1] not in ("to", "when") and not low[0].endswith("ly") and low[0] not in ("like", "love", "to")


def one_of(allowed: frozenset[str]) -> Callable[[Sequence[str], Sequence[str]], bool]:
    return lambda run, low: " ".join(low) in allowed or low[-1] in allowed


def belonging(run: Sequence[str], low: Sequence[str]) -> bool:
    return (low[-1] in BELONGINGS or low[-1].removesuffix("s") in BELONGINGS) and low[0] not in _BAD | _DETAILS


def city(run: Sequence[str], low: Sequence[str]) -> bool:
    return bool(_CAP.match(run[0])) and fold(" ".join(low)) in CITIES


def no_city(run: Sequence[str], low: Sequence[str]) -> bool:
    return (
        bool(_CAP.match(run[0]))
        and low[0] not in _BAD
        and fold(" ".join(low)) not in CITIES
        and run[0] != "I"
        and low[0] not in FIRST_NAMES
    )


def kept(run: Sequence[str], low: Sequence[str]) -> bool:
    return (low[-1] in KEPT or low[-1].removesuffix("s") in KEPT) and low[0] not in _BAD | _DETAILS


def numeric(run: Sequence[str], low: Sequence[str]) -> bool:
    return bool(_NUMBER.fullmatch(low[0])) or all(
        part in NUMBER_WORDS and part not in ("a", "an") for word in low for part in word.split("-")
    )


def age(run: Sequence[str], low: Sequence[str]) -> bool:
    return len(low) == 1 and numeric(run, low) and (not low[0].isdigit() or 0 < int(low[0]) < 125)


def dateish(word: str) -> bool:
    """Tell whether a word in small letters may be part of a date or time of day."""
    return (
        word in _DATE_WORDS
        or word in ("am", "pm", "a.m", "p.m", "o'clock", ",", "-", ":", ".", "half", "past", "thirty")
        or word in HOURS
        or any(kind.fullmatch(word) is not None for kind in (_DATE, _MONTH, _DAY, _CLOCK))
    )


def date_fits(run: Sequence[str], low: Sequence[str]) -> bool:
    fits = all(
        word in _DATE_WORDS
        or _DATE.fullmatch(word)
        or _MONTH.fullmatch(word)
        or _DAY.fullmatch(word)
        or _CLOCK.fullmatch(word)
        or word == ","
        for word in low
    )
    return fits and any(
        word[0].isdigit()
        or _MONTH.fullmatch(word)
        or _DAY.fullmatch(word)
        or word
        in (
            "week",
            "month",
            "year",
            "tomorrow",
            "today",
            "quarter",
            "easter",
            "christmas",
            "q1",
            "q2",
            "q3",
            "q4",
            "spring",
            "summer",
            "autumn",
            "winter",
        )
        for word in low
    )


HOURS = words("one two three four five six seven eight nine ten eleven twelve")
_HOUR_WORDS = words("am pm o'clock thirty fifteen forty-five a.m p.m sharp in the morning afternoon evening")


def time_fits(run: Sequence[str], low: Sequence[str]) -> bool:
    if len(low) == 1 and low[0].isdigit() and int(low[0]) > 24:
        return False
    return (
        any(_CLOCK.fullmatch(word) for word in low)
        or date_fits(run, low)
        or (low[0] in HOURS and all(word in HOURS or word in _HOUR_WORDS for word in low))
        or (low[0] in ("half", "quarter") and low[-1] in HOURS)
        or (low[0].isdigit() and len(low) > 1 and low[1] in ("am", "pm", "o'clock", "a.m", "p.m"))
    )


def version(run: Sequence[str], low: Sequence[str]) -> bool:
    return bool(_VERSION.fullmatch(low[-1])) and (len(low) == 1 or low[0] in ("version", "v", "release"))


_VERSION = re.compile(r"v?\d+(?:[.\-]\w+)*[a-z]?")


def software(run: Sequence[str], low: Sequence[str]) -> bool:
    if low[0] in _BAD or low[0] in _NO_SOFTWARE or _MONTH.fullmatch(low[0]) or _DAY.fullmatch(low[0]):
        return False
    return bool(_CAP.match(run[0]) or _NAMED_SMALL.match(run[0])) or low[0] in TOOLS


_NO_SOFTWARE = words(
    "building room floor gate suite unit apartment flat street house hall level rack block stage phase team"
)


def known_fits(run: Sequence[str], low: Sequence[str]) -> bool:
    return low[-1] in TOOLS or " ".join(low) in TOOLS


def firm(run: Sequence[str], low: Sequence[str]) -> bool:
    return bool(_CAP.match(run[0])) and low[-1] in FIRMS


def untool(run: Sequence[str], low: Sequence[str]) -> bool:
    return bool(_CAP.match(run[0])) and low[-1] not in TOOLS and low[0] not in _BAD and low[0] not in LANGUAGES


_UNITS = words(
    """
    km m cm mm kg g lb lbs pounds pound kilos kilo kilograms kilogram stone feet foot ft inches inch in metres
    meters metre meter tons tonnes tonne ton centimetres centimeters centimetre centimeter millimetres millimeters
    kilometres kilometers kgs gram grams ounces ounce oz stones
    """
)


def measure(run: Sequence[str], low: Sequence[str]) -> bool:
    fits = all(
        word in _UNITS or re.match(r"\d", word) or numeric([word], [word]) or word in ("point", "and") for word in low
    )
    return fits and _counted(low[0]) and (low[0] != low[-1] or not low[0].isalpha())


def _counted(word: str) -> bool:
    return bool(re.match(r"\d", word)) or numeric([word], [word])


_CURRENCY = words(
    "dollars dollar euros euro pounds pound eur usd gbp cents chf francs yen per a month year week hour each"
)


def money(run: Sequence[str], low: Sequence[str]) -> bool:
    head = low[0]
    return bool(re.match(r"[$€£]", head)) or (
        bool(re.match(r"\d", head) or numeric(run[:1], low[:1]))
        and len(low) > 1
        and any(word in _CURRENCY for word in low[1:])
    )


def email(run: Sequence[str], low: Sequence[str]) -> bool:
    return len(low) == 1 and "@" in low[0]


def phone(run: Sequence[str], low: Sequence[str]) -> bool:
    return sum(map(str.isdigit, "".join(low))) >= 5 and all(re.fullmatch(r"[+\d()./-]+", word) for word in low)


def named(run: Sequence[str], low: Sequence[str]) -> bool:
    return (bool(_CAP.match(run[0])) and not low[-1][0].isdigit()) or (
        low[-1] in THINGS | PLACES and low[0] not in _BAD
    )


def ours(run: Sequence[str], low: Sequence[str]) -> bool:
    return low[0] not in _BAD


def firmish(run: Sequence[str], low: Sequence[str]) -> bool:
    """Accept what sounds like an employer: a name that is no city, tool, language or code."""
    known = low[-1] in TOOLS | LANGUAGES | CODES or low[0] in FIRST_NAMES
    return no_city(run, low) and not known and not _DAY.fullmatch(low[0]) and not low[-1][0].isdigit()


def fancied(run: Sequence[str], low: Sequence[str]) -> bool:
    return topic(run, low) and low[0] not in ("big", "huge", "great", "massive", "real", "new", "former")


def port_fits(run: Sequence[str], low: Sequence[str]) -> bool:
    return low[0].isdigit() and 2 <= len(low[0]) <= 5


def cash(run: Sequence[str], low: Sequence[str]) -> bool:
    return money(run, low) and not set(low[1:]) & {"pounds", "pound"}


def on_the_clock(run: Sequence[str], low: Sequence[str]) -> bool:
    return time_fits(run, low) and (
        any(_CLOCK.fullmatch(word) for word in low) or bool(set(low) & (HOURS | _HOUR_WORDS))
    )


CODES = words(
    """python ruby rust java kotlin typescript javascript perl php scala go golang swift elixir erlang haskell clojure
    c c++ c# fortran cobol lua dart ocaml julia zig nim r lisp scheme racket groovy"""
)


def whom(run: Sequence[str], low: Sequence[str]) -> bool:
    if len(low) == 1 and low[0] in _SOMEBODY:
        return True
    return bool(_CAP.match(run[0])) and run[0] != "I" and low[0] not in _BAD


_SOMEBODY = words("i we me us he she him her they them")


def full_name(run: Sequence[str], low: Sequence[str]) -> bool:
    return (
        1 <= len(run) <= 3
        and all(re.fullmatch(r"[A-Z][a-z]+(?:-[A-Z][a-z]+)?", word) for word in run)
        and not any(_MONTH.fullmatch(word) or _DAY.fullmatch(word) for word in low)
        and not (set(low) & (LANGUAGES | NATIONS | DIETS | _BAD | PROFESSIONS))
    )


def field(run: Sequence[str], low: Sequence[str]) -> bool:
    return low[0] not in _BAD and low[0] not in _NO_FIELD and low[-1] not in _NO_FIELD and not low[-1].endswith("ly")


_NO_FIELD = words(
    """
    hard abroad a lot together alone every for all night day tonight online home it everything things and
    people best
    """
)


def university(run: Sequence[str], low: Sequence[str]) -> bool:
    return bool(_CAP.match(run[0])) and (
        len(set(low) & words("university college school institute academy uni")) > 0
        or (len(low) == 1 and run[0].isupper() and len(run[0]) > 2)
    )


def headed(run: Sequence[str], low: Sequence[str]) -> bool:
    return len(low) in (2, 3) and low[-1] in HEADS and low[0] not in _BAD


#: Heads of "dark mode", "window seats": what one can prefer one of.
HEADS = words(
    """
    mode theme editor seat seats layout font language keyboard browser shell format style units currency size
    channel contact timezone zone time airline hotel payment brand indentation temperature genre colour color
    spelling database framework
    """
)


def _preferred(run: Sequence[str], low: Sequence[str]) -> bool:
    return topic(run, low) and low[-1] not in HEADS


def owned(run: Sequence[str], low: Sequence[str]) -> bool:
    return (
        low[-1] not in _CONSUMED
        and low[-1].removesuffix("s") not in _CONSUMED
        and low[0] not in _BAD | _DETAILS
        and len(low[-1]) > 1
    )


_CONSUMED = words(
    """
    soul
    share stock house-plant ticket food coffee drink lunch dinner breakfast groceries gift present flowers
    flower snack time round beer wine pizza cake bread milk supplies stuff thing clothes ingredient seeds
    candle souvenir meal tea icecream approach style attitude policy mindset perspective habit strategy
    lifestyle position tone view method method practice decoration card balloons plants materials
    """
)


def pet(run: Sequence[str], low: Sequence[str]) -> bool:
    return (low[-1] in PETS or low[-1].removesuffix("s") in PETS) and low[0] not in _BAD | _DETAILS


def tool(run: Sequence[str], low: Sequence[str]) -> bool:
    if "version" in low or "release" in low:
        return False
    if bool(_CAP.match(run[0])) and low[0] not in _BAD:
        return True
    return (
        low[0] not in _BAD | _VAGUE_LIKES | words("to a lot my our")
        and len(low) <= 2
        and low[0] not in _ABSTRACT
        and low[-1] not in _ABSTRACT
        and not low[-1].endswith("ing")
    )


_ABSTRACT = words(
    """
    art music time words language energy help support love voice platform experience experiences story
    creativity humor humour colors colours color colour nature different imagination past skills pain passion
    force caution money writing technology power things break talents symbols emotions painting materials
    social
    """
)


def location(run: Sequence[str], low: Sequence[str]) -> bool:
    if _CAP.match(run[0]) and low[0] not in _BAD and low[-1] not in TOOLS | CODES:
        return not _MONTH.fullmatch(low[0]) and not _DAY.fullmatch(low[0])
    return low[-1] in _SPOTS or low[0] in ("room", "building", "floor", "hall", "rack")


_SPOTS = words(
    """
    room building floor basement street kitchen garage hall office town centre center warehouse cloud attic
    cellar shed drawer cupboard safe library lobby garden headquarters lab studio city wing fridge cabinet
    shelf closet locker rack
    """
)
