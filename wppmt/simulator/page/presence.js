// Who is there, types and records: ourselves, of which the server only takes note, and others.

class ChatstateModel extends BaseModel {}
named(ChatstateModel, 'chatstate', { type: 'unavailable', t: undefined, deny: undefined });
class ChatstateCollection extends BaseCollection {}
ChatstateCollection.model = ChatstateModel;

class PresenceModel extends BaseModel {
  constructor(attributes) {
    super(attributes);
    const chatstate = new ChatstateModel({ id: this.id });
    this.define('chatstate', chatstate);
    this.define('chatstates', new ChatstateCollection());
    chatstate.on('change:type', (...args) => this.trigger('change:chatstate.type', ...args));
  }

  get isGroup() { return this.id.isGroup(); }
  get isUser() { return this.id.isUser(); }

  async subscribe() {
    if (!this.isUser) return;
    const { available } = await link.call('presenceOf', { wid: String(this.id) });
    this.set({ hasData: true, isOnline: available });
    this.chatstate.set('type', available ? 'available' : 'unavailable');
  }

  delete() { Presences.remove(this.id); }
}
named(PresenceModel, 'presence', { isOnline: false, hasData: false });

class PresenceCollectionImpl extends BaseCollection {
  of(id) { return this.get(id) || this.add({ id: toWid(id) }); }
  async find(id) { return this.of(id); }
}
PresenceCollectionImpl.model = PresenceModel;
const Presences = new PresenceCollectionImpl();

// In a group the presence is the group's, with the state of each who is there.
link.on('presence', ({ chat, from, state }) => {
  const presence = Presences.of(chat);
  presence.set({ hasData: true, isOnline: state !== 'unavailable' });
  if (presence.isGroup) presence.chatstates.gadd(new Wid(from)).set({ type: state, t: unixTime() });
  presence.chatstate.set({ t: unixTime(), type: state });
});

function tellChatState(state) {
  return (chat) => link.call('chatState', { chat: String(chat.id || chat), state });
}

async function sendSeen({ chat }) {
  if (chat.unreadCount === MARKED_UNREAD) await markUnread(chat, false);
  if (chat.unreadCount) chat.set('unreadCount', 0);
  await Promise.all([storeChat(chat), link.call('seen', { chat: String(chat.id) })]);
}

const tellPresence = (state) => () => link.call('presence', { state });

define('WAWebPresenceCollection', () => ({ PresenceCollection: Presences }));
define('WAWebPresenceModel', () => ({ ChatstateCollection, Chatstate: ChatstateModel, Presence: PresenceModel }));
define('WAWebContactPresenceBridge', () => ({
  subscribeUserPresence: (wid) => Presences.of(wid).subscribe(),
  subscribeGroupPresence: (wid) => Presences.of(wid).subscribe(),
  setPresenceAvailable: tellPresence('available'),
  setPresenceUnavailable: tellPresence('unavailable'),
}));
define('WAWebPresenceChatAction', () => ({
  sendPresenceAvailable: tellPresence('available'),
  sendPresenceUnavailable: tellPresence('unavailable'),
  markComposing: tellChatState('typing'),
  markRecording: tellChatState('recording'),
  markPaused: tellChatState('paused'),
}));
define('WAWebChatStateBridge', () => ({
  sendChatStateComposing: tellChatState('typing'),
  sendChatStateRecording: tellChatState('recording'),
  sendChatStatePaused: tellChatState('paused'),
}));
define('WAWebUpdateUnreadChatAction', () => ({ sendSeen, markUnread }));
