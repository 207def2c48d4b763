"""The world that wa-js's functions are called in: people, groups and messages, made before the calls."""

import base64
import io
import subprocess
import time
from pathlib import Path
from typing import Any

from PIL import Image

from wppmt.simulator.client import Simulator

ANA, BRUNO, CARLA = "5511911110001", "5511922220002", "5511933330003"
DIEGO, ELISA, FABIO = "5511944440004", "5511955550005", "5511966660006"
NOBODY = "5511900000000@c.us"
CARLA_LID = "99887766554433@lid"
ABOUT = "Hey there! I am using WhatsApp."


def people(simulator: Simulator) -> None:
    """Ana's is the account that is linked."""
    simulator.register(ANA, "Ana", is_business=True)
    simulator.register(BRUNO, "Bruno", saved=True)
    simulator.register(CARLA, "Carla", lid=CARLA_LID)
    for phone, name in ((DIEGO, "Diego"), (ELISA, "Elisa"), (FABIO, "Fábio")):
        simulator.register(phone, name)


def happenings(simulator: Simulator) -> dict[str, Any]:
    """What is there when the calls begin; keys as ``wa_js_calls.js`` asks for them."""
    call = simulator.call
    group = simulator.create_group("Equipe", [ANA, BRUNO, CARLA])
    other = simulator.create_group("Outro", [BRUNO, CARLA])
    closed = simulator.create_group("Fechado", [ANA, BRUNO])
    call("PATCH", f"/groups/{closed}", {"by": ANA, "approval": True})
    for phone in (ELISA, FABIO):
        call("POST", f"/groups/{closed}/join", {"phone": phone})

    def write(phone: str, to: str, **message: Any) -> str:
        return str(call("POST", f"/accounts/{phone}/messages", {"to": to, **message})["id"])

    def received(message_id: str) -> str:
        return f"false_{BRUNO}@c.us_{message_id}"

    quoted = write(ANA, BRUNO, body="A pergunta")
    poll = write(BRUNO, ANA, type="poll", poll={"question": "Vem?", "options": ["Sim", "Não"]})
    call("POST", f"/accounts/{BRUNO}/vote", {"id": poll, "options": ["Sim"]})
    button = {"index": 0, "quickReplyButton": {"id": "sim", "displayText": "Sim"}}
    in_group = write(BRUNO, group, body="No grupo")
    post = write(BRUNO, "status@broadcast", body="Bom dia")
    return {
        "phone": ANA,
        "me": f"{ANA}@c.us",
        "bruno": f"{BRUNO}@c.us",
        "brunoInGroup": f"{BRUNO}@c.us",
        "carla": CARLA_LID,
        "carlaLid": CARLA_LID,
        "diego": f"{DIEGO}@c.us",
        "stranger": f"{ELISA}@c.us",
        "nobody": NOBODY,
        "about": ABOUT,
        "soon": int(time.time()) + 86400,
        "group": group,
        "other": other,
        "otherCode": call("GET", f"/groups/{other}")["invite"],
        "closed": closed,
        "asking": [f"{ELISA}@c.us", f"{FABIO}@c.us"],
        "received": received(write(BRUNO, ANA, body="Olá")),
        "quoting": received(write(BRUNO, ANA, body="A resposta", quoted=quoted)),
        "quotedBody": "A pergunta",
        "poll": received(poll),
        "buttons": received(write(BRUNO, ANA, type="hsm", body="Aceita?", hydratedButtons=[button])),
        "image": received(write(BRUNO, ANA, media=media(picture(), "image/png", "foto.png"))),
        "voice": received(write(BRUNO, ANA, type="ptt", media=media(b"OggS", "audio/ogg", "voz.ogg"))),
        "inGroup": f"false_{group}_{in_group}_{BRUNO}@c.us",
        "hisStatus": f"false_status@broadcast_{post}_{BRUNO}@c.us",
        "calls": [call("POST", f"/accounts/{BRUNO}/call", {"to": ANA})["id"] for _ in range(3)],
        "picture": data_url(picture(), "image/png"),
    }


def picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 64), "green").save(file, "PNG")
    return file.getvalue()


def video(folder: Path) -> bytes:
    """Half a second of nothing, made by ffmpeg where there is one."""
    path = folder / "video.mp4"
    source = ["-f", "lavfi", "-i", "color=c=green:s=64x64:d=0.5"]
    subprocess.run(["ffmpeg", "-loglevel", "error", *source, "-pix_fmt", "yuv420p", str(path)], check=True)
    return path.read_bytes()


def media(data: bytes, mimetype: str, name: str) -> dict[str, str]:
    return {"base64": base64.b64encode(data).decode(), "mimetype": mimetype, "fileName": name}


def data_url(data: bytes, mimetype: str) -> str:
    return f"data:{mimetype};base64,{base64.b64encode(data).decode()}"
