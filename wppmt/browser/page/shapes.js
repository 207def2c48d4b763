// WhatsApp's models as plain JSON, in the shapes of docs/MULTI_TENANT_ARCHITECTURE.md 5.2.
(function () {
  'use strict';

  // Not written by a person: WhatsApp's own notices about chats and keys.
  const NOTICES = new Set([
    'e2e_notification', 'notification', 'notification_template', 'gp2', 'broadcast_notification', 'call_log',
    'protocol', 'revoked', 'reaction', 'poll_update', 'pin_message', 'debug', 'unknown', 'newsletter_notification',
  ]);
  const MEDIA = new Set(['image', 'video', 'audio', 'ptt', 'document', 'sticker', 'ptv']);

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

  /** Whether a message is one that a person sent to this account, in a chat. */
  function isIncoming(message) {
    const chat = message.id.remote;
    if (message.id.fromMe || message.isNotification || NOTICES.has(message.type)) return false;
    // A message that could not be decrypted yet comes again, under its true type.
    return message.type !== 'ciphertext' && !['broadcast', 'newsletter'].includes(server(chat));
  }

  function media(message) {
    const data = message.mediaData || {};
    return {
      mimetype: message.mimetype || data.mimetype || null,
      size: message.size || data.size || null,
      fileName: message.filename || data.filename || null,
      caption: message.caption || null,
    };
  }

  /** What a reply cites; WhatsApp sends it along, so that it need not be loaded. */
  function quoted({ quotedStanzaID, quotedParticipant, quotedMsg }) {
    const original = quotedMsg || {};
    const from = text(phoneOf(quotedParticipant));
    return {
      id: quotedStanzaID,
      from: from || null,
      fromMe: Boolean(from) && namesOf(quotedParticipant).has(text(WPP.conn.getMyUserId())),
      type: original.type || 'unknown',
      body: (MEDIA.has(original.type) ? original.caption : original.body) || '',
    };
  }

  function incoming(message) {
    const chat = message.id.remote;
    const isGroupMsg = server(chat) === 'g.us';
    const author = isGroupMsg ? message.author || message.id.participant : chat;
    const person = phoneOf(author);
    const isMedia = MEDIA.has(message.type);
    const shape = {
      id: message.id.id,
      messageId: text(message.id),
      chatId: text(isGroupMsg ? chat : person),
      fromMe: false,
      from: text(isGroupMsg ? chat : person),
      to: text(WPP.conn.getMyUserId()),
      // The body of media is a thumbnail, no text.
      body: (isMedia ? message.caption : message.body) || '',
      type: message.type,
      timestamp: message.t,
      isGroupMsg,
      sender: {
        name: contactName(author) || message.notifyName || '',
        phone: server(person) === 'c.us' ? digits(person) : '',
      },
    };
    if (isGroupMsg) shape.author = text(person);
    if (lidOf(author)) shape.lid = lidOf(author);
    if (message.quotedStanzaID) Object.assign(shape, { quotedId: message.quotedStanzaID, quoted: quoted(message) });
    return isMedia ? Object.assign(shape, media(message)) : shape;
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

  wppmt.shapes = { text, server, digits, phoneOf, lidOf, namesOf, idParts, isMeant, isIncoming, incoming, contact };
})();
