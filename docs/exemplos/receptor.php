<?php
// Receptor de webhooks em PHP 8, sem dependências.
//
//     WEBHOOK_SECRETS=segredos.json php -S 127.0.0.1:8007 receptor.php
//
// Cada sessão tem o seu segredo. segredos.json: {"cliente-001": "whsec_…", "cliente-002": "whsec_…"}

const TOLERANCIA = 5 * 60; // segundos

/** O segredo da sessão, ou null. Em produção: a tabela em que você guarda o webhookSecret de cada sessão. */
function segredoDe(string $sessao): ?string
{
    $segredos = json_decode(file_get_contents(getenv('WEBHOOK_SECRETS')), true); // lido a cada vez: uma sessão nova vale na hora
    return isset($segredos[$sessao]) ? base64_decode(preg_replace('/^whsec_/', '', $segredos[$sessao])) : null;
}

/** O evento, ou null. Até a assinatura ser conferida ele só serve para saber de que sessão diz ser. */
function leia(string $corpo): ?array
{
    $evento = json_decode($corpo, true);
    return is_array($evento) && is_string($evento['sessionId'] ?? null) ? $evento : null;
}

/** O corpo, byte a byte, veio de quem tem o segredo, e há pouco tempo? */
function confere(string $corpo, string $segredo): bool
{
    $id = $_SERVER['HTTP_WEBHOOK_ID'] ?? '';
    $momento = $_SERVER['HTTP_WEBHOOK_TIMESTAMP'] ?? '';
    if (!ctype_digit($momento) || abs(time() - (int) $momento) > TOLERANCIA) {
        return false;
    }
    $esperada = base64_encode(hash_hmac('sha256', "$id.$momento.$corpo", $segredo, true));
    // Durante a troca do segredo vêm duas assinaturas, separadas por espaço: basta uma conferir.
    foreach (explode(' ', $_SERVER['HTTP_WEBHOOK_SIGNATURE'] ?? '') as $assinatura) {
        [$versao, $valor] = explode(',', $assinatura, 2) + ['', ''];
        if ($versao === 'v1' && hash_equals($esperada, $valor)) {
            return true;
        }
    }
    return false;
}

/** O trabalho real: aqui só mostra. Se demora, coloque em uma fila e responda logo. */
function trate(array $evento): void
{
    file_put_contents('php://stdout', "{$evento['sessionId']} {$evento['sequence']} {$evento['event']}\n");
}

/** Onde fica anotado que um evento já chegou. Em produção: uma coluna única no banco, gravada junto com o que ele muda. */
function anotacao(string $id): string
{
    $pasta = getenv('RECEBIDOS') ?: sys_get_temp_dir() . '/webhooks-recebidos';
    @mkdir($pasta, 0700, true);
    return $pasta . '/' . sha1($id);
}

$corpo = file_get_contents('php://input'); // os bytes como chegaram
$evento = leia($corpo);
$segredo = $evento === null ? null : segredoDe($evento['sessionId']);
if ($segredo === null || !confere($corpo, $segredo)) {
    http_response_code(401);
    exit;
}
if (!file_exists(anotacao($evento['id']))) { // repetições são normais, com o mesmo id
    trate($evento);
    touch(anotacao($evento['id']));
}
http_response_code(204);
