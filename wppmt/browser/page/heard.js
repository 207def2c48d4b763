// Which messages are told at all: those that a person wrote, in chats that the session wants to hear.
(function () {
  'use strict';

  const { functions, shapes } = wppmt;
  const { text, server } = shapes;

  // WhatsApp's own notices about chats, keys and messages, and what changes a message that is there already. An album
  // holds nothing: its pictures come as messages of their own.
  const NOTICES = new Set([
    'album', 'biz-cover-photo', 'biz_content_placeholder', 'broadcast_notification', 'call_log', 'debug',
    'debug_placeholder', 'e2e_notification', 'event_edit_encrypted', 'event_response', 'gp2', 'group-history',
    'guest_upsell_system_msg', 'history_bundle', 'keep_in_chat', 'loading_media', 'message_edit_encrypted',
    'message_history_notice', 'newsletter_notification', 'notification', 'notification_template', 'pin_message',
    'pinned_message', 'poll_add_option_decrypted', 'poll_add_option_encrypted', 'poll_edit_encrypted', 'poll_update',
    'protocol', 'reaction', 'reaction_enc', 'revoked', 'status_notification',
  ]);
  // The one that could not be decrypted for good: a linked device never gets its content.
  const VIEW_ONCE = 'view_once_unavailable_fanout';

  let ignored = new Set(['channels', 'status']);

  /** `groups`, `channels`, `status`, `broadcasts`; nothing of these is told. */
  functions.ignore = ({ kinds }) => {
    ignored = new Set(kinds);
    return {};
  };

  function kindOf(chat) {
    if (text(chat) === 'status@broadcast') return 'status';
    return { 'g.us': 'groups', newsletter: 'channels', broadcast: 'broadcasts' }[server(chat)];
  }

  /** Whether what happens in this chat is told. */
  const isWanted = (chat) => !ignored.has(kindOf(chat));

  const isViewOnceGone = (message) => message.type === 'ciphertext' && message.subtype === VIEW_ONCE;

  /** Whether a person wrote it and it can be read. One that could not be decrypted comes again, under its true type. */
  function isByPerson(message) {
    if (message.isNotification || NOTICES.has(message.type)) return false;
    return message.type !== 'ciphertext' || isViewOnceGone(message);
  }

  function isWritten(message) {
    // What was sent to a list of people comes in the chat with its sender.
    const isBroadcast = message.broadcast && ignored.has('broadcasts');
    return isByPerson(message) && isWanted(message.id.remote) && !isBroadcast;
  }

  /** Written by somebody else. */
  const isIncoming = (message) => !message.id.fromMe && isWritten(message);

  /** Written by the owner, on the phone or another device: what this page sends begins without WhatsApp's tick. */
  const isFromPhone = (message) => message.id.fromMe && message.ack >= 1 && !wppmt.isSentHere(message) && isWritten(message);

  Object.assign(wppmt, { isWanted, isByPerson, isIncoming, isFromPhone, isViewOnceGone });
})();
