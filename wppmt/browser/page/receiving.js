// What comes in: messages, and acknowledgements of own ones.
(function () {
  'use strict';

  const { emit, attach, shapes, isIncoming, isFromPhone, written } = wppmt;
  const { text, phoneOf } = shapes;

  // ---- acknowledgements --------------------------------------------------------------------------------------

  const newestAck = new Map();
  const ACKS_KEPT = 5000;

  /** Tells each step of an own message once; steps back are WhatsApp's echoes. */
  function ackMayHaveChanged(key, chat, ack) {
    if (!key.fromMe || ack < 1 || ack <= (newestAck.get(key.id) || 0)) return;
    newestAck.delete(key.id);
    newestAck.set(key.id, ack);
    if (newestAck.size > ACKS_KEPT) newestAck.delete(newestAck.keys().next().value);
    emit('ack_changed', { id: key.id, chatId: text(chat), ack, to: text(phoneOf(chat)) });
  }

  WPP.on('chat.msg_ack_change', ({ ids, chat, ack }) => {
    for (const key of ids) ackMayHaveChanged(key, chat, ack);
  });

  // ---- messages ----------------------------------------------------------------------------------------------

  const HEARD_KEPT = 10_000;
  const heard = new Set();

  /** Told, by whatever way. */
  function hear(message) {
    heard.add(text(message.id));
    if (heard.size > HEARD_KEPT) heard.delete(heard.values().next().value);
    return written(message);
  }

  function tell(message) {
    if (heard.has(text(message.id))) return;
    if (isIncoming(message)) emit('message_received', { message: hear(message) });
    else if (isFromPhone(message)) emit('message_sent', { message: hear(message) });
  }

  /** One that could not be decrypted yet comes again, under its true type. */
  function arrived(message) {
    wppmt.messageHeld(message);
    if (!message.isNewMsg) return;
    if (message.type === 'ciphertext' && !wppmt.isViewOnceGone(message)) message.once('change:type', () => queueMicrotask(() => tell(message)));
    // WhatsApp fills in what belongs to it within the same task.
    else queueMicrotask(() => tell(message));
  }

  attach('MsgStore', ({ MsgStore }) => {
    MsgStore.on('add', arrived);
    MsgStore.on('change:ack', (message) => {
      if (message.ack < 0 && message.id.fromMe) wppmt.messageFailed(message);
      else ackMayHaveChanged(message.id, message.id.remote, message.ack);
    });
  });

  wppmt.hear = hear;
  wppmt.isHeard = (message) => heard.has(text(message.id));
})();
