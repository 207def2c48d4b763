"""What makes a login, how it ends, and how a device is linked."""

from wppmt.browser.assumptions.row import Assumption, Mark, Topic

PAGE = "wppmt/browser/page/connection.js"
DIALOGS = "wppmt/browser/page/dialogs.js"

LOGIN = Topic(
    "Login",
    (
        Assumption(
            "A página lê o login de volta só do localStorage, embora o escreva também no IndexedDB",
            Mark.BUILD,
            "WAWebUserPrefsLocalStorage, WAWebUserPrefsMultiDevice",
            "wppmt/browser/profile/login.py#is_saved",
            "`loginSaved` promete o que um `kill -9` desfaz, ou demora sem motivo",
        ),
        Assumption(
            "Fazem o login: `last-wid-md`, `WALid`, `WANoiseInfo`, `WANoiseInfoIv` e `WAWebEncKeySalt`",
            Mark.BUILD,
            "WAWebUserPrefsKeys, WAWebUserPrefsInfoStore, WAWebCryptoEncryptionSaltHelper",
            f"{PAGE}#LOGIN",
            "um `kill -9` logo depois de `loginSaved` pede um QR Code novo",
        ),
        Assumption(
            "O Cache Storage guarda cópias desses valores que só o service worker lê, ao receber um aviso push ou uma "
            "sincronização periódica, que o navegador não dá",
            Mark.BUILD,
            "WAWebUserPrefsCacheStorage, WAWebWorkerEncKeyHelper, WAWebInitializeWorkerBackendSw",
            "wppmt/browser/profile/folder.py#CACHES",
            "a limpeza do perfil, ou a volta de uma cópia do login, desvincula o aparelho",
        ),
        Assumption(
            "Gravar as preferências em disco durante a primeira sincronização fez aparelhos serem desvinculados (abril de 2026)",
            Mark.ISSUES,
            "issues do wa-js, do wppconnect e do whatsapp-web.js",
            "wppmt/browser/chrome/flags.py#LEAN",
            "nada: só o relógio do Chrome foi encurtado, a página não nota",
        ),
        Assumption(
            "Há login registrado quando existem a conta e as chaves; `isLoggedIn()` espera que o aparelho tenha entrado uma vez",
            Mark.BUILD,
            "WAWebUserPrefsMultiDevice, WAWebUserPrefsIsLoggedIn, WAWebCompanionRegUtils",
            f"{PAGE}#rememberLogin",
            "uma recusa passa por saída da conta, ou o contrário",
        ),
        Assumption(
            "Ao sair, a página limpa tudo, diz o motivo, manda recarregar e só então dispara `logout_from_bridge` e `logout`",
            Mark.BUILD,
            "WAWebSocketModel, WAWebReloadAfterLogout, WAWebBackendEventBus",
            f"{PAGE}#loggedOut",
            "o motivo fica `unknown`: `ACCOUNT_LOCKED` passa por `LOGGED_OUT`",
        ),
        Assumption(
            "A saída esvazia o sessionStorage antes desse aviso, e não depois",
            Mark.BUILD,
            "WAWebUserPrefsClearLocalState, WAWebTemporaryStorage",
            f"{PAGE}#LEFT",
            "sem o aviso, a saída parece um login corrompido (`TOKEN_CORRUPT`)",
        ),
        Assumption(
            "`account_locked` e `user_initiated` são as palavras do WhatsApp; banimento e login recusado saem sem nenhuma",
            Mark.BUILD,
            "WAWebLogoutReasonConstants, WAWebHandleFailure",
            "wppmt/domain/reasons.py#why_logged_out",
            "o motivo mostrado é o geral, `LOGGED_OUT`",
        ),
        Assumption(
            "Um aparelho sem uso por cerca de 14 dias é desvinculado",
            Mark.ISSUES,
            "issues, e a ajuda do WhatsApp",
            "wppmt/domain/reasons.py#UNUSED_SECONDS",
            "o motivo mostrado é o geral, `LOGGED_OUT`",
        ),
        Assumption(
            "Com o wa-js 4.6.0 a promessa de `WPP.conn.logout()` não termina: a saída se vê pelo evento",
            Mark.BUILD,
            "WAWebCmd (nada dispara `logout`)",
            "actors/session/logout.py#announced_by_page",
            "nada: vale o que vier primeiro",
        ),
    ),
)

