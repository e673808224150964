r"""Login portals: Authelia, Keycloak, Authentik, Vouch, OAuth2 Proxy, Teleport, Dex, Zitadel, Pocket ID, Kanidm, CAS, Shibboleth.

    Unsuccessful 1FA authentication attempt by user 'bob'                       Authelia; remote_ip is a field beside it
    type=LOGIN_ERROR, realmId=shop, clientId=web, userId=null, ipAddress=203.0.113.9, error=user_not_found, username=bob

Source of the words: the programs' sources. Keycloak writes the details that the peer chose after ipAddress and error.
"""

from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse.meanings import IP, LEAD, granted, refused, with_fields
from vedette.parse.patterns import Pattern, apply

PROGRAMS: Final = (
    "authelia",
    "keycloak",
    "authentik",
    "vouch",
    "oauth2-proxy",
    "teleport",
    "dex",
    "zitadel",
    "pocket-id",
    "kanidm",
)
SIGN: Final = (
    r"\btype=\"?(?:[A-Z_]*LOGIN|[A-Z_]*EXCHANGE|[A-Z_]*LOGIN_ERROR|[A-Z_]*ERROR)\"?, realmId="
    r"|authentication attempt|user with username input|\[AuthSuccess\]|\[AuthFailure\]"
    r"|AUTHENTICATION_(?:FAILED|SUCCESS)|invalid_login|login_failed"
)
LOGSOURCE: Final = Logsource(product=None, service="sso")

_A: Final = rf"(?P<source.address>{IP})"
_AUTHELIA: Final = ("authelia", "sso")
_KEYCLOAK: Final = ("keycloak", "sso")
_KC: Final = (
    r"\brealmId=[^,]*,(?: realmName=[^,]*,)? clientId=[^,]*, userId=[^,]*,(?: sessionId=[^,]*,)? "
    rf"ipAddress=\"?{_A}\"?"
)

PATTERNS: Final = (
    Pattern(
        r"\btype=\"?(?:[A-Z_]*(?:LOGIN|CODE_TO_TOKEN|EXCHANGE|RESET_PASSWORD|TOTP|INTROSPECT_TOKEN|LOGOUT"
        rf"|REGISTER)_ERROR)\"?, {_KC}.*\busername=\"?(?P<user.name>[^,\"]*)",
        refused(*_KEYCLOAK),
    ),
    Pattern(
        rf"\btype=\"?(?:LOGIN|CLIENT_LOGIN|IDENTITY_PROVIDER_LOGIN|USER_DISABLED_BY_\w+)_ERROR\"?, {_KC}",
        refused(*_KEYCLOAK),
    ),
    Pattern(rf"\btype=\"?LOGIN\"?, {_KC}.*\busername=\"?(?P<user.name>[^,\"]*)", granted(*_KEYCLOAK)),
    Pattern(
        r"[Uu]nsuccessful (?:\S+ )*?authentication attempt (?:made )?by user '(?P<user.name>.*)'", refused(*_AUTHELIA)
    ),
    Pattern(
        r"getting details for user with username input '(?P<user.name>.*)' which usually indicates they "
        r"do not exist",
        refused(*_AUTHELIA),
    ),
    Pattern(
        r"[Ss]uccessful (?:\S+ )*?authentication attempt (?:made )?by user '(?P<user.name>.*)'", granted(*_AUTHELIA)
    ),
    Pattern(r"[Uu]nsuccessful (?:\S+ )*?authentication attempt", refused(*_AUTHELIA)),
    # OAuth2 Proxy: client, request id, user, time, verdict
    Pattern(
        rf"^{_A}(?::[0-9]+)? - (?:\S+ - )?(?P<user.name>\S+) \[[^\]]*\] \[AuthFailure\]", refused("oauth2-proxy", "sso")
    ),
    Pattern(
        rf"^{_A}(?::[0-9]+)? - (?:\S+ - )?(?P<user.name>\S+) \[[^\]]*\] \[AuthSuccess\]", granted("oauth2-proxy", "sso")
    ),
    Pattern(rf"\[AuthFailure\].*\b(?:from|client:?|ip:?)[ =]{_A}", refused("oauth2-proxy", "sso")),
    Pattern(
        rf"{LEAD}WHO: (?P<user.name>[^\n]*)\s.*ACTION: AUTHENTICATION_FAILED.*CLIENT IP ADDRESS: {_A}",
        refused("cas", "sso"),
    ),
)


def read(frame: pl.DataFrame) -> pl.DataFrame:
    """Logins refused and let in."""
    return with_fields(apply(frame, PATTERNS), frame)
