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

A pattern such as `{subject}'s job|role is {value:role}` names the attribute by a noun. It covers "my job is", "Ada's job
is", "the job of Ada is", "the Ada job is", "Ada - job: ..." and changes ("the deadline moved to").
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StateRule:
    """One attribute and the sentences that tell it.

    Args:
        attribute: Its canonical name; `<>` in it stands for the word in `{thing}` ("favourite_<>").
        patterns: The sentences, see the module's text.
        cardinality: "one" where a new value replaces the old, "many" where values add up.
        kind: The kind of record that holds such a state.
        asked: Words by which a query asks for it.

    >>> StateRule("commute", ("{subject} commute by {value:text}",), asked=("commute",)).cardinality
    'one'
    """

    attribute: str
    patterns: tuple[str, ...]
    cardinality: str = "one"
    kind: str = "fact"
    asked: tuple[str, ...] = ()


def _one(attribute: str, patterns: str, asked: str = "", kind: str = "fact", cardinality: str = "one") -> StateRule:
    lines = tuple(line.strip() for line in patterns.strip().splitlines())
    return StateRule(attribute, lines, cardinality, kind, tuple(asked.split()))


def _many(attribute: str, patterns: str, asked: str = "", kind: str = "fact") -> StateRule:
    return _one(attribute, patterns, asked, kind, "many")


