"""What comes in, and whom WhatsApp means by a name or number."""

from wppmt.browser.assumptions.row import Assumption, Mark, Topic

RECEIVING_JS = "wppmt/browser/page/receiving.js"
AUDIT_JS = "wppmt/browser/page/audit.js"
SHAPES = "wppmt/browser/page/shapes.js"
WRITTEN = "wppmt/browser/page/written.js"
SURROUNDINGS = "wppmt/browser/page/surroundings.js"
RECIPIENTS = "wppmt/browser/page/recipients.js"

RECEIVING = Topic(
    "Recebimento",
    (
        Assumption(
            "O que chega entra no `MsgStore` (`add`) com `isNewMsg`; o histórico, sem",
            Mark.BUILD,
            "WAWebMsgCollection, WAWebGetMsgUpdatesActionsUtils",
            f"{RECEIVING_JS}#arrived",
            "mensagens perdidas, que a conferência acha, ou o histórico como novidade",
        ),
        Assumption(
            "O que não pôde ser decifrado entra como `ciphertext` e muda de tipo quando pode",
            Mark.BUILD,
            "WAWebMsgModel",
            f"{RECEIVING_JS}#arrived",
            "a mensagem vem vazia, ou só pela conferência",
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
            "wppmt/browser/page/heard.js#NOTICES",
            "um aviso vem como `message_received`, ou uma mensagem não vem",
        ),
        Assumption(
            "O corpo de uma mídia é a miniatura; legenda, tamanho, nome e tipo têm campos próprios",
            Mark.BUILD,
            "WAWebMsgModel",
            f"{WRITTEN}#file",
            "`body` traz a miniatura",
        ),
        Assumption(
            "Uma resposta leva a mensagem citada: `quotedMsg`, `quotedStanzaID`, `quotedParticipant`",
            Mark.BUILD,
            "WAWebMsgModel",
            f"{WRITTEN}#quoted",
            "`quoted` falta",
        ),
        Assumption(
            "`chat.t` é a hora da última mensagem; quando a página guarda menos que isso, o banco dela tem o resto",
            Mark.BUILD,
            "WAWebChatModel",
            f"{AUDIT_JS}#isPartlyHeld",
            "a conferência deixa passar o que está só no banco da página",
        ),
        Assumption(
            "`unixTime` segue o relógio do servidor, como a hora das mensagens",
            Mark.BUILD,
            "WATimeUtils",
            f"{AUDIT_JS}#whatsappNow",
            "num computador com o relógio mais de 2 minutos errado, a conferência deixa passar mensagens",
        ),
        Assumption(
            "`Cmd.isOfflineDeliveryEnd` é falso desde que a página, de volta, sabe do que perdeu, até receber tudo",
            Mark.BUILD,
            "WAWebCmd, WAWebNonBlockingOfflineResumeManager",
            "wppmt/browser/page/connection.js#caughtUp",
            "a conferência depois da reconexão vem 60 s mais tarde, ou cedo demais: a seguinte acha o que faltou",
        ),
        Assumption(
            "Sem nada a entregar, o servidor não o torna falso: 2 s bastam para saber",
            Mark.GUESSED,
            "no build, depende de quando o servidor avisa",
            "actors/session/inbound_audit.py#SETTLE_SECONDS",
            "a conferência vem cedo demais: a seguinte acha o que faltou",
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

AROUND = Topic(
    "Em volta das mensagens",
    (
        Assumption(
            "Cada tipo guarda o que diz nos campos da lista; um anúncio vem em `ctwaContext`",
            Mark.BUILD,
            "WAWebMsgModel, WAWebMsgType",
            f"{WRITTEN}#CONTENT",
            "`location`, `contacts`, `poll` ou `ad` falta; a mensagem vem",
        ),
        Assumption(
            "O que um aparelho vinculado nunca poderá abrir é `ciphertext` com `view_once_unavailable_fanout`",
            Mark.BUILD,
            "WAWebCommonMsgSubtypeTypes",
            "wppmt/browser/page/heard.js#VIEW_ONCE",
            "uma mensagem de visualização única não é anunciada",
        ),
        Assumption(
            "O que o dono escreve no celular entra já com ack 1; o que a página envia começa em 0",
            Mark.GUESSED,
            "no build os dois caminhos se cruzam",
            "wppmt/browser/page/heard.js#isFromPhone",
            "`message_sent` falta, ou repete o que a API enviou",
        ),
        Assumption(
            "Uma edição muda `latestEditMsgKey`; o texto novo entra na mesma tarefa",
            Mark.GUESSED,
            "o campo foi visto no build, a ordem não",
            "wppmt/browser/page/changes.js#edited",
            "`message_edited` com o texto antigo",
        ),
        Assumption(
            "O wa-js avisa de mensagens apagadas, reações e votos, ao passar pelas funções da página",
            Mark.ISSUES,
            "código do wa-js 4.6.0",
            "wppmt/browser/page/changes.js#tell",
            "`message_revoked`, `message_reaction` ou `poll_vote` não vem",
        ),
        Assumption(
            "O que acontece num grupo deixa na conversa uma linha `gp2`, com o que houve em `subtype`",
            Mark.BUILD,
            "WAWebCommonMsgSubtypeTypes, WAWebGroupType",
            f"{SURROUNDINGS}#ACTIONS",
            "`group_change` não vem",
        ),
        Assumption(
            "Quem digita ou está presente aparece em `chatstate`, e só depois que a conversa é seguida",
            Mark.BUILD,
            "WAWebPresenceModel",
            f"{SURROUNDINGS}#presenceChanged",
            "`presence_change` não vem",
        ),
        Assumption(
            "O celular toca enquanto nenhum aparelho vinculado se diz presente",
            Mark.ISSUES,
            "issues do wppconnect e do whatsapp-web.js",
            "wppmt/browser/page/presence.js#leave",
            "o celular fica mudo, ou os outros não veem quem digita",
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
            "Celulares do Brasil (nono dígito), do México (1) e da Argentina (9) são conhecidos por uma só de duas formas",
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
        Assumption(
            "Só quem está na agenda tem `name` entre os contatos da página",
            Mark.BUILD,
            "WAWebContactModel, WAWebFrontendContactGetters",
            "wppmt/browser/page/people.js#listed",
            "`scope=saved` traz desconhecidos, ou esconde clientes",
        ),
        Assumption(
            "Uma conversa guarda em si se está arquivada, fixada, lida e com que etiquetas; silenciada, em `mute`",
            Mark.BUILD,
            "WAWebChatModel, WAWebMuteModel",
            "wppmt/browser/page/chats.js#shown",
            "`GET …/chats` com marcas erradas",
        ),
        Assumption(
            "O que o WhatsApp responde a cada participante é um número: 200 feito, 403, 404, 409 não",
            Mark.BUILD,
            "WAWebGroupModifyParticipantsJob",
            "wppmt/browser/page/groups.js#outcomeOf",
            "`results` diz feito o que não foi",
        ),
        Assumption(
            "As etiquetas de uma conta comercial estão em `LabelStore`, sob números",
            Mark.BUILD,
            "WAWebLabelCollection, WAWebBizLabelEditingAction",
            "wppmt/browser/page/labels.js#labelNamed",
            "`GET …/labels` vazio, ou 404 para uma que existe",
        ),
    ),
)
