"""Receptor de webhooks em Python, só com a biblioteca padrão.

WEBHOOK_SECRET=whsec_… python3 receptor.py 8007
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SEGREDO = base64.b64decode(os.environ["WEBHOOK_SECRET"].removeprefix("whsec_"))
TOLERANCIA = 5 * 60  # segundos
recebidos = set()  # em produção: uma coluna única no banco, gravada junto com o que o evento muda


def confere(cabecalhos, corpo):
    """O corpo, byte a byte, veio de quem tem o segredo, e há pouco tempo?"""
    id_evento = cabecalhos.get("webhook-id", "")
    momento = cabecalhos.get("webhook-timestamp", "")
    if not momento.isdecimal() or abs(time.time() - int(momento)) > TOLERANCIA:
        return False
    esperada = hmac.digest(SEGREDO, f"{id_evento}.{momento}.".encode() + corpo, hashlib.sha256)
    # Durante a troca do segredo vêm duas assinaturas, separadas por espaço: basta uma conferir.
    for assinatura in cabecalhos.get("webhook-signature", "").split():
        versao, _, valor = assinatura.partition(",")
        if versao == "v1" and hmac.compare_digest(base64.b64encode(esperada), valor.encode()):
            return True
    return False


def trate(evento):
    """O trabalho de verdade: aqui só mostra. Se demora, ponha numa fila e responda logo."""
    print(evento["sessionId"], evento["sequence"], evento["event"], flush=True)


class Receptor(BaseHTTPRequestHandler):
    def do_POST(self):
        corpo = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if not confere(self.headers, corpo):
            self.responda(401)
            return
        evento = json.loads(corpo)
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
