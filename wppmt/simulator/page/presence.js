// What others could see of us: typing, recording, having read. The server only notes it.

function tellChatState(state) {
  return (chat) => link.call('chatState', { chat: String(chat.id), state });
}

async function sendSeen({ chat }) {
  if (chat.unreadCount) chat.set('unreadCount', 0);
  await Promise.all([storeChat(chat), link.call('seen', { chat: String(chat.id) })]);
}

const tellPresence = (state) => () => link.call('presence', { state });

define('WAWebPresenceChatAction', () => ({
  sendPresenceAvailable: tellPresence('available'),
  sendPresenceUnavailable: tellPresence('unavailable'),
  markComposing: tellChatState('typing'),
  markRecording: tellChatState('recording'),
  markPaused: tellChatState('paused'),
}));
define('WAWebUpdateUnreadChatAction', () => ({ sendSeen, markUnread: async () => {} }));
