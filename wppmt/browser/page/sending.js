// Messages on their way out, whatever their kind, and whether one has left.
(function () {
  'use strict';

  const { emit, functions, Rejection, describe, shapes, chatFor, finding, isIncoming } = wppmt;
  const { text, server, phoneOf, namesOf, idParts, isMeant } = shapes;
  const { keyFor, loaded, loadedFrom } = finding;

  const SENDS_KEPT = 5000;
  const sends = new Map();
  const awaited = new Map();
  const underWay = new Set();
  const failed = new Set();

  // What WhatsApp's server refuses a message for, told as `ackErrorCode`.
  const REFUSALS = { 463: 'reachout_timelock', 475: 'new_chat_quota' };

  /** Called for every message that enters the page's store. */
  wppmt.messageHeld = (message) => {
    const held = awaited.get(message.id.id);
    if (held) held(message);
  };

  /** Begun by this page. */
  wppmt.isSentHere = (message) => sends.has(message.id.id);

  /** Tells a failure once. */
  async function sendFailed(id, reason) {
    if (failed.has(id)) return;
    failed.add(id);
    const isLimit = Object.values(REFUSALS).includes(reason);
    emit('send_failed', { id, reason, until: isLimit ? await wppmt.endOfLimit(reason) : null });
  }

  /** Called when a message of ours is marked as failed. One that was sent by this page says why by itself. */
  wppmt.messageFailed = (message) => {
    if (!underWay.has(message.id.id)) sendFailed(message.id.id, `ack_${message.ack}`);
  };

  function reasonOf({ sendMsgResult }) {
    if (!sendMsgResult) return null;
    const refusal = REFUSALS[sendMsgResult.ackErrorCode];
    if (refusal) return refusal;
    const result = sendMsgResult.messageSendResult || sendMsgResult;
    return result === 'OK' ? null : String(result).toLowerCase();
  }

  /** Waits for the end of a send that the page holds already. */
  async function follow(id, sent) {
    underWay.add(id);
    try {
      const reason = reasonOf(await sent);
      if (reason) await sendFailed(id, reason);
    } catch (error) {
      await sendFailed(id, describe(error));
    } finally {
      underWay.delete(id);
      wppmt.presence.active();
    }
  }

  async function byId(chat, id) {
    return WPP.chat.getMessageById(await keyFor(chat, id));
  }

  /** Resolves as soon as the page holds the message; what comes later is told as an event. */
  async function handOver({ chat, isNew, writtenTo }, id, send) {
    const held = new Promise((resolve) => awaited.set(id, resolve));
    wppmt.presence.active();
    const sent = send(await keyFor(chat, id));
    try {
      const message = (await Promise.race([held, sent.then(() => null)])) || (await byId(chat, id));
      const end = follow(id, sent);
      if (isNew) newest = end;
      return { to: text(phoneOf(chat.id)), messageId: text(message.id), ack: message.ack, isNew, writtenTo };
    } finally {
      awaited.delete(id);
    }
  }

  /**
   * wa-js sends an id as often as it is told to. A daemon that died after the hand-over has a successor, which may ask
   * for the same id again: it joins the send that began here. One that was rejected may be tried again.
   */
  function once(send) {
    return (message) => {
      if (!sends.has(message.id)) {
        const begun = send(message);
        sends.set(message.id, begun);
        begun.catch(() => sends.delete(message.id));
        if (sends.size > SENDS_KEPT) sends.delete(sends.keys().next().value);
      }
      return sends.get(message.id);
    };
  }

  async function quoted(chat, quotedId) {
    if (!quotedId) return {};
    const parts = idParts(quotedId);
    if (parts.chat && !namesOf(chat.id).has(parts.chat)) throw new Rejection('quoted_not_found');
    const held = chat.msgs.getModelsArray().find((message) => isMeant(parts, message));
    const message = held || (parts.writer && (await loaded(quotedId))) || (await loadedFrom(chat, parts));
    if (!message) throw new Rejection('quoted_not_found');
    return { quotedMsg: text(message.id) };
  }

  async function options(chat, { quotedId, mentions }) {
    return Object.assign({ markIsRead: false, waitForAck: true, detectMentioned: false }, await quoted(chat, quotedId), {
      mentionedList: (mentions || []).map((who) => (who.includes('@') ? who : `${who}@c.us`)),
    });
  }

  const SEARCHED_FOR_WORD = 50;

  const NOTHING = { wrote: false, writtenTo: false };

  /** Who has said something in this chat: the other side, or the account (what has reached WhatsApp's server). */
  async function said(id) {
    const chat = WPP.whatsapp.ChatStore.get(id);
    if (!chat) return NOTHING;
    const of = (messages) => ({
      wrote: messages.some(isIncoming),
      writtenTo: messages.some((message) => message.id.fromMe && message.ack >= 1 && !message.isNotification),
    });
    const held = of(chat.msgs.getModelsArray());
    if (held.wrote) return held;
    const earlier = of(await WPP.chat.getMessages(chat.id, { count: SEARCHED_FOR_WORD }).catch(() => []));
    return { wrote: earlier.wrote, writtenTo: held.writtenTo || earlier.writtenTo };
  }

  /**
   * Whether this is a person who, as far as the chats go back, has never written to the account, and whether the
   * account has written before.
   */
  async function contactHistory({ id, contact }) {
    if (server(id) === 'g.us' || (contact && contact.isMe)) return { isNew: false, writtenTo: true };
    let writtenTo = false;
    // What a person wrote may be in the chat of the number, and the message go to that of the hidden id.
    for (const known of namesOf(id)) {
      const here = await said(known);
      if (here.wrote) return { isNew: false, writtenTo: true };
      writtenTo = writtenTo || here.writtenTo;
    }
    return { isNew: true, writtenTo };
  }

  const NEWCOMER_MS = 10_000;
  let newest = null;

  /** One new contact after the other: where WhatsApp refuses one, no further one is tried. */
  async function newestIsDecided() {
    await Promise.race([newest, new Promise((resolve) => setTimeout(resolve, NEWCOMER_MS))]);
  }

  /** As far as the page knows the group: what it does not is left to WhatsApp's server. */
  function requireMayWrite({ groupMetadata }) {
    const participants = groupMetadata && groupMetadata.participants;
    if (!participants || !participants.length) return;
    if (!participants.iAmMember()) throw new Rejection('not_group_member');
    if (groupMetadata.announce && !participants.iAmAdmin()) throw new Rejection('not_group_admin');
  }

  /** Whom to send to; `knownOnly` keeps from new contacts, `limits` are those that the daemon knows to hold. */
  async function recipient({ to, knownOnly, limits }) {
    const chat = await chatFor(to);
    requireMayWrite(chat);
    const { isNew, writtenTo } = await contactHistory(chat);
    if (isNew && knownOnly) throw new Rejection('new_contact');
    if (isNew) await newestIsDecided();
    const limit = isNew && (await wppmt.limitFor(chat, limits));
    if (limit) throw new Rejection(limit, limit, await wppmt.endOfLimit(limit));
    return { chat, isNew, writtenTo };
  }

  /** What the daemon decides by, before it hands over: who this is to the account, and WhatsApp's limit that forbids it. */
  functions.stands = async ({ to, limits }) => {
    const chat = await chatFor(to);
    const { isNew, writtenTo } = await contactHistory(chat);
    const limit = isNew ? await wppmt.limitFor(chat, limits) : null;
    return { to: text(phoneOf(chat.id)), isNew, writtenTo, limit };
  };

  const PREVIEW_MS = 3000;

  /** With the card of its first link, unless that takes too long: the messages behind this one wait. */
  async function withPreview(body) {
    const plain = { type: 'chat', body };
    const late = new Promise((resolve) => setTimeout(() => resolve(plain), PREVIEW_MS));
    const found = WPP.chat.prepareLinkPreview(plain, { linkPreview: true }).catch(() => plain);
    return Promise.race([found, late]);
  }

  functions.send_text = once(async (message) => {
    const whom = await recipient(message);
    const how = Object.assign(await options(whom.chat, message), { linkPreview: false });
    const raw = message.linkPreview ? await withPreview(message.text) : null;
    return handOver(whom, message.id, (messageId) => {
      Object.assign(how, { messageId });
      return raw ? WPP.chat.sendRawMessage(whom.chat.id, raw, how) : WPP.chat.sendTextMessage(whom.chat.id, message.text, how);
    });
  });

  functions.typing = async ({ to, state }) => {
    const chat = await chatFor(to);
    if (state === 'paused') {
      wppmt.presence.active();
      await WPP.chat.markIsPaused(chat.id);
      return {};
    }
    wppmt.presence.typing();
    await (state === 'recording' ? WPP.chat.markIsRecording(chat.id) : WPP.chat.markIsComposing(chat.id));
    return {};
  };

  // ---- finding -----------------------------------------------------------------------------------------------

  const found = (message, chat) => ({
    found: true, ack: message.ack, failed: Boolean(message.isSendFailure), to: text(phoneOf(chat)),
  });

  /** "Not found" and "could not look" are two answers: only the first allows to send the same id again. */
  functions.find_message = async ({ to, id }) => {
    const held = () => WPP.whatsapp.MsgStore.findFirst((message) => message.id.fromMe && message.id.id === id);
    // One that is on its way into the page's store is neither there nor absent; its send may hang.
    if (!held()) await (sends.get(id) || Promise.resolve()).catch(() => {});
    const here = held();
    if (here) return found(here, here.id.remote);
    if (!wppmt.isConnected()) throw new Rejection('could_not_look');
    try {
      const chat = await chatFor(to);
      const message = await byId(chat, id);
      return found(message, chat.id);
    } catch (error) {
      const reason = error && (error.code || error.reason);
      if (['msg_not_found', 'not_on_whatsapp', 'group_not_found', 'not_group_member'].includes(reason)) return { found: false };
      throw new Rejection('could_not_look', describe(error));
    }
  };

  wppmt.sending = { once, recipient, options, handOver, follow };
})();
