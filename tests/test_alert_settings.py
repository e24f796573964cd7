"""`analytics.alerts`: what it may say, what an error says, and what is never said."""

import json
from datetime import timedelta
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.alert_settings import PORTS, RULES, STATES, Apprise, Smtp, Webhook, http_host
from indexer.config import check_config
from indexer.errors import ConfigError
from scripts import config_schema

HOOK = {"type": "webhook", "url": "https://hooks.example/T0/very-secret"}
MAIL = {"type": "smtp", "host": "mail.example", "from": "a@mail.example", "to": ["b@mail.example"]}
LOGIN = MAIL | {"username": "very-secret", "password_env": "MAIL_PASSWORD"}
AT = "analytics.alerts.channels[0]"


def test_what_is_not_said_has_a_default() -> None:
    alerts = check_config({}, "here").alerts
    assert (alerts.sensitivity, alerts.quiet_days, alerts.repeat_after) == ("normal", 14, None)
    assert (alerts.off, alerts.channels) == ((), ())
    assert check_config({"alerts": {}}, "here").alerts == alerts


def test_channels_have_a_name_of_their_own() -> None:
    given = [HOOK, {"type": "log"}, HOOK, HOOK | {"name": "webhook-2"}, MAIL, {"type": "desktop"}]
    channels = check_config({"alerts": {"channels": given}}, "here").alerts.channels
    names = [channel.label for channel in channels]
    assert names == ["webhook", "log", "webhook-3", "webhook-2", "smtp", "desktop"]
    assert all(channel.states == STATES for channel in channels)
    mail = channels[4]
    assert isinstance(mail, Smtp)
    assert (mail.sender, mail.security, mail.port_used) == ("a@mail.example", "starttls", 587)
    assert PORTS == {"none": 25, "starttls": 587, "tls": 465}


def test_how_soon_an_alert_speaks_again() -> None:
    for text, expected in {"12h": timedelta(hours=12), "7d": timedelta(days=7)}.items():
        assert check_config({"alerts": {"repeat_every": text}}, "").alerts.repeat_after == expected


