"""OpenID Connect, as a relying party: the authorization code flow with PKCE, and what is to be checked of an ID token.

Sources: OpenID Connect Core 1.0 sections 3.1.2 and 3.1.3.7, Discovery 1.0, RFC 7636 (PKCE), RFC 9700 (best practice: state
bound to the browser, exact issuer, no symmetric signatures).
"""

import base64
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlencode, urlsplit

from vedette.api.problem import Problem

if TYPE_CHECKING:
    from vedette.config.tree import SingleSignOn

LASTS: Final = timedelta(minutes=10)
"""How long somebody may take at the provider."""
AT_ONCE: Final = 1000
SIGNATURES: Final = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
LARGEST: Final = 1 << 20
SECONDS: Final = 10.0
LEEWAY: Final = 60
"""Seconds that the clocks may differ."""


class Attempt(NamedTuple):
    """A sign-in that has begun, by its `state`."""

    at: datetime
    nonce: str
    verifier: str
    redirect: str


class Begun:
    """Sign-ins that have begun; each ends once, soon, or is forgotten."""

    def __init__(self) -> None:
        self._attempts: OrderedDict[str, Attempt] = OrderedDict()
        self._lock = Lock()

    def begin(self, redirect: str, now: datetime) -> tuple[str, Attempt]:
        """A new one: (state, attempt)."""
        state = secrets.token_urlsafe(32)
        attempt = Attempt(now, secrets.token_urlsafe(32), secrets.token_urlsafe(48), redirect)
        with self._lock:
            self._attempts[state] = attempt
            if len(self._attempts) > AT_ONCE:
                self._attempts.popitem(last=False)
        return state, attempt

    def end(self, state: str, now: datetime) -> Attempt | None:
        """The one of a state, which is used up by this."""
        with self._lock:
            attempt = self._attempts.pop(state, None)
        return attempt if attempt and now - attempt.at < LASTS else None


class Person(NamedTuple):
    """Who it is at the provider. `subject`: the issuer's and its name for the user, which never change."""

    subject: str
    name: str
    groups: tuple[str, ...]


def going(settings: "SingleSignOn", state: str, attempt: Attempt) -> str:
    """Where the browser is sent.

    Raises:
        Problem: the provider cannot be asked.
    """
    challenge = base64.urlsafe_b64encode(sha256(attempt.verifier.encode()).digest()).rstrip(b"=").decode()
    query = {
        "response_type": "code", "client_id": settings.client_id, "redirect_uri": attempt.redirect,
        "scope": " ".join(settings.scopes), "state": state, "nonce": attempt.nonce,
        "code_challenge": challenge, "code_challenge_method": "S256",
    }  # fmt: skip
    endpoint = _provider(settings)["authorization_endpoint"]
    return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(query)}"


def arrived(settings: "SingleSignOn", attempt: Attempt, code: str, now: datetime) -> Person:
    """Who came back with this code.

    Raises:
        Problem: the provider cannot be asked, refuses, or says something that does not hold.
    """
    provider = _provider(settings)
    form = {
        "grant_type": "authorization_code", "code": code, "redirect_uri": attempt.redirect,
        "code_verifier": attempt.verifier, "client_id": settings.client_id,
    }  # fmt: skip
    auth = (settings.client_id, settings.secret.read()) if settings.secret else None
    token = _asked("POST", provider["token_endpoint"], data=form, auth=auth).get("id_token")
    keys = _asked("GET", provider["jwks_uri"])
    claims = _claims(settings, attempt, token, keys, now)
    name, groups = claims.get(settings.name), claims.get(settings.groups) or []
    if not isinstance(name, str):
        raise _refused(f"the ID token has no claim {settings.name}", "choose another claim: api.single_sign_on.name")
    some = (groups,) if isinstance(groups, str) else tuple(each for each in groups if isinstance(each, str))
    return Person(f"{settings.issuer} {claims['sub']}", name.strip().lower(), some)


def _claims(settings: "SingleSignOn", attempt: Attempt, token: Any, keys: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    wanted = {
        "iss": {"essential": True, "value": settings.issuer},
        "aud": {"essential": True, "value": settings.client_id},
        "nonce": {"essential": True, "value": attempt.nonce},
        "exp": {"essential": True},
        "sub": {"essential": True},
    }
    try:
        # Only signatures that we cannot make ourselves: with HS256 the public key would be the secret.
        found = jwt.decode(str(token), KeySet.import_key_set(keys), algorithms=SIGNATURES)  # type: ignore[arg-type]
        jwt.JWTClaimsRegistry(int(now.timestamp()), LEEWAY, **wanted).validate(found.claims)  # type: ignore[arg-type]
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise _refused(f"the ID token does not hold: {type(error).__name__}") from None
    if found.claims.get("azp", settings.client_id) != settings.client_id or not isinstance(found.claims["sub"], str):
        raise _refused("the ID token is for another")
    return found.claims


def _provider(settings: "SingleSignOn") -> dict[str, str]:
    told = _asked("GET", settings.issuer.rstrip("/") + "/.well-known/openid-configuration")
    if told.get("issuer") != settings.issuer:
        raise _refused("the provider calls itself by another name than api.single_sign_on.issuer")
    found = {}
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        found[name] = str(told.get(name))
        if urlsplit(found[name]).scheme != urlsplit(settings.issuer).scheme:
            raise _refused(f"the provider's {name} is not {urlsplit(settings.issuer).scheme}")
    return found


def _asked(method: str, url: str, **more: Any) -> dict[str, Any]:
    """A JSON object; redirects are not followed, since the code would go with them."""
    import httpx

    try:
        with (
            httpx.Client(timeout=SECONDS, follow_redirects=False, trust_env=False) as client,
            client.stream(method, url, headers={"Accept": "application/json"}, **more) as answer,
        ):
            data = b""
            for part in answer.iter_bytes():
                data += part
                if len(data) > LARGEST:
                    raise _refused("the provider's answer is too large")
            if answer.status_code != 200:
                raise _refused(f"the provider answers {answer.status_code}")
            told = httpx.Response(200, content=data).json()
    except (httpx.HTTPError, ValueError) as error:
        raise _refused(f"the provider cannot be asked: {type(error).__name__}") from None
    if not isinstance(told, dict):
        raise _refused("the provider's answer is no JSON object")
    return told


def _refused(detail: str, fix: str = "") -> Problem:
    return Problem(502, detail, code="single-sign-on", fix=fix or "see api.single_sign_on in the settings, and the provider's log")
