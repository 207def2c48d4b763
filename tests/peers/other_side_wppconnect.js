// wppconnect at the other end: what it hears, in plain words, and what it sends and does.
'use strict';

const wppconnect = require('@wppconnect-team/wppconnect');
const { chromeArguments, executablePath, profile, sim, until } = require('./story');

let client;
const long = new Map();

const full = (id) => id._serialized || id;
const short = (id) => id.id || full(id).split('_')[2];

// The long form is what the client asks for, the short one what both ends call a message.
function known(id) {
  long.set(short(id), full(id));
  return short(id);
}

function shown(message) {
  const [name, address] = (message.loc || '').split('\n');
  return {
    kind: 'message',
    id: known(message.id),
    from: full(message.from),
    author: message.author && full(message.author),
    type: message.type,
    body: message.mimetype ? message.caption || '' : message.body || message.pollName || '',
    gif: Boolean(message.isGif),
    viewOnce: Boolean(message.isViewOnce),
    forwarded: Boolean(message.isForwarded),
    location: message.type === 'location' && { latitude: message.lat, longitude: message.lng, name, address },
    vcards: message.type === 'vcard' ? [message.body] : (message.vcardList || []).map(({ vcard }) => vcard),
    poll: message.pollName && {
      question: message.pollName,
      options: message.pollOptions.map((option) => option.name),
      multiple: !message.pollSelectableOptionsCount,
    },
    quoted: message.quotedStanzaID || (message.quotedMsgId && short(message.quotedMsgId)),
    mentions: (message.mentionedJidList || []).map(full),
    raw: message,
  };
}

function listen(tell) {
  client.onAnyMessage((message) => (message.fromMe ? known(message.id) : tell(shown(message))));
  client.onReactionMessage(({ msgId, reactionText }) =>
    tell({ kind: 'reaction', id: short(msgId), emoji: reactionText }),
  );
  client.onMessageEdit(({ id, msg }) => tell({ kind: 'edit', id: short(id), body: msg.body }));
  client.onRevokedMessage(({ refId }) => tell({ kind: 'revoke', id: short(refId) }));
  client.onAck(({ id, ack }) => tell({ kind: 'ack', id: short(id), ack }));
  client.onPollResponse(({ msgId, selectedOptions }) =>
    tell({ kind: 'vote', id: short(msgId), options: selectedOptions.map(({ name }) => name).join() }),
  );
}

async function pair(phone, tell) {
  let code;
  const starting = wppconnect.create({
    session: phone,
    catchQR: (_, __, ___, text) => {
      code = text;
    },
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
  await until(() => code, 'a QR code', 40000);
  await sim('POST', `/accounts/${phone}/scan`, { qr: code });
  client = await starting;
  // wa-js gives message keys their `_serialized` back when it looks MsgKey up: until then listeners get no ids.
  await client.page.evaluate(() => Boolean(WPP.whatsapp.MsgKey));
  listen(tell);
}

const dataUrl = ({ base64, mimetype }) => `data:${mimetype.replace(' ', '')};base64,${base64}`;
const sent = async (sending) => known((await sending).id);

const file = (options) => (to, content) =>
  sent(
    client.sendFile(to, dataUrl(content), { filename: content.fileName, caption: content.caption, ...options }),
  );

const sends = {
  text: (to, { text }) => sent(client.sendText(to, text)),
  image: (to, content) =>
    sent(client.sendImageFromBase64(to, dataUrl(content), content.fileName, content.caption)),
  video: file({ type: 'video' }),
  gif: (to, content) =>
    sent(client.sendVideoAsGifFromBase64(to, dataUrl(content), content.fileName, content.caption)),
  voice: (to, content) => sent(client.sendPttFromBase64(to, dataUrl(content), content.fileName)),
  sticker: (to, content) => sent(client.sendImageAsSticker(to, dataUrl(content))),
  document: file({ type: 'document' }),
  location: (to, { latitude, longitude, name, address }) =>
    sent(client.sendLocation(to, { lat: latitude, lng: longitude, name, address })),
  contact: (to, { contact }) => sent(client.sendContactVcard(to, contact)),
  // Unless told otherwise, it lets people choose several.
  poll: (to, { question, options }) => sent(client.sendPollMessage(to, question, options, { selectableCount: 1 })),
  pix: (to, { pix }) => sent(client.sendPixKey(to, pix)),
  answer: (to, { text, quoted }) => sent(client.sendText(to, text, { quotedMsg: long.get(quoted) })),
  mention: (to, { text, mentions }) => sent(client.sendMentioned(to, text, mentions)),
};

const chatOf = (id) => long.get(id).split('_')[1];

const acts = {
  reaction: (id, { emoji }) => client.sendReactionToMessage(long.get(id), emoji),
  edit: (id, { text }) => client.editMessage(long.get(id), text),
  delete: (id) => client.deleteMessage(chatOf(id), long.get(id)),
  forward: (id, { to }) => client.forwardMessage(to, long.get(id)),
};

async function download(id) {
  const [head, data] = (await client.downloadMedia(long.get(id))).split(';base64,');
  return { data, mimetype: head.replace('data:', '') };
}

const seen = (chat) => client.sendSeen(chat);
const close = () => client.close();

module.exports = { acts, close, download, pair, seen, sends };
