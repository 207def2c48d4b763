// Receptor de webhooks em Node, sem dependências.
//
//     WEBHOOK_SECRET=whsec_… node receptor.mjs 8007

import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const SEGREDO = Buffer.from(process.env.WEBHOOK_SECRET.replace(/^whsec_/, ""), "base64");
const TOLERANCIA = 5 * 60; // segundos
const recebidos = new Set(); // em produção: uma coluna única no banco, gravada junto com o que o evento muda

/** O corpo, byte a byte, veio de quem tem o segredo, e há pouco tempo? */
function confere(cabecalhos, corpo) {
  const id = cabecalhos["webhook-id"] ?? "";
  const momento = cabecalhos["webhook-timestamp"] ?? "";
  if (!/^\d+$/.test(momento) || Math.abs(Date.now() / 1000 - Number(momento)) > TOLERANCIA) return false;
  const esperada = createHmac("sha256", SEGREDO).update(`${id}.${momento}.`).update(corpo).digest();
  // Durante a troca do segredo vêm duas assinaturas, separadas por espaço: basta uma conferir.
  return (cabecalhos["webhook-signature"] ?? "").split(" ").some((assinatura) => {
    const [versao, valor = ""] = assinatura.split(",");
    const recebida = Buffer.from(valor, "base64");
    return versao === "v1" && recebida.length === esperada.length && timingSafeEqual(recebida, esperada);
  });
}

/** O trabalho de verdade: aqui só mostra. Se demora, ponha numa fila e responda logo. */
function trate(evento) {
  console.log(evento.sessionId, evento.sequence, evento.event);
}

createServer(async (pedido, resposta) => {
  const partes = [];
  for await (const parte of pedido) partes.push(parte);
  const corpo = Buffer.concat(partes); // nunca um JSON já lido e escrito de novo: os bytes seriam outros
  if (!confere(pedido.headers, corpo)) {
    resposta.writeHead(401).end();
    return;
  }
  const evento = JSON.parse(corpo);
  if (!recebidos.has(evento.id)) { // repetições são normais, com o mesmo id
    trate(evento);
    recebidos.add(evento.id);
  }
  resposta.writeHead(204).end();
}).listen(Number(process.argv[2]), "127.0.0.1");
