// Sending, finding and fetching messages and their media.
(function () {
  'use strict';

  const { emit, functions, Rejection, describe, shapes, chatFor, isIncoming } = wppmt;
  const { text, server, phoneOf, namesOf, idParts, isMeant } = shapes;

  // ---- sending -----------------------------------------------------------------------------------------------

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
    }
  }

  /** The message's full key, with the id that the daemon chose and wa-js's form for this kind of chat. */
  async function keyFor(chat, id) {
    const key = await WPP.chat.generateMessageID(chat);
    return text(key).replace(key.id, id);
  }

  async function byId(chat, id) {
    return WPP.chat.getMessageById(await keyFor(chat, id));
  }

  /** Resolves as soon as the page holds the message; what comes later is told as an event. */
  async function handOver({ chat, isNew }, id, send) {
    const held = new Promise((resolve) => awaited.set(id, resolve));
    const sent = send(await keyFor(chat, id));
    try {
      const message = (await Promise.race([held, sent.then(() => null)])) || (await byId(chat, id));
      const end = follow(id, sent);
      if (isNew) newest = end;
      return { to: text(phoneOf(chat.id)), messageId: text(message.id), ack: message.ack };
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

  /** The chat's message with this whole id, loaded from WhatsApp's database if it must be; null if there is none. */
  async function loaded(wholeId) {
    try {
      return await WPP.chat.getMessageById(wholeId);
    } catch (error) {
      if (error && error.code === 'msg_not_found' && wppmt.isConnected()) return null;
      throw new Rejection('could_not_look', describe(error));
    }
  }

  const SEARCHED_FOR_QUOTED = 200;

  /** In a group, a whole id names the writer, too, whom a short one does not tell. */
  async function loadedFromGroup(chat, id) {
    const own = await loaded(await keyFor(chat, id));
    if (own) return own;
    const newest = await WPP.chat.getMessages(chat.id, { count: SEARCHED_FOR_QUOTED }).catch((error) => {
      throw new Rejection('could_not_look', describe(error));
    });
    const found = newest.find((message) => message.id.id === id);
    if (!found && newest.length >= SEARCHED_FOR_QUOTED) throw new Rejection('could_not_look');
    return found;
  }

  async function loadedFrom(chat, parts) {
    const { id, fromMe } = parts;
    if (server(chat.id) === 'g.us') return loadedFromGroup(chat, id);
    const known = [...namesOf(chat.id)].filter((name) => WPP.whatsapp.ChatStore.get(name));
    const sides = parts.chat ? [fromMe] : [false, true];
    for (const name of known) {
      for (const side of sides) {
        const found = await loaded(`${side}_${name}_${id}`);
        if (found) return found;
      }
    }
    return null;
  }

  /** After a load of the page, a chat holds its newest messages only. */
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

  async function hasWritten(id) {
    const chat = WPP.whatsapp.ChatStore.get(id);
    if (!chat) return false;
    if (chat.msgs.getModelsArray().some(isIncoming)) return true;
    const earlier = await WPP.chat.getMessages(chat.id, { count: SEARCHED_FOR_WORD }).catch(() => []);
    return earlier.some(isIncoming);
  }

  /** Whether this is a person who, as far as the chats go back, has never written to the account. */
  async function isNewContact({ id }) {
    if (server(id) === 'g.us') return false;
    // What a person wrote may be in the chat of the number, and the message go to that of the hidden id.
    for (const known of namesOf(id)) {
      if (await hasWritten(known)) return false;
    }
    return true;
  }

  const NEWCOMER_MS = 10_000;
  let newest = null;

  /** One new contact after the other: where WhatsApp refuses one, no further one is tried. */
  async function newestIsDecided() {
    await Promise.race([newest, new Promise((resolve) => setTimeout(resolve, NEWCOMER_MS))]);
  }

  /** Whom to send to; `knownOnly` keeps from new contacts while a limit is known to hold. */
  async function recipient({ to, knownOnly }) {
    const chat = await chatFor(to);
    const isNew = await isNewContact(chat);
    if (isNew && knownOnly) throw new Rejection('new_contact');
    if (isNew) await newestIsDecided();
    const limit = isNew && wppmt.limitFor(chat);
    if (limit) throw new Rejection(limit, limit, await wppmt.endOfLimit(limit));
    return { chat, isNew };
  }

  functions.send_text = once(async (message) => {
    const whom = await recipient(message);
    const how = Object.assign(await options(whom.chat, message), { linkPreview: Boolean(message.linkPreview) });
    return handOver(whom, message.id, (messageId) =>
      WPP.chat.sendTextMessage(whom.chat.id, message.text, Object.assign(how, { messageId })));
  });

  functions.typing = async ({ to, state }) => {
    const chat = await chatFor(to);
    if (state === 'composing') await WPP.chat.markIsComposing(chat.id);
    else await WPP.chat.markIsPaused(chat.id);
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
      if (['msg_not_found', 'not_on_whatsapp', 'group_not_found'].includes(reason)) return { found: false };
      throw new Rejection('could_not_look', describe(error));
    }
  };

  // ---- media -------------------------------------------------------------------------------------------------

  const BLOB_LIFE_MS = 600_000;
  const blobs = new Map();
  let blobNumber = 0;

  function keep(blob) {
    const number = ++blobNumber;
    blobs.set(number, blob);
    setTimeout(() => blobs.delete(number), BLOB_LIFE_MS);
    return { blob: number, size: blob.size };
  }

  function kept(number) {
    const blob = blobs.get(number);
    if (!blob) throw new Rejection('blob_not_found');
    return blob;
  }

  /** A file that the browser itself opened (input.setFiles): its bytes never pass through the channel. */
  wppmt.openInput = () => Object.assign(document.createElement('input'), { type: 'file' });
  wppmt.keepInput = (input) => JSON.stringify({ value: keep(input.files[0]) });

  functions.blob_read = async ({ blob, offset, length }) => {
    const part = new Uint8Array(await kept(blob).slice(offset, offset + length).arrayBuffer());
    let binary = '';
    for (let at = 0; at < part.length; at += 0x8000) binary += String.fromCharCode(...part.subarray(at, at + 0x8000));
    return { data: btoa(binary) };
  };

  functions.blob_end = ({ blob }) => {
    blobs.delete(blob);
    return {};
  };

  /** `kind`: image, video, audio, document, sticker. `source`: what `upload` gave. */
  functions.send_media = once(async (message) => {
    const { id, kind, mimetype, fileName, caption, ptt, source } = message;
    const file = new File([kept(source)], fileName || 'arquivo', { type: mimetype });
    const whom = await recipient(message);
    const how = Object.assign(await options(whom.chat, message), {
      type: kind, caption: caption || undefined, filename: file.name, mimetype, isPtt: Boolean(ptt), waveform: Boolean(ptt),
    });
    const answer = await handOver(whom, id, (messageId) =>
      WPP.chat.sendFileMessage(whom.chat.id, file, Object.assign(how, { messageId })));
    blobs.delete(source);
    return answer;
  });

  const CHATS_SEARCHED = 100;

  /** "WhatsApp has it no more" and "could not look" are two answers, too. */
  function gone() {
    return new Rejection(wppmt.isConnected() ? 'media_gone' : 'could_not_look');
  }

  /** The whole ids that these parts may mean. */
  function wholeIds({ chat, id, writer, fromMe }) {
    const chats = WPP.whatsapp.ChatStore.getModelsArray();
    if (!chat) {
      // A short id tells no chat: a person's makes the whole.
      const people = chats.filter((one) => ['c.us', 'lid'].includes(server(one.id))).sort((a, b) => b.t - a.t);
      return people.slice(0, CHATS_SEARCHED).map((one) => `false_${text(one.id)}_${id}`);
    }
    const meant = chats.find((one) => namesOf(one.id).has(chat));
    const names = meant ? [...namesOf(meant.id)] : [chat];
    return names.map((name) => [fromMe, name, id, writer].filter((part) => part !== undefined).join('_'));
  }

  async function received(messageId) {
    const parts = idParts(messageId);
    const side = Boolean(parts.fromMe);
    const here = WPP.whatsapp.MsgStore.findFirst((message) => message.id.fromMe === side && isMeant(parts, message));
    if (here) return here;
    for (const id of wholeIds(parts)) {
      const found = await WPP.chat.getMessageById(id).catch(() => null);
      if (found) return found;
    }
    throw gone();
  }

  const GONE = new Set(['message_not_contains_media', 'media_not_found']);

  /** What its sender says of its size is believed only where that spares the download. */
  functions.download_media = async ({ messageId, limit }) => {
    const message = await received(messageId);
    if ((message.size || (message.mediaData || {}).size || 0) > limit) throw new Rejection('too_large');
    const blob = await WPP.chat.downloadMedia(text(message.id)).catch((error) => {
      throw error && GONE.has(error.code) ? gone() : error;
    });
    return Object.assign(keep(blob), {
      id: message.id.id,
      chats: [...namesOf(message.id.remote)],
      mimetype: message.mimetype || blob.type || 'application/octet-stream',
      fileName: message.filename || null,
    });
  };
})();
