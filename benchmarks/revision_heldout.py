"""The tables of `revision_templates.py` worded otherwise: what rules are scored on, and are not written after."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.revision_templates import Table

#: By attribute (the canonical name), by use.
STATES: Table = {
    "lives_in": {
        "tell": (
            "My home is in {value}.",
            "I'm based in {value}.",
            "{who} is living in {value}.",
            "{who} resides in {value}.",
            "I've been living in {value} since last year.",
            "{who} has lived in {value} for years.",
        ),
        "change": (
            "I just moved to {value}!",
            "We've relocated to {value}, so I live there now.",
            "{who} moved to {value} last week.",
            "{who} relocated to {value}.",
            "I now live in {value}.",
            "As of this month, {who} lives in {value}.",
        ),
        "switch": (
            "I've moved from {old} to {value}.",
            "I don't live in {old} any more, I live in {value} now.",
            "{who} relocated from {old} to {value}.",
            "{who} left {old} and now lives in {value}.",
            "I live in {value} now instead of {old}.",
        ),
        "end": (
            "I don't live in {old} any more.",
            "{who} no longer lives in {old}.",
            "I moved out of {old}.",
            "{who} has moved away from {old}.",
        ),
        "past": (
            "I once lived in {old}.",
            "{who} used to live in {old}.",
            "Years ago I lived in {old}.",
            "{who} formerly lived in {old}.",
        ),
        "correct": (
            "Sorry, I meant {value}: I live in {value}.",
            "I live in {value}, not in {old}.",
            "That was wrong: {who} lives in {value}, not in {old}.",
            "Actually {who} lives in {value}.",
        ),
        "trap": (
            "I want to move to {value} one day.",
            "I might move to {value}.",
            "My brother lives in {value}.",
            "Is {who} still living in {value}?",
            "{who} dreams of living in {value}.",
            "{who} is visiting {value} this week.",
            "People keep asking whether {who} lives in {value}.",
            "I wish I lived in {value}.",
            "According to Sam, {who} may be living in {value}.",
        ),
    },
    "works_at": {
        "tell": (
            "I work for {value}.",
            "I'm employed at {value}.",
            "{who} works at {value}.",
            "{who} is employed by {value}.",
            "My employer is {value}.",
            "I've got a job at {value}.",
        ),
        "change": (
            "I've just joined {value}.",
            "I work at {value} now.",
            "{who} started working at {value}.",
            "{who} now works for {value}.",
            "I've started working for {value}.",
        ),
        "switch": (
            "I switched jobs from {old} to {value}.",
            "I no longer work at {old}, I'm at {value} now.",
            "{who} left {old} for {value}.",
            "{who} moved from {old} to {value}.",
            "{who} quit {old} and now works at {value}.",
        ),
        "end": (
            "I left {old}.",
            "I don't work at {old} anymore.",
            "{who} quit {old}.",
            "{who} has left {old}.",
            "{who} stopped working for {old}.",
        ),
        "past": (
            "Before that I worked at {old}.",
            "{who} used to work for {old}.",
            "I was at {old} before.",
            "{who} formerly worked at {old}.",
        ),
        "correct": (
            "Correction: I work at {value}, not {old}.",
            "No, {who} works at {value}.",
            "I misspoke, {who} works at {value}, not at {old}.",
        ),
        "trap": (
            "I'd love to work at {value}.",
            "I applied for a job at {value}.",
            "Would {who} like to work at {value}?",
            "{who} turned down an offer from {value}.",
            "My sister works at {value}.",
            "If {who} worked at {value}, things would be easier.",
        ),
    },
    "role": {
        "tell": (
            "I'm a {value}.",
            "I'm working as a {value}.",
            "{who} works as a {value}.",
            "My job is {value}.",
            "{who}'s job title is {value}.",
        ),
        "change": (
            "I became a {value}.",
            "{who} was promoted to {value}.",
            "I'm now a {value}.",
            "{who} has become a {value}.",
        ),
        "switch": (
            "I'm no longer a {old}, I'm a {value} now.",
            "{who} went from {old} to {value}.",
            "I used to be a {old} but now I'm a {value}.",
        ),
        "trap": (
            "I'm training to become a {value}.",
            "I'd like to be a {value}.",
            "{who} met a {value} at the party.",
            "My cousin is a {value}.",
        ),
    },
    "age": {
        "tell": ("I'm {value}.", "My age is {value}.", "{who} is {value}.", "{who} is aged {value}."),
        "change": (
            "I just turned {value}.",
            "I'm {value} now.",
            "{who} turned {value} yesterday.",
            "{who} is now {value}.",
        ),
        "correct": ("No, I'm {value} years old, not {old}.", "Correction: {who} is {value}, not {old}."),
        "trap": ("I moved here when I was {value}.", "{who} hopes to retire at {value}.", "I feel like I'm {value}."),
    },
    "birthday": {
        "tell": (
            "My birthday is on {value}.",
            "I was born on {value}.",
            "{who}'s birthday is {value}.",
            "{who} has their birthday on {value}.",
        ),
        "correct": (
            "Actually my birthday is {value}, not {old}.",
            "Sorry, {who}'s birthday is {value}.",
        ),
    },
    "email": {
        "tell": (
            "My email address is {value}.",
            "{who}'s email is {value}.",
            "You can reach me at {value}.",
            "The email of {who} is {value}.",
        ),
        "change": ("My email is now {value}.", "{who}'s new email is {value}."),
        "switch": ("I changed my email from {old} to {value}.", "My email is {value} now, not {old}."),
    },
    "phone": {
        "tell": ("My number is {value}.", "My phone is {value}.", "The phone number of {who} is {value}."),
        "change": ("My new phone number is {value}.", "{who} has a new number, {value}."),
    },
    "partner": {
        "tell": (
            "I'm dating {value}.",
            "My partner is {value}.",
            "{who} is married to {value}.",
            "{who}'s wife is {value}.",
        ),
        "end": ("{old} and I broke up.", "{who} broke up with {old}.", "{who} is no longer married to {old}."),
    },
    "diet": {
        "tell": ("I am {value}.", "{who} eats {value}.", "My diet is {value}."),
        "change": ("I've gone {value}.", "{who} is now {value}."),
        "end": ("{who} is no longer {old}.", "I'm not {old} anymore."),
    },
    "studies": {
        "tell": ("I'm studying {value}.", "{who} studies {value}.", "My major is {value}."),
        "switch": (
            "I changed my major from {old} to {value}.",
            "{who} switched from {old} to {value}.",
            "{who} studies {value} now instead of {old}.",
        ),
    },
    "manager": {
        "tell": ("I report to {value}.", "My boss is {value}.", "{who}'s manager is {value}."),
        "change": ("I now report to {value}.", "{who}'s new manager is {value}.", "My manager is {value} now."),
        "switch": ("I report to {value} now instead of {old}.", "My manager is {value} now, not {old}."),
    },
    "favourite_food": {
        "tell": ("My favorite food is {value}.", "{value} is my favourite food.", "{who}'s favorite food is {value}."),
        "change": ("My new favourite food is {value}.", "{who}'s favourite food is now {value}."),
        "correct": ("No wait, my favourite food is {value}.", "My favourite food is {value}, not {old}."),
    },
    "preferred_mode": {
        "tell": ("I'd rather use {value} mode.", "My preferred mode is {value}.", "{who} likes {value} mode better."),
        "switch": (
            "I've switched from {old} mode to {value} mode.",
            "{who} now prefers {value} mode over {old} mode.",
            "I no longer prefer {old} mode, I prefer {value} mode.",
        ),
    },
    "height": {
        "tell": ("I am {value} tall.", "My height is {value}.", "{who}'s height is {value}."),
    },
    "weight": {
        "tell": ("My weight is {value}.", "{who}'s weight is {value}.", "I weigh {value} at the moment."),
        "change": ("I weigh {value} now.", "{who} now weighs {value}.", "My weight is down to {value}."),
    },
    "deadline": {
        "tell": (
            "{who} has to be finished by {value}.",
            "The deadline for {who} is {value}.",
            "{who} must be done by {value}.",
            "{who}'s deadline is {value}.",
        ),
        "change": (
            "The deadline for {who} is now {value}.",
            "{who} is now due on {value}.",
            "They pushed the deadline of {who} to {value}.",
            "The new deadline for {who} is {value}.",
        ),
        "switch": (
            "The deadline of {who} was moved from {old} to {value}.",
            "{who} is due on {value} instead of {old}.",
            "The deadline of {who} is {value} now, not {old}.",
        ),
        "correct": (
            "Sorry, the deadline for {who} is {value}.",
            "I got that wrong, the deadline of {who} is {value}, not {old}.",
        ),
        "trap": (
            "Is the deadline of {who} {value}?",
            "It would be nice to finish {who} by {value}.",
            "We discussed whether to move the deadline of {who} to {value}.",
        ),
    },
    "version": {
        "tell": (
            "We're running {who} {value}.",
            "We use {who} version {value}.",
            "The version of {who} is {value}.",
            "{who} is at version {value}.",
            "Our servers run {who} {value}.",
        ),
        "change": (
            "We've upgraded {who} to {value}.",
            "{who} was updated to version {value}.",
            "{who} is now on {value}.",
            "We now run {who} {value}.",
        ),
        "switch": (
            "{who} was upgraded from {old} to {value}.",
            "We migrated {who} from version {old} to version {value}.",
            "We moved from {who} {old} to {who} {value}.",
        ),
        "trap": (
            "Should we upgrade {who} to {value}?",
            "{who} {value} would need more memory.",
            "We decided against upgrading {who} to {value}.",
        ),
    },
    "status": {
        "tell": ("{who} is currently {value}.", "{who}'s status is {value}.", "Right now {who} is {value}."),
        "change": (
            "{who} has been marked {value}.",
            "As of today {who} is {value}.",
            "The status of {who} is now {value}.",
        ),
        "switch": (
            "{who} went from {old} to {value}.",
            "{who} isn't {old} anymore, it's {value}.",
            "{who} is {value} now, not {old}.",
        ),
        "trap": (
            "Is {who} {value}?",
            "If {who} is {value} by then, we can start.",
            "I worry that {who} may be {value} soon.",
        ),
    },
    "located_in": {
        "tell": ("{who} is based in {value}.", "{who} is situated in {value}.", "You'll find {who} in {value}."),
        "change": ("{who} moved to {value}.", "{who} is now in {value}.", "{who} has been moved to {value}."),
        "switch": ("{who} relocated from {old} to {value}.", "{who} is in {value} now, no longer in {old}."),
    },
    "port": {
        "tell": ("{who} is on port {value}.", "{who} uses port {value}.", "The port of {who} is {value}."),
        "change": (
            "{who} is now on port {value}.",
            "{who} was moved to port {value}.",
            "The port of {who} is now {value}.",
        ),
        "correct": ("Correction: {who} listens on port {value}.", "{who} runs on port {value}, not {old}."),
    },
    "price": {
        "tell": ("{who} is priced at {value}.", "The cost of {who} is {value}.", "We sell {who} for {value}."),
        "change": (
            "The price of {who} is now {value}.",
            "{who} went up to {value}.",
            "The new price of {who} is {value}.",
        ),
        "switch": ("{who} now costs {value} instead of {old}.", "We changed the price of {who} from {old} to {value}."),
    },
    "lead": {
        "tell": ("{who} is led by {value}.", "{value} is the lead of {who}.", "{value} is leading {who}."),
        "change": ("{value} now leads {who}.", "{value} took over {who}.", "The new lead of {who} is {value}."),
        "switch": ("{value} took over {who} from {old}.", "{value} now leads {who} instead of {old}."),
    },
    "time": {
        "tell": ("{who} takes place at {value}.", "{who} begins at {value}.", "We have {who} at {value}."),
        "change": ("{who} is now at {value}.", "{who} was moved to {value}.", "{who} starts at {value} from now on."),
        "switch": ("{who} is at {value} instead of {old}.", "We moved {who} from {old} to {value}."),
        "trap": ("Could {who} be at {value}?", "I would prefer {who} at {value}."),
    },
    "written_in": {
        "tell": ("{who} is implemented in {value}.", "{who} is a {value} codebase, written in {value}."),
        "switch": (
            "We rewrote {who} from {old} to {value}.",
            "{who} is written in {value} now, not {old}.",
            "{who} was ported from {old} to {value}.",
        ),
    },
}

#: As above, of attributes that hold many values at a time: "add" tells one more.
LISTS: Table = {
    "likes": {
        "tell": ("I love {value}.", "{who} enjoys {value}.", "I really like {value}.", "{who} is fond of {value}."),
        "add": ("I like {value} too.", "{who} also likes {value}.", "I enjoy {value} as well."),
        "end": ("I no longer like {old}.", "{who} doesn't like {old} any more.", "I've stopped liking {old}."),
    },
    "speaks": {
        "tell": ("I can speak {value}.", "{who} is fluent in {value}.", "I'm fluent in {value}."),
        "add": ("I speak {value} as well.", "{who} also speaks {value}.", "Besides that, I speak {value}."),
        "deny": ("I don't speak {old}.", "{who} does not speak {old}.", "{who} can't speak {old}."),
    },
    "plays": {
        "tell": ("{who} is playing {value}.", "I've been playing {value} for years.", "{who} plays {value} regularly."),
        "add": ("{who} also plays {value}.", "I play {value} too."),
        "end": ("I no longer play {old}.", "{who} gave up {old}.", "{who} doesn't play {old} anymore."),
    },
    "owns": {
        "tell": ("I have a {value} of my own.", "{who} has got a {value}.", "I'm the owner of a {value}."),
        "add": ("{who} bought a {value}.", "I got myself a {value}.", "I also own a {value}."),
        "end": ("{who} sold the {old}.", "I don't own a {old} any more.", "I gave away my {old}."),
        "deny": ("{who} doesn't own a {old}.", "I do not own a {old}."),
    },
    "allergic_to": {
        "tell": (
            "I have an allergy to {value}.",
            "I'm severely allergic to {value}.",
            "{who} has an allergy to {value}.",
        ),
        "add": ("{who} is also allergic to {value}.", "I'm allergic to {value} as well."),
        "deny": (
            "{who} isn't allergic to {old}.",
            "I am not allergic to {old}.",
            "Turns out I'm not allergic to {old}.",
        ),
    },
    "uses": {
        "tell": ("{who} is using {value}.", "I'm using {value}.", "{who} relies on {value}."),
        "end": ("I don't use {old} anymore.", "{who} stopped using {old}.", "I've given up on {old}."),
        "switch": (
            "I've switched from {old} to {value}.",
            "{who} uses {value} instead of {old}.",
            "I replaced {old} with {value}.",
            "I'm not using {old} anymore but {value}.",
        ),
    },
}

#: Plain facts that tell no slot, and the same said again otherwise: must be merged where the kind is a state.
PARAPHRASES: Sequence[tuple[str, str]] = (
    ("The manual of {who} lies in the second drawer.", "the manual of {who} lies in second drawer!"),
    ("{who} can't be restarted while a job runs.", "{who} cannot be restarted while a job runs."),
    ("Tests of {who} fail when the disk is full.", "Well, tests of {who} fail when the disk is full."),
    ("The organisers of {who} meet in the small room.", "The organizers of {who} meet in the small room."),
    ("{who} doesn't support old browsers.", "{who} does not support old browsers..."),
    ("That's why {who} ignores empty rows.", "That is why {who} ignores empty rows."),
    ("Just so you know, {who} writes to two disks.", "{who} writes to two disks."),
    ("{who} is basically a wrapper around the old tool.", "{who} is a wrapper around the old tool"),
    ("Please note that {who} closes at noon on Fridays.", "{who} closes at noon on Fridays."),
    ("On Fridays, {who} closes at noon.", "{who} closes at noon on Fridays."),
    ("They're storing the masks of {who} in the cellar.", "They are storing the masks of {who} in the cellar."),
)

#: Plain facts, and another one that only looks the same: both must be kept, whatever the slots.
LOOKALIKES: Sequence[tuple[str, str]] = (
    ("Jobs of {who} time out after 30 seconds.", "Jobs of {who} time out after 60 seconds."),
    ("{who} accepts uploads from guests.", "{who} doesn't accept uploads from guests."),
    ("The staging copy of {who} is rebuilt every night.", "The production copy of {who} is rebuilt every night."),
    ("Martin signs the invoices of {who}.", "Martina signs the invoices of {who}."),
    (
        "{who} forwards requests from the gateway to the queue.",
        "{who} forwards requests from the queue to the gateway.",
    ),
    ("Visitors of {who} were counted by hand.", "Visitors of {who} are counted by hand."),
    ("Open the valve of {who} before the pump starts.", "Open the valve of {who} after the pump starts."),
    ("{who} was last audited on 3 March 2025.", "{who} was last audited on 3 May 2025."),
    ("{who} always retries failed calls.", "{who} never retries failed calls."),
    ("At most 5 people may enter {who} at once.", "At least 5 people may enter {who} at once."),
    ("{who} allows 10 MB for each file.", "{who} allows 10 GB for each file."),
    ("{who} can send mail without a token.", "{who} can send mail with a token."),
    ("Only admins can delete pages of {who}.", "Admins can delete pages of {who}."),
    ("Anna pays Bruno for {who}.", "Bruno pays Anna for {who}."),
    ("Tests of {who} need Python 3.1.", "Tests of {who} need Python 3.11."),
    ("{who} must be cleaned daily.", "{who} may be cleaned daily."),
)
