"""Times, numbers and small words of English; what is asked about is in english_kinds, what cannot be in english_out."""

from typing import Final

from vedette.search.ask.english_kinds import KINDS
from vedette.search.ask.english_out import OUT_WORDS

_DAYS = (
    "monday mon",
    "tuesday tue tues",
    "wednesday wed",
    "thursday thu thur thurs",
    "friday fri",
    "saturday",
    "sunday",
)
_MONTHS = (
    "january jan", "february feb", "march", "april apr", "may", "june jun", "july jul", "august aug",
    "september sep sept", "october oct", "november nov", "december dec",
)  # fmt: skip
_UNITS = {
    "s": "second seconds sec secs", "m": "minute minutes min mins", "h": "hour hours hr hrs", "d": "day days",
    "w": "week weeks wk wks", "M": "month months", "Q": "quarter quarters", "y": "year years yr yrs",
}  # fmt: skip
_SMALL = {
    "last": "last", "past": "past", "prior": "previous prior preceding", "this": "this current", "ago": "ago",
    "since": "since starting beginning", "from": "from", "after": "after", "before": "before", "until": "until till til",
    "between": "between", "and": "and & or", "with": "with", "to": "to - through thru", "at": "at around about",
    "in": "in on during within over for throughout", "of": "of", "compare": "compared vs versus against relative", "than": "than",
    "comparing": "compare comparing comparison difference", "earlier": "earlier", "older": "older", "more": "more",
    "same": "same", "period": "time period span timeframe", "the": "the", "that": "that", "every": "every each",
    "half": "half", "am": "am a.m", "pm": "pm p.m", "oclock": "o'clock oclock", "noon": "noon midday", "midnight": "midnight",
    "now": "now", "interval": "interval intervals bucket buckets bin bins slot slots chunk chunks step steps", "working": "business working work", "recent": "recently lately", "just": "just", "weekend": "weekend",
}  # fmt: skip

TIMES: Final[dict[str, tuple[str, ...]]] = {
    **{word: (name,) for name, words in _SMALL.items() for word in words.split()},
    **{word: ("unit", unit) for unit, words in _UNITS.items() for word in words.split()},
    **{word: ("weekday", str(n)) for n, words in enumerate(_DAYS) for word in words.split()},
    **{word: ("month", str(n + 1)) for n, words in enumerate(_MONTHS) for word in words.split()},
    "may": ("month", "5", "unsure"), "march": ("month", "3", "unsure"), "today": ("day", "0"), "yesterday": ("day", "-1"),
    "fortnight": ("fortnight",), "ytd": ("todate", "y"), "mtd": ("todate", "M"), "tomorrow": ("day", "1"), "todays": ("day", "0"), "yesterdays": ("day", "-1"),
    "morning": ("part", "360", "720"), "afternoon": ("part", "720", "1080"), "evening": ("part", "1080", "1440"),
    "night": ("part", "1200", "1800"), "tonight": ("part", "1200", "1800", "alone"), "overnight": ("part", "-240", "360", "alone"),
}  # fmt: skip
NUMBERS: Final[dict[str, int]] = {
    word: n
    for n, words in {
        1: "a an one once", 2: "two couple twice", 3: "three thrice", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight", 9: "nine",
        10: "ten", 11: "eleven", 12: "twelve dozen", 14: "fourteen", 15: "fifteen", 20: "twenty", 24: "twenty-four",
        30: "thirty", 45: "forty-five", 48: "forty-eight", 50: "fifty", 60: "sixty", 90: "ninety", 100: "hundred",
    }.items()
    for word in words.split()
}  # fmt: skip

