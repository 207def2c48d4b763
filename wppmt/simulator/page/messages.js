// Messages: the models, and the rows they are kept in.

class MsgModel extends BaseModel {
  get isSentByMe() {
    return !!(this.id && this.id.fromMe);
  }
  get isMedia() {
    return MEDIA_TYPES.includes(this.type);
  }
  get isNotification() {
    return ['notification', 'gp2'].includes(this.type);
  }
  get isStatusV3() {
    return !!this.id && this.id.remote.isStatus();
  }
  get sender() {
    return this.author || this.from;
  }
  get senderObj() {
    return Contacts.get(this.sender);
  }
  updateAck(ack) {
    if (this.ack === undefined || ack > this.ack) this.set('ack', ack);
  }

  msgContextInfo() {
    const quotedMsg = { type: this.type, body: this.body };
    return { quotedMsg, quotedStanzaID: this.id.id, quotedParticipant: this.sender, quotedRemoteJid: undefined };
  }

  async downloadMedia() {
    await downloadInto(this.mediaData);
  }
  isExpired() {
    return !!this.expiredTimestamp && this.expiredTimestamp < unixTime();
  }
  get isEphemeral() {
    return !!this.ephemeralDuration;
  }
  unsafe() {
    return this;
  }
}
named(MsgModel, 'msg', {
  ack: 0,
  body: undefined,
  type: 'chat',
  isNewMsg: false,
  mediaData: undefined,
  labels: () => [],
  isSendFailure: undefined,
  errorCode: undefined,
});

class MsgCollectionImpl extends BaseCollection {
  async processMultipleMessages(chatId, messages) {
    for (const raw of messages) {
      if (raw.type === 'protocol') await applyRevoke(raw);
      else addMessage(raw);
    }
  }

  async getMessagesById(ids) {
    const found = await Promise.all(ids.map(async (id) => this.get(id) || loadMessage(id)));
    return { messages: found.filter(Boolean) };
  }

  async search(text, page = 1, count = 20, chat = undefined) {
    const wanted = String(text).toLowerCase();
    const holds = (message) =>
      [message.body, message.caption].some((one) =>
        String(one || '')
          .toLowerCase()
          .includes(wanted),
      );
    const rows = (await database.all('message')).filter((row) => (!chat || row.chat === String(chat)) && holds(row));
    const newest = rows.sort((a, b) => b.order - a.order).slice((page - 1) * count, page * count);
    return { messages: newest.map((row) => addMessage(fromRow(row))) };
  }
}
MsgCollectionImpl.model = MsgModel;

class ChatMsgsCollection extends MsgCollectionImpl {
  async loadEarlierMsgs(chat) {
    return loadEarlier(chat);
  }
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
  const chat = id.remote.isStatus() ? Chats.get(id.remote) : ensureChat(addressOf(id.remote), given);
  const known = Msgs.get(id);
  if (known) return known;
  const ids = { id, from: toWid(raw.from), to: toWid(raw.to), author: toWid(raw.author) };
  const media = MEDIA_TYPES.includes(raw.type) && {
    directPath: directPathOf(raw),
    mediaData: raw.mediaData || mediaDataOf(raw),
  };
  const message = Msgs.add({ order: nextOrder(), star: isStarred(id), ...raw, ...ids, ...media }, given);
  notePost(message);
  if (!chat) return message;
  chat.msgs.add(message, given);
  if (message.t > chat.t) chat.set('t', message.t, given);
  return message;
}

const KEPT = [
  'order',
  'type',
  'body',
  'caption',
  't',
  'ack',
  'filename',
  'mimetype',
  'size',
  'filehash',
  'quotedStanzaID',
  'quotedMsg',
  'notifyName',
  'isSendFailure',
  'errorCode',
  'hasReaction',
  'latestEditSenderTimestampMs',
];

function rowOf(message) {
  const row = Object.fromEntries(KEPT.map((name) => [name, message[name]]));
  for (const name of ['id', 'from', 'to', 'author', 'quotedParticipant']) {
    if (message[name]) row[name] = String(message[name]);
  }
  row.chat = String(addressOf(message.id.remote));
  if (message.latestEditMsgKey) row.latestEditMsgKey = String(message.latestEditMsgKey);
  row.content = contentOf(message);
  row.mentionedJidList = (message.mentionedJidList || []).map(String);
  if (message.id.fromMe && message.ack === ACK.CLOCK && !message.isSendFailure) row.pending = row.order;
  return row;
}

function storeMessage(message) {
  return database.put('message', rowOf(message));
}

function fromRow(row) {
  const { pending, chat, content, ...attributes } = row;
  return {
    ...attributes,
    ...revived(content),
    id: MsgKey.fromString(row.id),
    from: toWid(row.from),
    to: toWid(row.to),
    author: toWid(row.author),
    isNewMsg: false,
    latestEditMsgKey: row.latestEditMsgKey && MsgKey.fromString(row.latestEditMsgKey),
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
define('WAWebCollections', () => ({
  default: {
    Chat: Chats,
    Msg: Msgs,
    Contact: Contacts,
    GroupMetadata: Groups,
    Label: Labels,
    Blocklist,
    Reactions: ReactionsStore,
    Status: Statuses,
    ProfilePicThumb: Pictures,
    BusinessProfile: BusinessProfiles,
    Presence: Presences,
    Note: Notes,
    PinInChat: PinsInChats,
    Mute: Mutes,
    Call: Calls,
  },
}));
