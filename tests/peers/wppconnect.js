// The unmodified @wppconnect-team/wppconnect, whole: pair, write, receive, restore, log out.
'use strict';

const wppconnect = require('@wppconnect-team/wppconnect');
const { arrival, chromeArguments, executablePath, expect, profile, sim, step, until } = require('./story');

const ANA = '5511911110001';
const BRUNO = '5511922220002';
const BRUNO_ID = `${BRUNO}@c.us`;
const PICTURE = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

const seen = { statuses: [], messages: [], acks: [], codes: [] };

function start() {
  return wppconnect.create({
    session: 'ana',
    catchQR: (picture, _, __, code) => seen.codes.push({ picture, code }),
    statusFind: (status) => seen.statuses.push(status),
    headless: 'new',
    autoClose: 0,
    logQR: false,
    updatesLog: false,
    disableWelcome: true,
    disableGoogleAnalytics: true,
    browserArgs: chromeArguments,
    puppeteerOptions: { executablePath, userDataDir: `${profile}/wppconnect`, args: chromeArguments },
    folderNameToken: `${profile}/tokens`,
  });
}

function listen(client) {
  client.onAnyMessage((message) => seen.messages.push(message));
  client.onAck((ack) => seen.acks.push(ack));
}

const acked = (id, ack) =>
  until(() => seen.acks.find((one) => one.id._serialized === id && one.ack === ack), `ack ${ack}`);

(async () => {
  await sim('PUT', `/accounts/${ANA}`, { name: 'Ana' });
  await sim('PUT', `/accounts/${BRUNO}`, { name: 'Bruno', saved: true });
  let client;
  let sent;

  await step(
    'pairs by the QR code',
    async () => {
      const starting = start();
      const { picture, code } = await until(() => seen.codes[0], 'a QR code', 40000);
      expect(picture.startsWith('data:image/png;base64,'), 'the code comes as a picture');
      await sim('POST', `/accounts/${ANA}/scan`, { qr: code });
      client = await starting;
      listen(client);
      expect(await client.isAuthenticated(), 'authenticated');
      expect(await client.isConnected(), 'connected');
    },
    60000,
  );

  await step('sends a text', async () => {
    sent = await client.sendText(BRUNO_ID, 'Oi do wppconnect');
    await arrival(BRUNO, (line) => sent.id.includes(line.id) && line.body === 'Oi do wppconnect');
  });

  await step('sees acks 1, 2 and 3', async () => {
    await acked(sent.id, 1);
    for (const ack of [2, 3]) {
      await sim('POST', `/accounts/${BRUNO}/receipts`, { id: sent.id, ack });
      await acked(sent.id, ack);
    }
  });

  await step('sends a picture and a document', async () => {
    await client.sendFile(BRUNO_ID, `data:image/png;base64,${PICTURE}`, {
      type: 'image',
      filename: 'foto.png',
      caption: 'Foto',
    });
    const image = await arrival(BRUNO, (line) => line.type === 'image');
    expect(image.caption === 'Foto' && image.mimetype === 'image/png', 'a picture with its caption');
    await client.sendFile(BRUNO_ID, `data:application/pdf;base64,${PICTURE}`, { type: 'document', filename: 'a.pdf' });
    const document = await arrival(BRUNO, (line) => line.type === 'document');
    expect(document.fileName === 'a.pdf' && document.sha256 === image.sha256, 'a document with its name and bytes');
  });

  await step('receives a text', async () => {
    const { id } = await sim('POST', `/accounts/${BRUNO}/messages`, { to: ANA, body: 'Oi, Ana' });
    const received = await until(() => seen.messages.find((one) => one.id.includes(id)), 'the message');
    expect(received.body === 'Oi, Ana' && received.from === BRUNO_ID && !received.fromMe, 'its text and sender');
  });

  await step('answers what it received', async () => {
    const received = seen.messages.find((one) => one.body === 'Oi, Ana');
    await client.sendText(BRUNO_ID, 'Em resposta', { quotedMsg: received.id });
    const line = await arrival(BRUNO, ({ body }) => body === 'Em resposta');
    expect(received.id.includes(line.quoted), 'the answer names what it answers');
  });

  await step('receives a picture and downloads it', async () => {
    await sim('POST', `/accounts/${BRUNO}/messages`, {
      to: ANA,
      caption: 'Olhe',
      media: { base64: PICTURE, mimetype: 'image/png', fileName: 'b.png' },
    });
    const received = await until(() => seen.messages.find((one) => one.caption === 'Olhe'), 'the picture');
    const media = await client.downloadMedia(received.id);
    expect(media.endsWith(PICTURE), 'the bytes that were sent');
  });

  await step('lists contacts', async () => {
    const contacts = await client.getAllContacts();
    expect(
      contacts.some((one) => (one.id._serialized || one.id) === BRUNO_ID),
      'Bruno is among them',
    );
    expect((await client.checkNumberStatus(BRUNO_ID)).numberExists, 'Bruno exists');
    expect(!(await client.checkNumberStatus('5511900000000@c.us')).numberExists, 'an unregistered number does not');
  });

  await step('lists chats and their messages', async () => {
    const chats = await client.listChats();
    expect(
      chats.some((one) => (one.id._serialized || one.id) === BRUNO_ID),
      'the chat with Bruno',
    );
    const messages = await client.getMessages(BRUNO_ID, { count: 50 });
    expect(
      messages.some((one) => one.body === 'Oi do wppconnect'),
      'what was written',
    );
  });

  await step('writes in a group', async () => {
    const { id } = await sim('POST', '/groups', { subject: 'Equipe', participants: [ANA, BRUNO] });
    await until(async () => (await client.listChats({ onlyGroups: true })).length, 'the group');
    await client.sendText(id, 'Oi, grupo');
    await arrival(BRUNO, (line) => line.chat === id && line.body === 'Oi, grupo');
  });

  await step(
    'restores the login without a code',
    async () => {
      await client.close();
      const codes = seen.codes.length;
      seen.statuses.length = 0;
      client = await start();
      listen(client);
      expect(seen.codes.length === codes, 'no new code');
      expect(await client.isAuthenticated(), 'authenticated');
      await client.sendText(BRUNO_ID, 'De volta');
      await arrival(BRUNO, ({ body }) => body === 'De volta');
    },
    60000,
  );

  await step(
    'logs out',
    async () => {
      const codes = seen.codes.length;
      // The page reloads before it answers: wa-js waits for a word on Cmd that this build never says.
      await client.logout().catch(() => {});
      await until(async () => !(await sim('GET', `/accounts/${ANA}/devices`)).length, 'no device left');
      await until(() => seen.codes.length > codes, 'a new code', 30000);
    },
    45000,
  );

  if (client) await client.close();
  process.exit(0);
})();
