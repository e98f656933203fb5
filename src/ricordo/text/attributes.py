"""One name for an attribute that callers and texts call differently."""

from __future__ import annotations

from functools import lru_cache

from ricordo.text.normalise import name_key

#: What is the same attribute by another name. Only names that mean nothing else of the same subject.
SAME_ATTRIBUTE = {
    "lives_in": (
        "home",
        "home city",
        "home town now",
        "residence",
        "place of residence",
        "living in",
        "lives",
        "lives at",
    ),
    "works_at": ("employer", "works for", "workplace", "employed by", "employed at"),
    "role": ("job", "job title", "occupation", "profession", "position", "works as"),
    "birthday": ("birth date", "date of birth", "dob", "birth day"),
    "phone": ("phone number", "telephone", "mobile", "mobile number"),
    "email": ("email address", "e mail", "mail address"),
    "partner": ("spouse", "husband", "wife", "married to"),
    "deadline": ("due", "due date", "due on", "due by"),
    "located_in": ("location", "located at"),
    "relationship_status": ("marital status",),
    "manager": ("boss", "reports to"),
    "from": ("hometown", "home town", "origin", "comes from"),
}
_CANONICAL = {name_key(other): name_key(name) for name, others in SAME_ATTRIBUTE.items() for other in others}


def attribute_names(attribute: str) -> tuple[str, ...]:
    """Return what an attribute may be called: the name given, then the names that mean the same.

    >>> attribute_names("phone")
    ('phone', 'phone number', 'telephone', 'mobile', 'mobile number')
    """
    return (attribute, *SAME_ATTRIBUTE.get(attribute, ()))


@lru_cache(maxsize=1024)
def attribute_key(attribute: str) -> str:
    """Return the form under which an attribute is compared: case, separators and common synonyms apart.

    >>> attribute_key("Home_City") == attribute_key("lives in") == "lives in"
    True
    >>> attribute_key("favorite_color") == attribute_key("favourite colour")
    True
    """
    key = name_key(attribute).replace("favorite", "favourite").replace("color", "colour")
    return _CANONICAL.get(key, key) or attribute
