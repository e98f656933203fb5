"""The states that texts tell, as a table: which sentences tell which attribute.

A pattern is a sentence with slots: `{subject}`, `{value}` and, for what the value replaces, `{old}`, each with a shape
after a colon (`{value:place}`; the shapes stand in `state_values`). The word after the first slot is the verb in its
base form, or several with bars between them; the rest is literal words, `a|b` for alternatives, `[x]` for words that
may be missing. Tense, person, negation, "no longer", "used to", "not X but Y", adverbs and times are the grammar's.

In front of a pattern stands how its verb tells the state:

| word | meaning |
|---|---|
| (none) | the present tells that it holds; the past alone tells nothing ("I liked the soup") |
| lasts | as before, and the past tells that it was so ("I lived in Rome") |
| begins | the past tells that it holds since then ("I moved to Rome"); the present tells a plan, so nothing |
| changes | past and present tell that it holds from then on ("the deadline slips to Friday") |
| ends | the past tells that it is over ("I left Rome") |
| denies | the present tells that it is not so ("I have no car") |

A pattern such as `{subject}'s job|role is {value:role}` names the attribute by a noun. It covers "my job is", "Ada's
job is", "the job of Ada is", "the Ada job is", "Ada - job: ..." and changes ("the deadline moved to").
"""

from __future__ import annotations

from ricordo.text.state_rule import StateRule, many, one
from ricordo.text.state_rules_things import THINGS

__all__ = ["RULES", "StateRule", "asked_attributes"]


