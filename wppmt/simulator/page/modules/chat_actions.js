// Chats archived, pinned, muted, marked, opened, cleared and deleted.

const MUTED_FOR_EVER = -1;
const MARKED_UNREAD = -1;

class MuteModel extends BaseModel {
  canMute() {
    return !toWid(this.id).isStatus();
  }
  isMuted() {
    return this.expiration !== 0;
  }

  async mute({ expiration }) {
    await putAppState('mute', String(this.id), expiration);
    return expiration;
  }

  async unmute() {
    await putAppState('mute', String(this.id), undefined);
  }
}
named(MuteModel, 'mute', { expiration: 0, isAutoMuted: false });

class MuteCollectionImpl extends BaseCollection {}
MuteCollectionImpl.model = MuteModel;
const Mutes = new MuteCollectionImpl();

function applyArchive(key, archived) {
  ensureChat(new Wid(key)).set('archive', !!archived);
}
function applyPin(key, at) {
  ensureChat(new Wid(key)).set('pin', at || 0);
}
function applyMute(key, expiration) {
  Mutes.gadd(key).set('expiration', expiration || 0);
}

function applyUnread(key, unread) {
  const chat = ensureChat(new Wid(key));
  if (unread && chat.unreadCount === 0) chat.set('unreadCount', MARKED_UNREAD);
  if (!unread && chat.unreadCount === MARKED_UNREAD) chat.set('unreadCount', 0);
}

const setArchive = (chat, archived) => putAppState('archive', String(chat.id), archived ? true : undefined);
const markUnread = (chat, unread) => putAppState('unread', String(chat.id), unread ? true : undefined);
const pinnedChats = () => Chats.filter((chat) => chat.pin && !chat.archive).length;

const PIN_LIMIT = 3;

async function setPin(chat, pinned) {
  // Through the module's exports: wa-js may lift the limit there.
  const count = importNamespace('WAWebChatPinBridge').getNumConversationsPinned();
  if (pinned && count >= PIN_LIMIT) throw new Error(`only ${PIN_LIMIT} chats can be pinned`);
  await putAppState('pin', String(chat.id), pinned ? unixTime() : undefined);
}

// ---- cleared, deleted

async function forgetMessages(chat, keepStarred) {
  const range = IDBKeyRange.bound([String(chat.id), 0], [String(chat.id), Infinity]);
  const rows = await database.newest('chat', range, Infinity);
  const gone = rows.filter(({ id }) => !(keepStarred && isStarred(id)));
  for (const { id } of gone) {
    chat.msgs.remove(id);
    Msgs.remove(id);
  }
  await database.write('message', (store) => gone.forEach(({ id }) => store.delete(id)));
}

async function clearChat(chat, keepStarred) {
  await forgetMessages(chat, keepStarred);
  chat.set('unreadCount', 0);
  return { status: 200 };
}

async function deleteChat(chat) {
  await forgetMessages(chat, false);
  await database.remove('chats', String(chat.id));
  Chats.remove(chat.id);
  return { status: 200 };
}

// wa-js knows the first of them by a name in its text: WAWebStateUtils, where the page unwraps the chat.
function sendClear(chat, keepStarred) {
  // WAWebStateUtils.unproxy has nothing to unwrap here.
  chat.promises.sendClear = clearChat(chat, keepStarred);
  return chat.promises.sendClear;
}

function sendDelete(chat) {
  chat.promises.sendDelete = deleteChat(chat);
  return chat.promises.sendDelete;
}

// ---- what the screen shows

function activate(chat) {
  for (const other of Chats.filter(({ active }) => active)) if (other !== chat) other.set('active', false);
  if (chat) chat.set('active', true);
  return !!chat;
}

function openChat({ chat }) {
  if (!chat) throw new TypeError('no chat to open');
  const opened = activate(chat);
  Cmd.trigger('open_chat', { chat });
  return Promise.resolve(opened);
}

function closeChat(chat) {
  chat.set('active', false);
  Cmd.trigger('close_chat', chat);
}

// What the page's own screen would do on these commands.
Object.assign(CmdImpl.prototype, {
  archiveChat(chat, archive) {
    this.trigger('archive_chat', { chat, archive, showToast: true });
    return setArchive(chat, archive);
  },
  pinChat(chat, pinned) {
    this.trigger('pin_chat', chat, pinned);
    return setPin(chat, pinned);
  },
  markChatUnread(chat, unread) {
    this.trigger('mark_chat_unread', chat, unread);
    return markUnread(chat, unread);
  },
  sendStarMsgs(chat, messages) {
    this.trigger('send_star_msgs', chat, messages);
    return setStar(chat, messages, true);
  },
  sendUnstarMsgs(chat, messages) {
    this.trigger('send_unstar_msgs', chat, messages);
    return setStar(chat, messages, false);
  },
  sendDeleteMsgs(chat, messages, clearMedia) {
    this.trigger('send_delete_msgs', chat, messages, clearMedia);
    return sendDeleteMsgs(chat, messages);
  },
  sendRevokeMsgs(chat, messages, given) {
    this.trigger('send_revoke_msgs', chat, messages, given);
    return sendRevokeMsgs(chat, messages);
  },
  openChatAt: openChat,
  openChatBottom: openChat,
  openChatFromUnread: openChat,
  closeChat,
});

// ---- drafts

const drafts = new Map();

Object.assign(ChatModel.prototype, {
  setComposeContents(contents) {
    drafts.set(String(this.id), contents);
  },
  getComposeContents() {
    return drafts.get(String(this.id)) || { text: '' };
  },
});

define('WAWebMuteModel', () => ({ Mute: MuteModel }));
define('WAWebMuteCollection', () => ({ MuteCollection: Mutes }));
define('WAWebSetPinChatAction', () => ({ setPin }));
define('WAWebChatPinBridge', () => ({ getNumConversationsPinned: pinnedChats, getPinLimit: () => PIN_LIMIT, setPin }));
define('WAWebChatDbUpdatesApi', () => ({ setArchive }));
define('WAWebSendClearChatAction', () => ({ sendClear }));
define('WAWebChatClearBridge', () => ({ sendClear }));
define('WAWebDeleteChatAction', () => ({ sendDelete }));
define('WAWebComposeBoxActions', () => ({
  ComposeBoxActions: { setTextContent: (chat, text) => chat.setComposeContents({ text, timestamp: unixTime() }) },
}));
define('WAWebChatLoadMessages', () => ({ loadEarlierMsgs: ({ chat }) => chat.msgs.loadEarlierMsgs(chat) }));
