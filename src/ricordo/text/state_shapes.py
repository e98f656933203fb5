"""The shapes of values, by the name that patterns give them: see `state_values` for what fits one."""

from __future__ import annotations

import re

from ricordo.text.calendar_rules import NUMBER_WORDS
from ricordo.text.state_lists import (
    AILMENTS,
    BELONGINGS,
    DIETS,
    EVENTS,
    FIRST_NAMES,
    GAMES,
    KEPT,
    LANGUAGES,
    PROFESSIONS,
    RELATIONSHIP,
    STATUS_PHRASES,
    STATUSES,
    SUBJECTS,
)
from ricordo.text.state_values import (
    CODES,
    HOURS,
    PREPOSITIONS,
    Shape,
    age,
    belonging,
    cash,
    city,
    date_fits,
    email,
    fancied,
    field,
    firm,
    firmish,
    full_name,
    headed,
    hobby,
    kept,
    known_fits,
    location,
    measure,
    money,
    named,
    no_city,
    numeric,
    on_the_clock,
    one_of,
    org,
    ours,
    owned,
    pet,
    phone,
    place,
    port_fits,
    post,
    profession,
    proper,
    software,
    text_fits,
    thing,
    time_fits,
    tool,
    topic,
    university,
    untool,
    version,
    whom,
)
from ricordo.text.state_words import PETS, PRONOUNS, words

_KILOS = words("kg kgs kilos lbs pounds kilograms")
_NUMBERED = words("9")
_DATED = (
    _NUMBERED
    | frozenset(
        """january february march april may june july august september october november december monday tuesday
        wednesday thursday friday saturday sunday noon midnight tomorrow easter christmas spring summer autumn
        winter""".split()
    )
    | frozenset(("next week", "next month", "next year", "end of"))
)

