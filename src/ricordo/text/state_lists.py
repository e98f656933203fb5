"""Lists of words for values that have no other mark: trades, languages, belongings, cities."""

from __future__ import annotations

from ricordo.text.state_words import PETS, phrases, words

NATIONS = words(
    """
    american british french german spanish portuguese italian dutch swedish irish scottish english canadian
    australian indian chinese japanese korean mexican brazilian russian polish greek turkish catholic muslim
    christian jewish buddhist hindu
    """
)
LANGUAGES = words(
    """
    english french german spanish portuguese italian dutch swedish norwegian danish finnish polish czech slovak
    russian ukrainian greek turkish arabic hebrew hindi urdu bengali tamil mandarin cantonese chinese japanese
    korean vietnamese thai indonesian malay swahili zulu irish welsh gaelic catalan basque galician hungarian
    romanian bulgarian serbian croatian slovene slovenian lithuanian latvian estonian icelandic persian farsi
    latin esperanto tagalog punjabi albanian georgian armenian nepali yoruba amharic mongolian
    """
)
DIETS = words(
    """
    vegan vegetarian pescatarian pescetarian omnivore omnivorous gluten-free dairy-free keto paleo halal kosher
    carnivore flexitarian raw-vegan teetotal teetotaller lactose-intolerant sugar-free plant-based low-carb
    """
)
STATUSES = words(
    """
    done finished complete completed blocked paused cancelled canceled stalled delayed shipped launched archived
    approved rejected frozen live active inactive planned resolved fixed merged released deprecated
    suspended postponed unblocked reopened rolled-out abandoned overdue pending deployed ongoing
    scrapped
    """
)
STATUS_PHRASES = phrases(
    """
    on hold, in progress, on track, behind schedule, ahead of schedule, at risk, under review, in review, in
    production, in testing, in development, in beta, in staging, off track, up and running, out of service, in
    planning, in qa, on ice, in design, under construction, under way, in limbo, in draft, out of order
    """
)
RELATIONSHIP = words("single married divorced engaged widowed separated")
PROFESSIONS = words(
    """
    nurse doctor teacher engineer developer programmer designer architect lawyer accountant manager chef cook
    baker writer author editor journalist photographer artist painter musician singer dancer actor actress pilot
    driver plumber electrician carpenter mechanic firefighter police-officer paramedic pharmacist dentist vet
    veterinarian surgeon psychologist psychiatrist therapist counselor counsellor social-worker librarian
    scientist researcher professor lecturer student postdoc analyst consultant economist banker trader broker
    salesperson cashier waiter waitress barista bartender receptionist secretary assistant administrator
    translator interpreter farmer gardener florist biologist chemist physicist mathematician statistician
    geologist astronomer historian archaeologist midwife physiotherapist optician radiologist cardiologist
    paediatrician pediatrician neurologist entrepreneur founder freelancer contractor builder welder tailor
    jeweller jeweler hairdresser barber beautician coach trainer instructor tutor director producer composer
    conductor sculptor illustrator animator copywriter marketer recruiter auditor actuary underwriter notary
    judge prosecutor paralegal detective soldier sailor officer captain courier postman bookkeeper buyer planner
    surveyor technician tester devops sysadmin cto ceo cfo coo principal headteacher nanny babysitter
    housekeeper janitor butcher fisherman fishmonger brewer winemaker curator potter weaver blacksmith
    glassblower intern trainee apprentice lead specialist strategist streamer podcaster blogger reporter anchor
    broadcaster referee zookeeper beekeeper ecologist botanist zoologist meteorologist linguist sociologist
    anthropologist philosopher theologian priest pastor imam rabbi monk nun diplomat ambassador politician mayor
    senator minister clerk lifeguard stylist model screenwriter playwright novelist poet cartographer
    conservator supervisor foreman operator scientist technologist caterer sommelier stewardess steward
    machinist locksmith roofer mason optometrist dietitian nutritionist lobbyist realtor landlord retiree
    attorney solicitor barrister coder data-scientist
    """
)
#: Things that a person keeps: what "has" and "owns" are believed of.
KEPT = PETS | words(
    """pet daughter son child kid twin sister brother sibling children grandson granddaughter stepson stepdaughter niece
    nephew wife husband girlfriend boyfriend cousin
    diabetes asthma epilepsy arthritis adhd dyslexia autism migraine anxiety depression hypertension celiac coeliac
    insomnia eczema allergy dachshund poodle labrador beagle spaniel terrier corgi retriever collie chihuahua tabby
    ragdoll chickens hens sheep bees"""
)
#: Things that one owns for long.
BELONGINGS = words(
    """
    car bike bicycle motorbike motorcycle scooter van truck boat caravan campervan motorhome rv yacht sailboat
    kayak canoe surfboard skateboard snowboard skis tent house flat apartment cottage cabin farm vineyard
    greenhouse garden allotment piano guitar violin cello drum-kit laptop tablet computer desktop smartphone
    iphone ipad macbook kindle console playstation xbox printer scanner projector camera drone telescope
    microscope binoculars smartwatch watch e-bike e-reader tesla toyota honda volvo bmw audi ford fiat tractor
    trailer treadmill sewing-machine typewriter turntable keyboard easel loom kiln lawnmower chainsaw generator
    trampoline sauna pool motorboat convertible hatchback sedan suv pickup unicycle tandem harmonica accordion
    saxophone trumpet clarinet flute ukulele banjo harp machine player bookshop bakery shop restaurant cafe
    gallery studio hammock telescope rowboat moped jeep synthesizer synthesiser
    """
)
#: Places that sound like firms to a grammar: "I left Rome for Milan" is no change of jobs.
CITIES = frozenset(
    phrases(
        """
        london, paris, rome, milan, naples, turin, florence, venice, bologna, berlin, munich, hamburg, cologne,
        frankfurt, stuttgart, dresden, leipzig, vienna, graz, salzburg, zurich, geneva, basel, bern, lausanne,
        madrid, barcelona, seville, valencia, bilbao, malaga, lisbon, porto, faro, braga, coimbra, dublin, cork,
        galway, belfast, edinburgh, glasgow, cardiff, manchester, liverpool, leeds, bristol, oxford, cambridge,
        york, brighton, birmingham, sheffield, bath, amsterdam, rotterdam, utrecht, the hague, brussels,
        antwerp, ghent, bruges, luxembourg, copenhagen, aarhus, stockholm, gothenburg, malmo, oslo, bergen,
        helsinki, tampere, reykjavik, tallinn, riga, vilnius, warsaw, krakow, gdansk, prague, brno, bratislava,
        budapest, bucharest, sofia, belgrade, zagreb, ljubljana, sarajevo, athens, thessaloniki, istanbul,
        ankara, izmir, kyiv, kiev, lviv, moscow, st petersburg, minsk, tbilisi, yerevan, baku, tel aviv,
        jerusalem, haifa, cairo, alexandria, casablanca, marrakesh, rabat, tunis, algiers, lagos, abuja, accra,
        nairobi, kampala, addis ababa, johannesburg, cape town, durban, pretoria, dakar, dubai, abu dhabi, doha,
        riyadh, beirut, amman, baghdad, tehran, karachi, lahore, delhi, new delhi, mumbai, bangalore, chennai,
        kolkata, hyderabad, pune, dhaka, colombo, kathmandu, bangkok, hanoi, saigon, singapore, kuala lumpur,
        jakarta, manila, hong kong, taipei, shanghai, beijing, shenzhen, tokyo, osaka, kyoto, seoul, busan,
        sydney, melbourne, brisbane, perth, adelaide, auckland, wellington, new york, new york city, boston,
        chicago, los angeles, san francisco, seattle, portland, denver, austin, dallas, houston, miami, atlanta,
        philadelphia, washington, detroit, phoenix, san diego, las vegas, minneapolis, toronto, montreal,
        vancouver, ottawa, calgary, quebec, mexico city, guadalajara, havana, bogota, medellin, lima, quito,
        santiago, buenos aires, montevideo, sao paulo, rio de janeiro, brasilia, caracas, lyon, marseille, nice,
        nantes, bordeaux, toulouse, lille, strasbourg, rennes, grenoble, germany, france, spain, portugal,
        italy, switzerland, austria, belgium, netherlands, denmark, sweden, norway, finland, iceland, ireland,
        england, scotland, wales, poland, greece, turkey, russia, ukraine, india, china, japan, korea, south
        korea, thailand, vietnam, australia, new zealand, canada, mexico, brazil, argentina, chile, peru,
        colombia, egypt, morocco, kenya, nigeria, south africa, israel, texas, california, florida, ohio,
        europe, america, africa, asia, hungary, romania, bulgaria, croatia, serbia, slovenia, slovakia, estonia,
        latvia, lithuania
        """
    )
)
GAMES = words(
    """
    piano guitar violin cello flute clarinet trumpet saxophone drums bass ukulele harp viola oboe banjo mandolin
    accordion organ keyboard trombone harmonica tennis football soccer basketball volleyball badminton squash
    hockey golf cricket rugby baseball softball handball chess poker bridge go checkers padel pickleball
    table-tennis ping-pong darts snooker pool lacrosse netball bagpipes synth recorder tuba sax percussion
    minecraft dungeons dota fortnite backgammon scrabble polo bowls boules paddle futsal frisbee sudoku mahjong
    shogi
    """
)
TOOLS = words(
    """
    vim neovim emacs vscode vs code sublime text pycharm intellij eclipse xcode nano atom notepad jupyter docker
    podman kubernetes terraform ansible jenkins git mercurial svn github gitlab bitbucket slack teams zoom
    discord signal whatsapp telegram skype notion obsidian evernote trello jira asana todoist onenote logseq
    chrome firefox safari edge opera brave android ios iphone mac windows linux ubuntu debian fedora arch macos
    spotify netflix gmail outlook thunderbird postgres postgresql mysql sqlite mongodb redis oracle mariadb
    excel sheets figma sketch photoshop gimp express fastify flask django fastapi react vue svelte angular
    webpack vite npm pnpm yarn pip poetry uv bash zsh fish python ruby rust java kotlin typescript javascript
    perl php scala node deno bun kafka rabbitmq tmux screen dropbox drive icloud onedrive bitwarden lastpass
    keepass google bing duckduckgo claude chatgpt gpt gemini copilot word pages latex typst markdown prusa
    blender lightroom premiere davinci ableton logic grafana kibana datadog
    """
)
FIRMS = words(
    """
    inc ltd llc gmbh corp co company labs lab foods bank group university college school hospital partners
    industries systems solutions consulting studio studios media press airlines energy works motors insurance
    logistics technologies software clinic agency holdings ventures capital institute robotics analytics bakery
    records
    """
)