@pytest.mark.parametrize(
    ("alerts", "words"),
    [
        (5, "analytics.alerts: found (not shown), allowed: an object"),
        ({"quiet": 1}, 'found "quiet" (text), allowed: one of sensitivity, quiet_days'),
        ({"quiet_days": 366}, "alerts.quiet_days: found 366 (number), allowed: a whole number"),
        ({"quiet_days": True}, "alerts.quiet_days: found true (true or false)"),
        ({"sensitivity": "max"}, 'alerts.sensitivity: found "max" (text), allowed: low, normal'),
        ({"repeat_every": "12"}, 'alerts.repeat_every: found "12" (text), allowed: hours or days'),
        ({"repeat_every": "0d"}, 'alerts.repeat_every: found "0d" (text)'),
        ({"repeat_every": "1d\n"}, "alerts.repeat_every: found"),
        ({"off": ["rain"]}, 'alerts.off[0]: found "rain" (text), allowed: a list of rules'),
        ({"channels": [HOOK] * 21}, "channels: found (not shown), allowed: a list of at most 20"),
    ],
)
def test_a_wrong_value_is_named(alerts: Any, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        check_config({"alerts": alerts}, "project_config.json")
    assert str(caught.value).startswith("project_config.json: analytics.alerts")
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("channel", "words"),
    [
        ("very-secret", f"{AT}: found (not shown), allowed: a channel, which is an object"),
        ({}, f"{AT}.type: found null, allowed: one of webhook, smtp, apprise, log, desktop"),
        ({"type": "fax"}, f'{AT}.type: found "fax" (text), allowed: one of webhook, smtp'),
        ({"type": "slack://very-secret"}, f"{AT}.type: found (not shown), allowed: one of web"),
        ({"type": "log", "x://very-secret": 1}, f"{AT}: found (not shown), allowed: one of"),
        ({"type": "log", "url": "very-secret"}, f'{AT}: found "url" (text), allowed: one of'),
        ({"type": "webhook"}, f"{AT}.url_file: found null, allowed: exactly one of url, url_env"),
        (HOOK | {"url_env": "A"}, f"{AT}.url_env: found (not shown), allowed: exactly one of url"),
        (HOOK | {"url": "very-secret"}, f"{AT}.url: found (not shown), allowed: an http or https"),
        (HOOK | {"url": ["very-secret"]}, f"{AT}.url: found (not shown), allowed: an http or"),
        (HOOK | {"secret_env": "very-secret"}, f"{AT}.secret_env: found (not shown), allowed"),
        (HOOK | {"secret_file": "very-secret"}, f"{AT}.secret_file: found (not shown), allowed"),
        (HOOK | {"secret_env": "A", "secret_file": "/a"}, "allowed: at most one of secret_env"),
        (HOOK | {"states": ["BAD"]}, f'{AT}.states[0]: found "BAD" (text), allowed: a list of W'),
        (HOOK | {"name": "a\nb"}, f"{AT}.name: found"),
        (HOOK | {"name": "\ud800"}, f"{AT}.name: found (not shown), allowed: text without half"),
        ({"type": "apprise", "url": "very-secret"}, f"{AT}.url: found (not shown), allowed: an a"),
        ({"type": "smtp"}, f"{AT}.host: found null, allowed: the name or address of a mail"),
        (MAIL | {"to": []}, f"{AT}.to: found (not shown), allowed: a list of 1 to 50"),
        (MAIL | {"to": ["a@b\nBcc: c@d"]}, f"{AT}.to[0]: found"),
        (MAIL | {"from": "a@b\n"}, f"{AT}.from: found"),
        (MAIL | {"port": 0}, f"{AT}.port: found 0 (number), allowed: a number from 1 to 65535"),
        (MAIL | {"security": "ssl"}, f'{AT}.security: found "ssl" (text), allowed: none, start'),
        (MAIL | {"username": "very-secret"}, f"{AT}.password_file: found null, allowed: exactly"),
        (MAIL | {"password_env": "A"}, f"{AT}.username: found null, allowed: a name to log in"),
        (LOGIN | {"security": "none"}, f'{AT}.security: found "none" (text), allowed: starttls or'),
        (LOGIN | {"password": "very-secret"}, f'{AT}: found "password" (text), allowed: one of'),
    ],
)
def test_a_wrong_channel_is_named_without_its_secrets(channel: Any, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        check_config({"alerts": {"channels": [channel]}}, "here")
    assert words in str(caught.value)
    assert "very-secret" not in str(caught.value)


def test_two_channels_of_one_name() -> None:
    channels = [{"type": "log", "name": "A"}, {"type": "desktop", "name": "a"}]
    with pytest.raises(ConfigError, match=r"channels\[1\].name: found .* no other channel has"):
        check_config({"alerts": {"channels": channels}}, "here")


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126)), st.booleans())
def test_no_address_is_in_a_repr_or_an_error(text: str, webhook: bool) -> None:
    secret = f"S3CRET{text.replace('#', '')}"
    url = f"{'https' if webhook else 'json'}://host.example/{secret}"
    channel = {"type": "webhook" if webhook else "apprise", "url": url}
    config = check_config({"alerts": {"channels": [channel]}}, "here")
    (found,) = config.alerts.channels
    assert isinstance(found, Webhook | Apprise)
    assert found.url == url
    assert dict(found.__rich_repr__()) == {"name": channel["type"]}
    assert "S3CRET" not in repr(config)
    with pytest.raises(ConfigError) as caught:
        check_config({"alerts": {"channels": [channel | {"url": f"{url} "}]}}, "here")
    assert "S3CRET" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://a.example/b?c=d", "a.example"),
        ("HTTP://[::1]:8080/", "::1"),
        ("ftp://a.example/", None),
        ("file:///etc/passwd", None),
        ("https://user:pass@a.example/", None),
        ("https://a.example/ b", None),
        ("https://a.example/\n", None),
        ("https://a.example:99999/", None),
        ("https://[::1/", None),
        ("https:///path", None),
        ("https://ä.example/", None),
    ],
)
def test_where_a_webhook_may_lead(url: str, host: str | None) -> None:
    assert http_host(url) == host


@pytest.mark.parametrize(
    ("alerts", "fits"),
    [
        ({"sensitivity": "high", "off": list(RULES), "repeat_every": "2d"}, True),
        ({"channels": [HOOK, LOGIN, {"type": "log", "states": ["ALERT"]}]}, True),
        ({"channels": [{"type": "fax"}]}, False),
        ({"channels": [HOOK | {"secret": "a"}]}, False),
        ({"off": ["rain"]}, False),
        ({"repeat_every": "2w"}, False),
    ],
)
def test_editors_are_told_the_same(alerts: dict[str, Any], fits: bool) -> None:
    section = {"alerts": alerts}
    assert jsonschema_rs.is_valid(json.loads(config_schema.text()), section) is fits
    if fits:
        check_config(section, "here")
    else:
        with pytest.raises(ConfigError):
            check_config(section, "here")
