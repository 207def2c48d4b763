"""A session's limits and deadlines."""

from __future__ import annotations

from dataclasses import dataclass

from wppmt.domain.contact_policy import OFF, ContactPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPolicy:
    """Seconds, unless the name says otherwise. What has no default here is a setting: config/default.toml."""

    qr_max: int
    """Codes shown in a row before an unscanned session is closed."""
    send_deadline: float
    """How long a send may wait for WhatsApp's server before it is answered 202."""
    beat_seconds: float
    audit_seconds: float
    """Between two comparisons of what the page holds with the event log."""
    media_bytes: int
    """The largest received file that can be fetched."""
    media_eager: bool
    """Received files are fetched when they arrive, not when somebody asks for them."""
    memory_mb: int
    """A session's budget (PSS of all its processes); 0 = none. Over it, the browser is exchanged when idle."""
    memory_hard_mb: int
    """Over this at once; 0 = twice the budget."""
    copy_seconds: float
    """A browser that lives so long is exchanged in a quiet moment, for a copy of its login; 0 = never."""
    close_deadline: float
    """For a browser to go down by itself: the stop ladder and the copy of its login. Then it is killed."""

    contacts: ContactPolicy = OFF
    """Towards strangers, of sessions that have none of their own."""

    queue_limit: int = 100
    key_seconds: float = 172_800.0
    """How long an idempotency key is known (48 h)."""
    outcome_deadline: float = 300.0
    """After this a message whose fate could not be learnt is reported `unknown`."""
    resend_after: float = 30.0
    """How long a restored page may take to show a message it was handed before it is handed over again."""
    resend_after_reload: float = 3.0
    """The same after a mere reload of the page: the browser has lost nothing, and receipts that WhatsApp held back come
    within this time."""
    open_deadline: float = 150.0
    """From the start slot to the loaded page; longer than the browser's own deadlines together."""
    adopt_deadline: float = 15.0
    """For the adoption of a browser that an earlier daemon left, or for its end."""
    attach_deadline: float = 25.0
    """From the loaded page to the bridge's first notice."""
    screen_deadline: float = 60.0
    """From the bridge's first notice to a QR code or WhatsApp's main screen."""
    offline_grace: float = 10.0
    server_seconds: float = 60.0
    """Between two questions to WhatsApp's server whether it still answers this page."""
    server_retry: float = 20.0
    """After a question without an answer. The page itself notices a dead network within 34 s of silence."""
    server_deadline: float = 15.0
    changed_pause: float = 900.0
    """Until a page that lacks what the gateway uses is opened anew."""
    retake_pause: float = 600.0
    """A login that is replaced again within this after a retake is left to the other side."""
    probe_deadline: float = 5.0
    logout_deadline: float = 60.0
    call_deadline: float = 15.0
    media_deadline: float = 60.0
    """For each step of moving a file into or out of the page."""
    limits_seconds: float = 3600.0
    """Between two questions for WhatsApp's limits on new contacts; a change is told in between."""
    limit_pause: float = 3600.0
    """How long no new contact is written to after WhatsApp has refused one, where it does not tell the end."""
    ack_sends: int = 3
    """So many sends without an acknowledgement, each for `ack_seconds`, make the connection suspect."""
    ack_seconds: float = 60.0
    ack_patience: float = 600.0
    """How long a connection that no measure has repaired counts as broken before it is tried again."""
    idle_seconds: float = 60.0
    recycle_pause: float = 300.0
    """At least so long between two exchanges."""
    wake_deadline: float = 15.0
    """For a hibernating session that is needed to be there; then it is told as any other that reconnects."""
    secret_overlap: float = 86_400.0
    """How long a rotated signing secret stays valid."""
