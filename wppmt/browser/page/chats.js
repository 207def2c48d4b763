// The account's chats: listed, read back, marked.
(function () {
  'use strict';

  const { functions, Rejection, shapes, finding, chatFor, walk, written, chatNames, isByPerson, actAndTell } = wppmt;
  const { text, server, digits, phoneOf, namesOf, contactName } = shapes;

  const LISTED = ['c.us', 'lid', 'g.us'];

  /** An own number or group is a chat only if there is one. */
  function chatNamed(name) {
    const { ChatStore } = WPP.whatsapp;
    const chat = ChatStore.get(name) || ChatStore.findFirst(({ id }) => namesOf(id).has(name));
    if (chat) return chat;
    throw new Rejection(server(name) === 'g.us' ? 'group_not_found' : 'chat_not_found');
  }

  /** The same, for a number as a caller writes it. */
  async function chatOf(name) {
    try {
      return chatNamed(name);
    } catch (error) {
      if (server(name) !== 'c.us') throw error;
    }
    return chatNamed(text((await chatFor(name)).id));
  }

  const message = (model) => ({ ...written(model), ack: Number(model.ack) || 0 });

  const PAGE = 50;

  /** The messages before the one with this key, newest first, and whether there may be more. */
  async function before(chat, key, limit) {
    const found = [];
    let anchor = key;
    for (;;) {
      const wanted = Math.max(PAGE, limit - found.length);
      const batch = await WPP.chat.getMessages(chat.id, { count: wanted, ...(anchor && { direction: 'before', id: anchor }) });
      const newestFirst = [...batch].reverse().filter(({ id }) => text(id) !== anchor);
      found.push(...newestFirst.filter(isByPerson));
      if (found.length > limit) return { messages: found.slice(0, limit), more: true };
      if (!newestFirst.length || batch.length < wanted) return { messages: found, more: false };
      anchor = text(newestFirst[newestFirst.length - 1].id);
    }
  }

  functions.chat_messages = async ({ chatId, before: beforeId, limit }) => {
    const chat = await chatOf(chatId);
    const anchor = beforeId && (await finding.meant(beforeId, text(chat.id)));
    if (anchor && !namesOf(chat.id).has(text(anchor.id.remote))) throw new Rejection('message_not_found');
    const { messages, more } = await before(chat, anchor && text(anchor.id), limit);
    const rows = messages.map(message);
    return { rows, nextCursor: more && rows.length ? rows[rows.length - 1].messageId : null };
  };

  async function newest(chat) {
    const held = chat.msgs.getModelsArray().filter(isByPerson);
    if (held.length) return held.reduce((last, one) => (one.t >= last.t ? one : last));
    const { messages } = await before(chat, null, 1).catch(() => ({ messages: [] }));
    return messages[0];
  }

  const MARKED_UNREAD = -1;

  /** Seconds since 1970, -1 for ever, 0 not at all. */
  const mutedUntil = (chat) => Number((chat.mute || {}).expiration || chat.muteExpiration || 0);

  async function shown(chat) {
    const person = phoneOf(chat.id);
    const last = await newest(chat);
    const isGroup = server(chat.id) === 'g.us';
    return {
      ...chatNames(chat.id),
      name: (isGroup ? chat.name || chat.formattedTitle : contactName(chat.id) || chat.name) || null,
      phone: server(person) === 'c.us' ? digits(person) : null,
      isGroup,
      unread: chat.unreadCount === MARKED_UNREAD ? 1 : Math.max(chat.unreadCount || 0, 0),
      archived: Boolean(chat.archive),
      pinned: Boolean(chat.pin),
      mutedUntil: mutedUntil(chat),
      labels: (chat.labels || []).map(String),
      lastMessage: last ? message(last) : null,
    };
  }

  /** Newest first; a person whose chat WhatsApp has moved may have an old one beside it. */
  function listed({ unread }) {
    const chats = WPP.whatsapp.ChatStore.getModelsArray().filter(({ id }) => LISTED.includes(server(id)));
    const wanted = unread ? chats.filter(({ unreadCount }) => unreadCount) : chats;
    const newestFirst = [...wanted].sort((a, b) => (b.t || 0) - (a.t || 0));
    return [...new Map(newestFirst.reverse().map(({ id }) => [text(phoneOf(id)), text(id)])).values()].reverse();
  }

  function stillThere(id) {
    try {
      return chatNamed(id);
    } catch {
      return null;
    }
  }

  walk('chats', listed, async (id) => {
    const chat = stillThere(id);
    return chat && shown(chat);
  });

  // ---- changes -----------------------------------------------------------------------------------------------

  const PINNED_AT_MOST = 3;

  async function pin(chat, pinned) {
    const others = WPP.whatsapp.ChatStore.getModelsArray().filter((one) => one.pin && one !== chat);
    if (pinned && others.length >= PINNED_AT_MOST) throw new Rejection('too_many_pinned');
    if (Boolean(chat.pin) !== pinned) await (pinned ? WPP.chat.pin(chat.id) : WPP.chat.unpin(chat.id));
  }

  async function archive(chat, archived) {
    if (Boolean(chat.archive) !== archived) await (archived ? WPP.chat.archive(chat.id) : WPP.chat.unarchive(chat.id));
  }

  const FOR_EVER = -1;

  async function mute(chat, until) {
    if (until === FOR_EVER) await chat.mute.mute({ expiration: FOR_EVER, isAutoMuted: false, sendDevice: true });
    else if (until) await WPP.chat.mute(chat.id, { expiration: until });
    else if (mutedUntil(chat)) await WPP.chat.unmute(chat.id);
  }

  async function markRead(chat, read) {
    if (read && chat.unreadCount) await WPP.chat.markIsRead(chat.id);
    else if (!read && !chat.unreadCount) await WPP.chat.markIsUnread(chat.id);
  }

  async function label(chat, ids) {
    wppmt.requireBusiness();
    const now = (chat.labels || []).map(String);
    const known = ids.map((id) => wppmt.labelNamed(id));
    const changes = [
      ...known.filter(({ id }) => !now.includes(String(id))).map((one) => [one, 'add']),
      ...now.filter((id) => !ids.includes(id)).map((id) => [wppmt.labelNamed(id), 'remove']),
    ];
    for (const [{ id, name }, action] of changes) {
      const run = () => WPP.labels.addOrRemoveLabels(chat.id, { labelId: String(id), type: action });
      const data = { labelId: String(id), name: name || null, action, chatId: text(phoneOf(chat.id)) };
      await actAndTell(`label|${id}|${action}|${text(chat.id)}`, run, 'label_change', data);
    }
  }

  const CHANGES = { read: markRead, archived: archive, pinned: pin, mutedUntil: mute, labels: label };

  functions.change_chat = async ({ chatId, changes }) => {
    const chat = await chatOf(chatId);
    for (const [name, value] of Object.entries(changes)) await CHANGES[name](chat, value);
    // WhatsApp archives by a command to itself.
    await new Promise((resolve) => setTimeout(resolve, 50));
    return shown(chat);
  };

  functions.chat_presence = async ({ chatId, state, durationMs }) => {
    const chat = await chatFor(chatId);
    wppmt.presence.typing();
    if (state === 'composing') await WPP.chat.markIsComposing(chat.id, durationMs || undefined);
    else if (state === 'recording') await WPP.chat.markIsRecording(chat.id, durationMs || undefined);
    else await WPP.chat.markIsPaused(chat.id);
    if (state === 'paused') wppmt.presence.active();
    else if (durationMs) setTimeout(wppmt.presence.active, durationMs);
    return { chatId: text(phoneOf(chat.id)) };
  };

})();
