"""Words of the English clause, as the rules of `state_rules` need them: tokens, verb forms, closed word classes."""

from __future__ import annotations

import re
from functools import cache

TOKEN = re.compile(
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|https?://\S+|[$€£]\s?\d[\d,]*(?:\.\d+)?[kKmM]?|\d{1,3}(?:,\d{3})+(?:\.\d+)?%?"
    r"|[^\W_](?:[\w'’.&+#/:%-]*[\w+#%])?|[^\w\s]|\n"
)
SUFFIX = re.compile(r"(?i:n['’]t|['’](?:s|m|re|ve|ll|d))\Z")


def words(text: str) -> frozenset[str]:
    """Return the words of a list with blanks between them."""
    return frozenset(text.split())


def phrases(text: str) -> tuple[str, ...]:
    """Return the phrases of a list with commas between them."""
    return tuple(" ".join(phrase.split()) for phrase in text.split(","))


IRREGULAR = {
    base: tuple(forms.split())
    for base, *rest in (line.split(None, 1) for line in """
be is was been being
have has had had having
do does did done doing
go goes went gone going
get gets got got getting
leave leaves left left leaving
quit quits quit quit quitting
lead leads led led leading
run runs ran run running
buy buys bought bought buying
sell sells sold sold selling
give gives gave given giving
lose loses lost lost losing
speak speaks spoke spoken speaking
take takes took taken taking
eat eats ate eaten eating
become becomes became become becoming
begin begins began begun beginning
keep keeps kept kept keeping
stand stands stood stood standing
sit sits sat sat sitting
make makes made made making
wed weds wed wed wedding
own owns owned owned owning
weigh weighs weighed weighed weighing
set sets set set setting
put puts put put putting
drink drinks drank drunk drinking
drive drives drove driven driving
wear wears wore worn wearing
teach teaches taught taught teaching
slip slips slipped slipped slipping
swap swaps swapped swapped swapping
ship ships shipped shipped shipping
drop drops dropped dropped dropping
prefer prefers preferred preferred preferring
mean means meant meant meaning
cost costs cost cost costing
break breaks broke broken breaking
write writes wrote written writing
come comes came come coming
find finds found found finding
know knows knew known knowing
sleep sleeps slept slept sleeping
stop stops stopped stopped stopping
sign signs signed signed signing
rent rents rented rented renting
bring brings brought brought bringing
hold holds held held holding
meet meets met met meeting
grow grows grew grown growing
outgrow outgrows outgrew outgrown outgrowing
split splits split split splitting
rewrite rewrites rewrote rewritten rewriting
rise rises rose risen rising
fall falls fell fallen falling
lie lies lay lain lying
feel feels felt felt feeling
see sees saw seen seeing
show shows showed shown showing
let lets let let letting
choose chooses chose chosen choosing
win wins won won winning
pay pays paid paid paying
build builds built built building
send sends sent sent sending
read reads read read reading
ride rides rode ridden riding
cut cuts cut cut cutting
hand hands handed handed handing
spend spends spent spent spending
swim swims swam swum swimming
fly flies flew flown flying
plan plans planned planned planning
transfer transfers transferred transferred transferring
refer refers referred referred referring
program programs programmed programmed programming
dub dubs dubbed dubbed dubbing
ban bans banned banned banning
slide slides slid slid sliding
dig digs dug dug digging
climb climbs climbed climbed climbing
sink sinks sank sunk sinking
draw draws drew drawn drawing
forget forgets forgot forgotten forgetting
scrap scraps scrapped scrapped scrapping
step steps stepped stepped stepping
tip tips tipped tipped tipping
stick sticks stuck stuck sticking
slim slims slimmed slimmed slimming
bind binds bound bound binding
hit hits hit hit hitting
keep keeps kept kept keeping
shrink shrinks shrank shrunk shrinking
""".strip().splitlines())
    for forms in rest
}  # fmt: skip
#: The names of the forms of a verb, in the order of `conjugate`.
FORM_NAMES = ("base", "s", "past", "part", "ing")


@cache
def conjugate(base: str) -> tuple[str, str, str, str, str]:
    """Return base, third person, past, participle and -ing form of a verb.

    >>> conjugate("reside"), conjugate("study")[1:3]
    (('reside', 'resides', 'resided', 'resided', 'residing'), ('studies', 'studied'))
    """
    if base in IRREGULAR:
        third, past, part, ing = IRREGULAR[base]
        return base, third, past, part, ing
    ending_y = base.endswith("y") and base[-2] not in "aeiou"
    stem = base[:-1] if base.endswith("e") else base
    third = base[:-1] + "ies" if ending_y else base + ("es" if re.search(r"(?:s|x|z|ch|sh|o)\Z", base) else "s")
    past = base[:-1] + "ied" if ending_y else stem + "ed"
    return base, third, past, past, (stem if not base.endswith("ee") else base) + "ing"


FIRST = words("i we")
PRONOUNS = words("i we he she they it you")
THIRD = words("he she they it")
POSSESSIVE = words("my our his her their its your")
ARTICLES = words("a an the")
BE = {"am": "present", "is": "present", "are": "present", "'m": "present", "'re": "present", "'s": "present",
      "was": "past", "were": "past", "be": "base", "been": "part", "being": "ing"}  # fmt: skip
