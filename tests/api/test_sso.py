"""Single sign-on against a provider of our own that does what it is told, also wrongly."""

import base64
import hmac
import json
import threading
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.api.conftest import OWN


def unpadded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Provider:
    """`claims`: what is said of the user; `key`, `algorithm`: how it is signed."""

    def __init__(self) -> None:
        self.published = RSAKey.generate_key(2048, {"kid": "one"})
        self.key, self.algorithm = self.published, "RS256"
        self.claims: dict = {}
        self.asked: dict = {}
        self.tokens: list[dict] = []
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path.endswith("openid-configuration"):
                    url = provider.issuer
                    places = {"authorization_endpoint": f"{url}/go", "token_endpoint": f"{url}/token", "jwks_uri": f"{url}/keys"}
                    self.answer({"issuer": url, **places})
                else:
                    self.answer({"keys": [provider.published.as_dict(private=False)]})

            def do_POST(self) -> None:
                form = {k: v[0] for k, v in parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()).items()}
                provider.tokens.append({**form, "authorization": self.headers["Authorization"]})
                self.answer({"id_token": provider.token()})

            def answer(self, told: dict) -> None:
                data = json.dumps(told).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def token(self) -> str:
        claims = {
            "iss": self.issuer, "aud": "vedette", "sub": "1234", "nonce": self.asked.get("nonce"), "exp": 1_770_000_000,
            "preferred_username": "Ana", "groups": ["soc"], **self.claims,
        }  # fmt: skip
        if self.algorithm in ("none", "HS256"):  # by hand: no library makes these
            head = ".".join(unpadded(json.dumps(part).encode()) for part in ({"alg": self.algorithm, "kid": "one"}, claims))
            public = self.published.as_pem(private=False)
            return f"{head}.{unpadded(hmac.digest(public, head.encode(), 'sha256')) if self.algorithm == 'HS256' else ''}"
        return jwt.encode({"alg": self.algorithm, "kid": "one"}, claims, self.key, algorithms=[self.algorithm])


@pytest.fixture
def provider():
    made = Provider()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def sso(make, provider, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("s3cr3t")
    roles = {"soc": "responder", "leads": "admin", "guests": "viewer"}
    return make(single_sign_on={"issuer": provider.issuer, "client_id": "vedette", "secret": {"key_file": secret}, "roles": roles})


def go(service, provider, client=None):
    """To the provider: what it is asked, and the browser that went."""
    client = client or service.client()
    answer = client.get("/api/v1/auth/sso", follow_redirects=False)
    assert answer.status_code == 303
    provider.asked = {k: v[0] for k, v in parse_qs(urlsplit(answer.headers["location"]).query).items()}
    return client


def back(client, provider, **more):
    query = {"state": provider.asked["state"], "code": "c0de", **more}
    return client.get("/api/v1/auth/sso/callback", params=query, follow_redirects=False)


def test_there_and_back(sso, provider) -> None:
    client = go(sso, provider)
    assert provider.asked["redirect_uri"] == "http://localhost/api/v1/auth/sso/callback"
    assert provider.asked["scope"] == "openid profile"
    answer = back(client, provider)
    assert (answer.status_code, answer.headers["location"]) == (303, "/"), answer.text
    me = client.get("/api/v1/auth/me").json()
    assert (me["name"], me["role"], me["password"]) == ("ana", "responder", False)
    (asked,) = provider.tokens
    assert unpadded(sha256(asked["code_verifier"].encode()).digest()) == provider.asked["code_challenge"]
    assert base64.b64decode(asked["authorization"].split()[1]) == b"vedette:s3cr3t"
    (entry,) = sso.store.audit.entries()
    assert (entry.who, entry.what, entry.result, entry.detail) == ("ana", "endSingleSignOn", 303, "by single sign-on")
    assert sso.store.accounts.user("ana").sso
    assert sso.client().get("/api/v1/auth/ways").json() == {"password": True, "single_sign_on": True}


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://other.example.org"}, {"aud": "another"}, {"nonce": "another"}, {"nonce": None}, {"exp": 1_000_000_000},
        {"exp": None}, {"sub": None}, {"sub": 7}, {"azp": "another"}, {"aud": ["vedette", "x"], "azp": "x"}, {"preferred_username": None},
    ],
)  # fmt: skip
def test_a_token_that_does_not_hold_signs_nobody_in(sso, provider, claims) -> None:
    provider.claims = claims
    client = go(sso, provider)
    assert back(client, provider).status_code == 502
    assert client.get("/api/v1/auth/me").status_code == 401
    assert sso.store.accounts.user("ana") is None


@pytest.mark.parametrize("how", ["none", "HS256", "another key"])
def test_a_signature_that_is_not_the_providers(sso, provider, how) -> None:
    if how == "another key":
        provider.key = RSAKey.generate_key(2048)
    else:  # HS256: with the public key, which everybody has, as the secret
        provider.algorithm = how
    client = go(sso, provider)
    assert back(client, provider).status_code == 502
    assert client.get("/api/v1/auth/me").status_code == 401


def test_only_in_the_browser_that_began_it_once_and_soon(sso, provider) -> None:
    client = go(sso, provider)
    assert back(sso.client(), provider).status_code == 400, "somebody else's browser"
    assert back(client, provider, state="another").status_code == 400
    assert back(client, provider, code="").status_code == 401
    assert back(client, provider).status_code == 400, "used up"
    client = go(sso, provider)
    sso.later(minutes=10)
    assert back(client, provider).status_code == 400
    client = go(sso, provider)
    assert back(client, provider).status_code == 303
    assert provider.tokens[1:] == []


def test_groups_give_the_role_each_time(sso, provider) -> None:
    assert back(client := go(sso, provider), provider).status_code == 303
    provider.claims = {"groups": ["guests", "leads", "others"]}
    assert back(other := go(sso, provider), provider).status_code == 303
    assert other.get("/api/v1/auth/me").json()["role"] == "admin"
    assert client.get("/api/v1/auth/me").status_code == 401, "what one was before ends"
    for groups in (["others"], [], None, "others", [["leads"]]):
        provider.claims = {"groups": groups}
        assert back(go(sso, provider), provider).status_code == 403
    assert sso.store.audit.entries()[0].result == 403


def test_nobody_becomes_another_by_their_name(sso, provider) -> None:
    provider.claims = {"preferred_username": "admin"}
    assert back(go(sso, provider), provider).status_code == 403
    provider.claims = {}
    assert back(go(sso, provider), provider).status_code == 303
    provider.claims = {"sub": "another"}
    assert back(go(sso, provider), provider).status_code == 403
    provider.claims = {"preferred_username": "renamed"}  # the subject is who it is
    client = go(sso, provider)
    assert back(client, provider).status_code == 303
    assert client.get("/api/v1/auth/me").json()["name"] == "ana"
    sso.store.accounts.change("ana", sso.now, disabled=True)
    assert back(go(sso, provider), provider).status_code == 403
    provider.claims = {"preferred_username": "no name at all"}
    assert back(go(sso, provider), provider, headers=OWN).status_code == 403


def test_a_provider_that_is_not_there_or_another_is_said(sso, make, provider) -> None:
    assert make().client().get("/api/v1/auth/sso").status_code == 404
    provider.server.shutdown()
    provider.server.server_close()
    answer = sso.client().get("/api/v1/auth/sso", follow_redirects=False)
    assert answer.status_code == 502
    assert answer.json()["fix"]