#: Statuses that an event brings about and that stay: "was released" tells of the event.
EVENTS = words(
    """done finished complete completed shipped launched approved rejected resolved fixed merged released deployed
    cancelled canceled"""
)

#: Illnesses that last.
AILMENTS = words(
    """diabetes asthma epilepsy arthritis adhd dyslexia autism migraine migraines anxiety depression hypertension celiac
    coeliac insomnia eczema hay-fever tinnitus psoriasis vertigo gout"""
)
#: What one studies.
SUBJECTS = words(
    """biology chemistry physics mathematics maths math history law medicine economics philosophy psychology sociology
    engineering architecture linguistics literature geography geology astronomy anthropology archaeology theology music
    art nursing computing informatics science statistics politics journalism pharmacy dentistry accounting finance
    business education design agriculture forestry botany zoology classics theatre film marketing logistics biochemistry
    neuroscience genetics oceanography meteorology robotics cybersecurity"""
)

#: Names that people have and firms and places mostly don't.
FIRST_NAMES = words(
    """ada adam agnes alan albert alex alexander alice alina amanda amelia amy ana andrea andrew angela anita anna anne
    anthony anton antonio arthur ashley astrid barbara ben benjamin beth bianca bill bob bobby brian bruno carl
    carla carlos carmen carol caroline catherine cecilia charles charlie charlotte chloe chris christian christina
    claire clara claudia colin cora daisy dan dana daniel daniela david deborah dennis diana diego dmitri dominic
    dora doris dylan edgar edith edward elena eli elias elisa elizabeth ella ellen elsa emil emily emma eric erik
    ethan eva evan eve evelyn fatima felix fiona frank fred frida gabriel george gina gloria grace greg gustav hana
    hannah hans harold harry hassan heidi helen helena henry hugo ian ida igor ines ingrid irene iris isaac isabel
    ivan jack jacob jake james jan jane janet jason jean jeff jennifer jenny jeremy jesse jessica jim jo joan joe
    joel john jonas jonathan jose joseph josh juan judith julia julian julie karen karl kate katherine keith kenji
    kevin kim kurt lars laura lea lena leo leon liam lily linda lisa louis louise lucas lucia lucy luis luke maja
    marco marcus margaret maria marie mario mark marta martha martin mary mateo matt matthew maya megan melissa mia
    michael michelle miguel mike mila miriam mohamed monica nadia naomi natalia natalie nathan nick nicole nina noah
    nora olga oliver olivia omar oscar otto pablo pat patricia patrick paul paula pedro peter petra philip priya
    rachel rafael raj ralph ravi rebecca rita rob robert roberto robin rosa rose ruth ryan sally sam samantha samuel
    sandra sara sarah scott sean sebastian sergio sharon simon sofia sonia sophia sophie stefan stella stephen steve
    steven sue susan sven tanya tara ted teresa theo thomas tim tina tobias tom tomas tony vera victor vincent
    walter wei wendy will william xavier yasmin yuki yusuf zoe"""
)