_PEOPLE = (
    _one(
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
        begins {subject:person} move|relocate|emigrate|shift [house|permanently] [back|over|out|down|up|away] [permanently] to {value:place}
        begins {subject:person} move|relocate [house] [back|over|out|down|up|away|house] from {old:place} [back|over|out|down|up] to {value:place}
        begins {subject:person} move [in] in|into {value:cap}
        begins {subject:person} leave {old:city} for {value:city}
        ends {subject:person} leave {value:city}
        begins {subject:person} swap|exchange|trade {old:place} for {value:place}
        begins {subject:person} settle [down|permanently] in {value:place}
        begins {subject:person} make poss home in {value:place}
        begins {subject:person} make {value:place} poss home
        ends {subject:person} move|relocate away from {value:place}
        ends {subject:person} move out of {value:cap}
        {subject}'s home|home-city|city|current-city|place-of-residence|residence|current-home|home-base|home-address is [at|in] {value:place}
        """,
        "live lives living lived home based reside residence city address moved move",
    ),
    _one(
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
        begins {subject:person} get|land|accept|take|find [a|an|the|poss] [new] job|position|role|post|offer at|with|from {value:org}
        begins {subject:person} be|get hired|recruited|headhunted|poached by|at {value:org}
        begins {subject:person} move|switch|change|go jobs|employer|employers|companies|job from {old:cap} to {value:org}
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
        ends {subject:person} be|get laid-off|laid|fired|sacked|dismissed|let-go|made-redundant [off] from|by|at {value:org}
        ends {subject:person} lose poss job|position at|with {value:org}
        ends {subject:person} hand in poss notice at {value:org}
        {subject}'s employer|company|current-employer|workplace|new-employer|place-of-work is {value:org}
        """,
        "work works working worked employer employed company workplace job employ office",
    ),
    _one(
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
        {subject}'s job|role|occupation|profession|job-title|position|title|new-job|current-role is [as|that-of] {value:role}
        """,
        "job role occupation profession title position do living career",
    ),
    _one(
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
    _one(
        "birthday",
        """
        begins {subject:person} be born on {value:date}
        {subject:person} celebrate poss birthday on {value:date}
        {subject}'s birthday|bday|b-day|date-of-birth|birth-date|birthdate is|falls [on] {value:date}
        """,
        "birthday born birth",
    ),
    _one(
        "name",
        """
        {subject} be called|named {value:cap}
        {subject} go by [the-name] {value:cap}
        {subject:self} be {value:fullname}
        {subject}'s name|full-name|real-name|first-name|surname|last-name is {value:cap}
        """,
        "name named called",
    ),
    _one(
        "email",
        "{subject}'s email|e-mail|email-address|e-mail-address|mail-address|mail is {value:email}\n"
        "{subject:person} be reached|reachable [by-email] at {value:email}\n{actor} reach|email|contact me|us at|under|on|via {value:email}\n"
        "begins {subject:person} change|switch|update [poss] email|e-mail [address|addresses] [from] {old:email} to {value:email}\n"
        "begins {subject:person} change|switch|update [poss] email|e-mail [address|addresses] to {value:email}\n"
        "{subject:person} have a new email|e-mail [address] : {value:email}\n{subject:person} have a new email-address|e-mail-address , {value:email}",
        "email mail e-mail address reach contact",
    ),
    _one(
        "phone",
        "{subject}'s phone|phone-number|telephone|telephone-number|mobile|mobile-number|cell|cell-number|number|cell-phone is {value:phone}\n"
        "{subject:person} have a new phone|mobile|cell|telephone|number [number] : {value:phone}\n{actor} reach|call|phone me|us at|under|on {value:phone}\n"
        "begins {subject:person} change [poss] phone|mobile|cell|telephone [number|numbers] from {old:phone} to {value:phone}\n"
        "begins {subject:person} change [poss] phone|mobile|cell|telephone [number|numbers] to {value:phone}",
        "phone number telephone mobile call cell",
    ),
    _one(
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
    _one(
        "relationship_status",
        """
        {subject:person} be [happily|newly|recently] {value:relationship}
        begins {subject:person} get {value:wedded}
        {subject}'s relationship-status|marital-status is {value:relationship}
        """,
        "single married divorced engaged relationship marital",
    ),
    _one(
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
    _one(
        "from",
        """
        {subject:person} be [originally] from {value:cap}
        {subject:person} come [originally] from {value:cap}
        {subject:person} hail [originally] from {value:cap}
        {subject}'s hometown|home-town|home-country|country-of-origin is {value:cap}
        """,
        "from origin originally hometown country",
    ),
    _one(
        "born_in",
        "begins {subject:person} be born [and-raised|and-bred] in {value:cap}\n"
        "{subject}'s birthplace|place-of-birth is {value:cap}",
        "born birthplace birth",
    ),
    _one(
        "studies",
        """
        {subject:person} study {value:field}
        {subject:person} study {value:field} at {skip:org}
        lasts {subject:person} major|specialise|specialize in {value:field}
        {subject:person} be a|an {value:field} major
        {subject:person} do|have a degree in {value:field}
        begins {subject:person} start studying {value:field}
        begins {subject:person} change|switch [poss] [major|majors|degree|course|subject|studies] from {old:field} to {value:field} at|in [the] university|college|uni|school
        begins {subject:person} change|switch [poss] major|majors|degree|course|subject|studies from {old:field} to {value:field}
        {subject}'s major|field-of-study|degree-course|degree-programme|subject-at-university is {value:field}
        """,
        "study studies studying major degree course subject",
    ),
    _one(
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
    _one(
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
    _one(
        "height",
        "{subject} be {value:measure} tall\n{subject} measure {value:measure}\n"
        "{subject}'s height is {value:measure}\n{subject} stand {value:measure} tall",
        "tall height",
    ),
    _one(
        "weight",
        "{subject} weigh {value:measure}\n{subject}'s weight is {value:measure}\n"
        "{subject} weigh in at {value:measure}\nbegins {subject} be|go|get [up|down] to {value:kilos}",
        "weigh weight heavy weighs",
    ),
)

_TASTES = (
    _one("favourite_<>", "{subject}'s favourite|favorite {thing} is {value:goods}\n"
         "{subject}'s favourite|favorite {thing} is {value:cap}\n", "favourite favorite", "preference"),
    _one("preferred_<>", "{subject:person} prefer {value:headed}\n"
         "{subject:person} rather have|use {value:headed}\n"
         "begins {subject:person} switch|change from {old:headed} to {value:headed}\n"
         "{subject:person} prefer {value:headed} to|over {old:headed}\n"
         "{subject}'s preferred {thing} is {value:goods}", "prefer preferred prefers", "preference"),
    _many("prefers", """
        {subject:person} prefer {value:topic}
        {subject:person} prefer {value:topic} to|over {old:topic}
        {subject:person} rather have|drink|eat|use|take {value:topic} than {old:topic}
        {subject:person} rather have|drink|eat|use|take {value:topic}
        {subject:person} favour|favor {value:topic} over {old:topic}
        """, "prefer prefers preferred preference", "preference"),
    _many("likes", """
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
        begins {subject:person} take up {value:topic}
        ends {subject:person} go off {value:topic}
        ends {subject:person} lose interest in {value:topic}
        """, "like likes love loves enjoy enjoys hobby hobbies interests fan", "preference"),
    _many("dislikes", """
        {subject:person} dislike|hate|loathe|detest|despise {value:topic}
        {subject:person} can't-stand|cannot-stand|can't-bear {value:topic}
        {subject:person} be not a|an fan of {value:topic}
        """, "dislike dislikes hate hates", "preference"),
    _many("owns", """
        {subject:person} own|possess {value:goods}
        {subject:person} have {value:belonging}
        {subject:person} have got {value:belonging}
        denies {subject:person} have|own no {value:belonging}
        {subject:person} be the owner of {value:goods}
        begins {subject:person} buy|purchase|acquire [poss|me|myself|ourselves|himself|herself] [a|an|new|used] {value:owned}
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
    _many("has", """
        {subject:person} have {value:kept}
        {subject:person} have got {value:kept}
        denies {subject:person} have no {value:kept}
        begins {subject:person} get|adopt|buy [a|an] [new] {value:pet}
        begins {subject:person} be|get diagnosed with {value:topic}
        """, "have has"),
    _many("speaks", """
        {subject:person} speak {value:language}
        denies {subject:person} speak no {value:language}
        {subject:person} speak fluent {value:language}
        {subject:person} be fluent|native|bilingual in {value:language}
        {subject:person} be a|an native|fluent {value:language} speaker
        """, "speak speaks language languages fluent"),
    _many("plays", """
        {subject:person} play [the] {value:game}
        begins {subject:person} take up [the] {value:game}
        begins {subject:person} start playing [the] {value:game}
        ends {subject:person} give up [the] {value:game}
        ends {subject:person} quit [the] {value:game}
        """, "play plays instrument sport instruments sports"),
    _many("allergic_to", """
        {subject:person} be [highly|severely|badly|mildly|terribly|deathly] allergic to {value:goods}
        {subject:person} have a|an [severe|bad|mild] {value:substance} allergy
        {subject:person} have a|an [severe|bad|mild] allergy to {value:goods}
        denies {subject:person} have no allergy to {value:goods}
        begins {subject:person} develop a|an allergy to {value:goods}
        begins {subject:person} develop a|an {value:substance} allergy
        ends {subject:person} outgrow poss {value:substance} allergy
        """, "allergic allergy allergies"),
    _many("uses", """
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
        begins {subject:person} ditch|drop|dump|abandon|leave {old:soft} for|in-favour-of|in-favor-of {value:tool}
        begins {subject:person} adopt {value:soft}
        begins {subject:person} start using {value:tool}
        ends {subject:person} drop|ditch|dump|abandon {value:soft}
        """, "use uses using tool tools editor"),
)  # fmt: skip

_THINGS = (
    _one("deadline", """
        {subject:thing} be due [on|by|in|at] {value:date}
        {subject:thing} be done|finished|ready|submitted|delivered|completed|in by {value:date}
        {subject:thing} have to be done|finished|ready by {value:date}
        {subject:thing} have a deadline of {value:date}
        {subject}'s deadline|due-date|cut-off|cutoff|cut-off-date|submission-date|delivery-date|closing-date|target-date is [on] {value:date}
        """, "deadline due when"),
    _one("version", """
        lasts {actor} run|use [on] {subject:software} [version] {value:version}
        lasts {actor} be on|running|using {subject:software} [version] {value:version}
        begins {actor} upgrade|update|migrate|bump|downgrade|move|switch {subject:software} [version] to [version] {value:version}
        begins {actor} upgrade|update|migrate|bump|downgrade|move|switch {subject:software} [version] from [version] {old:version} to [version] {value:version}
        begins {actor} upgrade|update|migrate|bump|downgrade|move|switch to {subject:software} [version] {value:version}
        begins {actor} upgrade|update|migrate|bump|downgrade|move|switch from {subject:software} [version] {old:version} to {skip:software} {value:version}
        begins {actor} upgrade|update|migrate|bump|downgrade|move|switch from {subject:software} [version] {old:version} to [version] {value:version}
        begins {subject} be|get upgraded|updated|migrated|bumped|downgraded|rolled-back|moved to [version] {value:version}
        begins {subject} be|get upgraded|updated|migrated|bumped|downgraded|moved from [version] {old:version} to [version] {value:version}
        lasts {subject:thing} be at|on|running version|release {value:version}
        lasts {subject:thing} be at|on|running {value:dotted}
        lasts {subject:thing} be on {value:version}
        lasts {subject:thing} run|use [on] version|release {value:version}
        changes {subject:thing} move|go|upgrade|update|jump to version|release {value:version}
        changes {subject:thing} move|go|upgrade|update|jump from [version|release] {old:version} to [version|release] {value:version}
        {subject}'s version|current-version|release is|runs [at] {value:version}
        """, "version release"),
    _one("status", """
        lasts {subject:thing} be {value:status}
        changes {subject:thing} go|move|change from {old:status} to {value:status}
        changes {subject:thing} be|get put {value:status}
        begins {subject:thing} go {value:status}
        {subject}'s status|state|current-status is {value:status}
        """, "status state done progress"),
    _one("located_in", """
        lasts {subject:object} be in|at {value:location}
        lasts {subject:thing} be located|based|situated|hosted|housed|kept|stored|headquartered|held|deployed in|at|on {value:location}
        lasts {subject:object} live|reside in|at|on {value:location}
        {actor} find {subject:ours} in|at|on {value:location}
        lasts {subject:thing} sit|lie|stand in|at|on {value:location}
        begins {subject:object} move|relocate [back|over] to {value:location}
        begins {subject:object} move|relocate [back|over] from {old:location} to {value:location}
        begins {subject:thing} be|get moved|relocated|transferred|migrated [back|over] to {value:location}
        begins {subject:thing} be|get moved|relocated|transferred|migrated from {old:location} to {value:location}
        begins {actor} move|relocate {subject:ours} to {value:location}
        begins {actor} move|relocate {subject:ours} from {old:location} to {value:location}
        {subject}'s location|venue|seat|address|headquarters is [in|at] {value:location}
        """, "where located location place venue"),
    _one("port", """
        lasts {subject:thing} run|listen|live|be on port {value:number}
        {subject:thing} be running|listening|exposed|reachable|available|served|bound [on|to] [port] {value:number}
        {subject:thing} use|expose port {value:number}
        begins {actor} move|switch {subject:ours} to port {value:number}
        begins {actor} move|switch {subject:ours} from port {old:number} to [port] {value:number}
        begins {subject:thing} move|switch|be [moved|switched] to port {value:number}
        begins {subject:thing} move|switch|be [moved|switched] from port {old:number} to [port] {value:number}
        {subject}'s port|port-number is {value:number}
        """, "port listen listens"),
    _one("price", """
        {subject:thing} cost {value:money}
        {subject:thing} be priced at {value:money}
        {subject:thing} sell|go|retail for {value:money}
        changes {subject:thing} go|rise|drop|fall|increase|jump [up|down] [in] [price] from {old:money} to {value:money}
        changes {subject:thing} go|rise|drop|fall|increase|jump [up|down] [in] [price] to {value:money}
        {subject}'s price|cost|fee|rent|ticket-price|monthly-fee|subscription-fee is [at] {value:money}
        """, "price cost costs much fee rent"),
    _one("lead", """
        lasts {value:person} lead|head|run|manage|chair|direct {subject:named}
        lasts {value:person} head up {subject:named}
        lasts {value:person} be leading|heading|running|chairing {subject:named}
        lasts {value:person} be in charge of {subject:named}
        lasts {value:person} be the lead|head|leader|manager of|for|on {subject:named}
        lasts {subject:thing} be led|headed|run|managed|chaired by {value:person}
        begins {value:person} take over {subject:named}
        begins {value:person} take over {subject:named} from {old:person}
        begins {value:person} take over as [the] lead|head|leader of|for|on {subject:named}
        begins {value:person} take over as [the] lead|head|leader of|for|on {subject:named} from {old:person}
        begins {value:person} take over the lead of|for|on {subject:named} from {old:person}
        begins {value:person} take over the lead of|for|on {subject:named}
        begins {value:person} replace|succeed {old:person} as [the] lead|head|leader|manager of|for|on {subject:named}
        begins {value:person} become [the] lead|head|leader|manager of|for|on {subject:named}
        begins {old:person} hand [over] {subject:named} [over] to {value:person}
        begins {subject:thing} be|get taken over by {value:person}
        {subject}'s lead|leader|head|project-lead|project-manager|team-lead|tech-lead|chair|coordinator is {value:person}
        """, "lead leads leader head charge runs"),
    _one("time", """
        {subject:thing} be|start|begin at {value:time}
        {subject:thing} take place at {value:time}
        {subject:thing} be [scheduled|set|planned] for {value:time}
        changes {subject:thing} move|shift|slip|change [back|forward|up] to {value:time}
        changes {subject:thing} move|shift|slip|change [back|forward|up] from {old:time} to {value:time}
        changes {subject:thing} be|get moved|pushed|shifted|rescheduled|postponed|delayed|brought|changed [back|forward|up] to|until|till|for {value:time}
        changes {subject:thing} be|get moved|pushed|shifted|rescheduled|postponed|delayed|brought|changed [back|forward|up] from {old:time} to|until|till {value:time}
        begins {actor} move|push|shift|reschedule|postpone|delay {subject:ours} [back|forward|up] to|until|till|for {value:time}
        begins {actor} move|push|shift|reschedule|postpone|delay {subject:ours} [back|forward|up] from {old:time} to|until|till {value:time}
        {subject}'s time|start-time|starting-time|date is [at|on] {value:time}
        """, "time when start starts hour"),
    _one("written_in", """
        lasts {subject:thing} be written|coded|implemented|programmed|developed|built in {value:software}
        begins {subject:thing} be|get rewritten|ported|converted|translated|migrated in|to|into {value:software}
        begins {subject:thing} be|get rewritten|ported|converted|migrated from {old:software} to|in|into {value:software}
        begins {actor} write|build|code|implement {subject:named} in {value:software}
        begins {actor} rewrite|port|convert {subject:ours} in|to|into {value:software}
        begins {actor} rewrite|port|convert {subject:ours} from {old:software} to|in|into {value:software}
        {subject}'s programming-language|language|implementation-language is {value:software}
        """, "written language programmed"),
    _one("owner", """
        lasts {subject:thing} belong to {value:person}
        lasts {subject:thing} be owned|maintained by {value:person}
        {subject}'s owner|maintainer is {value:person}
        """, "owner owns belongs maintainer maintained"),
)  # fmt: skip

#: The built-in rules. Pass `(*RULES, ...)` to `states` to know more.
RULES: tuple[StateRule, ...] = (*_PEOPLE, *_THINGS, *_TASTES)


def asked_attributes(words: frozenset[str], rules: tuple[StateRule, ...] = RULES) -> tuple[str, ...]:
    """Return the attributes that a query asks for, in the order of the rules.

    Args:
        words: The words of the query, folded; their stems do too.
        rules: The rules to look in.

    >>> asked_attributes(frozenset({"how", "old", "ada"}))
    ('age',)
    """
    return tuple(rule.attribute for rule in rules if not words.isdisjoint(rule.asked))