_PEOPLE = (
    one(
        "lives_in",
        """
        lasts {subject:person} live|reside|dwell in|at {value:place}
        lasts {subject:person} live|reside [over|out|up|down|right] here in {value:place}
        lasts {subject:person} be based|settled|domiciled|resident|housed [over|out|up|down] in|at|out-of {value:place}
        lasts {subject:person} be a resident of {value:place}
        lasts {subject:person} be a|an {value:cap} resident
        lasts {subject:person} call {value:place} home
        lasts {subject:person} have poss home|house|flat|apartment|place in {value:place}
        lasts {subject:person} stay permanently|long-term in {value:place}
        lasts {subject:person} stay in {value:place} permanently
        begins {subject:person} move [house|permanently] [back|over|out|down|up|away] [permanently] to {value:place}
        begins {subject:person} relocate [house|permanently] [back|over|out|down|up|away] [permanently] to {value:place}
        begins {subject:person} emigrate [house|permanently] [back|over|out|down|up|away] [permanently] to {value:place}
        begins {subject:person} shift [house|permanently] [back|over|out|down|up|away] [permanently] to {value:place}
        begins {subject:person} move [house] [back|over|out|down|up|away|house] from {old:place} \
            [back|over|out|down|up] to {value:place}
        begins {subject:person} relocate [house] [back|over|out|down|up|away|house] from {old:place} \
            [back|over|out|down|up] to {value:place}
        begins {subject:person} move [in] in|into {value:cap}
        begins {subject:person} leave {old:city} for {value:city}
        ends {subject:person} leave {value:city}
        begins {subject:person} swap|exchange|trade {old:place} for {value:place}
        begins {subject:person} settle [down|permanently] in {value:place}
        begins {subject:person} make poss home in {value:place}
        begins {subject:person} make {value:place} poss home
        ends {subject:person} move|relocate away from {value:place}
        ends {subject:person} move out of {value:cap}
        {subject}'s home|home-city|city|current-city is [at|in] {value:place}
        {subject}'s place-of-residence|residence|current-home|home-base|home-address is [at|in] {value:place}
        """,
        "live lives living lived home based reside residence city address moved move",
    ),
    one(
        "works_at",
        """
        lasts {subject:person} work at|for {value:org}
        lasts {subject:person} work as a|an|the {skip:role} at|for {value:org}
        lasts {subject:person} be employed|engaged by|at|with {value:org}
        lasts {subject:person} be on the payroll of|at {value:org}
        lasts {subject:person} be [a|an|the] {skip:profession} at|for|with {value:org}
        lasts {subject:person} be an employee of|at {value:org}
        lasts {subject:person} have [a|an|poss] {skip:adjective} job|position|post at|with {value:org}
        lasts {subject:person} have a|an job|position|post at|with {value:org}
        begins {subject:person} start [a|an|poss] [new] job|position|role|post at|with {value:org}
        begins {subject:person} start at {value:cap}
        begins {subject:person} join {value:cap}
        begins {subject:person} get|land [a|an|the|poss] [new] job|position|role|post|offer at|with|from {value:org}
        begins {subject:person} accept [a|an|the|poss] [new] job|position|role|post|offer at|with|from {value:org}
        begins {subject:person} take|find [a|an|the|poss] [new] job|position|role|post|offer at|with|from {value:org}
        begins {subject:person} be|get hired|recruited|headhunted|poached by|at {value:org}
        begins {subject:person} move|switch jobs|employer|employers|companies|job from {old:cap} to {value:org}
        begins {subject:person} change|go jobs|employer|employers|companies|job from {old:cap} to {value:org}
        begins {subject:person} transfer [over] from {old:cap} to {value:org}
        begins {subject:person} switch|change|move|go [over] from {old:firm} to {value:firm}
        begins {subject:named_person} switch|change [over] from {old:untool} to {value:untool}
        begins {subject:person} leave|quit {old:nocity} for|to-join {value:org}
        begins {subject:person} sign on with {value:org}
        ends {subject:person} leave|quit poss job|position|role|post at|with {value:org}
        ends {subject:person} leave|quit {value:nocity}
        lasts {subject:person} be with {value:firm}
        ends {subject:person} resign|retire|depart from [poss] [job|position|role|post] [at] {value:org}
        ends {subject:person} part ways with {value:org}
        ends {subject:person} be laid-off|laid|fired|sacked|dismissed|let-go|made-redundant [off] from|by|at {value:org}
        ends {subject:person} get laid-off|laid|fired|sacked|dismissed|let-go|made-redundant [off] from|by|at \
            {value:org}
        ends {subject:person} lose poss job|position at|with {value:org}
        ends {subject:person} hand in poss notice at {value:org}
        {subject}'s employer|company|current-employer|workplace|new-employer|place-of-work is {value:org}
        """,
        "work works working worked employer employed company workplace job employ office",
    ),
    one(
        "role",
        """
        lasts {subject:person} work|serve|act as a|an|the|our|its|their {value:role}
        lasts {subject:person} work|serve as {value:profession}
        lasts {subject:person} work at|for|with {skip:org} as a|an|the {value:role}
        lasts {subject:person} be a|an {value:profession}
        lasts {subject:person} be a|an {value:profession} at|for|with|in|by [profession|trade]
        lasts {subject:person} be employed as [a|an|the] {value:role}
        begins {subject:person} become a|an|the {value:profession}
        begins {subject:person} be|get promoted to {value:role}
        begins {subject:person} be|get promoted|moved from {old:role} to {value:role}
        begins {subject:person} be|get made|appointed|named|hired-as|promoted-to-be [a|an|the] {value:profession}
        begins {subject:person} be|get hired|appointed|recruited as [a|an|the] {value:role}
        begins {subject:person} take a|the job|position|role as [a|an] {value:role}
        begins {subject:person} start|begin [working] as [a|an|the] {value:role}
        begins {subject:person} go from {old:profession} to {value:profession}
        begins {subject:person} retrain|qualify as [a|an] {value:role}
        begins {subject:person} change|switch careers|jobs|roles|professions from {old:role} to {value:role}
        ends {subject:person} leave|quit poss job|position|role as [a|an] {value:role}
        ends {subject:person} retire|resign as [a|an|the] {value:role}
        {subject}'s job|role|occupation|profession is [as|that-of] {value:post}
        {subject}'s job-title|position|title|new-job|current-role is [as|that-of] {value:post}
        """,
        "job role occupation profession title position do living career",
    ),
    one(
        "age",
        """
        {subject:person} be {value:age} years|year|yrs old|young|of
        {subject:person} be {value:age} [today] end
        {subject:person} be aged {value:age}
        {subject:person} be {value:age} [years|yrs] now|already
        begins {subject:person} turn {value:age}
        begins {subject:person} celebrate poss {value:ordinal} birthday
        {subject}'s age|current-age is {value:age}
        """,
        "old age aged",
    ),
    one(
        "birthday",
        """
        begins {subject:person} be born on {value:date}
        {subject:person} celebrate poss birthday on {value:date}
        {subject}'s birthday|bday|b-day|date-of-birth|birth-date|birthdate is|falls [on] {value:date}
        """,
        "birthday born birth",
    ),
    one(
        "name",
        """
        {subject} be called|named {value:cap}
        {subject} go by [the-name] {value:cap}
        {subject:self} be {value:fullname}
        {subject}'s name|full-name|real-name|first-name|surname|last-name is {value:cap}
        """,
        "name named called",
    ),
    one(
        "email",
        """
        {subject}'s email|e-mail|email-address|e-mail-address|mail-address|mail is {value:email}
        {subject:person} be reached|reachable [by-email] at {value:email}
        {actor} reach|email|contact me|us at|under|on|via {value:email}
        begins {subject:person} change [poss] email|e-mail [address|addresses] [from] {old:email} to {value:email}
        begins {subject:person} switch [poss] email|e-mail [address|addresses] [from] {old:email} to {value:email}
        begins {subject:person} update [poss] email|e-mail [address|addresses] [from] {old:email} to {value:email}
        begins {subject:person} change|switch|update [poss] email|e-mail [address|addresses] to {value:email}
        {subject:person} have a new email|e-mail [address] : {value:email}
        {subject:person} have a new email-address|e-mail-address , {value:email}
        """,
        "email mail e-mail address reach contact",
    ),
    one(
        "phone",
        """
        {subject}'s phone|phone-number|telephone|telephone-number|mobile is {value:phone}
        {subject}'s mobile-number|cell|cell-number|number|cell-phone is {value:phone}
        {subject:person} have a new phone|mobile|cell|telephone|number [number] : {value:phone}
        {actor} reach|call|phone me|us at|under|on {value:phone}
        begins {subject:person} change [poss] phone|mobile|cell|telephone [number|numbers] from {old:phone} \
            to {value:phone}
        begins {subject:person} change [poss] phone|mobile|cell|telephone [number|numbers] to {value:phone}
        """,
        "phone number telephone mobile call cell",
    ),
    one(
        "partner",
        """
        lasts {subject:person} be [happily] married|engaged to {value:person}
        {subject:person} date {value:person}
        {subject:person} be seeing {value:person}
        lasts {subject:person} be in-a-relationship-with {value:person}
        lasts {subject:person} be together-with {value:person}
        lasts {subject:person} be going-out-with {value:person}
        begins {subject:person} marry|wed {value:person}
        begins {subject:person} get married|engaged to {value:person}
        begins {subject:person} tie the knot with {value:person}
        begins {subject:person} start dating|seeing {value:person}
        ends {subject:person} divorce|dump {value:person}
        ends {subject:person} break|split up with {value:person}
        ends {subject:person} break|split with {value:person}
        ends {subject:person} separate from {value:person}
        ends {subject:person} get|be divorced|separated from {value:person}
        ends {subject:pair} get|be divorced|separated
        ends {subject:pair} break|split up
        ends {subject:pair} divorce|separate|split end
        lasts {subject:pair} be married|engaged|together|dating
        begins {subject:pair} get married|engaged
        begins {subject:pair} marry end
        {subject}'s husband|wife|partner|spouse|girlfriend|boyfriend|fiancé|fiancée|fiance|fiancee is {value:person}
        """,
        "partner married wife husband dating spouse girlfriend boyfriend marry engaged",
        "relationship",
    ),
    one(
        "relationship_status",
        """
        {subject:person} be [happily|newly|recently] {value:relationship}
        begins {subject:person} get {value:wedded}
        {subject}'s relationship-status|marital-status is {value:relationship}
        """,
        "single married divorced engaged relationship marital",
    ),
    one(
        "diet",
        """
        {subject:person} be [a|an] {value:diet}
        {subject:person} eat {value:diet}
        {subject:person} follow|eat a|an {value:diet} diet
        {subject:person} be on a|an {value:diet} diet
        begins {subject:person} become|go|turn [a|an] {value:diet}
        {subject:person} eat {value:meat} again
        {subject}'s diet is {value:diet}
        """,
        "diet eat eats vegan vegetarian food",
    ),
    one(
        "from",
        """
        {subject:person} be [originally] from {value:cap}
        {subject:person} come [originally] from {value:cap}
        {subject:person} hail [originally] from {value:cap}
        {subject}'s hometown|home-town|home-country|country-of-origin is {value:cap}
        """,
        "from origin originally hometown country",
    ),
    one(
        "born_in",
        """
        begins {subject:person} be born [and-raised|and-bred] in {value:cap}
        {subject}'s birthplace|place-of-birth is {value:cap}
        """,
        "born birthplace birth",
    ),
    one(
        "studies",
        """
        {subject:person} study {value:field}
        {subject:person} study {value:field} at {skip:org}
        lasts {subject:person} major|specialise|specialize in {value:field}
        {subject:person} be a|an {value:field} major
        {subject:person} do|have a degree in {value:field}
        begins {subject:person} start studying {value:field}
        begins {subject:person} change [poss] [major|majors|degree|course|subject|studies] from {old:field} \
            to {value:field} at|in [the] university|college|uni|school
        begins {subject:person} switch [poss] [major|majors|degree|course|subject|studies] from {old:field} \
            to {value:field} at|in [the] university|college|uni|school
        begins {subject:person} change [poss] major|majors|degree|course|subject|studies from {old:field} to \
            {value:field}
        begins {subject:person} switch [poss] major|majors|degree|course|subject|studies from {old:field} to \
            {value:field}
        {subject}'s major|field-of-study|degree-course|degree-programme|subject-at-university is {value:field}
        """,
        "study studies studying major degree course subject",
    ),
    one(
        "studies_at",
        """
        lasts {subject:person} study at {value:cap}
        lasts {subject:person} study {skip:field} at {value:cap}
        lasts {subject:person} be a student at {value:cap}
        lasts {subject:person} be enrolled at|in {value:cap}
        {subject:person} go to {value:university}
        {subject:person} attend {value:university}
        begins {subject:person} enrol|enroll at|in {value:cap}
        begins {subject:person} transfer to {value:university}
        {subject}'s university|college|school is {value:cap}
        """,
        "university college school study studies student",
    ),
    one(
        "manager",
        """
        lasts {subject:person} report [directly] to {value:person}
        lasts {value:person} manage|supervise {subject:name}
        lasts {subject:person} be managed|supervised|line-managed by {value:person}
        {subject}'s manager|boss|line-manager|supervisor|team-lead|new-manager|new-boss|direct-manager is {value:person}
        """,
        "manager boss report reports supervisor manages",
        "relationship",
    ),
    one(
        "height",
        """
        {subject} be {value:measure} tall
        {subject} measure {value:measure}
        {subject}'s height is {value:measure}
        {subject} stand {value:measure} tall
        """,
        "tall height",
    ),
    one(
        "weight",
        """
        {subject} weigh {value:measure}
        {subject}'s weight is {value:measure}
        {subject} weigh in at {value:measure}
        begins {subject} be|go|get [up|down] to {value:kilos}
        """,
        "weigh weight heavy weighs",
    ),
)