HAVE = {"have": "present", "has": "present", "'ve": "present", "had": "past"}
DO = {"do": "present", "does": "present", "did": "past"}
MODALS = words("will would may might could should must can shall wo ca 'll 'd ought gonna cannot sha dare")
NOT = words("not n't never")
#: Adverbs that may stand before or inside a verb group and change nothing.
ADVERBS = words(
    """now currently presently also still just recently really officially finally permanently always both absolutely
    totally already mainly mostly today nowadays lately actually truly definitely certainly indeed newly proudly
    happily simply primarily legally even again since then usually generally only sadly happily luckily instead
    personally honestly deeply strongly much fluently very firmly apparently
    long basically obviously regularly frequently often professionally actively primarily routinely"""
) - {"apparently"}  # fmt: skip
FORMERLY = words("formerly previously once originally")
#: Words that take the certainty out of what stands near them.
UNSURE = words(
    """maybe perhaps probably apparently supposedly allegedly reportedly possibly presumably likely hopefully almost
    nearly if unless whether wish wishes wished imagine suppose supposing pretend hypothetically rumour rumor rumours
    rumors dream dreamed dreamt wonder wondering guess assume assuming hope hopes hoping hardly barely rarely seldom
    wanna considering thinking unsure idk ideally someday eventually otherwise"""
)
#: Words that hand what follows to somebody's mouth or mind.
REPORTS = words(
    """thinks thought think says said say believes believed believe claims claimed tells told telling heard hear hears
    assumes assumed guesses reckons suspects suspected insists insisted mentions mentioned swears argues argued
    asks asked wonders pretends pretended feels reports reported according quote quoted rumoured doubts doubt
    dreamed imagines remembers suggests suggested denies denied joked jokes lied lies convinced"""
)
ASPECT_END = words("stop quit cease finish")
ASPECT_BEGIN = words("start begin come grow")
ASPECT_ON = words("keep continue")
CONJUNCTIONS = words("and but so yet while whereas though although because then plus which who where &")
#: Cues that what was said before was wrong.
CORRECTIONS = phrases(
    """
    scratch that, correction, actually, i meant, i mean, sorry, no wait, wait, my mistake, my bad, i was wrong,
    i misspoke, let me correct that, i must correct myself, to correct myself, i stand corrected, that was
    wrong, that is wrong, that's wrong, strike that, to be precise, make that, i made a mistake, to correct
    that, that is not right, that's not right, oops, whoops, a correction, small correction, quick correction,
    typo, edit
    """
)
#: What may stand before a clause and says nothing.
OPENERS = words(
    """hey hi hello oh well okay ok yes yeah yep so anyway btw fyi also and but update note news reminder heads-up
    alright right look listen honestly basically additionally moreover furthermore plus besides meanwhile finally
    fortunately luckily unfortunately sadly thanks thank wow haha lol yay guess aw aww ah hmm um uh nope no
    first second third secondly lastly however indeed then great good nice cool guys everyone all remember
    congrats exciting big sure too quick please"""
)
OPENER_PHRASES = phrases(
    """
    by the way, by profession, by trade,
    just so you know, for the record, as i said, as you know, for your information, remember that,
    note that, please note that, please remember that, one more thing, good news, big news, as a reminder, just
    to let you know, let me tell you, in case you missed it, in other news, heads up, i wanted to let you know
    that, just letting you know that, it turns out that, turns out, you know what, in fact, as mentioned, these
    days, at the moment, for now, at present, right now, as it happens, you should know that, i should mention
    that, keep in mind that, quick update, a quick update, guess what, big update, life update, status update,
    important update, thank you, thanks a lot, to be clear, for reference, fun fact, quick note, for context, no
    wonder, of course, as of now, as of today, from now on, please remember, please note, did i mention that, i
    just wanted to say that, i can confirm that, this is to confirm that, it is true that, i confirm that, the
    thing is, the fact is that, after all, since then, before that, years ago, many years ago, long ago, back
    then, in the past, in those days, as for me, at last, good to know, not sure i said
    """
)
ABBREVIATIONS = words("dr mr mrs ms st prof inc ltd co corp e.g i.e etc vs no jr sr approx dept")

RELATIONS = words(
    """sister brother mother father mom mum dad wife husband partner girlfriend boyfriend fiance fiancee daughter son
    cousin aunt uncle niece nephew grandmother grandfather grandma grandpa friend colleague coworker co-worker boss
    manager roommate flatmate neighbour neighbor mentor teammate teacher dentist doctor landlord client customer
    therapist coach assistant intern child kid baby twin spouse ex ex-wife ex-husband stepson stepdaughter
    stepmother stepfather mother-in-law father-in-law sister-in-law brother-in-law buddy supervisor trainer lawyer
    accountant classmate grandson granddaughter parents parent teenager housemate pal bestie tutor
    secretary director lead contact nanny student engineer designer developer analyst"""
)
PETS = words("dog cat puppy kitten parrot hamster rabbit horse pony tortoise turtle goldfish snake lizard bird "
             "guinea-pig ferret pup budgie canary chicken goat")  # fmt: skip
PLACES = words(
    """office headquarters hq shop store venue meeting-room branch server warehouse studio gym clinic restaurant school
    factory lab laboratory workshop cafe café museum library house flat apartment cottage data-centre datacenter
    data-center cluster depot conference summit meeting event company firm startup team farm hospital bank bakery hotel
    bar pub wedding party offsite retreat campus plant salon garage theatre theater stadium archive embassy market
    club church gallery kitchen printer database backup backups repo repository code documentation docs festival
    hearing practice"""
)
#: Heads that make a capitalised name that of a thing.
THINGS = words(
    """project team server service app api platform system database library module package tool website site
    office inc ltd gmbh llc corp company department programme program initiative release board committee group
    migration launch rollout pipeline cluster contract lease invoice ticket task sprint milestone report audit thesis
    product plan subscription laptop phone car bike house flat apartment model repo repository device printer router
    meeting stand-up standup sync retro workshop course class lesson exam appointment flight train conference
    party wedding bridge building tower room garden router scanner camera cluster backend frontend dashboard
    gateway queue worker job-runner build grant proposal paper application survey"""
)