SHORT: Final[dict[str, str]] = {
    short: word
    for word, shorts in {
        "service": "svc srvc", "services": "svcs", "movement": "mvmt movt", "external": "ext", "yesterday": "ystrdy yest yday ysterday ydy",
        "today": "tdy", "account": "acct acc", "accounts": "accts accs", "session": "sess", "message": "msg", "messages": "msgs", "config": "cfg",
        "user": "usr", "users": "usrs", "count": "cnt", "request": "req rq", "requests": "reqs", "processes": "procs", "process": "proc",
        "commands": "cmds", "please": "pls plz", "events": "evts evnts", "alerts": "alrts", "servers": "srvrs svrs", "server": "srvr svr",
        "group": "grp", "groups": "grps", "authentication": "authn", "attempts": "attmpts atts", "attempt": "attmpt", "password": "pw pwd",
        "passwords": "pws pwds", "failed": "fld", "connections": "cons conxns cxns", "suspicious": "susp", "powershell": "pwrshell",
        "domain": "dom", "domains": "doms", "management": "mgmt", "department": "dept", "number": "nr num", "previous": "prev",
        "between": "btwn betw", "after": "aft", "before": "bef bfore", "administrator": "admn", "since": "snc", "because": "bc", "with": "w",
        "workstation": "wkst wks wkstn", "destination": "dstn", "download": "dl", "downloads": "dls", "upload": "ul", "weekend": "wkend wknd", "morning": "morn",
        "successful": "succ", "login": "lgn", "traffic": "trfc", "without": "wo", "changes": "chgs", "change": "chg", "medium": "mid",
    }.items()
    for short in shorts.split()
}  # fmt: skip
"""How people shorten words in a hurry."""

