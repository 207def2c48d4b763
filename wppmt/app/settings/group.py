"""What every section of the settings is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from wppmt.domain.log import LogLevel


@dataclass(frozen=True, slots=True)
class Env:
    """The environment variable of a setting. A hidden one is never shown: it is, or may contain, a password."""

    name: str
    hidden: bool = False


def lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def split(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


Port = Annotated[int, Field(ge=1, le=65535)]
Seconds = Annotated[float, Field(gt=0, le=86_400)]
Items = Annotated[tuple[str, ...], BeforeValidator(split)]
_HOST = r"([a-zA-Z0-9-]+\.)*[a-zA-Z0-9-]+(:[0-9]{1,5})?"
Origin = Annotated[str, Field(pattern=rf"^https?://{_HOST}$")]
FramingOrigin = Annotated[str, Field(pattern=rf"^https?://(\*\.)?{_HOST}$")]
Level = Annotated[LogLevel, BeforeValidator(lower)]


class SettingsGroup(BaseModel):
    """The settings of one part of the product. A text may be empty where default.toml says what that means."""

    # Built once, within Settings, and not each for itself before.
    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, allow_inf_nan=False, defer_build=True
    )
