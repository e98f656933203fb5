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
        {subject:thing} need to be done|finished|ready|submitted|delivered|completed|in|handed-in|shipped by|before \
            {value:date}
        {subject:thing} have to be done|finished|ready|submitted|delivered|completed|in|handed-in|shipped by|before \
            {value:date}
        {subject:thing} be [to-be] \
            done|finished|ready|submitted|delivered|completed|in|handed-in|shipped|wanted|needed|expected by \
            {value:date}
        {subject:thing} be due [by] [on] {value:date}
        {actor:us} have until|till {value:date} for {subject:ours}
        {actor:us} have until|till {value:date} to finish|complete|deliver|submit|ship|do|hand-in {subject:ours}
        {actor:us} have|need to finish|complete|deliver|submit|ship|do|hand-in {subject:ours} by|until|before \
            {value:date}
        {actor:us} finish|complete|deliver|submit|ship {subject:ours} by {value:date}
        {subject:thing} have until|till {value:date}
        begins {actor} get an|a extension for|on {subject:ours} until|till|to {value:date}
        {subject:thing} have a|the new deadline|due-date of {value:date}
        {subject}'s due-day|final-date|end-date|deadline-date is [on] {value:date}
        {subject:thing} be due at|around the {value:date}
        {subject:thing} ship|finish|close by {value:date}
        begins {subject:thing} get|have|receive an extension until|till|to {value:date}
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
        lasts {subject:thing} be version|release {value:version}
        lasts {subject:thing} be running|deployed in|with|at version|release {value:version}
        lasts {subject:thing} run in|at|on version|release {value:version}
        lasts {subject:thing} use version|release {value:version}
        lasts {actor:us} have {subject:software} version {value:version}
        lasts {actor:us} have {subject:software} {value:version} installed|running|deployed|in
        lasts {actor:us} be at {subject:software} [version] {value:version}
        lasts {actor:us} run|use version|release {value:version} of {subject:software}
        lasts {actor:us} be on|running|using|at version|release {value:version} of {subject:software}
        begins {actor} upgrade|update|migrate|move|switch to version|release {value:version} of {subject:software}
        begins {actor} go|move|switch|jump from {subject:software} [version] {old:version} to {skip:software} \
            {value:version}
        begins {actor} go|move|switch|jump from {subject:software} [version] {old:version} to [version] {value:version}
        begins {actor} roll {subject:software} back to [version] {value:version}
        begins {actor} roll back {subject:software} to [version] {value:version}
        begins {actor} roll back {subject:software} from [version] {old:version} to [version] {value:version}
        begins {actor} bring {subject:software} to|up-to [version] {value:version}
        changes {subject:thing} go|move|jump to version|release {value:version}
        lasts {subject:thing} be installed in|with|at version|release {value:version}
        begins {actor} replace {subject:software} {old:version} with|by {skip:software} {value:version}
        lasts {actor:us} be at version|release {value:version} of {subject:software}
        {subject}'s build|major-version is [at] {value:version}
        lasts {subject:thing} stand|sit at|on version|release {value:version}
        lasts {actor:us} operate|host|deploy|work [with|on] {subject:software} [version] {value:version}
        begins {actor} take|bring|roll {subject:software} [forward|up] from [version] {old:version} to [version] \
            {value:version}
        begins {actor} take|bring|roll {subject:software} [forward|up] to [version] {value:version}
        begins {subject:thing} be|get brought|taken|rolled up|forward to [version] {value:version}
        """, "version release"),
    one("status", """
        lasts {subject:thing} be {value:status}
        changes {subject:thing} go|move|change from {old:status} to {value:status}
        changes {subject:thing} be|get put {value:status}
        begins {subject:thing} go {value:status}
        {subject}'s status|state|current-status is {value:status}
        changes {subject:thing} be|get {value:done}
        begins {actor} put|place {subject:ours} {value:status}
        {subject:thing} remain|stay {value:status}
        {subject:thing} be marked|listed|flagged|reported|set as|to {value:status}
        begins {subject:thing} be marked|flagged|set as|to {value:status}
        begins {subject:thing} become|get {value:status}
        changes {subject:thing} move|go|change|switch into|to {value:status}
        begins {actor} mark|set {subject:ours} as|to {value:status}
        {subject:thing} have the|a status|state [of] {value:status}
        changes {subject:thing} turn from {old:status} to|into {value:status}
        begins {subject:thing} change poss status|state to {value:status}
        begins {subject:thing} change poss status|state from {old:status} to {value:status}
        {subject:thing} stand|sit at {value:status}
        {subject:thing} sit|stand {value:status}
        {subject:thing} show [up] as {value:status}
        {subject:thing} be considered|deemed [as] {value:status}
        changes {subject:thing} move on from {old:status} to {value:status}
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
        {value:any} be where {subject:ours} be|is|are
        {value:any} be home to {subject:ours}
        lasts {subject:thing} have poss home|seat|headquarters in {value:location}
        {subject:thing} be found in|at|on {value:location}
        {actor} find {subject:ours} in|at|on {value:location}
        ends {subject:object} leave {value:city}
        begins {actor} transfer|migrate|bring|shift {subject:ours} to {value:location}
        begins {actor} transfer|migrate|bring|shift {subject:ours} from {old:location} to {value:location}
        {subject}'s whereabouts|place|site|home is [in|at] {value:location}
        changes {subject:object} change|switch|go from {old:city} to {value:city}
        {subject}'s address is [in|at] {value:location}
        lasts {subject:thing} operate|work [out] of|from {value:location}
        lasts {subject:thing} call {value:location} home
        begins {subject:thing} be|get shifted|brought from {old:location} to {value:location}
        begins {subject:thing} be|get shifted|brought to {value:location}
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
        lasts {subject:thing} bind|listen|serve|answer|run|respond to|on|at [tcp] [port] {value:port}
        lasts {subject:thing} accept connections|requests|traffic on port {value:number}
        lasts {subject:thing} be reached|found|up|served|hosted|open on|at port {value:number}
        lasts {subject:thing} have|occupy [the] port {value:number}
        lasts {actor} reach|find {subject:ours} on|at port {value:number}
        lasts {actor} run {subject:ours} on port {value:number}
        begins {actor} put|set {subject:ours} on|to port {value:number}
        begins {actor} change|switch|move|reconfigure {subject:ours} from port {old:number} to [port] {value:number}
        begins {actor} change|switch|move|reconfigure {subject:ours} to [port] {value:port}
        {subject:thing} operate|work on port {value:number}
        {subject:thing} be configured|set [up] for|on|to port {value:number}
        changes {subject:thing} change|go from port {old:number} to [port] {value:number}
        begins {subject:thing} change poss port from {old:number} to {value:number}
        begins {subject:thing} change poss port to {value:number}
        {subject:thing} sit on port {value:number}
        {subject:thing} take|get|serve|handle requests|connections|traffic on port {value:number}
        {subject:thing} be assigned|given port {value:number}
        """, "port listen listens"),
    one("price", """
        {subject:thing} cost {value:money}
        {subject:thing} be priced at {value:money}
        {subject:thing} sell|go|retail for {value:money}
        changes {subject:thing} go|rise|drop|fall|increase|jump [up|down] [in] [price] from {old:money} to {value:money}
        changes {subject:thing} go|rise|drop|fall|increase|jump [up|down] [in] [price] to {value:money}
        {subject}'s price|cost|fee|rent|ticket-price|monthly-fee|subscription-fee is [at] {value:money}
        {subject:thing} be [at|now|worth] {value:cash}
        {subject:thing} be available|offered|sold|on-sale|on-offer for|at {value:money}
        {subject:thing} come at|to {value:money}
        {subject:thing} come|go [at|for] a price of {value:money}
        {actor} pay|charge {value:money} for {subject:ours}
        {actor} get {subject:ours} for {value:money}
        {actor} sell {subject:ours} for|at {value:money}
        {subject:thing} set you|us back {value:money}
        begins {subject:thing} be raised|lowered|increased|reduced|cut|bumped|marked-down|discounted [up|down] to \
            {value:money}
        begins {subject:thing} be raised|lowered|increased|reduced|cut|bumped [up|down] from {old:money} to \
            {value:money}
        begins {actor} pay|charge {value:money} instead of {old:money} for {subject:ours}
        {subject}'s rate|fare|list-price|retail-price|asking-price is [at] {value:money}
        {subject:thing} be had for {value:money}
        {subject:thing} carry|have a price [tag] of {value:money}
        {subject:thing} set you back {value:money}
        changes {subject:thing} climb|sink [up|down] from {old:money} to {value:money}
        changes {subject:thing} get|become more-expensive|cheaper|dearer from {old:money} to {value:money}
        changes {subject:thing} climb|sink [up|down] to {value:money}
        {subject:thing} stand|start at {value:money}
        {subject:thing} be going for {value:money}
        begins {subject:thing} get raised|lowered|increased|reduced|cut|bumped [up|down] from {old:money} to \
            {value:money}
        begins {subject:thing} get raised|lowered|increased|reduced|cut|bumped [up|down] to {value:money}
        {subject}'s price-tag|going-rate is [at] {value:money}
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
        lasts {value:person} be responsible|accountable for {subject:named}
        lasts {value:person} be at the helm|head of {subject:named}
        lasts {value:person} be at-the-helm|at-the-head of {subject:named}
        lasts {value:person} oversee|coordinate {subject:named}
        lasts {subject:thing} be overseen|coordinated|directed|chaired by {value:person}
        lasts {subject:thing} be in the hands of {value:person}
        begins {value:person} take charge|control of {subject:named}
        begins {value:person} take the lead|helm of|on|for|at {subject:named}
        begins {value:person} take over leadership of {subject:named}
        begins {value:person} take over leadership of {subject:named} from {old:person}
        begins {value:person} be|get put|placed in charge of {subject:named}
        begins {value:person} be|get made|appointed|named [the] [new] lead|head|leader|manager|chair of|for|on \
            {subject:named}
        begins {value:person} be|get appointed|named as [the] [new] lead|head|leader|manager|chair of|for|on \
            {subject:named}
        begins {old:person} hand|pass {subject:named} [over|on] to {value:person}
        begins {old:person} hand|pass|turn over|on {subject:named} to {value:person}
        begins {old:person} hand [over] [the] lead|leadership of|for|on {subject:named} [over] to {value:person}
        begins {subject:thing} be|get handed|passed|given|transferred|assigned|reassigned [over|on] from \
            {old:person} to {value:person}
        begins {subject:thing} be|get handed|passed|given|transferred|assigned|reassigned [over|on] to {value:person}
        changes {subject:thing} pass from {old:person} to {value:person}
        ends {value:person} step down|back|aside as [the] lead|head|leader|manager|chair of|for|on {subject:named}
        ends {value:person} step down|back|away from leading|heading|running {subject:named}
        ends {value:person} hand over {subject:named} end
        ends {value:person} give up the lead of|on|for {subject:named}
        begins {actor} put {value:person} in charge of {subject:named}
        begins {actor} make|appoint|name {value:person} [the] [new] lead|head|leader of|for|on {subject:named}
        {subject}'s person-in-charge|person-leading|person-heading|person-responsible|one-in-charge is {value:person}
        {subject}'s person-who-leads|leadership|project-leader|team-leader|head-of-project is [with] {value:person}
        lasts {value:person} steer {subject:named}
        lasts {value:person} call the shots on|for {subject:named}
        begins {old:person} pass|hand|give the lead|leadership of|on|for {subject:named} [over] to {value:person}
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
        {subject:thing} happen|occur|kick-off|run|open|commence at|from {value:clock}
        {subject:thing} kick off at {value:clock}
        {subject:thing} be held|fixed|planned|set|booked|arranged|scheduled at|for {value:time}
        {actor:us} have|hold|start|do|run {subject:ours} at {value:clock}
        {actor:us} meet for {subject:ours} at {value:clock}
        begins {actor} bring|set|put|change|switch {subject:ours} [back|forward|up] to|for {value:clock}
        begins {actor} bring|set|put|change|switch {subject:ours} [back|forward|up] from {old:clock} to|for \
            {value:clock}
        changes {subject:thing} be put|set|bumped|switched|brought|moved [back|forward|up] to|for {value:clock}
        {subject}'s slot|time-slot|hour|start is [at|on] {value:clock}
        {subject:thing} get going|underway|started at {value:clock}
        {subject:thing} be on at {value:clock}
        changes {subject:thing} go|jump from {old:clock} to {value:clock}
        {subject:thing} be slated|earmarked|timed|down for {value:time}
        changes {subject:thing} slide [back|forward] from {old:time} to {value:time}
        changes {subject:thing} slide [back|forward] to {value:time}
        changes {subject:thing} be|get bumped|slid|switched [back|forward|up] from {old:time} to|until|till {value:time}
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
        lasts {subject:thing} be built with|in {value:software}
        lasts {subject:thing} be a|an {value:langprogram} program|app|application|project|service|tool|codebase|library
        lasts {subject:thing} be in {value:langprogram}
        lasts {actor} have {subject:named} written in {value:software}
        begins {subject:thing} be|get moved|switched|translated|converted [over] from {old:langprogram} to|into \
            {value:langprogram}
        begins {subject:thing} be|get moved|switched|translated|converted [over] to|into {value:langprogram}
        changes {subject:thing} move|switch|change|go [over] from {old:langprogram} to {value:langprogram}
        changes {subject:thing} move|switch|change [over] to {value:langprogram}
        begins {actor} move|switch|migrate|translate {subject:ours} [over] from {old:langprogram} to {value:langprogram}
        begins {actor} move|switch|migrate|translate {subject:ours} [over] to {value:langprogram}
        begins {actor} rewrite {subject:named} from {old:software} in|to|into {value:software}
        {subject}'s code|codebase|source|source-code is [in] {value:langprogram}
        lasts {subject:thing} be a|an project|program|tool|app|service written|coded|programmed in {value:software}
        {subject}'s code-base is [in] {value:langprogram}
        begins {subject:thing} be|get reimplemented|recoded|redone|rebuilt in {value:software}
        lasts {subject:thing} be based on {value:langprogram}
        begins {actor} reimplement|rebuild|recode {subject:named} in {value:software}
        """, "written language programmed"),
    one("owner", """
        lasts {subject:thing} belong to {value:person}
        lasts {subject:thing} be owned|maintained by {value:person}
        {subject}'s owner|maintainer is {value:person}
        begins {subject:thing} be|get sold|given|handed|transferred [over] to {value:person}
        {subject}'s holder|proprietor is {value:person}
        """, "owner owns belongs maintainer maintained"),
)  # fmt: skip
