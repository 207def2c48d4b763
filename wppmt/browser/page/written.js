// A message as plain JSON: who wrote what in which chat. Its content crosses as WhatsApp keeps it, without thumbnails:
// what a person reads of it is the daemon's business (wppmt/domain/content.py).
(function () {
  'use strict';

  const { shapes } = wppmt;
  const { text, server, digits, phoneOf, lidOf, namesOf, isMe, contactName } = shapes;

  const MEDIA = new Set(['image', 'video', 'audio', 'ptt', 'document', 'sticker', 'ptv']);
  const TEXTS = ['body', 'caption', 'title', 'description', 'footer', 'comment'];
  // By WhatsApp's type. The body of media and of places is a thumbnail.
  const CONTENT = {
    chat: ['body'],
    location: ['lat', 'lng', 'loc', 'comment'],
    vcard: ['body', 'vcardFormattedName'],
    multi_vcard: ['vcardList'],
    poll_creation: ['pollName', 'pollOptions', 'pollSelectableOptionsCount'],
    interactive: [...TEXTS, 'interactivePayload'],
    list: ['list', ...TEXTS],
    list_response: ['listResponse', ...TEXTS],
    event_creation: ['eventName', 'eventDescription', 'eventStartTime'],
    groups_v4_invite: ['inviteGrpName', 'comment'],
    order: ['orderTitle', 'message'],
    product: ['title', 'description'],
    sticker: [],
  };
  const FILE = ['caption', 'isCaptionByUser', 'filename'];

  function content(message) {
    const names = MEDIA.has(message.type) ? FILE : CONTENT[message.type] || TEXTS;
    const held = names.map((name) => [name, message[name]]).filter(([, value]) => value !== undefined && value !== null);
    return Object.fromEntries(held);
  }

  function file(message) {
    if (!MEDIA.has(message.type)) return {};
    const data = message.mediaData || {};
    return {
      mimetype: message.mimetype || data.mimetype || null,
      size: message.size || data.size || null,
      fileName: message.filename || data.filename || null,
    };
  }

  /** What a reply cites; WhatsApp sends it along, so that it need not be loaded. */
  function quoted({ quotedStanzaID, quotedParticipant, quotedMsg }) {
    if (!quotedStanzaID) return {};
    const original = quotedMsg || {};
    const from = text(phoneOf(quotedParticipant));
    return {
      quotedId: quotedStanzaID,
      quoted: {
        id: quotedStanzaID,
        from: from || null,
        fromMe: Boolean(from) && isMe(quotedParticipant),
        type: original.type || 'unknown',
        content: content(original),
      },
    };
  }

  function ad({ ctwaContext }) {
    if (!ctwaContext) return {};
    const { title, description, sourceUrl, sourceId, ctwaClid } = ctwaContext;
    return { ad: { title, body: description, sourceUrl, sourceId, clickId: ctwaClid } };
  }

  function marks(message) {
    const mentions = (message.mentionedJidList || []).map((wid) => text(phoneOf(wid)));
    return {
      ...(mentions.length && { mentions }),
      ...(message.isForwarded && { forwarded: true }),
      ...((message.isViewOnce || wppmt.isViewOnceGone(message)) && { viewOnce: true }),
      ...(message.ephemeralDuration && { expiresInSeconds: message.ephemeralDuration }),
    };
  }

  const isShared = (chat) => ['g.us', 'broadcast', 'newsletter'].includes(server(chat));

  /** Who wrote it; in a chat of two, the other one or oneself. */
  function writerOf(message) {
    const chat = message.id.remote;
    if (message.id.fromMe) return WPP.conn.getMyUserId();
    return isShared(chat) ? message.author || message.id.participant || chat : chat;
  }

  const nameOf = (message, writer) =>
    message.id.fromMe ? WPP.whatsapp.Conn.pushname || '' : contactName(writer) || message.notifyName || '';

  /** The names by which WhatsApp may call a chat: two for a person, one for a group. */
  const chatNames = (chat) => ({ chatId: text(phoneOf(chat)), chatNames: [...namesOf(chat)] });

  /** The document's shape (docs/MULTI_TENANT_ARCHITECTURE.md 5.2), with `content` for `body` and its kin. */
  function written(message) {
    const chat = message.id.remote;
    const writer = writerOf(message);
    const person = phoneOf(writer);
    const me = text(WPP.conn.getMyUserId());
    const there = text(phoneOf(chat));
    return {
      id: message.id.id,
      messageId: text(message.id),
      ...chatNames(chat),
      fromMe: message.id.fromMe,
      from: message.id.fromMe ? me : there,
      to: message.id.fromMe ? there : me,
      content: content(message),
      type: message.type,
      timestamp: message.t,
      isGroupMsg: server(chat) === 'g.us',
      sender: { name: nameOf(message, writer), phone: server(person) === 'c.us' ? digits(person) : '' },
      ...(isShared(chat) && { author: text(person), authorNames: [...namesOf(writer)] }),
      ...(!message.id.fromMe && lidOf(writer) && { lid: lidOf(writer) }),
      ...quoted(message),
      ...marks(message),
      ...ad(message),
      ...file(message),
    };
  }

  Object.assign(wppmt, { written, writerOf, chatNames });
})();
