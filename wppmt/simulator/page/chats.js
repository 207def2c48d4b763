// Chats. What the list shows of each is kept in the database.

class ChatModel extends BaseModel {
  constructor(attributes) {
    super(attributes);
    Object.defineProperty(this, 'msgs', { value: new ChatMsgsCollection() });
    Object.defineProperty(this, 'promises', { value: {} }); // of what is being done to the chat, by name
  }

  get presence() {
    return Presences.of(this.id);
  }
  get mute() {
    return Mutes.gadd(String(this.id));
  }
  get muteExpiration() {
    return this.mute.expiration;
  }

  get contact() {
    return Contacts.get(this.id);
  }
  get groupMetadata() {
    return Groups.get(this.id);
  }
  get formattedTitle() {
    return this.name || (this.contact && displayName(this.contact)) || this.id.user;
  }
  set formattedTitle(title) {
    this.set('name', title);
  }
  get isReadOnly() {
    return !!this.groupMetadata && this.groupMetadata.announce && !this.groupMetadata.participants.iAmAdmin();
  }
  get canSend() {
    return !this.isReadOnly;
  }
  getTcToken() {
    return this.tcToken;
  }

  // Older messages may have been loaded later, so the newest need not be the last.
  get lastReceivedKey() {
    if (!this.msgs || !this.msgs.length) return undefined;
    return this.msgs.models.reduce((newest, one) => (one.order > newest.order ? one : newest)).id;
  }
}
named(ChatModel, 'chat', {
  name: undefined,
  tcToken: undefined,
  t: 0,
  unreadCount: 0,
  archive: false,
  pin: 0,
  labels: () => [],
  active: false,
  pausedTimerId: undefined,
  kind: 'chat',
  endOfHistoryTransferType: 0, // 0: the phone may have older messages
});

class ChatCollectionImpl extends BaseCollection {
  async find(id) {
    return ensureChat(toWid(id));
  }
}
ChatCollectionImpl.model = ChatModel;

const Chats = new ChatCollectionImpl();

function ensureChat(wid, given) {
  return Chats.get(wid) || Chats.add({ id: wid, name: (Contacts.get(wid) || {}).name }, given);
}

function storeChat({ id, name, t, unreadCount, tcToken }) {
  return database.put('chats', { id: String(id), name, t, unreadCount, tcToken });
}

// WhatsApp has moved a person to the hidden id, and the chat with it.
async function moveChat(from, to) {
  const before = Chats.get(from);
  if (!before) return;
  const { name, t, unreadCount, tcToken } = before;
  const chat = ensureChat(to);
  chat.set({ name: name || chat.name, t: Math.max(t, chat.t), unreadCount: unreadCount + chat.unreadCount, tcToken });
  before.msgs.forEach((message) => chat.msgs.add(message));
  Chats.remove(from);
  await Promise.all([
    database.remove('chats', String(from)),
    database.moveMessages(String(from), String(to)),
    storeChat(chat),
  ]);
}

async function restoreChats() {
  for (const row of await database.all('chats')) Chats.add({ ...row, id: new Wid(row.id) });
}

async function findOrCreateLatestChat(wid) {
  const address = addressOf(toWid(wid));
  const created = !Chats.get(address);
  if (!address.isGroup()) Contacts.add({ id: address });
  return { chat: ensureChat(address), created };
}

define('WAWebChatModel', () => ({ Chat: ChatModel }));
define('WAWebChatCollection', () => ({ ChatCollectionImpl, ChatCollection: Chats }));
const finding = () => ({ findOrCreateLatestChat, findExistingChat: async (wid) => Chats.get(addressOf(wid)) });
define('WAWebFindChat', finding);
define('WAWebFindChatAction', finding);
define('WAWebFrontendChatGetters', () => ({
  getShouldAppearInList: () => true,
  getPreviewMessage: () => null,
  getShowChangeNumberNotification: () => false,
  getShouldShowUnreadDivider: () => false,
}));
define('WAWebChatGetters', () => ({
  getHasUnread: (chat) => chat.unreadCount !== 0,
  getIsNewsletter: (chat) => chat.id.isNewsletter(),
  getIsBroadcast: (chat) => chat.id.isBroadcast() || chat.id.isStatus(),
}));
