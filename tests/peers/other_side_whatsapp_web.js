// whatsapp-web.js at the other end: what it hears, in plain words, and what it sends and does.
'use strict';

const { Client, Location, LocalAuth, MessageMedia, Poll } = require('whatsapp-web.js');
const restoreSerialized = require('./serialized');
const { chromeArguments, executablePath, profile, sim, until } = require('./story');

let client;
const messages = new Map();

async function shown(message) {
  const quoted = message.hasQuotedMsg ? await message.getQuotedMessage() : undefined;
  return {
    kind: 'message',
    id: message.id.id,
    from: message.from,
    author: message.author,
    type: message.type,
    body: message.body,
    gif: message.isGif,
    viewOnce: Boolean(message.rawData.isViewOnce),
    forwarded: Boolean(message.isForwarded),
    location: message.location && {
      latitude: message.location.latitude,
      longitude: message.location.longitude,
      name: message.location.name,
      address: message.location.address,
    },
    vcards: message.vCards,
    poll: message.pollName && {
      question: message.pollName,
      options: message.pollOptions.map(({ name }) => name),
      multiple: message.allowMultipleAnswers,
    },
    quoted: quoted && quoted.id.id,
    mentions: message.mentionedIds.map((id) => id._serialized || id),
    raw: message.rawData,
  };
}

function listen(tell) {
  client.on('message_create', async (message) => {
    messages.set(message.id.id, message);
    if (!message.fromMe) tell(await shown(message));
  });
  client.on('message_reaction', ({ msgId, reaction }) => tell({ kind: 'reaction', id: msgId.id, emoji: reaction }));
  client.on('message_edit', ({ id }, body) => tell({ kind: 'edit', id: id.id, body }));
  client.on('message_revoke_everyone', ({ id }) => tell({ kind: 'revoke', id: id.id }));
  client.on('message_ack', ({ id }, ack) => tell({ kind: 'ack', id: id.id, ack }));
  client.on('vote_update', ({ parentMsgKey, selectedOptions }) =>
    tell({ kind: 'vote', id: parentMsgKey.id, options: selectedOptions.map(({ name }) => name).join() }),
  );
}

async function pair(phone, tell) {
  client = new Client({
    authStrategy: new LocalAuth({ clientId: phone, dataPath: `${profile}/whatsapp-web` }),
    webVersionCache: { type: 'none' },
    evalOnNewDoc: restoreSerialized,
    puppeteer: { executablePath, headless: true, args: chromeArguments },
  });
  let code;
  client.on('qr', (text) => {
    code = text;
  });
  const ready = new Promise((resolve) => client.on('ready', resolve));
  listen(tell);
  await client.initialize();
  await until(() => code, 'a QR code');
  await sim('POST', `/accounts/${phone}/scan`, { qr: code });
  await ready;
}

const media = ({ base64, mimetype, fileName }) => new MessageMedia(mimetype, base64, fileName);

async function send(to, content, options) {
  const message = await client.sendMessage(to, content, options);
  messages.set(message.id.id, message);
  return message.id.id;
}

const file =
  (options = {}) =>
  (to, content) =>
    send(to, media(content), { caption: content.caption, ...options });

const full = (id) => messages.get(id).id._serialized;

const sends = {
  text: (to, { text }) => send(to, text),
  image: file(),
  video: file(),
  gif: file({ sendVideoAsGif: true }),
  voice: file({ sendAudioAsVoice: true }),
  sticker: file({ sendMediaAsSticker: true }),
  document: file({ sendMediaAsDocument: true }),
  location: (to, { latitude, longitude, name, address }) =>
    send(to, new Location(latitude, longitude, { name, address })),
  contact: async (to, { contact }) => send(to, await client.getContactById(contact)),
  poll: (to, { question, options }) => send(to, new Poll(question, options)),
  answer: (to, { text, quoted }) => send(to, text, { quotedMessageId: full(quoted) }),
  mention: (to, { text, mentions }) => send(to, text, { mentions }),
};

const acts = {
  reaction: (id, { emoji }) => messages.get(id).react(emoji),
  edit: async (id, { text }) => {
    await messages.get(id).edit(text);
  },
  delete: (id) => messages.get(id).delete(true),
  forward: (id, { to }) => messages.get(id).forward(to),
  vote: (id, { options }) => messages.get(id).vote(options),
};

const seen = (chat) => client.sendSeen(chat);
const download = async (id) => (await messages.get(id).reload()).downloadMedia();
const close = () => client.destroy();

module.exports = { acts, close, download, pair, seen, sends };
