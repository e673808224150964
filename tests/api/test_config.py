"""Settings are shown without secrets, and a change is checked, written whole and kept from before."""

import os

import pytest

from vedette.cli.main import main
from vedette.config import edit
from vedette.model.errors import ConfigError

TEXT = """# the web servers
keep:
  age: 7d
sources:
  - type: http_pull
    url: https://logs.example.org/v1   # the provider's
    params: {api_key: s3cr3t}
    key_env: LOGS_KEY
    headers: {X-Secret: "hush \\" hush"}
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "vedette.yaml"
    path.write_text(TEXT)
    path.chmod(0o640)
    return path


def test_what_is_in_force_and_where_it_comes_from(make, file, monkeypatch) -> None:
    monkeypatch.setenv("VEDETTE_KEEP__SIZE", "2GB")
    shown = make(file).signed_in("admin").get("/api/v1/config")
    told = shown.json()
    assert told["settings"]["keep"] == {"age": "7d", "size": "2GB", "free": "200MB"}
    assert told["origins"]["keep.age"] == "vedette.yaml:3"
    assert told["origins"]["keep.size"] == "environment VEDETTE_KEEP__SIZE"
    assert "keep.free" not in told["origins"]
    assert "LOGS_KEY" in shown.text
    assert "# the provider's" in told["text"]
    assert "s3cr3t" not in shown.text
    assert "hush" not in shown.text


def test_a_change_keeps_the_secrets_the_comments_and_what_was_before(make, file) -> None:
    admin = make(file).signed_in("admin")
    shown = admin.get("/api/v1/config")
    changed = shown.json()["text"].replace("age: 7d", "age: 9d")
    answer = admin.put("/api/v1/config", json={"text": changed}, headers={"If-Match": shown.headers["etag"]})
    assert answer.status_code == 200, answer.text
    assert answer.json()["changed"] == {"keep.age": {"before": "7d", "after": "9d"}}
    assert file.read_text() == TEXT.replace("7d", "9d")
    assert file.with_name("vedette.yaml.before").read_text() == TEXT
    assert file.stat().st_mode & 0o777 == file.with_name("vedette.yaml.before").stat().st_mode & 0o777 == 0o640
    stale = admin.put("/api/v1/config", json={"text": changed}, headers={"If-Match": shown.headers["etag"]})
    assert stale.status_code == 412
    assert admin.get("/api/v1/config", headers={"If-None-Match": shown.headers["etag"]}).status_code == 200
    fresh = admin.get("/api/v1/config").headers["etag"]
    assert admin.get("/api/v1/config", headers={"If-None-Match": fresh}).status_code == 304


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("keep:\n  aeg: 7d\ntime_zone: Mars\n", ["vedette.yaml:2: no setting named 'aeg'; did you mean 'age'?", "vedette.yaml:3:"]),
        ("keep: [\n", ["not YAML"]),
        ("a: &a [*a]\n", ["vedette.yaml:1"]),
        ("time_zone: (hidden)\nkeep: {}\n", ["line 1: (hidden) stands for a secret"]),
    ],
)
@pytest.mark.parametrize("how", [("PUT", "/api/v1/config"), ("POST", "/api/v1/config/check")])
def test_a_broken_one_is_refused_with_its_lines_and_the_old_one_kept(make, file, text, said, how) -> None:
    answer = make(file).signed_in("admin").request(*how, json={"text": text})
    assert answer.status_code == 422
    for each in said:
        assert any(each in fault for fault in answer.json()["errors"]), answer.json()
    assert file.read_text() == TEXT
    assert sorted(p.name for p in file.parent.glob("*vedette.yaml*")) == ["vedette.yaml"]


def test_check_says_what_would_change_and_changes_nothing(make, file) -> None:
    admin = make(file).signed_in("admin")
    text = edit.shown(TEXT).replace("7d", "8d").replace("example.org", "example.net")
    answer = admin.post("/api/v1/config/check", json={"text": TEXT.replace("7d", "8d").replace("s3cr3t", "other")})
    assert answer.json()["changed"]["keep.age"] == {"before": "7d", "after": "8d"}
    assert answer.json()["changed"]["sources.0.settings.params.api_key"] == {"before": "(hidden)", "after": "(hidden)"}
    assert "-  age: 7d\n+  age: 8d\n" in answer.json()["diff"]
    assert "s3cr3t" not in answer.text
    assert file.read_text() == TEXT
    assert "(hidden)" in text


def test_reload_has_the_agent_look_again(make, file) -> None:
    os.utime(file, (1, 1))
    assert make(file).signed_in("admin").post("/api/v1/config").status_code == 202
    assert file.stat().st_mtime > 1


def test_a_secret_is_restored_in_its_own_place_only() -> None:
    address = "url: https://reader:one@logs.example.org/?q=1  # theirs\n"
    assert edit.shown(address) == 'url: "(hidden)"  # theirs\n'
    assert edit.restored('url: "(hidden)"\n', address) == address.replace("  # theirs", "")
    before = "channels:\n  - {type: x, token: one}\n  - {type: y, token: 'two: 2'}\n"
    assert edit.shown(before) == 'channels:\n  - {type: x, token: "(hidden)"}\n  - {type: y, token: "(hidden)"}\n'
    assert edit.restored(edit.shown(before), before) == before
    with pytest.raises(ConfigError, match="line 4"):
        edit.restored(edit.shown(before) + '  - {type: z, token: "(hidden)"}\n', before)


HOOKS = (
    "https://hooks.slack.com/services/T0AAAAAAA/B0AAAAAAA/h00kS3cr3th00kS3cr3t",
    "https://discord.com/api/webhooks/123456789012345678/h00kS3cr3t-x_y",
    "https://example.webhook.office.com/webhookb2/1-2@3/IncomingWebhook/h00kS3cr3t/4",
    "https://chat.example.org:8443/hooks/h00kS3cr3t",
    "https://chat.example.org?token=h00kS3cr3t",
    "HTTPS://chat.example.org/#h00kS3cr3t",
)


@pytest.mark.parametrize("hook", HOOKS)
def test_of_the_address_of_a_webhook_only_the_host_is_shown(make, tmp_path, capsys, hook) -> None:
    config = tmp_path / "vedette.yaml"
    text = f"channels:\n  - {{type: webhook, name: chat, url: '{hook}'}}\n"
    config.write_text(text)
    admin = make(config).signed_in("admin")
    host = "/".join(hook.split("?")[0].split("/")[:3])
    for path in ("config", "channels"):
        told = admin.get(f"/api/v1/{path}").text
        assert f"{host}/(hidden)" in told
        assert "h00kS3cr3t" not in told
    with pytest.raises(SystemExit, match="0"):
        main(["config", "show", str(config)])
    printed = capsys.readouterr().out
    assert f"{host}/(hidden)" in printed
    assert "h00kS3cr3t" not in printed
    shown = admin.get("/api/v1/config").json()["text"]
    changed = admin.post("/api/v1/config/check", json={"text": shown.replace("chat", "talk", 1) + "keep: {age: 8d}\n"})
    assert changed.status_code == 200
    assert "h00kS3cr3t" not in changed.text
    match = {"If-Match": admin.get("/api/v1/config").headers["ETag"]}
    written = admin.put("/api/v1/config", json={"text": shown + "keep: {age: 8d}\n"}, headers=match)
    assert written.status_code == 200
    assert "h00kS3cr3t" not in written.text
    assert config.read_text() == text + "keep: {age: 8d}\n"


def test_a_hidden_address_is_restored_for_its_own_host_only() -> None:
    before = "channels: [{url: https://chat.example.org/hooks/one}]\n"
    assert edit.shown(before) == 'channels: [{url: "https://chat.example.org/(hidden)"}]\n'
    assert edit.restored(edit.shown(before), before) == before
    for other in ("https://evil.example/(hidden)", "http://chat.example.org/(hidden)", "https://chat.example.org:1/(hidden)"):
        with pytest.raises(ConfigError, match="line 1"):
            edit.restored(f'channels: [{{url: "{other}"}}]\n', before)
    assert "one" not in edit.shown("channels:\n  - url: &a https://chat.example.org/hooks/one\n    name: *a\n")
    long = "sources: [{url: 'https://logs.example.org/in/0123456789abcdef0123'}]\n"
    assert "0123" not in edit.shown(long)


def test_an_address_that_is_no_secret_is_shown() -> None:
    for text in (
        "base_url: https://models.example.org/v1/of-a-rather-long-name\n",
        "issuer: https://id.example.org/0123456789abcdef0123456789\n",
        "channels: [{url: https://chat.example.org/}]\n", "sources: [{url: https://logs.example.org/v1}]\n",
        "origin: https://console.example.org/vedette\n", "name: see (hidden) things\n",
    ):  # fmt: skip
        assert edit.shown(text) == text
        assert edit.restored(text, "a: 1\n") == text


def test_a_channel_is_tried_and_says_how_it_does(make, tmp_path) -> None:
    from tests.store.made import NOW
    from vedette.model.stored import Commit, Notice
    from vedette.store.store import open_store

    config, written = tmp_path / "vedette.yaml", tmp_path / "out.jsonl"
    config.write_text(
        f"channels:\n  - {{type: file, name: here, path: {written}}}\n"
        "  - {type: webhook, name: there, url: 'https://192.0.2.1:1/x', key_env: HOOK}\n"
    )
    service = make(config)
    with open_store(service.store.directory) as agent:
        agent.commit(Commit(notices=[Notice("here:1", "here", {}), Notice("there:1", "there", {})]), NOW)
        agent.delivered("here:1", NOW)
        agent.failed("there:1", "nobody is there", NOW, NOW)
    client = service.signed_in("admin")
    shown = client.get("/api/v1/channels")
    assert [(c["name"], c["deliveries"], c["last"], c["error"]) for c in shown.json()] == [
        ("here", {"delivered": 1}, "2026-02-01T12:00:00Z", ""), ("there", {"pending": 1}, None, "nobody is there"),
    ]  # fmt: skip
    assert client.post("/api/v1/channels/here/test").json()["delivered"] is True
    assert '"test":true' in written.read_text()
    written.unlink()
    written.mkdir()
    told = client.post("/api/v1/channels/here/test").json()
    assert (told["delivered"], "out.jsonl" in told["said"]) == (False, True)
    assert client.post("/api/v1/channels/nowhere/test").status_code == 404
    assert service.signed_in("responder").post("/api/v1/channels/here/test").status_code == 403
    kept = service.store.audit.entries(what="testChannel")
    assert [entry.detail.split(":")[0] for entry in kept] == ["", "", "not delivered", "delivered"]


@pytest.mark.parametrize(
    "text",
    ["token: &a hunter2\nname: *a\n", "name: &a hunter2\ntoken: *a\n", "password:\n  - hunter2\n", "url: HTTPS://u:hunter2@h/\n"],
)
def test_a_secret_is_hidden_however_it_is_written(text) -> None:
    assert "hunter2" not in edit.shown(text)
