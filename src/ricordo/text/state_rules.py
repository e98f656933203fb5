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

from ricordo.text.state_rule import StateRule, one
from ricordo.text.state_rules_tastes import TASTES
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
        ends {subject:person} leave {value:city} close
        begins {subject:person} swap|exchange|trade {old:place} for {value:place}
        begins {subject:person} settle [down|permanently] in {value:place}
        begins {subject:person} make poss home in {value:place}
        begins {subject:person} make {value:place} poss home
        ends {subject:person} move|relocate away from {value:place}
        ends {subject:person} move out of {value:cap}
        {subject}'s home|home-city|city|current-city is [at|in] {value:place}
        {subject}'s place-of-residence|residence|current-home|home-base|home-address is [at|in] {value:place}
        lasts {value:any} be where {subject:whom} live|lives|reside|resides|lived
        lasts {subject:person} rent [a|an] flat|apartment|house|room|place in {value:place}
        lasts {subject:person} have a|an home|house|flat|apartment|place in {value:place}
        lasts {subject:person} have poss residence|home-base|base in {value:place}
        lasts {subject:person} make poss home in {value:place}
        lasts {subject:person} be at home in {value:cap}
        begins {subject:person} take up residence in {value:place}
        begins {subject:person} set up home in {value:place}
        begins {subject:person} put down roots in {value:place}
        begins {subject:person} find|buy|get|rent a [new] flat|apartment|house|home|place in {value:place}
        begins {subject:person} end up in {value:city}
        changes {subject:person} go from {old:city} to {value:city}
        begins {subject:person} return [home] to {value:city}
        begins {subject:person} change [from] {old:city} for {value:city}
        begins {subject:person} leave {old:city} behind for {value:city}
        ends {subject:person} leave {value:city} behind
        {subject}'s home-town-now|address|current-address|current-residence|current-city is [at|in] {value:place}
        {subject}'s place|flat|apartment is [at|in] {value:city}
        begins {subject:person} give up {old:city} for {value:city}
        ends {subject:person} abandon|forsake|quit {value:city}
        {subject}'s home-town-these-days|city-of-residence|hometown-now|home-place|current-place is [in] {value:place}
        begins {subject:person} trade|swap in {old:city} for {value:city}
        """,
        "live lives living lived home based reside residence city address moved move",
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
        lasts {subject:person} be a|an {value:field} student
        {subject:person} do|pursue|take a|an|poss degree|bachelor|master|doctorate|phd in {value:field}
        {subject:person} work on|towards|toward a|an|poss degree|bachelor|master|doctorate|phd in {value:field}
        lasts {subject:person} be enrolled in {value:field}
        lasts {subject:person} be studying for a degree in {value:field}
        begins {subject:person} take up|start|begin {value:field} at|in [the] university|college|uni
        begins {subject:person} drop|leave|quit|abandon {old:field} for {value:subject}
        begins {subject:person} change|switch|move from {old:subject} to {value:subject}
        begins {subject:person} change|switch [poss] major|majors|degree|course|subject|studies to {value:field}
        ends {subject:person} drop|quit|abandon {value:subject}
        ends {subject:person} give up {value:subject}
        {subject}'s degree|course|studies|programme is [in] {value:field}
        {subject}'s subject is {value:subject}
        lasts {subject:person} be a|an student of {value:subject}
        {subject:person} take|have {value:subject} as poss major|subject|degree
        begins {subject:person} give up {old:subject} for {value:subject}
        begins {subject:person} switch|change|move over to {value:subject}
        {subject}'s course-of-study|field|study-subject is {value:field}
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
        lasts {subject:person} be at {value:university}
        lasts {subject:person} be a|an {skip:field} student at {value:cap}
        begins {subject:person} transfer|switch|move|change|go from {old:university} to {value:university}
        begins {subject:person} start at {value:university}
        ends {subject:person} drop out of {value:university}
        ends {subject:person} graduate from {value:cap}
        ends {subject:person} leave {value:university}
        """,
        "university college school study studies student",
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
        lasts {value:any} be where {subject:whom} work|works
        lasts {value:any} employ {subject:whom}
        begins {value:any} hire|recruit|poach|headhunt {subject:whom}
        ends {value:any} fire|sack|dismiss {subject:whom}
        lasts {subject:person} be on [the] staff|team of|at {value:org}
        lasts {subject:person} be a member of staff at {value:org}
        lasts {subject:person} earn|make poss living|money at|with {value:org}
        lasts {subject:person} hold a|an|the position|job|post|role at|with {value:org}
        begins {subject:person} take up a|an|the [new] position|job|post|role at|with {value:org}
        begins {subject:person} take on a|an|the [new] position|job|post|role at|with {value:org}
        begins {subject:person} sign [up] [on] with {value:cap}
        begins {subject:person} leave|quit {old:nocity} to work for|at {value:org}
        begins {subject:person} move|switch|transfer|go from {old:firmish} to {value:firmish}
        begins {subject:person} move|switch|go from {old:cap} to work for|at {value:org}
        begins {subject:person} change|switch employers|employer|jobs|companies , from {old:cap} to {value:org}
        begins {subject:person} change|switch employers|employer|jobs|companies to {value:org}
        begins {subject:person} trade|swap|exchange {old:firmish} for {value:firmish}
        begins {subject:person} move|switch|change [jobs] [over] to {value:firm}
        begins {subject:person} come|get on board at {value:org}
        begins {subject:person} come|get aboard at {value:org}
        ends {subject:person} give up poss job|position|post|role at|with {value:org}
        ends {subject:person} give [in] [poss] notice at|to {value:org}
        ends {subject:person} stop|finish at {value:org}
        lasts {subject:named_person} be at {value:firmish}
        lasts {subject:self} be at {value:firm}
        lasts {subject:person} be with {value:firmish}
        {subject}'s job|current-job|new-job|position is [at|with] {value:nocity}
        {subject}'s firm|company|current-company is {value:org}
        lasts {subject:person} draw poss salary|pay|wages from {value:org}
        begins {subject:person} move on to {value:firmish}
        begins {subject:person} come over|back to {value:firm}
        lasts {subject:person} be contracted|engaged|attached to|with {value:cap}
        lasts {subject:person} draw a|an salary|wage at|from {value:org}
        begins {subject:person} go over to {value:firmish}
        begins {subject:person} jump ship from {old:nocity} to {value:org}
        begins {subject:person} be|get poached|hired|recruited [away] from {old:nocity} by {value:org}
        ends {subject:person} walk away from {value:nocity}
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
        begins {subject:person} change|switch careers|jobs|roles|professions from {old:post} to {value:post}
        ends {subject:person} leave|quit poss job|position|role as [a|an] {value:role}
        ends {subject:person} retire|resign as [a|an|the] {value:role}
        {subject}'s job|role|occupation|profession is [as|that-of] {value:post}
        {subject}'s job-title|position|title|new-job|current-role is [as|that-of] {value:post}
        lasts {subject:person} make|earn poss living as [a|an] {value:role}
        lasts {subject:person} have a|an job|position|role|post as [a|an] {value:role}
        lasts {subject:person} hold the position|role|post|job of|as [a|an] {value:role}
        lasts {subject:person} have the role|position|job|title of [a|an] {value:role}
        lasts {subject:person} be our|the|its|their {value:profession}
        begins {subject:person} get|land|find a|an [new] job|position|role|post as [a|an] {value:role}
        begins {subject:person} take on|up the role|position|job|post of|as [a|an] {value:role}
        begins {subject:person} take on|up a|an role|position|job|post as [a|an] {value:role}
        begins {subject:person} move|step up to {value:post}
        begins {subject:person} rise to {value:post}
        begins {subject:person} move|change|switch from {old:post} to {value:post}
        begins {subject:person} turn from {old:post} to|into {value:post}
        begins {subject:person} turn [a|an] {value:profession}
        begins {subject:person} go [back] to work|working as [a|an] {value:role}
        ends {subject:person} give up poss job|position|role|post as [a|an] {value:role}
        ends {subject:person} stop|quit as [a|an|the] {value:post}
        ends {subject:person} step down as [a|an|the] {value:post}
        ends {subject:person} retire from being|working-as|poss-job-as [a|an|the] {value:post}
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
        {subject:person} be {value:age} years-of-age|years|yrs
        begins {subject:person} have poss {value:ordinal} birthday
        begins {subject:person} reach|hit [the] [age] [of] {value:age} end
        {subject:person} be at age {value:age}
        begins {subject:person} hit|reach {value:age} end
        {subject:person} be a|an {value:yearold}
        """,
        "old age aged",
    ),
    one(
        "birthday",
        """
        begins {subject:person} be born on {value:date}
        {subject:person} celebrate poss birthday on {value:date}
        {subject}'s birthday|bday|b-day|date-of-birth|birth-date|birthdate is|falls [on] {value:date}
        {subject:person} have poss birthday|b-day on {value:date}
        begins {subject:person} be born {value:fulldate}
        {subject}'s dob|day-of-birth|date-of-birth is [on] {value:date}
        {subject:person} turn a year older on {value:date}
        {subject}'s birthday|bday|b-day is {value:date}
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
        {actor} call {subject:whom} {value:fullname}
        begins {actor} rename {subject:ours} to|as {value:cap}
        begins {actor} rename {subject:ours} from {old:cap} to {value:cap}
        begins {subject} be|get renamed|rebranded to|as {value:cap}
        begins {subject} be|get renamed|rebranded from {old:cap} to {value:cap}
        begins {subject:person} change poss name [from] {old:cap} to {value:cap}
        begins {subject:person} change poss name to {value:cap}
        {subject:person} be known as {value:fullname}
        {subject:person} use the name {value:fullname}
        {subject}'s nickname|given-name|family-name is {value:cap}
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
        {actor} reach|email|e-mail|mail|contact {subject:whom} at|under|on|via|by-email-at {value:email}
        {actor} write [an-email] to {subject:whom} at|under {value:email}
        {actor} send [emails|mail|email] [to] {subject:whom} at|to {value:email}
        {subject:person} be contacted|emailed|reached|available|found [by-email|via-email] at|under|on|via {value:email}
        {subject:person} use [the-address|the-email|the-email-address] {value:email}
        {subject:person} have|get [the-email|the-address|the-email-address|a-new-email] {value:email}
        {subject:person} read|check [poss] [mail|email] at {value:email}
        begins {subject:person} replace|swap {old:email} with|for|by {value:email}
        begins {subject:person} switch|change|move from {old:email} to {value:email}
        begins {subject:person} switch|change|move to {value:email}
        ends {subject:person} give up|close {value:email}
        ends {subject:person} close|abandon|drop|delete {value:email}
        {subject:thing} go to {value:email}
        {subject:person} answer|read|receive|get [emails|email|mail] at|under {value:email}
        {subject}'s best-email|work-email|address|contact-address|inbox is {value:email}
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
        {actor} reach|call|phone|text|ring|contact {subject:whom} at|under|on|via {value:phone}
        {subject:person} be reached|reachable|contacted|available|called [by-phone] at|under|on|via {value:phone}
        {subject:person} have the number|phone-number {value:phone}
        {subject:person} use the number|phone-number {value:phone}
        begins {subject:person} switch|change from {old:phone} to {value:phone}
        {subject}'s new-number|telephone-no|phone-no|contact-number|cellphone is {value:phone}
        {subject:person} answer [the-phone] at|on|under {value:phone}
        {subject:person} pick up at|on|under {value:phone}
        {subject}'s number|phone-contact|direct-line|line|landline is {value:phone}
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
        lasts {subject:person} be [happily] wed|betrothed to {value:person}
        lasts {subject:person} go out with {value:person}
        lasts {subject:person} be a couple with {value:person}
        lasts {subject:person} be involved with {value:person}
        lasts {subject:person} be with {value:lover} end
        begins {subject:person} get together|back-together with {value:person}
        begins {subject:person} start going-out with {value:person}
        begins {subject:person} get hitched to {value:person}
        begins {subject:pair} tie the knot
        begins {subject:pair} get together|back-together|hitched|wed
        lasts {subject:pair} be a|an couple|item
        lasts {subject:pair} be husband-and-wife|in-a-relationship|wed
        ends {subject:pair} part|go separate|poss ways
        ends {subject:person} split from {value:person}
        ends {subject:person} leave poss husband|wife|partner|boyfriend|girlfriend {value:person}
        ends {subject:person} end|finish things with {value:person}
        ends {subject:person} end poss relationship|marriage with {value:person}
        {subject}'s better-half|other-half is {value:person}
        {subject:pair} date end
        lasts {subject:person} share poss life with {value:person}
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
        {subject:person} be [a] {value:widow}
        begins {subject:person} become|be|get {value:wedded} [last|this] end
        begins {subject:person} become [a] {value:widow}
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
        {subject:person} keep [strictly] {value:diet}
        {subject:person} live on a|an {value:diet} diet
        {subject:person} stick to a|an {value:diet} diet
        {subject:person} eat [only|exclusively] {value:diet} food|meals
        {subject:person} have a|an {value:diet} diet
        begins {subject:person} switch|change|go|move to|on a|an {value:diet} diet
        begins {subject:person} adopt|start a|an {value:diet} diet
        begins {subject:person} switch|change|go|turn from [a|an|being] {old:diet} to [a|an|being] {value:diet} [diet]
        begins {subject:person} convert to {value:diet}
        ends {subject:person} give up|quit|drop|end poss {value:diet} diet
        ends {subject:person} quit|drop|end|abandon poss {value:diet} diet
        ends {subject:person} give up on being {value:diet}
        begins {subject:person} go back to being {value:diet}
        begins {subject:person} go|switch back to [a|an|the] {value:diet}
        {subject}'s eating-habits|way-of-eating is {value:diet}
        {subject:person} adhere|keep|hold to a|an {value:diet} diet
        begins {subject:person} switch|change to being {value:diet}
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
        begins {subject:person} grow up in {value:cap}
        lasts {subject:person} be a native of {value:cap}
        {subject}'s origin|native-country|homeland|home-village is {value:cap}
        """,
        "from origin originally hometown country",
    ),
    one(
        "born_in",
        """
        begins {subject:person} be born [and-raised|and-bred] in {value:cap}
        {subject}'s birthplace|place-of-birth is {value:cap}
        begins {value:any} be where {subject:whom} be|was|were born
        begins {subject:person} be born and raised|bred in {value:cap}
        {subject}'s native-city is {value:cap}
        """,
        "born birthplace birth",
    ),
    one(
        "manager",
        """
        lasts {subject:person} report [directly] to {value:person}
        lasts {value:person} manage|supervise {subject:whom}
        lasts {subject:person} be managed|supervised|line-managed by {value:person}
        {subject}'s manager|boss|line-manager|supervisor|team-lead|new-manager|new-boss|direct-manager is {value:person}
        lasts {subject:person} answer [directly] to {value:person}
        lasts {subject:person} work under {value:person}
        begins {subject:person} be|get assigned|reassigned to {value:person} as poss manager|boss
        {subject}'s superior|direct-superior is {value:person}
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
        {subject} be {value:measure} high
        {subject} have|reach a height of {value:measure}
        begins {subject} grow|shrink|reach [up|down] [to] {value:measure}
        begins {subject} grow|shrink [up|down] from {old:measure} to {value:measure}
        {subject} be {value:measure} in height
        {subject} come in at {value:lengths}
        begins {subject} reach {value:lengths}
        {subject} be {value:lengths} end
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
        {subject} be [down|up] [to] {value:kilos} [in] [weight] end
        {subject} be at {value:kilos}
        {subject} be {value:kilos} heavy
        {subject} tip the scales|scale at {value:measure}
        {subject} have a weight of {value:measure}
        begins {subject:person} go|drop|get|come|slim [up|down] from {old:kilos} to {value:kilos}
        begins {subject:person} drop|slim|come|reach|hit [up|down] [to] {value:kilos}
        {subject} be {value:measure} in weight
        {subject} come in at {value:kilos}
        begins {subject:person} get|go|slim down|up to {value:kilos}
        {subject} clock in at {value:kilos}
        {subject} bring {value:kilos} to|on the scales
        """,
        "weigh weight heavy weighs",
    ),
)

#: The built-in rules. Pass `(*RULES, ...)` to `states` to know more.
RULES: tuple[StateRule, ...] = (*_PEOPLE, *THINGS, *TASTES)


def asked_attributes(words: frozenset[str], rules: tuple[StateRule, ...] = RULES) -> tuple[str, ...]:
    """Return the attributes that a query asks for, in the order of the rules.

    Args:
        words: The words of the query, folded; their stems do too.
        rules: The rules to look in.

    >>> asked_attributes(frozenset({"how", "old", "ada"}))
    ('age',)
    """
    return tuple(rule.attribute for rule in rules if not words.isdisjoint(rule.asked))
