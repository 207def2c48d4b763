// Messages by what a caller knows of them: an id, short or whole, and perhaps the chat.
(function () {
  'use strict';

  const { Rejection, describe, shapes } = wppmt;
  const { text, server, namesOf, idParts, isMeant } = shapes;

  /** The message's full key, with the id that the daemon chose and wa-js's form for this kind of chat. */
  async function keyFor(chat, id) {
    const key = await WPP.chat.generateMessageID(chat);
    return text(key).replace(key.id, id);
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

  const CHATS_SEARCHED = 100;

  const newestChats = () =>
    WPP.whatsapp.ChatStore.getModelsArray().sort((a, b) => b.t - a.t).slice(0, CHATS_SEARCHED);

  /** Where no chat is known, a group is asked for own messages only: of others' the id lacks the writer. */
  async function loadedFromAny(parts) {
    for (const chat of newestChats()) {
      const isGroup = server(chat.id) === 'g.us';
      const found = await (isGroup ? keyFor(chat, parts.id).then(loaded) : loadedFrom(chat, parts));
      if (found) return found;
    }
    return null;
  }

  const chatNamed = (name) =>
    WPP.whatsapp.ChatStore.get(name) || WPP.whatsapp.ChatStore.findFirst(({ id }) => namesOf(id).has(name));

  const NO_MESSAGES = new Set(['revoked', 'gp2', 'e2e_notification', 'notification_template', 'protocol']);

  function heldOf(parts) {
    const held = WPP.whatsapp.MsgStore.getModelsArray().filter((message) => isMeant(parts, message));
    return [...new Map(held.map((message) => [text(message.id), message])).values()];
  }

  async function search(parts, messageId, chatName) {
    const name = parts.chat || chatName;
    if (!name) return loadedFromAny(parts);
    const chat = chatNamed(name);
    if (!chat) return null;
    return (parts.writer && (await loaded(messageId))) || loadedFrom(chat, parts);
  }

  /** The message that a caller's id means, whoever wrote it; `chatName` if the daemon knows its chat. */
  async function meant(messageId, chatName) {
    const parts = idParts(messageId);
    const held = heldOf(parts);
    if (held.length > 1) throw new Rejection('ambiguous_message_id', '', null, held.map(({ id }) => text(id)));
    const message = held[0] || (await search(parts, messageId, chatName));
    if (!message || message.isNotification) throw new Rejection('message_not_found');
    return message;
  }

  /** One whose content is still there. */
  async function meantAndWhole(messageId, chatName) {
    const message = await meant(messageId, chatName);
    if (NO_MESSAGES.has(message.type)) throw new Rejection('message_not_found');
    return message;
  }

  wppmt.finding = { keyFor, loaded, loadedFrom, meant, meantAndWhole };
})();
