"""Invented names, and the values that attributes take, for the generators of states."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Mapping, Sequence


def _words(plain: str, *more: str) -> tuple[str, ...]:
    """Return the words of a text, and names of several words."""
    return (*plain.split(), *more)


FIRST = (
    "Ada Adele Aiko Alma Amir Ana Anton Arne Astrid Bela Berta Bo Boris Bruno Carla Carlos Celia Chidi Clara Cosmo "
    "Dana Dario David Dina Dora Edgar Elena Elif Emil Enzo Esra Eva Fatima Felix Fiona Flora Frida Gael Gita Greta "
    "Hana Hassan Heidi Hugo Ida Igor Ilse Imani Ines Ivan Jana Jonas José Juno Kaja Karim Kenji Klara Lars Lea Leo "
    "Lina Luca Mads Mara Mateo Mei Mila Milan Mona Nadia Nils Noor Olga Omar Oscar Paula Pedro Petra Priya Rafael Rana "
    "Remy Rita Rosa Ruth Samir Sana Selma Silas Simon Stella Sven Tara Theo Tilda Tomas Uma Vera Viktor Wanda "
    "Yara Yusuf Zeno Zoë"
).split()
LAST = (
    "Abbott Adeyemi Aguilar Almeida Anders Arslan Bauer Becker Bianchi Blake Bonnet Brandt Cabrera Castro Chen Cohen "
    "Conti Costa Cruz Dahl Davies Demir Diaz Dubois Duarte Eriksen Farkas Ferrari Fischer Fontaine Fuchs Garcia Gatti "
    "Gomez Gray Haas Hansen Hart Hayashi Herrera Hoffmann Horvat Ibrahim Ivanov Jansen Jensen Kaiser Kang Keller Khan "
    "Kimura Koch Kovacs Kowalski Lang Larsen Laurent Lehmann Leone Lind Lopez Marino Martel Mbeki Mendes Meyer Moretti "
    "Nagy Nakamura Navarro Nowak Nunes Okafor Olsen Ortega Osman Otto Paredes Park Pavlov Peters Pohl Quist Ramos Rao "
    "Reyes Ricci Rivera Romero Rossi Roux Russo Saito Salazar Santos Schmidt Silva Sokolov Sorensen Suarez Takahashi "
    "Tanaka Torres Tran Urban Varga Vega Vidal Vogel Wagner Walsh Weber Winter Yilmaz Young Zeman Zimmer"
).split()
_ONSETS = "b br d dr f g gr k kl l m n p pl r s st t tr v z".split()
_VOWELS = "a e i o u".split()
_CODAS = ("", "l", "n", "r", "s", "x")

CITIES = _words(
    "Porto Lisbon Rome Berlin Hamburg Vienna Prague Oslo Bergen Malmö Turin Lyon Nantes Ghent Bruges Dublin Cork Leeds "
    "Bristol York Toronto Montreal Boston Austin Denver Seattle Chicago Lagos Nairobi Accra Cairo Tunis Tokyo Osaka "
    "Kyoto Seoul Hanoi Jakarta Mumbai Pune Lima Quito Bogotá Santiago Córdoba Sydney Perth Auckland Zurich Basel",
    "New York",
    "São Paulo",
    "Buenos Aires",
    "Cape Town",
    "San Francisco",
    "Tel Aviv",
    "Hong Kong",
)
_FIRMS = _words(
    "Acme Globex Initech Umbra Northwind Contoso Fabrikam Wayland Brightwater Redstone Bluefin Hollis Ironbridge "
    "Larkspur Meridian Novacore Oakline Pinehurst Quillon Ravenna Silverleaf Tidewater Vantage Westmark Zephyr",
    "Harbour Bank",
    "Sunny Farms",
    "Delta Freight",
    "City Hospital",
)
_LANGUAGES = "Italian Dutch Spanish German French Polish Greek Turkish Arabic Hindi Korean Swahili Danish Czech".split()
_MONTHS = "January February March April May June July August September October November December".split()

_PLAIN: Mapping[str, Sequence[str]] = {
    "lives_in": CITIES,
    "located_in": CITIES,
    "works_at": _FIRMS,
    "role": _words(
        "nurse teacher lawyer plumber carpenter designer accountant pilot translator gardener architect engineer "
        "chemist librarian electrician journalist",
        "data scientist",
        "product manager",
        "sales manager",
        "truck driver",
    ),
    "diet": ("vegan", "vegetarian", "pescatarian"),
    "studies": _words(
        "law medicine biology physics history philosophy economics linguistics chemistry architecture",
        "computer science",
        "art history",
    ),
    "favourite_food": _words(
        "pizza sushi ramen lasagne paella goulash dumplings tacos risotto falafel", "pad thai", "apple pie"
    ),
    "preferred_mode": ("dark", "light", "compact", "reader"),
    "status": ("on hold", "finished", "cancelled", "blocked", "in review", "paused", "delayed"),
    "written_in": "Python Rust Go Java Kotlin Ruby Elixir Haskell Scala TypeScript C++".split(),
    "likes": "jazz hiking chess sushi sailing opera knitting tennis coffee gardening cycling horror".split(),
    "speaks": _LANGUAGES,
    "plays": _words(
        "chess tennis football volleyball basketball badminton poker bridge",
        "the piano",
        "the guitar",
        "the cello",
        "the drums",
    ),
    "owns": _words(
        "bicycle motorbike sailboat piano telescope caravan tractor camera kayak drone",
        "red van",
        "coffee machine",
        "3D printer",
    ),
    "allergic_to": "peanuts pollen shellfish penicillin gluten soy latex strawberries walnuts dust".split(),
    "uses": "Vim Emacs Figma Notion Obsidian Docker Podman Slack Zotero Blender Firefox Linear".split(),
}
QUESTIONS: Mapping[str, str] = {
    "lives_in": "Where does {who} live?",
    "works_at": "Where does {who} work?",
    "role": "What does {who} work as?",
    "age": "How old is {who}?",
    "birthday": "When is {who}'s birthday?",
    "email": "What is {who}'s email?",
    "phone": "What is {who}'s phone number?",
    "partner": "Who is {who}'s partner?",
    "diet": "What is {who}'s diet?",
    "studies": "What does {who} study?",
    "manager": "Who is {who}'s manager?",
    "favourite_food": "What is {who}'s favourite food?",
    "preferred_mode": "Which mode does {who} prefer?",
    "height": "How tall is {who}?",
    "weight": "How much does {who} weigh?",
    "deadline": "What is the deadline of {who}?",
    "version": "Which version of {who} do we run?",
    "status": "What is the status of {who}?",
    "located_in": "Where is {who}?",
    "port": "Which port does {who} run on?",
    "price": "What does {who} cost?",
    "lead": "Who leads {who}?",
    "time": "When does {who} start?",
    "written_in": "What is {who} written in?",
    "likes": "What does {who} like?",
    "speaks": "Which languages does {who} speak?",
    "plays": "What does {who} play?",
    "owns": "What does {who} own?",
    "allergic_to": "What is {who} allergic to?",
    "uses": "What does {who} use?",
}
_THINGS = {
    "deadline": "Project {}",
    "status": "Project {}",
    "lead": "Project {}",
    "version": "{}DB",
    "located_in": "the {} office",
    "port": "the {} service",
    "price": "the {} licence",
    "time": "the {} meeting",
    "written_in": "{}Hub",
}


#: Attributes that hold many values at a time.
LISTED = frozenset({"likes", "speaks", "plays", "owns", "allergic_to", "uses"})


class Names:
    """Deals names, each once.

    Args:
        choose: Source of chance.
    """

    def __init__(self, choose: random.Random) -> None:
        pairs = [f"{first} {last}" for first, last in itertools.product(FIRST, LAST)]
        choose.shuffle(pairs)
        self._people = iter(pairs)
        self._words = _invented(choose)

    def person(self) -> str:
        """Return a first and a last name."""
        return next(self._people)

    def word(self) -> str:
        """Return an invented word with a capital."""
        return next(self._words)

    def subject(self, attribute: str) -> str:
        """Return what may have this attribute: a person, or a thing."""
        return _THINGS[attribute].format(self.word()) if attribute in _THINGS else self.person()


def _invented(choose: random.Random) -> Iterator[str]:
    seen: set[str] = set()
    while True:
        syllables = [choose.choice(_ONSETS) + choose.choice(_VOWELS) for _ in range(3)]
        word = ("".join(syllables) + choose.choice(_CODAS)).capitalize()
        if word not in seen:
            seen.add(word)
            yield word


def is_person(attribute: str) -> bool:
    """Tell whether people have this attribute."""
    return attribute not in _THINGS


def values(attribute: str, count: int, choose: random.Random) -> list[str]:
    """Return that many different values of an attribute, in no order but ages, which grow."""
    if attribute in _PLAIN:
        return choose.sample(list(_PLAIN[attribute]), count)
    found: dict[str, None] = {}
    while len(found) < count:
        found[_made(attribute, choose)] = None
    return sorted(found) if attribute in ("age", "version") else list(found)


def _made(attribute: str, choose: random.Random) -> str:
    one = choose.randint
    match attribute:
        case "age":
            return str(one(20, 80))
        case "birthday":
            return f"{one(1, 28)} {choose.choice(_MONTHS)}"
        case "deadline":
            return f"{one(1, 28)} {choose.choice(_MONTHS)} 2027"
        case "email":
            return f"{choose.choice(FIRST[:50]).lower()}.{one(10, 99)}@{choose.choice(_FIRMS[:20]).lower()}.example"
        case "phone":
            return f"+{one(30, 59)} {one(100, 999)} {one(100, 999)} {one(100, 999)}"
        case "version":
            return f"{one(11, 29)}"
        case "port":
            return str(one(2000, 9999))
        case "price":
            return f"{one(5, 95)} {choose.choice(('euros', 'dollars'))}"
        case "time":
            return f"{one(10, 18)}:{choose.choice(('00', '15', '30', '45'))}"
        case "height":
            return f"{one(150, 199)} cm"
        case "weight":
            return f"{one(50, 99)} kg"
        case _:  # partner, manager, lead
            return f"{choose.choice(FIRST)} {choose.choice(LAST)}"


def same_again(attribute: str, value: str) -> str | None:
    """Return the same quantity, date or time spelled otherwise, or None where there is no such spelling."""
    match attribute:
        case "age":
            return _spelled(int(value))
        case "deadline":
            day, month, year = value.split()
            return f"{year}-{_MONTHS.index(month) + 1:02}-{int(day):02}"
        case "birthday":
            day, month = value.split()
            return f"{month} {day}"
        case "height":
            return f"{int(value.split(maxsplit=1)[0]) / 100:.2f} m"
        case "weight":
            return value.replace("kg", "kilograms")
        case "price":
            number, unit = value.split()
            return f"{'€' if unit == 'euros' else '$'}{number}"
        case "time":
            hour, minute = map(int, value.split(":"))
            return f"{(hour - 1) % 12 + 1}:{minute:02} {'pm' if hour > 11 else 'am'}"
        case _:
            return None


_UNITS = "zero one two three four five six seven eight nine".split()
_TENS = "- ten twenty thirty forty fifty sixty seventy eighty ninety".split()


def _spelled(number: int) -> str:
    """Return a number of two digits, 20 or more, in words."""
    tens, one = divmod(number, 10)
    return _TENS[tens] + (f"-{_UNITS[one]}" if one else "")
