"""What comes in, and whom WhatsApp means by a name or number."""

from wppmt.browser.assumptions.row import Assumption, Mark, Topic

RECEIVING_JS = "wppmt/browser/page/receiving.js"
SHAPES = "wppmt/browser/page/shapes.js"
RECIPIENTS = "wppmt/browser/page/recipients.js"

RECEIVING = Topic(
    "Recebimento",
    (
        Assumption(
            "O que chega entra no `MsgStore` (`add`) com `isNewMsg`; o histórico, sem",
            Mark.BUILD,
            "WAWebMsgCollection, WAWebGetMsgUpdatesActionsUtils",
            f"{RECEIVING_JS}#arrived",
            "mensagens perdidas, que a comparação com a página acha, ou o histórico como novidade",
        ),
        Assumption(
            "O que não pôde ser decifrado entra como `ciphertext` e muda de tipo quando pode",
            Mark.BUILD,
            "WAWebMsgModel",
            f"{RECEIVING_JS}#arrived",
            "a mensagem vem vazia, ou só pela comparação",
        ),
        Assumption(
            "Os campos de uma mensagem nova são preenchidos na mesma tarefa em que ela entra",
            Mark.GUESSED,
            "no build, o caminho passa por muitos módulos",
            f"{RECEIVING_JS}#queueMicrotask",
            "`quoted`, `author` ou `caption` faltam de vez em quando",
        ),
        Assumption(
            "Confirmações chegam por `handleChatSimpleReceipt` e `handleGroupSimpleReceipt`, e por `change:ack`",
            Mark.BUILD,
            "WAWebHandleDirectChatReceipt, WAWebHandleGroupChatReceipt",
            f"{RECEIVING_JS}#ackMayHaveChanged",
            "`message_ack` não vem: `canAck` cai se os módulos faltarem",
        ),
        Assumption(
            "Tipos que ninguém escreveu (avisos, chaves, chamadas, reações) têm os nomes da lista",
            Mark.BUILD,
            "WAWebMsgType",
            f"{SHAPES}#NOTICES",
            "um aviso vem como `message_received`, ou uma mensagem não vem",
        ),
        Assumption(
            "O corpo de uma mídia é a miniatura; legenda, tamanho, nome e tipo têm campos próprios",
            Mark.BUILD,
            "WAWebMsgModel",
            f"{SHAPES}#media",
            "`body` traz a miniatura",
        ),
        Assumption(
            "Uma resposta leva a mensagem citada: `quotedMsg`, `quotedStanzaID`, `quotedParticipant`",
            Mark.BUILD,
            "WAWebMsgModel",
            f"{SHAPES}#quoted",
            "`quoted` falta",
        ),
        Assumption(
            "`chat.t` é a hora da última mensagem, e uma conversa com mensagens perdidas tem `unreadCount`",
            Mark.BUILD,
            "WAWebChatModel",
            f"{RECEIVING_JS}#messages_after",
            "o que chegou sem página aberta e foi lido no celular só vem se a página o tiver carregado",
        ),
        Assumption(
            "O relógio do servidor e o do computador diferem em menos de 5 s",
            Mark.GUESSED,
            "depende do computador; sem o ajuste, `wppmt doctor` avisa",
            f"{RECEIVING_JS}#MARGIN_SECONDS",
            "a comparação deixa passar o que chegou nos primeiros segundos da página",
        ),
        Assumption(
            "O WhatsApp guarda uma mídia por um tempo; depois o wa-js diz `media_not_found`",
            Mark.ISSUES,
            "código do wa-js 4.6.0",
            "wppmt/browser/page/media.js#GONE",
            "502 em vez de 410",
        ),
    ),
)

PEOPLE = Topic(
    "Pessoas e grupos",
    (
        Assumption(
            "`queryWidExists` dá nulo para quem não existe e lança um erro quando não pôde perguntar",
            Mark.BUILD,
            "WAWebQueryExistsJob",
            f"{RECIPIENTS}#ask",
            "`NOT_ON_WHATSAPP` para um número que existe",
        ),
        Assumption(
            "Quem está entre os contatos da página existe no WhatsApp",
            Mark.ISSUES,
            "o wa-js também não pergunta por eles",
            f"{RECIPIENTS}#ask",
            "envio a um número que deixou o WhatsApp: `sent`, e nunca `delivered`",
        ),
        Assumption(
            "A resposta costuma ser um id oculto (`@lid`); o número é então o que foi perguntado",
            Mark.BUILD,
            "WAWebQueryExistsJob, WAWebUsync",
            f"{RECIPIENTS}#check_number",
            "`resolvedPhone` com o nono dígito errado",
        ),
        Assumption(
            "Celulares do Brasil são conhecidos com ou sem o nono dígito, e por uma só das formas",
            Mark.ISSUES,
            "issues do wppconnect",
            f"{RECIPIENTS}#otherForm",
            "`NOT_ON_WHATSAPP`, ou a mensagem vai a outra pessoa",
        ),
        Assumption(
            "Número e id oculto se acham no cache da página",
            Mark.BUILD,
            "WAWebApiContact, WAWebLidPnCache",
            f"{SHAPES}#phoneOf",
            "a conversa aparece sob o id oculto",
        ),
        Assumption(
            "Um desconhecido não está na agenda e não tem `name`; o nome que ele escolheu é `pushname`, ou `notifyName`",
            Mark.BUILD,
            "WAWebContactModel, WAWebMsgModel",
            f"{SHAPES}#contactName",
            "`sender.name` vazio",
        ),
        Assumption(
            "O id de uma mensagem não tem mais `_serialized`; seu texto é `lado_conversa_id`, em grupos com o autor",
            Mark.BUILD,
            "WAWebMsgKey",
            f"{SHAPES}#idParts",
            "respostas e mídias não acham a mensagem",
        ),
        Assumption(
            "O erro de um grupo tem `status`",
            Mark.BUILD,
            "WAWebBackendErrors",
            f"{RECIPIENTS}#groupChat",
            "503 em vez de 400",
        ),
        Assumption(
            "403 e 404 dizem que a conta não está no grupo, ou que ele não existe",
            Mark.GUESSED,
            "só o servidor sabe",
            f"{RECIPIENTS}#NOT_OUR_GROUP",
            "503 em vez de 400, ou o contrário",
        ),
    ),
)
