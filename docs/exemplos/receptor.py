"""Receptor de webhooks em Python, só com a biblioteca padrão.

WEBHOOK_SECRETS=segredos.json python3 receptor.py 8007

Cada sessão tem o seu segredo. segredos.json: {"cliente-001": "whsec_…", "cliente-002": "whsec_…"}
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SEGREDOS = Path(os.environ["WEBHOOK_SECRETS"])
TOLERANCIA = 5 * 60  # segundos
recebidos = set()  # em produção: uma coluna única no banco, gravada junto com o que o evento muda


def segredo_de(sessao):
    """O segredo da sessão, ou None. Em produção: a tabela em que você guarda o webhookSecret de cada sessão."""
    texto = json.loads(SEGREDOS.read_text()).get(sessao)  # lido a cada vez: uma sessão nova vale na hora
    return texto and base64.b64decode(texto.removeprefix("whsec_"))


def leia(corpo):
    """O evento. Até a assinatura ser conferida ele só serve para saber de que sessão diz ser."""
    try:
        evento = json.loads(corpo)
    except ValueError:
        return None
    return evento if isinstance(evento, dict) and isinstance(evento.get("sessionId"), str) else None


def confere(cabecalhos, corpo, segredo):
    """O corpo, byte a byte, veio de quem tem o segredo, e há pouco tempo?"""
    id_evento = cabecalhos.get("webhook-id", "")
    momento = cabecalhos.get("webhook-timestamp", "")
    if not momento.isdecimal() or abs(time.time() - int(momento)) > TOLERANCIA:
        return False
    esperada = hmac.digest(segredo, f"{id_evento}.{momento}.".encode() + corpo, hashlib.sha256)
    # Durante a troca do segredo vêm duas assinaturas, separadas por espaço: basta uma conferir.
    for assinatura in cabecalhos.get("webhook-signature", "").split():
        versao, _, valor = assinatura.partition(",")
        if versao == "v1" and hmac.compare_digest(base64.b64encode(esperada), valor.encode()):
            return True
    return False


def trate(evento):
    """O trabalho real: aqui só mostra. Se demora, coloque em uma fila e responda logo."""
    print(evento["sessionId"], evento["sequence"], evento["event"], flush=True)


class Receptor(BaseHTTPRequestHandler):
    def do_POST(self):
        corpo = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        evento = leia(corpo)
        segredo = evento and segredo_de(evento["sessionId"])
        if not segredo or not confere(self.headers, corpo, segredo):
            self.responda(401)
            return
        if evento["id"] not in recebidos:  # repetições são normais, com o mesmo id
            trate(evento)
            recebidos.add(evento["id"])
        self.responda(204)

    def responda(self, status):
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Receptor).serve_forever()
