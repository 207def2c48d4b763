"""What becomes of a message on its way out, and of what is done to one."""

from wppmt.browser.assumptions.row import Assumption, Mark, Topic

PAGE = "wppmt/browser/page/sending.js"
LIMITS = "wppmt/browser/page/limits.js"
ACTIONS = "wppmt/browser/page/actions.js"

SENDING = Topic(
    "Envio",
    (
        Assumption(
            "A mensagem entra no `MsgStore`, com o id escolhido, antes de ir ao servidor",
            Mark.BUILD,
            "WAWebSendMsgChatAction, WAWebSendMsgRecordAction",
            f"{PAGE}#messageHeld",
            "o 202 vem só com a confirmação do servidor",
        ),
        Assumption(
            "O servidor e os celulares tratam um id repetido como a mesma mensagem",
            Mark.GUESSED,
            "só o servidor sabe; o wppmt não repete enquanto houver dúvida",
            f"{PAGE}#once",
            "uma mensagem em dúvida que é enviada de novo pode aparecer duas vezes",
        ),
        Assumption(
            "Uma recusa do servidor é `ERROR_UNKNOWN` com `ackErrorCode`",
            Mark.BUILD,
            "WAWebSendMsgRecordAction, WAWebSendMsgResultAction",
            f"{PAGE}#reasonOf",
            "`SEND_FAILED` em vez do motivo, e sem prazo",
        ),
        Assumption(
            "475 é a cota de conversas novas",
            Mark.BUILD,
            "WAWebCreateNackFromStanza",
            f"{PAGE}#REFUSALS",
            "422 em vez de 429, e a sessão tenta o contato novo seguinte",
        ),
        Assumption(
            "463 é a pausa de contatos novos",
            Mark.ISSUES,
            "issues do wa-js e do whatsapp-web.js; o build não dá nome ao número",
            f"{PAGE}#REFUSALS",
            "422 em vez de 429, e a sessão tenta o contato novo seguinte",
        ),
        Assumption(
            "Sem rede o resultado é `ERROR_NETWORK`; a mensagem fica com `isSendFailure` e ack 0",
            Mark.BUILD,
            "WAWebSendMsgResultAction, WAWebSendMsgRecordAction",
            "actors/session/sending/refusals.py#REJECTIONS",
            "422 em vez de 503",
        ),
        Assumption(
            "A página envia de novo, também depois de recarregar, o que entregou à conexão e não foi confirmado",
            Mark.GUESSED,
            "depende do ponto em que a conexão caiu",
            "actors/session/sending/in_doubt.py#usable",
            "uma mensagem em dúvida fica `unknown`; nunca é enviada duas vezes por isso",
        ),
        Assumption(
            "Os acks são -1 (falhou), 0 (no aparelho), 1 (servidor), 2 (entregue), 3 (lida), 4 (ouvida)",
            Mark.BUILD,
            "WAWebAck",
            "wppmt/browser/page/receiving.js#ackMayHaveChanged",
            "estados de mensagem trocados",
        ),
        Assumption(
            "`time_enforcement_ends` e `cycle_end_timestamp` são segundos desde 1970",
            Mark.BUILD,
            "WAWebMexFetchReachoutTimelockJob, WAWebIndividualNewChatMessageCappingLimitUtils",
            f"{LIMITS}#reachout",
            "`Retry-After` absurdo no 429",
        ),
        Assumption(
            "Mudanças dos limites vêm por `reachout_timelock_state_change` e `new_chat_message_capping_state_change`",
            Mark.BUILD,
            "WAWebCmd, WAWebMexReachoutTimelockNotificationHandler",
            f"{LIMITS}#mayHaveChanged",
            "um limite é notado só na primeira recusa",
        ),
        Assumption(
            "Sem dados da cota ela é desconhecida, não ilimitada: o servidor pode tê-la desligada",
            Mark.BUILD,
            "WAWebIndividualNewChatMessageCappingLimitGatingUtils",
            f"{LIMITS}#quota",
            "nada: vale a recusa do servidor",
        ),
        Assumption(
            "`fetchOrUpdateCapStatus` pergunta a cota ao servidor e a deixa onde `getCappingData` a lê",
            Mark.BUILD,
            "WAWebGetNewChatMessageCappingInfoJob",
            f"{LIMITS}#fetchQuota",
            "a cota só é conhecida quando a página a muda por si",
        ),
        Assumption(
            "Contato novo é quem, até onde as conversas alcançam, nunca escreveu à conta",
            Mark.GUESSED,
            "a regra do servidor não é pública",
            f"{PAGE}#contactHistory",
            "durante um limite, alguém que poderia receber tem 429, ou o contrário",
        ),
        Assumption(
            "Um contato é `vcard`, vários são `multi_vcard` com `vcardList`; numa enquete, `pollSelectableOptionsCount` 0 é "
            "qualquer número de opções",
            Mark.BUILD,
            "WAWebMsgType, WAWebMsgModel, WAWebMsgGetters",
            "wppmt/browser/page/kinds.js#ANY_NUMBER",
            "o cartão ou a enquete chega vazia, ou com uma opção só",
        ),
        Assumption(
            "A chave Pix do wa-js chega ao celular como o cartão que se copia",
            Mark.GUESSED,
            "o celular não está no build",
            "wppmt/browser/page/kinds.js#send_pix",
            "o cliente vê uma mensagem que o aparelho dele não mostra",
        ),
        Assumption(
            "Um grupo diz quem é participante, quem é administrador e se só estes escrevem",
            Mark.BUILD,
            "WAWebGroupMetadataModel",
            f"{PAGE}#requireMayWrite",
            "422 do servidor em vez do erro que diz por quê",
        ),
        Assumption(
            "`getMessageById` diz `msg_not_found` só depois de procurar",
            Mark.ISSUES,
            "código do wa-js 4.6.0",
            "wppmt/browser/page/finding.js#loaded",
            "uma mensagem que saiu é enviada outra vez",
        ),
    ),
)

ACTS = Topic(
    "O que se faz com uma mensagem",
    (
        Assumption(
            "Encaminhar, reagir, editar e apagar tiram o id de `MsgKey.newId`, pela própria classe",
            Mark.BUILD,
            "WAWebMsgKey, WAWebSendReactionMsgAction",
            f"{ACTIONS}#takeOverIds",
            "o id devolvido não é o do WhatsApp",
        ),
        Assumption(
            "`WAWebMsgActionCapability` sabe o que ainda pode ser encaminhado, editado e apagado",
            Mark.BUILD,
            "WAWebMsgActionCapability",
            f"{ACTIONS}#may",
            "422 do servidor em vez do erro que diz por quê",
        ),
        Assumption(
            "`sendRevokeMsgs` espera a resposta do servidor",
            Mark.BUILD,
            "WAWebChatSendMessages",
            f"{ACTIONS}#revoke",
            "`sent` antes de estar apagada",
        ),
        Assumption(
            "`latestEditMsgKey` é o id da última edição",
            Mark.BUILD,
            "WAWebMsgModel",
            f"{ACTIONS}#isEditedBy",
            "uma edição em dúvida é feita outra vez, com o mesmo texto",
        ),
    ),
)
