"""How WhatsApp's modules are found."""

from wppmt.browser.assumptions.row import Assumption, Mark, Topic

INVENTORY = "wppmt/browser/page/inventory.js"

MODULES = Topic(
    "Módulos",
    (
        Assumption(
            "`importNamespace(nome)` dá um módulo; `require('__debug').modulesMap` lista todos",
            Mark.ISSUES,
            "código do wa-js 4.6.0",
            f"{INVENTORY}#module",
            "`WHATSAPP_CHANGED` com `wa-js` entre o que falta",
        ),
        Assumption(
            "A tabela de módulos cresce em ondas, e nada diz quando acaba",
            Mark.ISSUES,
            "medido por outros: 13.327 módulos na tela do QR Code, depois 13.547",
            f"{INVENTORY}#WAVE_MS",
            "`WHATSAPP_CHANGED` por uns segundos, até a onda seguinte",
        ),
        Assumption(
            "Vinte segundos bastam para que venham os que o wppmt usa",
            Mark.GUESSED,
            "depende da rede",
            f"{INVENTORY}#JUDGED_AFTER_MS",
            "`WHATSAPP_CHANGED` por uns segundos, em redes lentas",
        ),
        Assumption(
            "Coleções são exportadas só como instâncias",
            Mark.BUILD,
            "WAWebMsgCollection, WAWebChatCollection",
            f"{INVENTORY}#isCollection",
            "`WHATSAPP_CHANGED`, com o nome da coleção",
        ),
        Assumption(
            "`Debug.VERSION` é a versão do build",
            Mark.BUILD,
            "WAWebDebugSetup, WAWebUpdaterVersion",
            f"{INVENTORY}#whatsappBuild",
            "`whatsappBuild` vazio",
        ),
    ),
)
