// Receptor de webhooks em Node, sem dependências.
//
//     WEBHOOK_SECRETS=segredos.json node receptor.mjs 8007
//
// Cada sessão tem o seu segredo. segredos.json: {"cliente-001": "whsec_…", "cliente-002": "whsec_…"}

import { createHmac, timingSafeEqual } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";

const TOLERANCIA = 5 * 60; // segundos
const recebidos = new Set(); // em produção: uma coluna única no banco, gravada junto com o que o evento muda

/** O segredo da sessão, se houver. Em produção: a tabela em que você guarda o webhookSecret de cada sessão. */
async function segredoDe(sessao) {
  const segredos = JSON.parse(await readFile(process.env.WEBHOOK_SECRETS)); // lido a cada vez: uma sessão nova vale na hora
  return Object.hasOwn(segredos, sessao) ? Buffer.from(segredos[sessao].replace(/^whsec_/, ""), "base64") : undefined;
}

/** O evento. Até a assinatura ser conferida ele só serve para saber de que sessão diz ser. */
function leia(corpo) {
  try {
    const evento = JSON.parse(corpo);
    return typeof evento?.sessionId === "string" ? evento : undefined;
  } catch {
    return undefined;
  }
}

/** O corpo, byte a byte, veio de quem tem o segredo, e há pouco tempo? */
function confere(cabecalhos, corpo, segredo) {
  const id = cabecalhos["webhook-id"] ?? "";
  const momento = cabecalhos["webhook-timestamp"] ?? "";
  if (!/^\d+$/.test(momento) || Math.abs(Date.now() / 1000 - Number(momento)) > TOLERANCIA) return false;
  const esperada = createHmac("sha256", segredo).update(`${id}.${momento}.`).update(corpo).digest();
  // Durante a troca do segredo vêm duas assinaturas, separadas por espaço: basta uma conferir.
  return (cabecalhos["webhook-signature"] ?? "").split(" ").some((assinatura) => {
    const [versao, valor = ""] = assinatura.split(",");
    const recebida = Buffer.from(valor, "base64");
    return versao === "v1" && recebida.length === esperada.length && timingSafeEqual(recebida, esperada);
  });
}

/** O trabalho real: aqui só mostra. Se demora, coloque em uma fila e responda logo. */
function trate(evento) {
  console.log(evento.sessionId, evento.sequence, evento.event);
}

createServer(async (pedido, resposta) => {
  const partes = [];
  for await (const parte of pedido) partes.push(parte);
  const corpo = Buffer.concat(partes); // nunca um JSON já lido e escrito de novo: os bytes seriam outros
  const evento = leia(corpo);
  const segredo = evento && (await segredoDe(evento.sessionId));
  if (!segredo || !confere(pedido.headers, corpo, segredo)) {
    resposta.writeHead(401).end();
    return;
  }
  if (!recebidos.has(evento.id)) { // repetições são normais, com o mesmo id
    trate(evento);
    recebidos.add(evento.id);
  }
  resposta.writeHead(204).end();
}).listen(Number(process.argv[2]), "127.0.0.1");
