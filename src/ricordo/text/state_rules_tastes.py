"""The rules of states for tastes and belongings; see `state_rules` for how to read them."""

from __future__ import annotations

from ricordo.text.state_rule import many, one

TASTES = (
    one("favourite_<>", """
        {subject}'s favourite|favorite|top|go-to|best-loved {thing} is {value:goods}
        {subject}'s favourite|favorite|top|go-to|best-loved {thing} is {value:cap}
        """, "favourite favorite", "preference"),
    one("preferred_<>", """
        {subject:person} prefer {value:headed}
        {subject:person} rather have|use {value:headed}
        begins {subject:person} switch|change from {old:headed} to {value:headed}
        {subject:person} prefer {value:headed} to|over {old:headed}
        {subject}'s preferred {thing} is {value:goods}
        {subject:person} favour|favor {value:headed}
        {subject:person} favour|favor {value:headed} over {old:headed}
        {subject:person} like {value:headed} better|more|best
        {subject:person} like {value:headed} better|more than {old:headed}
        {subject:person} rather have|use {value:headed} than {old:headed}
        {subject:person} opt|go for {value:headed}
        {subject:person} be a|an {value:headed} person
        {value:any} be what {subject:whom} prefer|prefers
        begins {subject:person} go|move from {old:headed} to {value:headed}
        begins {subject:person} switch|change|go|move [over|back] to {value:headed}
        {subject}'s preference is [for] {value:headed}
        {subject:person} have a [clear|strong] preference for {value:headed}
        {subject:person} prefer using|having|to-use|to-have|working-in|working-with {value:headed}
        {subject:person} prefer using|having|to-use|to-have|working-in|working-with {value:headed} over|to {old:headed}
        {subject:person} want {value:headed} [rather] than {old:headed}
        """, "prefer preferred prefers", "preference"),
    many("prefers", """
        {subject:person} prefer {value:topic}
        {subject:person} prefer {value:topic} to|over {old:topic}
        {subject:person} rather have|drink|eat|use|take {value:topic} than {old:topic}
        {subject:person} rather have|drink|eat|use|take {value:topic}
        {subject:person} favour|favor {value:topic} over {old:topic}
        {subject:person} favour|favor {value:topic}
        {subject:person} like {value:prefer} better|more than {old:topic}
        {subject:person} choose|pick|take {value:topic} over {old:topic}
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
        {subject:person} be a|an {value:topicfan} fan|lover|enthusiast|buff
        {subject:person} be a|an massive|avid|keen fan|lover of {value:topic}
        {subject:person} have a soft-spot|passion|weakness|liking|love for {value:topic}
        {subject:person} be [very] partial to {value:topic}
        {subject:person} be enthusiastic about {value:topic}
        begins {subject:person} get into {value:topic}
        begins {subject:person} take a liking|fancy to {value:topic}
        begins {subject:person} develop a taste|passion|liking|love for {value:topic}
        begins {subject:person} grow fond of {value:topic}
        begins {subject:person} acquire a taste for {value:topic}
        begins {subject:person} discover poss love|passion for|of {value:topic}
        ends {subject:person} lose poss taste|liking|love|passion|enthusiasm for {value:topic}
        ends {subject:person} grow|get|be tired of {value:topic}
        ends {subject:person} fall out-of-love with {value:topic}
        {subject:person} have a love|fondness|liking of|for {value:topic}
        {subject:person} appreciate {value:topic}
        begins {subject:person} discover {value:hobby}
        ends {subject:person} get|grow bored|tired|sick of {value:topic}
        {subject:person} be a|an devotee|admirer of {value:topic}
        {subject:person} fancy|dig {value:topic}
        ends {subject:person} have enough of {value:topic}
        """, "like likes love loves enjoy enjoys hobby hobbies interests fan", "preference"),
    many("dislikes", """
        {subject:person} dislike|hate|loathe|detest|despise {value:topic}
        {subject:person} can't-stand|cannot-stand|can't-bear {value:topic}
        {subject:person} be not a|an fan of {value:topic}
        {subject:person} abhor {value:topic}
        {subject:person} have a dislike|hatred of|for {value:topic}
        """, "dislike dislikes hate hates", "preference"),
    many("allergic_to", """
        {subject:person} be [highly|severely|badly|mildly|terribly|deathly] allergic to {value:goods}
        {subject:person} have a|an [severe|bad|mild] {value:substance} allergy
        {subject:person} have a|an [severe|bad|mild] allergy to {value:goods}
        denies {subject:person} have no allergy to {value:goods}
        begins {subject:person} develop a|an allergy to {value:goods}
        begins {subject:person} develop a|an {value:substance} allergy
        ends {subject:person} outgrow poss {value:substance} allergy
        {subject:person} suffer from a|an [severe|bad|mild] {value:substance} allergy
        {subject:person} suffer from a|an [severe|bad|mild] allergy to {value:goods}
        denies {subject:person} have no {value:substance} allergy
        begins {subject:person} become|turn [highly|severely] allergic to {value:goods}
        {subject:person} turn out to be allergic to {value:goods}
        ends {subject:person} lose|overcome poss {value:substance} allergy
        ends {subject:person} overcome|outgrow poss allergy to {value:goods}
        {subject}'s allergies|allergy|known-allergies is {value:goods}
        begins {subject:person} be|get diagnosed with a|an [severe] {value:substance} allergy
        ends {subject:person} get over poss {value:substance} allergy
        {subject}'s allergy|allergies is [to] {value:goods}
        """, "allergic allergy allergies"),
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
        {subject:person} be the|a|an proud|happy owner of [a|an] {value:goods}
        {subject:person} be a|an {value:belonging} owner
        begins {subject:person} treat myself|himself|herself|ourselves|themselves to [a|an] [new] {value:owned}
        begins {subject:person} invest in [a|an] [new] {value:belonging}
        begins {subject:person} inherit [a|an] {value:owned}
        begins {subject:person} replace|swap|trade [in] poss {old:belonging} with|for|by [a|an] {value:belonging}
        ends {subject:person} part with poss {value:owned}
        ends {subject:person} dispose of poss {value:owned}
        ends {subject:person} return poss {value:belonging}
        ends {subject:person} crash|wreck|total poss {value:belonging}
        denies {subject:person} be without [a|an] {value:belonging}
        {subject:person} drive|ride [a|an] {value:vehicle}
        ends {subject:person} sell off poss {value:owned}
        """, "own owns owner bought have belong"),
    many("has", """
        {subject:person} have {value:kept}
        {subject:person} have got {value:kept}
        denies {subject:person} have no {value:kept}
        begins {subject:person} get|adopt|buy [a|an] [new] {value:pet}
        begins {subject:person} be|get diagnosed with {value:topic}
        {subject:person} suffer from {value:ailment}
        {subject:person} keep {value:pet}
        begins {subject:person} develop {value:ailment}
        ends {subject:person} lose poss {value:pet}
        {subject:person} have|keep {value:kept} as [a] pet|pets
        """, "have has"),
    many("speaks", """
        {subject:person} speak {value:language}
        denies {subject:person} speak no {value:language}
        {subject:person} speak fluent {value:language}
        {subject:person} be fluent|native|bilingual in {value:language}
        {subject:person} be a|an native|fluent {value:language} speaker
        {subject:person} know {value:language}
        {subject:person} understand {value:language}
        {subject:person} speak {skip:bit} of {value:language}
        {subject:person} have a [good|basic|fair] command|knowledge of {value:language}
        {subject:person} be fluent|proficient|conversational in {value:language}
        {subject:person} master {value:language}
        begins {subject:person} learn [to-speak|how-to-speak] {value:language}
        begins {subject:person} pick up {value:language}
        begins {subject:person} become|get fluent|proficient in {value:language}
        ends {subject:person} forget poss|all|most [of] [poss] {value:language}
        {subject}'s mother-tongue|native-language|first-language|native-tongue|second-language is {value:language}
        {subject}'s languages is {value:language}
        {subject:person} be a|an {value:language} speaker
        {subject:person} have {value:language} as a|poss second|first|third|native|foreign language
        {subject:person} communicate|converse|write in {value:language}
        {subject:person} talk {value:language}
        {subject:person} be conversant in|with {value:language}
        """, "speak speaks language languages fluent"),
    many("plays", """
        {subject:person} play [the] {value:game}
        begins {subject:person} take up [the] {value:game}
        begins {subject:person} start playing [the] {value:game}
        ends {subject:person} give up [the] {value:game}
        ends {subject:person} quit [the] {value:game}
        {subject:person} be a|an [keen|avid|good|passionate] {value:gameplayer} player
        {subject:person} learn|practise|practice [to-play|how-to-play] [the] {value:game}
        begins {subject:person} pick up [the] {value:game}
        begins {subject:person} get into {value:game}
        begins {subject:person} learn to-play|how-to-play [the] {value:game}
        ends {subject:person} drop|abandon [the] {value:game}
        ends {subject:person} be done|through|finished with [the] {value:game}
        ends {subject:person} retire from {value:game}
        begins {subject:person} start|begin {value:game}
        {subject}'s instrument|sport|game is {value:game}
        """, "play plays instrument sport instruments sports"),
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
        {subject:person} work in {value:known}
        {subject:person} be on {value:known}
        {subject:person} write|code|edit in|with {value:known}
        begins {subject:person} go|move|switch|migrate|change from {old:known} to {value:tool}
        begins {subject:person} move|switch [over] to {value:known}
        begins {subject:person} trade|exchange|drop|leave|abandon|swap {old:known} for|in-favour-of {value:tool}
        begins {subject:person} give up {old:known} for|in-favour-of|in-favor-of {value:tool}
        begins {subject:person} give up on {old:known} for|in-favour-of|in-favor-of {value:tool}
        begins {subject:person} swap|trade {old:known} out for {value:tool}
        ends {subject:person} move|switch away|off from|of {value:known}
        ends {subject:person} move|switch off {value:known}
        ends {subject:person} get rid of {value:known}
        ends {subject:person} be done|through|finished with {value:known}
        ends {subject:person} leave {value:known} behind
        ends {subject:person} turn poss back on {value:known}
        {subject}'s editor|text-editor|ide|browser|code-editor is {value:soft}
        begins {subject:person} leave {old:known} for {value:tool}
        ends {subject:person} say goodbye to {value:known}
        {subject}'s tool|preferred-tool|preferred-editor|preferred-browser is {value:tool}
        {subject:person} be a|an {value:known} user
        begins {subject:person} move|switch|change over to {value:tool} from {old:tool}
        """, "use uses using tool tools editor"),
)  # fmt: skip