WORDS: Final[dict[str, str]] = {
    "both": "both",
    "filler": (
        "gimme|gave|doing|viewed|viewing|views|served|serve|serves|the names of|names of|the name of|on the date|the date|raise|or its subdomains|and its subdomains|and subdomains|or subdomains|and all subdomains|either|hammer|pound|bombard|pester|bother|notice|spot|observe|encounter|experience|witness|happens|help|asap|urgent|how does|how did|of them|saw|sees|pre-auth|preauth|pre-authentication|rated|classified as|combo|combination|pair|sent us|but|headed|right now|pull|grab|dump|bring up|pull up|retrieve|enumerate|still|sitting|sighting|sightings|in state|behind them|behind it|have been sending|moved|move|now|found|involve|receive|received from our sensors|arrive|arrived|collect|collected|in our logs|in the logs|a|an|the|me|us|my|our|we|i|please|pls|plz|show|list|give|find|get|display|print|tell|see|view|fetch|return|search|look|"
        "look for|want|i want|would like|need|can|could|you|do|did|does|is|are|was|were|be|been|being|has|have|had|there|that|"
        "which|of all|all|any|some|every|anything|something|everything|it|its|they|them|their|those|these|this|find out|figure out|check out|out there|up|hey|hi|hello|"
        "so|just|exactly|only|also|too|list of|kind of|sort of|what about|how about|let|let me|know|happen|happened|occur|"
        "occurred|took place|what|whats|what's|went|go|going|on|coming|came|come|made|make|seen|see|appear|appeared|exist|record|"
        "recorded|reported|ever|so far|today's|full|whole|complete|entire|overview|summary|report|info|information|details|"
        "data on|detail|thanks|thank you|through|via|using|whose|where|who's|id like|i'd like|i'm|im|looking|interested in|"
        "try|tried|tries|trying|attempt|attempted|attempting|attempts|used|use|uses|performed|involved|occurrence|occurrences|"
        "total|in total|overall|different kind|related|regarding|concerning|activity|activities|thing|things|stuff|"
        "one|ones|hit|hits|result|results|whether|if|got|get|system's|each of|system wide|quickly|now please|server's|currently|"
        "because of|due to|more|fewer|less|anywhere|everywhere|tagged|tagged with|labelled|labeled|marked|cause|causes|produce|produces|produced|trigger|triggers|sign of|signs of|evidence of|indication of|indications of|traces of|trace of|instances of|cases of|yet|observed|detected|triggered|raised|fired|generated|created by us|caused|received|came in|happening|did happen"
    ),
    "not": "not yet|not|no|without|isn't|wasn't|aren't|weren't|isnt|wasnt|didn't|didnt|non|never",
    "except": "anywhere but|anyone but|anybody but|everyone but|everybody but|all but|any but|everything but|any host but|any user but|anything except|except|except for|excluding|exclude|other than|but not|apart from|ignoring|ignore|minus|besides|leave out|leaving out|anything but|with the exception of",
    "and": "+|and|as well as|plus|&",
    "or": "or",
    "prep:from": "from|originating from|coming from|came from|sent by|sourced from|out of",
    "prep:to": "going to|headed for|heading for|heading to|bound for|to|into|against|toward|towards|targeting|targeted at|aimed at|destined for|directed at|hitting|onto",
    "prep:on": "on|at|upon",
    "prep:in": "in|within|underneath|beneath",
    "prep:by": "by",
    "prep:of": "of",
    "prep:for": "for|asked for|asking for|asks for",
    "prep:as": "as",
    "prep:with": "answered|that answered|responded|replied|replied with|returned|returning|returns|answered with|responded with|resulting in|that returned|ended in|with|having|that have|which have|who have|that had|showing",
    "prep:about": "touching|affecting|that touch|that affect|that involve|which involve|about|involving|concerning|related to|relating to|mention of|for the|regarding",
    "prep:between": "between",
    "prep:assigned": "belong to|belongs to|belonging to|assigned to|owned by",
    "text": "contain|containing|contains|mention|mentioning|mentions|mentioned|matching|with the word|with the text|the word|the words|the text|the string|the phrase|including|say|saying|says|like",
    "named": "named|called|name|=|is|equal to|equals|being|address|number|:",
    "about:alerts": "alert|alarm|detection|finding|warning raised|security alert",
    "about:incidents": "incident|case|security incident",
    "about:events": "evt|event|log entry|log line|entry|log event|record|log message|message|raw log|logs entry|line|traffic log|everything|anything|what happened|what was going on|activity|activities",
    "many": "quantity|quantity of|quantities of|tally of|total of how many|rate of|rate|volume|volume of|how many|how often|count|count of|number of|the number of|amount of|how many times|total number of|how frequently|count the|count up",
    "much": "how much|volume of|amount of data|sum of|total of",
    "times": "time|times",
    "distinct": "distinct|different|unique|separate|various",
    "which": "which|what|whats",
    "who": "everyone who|everybody who|everyone|everybody|who|whom|anyone|anybody|someone|somebody|who all",
    "when": "when|what time|at what time",
    "where-from": "where from|from where|where did|where do|where does",
    "top": "top|busiest|most active|most common|most frequent|noisiest|highest|loudest|most seen|most often|most popular|worst|leading",
    "extreme": "biggest|largest|heaviest|smallest|longest|shortest|slowest|fastest",
    "most": "that more|who more|which more|most|most often|most frequently|the highest number of|most of",
    "least": "bottom|least common|least frequent|rarest|rare|least active|fewest|least often|uncommon|unusual|least|least used|least seen",
    "newest": "last|latest|newest|most recent|recent",
    "oldest": "first|earliest|oldest",
    "per": "per|by each|for each|for every|grouped by|group by|group them by|broken down by|break down by|split by|breakdown by|breakdown of|divided by|each|every|counted by|aggregated by|summed by|listed by",
    "every:1h": "busiest hour|quietest hour|peak hour|hour with the most|hourly|by the hour|per hour|by hour|each hour|every hour|hour by hour",
    "every:1d": "busiest day|quietest day|peak day|day with the most|daily|per day|by day|each day|day by day|every day|by date|per date",
    "every:1m": "per minute|by minute|each minute|every minute|minute by minute",
    "every:1w": "weekly|per week|by week|each week|every week|week by week",
    "over-time": "over time|timeline|trend|histogram|time series|timechart|graph|chart|plot|evolution|development|course of",
    "single": "single|one|the same|same|a single|one and the same|any one",
    "trend": "develop|developed|developing|evolve|evolved|evolving|go up|went up|gone up|going up|goes up|go down|went down|gone down|going down|goes down|increase|increase in|increase of|increased|increasing|"
    "rise|rise in|rises|rising|risen|rose|decrease|decrease in|decreased|decreasing|drop in|grow|grew|growing|grown|growth|growth of|spike|spiked|spike in|spikes in|"
    "get worse|got worse|getting worse|gotten worse|improve|improved|improving",
    "empty": "empty|blank|missing|unset|null|no value for",
    "other": "other",
    "delivery": "bounce|bounced|bounces|undelivered|undeliverable|delivered|deliver|delivery|deliveries|deferred|queued",
    "cmp:>": "more that|more of|more then|more than|over|above|greater than|exceeding|exceeds|higher than|larger than|bigger than|beyond|upwards of",
    "cmp:>=": "at least|no less than|no fewer than|minimum|minimum of|a minimum of|starting at",
    "cmp:<": "less than|under|below|fewer than|lower than|smaller than",
    "cmp:<=": "at most|up to|no more than|maximum|not more than|maximum of",
    "or-more": "or more|or higher|or above|and above|and higher|and up|or worse|and worse|upwards|or greater|and more|plus|or up",
    "or-less": "or less|or lower|or below|and below|and lower|or fewer|and under",
    "compare": "vs|versus|compare|comparison|comparing|difference|compared",
    "outcome:failure": "access denied|permission denied|failed|failing|failure|fail|fails|unsuccessful|unsuccessfully|refused|rejected|denied|bad|wrong|incorrect|could not|couldn't|unable|unable to|fail to|failed to|failing to|declined|in vain|unauthorized|unauthorised|fails to|not successful|didn't work|did not work|did not succeed|invalid|fail at|failed at",
    "outcome:blocked": "blocked|dropped|filtered|stopped by the firewall",
    "outcome:success": "ok|okay|successful|successfully|succeeded|success|succeed|accepted|worked|granted|allowed|valid|permitted|passed",
    "level:informational": "informational|info level",
    "level:low": "low|minor",
    "level:medium": "medium|moderate|med",
    "level:high": "high|severe|serious|major",
    "level:critical": "critical|crit|most severe",
    "severity": "lvl|gravity|seriousness|severity|severities|level|levels|priority|sev|prio|criticality|risk",
    "state:new": "waiting for triage|awaiting triage|waiting to be triaged|to be triaged|not triaged|not yet triaged|not looked at|not looked at yet|have not looked at|haven't looked at|not handled|not handled yet|not touched|not yet handled|not seen yet|new|untriaged|unhandled|unacknowledged|untouched|not yet looked at",
    "state:open": "not finished|not finish|unfinished|open|unresolved|unclosed|outstanding|pending|not closed|not close|not yet closed|still open",
    "state:acknowledged": "acknowledged|acked|acknowledge",
    "state:in-progress": "in progress|being worked on|under investigation|ongoing|in-progress",
    "state:closed": "closed|done|finished|handled",
    "state:resolved": "resolved|solved|fixed",
    "state:false-positive": "false positive|fp|false alarm|false-positive",
    "silenced": "snoozed|silenced|muted|held back",
    "unassigned": "nobody has picked up|nobody picked up|no one has picked up|not picked up|nobody is assigned to|nobody has taken|no one has taken|nobody took|nobody is working on|no one is working on|nobody owns|without owner|without an owner|not assigned to anyone|nobody has looked at|no one has looked at|unassigned|assigned to nobody|assigned to no one|without an assignee|nobody works on|not assigned",
    "inside": "inside the network|within the network|inside of the network|inside our network|our own network|internally|internal|private|inside|the inside|lan|internal network|local network|our network|the lan|intranet|the internal network|rfc1918",
    "outside": "outside the network|outside of the network|outside our network|outside of our network|outside of|externally|external|public|outside|the outside|internet|the internet|wan|the outside world|abroad network|world",
    "ran": "ran|run|runs|execute|executed|executes|launch|launched|start|started|starts|invoke|invoked|spawn|spawned|running|executing|use of|execution of|executions of|usage of|using the program|call to|calls to|ran the command|ran the program|called",
    "verb:added": "create|add|install|register|plug in|plant|creation|addition|installation|added|created|made|set up|installed|plugged in|inserted|attached|registered|dropped on disk|written|connected to usb|planted",
    "verb:removed": "delete|remove|clear|wipe|erase|purge|uninstall|deletion|removal|deleted|removed|cleared|wiped|erased|purged|uninstalled",
    "verb:changed": "modify|alter|rename|edit|change|modification|alteration|changed|modified|edited|altered|renamed|updated|reset",
    "verb:disabled": "disable|deactivate|disabled|deactivated|switched off",
    "verb:unlocked": "unlock|unlocked",
    "verb:locked": "locked",
    "verb:stopped": "kill|terminate|stopped|killed|halted|terminated",
    "verb:started": "load|loaded",
    "verb:restarted": "rebooted|restarted|shut down|went down",
    "touch": "touch|accessed|access|read|reads|open|opened|opens|touched|wrote|accessing|reading|accesses",
    "begins": "whose name starts with|whose name begins with|whose names start with|whose names begin with|with names starting with|starting with|beginning with|that start with|that begin with|that starts with|that begins with|which start with|starts with|begins with|prefixed with|start with|begin with",
    "ends": "whose name ends with|whose name ends in|whose names end with|whose names end in|ending in|ending with|that end with|that end in|that ends with|ends with|ends in|end with",
    "began": "begin|began|commence|commenced",
    "logged": "logged",
    "me": "not assigned to me|mine",
    "pronoun": "he|she|his|her|him|hers",
    "family": "ipv4|ipv6|ip4|ip6",
    "queue": "queue|pile|plate|desk|backlog",
    "tactic-word": "sub technique|subtechnique|tactic|attack tactic|mitre tactic|phase",
    "prep:parent": "child process of|children of|spawned by|child of|launched by|forked by",
    "sort": "sorted by|ordered by|ranked by|sort by|order by|rank by|sorted on|in order of",
    "transport:tcp": "tcp",
    "transport:udp": "udp",
    "transport:icmp": "icmp echo|icmp echo request|icmp|ping packet",
    "proto:tls": "tls|ssl",
    "proto:ntp": "ntp",
    "proto:dhcp": "dhcp",
    "proto:snmp": "snmp",
    "reach": "reach|reaching|contacted|contacting|reached|connected to|connects to|connecting to|talked to|talks to|talking to|communicated with|communicates with|communicating with|reached out to|connect to|talk to",
    "called": "named|called|by the name of|with the name|whose name is",
    "subnet": "vlan|lan segment|zone|dmz|network|subnet|range|net|segment|ip range|subnetwork|address range|cidr",
    "tactic:command-and-control": "c2|c&c|cnc|c2 traffic|c2 communication|c2 channel|c2 server|c2 connection|c2 activity|c&c traffic",
    "technique:T1003": "credential dumping|dumping credentials|dump credentials|credential dump|password dumping|dumped credentials",
    "technique:T1490": "shadow copy deletion|deletion of shadow copies|shadow copies deleted|deleted shadow copies",
    "technique:T1548": "uac bypass",
    "technique:T1070.006": "timestomping|timestomp",
    "technique:T1566": "phishing|phish|spear phishing|spearphishing|phishing attack",
    "technique:T1558": "golden ticket|silver ticket|forged ticket|forged kerberos ticket",
    "technique:T1056": "keylogger|keylogging|key logger",
    "technique:T1014": "rootkit",
    "technique:T1036": "masquerading",
    "tool": "cobalt strike|cobaltstrike|metasploit|meterpreter|sliver|emotet|qakbot|qbot|trickbot|lockbit|blackcat|akira|conti|ryuk|mirai|impacket|sharphound|"
    "empire framework|havoc c2|brute ratel|anydesk|teamviewer|ngrok|rclone|lazagne|responder",
    "thing:bucket": "bucket|s3 bucket|storage bucket|gcs bucket",
    "thing:security-group": "security group|aws security group|ec2 security group",
    "thing:access-key": "access key|aws access key|iam access key|api access key",
    "thing:policy": "iam policy|bucket policy|iam policies|aws policy",
    "thing:instance": "ec2 instance|instance|cloud instance|compute instance|vm instance",
    "thing:secret": "secrets manager secret|aws secret",
    "thing:snapshot": "snapshot|ebs snapshot|disk snapshot",
    "thing:function": "lambda function|lambda|cloud function",
    "thing:key-pair": "key pair|keypair|ssh key pair",
    "thing:trail": "cloudtrail trail|trail",
    "thing:volume": "ebs volume",
    "thing:log": "windows security log|security event log|windows event log|windows log|application log|log|event log|audit log|logs|windows log|security log|system log",
    "thing:password": "password",
    "thing:role": "enterprise admin|schema admin|account operator|backup operator|server operator|dns admin|remote desktop user|print operator|domain admin|domain user|local admin|privileged user|privileged account|service account|domain administrator|local administrator|power user|vip",
    "server": "domain controller|exchange server|member server|file server|print server|application server|fileserver|app server|backup server|windows server",
    "thing:module": "module|kernel module|driver",
    "thing:config": "config|configuration|settings|setting",
    "interval": "interval|bucket|bin|slot|chunk|step",
    "console": "console",
    "calls": "call|invocation|operation",
    **KINDS,
    **OUT_WORDS,
}  # fmt: skip
REGULAR: Final = (
    "hammer pound bombard pester bother notice spot observe encounter experience witness occur appear trigger raise fire detect "
    "visit request browse scan probe attack exploit flood spray crash download upload delete create modify remove install "
    "register disable deactivate reboot restart connect contact reach talk communicate access open touch execute launch invoke "
    "spawn start fail succeed reject deny refuse block drop filter allow permit accept authenticate answer respond reply return "
    "resolve query tunnel beacon lock stop kill terminate clear wipe erase purge change reset rename edit alter plant add "
    "guess target contain mention include match say involve"
)
"""Verbs whose other forms mean what they mean themselves: scans, scanned, scanning."""
