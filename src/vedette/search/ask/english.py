"""Times, numbers and small words of English."""

from typing import Final

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

WORDS: Final[dict[str, str]] = {
    "filler": (
        "both|raise|or its subdomains|and its subdomains|and subdomains|or subdomains|and all subdomains|either|hammer|pound|bombard|pester|bother|notice|spot|observe|encounter|experience|witness|happens|help|asap|urgent|how does|how did|of them|saw|sees|pre-auth|preauth|pre-authentication|rated|classified as|combo|combination|pair|sent us|but|headed|right now|pull|grab|dump|bring up|pull up|retrieve|enumerate|still|sitting|sighting|sightings|in state|behind them|behind it|have been sending|moved|move|now|found|increase in|increase of|rise in|decrease in|involve|receive|received from our sensors|arrive|arrived|collect|collected|in our logs|in the logs|a|an|the|me|us|my|our|we|i|please|pls|plz|show|list|give|find|get|display|print|tell|see|view|fetch|return|search|look|"
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
    "most": "most|most often|most frequently|the highest number of|most of",
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
    "cmp:>": "more of|more then|more than|over|above|greater than|exceeding|exceeds|higher than|larger than|bigger than|beyond|upwards of",
    "cmp:>=": "at least|no less than|no fewer than|minimum|minimum of|a minimum of|starting at",
    "cmp:<": "less than|under|below|fewer than|lower than|smaller than",
    "cmp:<=": "at most|up to|no more than|maximum|not more than|maximum of",
    "or-more": "or more|or higher|or above|and above|and higher|and up|or worse|and worse|upwards|or greater|and more|plus|or up",
    "or-less": "or less|or lower|or below|and below|and lower|or fewer|and under",
    "compare": "vs|versus|compare|comparison|comparing|difference|compared",
    "outcome:failure": "failed|failing|failure|fail|fails|unsuccessful|unsuccessfully|refused|rejected|denied|bad|wrong|incorrect|could not|couldn't|unable|unable to|fail to|failed to|failing to|declined|in vain|unauthorized|unauthorised|fails to|not successful|didn't work|did not work|did not succeed|invalid|fail at|failed at",
    "outcome:blocked": "blocked|dropped|filtered|stopped by the firewall",
    "outcome:success": "ok|okay|successful|successfully|succeeded|success|succeed|accepted|worked|granted|allowed|valid|permitted|passed",
    "level:informational": "informational|info level",
    "level:low": "low|minor",
    "level:medium": "medium|moderate|med",
    "level:high": "high|severe|serious|major",
    "level:critical": "critical|crit|most severe",
    "severity": "lvl|gravity|seriousness|severity|severities|level|levels|priority|sev|prio|criticality|risk",
    "state:new": "not looked at|not looked at yet|have not looked at|haven't looked at|not handled|not handled yet|not touched|not yet handled|not seen yet|new|untriaged|unhandled|unacknowledged|untouched|not yet looked at",
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
    "concept:login": "loging|registration|login|logon|sign in|signin|sign-in|log in|log on|logins|authentication|auth|authenticate|authenticating|login attempt|logon attempt|log in attempt|authentication attempt|auth attempt|sign in attempt|sign-on|sign on|login event|password attempt|logging in|logging on|signing in|access attempt|logging into|log into|login try|login tries",
    "concept:logged-in": "get in|gets in|get into|got into|gain access|gained access|got access|break in|broke in|break into|broke into|get access|logged in|logged on|signed in|logged into|authenticated|log themselves in|got in|signed on|logs in|logs on|signs in",
    "concept:invalid-user": "accounts that do not exist|account that does not exist|users that do not exist|usernames that do not exist|accounts that don't exist|users that don't exist|user names that do not exist|invalid user|unknown user|nonexistent user|non-existent user|user that does not exist|unknown account|nonexistent account|non existing user|nonexisting user|invalid username|unknown username|invalid account",
    "concept:logout": "disconnect|disconnection|disconnected|logout|logoff|log out|log off|logged out|logged off|sign out|signed out|session end",
    "concept:lockout": "lockout|lock out|locked out|account lockout|account lock|lock-out|locked themselves out",
    "concept:session": "session|user session",
    "concept:user-added": "new local user|new admin user|new admin account|new administrator|new service account|new user|new account|user creation|account creation|new local account|new login account",
    "concept:user-deleted": "account deletion|user deletion|account removal|user removal",
    "concept:user-changed": "account modification|user modification",
    "concept:user-disabled": "account deactivation",
    "concept:account-changes": "account change|user change|changes to accounts|changes to users|account management|user management|iam change|iam",
    "concept:password-changed": "password change|password reset|passwd change|changed a password|changed his password|changed her password|changed their password|reset a password|reset password",
    "concept:member-added": "members added to|member added to|new member of|new members of|new members in|new member in|added anyone to|added someone to|added users to|added a user to|added an account to|add users to|added to a group|added to group|added to the group|group member added|group membership change|added to admin|added to administrators|put into a group|new group member|group addition|added to sudo|added to an admin group|added to the admins|added to the administrators group|group membership|added to the sudo group|added to admins|added to a admin group|joined a group|made admin|made an administrator|made administrator",
    "concept:member-removed": "removed from a group|removed from group|removed from the group|group member removed|group removal",
    "concept:privilege-use": "privilege use|use of privileges|privileged operation|special privilege",
    "concept:connection": "connexion|connection|network connection|traffic|network traffic|flow|network flow|packet|connect|connected|connects|connecting|network event|network activity|talk|talked|talking|communicated|communicate|conn",
    "concept:blocked-connection": "block|firewall block|drop|firewall rejection|packet drop|firewall hit|firewall block|firewall drop|firewall deny|firewall denies|blocked connection|denied connection|dropped connection|rejected connection|refused connection|dropped packet|blocked packet|blocked traffic|denied traffic|dropped traffic|blocked by the firewall|dropped by the firewall|denied by the firewall|blocked by firewall|firewall blocked|connection attempts blocked|connection block|were blocked|was blocked|got blocked|firewall reject|connections blocked|packets dropped|blocked flow",
    "concept:rate-limited": "rate limited|rate limit|throttled|rate-limited|slowed down|rate limiting",
    "concept:request": "requesting|visited|visiting|browsed|browsing|page load|page loads|response|http response|web response|request|web request|http request|page view|web hit|page request|https request|web traffic|http traffic|visit|web access|requested|requests to|web log|access log|http call",
    "concept:api-call": "api call|api request|cloud call|cloud api call|management call",
    "concept:web-error": "web error|http error|error response|http failure|failed request",
    "concept:server-error": "server error|internal server error|internal error|server side error|application error|backend error",
    "concept:not-found": "not found|page not found|missing page|pages that do not exist|page that does not exist|nonexistent page",
    "concept:process": "process|program execution|process execution|process start|process creation|command execution|program run|command run|process event|program start|process launch|exec|execution event|program|command",
    "concept:encoded-command": "-encodedcommand|-encoded|base64 encoded|base64-encoded|encoded command|encoded commands|encodedcommand|encoded powershell command|base64 command|base64 encoded command|-enc|an encoded command line|encoded command line|encoded argument|encoded arguments|encoded payload|base64-encoded command|encoded script|encoded",
    "concept:sudo": "sudo|sudo command|sudo use|sudo usage|sudo event|sudo call",
    "concept:service-installed": "new service|service installation|service install|new windows service",
    "concept:service-failed": "service failure|service crash|failed unit|failed systemd unit|failing service|failed service",
    "concept:service-stopped": "service stop",
    "concept:service-started": "service start",
    "concept:task-created": "new scheduled task|scheduled task creation",
    "concept:task": "task|scheduled task|scheduled job",
    "concept:log-cleared": "log clearing|log deletion|clearing of event log|clearing of log|clear the log|clear the event log|log wiping|wiping of logs|deletion of logs",
    "concept:usb": "usb storage|usb storage device|usb mass storage|usb key|usb disk|memory stick|usb|usb device|usb stick|usb drive|thumb drive|removable device|usb insertion",
    "concept:reboot": "reboot|restart|shutdown|boot|booted|system start|power off|startup",
    "concept:crash": "crash|crashed|segfault|core dump|kernel panic|process crash|program crash|crashes|coredump",
    "concept:module-loaded": "kernel module|module load|driver load",
    "concept:config-changed": "configuration change|config change|changes to the configuration|configuration modification|setting change|change of configuration",
    "concept:dns": "dns q|dns qry|dns name|dns query|dns queries|dns lookup|dns request|name lookup|domain lookup|resolved|dns resolution|lookup|looked up|dns traffic|queries for|queried|resolve|dns question|lookups|query",
    "concept:mail": "mail|email|e-mail|mails|e-mails|emails|mail traffic|mail log|mail event",
    "concept:spam": "spam|spam mail|junk mail|spam rejected|rejected spam",
    "concept:relay": "relay attempt|mail relay|relay denied|open relay attempt|relaying|relay",
    "concept:file": "file|file event|file access|file operation|file change|file activity",
    "concept:file-deleted": "file deletion|file removal",
    "concept:file-created": "new file|file creation",
    "concept:download": "download|downloaded|file download|downloaded file",
    "concept:error": "error|error message|error event|error log|errors",
    "concept:warning": "warning|warning message|warnings",
    "concept:ids": "ids alert|ids event|ips alert|intrusion detection|intrusion alert|ids|ips event|nids alert|intrusion detection alert|ids signature",
    "concept:suricata": "suricata alert|suricata event|suricata detection|suricata signature",
    "concept:outbound": "traffic out|going out|connections out|connection out|outbound|outgoing|egress|outward|leaving the network",
    "concept:inbound": "inbound|incoming|ingress|entering the network",
    "verb:added": "create|add|install|register|plug in|plant|creation|addition|installation|added|created|made|set up|installed|plugged in|inserted|attached|registered|dropped on disk|written|connected to usb|planted",
    "verb:removed": "delete|remove|clear|wipe|erase|purge|uninstall|deletion|removal|deleted|removed|cleared|wiped|erased|purged|uninstalled",
    "verb:changed": "modify|alter|rename|edit|change|modification|alteration|changed|modified|edited|altered|renamed|updated|reset",
    "verb:disabled": "disable|deactivate|disabled|deactivated|switched off",
    "verb:locked": "locked",
    "verb:stopped": "kill|terminate|stopped|killed|halted|terminated",
    "verb:started": "load|loaded",
    "verb:restarted": "rebooted|restarted|shut down|went down",
    "touch": "touch|accessed|access|read|reads|open|opened|opens|touched|wrote|accessing|reading|accesses",
    "begins": "starting with|beginning with|that start with|that begin with|that starts with|that begins with|which start with|starts with|begins with|prefixed with|start with|begin with",
    "ends": "ending in|ending with|that end with|that end in|that ends with|ends with|ends in|end with",
    "began": "begin|began|commence|commenced",
    "logged": "logged",
    "me": "not assigned to me|mine",
    "pronoun": "he|she|his|her|him|hers",
    "family": "ipv4|ipv6|ip4|ip6",
    "queue": "queue|pile|plate|desk|backlog",
    "tactic-word": "tactic|attack tactic|mitre tactic|phase",
    "prep:parent": "child process of|children of|spawned by|child of|launched by|forked by",
    "concept:nxdomain": "nxdomain answer|nxdomain reply|nxdomain replies|nxdomain|nxdomain response|failed dns lookup|non-existent domain|nonexistent domain",
    "entity:query": "query string|url query|query parameter|url parameter|get parameter",
    "concept:out-of-memory": "out of memory|oom|oom kill|oom-kill|memory exhaustion",
    "concept:upload": "upload|uploaded|file upload|uploading",
    "concept:registry": "registry|registry change|registry modification|registry key|registry value|windows registry|registry event|registry edit",
    "concept:run-key": "run key|runkey|registry run key|autorun key|autorun|run once key",
    "concept:telnet": "telnet|telnet connection|telnet traffic",
    "concept:windows": "windows|microsoft windows",
    "sort": "sorted by|ordered by|ranked by|sort by|order by|rank by|sorted on|in order of",
    "concept:sysmon": "sysmon|sysmon event",
    "concept:kernel": "kernel|kernel message|kernel log",
    "transport:tcp": "tcp",
    "transport:udp": "udp",
    "transport:icmp": "icmp|ping packet",
    "proto:tls": "tls|ssl",
    "proto:ntp": "ntp",
    "proto:dhcp": "dhcp",
    "proto:snmp": "snmp",
    "reach": "reach|reaching|contacted|contacting|reached|connected to|connects to|connecting to|talked to|talks to|talking to|communicated with|communicates with|communicating with|reached out to|connect to|talk to",
    "called": "named|called|by the name of|with the name|whose name is",
    "subnet": "vlan|lan segment|zone|dmz|network|subnet|range|net|segment|ip range|subnetwork|address range|cidr",
    "thing:log": "windows security log|security event log|windows event log|windows log|application log|log|event log|audit log|logs|windows log|security log|system log",
    "thing:password": "password",
    "thing:role": "domain admin|domain user|local admin|privileged user|privileged account|service account|domain administrator|local administrator|power user|vip",
    "thing:server": "domain controller|exchange server|member server|file server|print server|application server|fileserver|app server|backup server|windows server",
    "thing:module": "module|kernel module|driver",
    "thing:config": "config|configuration|settings|setting",
    "concept:attack": "targeted|attack|attacked|attacking|hack|hacking attempt|hack attempt|hacked|intrusion|intrusion attempt|attack attempt|exploit attempt|exploit|exploitation|offense|threat|malicious activity|bad thing|hostile activity|attempted attack|intruder|break in|break-in|break in attempt|break-in attempt|hacking|security event|malicious",
    "concept:suspicious": "suspicious|suspicious activity|suspicious event|suspicious behavior|suspicious behaviour|strange|weird|odd|fishy|security issue|security problem|shady",
    "concept:brute-force": "brute force|brute-force|bruteforce|brute forcing|bruteforcing|brute forced|password guessing|guessing|guessing attack|brute force attack|brute force attempt|password attack|guessed|brute-forcing|bruteforced|bruteforce attempt|guessing of passwords|password brute force|dictionary attack",
    "concept:brute-force-success": "successful brute force|brute force success|successful guessing|compromised account|successful brute force attack|successful bruteforce|brute force that succeeded|login after brute force|successful login after brute force|login after guessing|successful password guessing",
    "concept:spraying": "password spraying|password spray|spraying|sprayed|spray|password spraying attack|spray attack",
    "concept:stuffing": "credential stuffing",
    "concept:scan": "port probe|scan|scanning|scanner|scanned|probe|probing|recon scan|network scan|vulnerability scan|host sweep|sweep|scanning activity|probes|vulnerability scanner",
    "concept:port-scan": "port scan|portscan|port scanning|port-scan|port sweep|nmap scan|scanned ports|scanning ports|port scanner|portscanning",
    "concept:flood": "flood|ddos|dos|dos attack|ddos attack|syn flood|flooding|denial of service|denial-of-service|volumetric attack|udp flood|flooded|flood attack",
    "concept:reflection": "reflection|amplification|reflection attack|amplification attack|dns amplification",
    "concept:spoofing": "spoofing|arp spoofing|spoofed|ip spoofing|arp poisoning|spoofing attack|spoof",
    "concept:web-attack": "web attack|attack on the web server|web application attack|waf alert|web exploit|attack on web|http attack|attacks on our website|web server attack|webapp attack",
    "concept:sql-injection": "sql injection|sqli|sql injection attempt|injection attack|sql-injection|sqli attempt|sql injection attack",
    "concept:xss": "xss|cross site scripting|cross-site scripting|xss attempt|xss attack",
    "concept:traversal": "path traversal|directory traversal|traversal|traversal attempt|path traversal attempt|directory traversal attempt|dot dot slash|lfi traversal",
    "concept:command-injection": "command injection|os command injection|rce attempt|remote code execution|rce|command injection attempt",
    "concept:file-inclusion": "file inclusion|remote file inclusion|rfi|lfi|local file inclusion|file inclusion attempt",
    "concept:log4shell": "log4shell|log4j|jndi|log4j exploit|log4shell attempt|log4j attempt|log4shell exploit|jndi lookup",
    "concept:shellshock": "shellshock|shellshock attempt",
    "concept:web-shell": "web shell|webshell|web-shell",
    "concept:reverse-shell": "reverse shell|rev shell|revshell|back connect|reverse-shell",
    "concept:malware": "malware|virus|trojan|malware infection|infection|infected|malware detection|worm|viruses",
    "concept:ransomware": "ransomware|ransom note|ransom|encryption trojan|ransomware attack",
    "concept:miner": "miner|cryptominer|crypto miner|cryptomining|crypto mining|coin miner|mining|coinminer|cryptocurrency mining|cryptojacking|cryptocurrency miner",
    "concept:beacon": "beacon|beaconing|c2 beacon|beacons|callback traffic|calling home|call home|phoning home|c2 beaconing",
    "concept:tunnel": "tunnel|tunneling|tunnelling|dns tunnel|dns tunneling|ssh tunnel|tunneled|dns tunnelling",
    "concept:exfiltration": "exfiltration|data exfiltration|data theft|exfil|data leak|exfiltrated|data exfil|stolen data",
    "concept:escalation": "privilege escalation|escalation|privesc|privilege escalation attempt|priv esc|escalated privileges|escalation of privileges|privilege-escalation",
    "concept:persistence": "persistence|persistence mechanism|backdoor|persistence attempt|backdoors",
    "concept:execution": "execution",
    "concept:anomaly": "anomaly|anomalous|anomalies|outlier|abnormal|abnormality|anomalous behavior|anomalous behaviour|anomaly detection|anomalous activity",
    "concept:correlation": "correlation|correlated|correlation rule|correlation alert",
    "concept:indicator": "threat intel|threat intelligence|ioc|indicator|indicator of compromise|intel hit|indicator match|ioc match|ioc hit|known bad|blacklisted|threat intel match|threat feed|threat intel hit|known malicious|intel match",
    "concept:kerberoasting": "kerberoasting|kerberoast|kerberoasted",
    "concept:pass-the-hash": "pass the hash|pass-the-hash|pth|stolen hash",
    "concept:dcsync": "dcsync|dc sync|domain replication",
    "concept:lsass": "lsass|lsass dump|lsass access|lsass dumping|lsass memory dump|dumped lsass",
    "entity:user": "local user|local account|user|username|account|user name|login name|user account|account name|people|person|person's|usernames",
    "entity:target-user": "target user|changed user|changed account|affected user",
    "entity:user-id": "uid|sid|user id",
    "entity:group": "group|user group",
    "entity:host": "jump host|jump box|jump server|bastion host|jumphost|jumpbox|dc|gateway|mail gateway|host names|host|machine|server|computer|hostname|system|device|endpoint|workstation|box|node|host name|pc|laptop|vm|servers|client machine|asset",
    "entity:address": "requester|caller ip|caller address|address|ip|ip address|ips|ip-address|addr|addresses|ipaddress|ip addresses|peer|client ip|remote address|remote ip|client|remote host",
    "entity:visitor": "visitor|site visitor|web client|web visitor",
    "entity:source": "talker|source|source ip|source address|src ip|src|source host|sourceip|origin|src address|sender ip|source addresses|source ips|offending ip|offender",
    "entity:attacker": "attacker|attacking ip|attacking address|hacker|attacker ip|bad guy|attacking host|attack source|attacking ips|malicious ip|aggressor|source of attacks|adversary",
    "entity:destination": "destination|destination ip|dst ip|dst|target|target ip|destination address|victim|dest|dest ip|target address|target host|targeted host|targeted ip|destination host|attacked host|victim ip|destinations",
    "entity:port": "port|destination port|dst port|dest port|target port|tcp port|udp port|ports|dport",
    "entity:source-port": "source port|src port|sport",
    "entity:process": "executable|binary|image|process name|program name|executables|binaries|exe",
    "entity:program": "logging program|syslog tag|syslog identifier|log producer",
    "entity:pid": "pid|process id",
    "entity:parent": "parent|parent process|parent program",
    "entity:command": "command line|commandline|cmdline|command lines",
    "entity:service": "service|daemon|service name|services",
    "entity:url": "url|page|uri|web page|path|url path|endpoint url|resource|pages|urls",
    "entity:user-agent": "user agent|useragent|user-agent|browser|ua|user agents",
    "entity:referrer": "referrer|referer",
    "entity:site": "site|vhost|virtual host|website domain|sites",
    "entity:method": "method|http method|request method|verb|http verb",
    "entity:status": "status|status code|http status|response code|http code|http status code|response status|code|status codes",
    "entity:domain": "domain|domain name|queried domain|dns name|fqdn|looked up domain|queried name|domains",
    "entity:file": "file name|filename|file path|filepath",
    "entity:hash": "hash|sha256|file hash|checksum|md5|sha1|hashes|sha256 hash",
    "entity:sender": "sender|from address|mail sender|envelope sender|sender address|sending address",
    "entity:recipient": "recipient|to address|mail recipient|receiver|recipient address|addressee",
    "entity:action": "action|event action|event actions|kind of event|type of event|event type|kinds of events|types of events",
    "entity:outcome": "outcome|result of login|login result",
    "entity:reason": "failure reason|sub status|substatus|sub-status|failure code|error code|reason code",
    "entity:category": "category|class|alert class|event category|alert type|alert category|type|kind|attack type|type of attack|kind of attack|types of attack|kinds of attack|alert classes|attack types|alert types|types of attacks|kinds of attacks|type of alert",
    "entity:format": "log source type|source type|log source types|source types|format|log format|dataset|log source|log type|data source|log sources|logsource",
    "entity:event-id": "id|event id|eventid|event code|windows event id|event ids|eventids",
    "entity:channel": "channel|windows channel|event channel|event log channel",
    "entity:log-file": "log file|logfile",
    "entity:protocol": "protocol|application protocol|app protocol",
    "entity:direction": "direction",
    "entity:transport": "transport|transport protocol|ip protocol|l4 protocol",
    "entity:interface": "interface|network interface|nic",
    "entity:container": "container|docker container|container name",
    "entity:namespace": "namespace|kubernetes namespace|k8s namespace",
    "entity:logon-type": "logon type|login type|logontype|type of logon",
    "entity:record-type": "record type|query type|dns type|qtype|dns record type|type of query",
    "interval": "interval|bucket|bin|slot|chunk|step",
    "console": "console",
    "calls": "call|invocation|operation",
    "entity:region": "region|cloud region|aws region",
    "entity:cloud-account": "cloud account|aws account|account id|azure subscription|gcp project",
    "entity:rule": "rule|signature|detection rule|rule name|sigma rule|detector rule|ids rule|rules",
    "entity:technique": "technique id|technique ids|attack id|mitre id|technique|mitre technique|attack technique|att&ck technique|ttp|mitre|mitre attack technique|techniques|att&ck",
    "entity:assignee": "assignee|analyst|owner|assigned analyst|responsible analyst",
    "entity:state": "state|alert state|triage state|workflow state",
    "entity:detector": "detector|detection source|rule source|detection engine",
    "entity:title": "title|titled|entitled|subject line",
    "entity:score": "score|risk score|incident score",
    "entity:bytes": "byte|bandwidth|data|data volume|transferred|bytes transferred|traffic volume|data transferred|transfer|amount of traffic|network bytes",
    "entity:bytes-sent": "sent out|bytes sent out|data sent out|bytes out|data out|out bytes|outbound data|bytes going out|bytes uploaded|data uploaded|uploaded bytes|uploaded data|upload bytes|bytes sent|data sent|sent|upload volume|outgoing bytes|outbound traffic|send|outbound bytes|sent data",
    "entity:bytes-received": "bytes downloaded|data downloaded|downloaded bytes|downloaded data|bytes received|data received|incoming bytes|inbound bytes|download volume|response bytes|received data",
    "order": (
        "block|ban|unblock|unban|delete|remove|erase|wipe|kill|stop|restart|reboot the|disable|enable|close|resolve|acknowledge|"
        "assign|send|email me|mail me|text me|call me|notify|create|add|update|install|uninstall|reset|change|set|shut|shut down|isolate|quarantine|"
        "whitelist|blacklist|allow|drop|deny|patch|schedule|write|open the|configure|turn|turn off|turn on|mark|tag|export|forward|"
        "escalate|suppress|mute|silence|purge|clean|terminate|revoke|lock|unlock|rotate|upgrade|deploy|execute|purge the|backup|restore|"
        "edit|modify|rename|move|copy|generate|encrypt|decrypt|scan the|launch|make an exception|archive|log out|log off|clear|drop all|"
        "quarantine the|stop the|shut off|unsubscribe|order|buy|remind|ping|trace"
    ),
    "out:future": "tomorrow|next week|next month|next year|next hour|will|predict|prediction|forecast|future|is going to|are going to|going to happen|going to be",
    "out:secret": "what is the password|whats the password|what's the password|password hash of|plaintext passwords|secret key|api key of|private key of",
    "out:lookup": "owner of the domain|owner of the ip|owner of the address|owner of|registrant of|registered to|what is the meaning of|meaning of|what does it mean|what is the ip of|what is the ip|whats the ip|what's the ip|what is the address of|whois|who owns|resolve the|translate",
    "out:identity": "intent|intention|intentions|intended|intends|intend|insider|malicious insider|guilty|to blame|culprit|person behind|who is behind|whos behind|who's behind|on purpose|deliberately|accidentally|by mistake|real name|identity of|real person|motive|nation state|threat actor|apt group",
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
REGULAR: Final = (
    "hammer pound bombard pester bother notice spot observe encounter experience witness occur appear trigger raise fire detect "
    "visit request browse scan probe attack exploit flood spray crash download upload delete create modify remove install "
    "register disable deactivate reboot restart connect contact reach talk communicate access open touch execute launch invoke "
    "spawn start fail succeed reject deny refuse block drop filter allow permit accept authenticate answer respond reply return "
    "resolve query tunnel beacon lock stop kill terminate clear wipe erase purge change reset rename edit alter plant add "
    "guess target contain mention include match say involve"
)
"""Verbs whose other forms mean what they mean themselves: scans, scanned, scanning."""
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
