"""What each field of the API means, in Portuguese: one text for one word, whichever bodies it stands in.

A field whose model says it differently has its text there (`Field(description=…)`), or here as `Model.field`.
"""

from __future__ import annotations

from collections.abc import Mapping

FIELD_TEXTS: Mapping[str, str] = {
    # Sessions
    "sessionId": "id da sessão: letras minúsculas, dígitos e hífens",
    "status": (
        "estado da sessão: `initializing` (abrindo), `waiting_scan` (aguardando a leitura do QR Code), `connected`, "
        "`disconnected` (encerrada), `phone_disconnected`, `reconnecting`, `error`"
    ),
    "previousStatus": "estado anterior da sessão",
    "reason": "por que a sessão está neste estado, em uma frase para pessoas",
    "reasonCode": "o mesmo motivo, em um código estável para programas",
    "since": "desde quando a sessão está neste estado",
    "phone": "número de WhatsApp da sessão, só dígitos; `null` enquanto não há login",
    "pushname": "nome do perfil no WhatsApp",
    "platform": "sistema do celular, como o WhatsApp informa",
    "connectedAt": "quando a sessão se conectou pela última vez",
    "lastActivity": "última mensagem enviada ou recebida",
    "messagesSent": "mensagens enviadas desde a criação da sessão",
    "messagesReceived": "mensagens recebidas desde a criação da sessão",
    "description": "texto livre, para identificar a sessão",
    "maxMessagesPerDay": "limite diário combinado com o cliente: guardado e devolvido, não aplicado pelo wppmt",
    "restarts": "quantas vezes o navegador da sessão foi reaberto depois de uma falha",
    "memoryMb": "memória do navegador da sessão, em MB; `null`: ainda não medida",
    "createdAt": "quando a sessão foi criada",
    "pairingCode": "código para digitar no celular, se a sessão foi iniciada com `phone`",
    "qrCode": "QR Code para ler no celular, como imagem PNG em data URL; `null`: não há o que ler",
    "expiresAt": "até quando este código vale",
    "sessions": "as sessões que o token alcança",
    "count": "quantos itens há nesta resposta",
    "success": "`true`: feito; `false`: recusado, e `error` diz por quê",
    "PairingState.step": (
        "o que a página mostra: `preparing`, `scan` (código na tela), `linking` (lido, entrando), `connected`, `trouble`,"
        " `ended` (o link não vale mais)"
    ),
    "Path.token": "a parte secreta da URL do link, depois de `/pair/`",
    "StartedBody.qrCode": "sempre `null`: o QR Code vem pelo webhook `qr_code` ou por `…/qrcode`",
    "QrCode.reason": "por que não há QR Code, em uma frase para pessoas",
    "AlreadyConnected.message": "frase para pessoas",
    "Confirmation.message": "o que foi feito, em uma frase para pessoas",
    "Restarting.message": "o que está em andamento, em uma frase para pessoas",
    # Messages out
    "message": "texto da mensagem",
    "to": "destinatário, como o WhatsApp o conhece",
    "id": "id da mensagem, escolhido antes do envio; o mesmo em `message_ack` e em `…/messages/{messageId}`",
    "ack": "`status` em número: 0 `pending`, 1 `sent`, 2 `delivered`, 3 `read`, 4 `played`, −1 `failed`",
    "quotedMessageId": "id da mensagem citada, da mesma conversa",
    "mentions": "pessoas mencionadas na mensagem",
    "idempotencyKey": "chave da operação: com a mesma chave e o mesmo conteúdo, nada é enviado duas vezes (48 h)",
    "linkPreview": "`true`: mostra o cartão de prévia do primeiro link",
    "imageUrl": "URL de onde a imagem é baixada, em vez de `base64`",
    "fileUrl": "URL de onde o arquivo é baixado, em vez de `base64`",
    "fileName": "nome do arquivo",
    "caption": "legenda",
    "type": "tipo da mensagem",
    "latitude": "em graus, de −90 a 90",
    "longitude": "em graus, de −180 a 180",
    "address": "endereço do lugar",
    "SendContactBody.contacts": "os contatos que vão no cartão",
    "CardBody.name": "nome no cartão",
    "organization": "empresa do contato",
    "question": "a pergunta da enquete",
    "options": "de 2 a 12 opções diferentes",
    "keyType": "tipo da chave Pix (`EVP`: chave aleatória)",
    "key": "a chave Pix; CPF e CNPJ com ou sem pontuação, telefone com DDD",
    "SendPixBody.name": "nome de quem recebe",
    "emoji": "um emoji",
    "EditBody.message": "o novo texto",
    "ActedBody.status": "`sent`: o servidor do WhatsApp confirmou; `pending`: o resto vem pelo webhook `message_ack`",
    "ActedBody.timestamp": "quando foi aceita",
    "acceptedAt": "quando a API aceitou a mensagem",
    "SentBody.status": "`sent` ou mais adiante: o servidor do WhatsApp confirmou",
    "Pending.status": "`pending`: ainda sem confirmação; o resto vem pelo webhook `message_ack`",
    "SentBody.timestamp": "quando a mensagem foi aceita",
    "Pending.timestamp": "quando a mensagem foi aceita",
    "JournalMessage.status": (
        "`pending`, `sent`, `delivered`, `read`, `played`, `failed`, ou `unknown`: não se sabe se foi enviada, e não "
        "será enviada de novo"
    ),
    # Messages in, and their senders
    "ReceivedMessage.id": "id da mensagem",
    "ReceivedMessage.to": "a sessão que recebeu, ou o grupo",
    "from": "quem escreveu; em um grupo, o grupo",
    "body": "texto, ou a legenda de uma mídia",
    "isGroupMsg": "`true`: veio de um grupo",
    "sender": "quem escreveu",
    "chatId": "a conversa: uma pessoa ou um grupo",
    "fromMe": "sempre `false`: só mensagens recebidas viram este evento",
    "mimetype": "tipo da mídia, como o remetente o declarou",
    "size": "tamanho da mídia, em bytes",
    "name": "nome",
    "Sender.name": "nome do perfil de quem escreveu",
    "Sender.phone": "número de quem escreveu; `null` se o WhatsApp o oculta",
    "ReceivedMessage.fileName": "nome do arquivo, como o remetente o deu",
    # Contacts
    "contacts": "os contatos",
    "isBusiness": "`true`: conta comercial",
    "Contact.id": "id do contato no WhatsApp",
    "Contact.phone": "número do contato; `null` se o WhatsApp o oculta",
    "Contact.name": "nome na agenda do celular",
    "NumberCheckBody.phone": "o número consultado",
    "valid": "`true`: o número está no WhatsApp",
    "canReceiveMessage": "`true`: pode receber mensagens",
    "resolvedPhone": "o número como o WhatsApp o conhece (com ou sem o nono dígito); é para ele que os envios vão",
    # Status
    "waJs": "a versão do wa-js na página aberta agora; null enquanto ela não disse",
    "abilities": "o que a sessão consegue fazer agora; o que falta está em `reason`",
    "HealthBody.abilities": "quantas sessões conseguem agora cada coisa",
    "canSend": "`true`: textos e o mais que não leva arquivo podem ser enviados",
    "canReceive": "`true`: mensagens recebidas chegam",
    "canAck": "`true`: as confirmações dos envios chegam",
    "canSendMedia": "`true`: arquivos podem ser enviados",
    "loginSaved": "`true`: o login está no disco; `false`: ainda não, e o navegador não pode morrer; `null`: não há login",
    # Webhooks and events
    "webhookUrl": "URL que recebe os eventos da sessão; `null`: nenhuma",
    "url": "URL que recebe os eventos",
    "events": "os eventos enviados ao webhook; se ausente, todos",
    "event": "nome do evento",
    "timestamp": "quando aconteceu, ISO 8601 em UTC",
    "sequence": "número do evento na sessão, sem lacunas no registro",
    "schemaVersion": "versão da forma deste evento",
    "messageId": "id da mensagem enviada",
    "MessageAckHook.status": (
        "`pending`, `sent`, `delivered`, `read`, `played`, `failed`, ou `unknown`: não se sabe se foi enviada"
    ),
    "EventPage.events": "os eventos, em ordem, com o mesmo conteúdo que o webhook entrega",
    "WebhookTestBody.event": "com qual evento a amostra se parece; se ausente, um evento `test`, sem significado",
    "ReplayBody.event": "só os eventos com este nome",
    "ids": "só os eventos com estes ids",
    "next": "valor de `after` (ou `cursor`) para pedir a página seguinte",
    "more": "`true`: há mais páginas",
    "DeadLetter.id": "id do evento",
    "DeadLetter.url": "URL que não recebeu o evento",
    "attempts": "tentativas de entrega feitas",
    "givenUpAt": "quando o serviço desistiu da entrega",
    "lastStatus": "status HTTP da última resposta; `null`: não houve resposta",
    "lastError": "último erro, em uma frase para pessoas",
    "deadLetters": "os eventos abandonados, do mais antigo ao mais novo",
    "replayed": "quantos eventos serão entregues de novo",
    "pending": "entregas de webhook à espera",
    "dead": "eventos abandonados: ninguém os recebeu",
    # Errors
    "error": "o que houve, em uma frase para pessoas; pode mudar",
    "code": "o mesmo, em um código estável para programas",
    "requestId": "id desta requisição: informe-o ao suporte",
    "details": "o que exatamente foi recusado, campo a campo",
    "field": "campo, cabeçalho ou claim com problema",
    "problem": "o problema, em uma frase para pessoas",
    "recoverable": "`true`: o serviço continua tentando sozinho; `false`: uma pessoa precisa agir",
    # Service and operator
    "reasons": "o que impede o trabalho do serviço como um todo; vazio quando `status` é `ok`",
    "HealthReason.reason": "o problema, em uma frase para pessoas",
    "HealthReason.reasonCode": (
        "`NONE_CONNECTED`, `MEMORY_LIMIT`, `DISK_SHORT`, `COMMON_CAUSE` ou `REDIS_DOWN`, para programas"
    ),
    "HealthBody.status": "`ok`, `degraded` (veja `reasons`), `starting` ou `draining` (sendo encerrado)",
    "HealthBody.sessions": "quantas sessões há, ao todo e por estado",
    "HealthBody.memoryMb": "memória do serviço e de todos os navegadores, em MB",
    "daemonMemoryMb": "só a do serviço, em MB; `null`: ainda não medida",
    "Probe.status": "`ok`, `starting` ou `draining` (sendo encerrado)",
    "uptimeSeconds": "há quantos segundos o serviço está no ar",
    "maxSessions": "máximo de sessões no ar ao mesmo tempo (`WPP_MAX_SESSIONS`)",
    "version": "versão do wppmt",
    "webhooks": "entregas de webhook à espera e abandonadas",
    "desired": "`running`: deve estar no ar; `stopped`: foi encerrada e não volta sozinha",
    "pid": "processo do navegador; `null`: não há",
    "profileMb": "tamanho do perfil (o login) em disco, em MB",
    "actors": "a árvore de atores; os campos de cada linha dependem do ator",
    "restarted": "ids das sessões que estão sendo reiniciadas",
    "skipped": "sessões com problema em que o reinício não mexeu",
    "Skipped.reason": "por que a sessão ficou como estava, em uma frase para pessoas",
    # Parameters
    "Path.messageId": "id da mensagem",
    "limit": "máximo de itens na resposta",
    "file": "nome do arquivo",
}


def field_text(model: str, field: str) -> str | None:
    return FIELD_TEXTS.get(f"{model}.{field}") or FIELD_TEXTS.get(field)
