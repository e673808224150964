r"""Database servers: MySQL and MariaDB, PostgreSQL, SQL Server, MongoDB (text), Redis, Oracle, CouchDB, ClickHouse, Elasticsearch.

    [Note] Access denied for user 'root'@'203.0.113.9' (using password: YES)                      MySQL
    bob@shop 203.0.113.9(51122) FATAL:  password authentication failed for user "bob"             PostgreSQL, %h or %r in the prefix
    Login failed for user 'sa'. Reason: Password did not match ... [CLIENT: 203.0.113.9]          SQL Server

Source of the words: the servers' error message catalogues. The client is written last, or before the user.
"""

from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse.meanings import IP, LEAD, denied, granted, refused, told
from vedette.parse.patterns import Pattern, apply

PROGRAMS: Final = (
    "mysqld",
    "mariadbd",
    "mysqld_safe",
    "mysql",
    "mariadb",
    "postgres",
    "postgresql",
    "mongod",
    "mongos",
    "redis",
    "redis-server",
    "sqlservr",
    "couchdb",
    "clickhouse-server",
    "elasticsearch",
    "tnslsnr",
)
_REDIS: Final = (
    r"^[.*#-] (?:Connecting to MASTER|(?:REPLICAOF|SLAVEOF) |MASTER <-> (?:REPLICA|SLAVE)|Module '|CONFIG REWRITE)"
)
SIGN: Final = (
    r"Access denied for user '|^(?:.* )?(?:FATAL|LOG|ERROR): +(?:password|no pg_hba|connection|role|statement: |execute "
    r"|\w+ authentication|provided user|database|pg_hba)"
    r"|,FATAL,28(?:P01|000),|,LOG,00000,\"connection authorized: "
    r"|Login (?:failed|succeeded) for user|\[CLIENT: |Supplied (?:u|p)|SCRAM|authentication failed "
    r"for (?:user|\S+ on)|Authentication failed\.|Host '[^']*' is (?:blocked|not allowed)"
    r"|^ *[0-9]+ (?:Query|Execute|Connect)\t"
    rf"|{_REDIS}"
    r"|Possible SECURITY ATTACK|TNS-12|ORA-01017|\(HOST=[0-9A-Fa-f:.]+\)\(PORT=|\[notice\] .* "
    r"(?:40[13]|200) ok|is not allowed to connect to this M"
    r"|Aborted connection [0-9]+|authenticated? .*realm|origin_address=|password is incorrect, or "
    r"there is no user"
)
LOGSOURCE: Final = Logsource(product=None, service="database")

_A: Final = rf"(?P<source.address>{IP})"
_HOST: Final = rf"(?P<source.address>{IP}|[0-9A-Za-z][0-9A-Za-z_.-]*)"
_MY: Final = ("mysql", "database")
_PG: Final = ("postgresql", "database")
_MS: Final = ("mssql", "database")
_MONGO: Final = ("mongodb", "database")
_ORA: Final = ("oracle", "database")
# log_line_prefix may hold the user's name, which the client chooses, before or behind its address: of two none counts.
_PG_TWO: Final = rf"^(?:[^'\"]*[^'\"0-9A-Fa-f:.])?(?:{IP})[^'\"0-9A-Fa-f:.](?:[^'\"]*[^'\"0-9A-Fa-f:.])?(?:{IP})[^'\"0-9A-Fa-f.][^'\"]*"
_PG_PEER: Final = rf"(?:^(?:[A-Z]{{2,5}}:)?|[^'\"]*?[\s,=\[(|@]){_A}(?:\([0-9]+\)|:[0-9]+)?[\s\]),:|][^'\"]*?"

