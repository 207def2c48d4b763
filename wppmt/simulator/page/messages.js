// Messages: the models, and the rows they are kept in.

class MsgModel extends BaseModel {
  get isSentByMe() { return !!(this.id && this.id.fromMe); }
  get isMedia() { return MEDIA_TYPES.includes(this.type); }
  get isNotification() { return ['notification', 'gp2'].includes(this.type); }
  get isStatusV3() { return !!this.id && this.id.remote.isStatus(); }
  get sender() { return this.author || this.from; }
  get senderObj() { return Contacts.get(this.sender); }
  updateAck(ack) { if (this.ack === undefined || ack > this.ack) this.set('ack', ack); }

  msgContextInfo() {
    const quotedMsg = { type: this.type, body: this.body };
    return { quotedMsg, quotedStanzaID: this.id.id, quotedParticipant: this.sender, quotedRemoteJid: undefined };
  }

  async downloadMedia() { await downloadInto(this.mediaData); }
}
named(MsgModel, 'msg', {
  ack: 0, body: undefined, type: 'chat', isNewMsg: false, mediaData: undefined,
  labels: () => [], isSendFailure: undefined, errorCode: undefined,
});

class MsgCollectionImpl extends BaseCollection {
  async processMultipleMessages(chatId, messages) { return messages.map(addMessage); }
}
MsgCollectionImpl.model = MsgModel;

class ChatMsgsCollection extends MsgCollectionImpl {
  async loadEarlierMsgs() { return []; }
}

const Msgs = new MsgCollectionImpl();
let lastOrder = 0;

// Messages of one second keep the order in which they came.
function nextOrder() {
  lastOrder = Math.max(lastOrder + 1, Date.now() * 1000);
  return lastOrder;
}

// Puts a message into both stores. The id object must stay the very same: wa-js compares it by identity.
function addMessage(raw, given) {
  const id = raw.id instanceof MsgKey ? raw.id : MsgKey.fromString(raw.id);
  const chat = ensureChat(addressOf(id.remote), given);
  const known = Msgs.get(id);
  if (known) return known;
  const ids = { id, from: toWid(raw.from), to: toWid(raw.to), author: toWid(raw.author) };
  const message = Msgs.add({ order: nextOrder(), ...raw, ...ids }, given);
  chat.msgs.add(message, given);
  if (message.t > chat.t) chat.set('t', message.t, given);
  return message;
}

const KEPT = [
  'order', 'type', 'body', 'caption', 't', 'ack', 'filename', 'mimetype', 'size', 'filehash', 'quotedStanzaID',
  'quotedMsg', 'notifyName', 'isSendFailure', 'errorCode',
];

function rowOf(message) {
  const row = Object.fromEntries(KEPT.map((name) => [name, message[name]]));
  for (const name of ['id', 'from', 'to', 'author', 'quotedParticipant']) {
    if (message[name]) row[name] = String(message[name]);
  }
  row.chat = String(addressOf(message.id.remote));
  row.mentionedJidList = (message.mentionedJidList || []).map(String);
  if (message.id.fromMe && message.ack === ACK.CLOCK && !message.isSendFailure) row.pending = row.order;
  return row;
}

function storeMessage(message) {
  return database.put('messages', rowOf(message));
}

function fromRow(row) {
  const { pending, chat, ...attributes } = row;
  return {
    ...attributes,
    id: MsgKey.fromString(row.id),
    from: toWid(row.from),
    to: toWid(row.to),
    author: toWid(row.author),
    isNewMsg: false,
    quotedParticipant: toWid(row.quotedParticipant),
    mentionedJidList: row.mentionedJidList.map(toWid),
    mediaData: MEDIA_TYPES.includes(row.type) ? mediaDataOf(row) : undefined,
  };
}

define('WAWebMsgModel', () => ({ Msg: MsgModel }));
define('WAWebMsgCollection', () => ({ MsgCollection: Msgs }));
define('WAWebChatMsgsCollection', () => ({ ChatMsgsCollection }));
define('WAWebQuotedMsgModelUtils', () => ({
  getQuotedMsgObj: (message) => Msgs.findFirst(({ id }) => id.id === message.quotedStanzaID) || null,
}));
define('WAWebCollections', () => ({ default: { Chat: Chats, Msg: Msgs, Contact: Contacts, GroupMetadata: Groups } }));
