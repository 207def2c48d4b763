// What happens to messages that are there: edited, taken back, reacted to, voted on.
(function () {
  'use strict';

  const { emit, attach, shapes, isWanted, isIncoming, isOurAct, written, writerOf, chatNames } = wppmt;
  const { text, phoneOf, isMe } = shapes;

  const seconds = (milliseconds) => Math.floor(Number(milliseconds) / 1000) || null;

  /** Which message, and who did something to it. */
  function about(key, who) {
    return { messageId: key.id, ...chatNames(key.remote), from: text(phoneOf(who)), fromMe: isMe(who) };
  }

  /** A key may be a text. */
  function keyOf(key) {
    return key && key.remote ? key : WPP.whatsapp.MsgKey.fromString(text(key));
  }

  function tell(name, act, key, who, data) {
    if (isWanted(key.remote) && !isOurAct(`${act}|${key.id}`)) emit(name, { ...about(key, who), ...data });
  }

  function edited(message) {
    const isWritten = isIncoming(message) || message.id.fromMe;
    if (!isWritten || !isWanted(message.id.remote) || isOurAct(`edit|${message.id.id}`)) return;
    const editedAt = seconds(message.latestEditSenderTimestampMs) || message.t;
    emit('message_edited', { message: { ...written(message), editedAt } });
  }

  attach('MsgStore', ({ MsgStore }) => {
    // WhatsApp fills in the new text within the same task.
    MsgStore.on('change:latestEditMsgKey', (message) => queueMicrotask(() => edited(message)));
  });

  // In a group an admin may take back what others wrote.
  WPP.on('chat.msg_revoke', ({ author, refId, type }) => {
    const key = keyOf(refId);
    const writer = key.fromMe ? WPP.conn.getMyUserId() : key.participant || key.remote;
    tell('message_revoked', 'revoke', key, type === 'admin_revoke' && author ? author : writer);
  });

  wppmt.tellRevokedByApi = (key) => {
    if (isWanted(key.remote)) emit('message_revoked', { ...about(key, WPP.conn.getMyUserId()), by: 'api' });
  };

  WPP.on('chat.new_reaction', ({ msgId, reactionText, sender }) => {
    tell('message_reaction', 'reaction', keyOf(msgId), sender, { emoji: reactionText || '' });
  });

  WPP.on('chat.poll_response', ({ msgId, selectedOptions, sender }) => {
    const options = Object.values(selectedOptions).filter(Boolean).map(({ name }) => name);
    tell('poll_vote', 'vote', keyOf(msgId), sender, { options });
  });
})();
