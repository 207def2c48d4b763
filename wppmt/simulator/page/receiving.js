// Messages and receipts that come in. Called through the modules' exports, where wa-js has put its wrappers.

function rawOf(message) {
  const { quoted, mentions, media, ...raw } = message;
  const file = media && {
    filename: media.fileName, mimetype: media.mimetype, size: media.size, filehash: base64OfHex(media.sha256),
  };
  return {
    ...raw,
    ...file,
    ...(quoted && { quotedStanzaID: quoted.id, quotedParticipant: toWid(quoted.participant), quotedMsg: quoted }),
    ack: message.id.startsWith('true_') ? ACK.SENT : ACK.CLOCK,
    mentionedJidList: mentions.map(toWid),
    mediaData: media && mediaDataOf({ ...file, type: message.type }),
    isNewMsg: true,
  };
}

// Stored first: if the page dies here, the server sends it again and it is recognised by its id.
link.on('message', async (message) => {
  if (await database.get('messages', message.id)) return;
  const raw = { ...rawOf(message), id: MsgKey.fromString(message.id), order: nextOrder() };
  await database.put('messages', rowOf(raw));
  await importNamespace('WAWebHandleSingleMsg').handleSingleMsg(raw.id.remote, raw);
});

async function handleSingleMsg(chatId, raw) {
  await Msgs.processMultipleMessages(chatId, [raw]);
  const chat = Chats.get(chatId);
  if (!raw.id.fromMe) chat.set('unreadCount', chat.unreadCount + 1);
  await storeChat(chat);
}

link.on('receipt', async ({ id, ack, ackString, chat, participant, everyone }) => {
  const receipt = {
    ack, ackString, from: toWid(chat), participant: toWid(participant), recipient: null, externalIds: [id],
    ts: Math.floor(Date.now() / 1000),
  };
  await raiseAck(id, participant ? everyone : ack);
  if (participant) await importNamespace('WAWebHandleGroupSimpleReceipt').handleGroupSimpleReceipt(receipt);
  else await importNamespace('WAWebHandleChatSimpleReceipt').handleChatSimpleReceipt(receipt);
});

// In a group a message counts as read when everyone has read it; the server keeps that count.
async function raiseAck(id, ack) {
  const message = Msgs.findFirst((one) => one.id.fromMe && one.id.id === id) || (await storedByShortId(id));
  if (!message) return;
  message.updateAck(ack);
  await storeMessage(message);
}

async function storedByShortId(id) {
  const rows = await database.all('messages');
  const row = rows.find((one) => one.id.startsWith('true_') && one.id.split('_')[2] === id);
  return row && addMessage(fromRow(row));
}

define('WAWebHandleSingleMsg', () => ({ handleSingleMsg }));
define('WAWebHandleChatSimpleReceipt', () => ({ handleChatSimpleReceipt: async () => {} }));
define('WAWebHandleGroupSimpleReceipt', () => ({ handleGroupSimpleReceipt: async () => {} }));
define('WAWebHandleStatusSimpleReceipt', () => ({ handleStatusSimpleReceipt: async () => {} }));
