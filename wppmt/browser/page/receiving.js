// What comes in: messages, acknowledgements of own ones, and a look at what nobody was told of.
(function () {
  'use strict';

  const { emit, functions, attach, shapes, isIncoming, isFromPhone, written } = wppmt;
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

  const LOADED_AT_ONCE = 100;

  async function messagesOf(chat, since) {
    const held = chat.msgs.getModelsArray();
    const oldest = held.reduce((t, message) => Math.min(t, message.t), Infinity);
    if (oldest <= since) return { messages: held, complete: true };
    try {
      const loaded = await WPP.chat.getMessages(chat.id, { count: LOADED_AT_ONCE });
      const complete = loaded.length < LOADED_AT_ONCE || loaded.some((message) => message.t <= since);
      return { messages: [...held, ...loaded], complete };
    } catch {
      return { messages: held, complete: false };
    }
  }

  /** What others, and the owner on the phone, wrote since `t` (epoch seconds), in order of time: what nobody heard. */
  functions.messages_after = async ({ t, limit }) => {
    const found = new Map();
    let complete = true;
    for (const chat of WPP.whatsapp.ChatStore.getModelsArray()) {
      if (!chat.t || chat.t < t) continue;
      const some = await messagesOf(chat, t);
      complete = complete && some.complete;
      for (const message of some.messages) {
        if (message.t >= t && (isIncoming(message) || isFromPhone(message))) found.set(text(message.id), message);
      }
    }
    const messages = [...found.values()].sort((a, b) => a.t - b.t).slice(0, limit).map(hear);
    return { messages, complete: complete && messages.length === found.size };
  };

  // ---- the self-check ----------------------------------------------------------------------------------------

  const BORN = Math.floor(Date.now() / 1000);
  const MARGIN_SECONDS = 5;

  /** What lies in the page's store since it was loaded, and was told to nobody. */
  functions.unheard = ({ limit }) => {
    const unheard = WPP.whatsapp.MsgStore.getModelsArray().filter((message) =>
      message.isNewMsg && message.t >= BORN - MARGIN_SECONDS && isIncoming(message) && !heard.has(text(message.id)));
    return { messages: unheard.sort((a, b) => a.t - b.t).slice(0, limit).map(hear) };
  };
})();