_TASTES = (
    one("favourite_<>", """
        {subject}'s favourite|favorite {thing} is {value:goods}
        {subject}'s favourite|favorite {thing} is {value:cap}
        """, "favourite favorite", "preference"),
    one("preferred_<>", """
        {subject:person} prefer {value:headed}
        {subject:person} rather have|use {value:headed}
        begins {subject:person} switch|change from {old:headed} to {value:headed}
        {subject:person} prefer {value:headed} to|over {old:headed}
        {subject}'s preferred {thing} is {value:goods}
        """, "prefer preferred prefers", "preference"),
    many("prefers", """
        {subject:person} prefer {value:topic}
        {subject:person} prefer {value:topic} to|over {old:topic}
        {subject:person} rather have|drink|eat|use|take {value:topic} than {old:topic}
        {subject:person} rather have|drink|eat|use|take {value:topic}
        {subject:person} favour|favor {value:topic} over {old:topic}
        """, "prefer prefers preferred preference", "preference"),
    many("likes", """
        {subject:person} like|love|adore|enjoy {value:topic}
        {subject:person} be a|an fan|lover|enthusiast of {value:topic}
        {subject:person} be a|an big|huge|great|massive fan|lover of {value:topic}
        {subject:person} care for {value:topic}
        {subject:person} be fond of {value:topic}
        {subject:person} be into {value:topic}
        {subject:person} be keen on {value:topic}
        {subject:person} be crazy|mad|passionate about {value:topic}
        begins {subject:person} get|be hooked on {value:topic}
        begins {subject:person} fall in love with {value:cap}
        begins {subject:person} take up {value:hobby}
        ends {subject:person} go off {value:topic}
        ends {subject:person} lose interest in {value:topic}
        """, "like likes love loves enjoy enjoys hobby hobbies interests fan", "preference"),
    many("dislikes", """
        {subject:person} dislike|hate|loathe|detest|despise {value:topic}
        {subject:person} can't-stand|cannot-stand|can't-bear {value:topic}
        {subject:person} be not a|an fan of {value:topic}
        """, "dislike dislikes hate hates", "preference"),
    many("owns", """
        {subject:person} own|possess {value:goods}
        {subject:person} have {value:belonging}
        {subject:person} have got {value:belonging}
        denies {subject:person} have|own no {value:belonging}
        {subject:person} be the owner of {value:goods}
        begins {subject:person} buy|purchase [poss|me|myself|ourselves|himself|herself] [a|an|new|used] {value:owned}
        begins {subject:person} acquire [poss|me|myself|ourselves|himself|herself] [a|an|new|used] {value:owned}
        begins {subject:person} get [a|an] [new|second-hand|used] {value:belonging}
        begins {subject:person} trade|swap|exchange [in] poss {old:belonging} for {value:belonging}
        begins {subject:person} replace poss {old:belonging} with {value:belonging}
        ends {subject:person} sell|scrap poss|the {value:owned}
        ends {subject:person} lose poss {value:belonging}
        ends {subject:person} give away poss {value:owned}
        ends {subject:person} give poss {value:owned} away
        ends {subject:person} get rid of poss {value:owned}
        ends {subject:person} trade in poss {value:owned}
        """, "own owns owner bought have belong"),
    many("has", """
        {subject:person} have {value:kept}
        {subject:person} have got {value:kept}
        denies {subject:person} have no {value:kept}
        begins {subject:person} get|adopt|buy [a|an] [new] {value:pet}
        begins {subject:person} be|get diagnosed with {value:topic}
        """, "have has"),
    many("speaks", """
        {subject:person} speak {value:language}
        denies {subject:person} speak no {value:language}
        {subject:person} speak fluent {value:language}
        {subject:person} be fluent|native|bilingual in {value:language}
        {subject:person} be a|an native|fluent {value:language} speaker
        """, "speak speaks language languages fluent"),
    many("plays", """
        {subject:person} play [the] {value:game}
        begins {subject:person} take up [the] {value:game}
        begins {subject:person} start playing [the] {value:game}
        ends {subject:person} give up [the] {value:game}
        ends {subject:person} quit [the] {value:game}
        """, "play plays instrument sport instruments sports"),
    many("allergic_to", """
        {subject:person} be [highly|severely|badly|mildly|terribly|deathly] allergic to {value:goods}
        {subject:person} have a|an [severe|bad|mild] {value:substance} allergy
        {subject:person} have a|an [severe|bad|mild] allergy to {value:goods}
        denies {subject:person} have no allergy to {value:goods}
        begins {subject:person} develop a|an allergy to {value:goods}
        begins {subject:person} develop a|an {value:substance} allergy
        ends {subject:person} outgrow poss {value:substance} allergy
        """, "allergic allergy allergies"),
    many("uses", """
        {subject:person} use {value:tool}
        {subject:person} use {value:tool} instead of {old:tool}
        {subject:person} rely on {value:soft}
        {subject:person} work with {value:known}
        begins {subject:person} switch|migrate|change|move to {value:tool} from {old:tool}
        ends {subject:person} give up {value:known}
        {subject:person} be using {value:soft}
        begins {subject:person} switch|migrate|change|convert|port [over|everything|it] from {old:tool} to {value:tool}
        begins {subject:person} move [over|everything] from {old:known} to {value:tool}
        begins {subject:person} switch|migrate|change|convert [over] to {value:soft}
        begins {subject:person} replace|swap {old:soft} with|for|by {value:tool}
        begins {subject:person} ditch|drop|dump|abandon {old:soft} for|in-favour-of|in-favor-of {value:tool}
        begins {subject:person} adopt {value:soft}
        begins {subject:person} start using {value:tool}
        ends {subject:person} drop|ditch|dump|abandon {value:soft}
        """, "use uses using tool tools editor"),
)  # fmt: skip

#: The built-in rules. Pass `(*RULES, ...)` to `states` to know more.
RULES: tuple[StateRule, ...] = (*_PEOPLE, *THINGS, *_TASTES)


def asked_attributes(words: frozenset[str], rules: tuple[StateRule, ...] = RULES) -> tuple[str, ...]:
    """Return the attributes that a query asks for, in the order of the rules.

    Args:
        words: The words of the query, folded; their stems do too.
        rules: The rules to look in.

    >>> asked_attributes(frozenset({"how", "old", "ada"}))
    ('age',)
    """
    return tuple(rule.attribute for rule in rules if not words.isdisjoint(rule.asked))
