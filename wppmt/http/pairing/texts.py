"""What the pairing page says, in Portuguese and in English."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from wppmt.store.records import LinkEnd

Texts = Mapping[str, str]


class Dead(StrEnum):
    """Pages of what is no link."""

    UNKNOWN = "unknown"
    TOO_MANY = "too_many"


PORTUGUESE: Texts = {
    "lang": "pt-BR",
    "other": "en",
    "otherName": "English",
    "title": "Conectar o WhatsApp",
    "account": "Conta",
    "steps": "Etapas",
    "stepPreparing": "Preparar",
    "stepScan": "Ler o código",
    "stepDone": "Conectado",
    "preparing": "Preparando a conexão. Isso leva alguns segundos…",
    "scan": "Pronto: siga os passos abaixo.",
    "linking": "Código lido. Conectando… deixe o WhatsApp aberto no celular; pode levar um minuto.",
    "waiting": "Sem resposta do servidor. Tentando de novo…",
    "busy": "O servidor está ocupado agora. Esta página tenta de novo sozinha.",
    "trouble": "A conexão não abriu. Esta página tenta de novo sozinha; se demorar, peça um novo link a quem o enviou.",
    "passkey": (
        "O WhatsApp pediu uma chave de acesso (passkey), que não pode ser usada aqui. Confirme no celular o que ele pede e"
        " peça um novo link a quem o enviou."
    ),
    "how": "Como você quer conectar?",
    "byQr": "Ler o QR Code com o celular",
    "byCode": "Digitar um código no celular",
    "qrAlt": "QR Code para ler com o WhatsApp",
    "qrNext": "O código está sendo trocado…",
    "qrStep1": "Abra o WhatsApp no celular.",
    "qrStep2": "Toque em Mais opções (⋮) ou em Configurações, depois em Aparelhos conectados.",
    "qrStep3": "Toque em Conectar um aparelho e aponte a câmera para este código.",
    "qrLive": "O código muda sozinho de tempos em tempos: não é preciso recarregar a página.",
    "codeNumber": "Número do WhatsApp, com DDD",
    "codeFor": "Para o WhatsApp do número com final",
    "codeAsk": "Receber o código",
    "codeAgain": "Receber outro código",
    "codeComes": "O código está sendo pedido ao WhatsApp…",
    "codeYours": "Seu código",
    "codeCopy": "Copiar",
    "codeCopied": "Copiado",
    "codeFailed": "O WhatsApp não deu um código para este número. Confira o número, ou use o QR Code.",
    "codeWrong": "Confira o número: use o DDD e, fora do Brasil, o código do país com +.",
    "codeOther": "Este link é de outro número. Use o número que foi combinado.",
    "codeMany": "Já foram pedidos códigos demais por este link. Use o QR Code.",
    "codeStep1": "No celular, abra o WhatsApp e vá em Aparelhos conectados.",
    "codeStep2": "Toque em Conectar um aparelho e depois em Conectar com número de telefone.",
    "codeStep3": "Digite o código acima. O WhatsApp também pode mostrar um aviso: toque nele.",
    "done": "WhatsApp conectado",
    "doneText": "Tudo certo. Você já pode fechar esta página e usar o celular como sempre.",
    "back": "Voltar",
    "safe": "Só continue se foi você quem pediu esta conexão. Ninguém precisa da sua senha nem de códigos recebidos por SMS.",
    "noscript": "Para mostrar o código, esta página precisa de JavaScript.",
    "usedTitle": "Este link já foi usado",
    "usedText": "O WhatsApp foi conectado por ele. Não é preciso fazer mais nada.",
    "expiredTitle": "Este link venceu",
    "expiredText": "Ele valia só por algum tempo. Peça um novo a quem o enviou.",
    "replacedTitle": "Este link foi trocado por outro",
    "replacedText": "Use o link mais novo que você recebeu.",
    "revokedTitle": "Este link foi cancelado",
    "revokedText": "Quem o enviou o cancelou. Se ainda quiser conectar, peça um novo.",
    "codes_spentTitle": "Os códigos acabaram",
    "codes_spentText": "Nenhum código foi lido a tempo. Peça um novo link e deixe o celular à mão antes de abri-lo.",
    "wrong_phoneTitle": "Este não é o número esperado",
    "wrong_phoneText": (
        "O celular que leu o código tem outro número, e por isso foi desconectado. Nada foi enviado por ele. Peça um novo"
        " link e use o número combinado."
    ),
    "unknownTitle": "Este link não existe",
    "unknownText": "Confira se o endereço foi copiado inteiro, ou peça um novo a quem o enviou.",
    "too_manyTitle": "Tentativas demais",
    "too_manyText": "Espere um minuto e abra de novo o link que você recebeu.",
}
ENGLISH: Texts = {
    "lang": "en",
    "other": "pt-BR",
    "otherName": "Português",
    "title": "Connect WhatsApp",
    "account": "Account",
    "steps": "Steps",
    "stepPreparing": "Prepare",
    "stepScan": "Scan the code",
    "stepDone": "Connected",
    "preparing": "Preparing the connection. This takes a few seconds…",
    "scan": "Ready: follow the steps below.",
    "linking": "Code scanned. Connecting… keep WhatsApp open on the phone; this may take a minute.",
    "waiting": "No answer from the server. Trying again…",
    "busy": "The server is busy right now. This page tries again by itself.",
    "trouble": "The connection did not open. This page tries again by itself; if it takes long, ask for a new link.",
    "passkey": (
        "WhatsApp asked for a passkey, which cannot be used here. Confirm on the phone what it asks for, and ask for a new"
        " link."
    ),
    "how": "How do you want to connect?",
    "byQr": "Scan the QR code with the phone",
    "byCode": "Type a code on the phone",
    "qrAlt": "QR code to scan with WhatsApp",
    "qrNext": "The code is being renewed…",
    "qrStep1": "Open WhatsApp on the phone.",
    "qrStep2": "Tap More options (⋮) or Settings, then Linked devices.",
    "qrStep3": "Tap Link a device and point the camera at this code.",
    "qrLive": "The code changes by itself from time to time: there is no need to reload the page.",
    "codeNumber": "WhatsApp number, with the country code and +",
    "codeFor": "For the WhatsApp of the number ending in",
    "codeAsk": "Get the code",
    "codeAgain": "Get another code",
    "codeComes": "Asking WhatsApp for the code…",
    "codeYours": "Your code",
    "codeCopy": "Copy",
    "codeCopied": "Copied",
    "codeFailed": "WhatsApp gave no code for this number. Check the number, or use the QR code.",
    "codeWrong": "Check the number: it needs the country code and +.",
    "codeOther": "This link is for another number. Use the one that was agreed on.",
    "codeMany": "Too many codes were asked for with this link. Use the QR code.",
    "codeStep1": "On the phone, open WhatsApp and go to Linked devices.",
    "codeStep2": "Tap Link a device, then Link with phone number instead.",
    "codeStep3": "Type the code above. WhatsApp may also show a notification: tap it.",
    "done": "WhatsApp is connected",
    "doneText": "All done. You may close this page and use the phone as always.",
    "back": "Go back",
    "safe": "Go on only if you asked for this connection. Nobody needs your password or codes that come by SMS.",
    "noscript": "This page needs JavaScript to show the code.",
    "usedTitle": "This link has been used",
    "usedText": "WhatsApp was connected with it. There is nothing more to do.",
    "expiredTitle": "This link has expired",
    "expiredText": "It was good for some time only. Ask for a new one.",
    "replacedTitle": "This link was replaced by another",
    "replacedText": "Use the newest link that you got.",
    "revokedTitle": "This link was cancelled",
    "revokedText": "It was taken back. If you still want to connect, ask for a new one.",
    "codes_spentTitle": "There are no codes left",
    "codes_spentText": "No code was scanned in time. Ask for a new link, and have the phone at hand before you open it.",
    "wrong_phoneTitle": "This is not the expected number",
    "wrong_phoneText": (
        "The phone that scanned the code has another number, so it was disconnected. Nothing was sent by it. Ask for a new"
        " link and use the number that was agreed on."
    ),
    "unknownTitle": "There is no such link",
    "unknownText": "Check whether the address was copied whole, or ask for a new one.",
    "too_manyTitle": "Too many attempts",
    "too_manyText": "Wait a minute and open the link that you got again.",
}
LANGUAGES: Mapping[str, Texts] = {"pt-BR": PORTUGUESE, "en": ENGLISH}


def texts_for(language: str | None) -> Texts:
    """Portuguese, unless English was chosen."""
    return LANGUAGES.get(language or "", PORTUGUESE)


def ending(texts: Texts, end: LinkEnd | Dead) -> tuple[str, str]:
    """Title and text of the page of what is over."""
    return texts[f"{end}Title"], texts[f"{end}Text"]
