"""English words for what no record can tell, and what is said then."""

from typing import Final

OUT_WORDS: Final[dict[str, str]] = {
    "order": (
        "run|start|perform|conduct|initiate|block|ban|unblock|unban|delete|remove|erase|wipe|kill|stop|restart|reboot the|disable|enable|close|resolve|acknowledge|"
        "assign|send|email me|mail me|text me|call me|notify|create|add|update|install|uninstall|reset|change|set|shut|shut down|isolate|quarantine|"
        "whitelist|blacklist|allow|drop|deny|patch|schedule|write|open the|configure|turn|turn off|turn on|mark|tag|export|forward|"
        "escalate|suppress|mute|silence|purge|clean|terminate|revoke|lock|unlock|rotate|upgrade|deploy|execute|purge the|backup|restore|"
        "edit|modify|rename|move|copy|generate|encrypt|decrypt|scan the|launch|make an exception|archive|log out|log off|clear|drop all|"
        "quarantine the|stop the|shut off|unsubscribe|order|buy|remind|ping|trace"
    ),
    "out:future": "tomorrow|next week|next month|next year|next hour|will|predict|prediction|forecast|future|is going to|are going to|going to happen|going to be",
    "out:secret": "what is the password|whats the password|what's the password|password hash of|plaintext passwords|secret key|api key of|private key of",
    "out:lookup": "owner of the domain|owner of the ip|owner of the address|owner of|registrant of|registered to|what is the meaning of|meaning of|what does it mean|what is the ip of|what is the ip|whats the ip|what's the ip|what is the address of|whois|who owns|resolve the|translate",
    "out:identity": "who is user|who is the user|who is this user|who is account|who is the account|intent|intention|intentions|intended|intends|intend|insider|malicious insider|guilty|to blame|culprit|person behind|who is behind|whos behind|who's behind|on purpose|deliberately|accidentally|by mistake|real name|identity of|real person|motive|nation state|threat actor|apt group",
    "out:statistics": "average|averages|on average|median|percentile|percentage|percent|share of|ratio of|ratio|standard deviation|deviation",
    "out:why": "why|how come|reason for|root cause|explain|what caused",
    "out:how": "how do|how to|how can|how should|how would|should i|should we|recommend|advice|what should|what can i do|help me|best way|teach me",
    "out:geography": (
        "country|countries|city|cities|continent|geo|geolocation|geoip|location|abroad|foreign|overseas|china|chinese|russia|russian|"
        "germany|german|france|french|usa|united states|america|american|iran|north korea|brazil|india|netherlands|ukraine|"
        "europe|european|asia|africa|england|uk|united kingdom|spain|italy|poland|turkey|vietnam|indonesia|japan|canada|mexico|"
        "berlin|london|paris|moscow|beijing|romania|bulgaria|sweden|israel|belarus|korea|australia|singapore|hong kong|tor|asn|"
        "autonomous system|timezone|state of"
    ),
    "out:metrics": (
        "cpu|ram|memory usage|cpu usage|disk space|disk usage|temperature|load average|uptime|free space|cpu load|disk full|"
        "memory consumption|battery|latency|response time|throughput|network speed"
    ),
    "out:people": (
        "salary|salaries|employee|employees|vacation|holiday|holidays|birthday|hr|human resources|hired|payroll|contract|department|manager|boss|"
        "on leave|sick leave|sick|phone number|team lead|job title|coworker|colleague|colleagues|staff|intern|interns|contractor|"
        "contractors|on call|on-call|full name|home address"
    ),
    "out:world": (
        "weather|rain|news|joke|recipe|football|soccer|stock|stocks|price|prices|cost|invoice|invoices|bitcoin price|lunch|dinner|coffee|pizza|"
        "movie|music|song|poem|president|capital|world cup|restaurant|traffic jam|flight|train|budget|sales|revenue|customer|"
        "customers|order number|license key|meeting|calendar|appointment"
    ),
    "out:state-of-system": (
        "vulnerability|vulnerabilities|vulnerable|unpatched|patch level|patched|installed software|software version|version|versions|"
        "inventory|open port|listening port|antivirus|compliance|compliant|certificate|certificates|expired certificate|mfa|2fa|multi factor|"
        "two factor|second factor|strong password|weak password|password policy|plaintext password|firmware|secure|safe"
    ),
    "out:repetition": (
        "at night|outside business hours|outside office hours|outside working hours|after hours|during business hours|business hours|"
        "office hours|working hours|out of hours|on weekends|at weekends|weekends|on weekdays|weekdays|every night|nightly|nights|"
        "outside of business hours|outside of working hours|outside of office hours|every morning"
    ),
    "out:sequence": "followed by|right before|right after|shortly after|shortly before|and then|preceded by|within minutes of|same time as|at the same time as|after which|afterwards|before they|after they|first time ever|for the first time|never seen before|never before|newly seen",
}  # fmt: skip
OUT: Final[dict[str, tuple[str, str]]] = {
    "order": (
        "this is an order, and a question changes nothing",
        "vedette block, incidents, rules: each command says what it does",
    ),
    "future": ("nothing is known of the future", "ask about a time that has passed"),
    "secret": ("passwords and keys are not kept", "ask for logins, or password changes"),
    "lookup": (
        "records tell what happened, they are no directory",
        "ask what was seen of it: dns queries for evil.example",
    ),
    "identity": ("records name accounts and addresses, not people nor what they want", "ask what an account or address did"),
    "statistics": ("records are counted and summed, not averaged", "ask how many, per hour or by user"),
    "why": ("a search finds records, not reasons", "vedette explain, or the story of an incident, tells why"),
    "how": ("a search finds records, not advice", "the recommendations of an incident say what to do"),
    "geography": (
        "no field holds where on earth an address is",
        "ask for an address or a network: from 203.0.113.0/24",
    ),
    "metrics": ("no events hold the load of machines", "vedette status tells that of the agent"),
    "people": ("no field holds anything about people but their accounts", "ask for a user by name: user alice"),
    "world": ("no events tell about that", "ask about events, alerts or incidents"),
    "state-of-system": (
        "events tell what happened, not how systems are set up",
        "ask for what was done: configuration changes",
    ),
    "repetition": ("a query has one time, not one that comes again", "ask for one day: yesterday after 20:00"),
    "sequence": (
        "a query finds single records, not what follows what",
        "a correlation rule can say that: docs/rules.md",
    ),
}