PATTERNS: Final = (
    Pattern(
        rf"Access denied for user '(?P<user.name>.*)'@'{_HOST}'(?: to database '.*')?(?: \(using password: "
        r"(?:YES|NO)\))?(?: \(.*\))?\.?$",
        refused(*_MY),
    ),
    Pattern(
        rf"(?:^|[\]\s])Host '{_HOST}' is (?:blocked because of many connection errors|not allowed to connect)",
        denied("access-denied", *_MY),
    ),
    Pattern(
        r"(?:^|[\]\s])(?:Aborted|Got an error reading) connection [0-9]+ to db: '[^']*' user: "
        rf"'unauthenticated' host: '{_HOST}'",
        denied("protocol-probe", *_MY),
    ),
    Pattern(
        rf"(?:^|[\]\s])Aborted connection [0-9]+ to db: '.*' user: '(?P<user.name>.*)' host: '{_HOST}' \(",
        told(*_MY, category="database"),
    ),
    Pattern(
        rf"no pg_hba\.conf entry for (?:replication connection from )?host \"{_A}\", user \""
        r"(?P<user.name>.*?)\"(?:, |$)",
        denied("access-denied", *_PG),
    ),
    Pattern(
        rf"pg_hba\.conf rejects (?:replication )?connection for host \"{_A}\", user \""
        r"(?P<user.name>.*?)\"(?:, |$)",
        denied("access-denied", *_PG),
    ),
    Pattern(
        rf"{_PG_TWO}FATAL: +(?:(?:[A-Za-z0-9]+ )+?authentication failed for user|role) \"(?P<user.name>.*)\"", refused(*_PG)
    ),
    Pattern(
        rf"{_PG_PEER}FATAL: +(?:[A-Za-z0-9]+ )+?authentication failed for user \"(?P<user.name>.*)\"", refused(*_PG)
    ),
    Pattern(rf"{_PG_PEER}FATAL: +role \"(?P<user.name>.*)\" does not exist", refused(*_PG)),
    Pattern(
        rf"{_PG_PEER}FATAL: +(?:unsupported frontend protocol|invalid length of startup packet)",
        denied("protocol-probe", *_PG),
    ),
    Pattern(r"FATAL: +(?:[A-Za-z0-9]+ )+?authentication failed for user \"(?P<user.name>.*)\"", refused(*_PG)),
    Pattern(r"FATAL: +role \"(?P<user.name>.*)\" (?:does not exist|is not permitted to log in)", refused(*_PG)),
    Pattern(
        rf"LOG: +connection received: host={_HOST}(?: port=(?P<source.port>[0-9]+))?$", told(*_PG, "session-start")
    ),
    Pattern(r"LOG: +connection authorized: user=(?P<user.name>\S+) ", granted(*_PG)),
    Pattern(
        rf"^\"(?P<user.name>[^\"]*)\",\"[^\"]*\",\d+,\"(?:\[local\]|{_HOST}:(?P<source.port>\d+))\","
        r"(?:[^\"]|\"[^\"]*\",)*?,LOG,00000,\"connection authorized: ",
        granted(*_PG),
    ),
    Pattern(rf"^(?:Logon +)?Login failed for user '(?P<user.name>.*)'\..* ?\[CLIENT: {_HOST}\]$", refused(*_MS)),
    Pattern(
        r"^(?:Logon +)?(?:Login failed|SSPI handshake failed|Error: 18456|The login packet used to open|A "
        rf"fatal error occurred while reading|Length specified in network packet).*\[CLIENT: {_HOST}\]\.?$",
        refused(*_MS),
    ),
    Pattern(rf"^(?:Logon +)?Login succeeded for user '(?P<user.name>.*)'\..*\[CLIENT: {_HOST}\]$", granted(*_MS)),
    Pattern(r"^.*\bLogon +Login failed for user", told(*_MS, category="database")),
    Pattern(
        r"(?:SASL )?(?:SCRAM-SHA-(?:1|256)|MONGODB-CR|MONGODB-X509|PLAIN|GSSAPI) authentication failed "
        rf"for (?P<user.name>.*) on .* from client {_A}(?::(?P<source.port>[0-9]+))?(?: ;|$)",
        refused(*_MONGO),
    ),
    Pattern(
        rf"Successfully authenticated as principal (?P<user.name>\S+) on \S+(?: from client {_A}(?::"
        r"(?P<source.port>[0-9]+))?)?",
        granted(*_MONGO),
    ),
    Pattern(
        rf"Possible SECURITY ATTACK detected\..*?(?:Connection from {_A}:(?P<source.port>[0-9]+) aborted\.)?$",
        denied("protocol-probe", "redis", "database"),
    ),
    Pattern(rf"(?i:\bACL LOG\b|auth|AUTH).*\baddr={_A}:(?P<source.port>[0-9]+)", refused("redis", "database")),
    Pattern(
        rf"\(ADDRESS=\(PROTOCOL=[a-z]+\)\(HOST={_A}\)\(PORT=(?P<source.port>[0-9]+)\)\) \* [a-z_]+ \* .*\* "
        rf"(?:12[0-9]{{3}})$",
        denied("access-denied", *_ORA),
    ),
    Pattern(
        rf"\(ADDRESS=\(PROTOCOL=[a-z]+\)\(HOST={_A}\)\(PORT=(?P<source.port>[0-9]+)\)\) \* establish \* .*\* 0$",
        told(*_ORA, "session-start"),
    ),
    Pattern(rf"\bORA-01017\b.*\(HOST={_A}\)", refused(*_ORA)),
    Pattern(rf"^(?:\[[a-z]+\] )?(?:\S+ )*?{_A} (?P<user.name>\S+) POST /_session 401 ", refused("couchdb", "database")),
    Pattern(rf"\b{_A} (?P<user.name>\S+) [A-Z]+ \S+ 401 (?:ok|[a-z]+) [0-9]+$", refused("couchdb", "database")),
    Pattern(
        r"(?P<user.name>[^\s:<>]+): Authentication failed: password is incorrect,? or there is no user "
        r"with such name",
        refused("clickhouse", "database"),
    ),
    Pattern(
        r"(?:\[|, )event\.action=\"(?:authentication_failed|access_denied|connection_denied"
        rf"|anonymous_access_denied|realm_authentication_failed)\".*origin\.address=\"\[?{_A}\]?"
        r"(?::[0-9]+)?\"",
        refused("elasticsearch", "database"),
    ),
    Pattern(
        rf"\[(?:authentication_failed|access_denied|connection_denied)\].*origin_address=\[{_A}\]"
        r"(?:.*principal=\[(?P<user.name>[^\]]*)\])?",
        refused("elasticsearch", "database"),
    ),
    # What the servers were told to do, where they log it: the text is the client's and comes last.
    Pattern(r"^[^'\"]*?\bLOG: +(?:statement|execute [^\s:]+): ", told(*_PG, "statement", category="database")),
    Pattern(r"^ *[0-9]+ (?:Query|Execute)\t", told(*_MY, "statement", category="database")),
    Pattern(rf"^ *[0-9]+ Connect\t(?P<user.name>\S+)@{_HOST} on .* using \S", granted(*_MY)),
    Pattern(
        rf"^[.*#-] (?:REPLICAOF|SLAVEOF) .*\(user request from '.*\baddr={_A}:(?P<source.port>[0-9]+) ",
        told("redis", "database", "replica-of", category="database"),
    ),
    Pattern(_REDIS, told("redis", "database", category="database")),
    # PostgreSQL's csvlog: quotes inside a field are doubled.
    Pattern(
        rf"^(?:[A-Z]{{3,5}},)?\"(?P<user.name>(?:[^\"]|\"\")*)\",\"(?:[^\"]|\"\")*\",[0-9]+,\"{_A}:(?P<source.port>[0-9]+)\","
        r"[0-9a-f.]+,[0-9]+,\"[^\"]*\",[^,]*,[^,]*,[0-9]+,FATAL,28(?:P01|000),",
        refused(*_PG),
    ),
    Pattern(
        rf"{LEAD}Authentication (?:finally )?(?:to file realm )?failed for (?P<user.name>\S+) from {_A}(?::"
        r"(?P<source.port>[0-9]+))?$",
        refused("elasticsearch", "database"),
    ),
)


def read(frame: pl.DataFrame) -> pl.DataFrame:
    """Logins refused and let in, connections refused."""
    return apply(frame, PATTERNS)
