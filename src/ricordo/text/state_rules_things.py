"""The rules of states for things: deadlines, versions, places, prices; see `state_rules` for how to read them."""

from __future__ import annotations

from ricordo.text.state_rule import one

THINGS = (
    one("deadline", """
        {subject:thing} be due [on|by|in|at] {value:date}
        {subject:thing} be done|finished|ready|submitted|delivered|completed|in by {value:date}
        {subject:thing} have to be done|finished|ready by {value:date}
        {subject:thing} have a deadline of {value:date}
        {subject}'s deadline|due-date|cut-off|cutoff is [on] {value:date}
        {subject}'s cut-off-date|submission-date|delivery-date|closing-date|target-date is [on] {value:date}
        """, "deadline due when"),
    one("version", """
        lasts {actor:us} run|use [on] {subject:software} [version] {value:version}
        lasts {actor:us} be on|running|using {subject:software} [version] {value:version}
        begins {actor} upgrade|update|migrate|bump {subject:software} [version] to [version] {value:version}
        begins {actor} downgrade|move|switch {subject:software} [version] to [version] {value:version}
        begins {actor} upgrade {subject:software} [version] from [version] {old:version} to [version] {value:version}
        begins {actor} update {subject:software} [version] from [version] {old:version} to [version] {value:version}
        begins {actor} migrate {subject:software} [version] from [version] {old:version} to [version] {value:version}
        begins {actor} bump {subject:software} [version] from [version] {old:version} to [version] {value:version}
        begins {actor} downgrade {subject:software} [version] from [version] {old:version} to [version] {value:version}
        begins {actor} move {subject:software} [version] from [version] {old:version} to [version] {value:version}
        begins {actor} switch {subject:software} [version] from [version] {old:version} to [version] {value:version}
        begins {actor} upgrade|update|migrate|bump|downgrade|move|switch to {subject:software} [version] {value:version}
        begins {actor} upgrade|update from {subject:software} [version] {old:version} to {skip:software} {value:version}
        begins {actor} migrate|bump from {subject:software} [version] {old:version} to {skip:software} {value:version}
        begins {actor} downgrade|move from {subject:software} [version] {old:version} to {skip:software} {value:version}
        begins {actor} switch from {subject:software} [version] {old:version} to {skip:software} {value:version}
        begins {actor} upgrade|update from {subject:software} [version] {old:version} to [version] {value:version}
        begins {actor} migrate|bump from {subject:software} [version] {old:version} to [version] {value:version}
        begins {actor} downgrade|move from {subject:software} [version] {old:version} to [version] {value:version}
        begins {actor} switch from {subject:software} [version] {old:version} to [version] {value:version}
        begins {subject} be upgraded|updated|migrated|bumped|downgraded|rolled-back|moved to [version] {value:version}
        begins {subject} get upgraded|updated|migrated|bumped|downgraded|rolled-back|moved to [version] {value:version}
        begins {subject} be upgraded|updated|migrated|bumped|downgraded|moved from [version] {old:version} to \
            [version] {value:version}
        begins {subject} get upgraded|updated|migrated|bumped|downgraded|moved from [version] {old:version} \
            to [version] {value:version}
        lasts {subject:thing} be at|on|running version|release {value:version}
        lasts {subject:thing} be at|on|running {value:dotted}
        lasts {subject:thing} be on {value:version}
        lasts {subject:thing} run|use [on] version|release {value:version}
        changes {subject:thing} move|go|upgrade|update|jump to version|release {value:version}
        changes {subject:thing} move|go from [version|release] {old:version} to [version|release] {value:version}
        changes {subject:thing} upgrade from [version|release] {old:version} to [version|release] {value:version}
        changes {subject:thing} update|jump from [version|release] {old:version} to [version|release] {value:version}
        {subject}'s version|current-version|release is|runs [at] {value:version}
        """, "version release"),
    one("status", """
        lasts {subject:thing} be {value:status}
        changes {subject:thing} go|move|change from {old:status} to {value:status}
        changes {subject:thing} be|get put {value:status}
        begins {subject:thing} go {value:status}
        {subject}'s status|state|current-status is {value:status}
        """, "status state done progress"),
    one("located_in", """
        lasts {subject:object} be in|at {value:location}
        lasts {subject:thing} be located|based|situated|hosted|housed|kept|stored|headquartered|held|deployed \
            in|at|on {value:location}
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
    one("port", """
        lasts {subject:thing} run|listen|live|be on port {value:number}
        {subject:thing} be running|listening|exposed|reachable|available|served|bound [on|to] [port] {value:number}
        {subject:thing} use|expose port {value:number}
        begins {actor} move|switch {subject:ours} to port {value:number}
        begins {actor} move|switch {subject:ours} from port {old:number} to [port] {value:number}
        begins {subject:thing} move|switch|be [moved|switched] to port {value:number}
        begins {subject:thing} move|switch|be [moved|switched] from port {old:number} to [port] {value:number}
        {subject}'s port|port-number is {value:number}
        """, "port listen listens"),
    one("price", """
        {subject:thing} cost {value:money}
        {subject:thing} be priced at {value:money}
        {subject:thing} sell|go|retail for {value:money}
        changes {subject:thing} go|rise|drop|fall|increase|jump [up|down] [in] [price] from {old:money} to {value:money}
        changes {subject:thing} go|rise|drop|fall|increase|jump [up|down] [in] [price] to {value:money}
        {subject}'s price|cost|fee|rent|ticket-price|monthly-fee|subscription-fee is [at] {value:money}
        """, "price cost costs much fee rent"),
    one("lead", """
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
        {subject}'s lead|leader|head|project-lead is {value:person}
        {subject}'s project-manager|team-lead|tech-lead|chair|coordinator is {value:person}
        """, "lead leads leader head charge runs"),
    one("time", """
        {subject:thing} be|start|begin at {value:time}
        {subject:thing} take place at {value:time}
        {subject:thing} be [scheduled|set|planned] for {value:time}
        changes {subject:thing} move|shift|slip|change [back|forward|up] to {value:time}
        changes {subject:thing} move|shift|slip|change [back|forward|up] from {old:time} to {value:time}
        changes {subject:thing} be moved|pushed|shifted|rescheduled|postponed|delayed|brought|changed \
            [back|forward|up] to|until|till|for {value:time}
        changes {subject:thing} get moved|pushed|shifted|rescheduled|postponed|delayed|brought|changed \
            [back|forward|up] to|until|till|for {value:time}
        changes {subject:thing} be moved|pushed|shifted|rescheduled|postponed|delayed|brought|changed \
            [back|forward|up] from {old:time} to|until|till {value:time}
        changes {subject:thing} get moved|pushed|shifted|rescheduled|postponed|delayed|brought|changed \
            [back|forward|up] from {old:time} to|until|till {value:time}
        begins {actor} move|push|shift {subject:ours} [back|forward|up] to|until|till|for {value:time}
        begins {actor} reschedule|postpone|delay {subject:ours} [back|forward|up] to|until|till|for {value:time}
        begins {actor} move|push|shift {subject:ours} [back|forward|up] from {old:time} to|until|till {value:time}
        begins {actor} reschedule|postpone {subject:ours} [back|forward|up] from {old:time} to|until|till {value:time}
        begins {actor} delay {subject:ours} [back|forward|up] from {old:time} to|until|till {value:time}
        {subject}'s time|start-time|starting-time|date is [at|on] {value:time}
        """, "time when start starts hour"),
    one("written_in", """
        lasts {subject:thing} be written|coded|implemented|programmed|developed|built in {value:software}
        begins {subject:thing} be|get rewritten|ported|converted|translated|migrated in|to|into {value:software}
        begins {subject:thing} be rewritten|ported|converted|migrated from {old:software} to|in|into {value:software}
        begins {subject:thing} get rewritten|ported|converted|migrated from {old:software} to|in|into {value:software}
        begins {actor} write|build|code|implement {subject:named} in {value:software}
        begins {actor} rewrite|port|convert {subject:ours} in|to|into {value:software}
        begins {actor} rewrite|port|convert {subject:ours} from {old:software} to|in|into {value:software}
        {subject}'s programming-language|language|implementation-language is {value:software}
        """, "written language programmed"),
    one("owner", """
        lasts {subject:thing} belong to {value:person}
        lasts {subject:thing} be owned|maintained by {value:person}
        {subject}'s owner|maintainer is {value:person}
        """, "owner owns belongs maintainer maintained"),
)  # fmt: skip
