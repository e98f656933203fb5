"""Sentences that tell states, and sentences that don't: the set that whoever writes rules may read.

`revision_heldout.py` has the same tables worded otherwise. `{who}` is the subject by name (a person or a thing),
`{value}` what holds, `{old}` what held before. A sentence without `{who}` is in the first person: its subject is the
speaker. "a" before a vowel becomes "an".

| use | the sentence |
|---|---|
| tell | tells that the value holds |
| change | tells that the value holds from now on, without the old one |
| switch | tells both: the old one no longer, the value from now on |
| end | tells that the old value no longer holds, and nothing in its place |
| past | tells that the old value held once; whatever else holds now goes on |
| correct | tells that what was said before was wrong, and what is so |
| deny | tells that a value does not hold |
| trap | holds a value and tells no state: a question, a plan, a wish, hearsay, an event |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Table = Mapping[str, Mapping[str, Sequence[str]]]

#: By attribute (the canonical name), by use.
STATES: Table = {
    "lives_in": {
        "tell": ("I live in {value}.", "{who} lives in {value}.", "I'm living in {value} these days."),
        "change": ("I moved to {value}.", "{who} has moved to {value}."),
        "switch": ("I moved from {old} to {value}.", "{who} lives in {value} now, not in {old}."),
        "end": ("I no longer live in {old}.", "{who} doesn't live in {old} anymore."),
        "past": ("I used to live in {old}.", "{who} lived in {old} before that."),
        "correct": ("Actually, I live in {value}.", "Correction: {who} lives in {value}, not {old}."),
        "trap": (
            "I would like to live in {value}.",
            "Does {who} live in {value}?",
            "If I lived in {value}, I would cycle to work.",
            "I visited {value} last weekend.",
            "Pat thinks {who} lives in {value}.",
        ),
    },
    "works_at": {
        "tell": ("I work at {value}.", "{who} works for {value}."),
        "change": ("I started a new job at {value}.", "{who} joined {value}."),
        "switch": ("I left {old} and joined {value}.", "{who} switched from {old} to {value}."),
        "end": ("I quit my job at {old}.", "{who} no longer works at {old}."),
        "past": ("I used to work at {old}.", "{who} previously worked at {old}."),
        "correct": ("Sorry, I meant that I work at {value}.", "Actually, {who} works at {value}."),
        "trap": ("I might apply at {value}.", "{who} had an interview at {value}.", "Do you work at {value}?"),
    },
    "role": {
        "tell": ("I work as a {value}.", "{who} is a {value}."),
        "change": ("I was promoted to {value}.", "{who} now works as a {value}."),
        "switch": ("I was a {old}, now I'm a {value}.", "{who} is no longer a {old} but a {value}."),
        "trap": ("I want to become a {value}.", "My neighbour is a {value}."),
    },
    "age": {
        "tell": ("I am {value} years old.", "{who} is {value} years old."),
        "change": ("I turned {value} today.", "{who} just turned {value}."),
        "correct": ("Actually, I'm {value}, not {old}.",),
        "trap": ("When I was {value}, I broke my arm.",),
    },
    "birthday": {
        "tell": ("My birthday is {value}.", "{who}'s birthday is on {value}."),
        "correct": ("Correction: my birthday is on {value}.", "No, {who}'s birthday is {value}, not {old}."),
    },
    "email": {
        "tell": ("My email is {value}.", "{who}'s email address is {value}."),
        "change": ("My new email address is {value}.",),
        "switch": ("{who} changed email from {old} to {value}.",),
    },
    "phone": {
        "tell": ("My phone number is {value}.", "{who}'s phone number is {value}."),
        "change": ("I have a new phone number: {value}.",),
    },
    "partner": {
        "tell": ("I'm married to {value}.", "{who} is dating {value}."),
        "end": ("I broke up with {old}.", "{who} and {old} got divorced."),
    },
    "diet": {
        "tell": ("I'm {value}.", "{who} is {value}."),
        "change": ("I became {value}.",),
        "end": ("I'm no longer {old}.",),
    },
    "studies": {
        "tell": ("I study {value}.", "{who} is studying {value}."),
        "switch": ("I switched from {old} to {value} at university.",),
    },
    "manager": {
        "tell": ("My manager is {value}.", "{who} reports to {value}."),
        "change": ("My new manager is {value}.", "{who} now reports to {value}."),
        "switch": ("{who} reports to {value} instead of {old}.",),
    },
    "favourite_food": {
        "tell": ("My favourite food is {value}.", "{who}'s favourite food is {value}."),
        "change": ("My favourite food is now {value}.",),
        "correct": ("Actually, my favourite food is {value}.",),
    },
    "preferred_mode": {
        "tell": ("I prefer {value} mode.", "{who} prefers {value} mode."),
        "switch": ("I prefer {value} mode now instead of {old} mode.",),
    },
    "height": {
        "tell": ("I'm {value} tall.", "{who} is {value} tall."),
    },
    "weight": {
        "tell": ("I weigh {value}.", "{who} weighs {value}."),
        "change": ("I now weigh {value}.",),
    },
    "deadline": {
        "tell": ("The deadline of {who} is {value}.", "{who} is due on {value}."),
        "change": ("The deadline of {who} has been moved to {value}.",),
        "switch": ("The deadline for {who} moved from {old} to {value}.",),
        "correct": ("Correction: the deadline of {who} is {value}, not {old}.",),
        "trap": ("Could we move the deadline of {who} to {value}?",),
    },
    "version": {
        "tell": ("We run {who} {value}.", "{who} is on version {value}."),
        "change": ("We upgraded {who} to {value}.",),
        "switch": ("We upgraded {who} from {old} to {value}.",),
        "trap": ("We plan to upgrade {who} to {value} next quarter.",),
    },
    "status": {
        "tell": ("{who} is {value}.", "The status of {who} is {value}."),
        "change": ("{who} is now {value}.",),
        "switch": ("{who} is no longer {old}, it is {value}.",),
        "trap": ("What happens if {who} is {value}?",),
    },
    "located_in": {
        "tell": ("{who} is in {value}.", "{who} is located in {value}."),
        "change": ("{who} has moved to {value}.",),
        "switch": ("{who} moved from {old} to {value}.",),
    },
    "port": {
        "tell": ("{who} runs on port {value}.", "{who} listens on port {value}."),
        "change": ("{who} now listens on port {value}.",),
        "correct": ("Actually, {who} runs on port {value}, not {old}.",),
    },
    "price": {
        "tell": ("{who} costs {value}.", "The price of {who} is {value}."),
        "change": ("{who} now costs {value}.",),
        "switch": ("The price of {who} went from {old} to {value}.",),
    },
    "lead": {
        "tell": ("{value} leads {who}.", "The lead of {who} is {value}."),
        "change": ("{value} has taken over {who}.",),
        "switch": ("{value} replaced {old} as the lead of {who}.",),
    },
    "time": {
        "tell": ("{who} is at {value}.", "{who} starts at {value}."),
        "change": ("{who} has been moved to {value}.",),
        "switch": ("{who} moved from {old} to {value}.",),
        "trap": ("Can we have {who} at {value} today?",),
    },
    "written_in": {
        "tell": ("{who} is written in {value}.",),
        "switch": ("{who} was rewritten from {old} to {value}.",),
    },
}

#: As above, of attributes that hold many values at a time: "add" tells one more.
LISTS: Table = {
    "likes": {
        "tell": ("I like {value}.", "{who} likes {value}."),
        "add": ("I also like {value}.",),
        "end": ("I don't like {old} anymore.", "{who} no longer likes {old}."),
    },
    "speaks": {
        "tell": ("I speak {value}.", "{who} speaks {value}."),
        "add": ("I also speak {value}.", "{who} speaks {value} too."),
        "deny": ("{who} doesn't speak {old}.",),
    },
    "plays": {
        "tell": ("I play {value}.", "{who} plays {value}."),
        "add": ("I also play {value}.",),
        "end": ("I stopped playing {old}.",),
    },
    "owns": {
        "tell": ("I own a {value}.", "{who} owns a {value}."),
        "add": ("I bought a {value}.", "{who} also owns a {value}."),
        "end": ("I sold my {old}.", "{who} no longer owns a {old}."),
        "deny": ("I don't own a {old}.",),
    },
    "allergic_to": {
        "tell": ("I'm allergic to {value}.", "{who} is allergic to {value}."),
        "add": ("I'm also allergic to {value}.",),
        "deny": ("I'm not allergic to {old}.",),
    },
    "uses": {
        "tell": ("I use {value}.", "{who} uses {value}."),
        "end": ("I stopped using {old}.", "{who} no longer uses {old}."),
        "switch": ("I switched from {old} to {value}.", "I use {value} instead of {old}."),
    },
}

#: Plain facts that tell no slot, and the same said again otherwise: must be merged where the kind is a state.
PARAPHRASES: Sequence[tuple[str, str]] = (
    ("The spare key of {who} hangs behind the door.", "the spare key of {who} hangs behind the door"),
    ("{who} needs a restart after every deploy.", "So, {who} really needs a restart after every deploy!"),
    ("It's important that {who} stays offline at night.", "It is important that {who} stays offline at night."),
    ("Backups of {who} don't include videos.", "Backups of {who} do not include videos."),
    ("By the way, {who} keeps its logs for a week.", "{who} keeps its logs for a week."),
    ("The colour of the {who} logo is dark green.", "The color of the {who} logo is dark green."),
)

#: Plain facts, and another one that only looks the same: both must be kept, whatever the slots.
LOOKALIKES: Sequence[tuple[str, str]] = (
    ("{who} keeps its logs for 7 days.", "{who} keeps its logs for 14 days."),
    ("Backups of {who} are encrypted.", "Backups of {who} are not encrypted."),
    ("Deploy {who} to staging on Monday.", "Deploy {who} to staging on Tuesday."),
    ("{who} syncs from the archive to the cache.", "{who} syncs from the cache to the archive."),
    ("Maria reviews changes to {who}.", "Mario reviews changes to {who}."),
    ("Rotate the keys of {who} before the release.", "Rotate the keys of {who} after the release."),
)
