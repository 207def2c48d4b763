// Messages and receipts that come in. Called through the modules' exports, where wa-js has put its wrappers.

function rawOf(message) {
  const { quoted, mentions, media, content, target, sender, unheard, ...raw } = message;
  const file = media && {
    filename: media.fileName, mimetype: media.mimetype, size: media.size, filehash: base64OfHex(media.sha256),
  };
  return {
    ...revived(content),
    ...raw,
    ...file,
    ...(quoted && { quotedStanzaID: quoted.id, quotedParticipant: toWid(quoted.participant), quotedMsg: quoted }),
    ack: ACK.SENT,
    mentionedJidList: mentions.map(toWid),
    mediaData: media && mediaDataOf({ ...file, type: message.type }),
    isNewMsg: true,
  };
}

// Stored first: if the page dies here, the server sends them again and they are recognised by their ids.
link.onMany('message', async (messages) => {
  for (const { sender } of messages) if (sender) learnContact(sender);
  const raws = messages.map((message) => ({ ...rawOf(message), id: MsgKey.fromString(message.id), order: nextOrder() }));
  const isNew = await database.insert('message', raws.map(rowOf));
  for (const [index, raw] of raws.entries()) {
    if (isNew[index]) await takeMessage(raw, messages[index]).catch(throwLater);
  }
  await storeTouchedChats();
});

async function takeMessage(raw, { unheard }) {
  if (!unheard) return importNamespace('WAWebHandleSingleMsgWorkerCompatible').handleSingleMsg(raw.id.remote, raw);
  addMessage(raw, { silent: true });
  touched.add(Chats.get(addressOf(raw.id.remote)));
}

const touched = new Set();

async function storeTouchedChats() {
  const chats = [...touched].filter(Boolean);
  touched.clear();
  await Promise.all(chats.map(storeChat));
}

// What lets us write to whoever has written to us, whatever limit there is towards strangers.
const TC_TOKEN = new Uint8Array([1]);

async function handleSingleMsg(chatId, raw) {
  await Msgs.processMultipleMessages(chatId, [raw]);
  const chat = Chats.get(addressOf(chatId));
  if (!chat) return;
  if (!raw.id.fromMe) chat.set({ unreadCount: Math.max(chat.unreadCount, 0) + 1, tcToken: TC_TOKEN });
  touched.add(chat);
}

link.on('receipt', async ({ id, key, ack, ackString, chat, participant, everyone }) => {
  const receipt = {
    ack, ackString, from: toWid(chat), participant: toWid(participant), recipient: null, externalIds: [id],
    ts: Math.floor(Date.now() / 1000),
  };
  await raiseAck(id, key, participant ? everyone : ack, participant || chat, ack);
  if (participant) await importNamespace('WAWebHandleGroupChatReceipt').handleGroupSimpleReceipt(receipt);
  else await importNamespace('WAWebHandleDirectChatReceipt').handleChatSimpleReceipt(receipt);
});

// In a group a message counts as read when everyone has read it; the server keeps that count.
// wa-js names a message to a group with or without its participant, so the key may differ from the server's.
async function raiseAck(id, key, ack, reader, theirs) {
  const held = Msgs.get(key) || Msgs.findFirst((one) => one.id.fromMe && one.id.id === id);
  const message = held || (await loadMessage(key));
  if (!message) return;
  message.updateAck(ack);
  await storeMessage(message);
  await noteReceipt(message.id, reader, theirs, unixTime());
}

define('WAWebHandleSingleMsgWorkerCompatible', () => ({ handleSingleMsg }));
define('WAWebHandleDirectChatReceipt', () => ({ handleChatSimpleReceipt: async () => {} }));
define('WAWebHandleGroupChatReceipt', () => ({ handleGroupSimpleReceipt: async () => {} }));
define('WAWebHandleStatusReceipt', () => ({ handleStatusSimpleReceipt: async () => {} }));
