"""Where alerts go is the operator's word: it opens the way for alerts, and for nobody else."""

from __future__ import annotations

import pytest

from wppmt.app import watching, wiring
from wppmt.app.policies import alert_policy
from wppmt.app.settings import Settings, load
from wppmt.domain.errors import Refusal, SetupError

URL = "http://127.0.0.1:9123/alertas"


def settings(**environ: str) -> Settings:
    return load({"WPP_SECRET": "s" * 32, "WPP_SIMULATOR": "external", **environ})


def test_the_webhook_of_alerts_is_allowed_by_being_named_and_for_alerts_alone():
    named = settings(WPP_ALERT_WEBHOOK_URL=URL)
    assert str(watching.egress(named).check_url(URL)) == URL
    with pytest.raises(Refusal):
        wiring.webhook_egress(named).check_url(URL)
    with pytest.raises(Refusal):
        watching.egress(named).check_url("http://127.0.0.1:6379/")


@pytest.mark.parametrize("url", ["http://169.254.169.254/latest", "http://[::ffff:0:1]:80/"])
def test_one_that_could_never_be_called_is_refused_at_the_start_by_its_name(url: str):
    with pytest.raises(SetupError, match="WPP_ALERT_WEBHOOK_URL"):
        watching.egress(settings(WPP_ALERT_WEBHOOK_URL=url))


@pytest.mark.parametrize("email", ["ops", "ops@exemplo.com, x", "a@b\nBcc: c@d", "-oQ/tmp"])
def test_what_is_no_mailbox_is_refused(email: str):
    with pytest.raises(SetupError, match="WPP_ALERT_EMAIL"):
        settings(WPP_ALERT_EMAIL=email)


def test_alerts_are_letters_where_somebody_gets_mail():
    both = alert_policy(
        settings(WPP_ALERT_WEBHOOK_URL=URL, WPP_ALERT_EMAIL="ops@exemplo.com,dois@exemplo.com")
    )
    assert both.endpoints == (URL, "mailto:ops@exemplo.com,dois@exemplo.com")
    assert alert_policy(settings()).endpoints == ()


def test_the_thresholds_are_the_documents_unless_they_are_set():
    asked = alert_policy(settings()).thresholds
    assert (asked.memory_share, asked.cpu_share, asked.error_rate) == (0.85, 0.80, 0.05)
    assert (asked.response_seconds, asked.webhooks_failed) == (5.0, 10)
    changed = alert_policy(settings(WPP_ALERT_MEMORY_PERCENT="50", WPP_ALERT_WEBHOOKS_FAILED="3")).thresholds
    assert (changed.memory_share, changed.webhooks_failed) == (0.5, 3)
