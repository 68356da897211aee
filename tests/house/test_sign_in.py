"""The ways to sign in that the guide shows: each lets in whom it should, and nobody else."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from werkzeug.wrappers import Request, Response

from htealeaf.testing import Client
from tests.house.test_guide import programs
from tests.serving import serving

PAGE = Path(__file__).parents[2] / "docs" / "guide" / "sign-in.md"


class Provider:
    """A provider of accounts (OpenID Connect Core 1.0): whoever comes is *person*."""

    def __init__(self) -> None:
        self.url = ""
        self.person: dict[str, Any] = {"email": "ann@example.com", "email_verified": True}
        self.challenges: dict[str, str] = {}

    def __call__(self, environ: Any, start_response: Any) -> Any:
        return self.answer(Request(environ))(environ, start_response)

    def answer(self, request: Request) -> Response:
        if request.path.startswith("/.well-known/"):
            names = ("authorization", "token", "userinfo")
            return answered({f"{name}_endpoint": f"{self.url}/{name}" for name in names})
        if request.path == "/token":
            challenge = self.challenges.pop(request.form["code"], "")
            digest = hashlib.sha256(request.form["code_verifier"].encode()).digest()
            if base64.urlsafe_b64encode(digest).decode().rstrip("=") != challenge:
                return answered({"error": "invalid_grant"}, 400)
            assert request.authorization is not None
            assert request.authorization.username == "the id"
            return answered({"access_token": "a token", "token_type": "Bearer"})
        assert request.headers["Authorization"] == "Bearer a token"
        return answered(self.person)

    def sends_back(self, url: str) -> str:
        """Return where a browser goes that was sent to *url*, once its person has agreed."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert (asked["client_id"], asked["code_challenge_method"]) == ("the id", "S256")
        code = f"code-{len(self.challenges)}"
        self.challenges[code] = asked["code_challenge"]
        back = urlsplit(asked["redirect_uri"])
        assert f"{back.scheme}://{back.netloc}" == "http://localhost"
        return f"{back.path}?code={code}&state={asked['state']}"


def answered(values: Mapping[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(values), status, mimetype="application/json")


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider()
    with serving(made) as made.url:
        yield made


@pytest.fixture
def apps(provider: Provider, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Any]:
    monkeypatch.chdir(tmp_path)
    for name, value in (("ISSUER", provider.url), ("ID", "the id"), ("SECRET", "a secret")):
        monkeypatch.setenv(f"OIDC_{name}", value)
    return [program.names["app"] for program in programs(PAGE, monkeypatch)]


def test_passwords(apps: list[Any]) -> None:
    client = Client(apps[0])
    page = client.open("/")
    assert page.url == "/login"

    page = client.open("/register")
    page.fill("[name=name]", "ann")
    page.fill("[name=password]", "green leaf tea")
    page.submit("#register")
    assert "Hello, ann" in page.soup.text

    page.click("button", text="Sign out")
    assert page.url == "/login"
    for name, password in (("ann", "green leaf"), ("bob", "green leaf tea")):
        page.fill("[name=name]", name)
        page.fill("[name=password]", password)
        page.submit("#log_in")
        assert page.errors == {"": "Name or password is wrong."}
    page.fill("[name=name]", "ann")
    page.submit("#log_in")
    assert "Hello, ann" in page.soup.text

    other = Client(apps[0]).open("/register")
    other.fill("[name=name]", "ann")
    other.fill("[name=password]", "another password")
    other.submit("#register")
    assert other.errors == {"name": "Somebody has that name."}


def test_the_account_of_a_company(apps: list[Any], provider: Provider) -> None:
    client = Client(apps[1])
    back = provider.sends_back(sent_to(client))
    answer = client.get(back)

    assert answer.headers["Location"] == "/"
    assert "Hello, ann@example.com" in client.open("/").soup.text
    # The same address, a second time or in another browser, lets nobody in.
    assert client.get(back).headers["Location"] == "/login"
    assert Client(apps[1]).get(back).headers["Location"] == "/login"


def test_a_code_of_somebody_elses_lets_nobody_in(apps: list[Any], provider: Provider) -> None:
    client, attacker = Client(apps[1]), Client(apps[1])
    sent_to(client)
    back = provider.sends_back(sent_to(attacker))

    assert client.get(back).headers["Location"] == "/login"
    assert client.open("/").url == "/login"


def test_an_address_that_is_not_confirmed_is_nobodys(apps: list[Any], provider: Provider) -> None:
    provider.person["email_verified"] = False
    client = Client(apps[1])

    assert client.get(provider.sends_back(sent_to(client))).status_code == 403
    assert client.open("/").url == "/login"


def sent_to(client: Client) -> str:
    """Press the button; return where the browser is sent."""
    page = client.open("/login")
    form = page.soup.select_one("form:not(#ht)")
    assert form is not None
    fields = {field["name"]: field["value"] for field in page.soup.select("#ht input")}
    answer = client.post(str(form["action"]), data=fields)
    assert answer.status_code == 303
    return str(answer.headers["Location"])


def test_a_proxy_that_has_asked(apps: list[Any]) -> None:
    client = Client(apps[2])
    ann, bob = {"X-Forwarded-User": "ann"}, {"X-Forwarded-User": "bob"}

    assert client.get("/", headers=ann).headers["Location"] == "/login"
    assert client.get("/login", headers=ann).headers["Location"] == "/"
    assert "Hello, ann" in client.get("/", headers=ann).text
    assert client.get("/", headers=bob).headers["Location"] == "/login"
    assert client.get("/").headers["Location"] == "/login"
    assert client.get("/login").status_code == 403
