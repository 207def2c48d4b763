"""What a session may be started with, and what of it may be changed later."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from wppmt.domain.clocks import is_clock, is_time_zone
from wppmt.domain.contact_policy import TAKE_DEFAULT, PolicyChange
from wppmt.domain.hibernation import LONGEST_HOURS, NEVER, HibernationPlan
from wppmt.http.api.schemas import DIGITS, Body, Ignored, Number, ProxyUrl, Url, WantedEvent, is_blank

DAY = 86_400
EngineName = Literal["chrome", "headless-shell", "undetected"]
Seconds = Annotated[float, Field(ge=0, le=DAY)]
Description = Annotated[str, Field(max_length=500)]


class QuietHoursBody(Body):
    start: str = Field(alias="from", examples=["22:00"], description="`HH:MM`")
    end: str = Field(alias="to", examples=["08:00"], description="`HH:MM`; pode ser no dia seguinte")

    @field_validator("start", "end")
    @classmethod
    def _is_clock(cls, text: str) -> str:
        if not is_clock(text):
            raise ValueError("use HH:MM, de 00:00 a 23:59")
        return text

    @model_validator(mode="after")
    def _differ(self) -> QuietHoursBody:
        if self.start == self.end:
            raise ValueError("from e to são o mesmo horário")
        return self


class PolicyBody(Body):
    """What is absent stays as it was."""

    new_contacts_per_day: int | None = Field(
        None, ge=0, le=100_000, examples=[30], description="novos contatos por dia; 0: sem limite"
    )
    warm_up: bool | None = Field(
        None,
        examples=[True],
        description="`true`: no dia N depois da leitura do QR Code, no máximo 5 + 5 × N",
    )
    stranger_gap_seconds: list[Seconds] | None = Field(
        None,
        min_length=2,
        max_length=2,
        examples=[[30, 90]],
        description="mínimo e máximo entre primeiras mensagens a quem nunca escreveu; `[0, 0]`: nenhum",
    )
    quiet_hours: QuietHoursBody | None = Field(
        None, description="quando só se escreve a quem já escreveu; `null`: nunca"
    )
    time_zone: str | None = Field(None, max_length=64, examples=["America/Sao_Paulo"])

    @model_validator(mode="before")
    @classmethod
    def _leave_out_blanks(cls, body: Any) -> Any:
        """Here null says something: no quiet hours."""
        return body

    @field_validator("stranger_gap_seconds")
    @classmethod
    def _is_a_range(cls, gap: list[float] | None) -> list[float] | None:
        if gap and gap[0] > gap[1]:
            raise ValueError("o mínimo passa do máximo")
        return gap

    @field_validator("time_zone")
    @classmethod
    def _is_known(cls, name: str | None) -> str | None:
        if name is not None and not is_time_zone(name):
            raise ValueError("fuso horário desconhecido; use um nome como America/Sao_Paulo")
        return name

    @property
    def change(self) -> PolicyChange:
        gap, quiet = self.stranger_gap_seconds, self.quiet_hours
        says_quiet = "quiet_hours" in self.model_fields_set
        return PolicyChange(
            new_contacts_per_day=self.new_contacts_per_day,
            warm_up=self.warm_up,
            gap=(gap[0], gap[1]) if gap else None,
            quiet=((quiet.start, quiet.end) if quiet else ("", "")) if says_quiet else None,
            time_zone=self.time_zone,
        )


class HibernateBody(Body):
    """The whole plan: what is absent takes its default."""

    idle_minutes: float = Field(ge=0.05, le=1440, examples=[30])
    awake_from: str = Field("", examples=["08:00"])
    awake_to: str = Field("", examples=["20:00"])
    wake_hours: float = Field(LONGEST_HOURS, ge=0.1, le=LONGEST_HOURS, examples=[6])

    @field_validator("awake_from", "awake_to")
    @classmethod
    def _is_clock(cls, text: str) -> str:
        if text and not is_clock(text):
            raise ValueError("use HH:MM, de 00:00 a 23:59")
        return text

    @model_validator(mode="after")
    def _are_hours(self) -> HibernateBody:
        if bool(self.awake_from) is not bool(self.awake_to):
            raise ValueError("awakeFrom e awakeTo vão juntos")
        if self.awake_from and self.awake_from == self.awake_to:
            raise ValueError("awakeFrom e awakeTo são o mesmo horário: a sessão nunca hibernaria")
        return self

    @property
    def plan(self) -> HibernationPlan:
        return HibernationPlan(self.idle_minutes, self.awake_from, self.awake_to, self.wake_hours)


class ChangeBody(Body):
    """What is absent stays as it was; null or an empty text takes the default."""

    description: Description | None = Field(None, examples=["Conta WhatsApp da Empresa ABC"])
    proxy: ProxyUrl | None = Field(
        None,
        examples=["socks5://proxy.exemplo:1080"],
        description="vale a partir do próximo início do navegador (`POST …/restart`)",
    )
    engine: EngineName | Literal[""] | None = Field(
        None,
        examples=["headless-shell"],
        description="em que a página roda; vale a partir do próximo início do navegador. `null`: o padrão do serviço",
    )
    policy: PolicyBody | None = Field(None, description="`null`: o padrão do serviço volta a valer")
    ignore: Ignored | None = Field(None, examples=[["groups", "channels", "status"]])
    hibernate: HibernateBody | None = None

    @property
    def hibernation_plan(self) -> HibernationPlan | None:
        """None where nothing is said of it."""
        if self.hibernate:
            return self.hibernate.plan
        return NEVER if "hibernate" in self.model_fields_set else None

    @property
    def policy_change(self) -> PolicyChange | None:
        """None where nothing is said of it."""
        if self.policy:
            return self.policy.change
        return TAKE_DEFAULT if "policy" in self.model_fields_set else None

    @model_validator(mode="before")
    @classmethod
    def _leave_out_blanks(cls, body: Any) -> Any:
        """Here a blank text is meant."""
        if not isinstance(body, dict):
            return body
        return body | {
            name: "" for name in ("description", "proxy", "engine") if name in body and is_blank(body[name])
        }


class StartBody(Body):
    """docs/MULTI_TENANT_ARCHITECTURE.md 4.2.1: everything is optional; what is absent stays as it was."""

    webhook_url: Url | None = Field(None, examples=["https://turbozap.com/webhook/cliente-001"])
    description: Description | None = Field(None, examples=["Conta WhatsApp da Empresa ABC"])
    events: list[WantedEvent] | None = Field(
        None, min_length=1, max_length=20, examples=[["message_received", "message_ack", "connection_change"]]
    )
    max_messages_per_day: int | None = Field(None, ge=0, le=1_000_000, examples=[35])
    phone: Number | None = Field(
        None, description=f"Pede um código de pareamento em vez do QR Code: {DIGITS}"
    )
    proxy: ProxyUrl | None = Field(
        None,
        examples=["http://usuario:senha@proxy.exemplo:3128"],
        description="proxy só do navegador desta sessão; vale a partir do próximo início do navegador",
    )
    engine: EngineName | None = Field(
        None,
        examples=["headless-shell"],
        description="em que a página desta sessão roda; vale a partir do próximo início do navegador",
    )
    policy: PolicyBody | None = None
    ignore: Ignored | None = Field(None, examples=[["groups", "channels", "status"]])
    hibernate: HibernateBody | None = None

    @property
    def hibernation_plan(self) -> HibernationPlan | None:
        """None where nothing is said of it; null says nothing."""
        return self.hibernate.plan if self.hibernate else None

    @property
    def policy_change(self) -> PolicyChange | None:
        """None where nothing is said of it; null says nothing."""
        return self.policy.change if self.policy else None


class CreateBody(StartBody):
    """docs/MULTI_TENANT_ARCHITECTURE.md 3.2: the same with the session's id in the body."""

    session_id: str = Field(max_length=128, examples=["cliente-001"])
