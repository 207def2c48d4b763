"""Refusals of the control API and of the page's requests: what the caller asked for cannot be done."""


class Refused(Exception):
    """``status`` is the HTTP status of the control API; ``code`` is stable, ``text`` is for people."""

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.code = code
        self.text = text


def not_found(what: str) -> Refused:
    return Refused(404, "NOT_FOUND", f"{what} não existe no simulador")


def invalid(text: str) -> Refused:
    return Refused(400, "INVALID_REQUEST", text)
