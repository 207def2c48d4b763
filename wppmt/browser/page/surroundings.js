// What happens around messages: calls, groups, labels, and who is there or types.
(function () {
  'use strict';

  const { emit, attach, shapes, isWanted, isOurAct, chatNames } = wppmt;
  const { text, server, phoneOf } = shapes;

  WPP.on('call.incoming_call', ({ id, sender, isVideo, isGroup }) => {
    emit('call_received', { callId: id, from: text(phoneOf(sender)), isVideo: Boolean(isVideo), isGroup: Boolean(isGroup) });
  });

  // ---- groups: WhatsApp writes a line into the chat for whatever happens there --------------------------------

  const ACTIONS = {
    add: 'add', create: 'add', invite: 'add', linked_group_join: 'add', v4_add_invite_join: 'add',
    remove: 'remove', leave: 'remove', promote: 'promote', demote: 'demote',
    subject: 'subject', description: 'description', picture: 'picture',
    announcement: 'settings', announce: 'settings', not_announcement: 'settings', restrict: 'settings',
    locked: 'settings', unlocked: 'settings', ephemeral: 'settings', member_add_mode: 'settings',
    membership_approval_mode: 'settings', no_frequently_forwarded: 'settings', frequently_forwarded_ok: 'settings',
  };

  function groupChanged(notice) {
    const group = notice.id.remote;
    const action = ACTIONS[notice.subtype];
    const isOurs = isOurAct(`group|${text(group)}|${action}`) || (notice.subtype === 'create' && isOurAct('group|*|create'));
    if (!action || !isWanted(group) || isOurs) return;
    const by = notice.author ? text(phoneOf(notice.author)) : null;
    emit('group_change', {
      groupId: text(group), action, by, participants: (notice.recipients || []).map((wid) => text(phoneOf(wid))),
    });
  }

  attach('MsgStore', ({ MsgStore }) => {
    MsgStore.on('add', (message) => {
      if (message.type === 'gp2' && message.isNewMsg) queueMicrotask(() => groupChanged(message));
    });
  });

  // ---- labels ------------------------------------------------------------------------------------------------

  const labelled = new Map();
  const names = new Map();

  // What is there when the page is loaded is no change.
  function tellLabel(id, action, chat) {
    const act = `${action}|${chat ? text(chat) : ''}`;
    if (!wppmt.isConnected() || isOurAct(`label|${id}|delete|`) || isOurAct(`label|${id}|${act}`) || isOurAct(`label|*|${act}`)) return;
    if (chat && !isWanted(chat)) return;
    emit('label_change', { labelId: String(id), name: names.get(String(id)) || null, action, chatId: chat ? text(phoneOf(chat)) : null });
  }

  function chatLabelled(chat) {
    const key = text(chat.id);
    const before = labelled.get(key) || new Set();
    const now = new Set((chat.labels || []).map(String));
    labelled.set(key, now);
    for (const id of now) if (!before.has(id)) tellLabel(id, 'add', chat.id);
    for (const id of before) if (!now.has(id)) tellLabel(id, 'remove', chat.id);
  }

  function labelNamed(label) {
    const isKnown = names.has(String(label.id));
    if (label.name === undefined || names.get(String(label.id)) === label.name) return;
    names.set(String(label.id), label.name);
    tellLabel(label.id, isKnown ? 'rename' : 'create', null);
  }

  attach('ChatStore', ({ ChatStore }) => {
    ChatStore.getModelsArray().forEach((chat) => labelled.set(text(chat.id), new Set((chat.labels || []).map(String))));
    ChatStore.on('change:labels', chatLabelled);
  });
  attach('LabelStore', ({ LabelStore }) => {
    LabelStore.getModelsArray().forEach(({ id, name }) => names.set(String(id), name));
    LabelStore.on('add', (label) => queueMicrotask(() => labelNamed(label)));
    LabelStore.on('change:name', labelNamed);
    LabelStore.on('remove', ({ id }) => {
      tellLabel(id, 'delete', null);
      names.delete(String(id));
    });
  });

  // ---- who is there ------------------------------------------------------------------------------------------

  const FOLLOWED = 100;
  const DAY_SECONDS = 86_400;
  const FOLLOW_AGAIN_MS = 600_000;
  const STATES = { typing: 'composing', recording_audio: 'recording', recording: 'recording', available: 'available', unavailable: 'unavailable' };
  const shown = new Map();
  const followed = new Set();
  let isAsking = false;

  function seen(chat, person, type) {
    const state = STATES[type];
    const who = `${text(chat)} ${text(person)}`;
    const before = shown.get(who);
    if (!state || state === before) return;
    shown.set(who, state);
    // What WhatsApp answers to who begins to follow a chat is no change.
    if (isAsking && before === undefined) return;
    emit('presence_change', { ...chatNames(chat), from: text(phoneOf(person)), state });
  }

  function presenceChanged(presence) {
    if (!followed.has(text(presence.id)) || !isWanted(presence.id)) return;
    if (server(presence.id) !== 'g.us') seen(presence.id, presence.id, presence.chatstate.type);
    else presence.chatstates.getModelsArray().forEach(({ id, type }) => seen(presence.id, id, type));
  }

  async function follow() {
    if (!wppmt.isConnected()) return;
    const since = Date.now() / 1000 - DAY_SECONDS;
    const recent = WPP.whatsapp.ChatStore.getModelsArray()
      .filter(({ id, t }) => t >= since && ['c.us', 'lid', 'g.us'].includes(server(id)) && isWanted(id));
    const ids = recent.sort((a, b) => b.t - a.t).slice(0, FOLLOWED).map(({ id }) => text(id));
    const left = [...followed].filter((id) => !ids.includes(id));
    const entered = ids.filter((id) => !followed.has(id));
    if (!left.length && !entered.length) return;
    left.forEach((id) => followed.delete(id));
    entered.forEach((id) => followed.add(id));
    isAsking = true;
    try {
      if (left.length) await WPP.contact.unsubscribePresence(left);
      if (entered.length) await WPP.contact.subscribePresence(entered);
    } catch {
      entered.forEach((id) => followed.delete(id));
    } finally {
      isAsking = false;
    }
  }

  let due = null;
  /** Soon, and once for many messages. */
  function followSoon() {
    if (due === null) due = setTimeout(() => { due = null; follow(); }, 1000);
  }

  attach('PresenceStore', ({ PresenceStore }) => {
    PresenceStore.on('change:chatstate.type', (chatstate) => {
      const presence = PresenceStore.getModelsArray().find((one) => one.chatstate === chatstate);
      if (presence) queueMicrotask(() => presenceChanged(presence));
    });
  });
  attach('ChatStore', ({ ChatStore }) => {
    ChatStore.on('change:t add', followSoon);
  });
  attach('Socket', ({ Socket }) => Socket.on('change:stream', followSoon));
  setInterval(follow, FOLLOW_AGAIN_MS);
})();
