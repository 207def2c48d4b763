"""What the page says of its connection."""

from wppmt.browser.assumptions.row import Assumption, Mark, Topic

PAGE = "wppmt/browser/page/connection.js"
CONDITION = "wppmt/domain/page_condition.py"

CONNECTION = Topic(
    "Conexão",
    (
        Assumption(
            "`Socket.stream` é `CONNECTED` enquanto o servidor atende a página, e `DISCONNECTED` sem conexão",
            Mark.BUILD,
            "WAWebSocketModel",
            f"{PAGE}#isConnected",
            "um envio é entregue a uma página sem conexão e fica `pending`",
        ),
        Assumption(
            "Uma página sincronizada continua em `MAIN` quando a rede cai; enquanto procura o servidor, `Socket.state` é `OPENING`",
            Mark.BUILD,
            "WAWebStreamModel",
            f"{CONDITION}#_is_cut_off",
            "a queda não é vista, ou uma sessão conectada passa por caída",
        ),
        Assumption(
            "`UNLAUNCHED` é a página que ainda não procurou o servidor",
            Mark.BUILD,
            "WAWebStreamModel",
            f"{CONDITION}#NOT_LAUNCHED",
            "toda retomada de login parece uma queda de rede",
        ),
        Assumption(
            "Toda abertura da conexão passa por `PAIRING`, também na tela do QR Code: não diz que alguém leu",
            Mark.BUILD,
            "WAWebCommsConfigBase",
            f"{CONDITION}#_at_the_codes",
            "um pareamento recusado é anunciado sem ter havido pareamento",
        ),
        Assumption(
            "`Stream.displayInfo` esconde uma queda por 18 s; `Stream.info` não",
            Mark.BUILD,
            "WAWebStreamModel",
            f"{PAGE}#facts",
            "a queda é notada depois dos 15 s prometidos",
        ),
        Assumption(
            "A página nota em uns 3 s uma queda anunciada e em uns 34 s uma silenciosa",
            Mark.ISSUES,
            "medido por outros no WhatsApp",
            "actors/session/policy.py#offline_grace",
            "`phone_disconnected` vem mais tarde",
        ),
        Assumption(
            "Nada escreve `Conn.connected`: se o celular tem internet, a página não sabe",
            Mark.BUILD,
            "WAWebConnModel",
            f"{PAGE}#phoneOnline",
            "nada: uma página que o diga é atendida (`PHONE_OFFLINE`)",
        ),
        Assumption(
            "`CONFLICT`, `TOS_BLOCK`, `SMB_TOS_BLOCK` e `PROXYBLOCK` são só lidos: nada os põe",
            Mark.BUILD,
            "WAWebStreamModel",
            f"{CONDITION}#STOPPED",
            "nada: uma página que os mostre é atendida",
        ),
        Assumption(
            "`DEPRECATED_VERSION` é um modo de builds anteriores",
            Mark.GUESSED,
            "o build não tem esse modo",
            f"{CONDITION}#STOPPED",
            "nada",
        ),
        Assumption(
            "Aberto o login em outro lugar, a página encerra a conexão e não muda nem modo nem estado",
            Mark.BUILD,
            "WAWebHandleStreamError",
            "actors/session/server_check.py#ServerCheck",
            "nada: uma página que o diga é atendida antes",
        ),
        Assumption(
            "`WAComms.sendPing()` dá `true` com a resposta do servidor, `false` sem conexão ou com outra pergunta em curso; "
            "também quando a conexão está em um worker",
            Mark.BUILD,
            "WAComms, WAWebCommsWorkerProxy, WAWebCommsGating",
            f"{PAGE}#isAnswered",
            "o login usado em outro lugar não é notado, ou é retomado sem motivo uma vez a cada 10 min",
        ),
        Assumption(
            "Uma pergunta dessas por minuto, a mesma que a página faz por si, não chama a atenção do servidor",
            Mark.GUESSED,
            "só o servidor sabe",
            "actors/session/policy.py#server_seconds",
            "a conta pode ser tratada como automatizada",
        ),
        Assumption(
            "Depois de um 503 do servidor a página volta a tentar sozinha",
            Mark.GUESSED,
            "no build, só a tela que ela mostra (WAWebHandleFailure)",
            f"{CONDITION}#CUT_OFF_INFOS",
            "a sessão fica em `phone_disconnected` até um `restart`",
        ),
        Assumption(
            "`conn.main_ready` e `isFullReady` já valem na tela do QR Code; `conn.authenticated` cala em um login retomado",
            Mark.ISSUES,
            "código do wa-js 4.6.0, executado",
            f"{PAGE}#facts",
            "nada: os eventos só fazem ler os fatos de novo",
        ),
        Assumption(
            "`needsUpdate` com `isHardRefresh` exige a atualização; sem ele só a oferece, a toda página aberta há mais de 3 dias",
            Mark.BUILD,
            "WAWebUpdater, WAWebUpdaterUpdatePoll",
            f"{PAGE}#isHardRefresh",
            "páginas que funcionam são reabertas, ou uma antiga demais não o é",
        ),
        Assumption(
            "Uma página recusada por ser antiga demais recarrega a si mesma, uma vez atrás da outra",
            Mark.BUILD,
            "WAWebHandleFailure, WAWebUpdater",
            "actors/session/page_conditions.py#turned",
            "nada: todo carregamento tem o mesmo prazo",
        ),
        Assumption(
            "Um bloqueio temporário vem por `account_temporarily_banned_from_bridge`, com `expire` em segundos; `banned: false` "
            "quando a página entra",
            Mark.BUILD,
            "WAWebHandleFailure, WAWebHandleSuccess, WAWebTempBanScreen.react",
            f"{PAGE}#bannedFor",
            "`ACCOUNT_BANNED` não vem, ou não passa",
        ),
    ),
)