PAIRING = Topic(
    "Pareamento",
    (
        Assumption(
            "Um lote tem seis códigos: o primeiro vale 60 s, os outros 20 s; `Conn.refTTL` diz",
            Mark.BUILD,
            "WAWebHandlePairDevice, WAWebConnModel",
            "actors/session/pairing.py#NEXT_QR_SECONDS",
            "`expiresAt` erra",
        ),
        Assumption(
            "Depois do sexto, `UNPAIRED_IDLE` até que alguém peça outros; `WAWebLaunchSocketUtils.refreshQR` os pede",
            Mark.BUILD,
            "WAWebHandlePairDevice, WAWebLaunchSocketUtils",
            f"{PAGE}#refresh_qr",
            "`QR_NEVER` depois do sexto código, e um navegador novo",
        ),
        Assumption(
            "O texto inteiro do código está em `data-ref`, às vezes dentro de um endereço",
            Mark.BUILD,
            "WAWebLinkDeviceQrcode.react",
            f"{PAGE}#drawnText",
            "vale a forma do wa-js, sem a plataforma",
        ),
        Assumption(
            "O código que a página desenha já vale, esteja o wa-js pronto ou não",
            Mark.BUILD,
            "WAWebLinkDeviceQrcode.react, WAWebConnModel",
            f"{PAGE}#firstCodeMayBeDrawn",
            "o QR Code vem quando o wa-js fica pronto, quase um segundo depois",
        ),
        Assumption(
            "O celular reconhece o código pela referência e pelas chaves: lê a forma do wa-js também",
            Mark.GUESSED,
            "o celular não está no build",
            f"{PAGE}#codeMayHaveChanged",
            "um QR Code que o celular não aceita, só onde `data-ref` falta",
        ),
        Assumption(
            "Recusado o aparelho novo, a página limpa tudo e recarrega sem avisar ninguém",
            Mark.BUILD,
            "WAWebCompanionRegUtils, WAWebHandleStreamError",
            f"{PAGE}#isRefusal",
            "`AUTH_FAILED` não vem; o código seguinte serve",
        ),
        Assumption(
            "Entre o registro e a recusa a página muda de estado, ou passam 10 s",
            Mark.GUESSED,
            "a ordem depende do servidor",
            f"{PAGE}#wasRegistered",
            "`AUTH_FAILED` não vem; o código seguinte serve",
        ),
        Assumption(
            "O código de pareamento vem de `WAWebLinkDeviceAction`; o wa-js o renova",
            Mark.BUILD,
            "WAWebLinkDeviceAction, WAWebAltDeviceLinkingApi",
            f"{PAGE}#pairing_code",
            "`AUTH_FAILED` ao pedir o código; o QR Code serve",
        ),
        Assumption(
            "O passo da chave de acesso não é um diálogo; seus elementos têm `data-testid` que começam por `shortcake_`",
            Mark.BUILD,
            "WAWebShortcakePasskeyScreen.react, WAWebShortcakePasskeyPrompt.react",
            f"{DIALOGS}#PASSKEY",
            "`PASSKEY_REQUIRED` não vem: códigos até `QR_EXPIRED`",
        ),
    ),
)

SCREEN = Topic(
    "Avisos na tela",
    (
        Assumption(
            "Diálogos têm `role=dialog` e `aria-modal=true`",
            Mark.BUILD,
            "WAWebModal.react, WDSDialog.react",
            f"{DIALOGS}#dialog",
            "`ACTION_REQUIRED` não vem",
        ),
        Assumption(
            "O botão que fecha as novidades tem `data-testid=whats_new_continue_button`",
            Mark.BUILD,
            "WAWebWhatsNewModal.react",
            f"{DIALOGS}#READ_NEWS",
            "vale o texto em português, inglês ou espanhol; em outra língua, `ACTION_REQUIRED`",
        ),
        Assumption(
            "Um aparelho novo que deixa as novidades sem ler é desvinculado depois de uns minutos",
            Mark.ISSUES,
            "issues do wppconnect e do whatsapp-web.js",
            f"{DIALOGS}#dismissNews",
            "nada: o aviso é fechado de qualquer forma",
        ),
        Assumption(
            "O WhatsApp recusa um navegador que se chama HeadlessChrome e aceita um Chromium atual sem janela",
            Mark.ISSUES,
            "issues do wppconnect e do whatsapp-web.js",
            "wppmt/browser/chrome/flags.py#user_agent",
            "`QR_NEVER`, ou `PAGE_LOAD_FAILED`",
        ),
        Assumption(
            "Uma sessão real cabe em 500 MB (PSS) quando está parada",
            Mark.GUESSED,
            "outros medem 655 a 1.740 MB de RSS, que conta várias vezes o que processos dividem",
            "config/default.toml#WPP_TENANT_MEMORY_MB",
            "`RECYCLED` em momentos ociosos, no máximo a cada 5 min: aumentar `WPP_TENANT_MEMORY_MB`",
        ),
    ),
)