_AFTER_NAMES = words("at on near from to with by over in off out into about under around through")
_AFTER_FIRMS = words("in on near to from with by over off out about under at into")
_AFTER_ROLES = words("at in on with from near by to under")
_PAID = _NUMBERED | words("dollars dollar euros euro pounds pound eur usd gbp cents chf francs yen")
_FLUENT = words("fluent perfect good excellent basic decent conversational broken native near-native")
_WEDDED = words("married engaged divorced separated widowed")
_LENGTHS = words("cm m metres meters centimetres centimeters feet ft inches")
VEHICLES = words("tesla toyota honda volvo bmw audi motorbike motorcycle scooter van truck moped vespa")
_SEVERE = words("severe bad mild serious new slight terrible")
_ABOUT = words("about around roughly approximately circa")
_SOME = words("some any little bit of")
_DEVOTED = words("strict committed lifelong life-long dedicated convinced keen avid strictly fully")
_FRESH = words("new brand-new used second-hand secondhand")
SHAPES: dict[str, Shape] = {
    "place": Shape(place, 5, words("the"), _AFTER_NAMES, bare=True),
    "org": Shape(org, 5, words("the"), _AFTER_FIRMS),
    "name": Shape(proper(), 4, stops=PREPOSITIONS),
    "person": Shape(proper(), 3, stops=PREPOSITIONS),
    "role": Shape(thing, 5, stops=_AFTER_ROLES),
    "post": Shape(post, 5, stops=_AFTER_ROLES),
    "hobby": Shape(hobby, 3, stops=PREPOSITIONS | words("to")),
    "profession": Shape(profession, 4, stops=_AFTER_ROLES | words("of"), signals=PROFESSIONS),
    "age": Shape(
        age, 2, stops=words("years year yrs old"), signals=_NUMBERED | (NUMBER_WORDS.keys() - {"a", "an", "one"})
    ),
    "date": Shape(date_fits, 6, words("may since before after today tomorrow"), dated=True, signals=_DATED),
    "time": Shape(time_fits, 5, words("may today tomorrow"), dated=True, signals=_DATED),
    "firm": Shape(firm, 5, stops=PREPOSITIONS),
    "untool": Shape(untool, 5, stops=PREPOSITIONS),
    "known": Shape(known_fits, 3, stops=PREPOSITIONS),
    "meat": Shape(one_of(words("meat fish dairy chicken gluten eggs")), 1),
    "dotted": Shape(lambda run, low: bool(re.fullmatch(r"v?\d+(?:\.\d+)+\w*", low[0])), 1, signals=_NUMBERED),
    "version": Shape(version, 2, stops=PREPOSITIONS, signals=_NUMBERED),
    "number": Shape(numeric, 2, signals=_NUMBERED),
    "money": Shape(money, 4, words("per"), stops=PREPOSITIONS, signals=_PAID),
    "measure": Shape(measure, 4, stops=words("at in on since with from"), signals=_NUMBERED, loose=_ABOUT),
    "software": Shape(software, 3, stops=PREPOSITIONS | words("version release")),
    "thing": Shape(thing, 5, stops=PREPOSITIONS - words("of")),
    "text": Shape(text_fits, 6),
    "topic": Shape(topic, 4, stops=words("especially even very lots to like over than"), listed=True, bare=True),
    "goods": Shape(thing, 4, stops=PREPOSITIONS | words("very"), listed=True),
    "city": Shape(city, 4, stops=PREPOSITIONS),
    "nocity": Shape(no_city, 5, words("the"), stops=PREPOSITIONS),
    "belonging": Shape(
        belonging, 4, stops=PREPOSITIONS, listed=True, loose=_FRESH,
        signals=BELONGINGS | {word + "s" for word in BELONGINGS}
    ),
    "kept": Shape(
        kept, 4, stops=PREPOSITIONS | words("called named"), listed=True, signals=KEPT | {word + "s" for word in KEPT}
    ),
    "yearold": Shape(lambda run, low: bool(re.fullmatch(r"\d+-years?-olds?", low[0])), 1),
    "lengths": Shape(lambda run, low: measure(run, low) and low[-1] in _LENGTHS, 3, signals=_NUMBERED),
    "vehicle": Shape(one_of(VEHICLES), 3, stops=PREPOSITIONS, loose=_FRESH, signals=VEHICLES),
    "lover": Shape(lambda run, low: run[0][0].isupper() and low[0] in FIRST_NAMES, 2, stops=PREPOSITIONS),
    "firmish": Shape(firmish, 5, stops=PREPOSITIONS),
    "fulldate": Shape(
        lambda run, low: len(low) > 1 and date_fits(run, low), 6, words("may"), dated=True, signals=_DATED
    ),
    "widow": Shape(one_of(words("widow widower bachelor")), 2),
    "subject": Shape(one_of(SUBJECTS), 3, stops=PREPOSITIONS, loose=_DEVOTED),
    "prefer": Shape(topic, 4, stops=words("better more to over than"), bare=True),
    "topicfan": Shape(
        fancied, 3, stops=words("fan lover enthusiast buff"), loose=_DEVOTED | words("big huge real total")
    ),
    "ailment": Shape(one_of(AILMENTS), 2, stops=PREPOSITIONS, listed=True),
    "bit": Shape(lambda run, low: " ".join(low) in ("bit", "little bit", "word"), 2, stops=words("of")),
    "gameplayer": Shape(
        one_of(GAMES), 2, stops=words("player"), loose=_DEVOTED | words("good regular great passionate")
    ),
    "port": Shape(port_fits, 1, signals=_NUMBERED),
    "cash": Shape(cash, 4, words("per"), stops=PREPOSITIONS, signals=_PAID),
    "done": Shape(one_of(EVENTS - {"released"}), 1, signals=EVENTS),
    "clock": Shape(on_the_clock, 4, words("may today tomorrow"), dated=True, signals=_DATED | (HOURS - {"one"})),
    "langprogram": Shape(
        one_of(CODES), 1, stops=PREPOSITIONS | words("program app application project service tool codebase library")
    ),
    "whom": Shape(whom, 3, PRONOUNS, stops=PREPOSITIONS),
    "language": Shape(
        one_of(LANGUAGES), 1, stops=PREPOSITIONS, listed=True, signals=LANGUAGES, loose=_FLUENT | _SOME
    ),
    "game": Shape(one_of(GAMES), 2, stops=PREPOSITIONS, listed=True),
    "diet": Shape(
        one_of(DIETS), 2, stops=PREPOSITIONS | words("diet food meals"), signals=DIETS, loose=_DEVOTED | words("only")
    ),
    "status": Shape(
        lambda run, low: " ".join(low) in STATUS_PHRASES or (len(low) == 1 and low[0] in STATUSES),
        3, signals=STATUSES | frozenset(STATUS_PHRASES),
    ),
    "cap": Shape(proper(), 5, words("the"), stops=PREPOSITIONS),
    "named": Shape(named, 5, words("the"), stops=PREPOSITIONS),
    "ours": Shape(ours, 5, stops=PREPOSITIONS),
    "fullname": Shape(full_name, 3, stops=PREPOSITIONS),
    "ordinal": Shape(lambda run, low: bool(re.fullmatch(r"\d+(?:st|nd|rd|th)", low[0])), 1, signals=_NUMBERED),
    "wedded": Shape(one_of(_WEDDED), 1, signals=_WEDDED),
    "field": Shape(field, 4, words("and"), stops=PREPOSITIONS | words("full-time part-time")),
    "university": Shape(university, 5, words("of"), stops=PREPOSITIONS - words("of")),
    "kilos": Shape(
        lambda run, low: measure(run, low) and low[-1] in _KILOS, 3, signals=_NUMBERED | _KILOS, loose=_ABOUT
    ),
    "headed": Shape(headed, 3, stops=PREPOSITIONS),
    "owned": Shape(owned, 4, stops=PREPOSITIONS, listed=True, loose=_FRESH),
    "pet": Shape(pet, 4, stops=PREPOSITIONS | words("called named"), signals=PETS),
    "substance": Shape(
        lambda run, low: thing(run, low) and low[0] not in _SEVERE,
        2, stops=PREPOSITIONS | words("allergy"), loose=_SEVERE,
    ),
    "tool": Shape(tool, 3, stops=PREPOSITIONS, listed=True),
    "soft": Shape(software, 3, stops=PREPOSITIONS, listed=True),
    "location": Shape(location, 4, words("the"), _AFTER_NAMES),
    "adjective": Shape(lambda run, low: len(low) == 1, 1, stops=words("job position post")),
    "relationship": Shape(one_of(RELATIONSHIP), 1, signals=RELATIONSHIP),
    "email": Shape(email, 1, signals=frozenset("@")),
    "phone": Shape(phone, 5, signals=_NUMBERED),
}  # fmt: skip
