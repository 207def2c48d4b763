// Ids of chats, people and messages, and people as plain JSON.
(function () {
  'use strict';

  const text = (id) => (id ? String(id._serialized || id) : '');
  const server = (id) => text(id).split('@')[1] || '';
  const digits = (id) => text(id).split('@')[0].split(':')[0];

  /** The phone's id of a person whom WhatsApp may name by a hidden id (`@lid`); the id itself if it is not known. */
  function phoneOf(id) {
    if (server(id) !== 'lid') return id;
    try {
      return WPP.whatsapp.lidPnCache.getPhoneNumber(id) || WPP.whatsapp.ApiContact.getPhoneNumber(id) || id;
    } catch {
      return id;
    }
  }

  function lidOf(id) {
    if (server(id) === 'lid') return text(id);
    try {
      return text(WPP.whatsapp.lidPnCache.getCurrentLid(id)) || null;
    } catch {
      return null;
    }
  }

  /** All that a chat or person is called: by the phone's id, by the hidden one. */
  const namesOf = (id) => new Set([text(id), text(phoneOf(id)), lidOf(id)].filter(Boolean));

  const isMe = (id) => namesOf(id).has(text(WPP.conn.getMyUserId()));

  /** A message's id, as a caller may have kept it: short, or whole with the chat (and in a group the writer). */
  function idParts(messageId) {
    if (!messageId.includes('_')) return { id: messageId };
    const [fromMe, chat, id, writer] = messageId.split('_');
    return { fromMe: fromMe === 'true', chat: chat.replace('@s.whatsapp.net', '@c.us'), id: id || '', writer };
  }

  /** Whether these parts mean the message, whichever of its chat's names they say. */
  function isMeant({ id, chat, fromMe }, message) {
    if (message.id.id !== id) return false;
    return !chat || (message.id.fromMe === fromMe && namesOf(message.id.remote).has(chat));
  }

  function contactName(id) {
    const contact = WPP.whatsapp.ContactStore.get(id) || WPP.whatsapp.ContactStore.get(phoneOf(id));
    return contact ? contact.name || contact.verifiedName || contact.pushname || '' : '';
  }

  function contact(model) {
    const person = phoneOf(model.id);
    return {
      id: text(person),
      phone: server(person) === 'c.us' ? digits(person) : '',
      name: model.name || model.verifiedName || '',
      pushname: model.pushname || '',
      isBusiness: Boolean(model.isBusiness),
    };
  }

  wppmt.shapes = { text, server, digits, phoneOf, lidOf, namesOf, isMe, idParts, isMeant, contactName, contact };
})();
