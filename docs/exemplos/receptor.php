<?php
// Receptor de webhooks em PHP 8, sem dependências.
//
//     WEBHOOK_SECRET=whsec_… php -S 127.0.0.1:8007 receptor.php

const TOLERANCIA = 5 * 60; // segundos

/** O corpo, byte a byte, veio de quem tem o segredo, e há pouco tempo? */
function confere(string $corpo): bool
{
    $segredo = base64_decode(preg_replace('/^whsec_/', '', getenv('WEBHOOK_SECRET')));
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

/** O trabalho de verdade: aqui só mostra. Se demora, ponha numa fila e responda logo. */
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
if (!confere($corpo)) {
    http_response_code(401);
    exit;
}
$evento = json_decode($corpo, true, flags: JSON_THROW_ON_ERROR);
if (!file_exists(anotacao($evento['id']))) { // repetições são normais, com o mesmo id
    trate($evento);
    touch(anotacao($evento['id']));
}
http_response_code(204);
