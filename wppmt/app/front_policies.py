"""How settings become the policies of the HTTP front: plain values."""

from __future__ import annotations

from wppmt.app.policies import all_browsers_stop_seconds, contact_policy, public_url
from wppmt.app.settings import Settings
from wppmt.domain.units import MEGABYTE
from wppmt.http.pairing.policy import PairingPolicy
from wppmt.http.ports import HttpPolicy
from wppmt.http.security.auth import AuthPolicy
from wppmt.http.streaming.policy import StreamPolicy


def auth_policy(settings: Settings) -> AuthPolicy:
    auth = settings.auth
    return AuthPolicy(
        max_lifetime=auth.max_lifetime_seconds,
        issuer=auth.issuer,
        audience=auth.audience,
        require_session_claim=auth.require_session_claim,
    )


def http_policy(settings: Settings) -> HttpPolicy:
    return HttpPolicy(
        max_sessions=settings.sessions.max,
        send_deadline=settings.sessions.send_deadline_seconds,
        close_deadline=all_browsers_stop_seconds(settings),
        default_webhook_url=settings.webhooks.url,
        contact_policy=contact_policy(settings),
        base_url=public_url(settings),
        pairing=PairingPolicy(
            base_url=public_url(settings),
            return_allow=settings.pairing.return_allow,
            frame_ancestors=settings.pairing.frame_ancestors,
        ),
        # The other half of the connections is for requests that end.
        streams=StreamPolicy(most=settings.http.max_connections // 2),
        bodies_bytes=settings.http.bodies_mb * MEGABYTE,
    )
