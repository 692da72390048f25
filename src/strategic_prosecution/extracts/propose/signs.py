"""By which words in the name and the header of a file it is known what table it fills."""

# What tells that a file fills a table: (where to look, pattern, weight). Below 3 in all it is not proposed.
SIGNS: dict[str, tuple[tuple[str, str, float], ...]] = {
    "incidents": (
        *(("file", r"incident|crime|offense|complaint|nibrs|rms|police", 1.5), ("header",
            r"occurred|date rept|date reported|reported date", 2)),
        *(("header", r"incident (number|id)|complaint|^ccn$|dc id|dr number|report number|case number", 1),
            ("header", r"\bblock\b|address|location", 1)),
        *(("header", r"beat|precinct|neighborhood|psa|district|ward|sector|community area", 1), ("header",
            r"offense|crime|nibrs|ucr|primary type", 1)),
        *(("header", r"clear(ed|ance)", 1), ("header", r"weapon|domestic", 0.5), ("header",
            r"charge|defendant|sentence|docket|participant|arrest (number|date|id)", -3)),
        *(("header", r"^role$", -4), ("file", r"arrest|shooting|person|case", -1.5)),
    ),
    "incident_people": (
        *(("header", r"^(person )?role$|involvement|party type", 3), ("header", r"incident (number|id)", 1),
            ("header", r"first name|^first$|birth date", 0.5)),
        ("file", r"person|people|part(y|ies)|involved", 1),
    ),
    "shootings": (
        *(("file", r"shooting|gunshot|gun violence", 4), ("header", r"fatal|murder indicator|wound", 1.5),
            ("header", r"victim (id|age|race|sex)|^race$|^age$", 1)),
        ("header", r"charge|docket|sentence", -3),
    ),
    "arrests": (
        *(("file", r"arrest|booking", 2), ("header",
            r"^arrest( (id|number|report number))?$|arrest (id|number)|report id", 2), ("header", r"arrest date", 2)),
        *(("header", r"charge|statute|offense|law category", 1), ("header",
            r"case (participant|defendant)|docket|disposition|filed|received date|felony review", -4)),
        ("header", r"primary type|^iucr$|complaint from", -4),
    ),
    "stops": (
        *(("file", r"\bstops?\b|field (interview|contact)", 2), ("header",
            r"stop (id|number|date|time|type|reason)|(reason|basis) (for|of) stop|stopped", 2)),
        *(("header", r"search|frisk", 1), ("header", r"charge|docket|arrest (id|number)$|\bbus\b|route", -3)),
    ),
    "referrals": (
        *(("file", r"referral|intake|screening|felony review", 2.5), ("header",
            r"referral|felony review|review result|screen|decline", 2)),
        *(("header", r"^received( date)?$|date received", 1), ("header",
            r"sentence|disposition|charge id|charge version", -3)),
    ),
    "cases": (
        *(("file", r"case|matter|initiation|filing|docket|court", 1.5), ("header",
            r"docket|matter id|case (participant|defendant|id|number)", 1.5)),
        *(("header", r"\bfil(e|ed|ing)\b|initiat|arraignment", 1.5), ("header", r"^disposition|charge disposition", 1),
            ("header", r"defendant|counsel|court", 0.5)),
        ("header",
            r"felony review|referral|sentence type|sentence date|hearing|event type|offer|victim (number|id)", -3),
            ("header", r"occurred|arrest (number|id)$", -3),
        ("header", r"^arrest$|booking|contact|count id|count number|beat|ward|address|date reported", -3),
    ),
    "charges": (
        *(("file", r"charge|count|initiation|disposition", 1.5), ("header",
            r"charge (id|version|number|sequence)|count (id|number)", 4.5)),
        *(("header", r"charge (offense )?(title|description|disposition)|charge class|statute", 1), ("header",
            r"case|matter|docket", 0.5)),
        *(("header", r"sentence (type|date)", -3), ("header", r"arrest (id|number)$|booking|incident number|address",
            -3)),
    ),
    "hearings": (
        *(("file", r"hearing|calendar|setting|court event", 2), ("header",
            r"hearing|(event|setting) (id|type)|continued|continuance", 2)),
        ("header", r"case|matter|docket", 1),
    ),
    "sentences": (
        *(("file", r"sentenc", 2), ("header", r"sentence (date|id|type)|^sentenced$", 2), ("header",
            r"prison|jail|probation|commitment|min days|fine", 1)),
    ),
    "custody": (
        *(("file", r"jail|custody|detention|bail|booking|inmate", 1.5), ("header", r"booking (number|id|date)", 1.5),
            ("header", r"\b(bail|bond)\b|release (decision|date|type)", 1.5)),
        ("header", r"held|detained|custody", 1),
    ),
    "supervision": (
        *(("file", r"probation|parole|supervision|caseload", 2.5), ("header",
            r"^(supervising |probation |parole )?(officer|agent)|supervision", 1)),
        ("header", r"violation|sanction|^spell$", 1),
    ),
    "diversion": (
        *(("file", r"diversion|deferred", 2), ("header", r"\boffer(ed)?\b", 1.5), ("header", r"program", 1),
            ("header", r"accepted|exit|graduat", 1)),
    ),
    "victims": (
        *(("file", r"victim", 2), ("header", r"victim (number|id)", 1.5), ("header", r"contact", 1), ("header",
            r"fatal|wound|occurred", -3)),
    ),
    "notifications": (
        *(("file", r"call in|notification|notice", 2), ("header", r"invited|attended|notice", 2), ("header",
            r"delivered|help offered", 1)),
        ("header", r"criteri", -4),
    ),
    "enforcement_actions": (
        *(("file", r"promise|enforcement", 2), ("header", r"promise", 2), ("header", r"lesser|conduct|trigger", 1)),
    ),
    "outreach": (
        *(("file", r"outreach|meeting|walk in", 2.5), ("header", r"attend|^present$|help|walk in", 1), ("header",
            r"concern", 1), ("header", r"invited|start", -2)),
    ),
    "surveys": (
        *(("file", r"survey|answers", 2), ("header", r"^question|^wave$", 2), ("header", r"^answer|response", 1)),
    ),
    "strategies": (
        *(("file", r"strateg|tracker", 2), ("header", r"strategy", 1.5), ("header", r"evaluation|raised by", 1)),
    ),
    "staff": (
        *(("file", r"staff|personnel|employee|roster|\bhr\b", 1.5), ("header", r"employee|staff", 1.5), ("header",
            r"hired?|position", 1)),
    ),
    "memberships": (
        *(("file", r"membership|audit|group", 1), ("header", r"criteri", 2), ("header", r"^group( id| name)?$", 1),
            ("header", r"approver|author", 1)),
    ),
    "feuds": (
        *(("file", r"feud", 2), ("header", r"feud id", 1.5), ("header", r"other group", 2)),
    ),
}  # fmt: skip
LEAST_EVIDENCE = 3.0
