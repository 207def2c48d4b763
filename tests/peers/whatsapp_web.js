// The unmodified whatsapp-web.js, whole: pair, write, receive, its wider calls, restore, log out.
'use strict';

const { Client, LocalAuth, MessageMedia } = require('whatsapp-web.js');
const restoreSerialized = require('./serialized');
const wider = require('./whatsapp_web_calls');
const { arrival, chromeArguments, executablePath, expect, profile, sim, step, until } = require('./story');

const ANA = '5511911110001';
const BRUNO = '5511922220002';
const BRUNO_ID = `${BRUNO}@c.us`;
const PICTURE = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

const seen = { messages: [], created: [], acks: [], codes: [], events: [] };

function start() {
  const client = new Client({
    authStrategy: new LocalAuth({ clientId: 'ana', dataPath: `${profile}/whatsapp-web` }),
    webVersionCache: { type: 'none' },
    evalOnNewDoc: restoreSerialized,
    puppeteer: { executablePath, headless: true, args: chromeArguments },
  });
  client.on('qr', (code) => seen.codes.push(code));
  client.on('message', (message) => seen.messages.push(message));
  client.on('message_create', (message) => seen.created.push(message));
  client.on('message_ack', (message, ack) => seen.acks.push({ id: message.id.id, ack }));
  for (const name of ['authenticated', 'ready', 'disconnected']) client.on(name, () => seen.events.push(name));
  const ready = new Promise((resolve) => client.on('ready', resolve));
  return { client, ready, started: client.initialize() };
}

const acked = (id, ack) => until(() => seen.acks.find((one) => one.id === id && one.ack === ack), `ack ${ack}`);

(async () => {
  await sim('PUT', `/accounts/${ANA}`, { name: 'Ana', isBusiness: true });
  await sim('PUT', `/accounts/${BRUNO}`, { name: 'Bruno', saved: true });
  let client;
  let sent;

  await step(
    'pairs by the QR code',
    async () => {
      const starting = start();
      client = starting.client;
      await starting.started; // from then on it hears that the page is paired
      const code = await until(() => seen.codes[0], 'a QR code');
      await sim('POST', `/accounts/${ANA}/scan`, { qr: code });
      await starting.ready;
      expect(client.info.wid.user === ANA, 'it is Ana who is linked');
    },
    60000,
  );

  await step('sends a text', async () => {
    sent = await client.sendMessage(BRUNO_ID, 'Oi do whatsapp-web.js');
    const line = await arrival(BRUNO, ({ body }) => body === 'Oi do whatsapp-web.js');
    expect(sent.id.id === line.id && sent.fromMe, 'the message that arrived');
  });

  await step('sees acks 1, 2 and 3', async () => {
    await acked(sent.id.id, 1);
    for (const ack of [2, 3]) {
      await sim('POST', `/accounts/${BRUNO}/receipts`, { id: sent.id.id, ack });
      await acked(sent.id.id, ack);
    }
  });

  await step('sends a picture and a document', async () => {
    const media = new MessageMedia('image/png', PICTURE, 'foto.png');
    await client.sendMessage(BRUNO_ID, media, { caption: 'Foto' });
    const image = await arrival(BRUNO, ({ type }) => type === 'image');
    expect(image.caption === 'Foto' && image.mimetype === 'image/png', 'a picture with its caption');
    await client.sendMessage(BRUNO_ID, media, { sendMediaAsDocument: true });
    const document = await arrival(BRUNO, ({ type }) => type === 'document');
    expect(document.sha256 === image.sha256, 'a document of the same bytes');
  });

  await step('receives a text', async () => {
    const { id } = await sim('POST', `/accounts/${BRUNO}/messages`, { to: ANA, body: 'Oi, Ana' });
    const received = await until(() => seen.messages.find((one) => one.id.id === id), 'the message');
    expect(received.body === 'Oi, Ana' && received.from === BRUNO_ID && !received.fromMe, 'its text and sender');
  });

  await step('answers what it received', async () => {
    const received = seen.messages.find((one) => one.body === 'Oi, Ana');
    await received.reply('Em resposta');
    const line = await arrival(BRUNO, ({ body }) => body === 'Em resposta');
    expect(line.quoted === received.id.id, 'the answer names what it answers');
  });

  await step('receives a picture and downloads it', async () => {
    await sim('POST', `/accounts/${BRUNO}/messages`, {
      to: ANA,
      caption: 'Olhe',
      media: { base64: PICTURE, mimetype: 'image/png', fileName: 'b.png' },
    });
    const received = await until(() => seen.messages.find((one) => one.hasMedia), 'the picture');
    const media = await received.downloadMedia();
    expect(media.data === PICTURE && media.mimetype === 'image/png', 'the bytes that were sent');
  });

  await step('lists contacts', async () => {
    const contacts = await client.getContacts();
    expect(
      contacts.some((one) => one.id._serialized === BRUNO_ID),
      'Bruno is among them',
    );
    expect((await client.getNumberId(BRUNO)).user, 'Bruno exists');
    expect((await client.getNumberId('5511900000000')) === null, 'an unregistered number does not');
  });

  await step('lists chats and their messages', async () => {
    const chats = await client.getChats();
    const chat = chats.find((one) => one.id._serialized === BRUNO_ID);
    const messages = await chat.fetchMessages({ limit: 50 });
    expect(
      messages.some((one) => one.body === 'Oi do whatsapp-web.js'),
      'what was written',
    );
  });

  await step('writes in a group', async () => {
    const { id } = await sim('POST', '/groups', { subject: 'Equipe', participants: [ANA, BRUNO] });
    await until(async () => (await client.getChats()).find((one) => one.isGroup), 'the group');
    await client.sendMessage(id, 'Oi, grupo');
    await arrival(BRUNO, (line) => line.chat === id && line.body === 'Oi, grupo');
  });

  await wider({ ana: ANA, bruno: BRUNO, client, picture: PICTURE, seen });

  await step(
    'restores the login without a code',
    async () => {
      await client.destroy();
      const codes = seen.codes.length;
      const starting = start();
      client = starting.client;
      await starting.ready;
      expect(seen.codes.length === codes, 'no new code');
      await client.sendMessage(BRUNO_ID, 'De volta');
      await arrival(BRUNO, ({ body }) => body === 'De volta');
    },
    60000,
  );

  await step(
    'logs out',
    async () => {
      await client.logout();
      await until(async () => !(await sim('GET', `/accounts/${ANA}/devices`)).length, 'no device left');
    },
    30000,
  );

  if (client.pupBrowser) await client.destroy().catch(() => {});
  process.exit(0);
})();
