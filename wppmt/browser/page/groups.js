// The account's groups: listed, made, changed, left, and invitations to them.
(function () {
  'use strict';

  const { functions, Rejection, describe, shapes, walk, personFor, act, actAndTell } = wppmt;
  const { text, server, digits, phoneOf } = shapes;

  const me = () => text(WPP.conn.getMyUserId());

  function participant({ id, isAdmin, isSuperAdmin }) {
    const person = phoneOf(id);
    return { id: text(person), phone: server(person) === 'c.us' ? digits(person) : null, isAdmin: Boolean(isAdmin || isSuperAdmin) };
  }

  const NO_GROUP = new Set([403, 404]);

  /** Raises what keeps the account from the group. */
  async function metadata(groupId) {
    const { GroupMetadataStore, ChatStore } = WPP.whatsapp;
    const group = await GroupMetadataStore.find(WPP.util.createWid(groupId)).catch((error) => {
      const status = Number(error && (error.status || error.statusCode));
      throw new Rejection(NO_GROUP.has(status) ? 'group_not_found' : 'could_not_look', describe(error));
    });
    if (!group || !ChatStore.get(groupId)) throw new Rejection('group_not_found');
    return group;
  }

  async function asMember(groupId) {
    const group = await metadata(groupId);
    if (!group.participants.iAmMember()) throw new Rejection('not_group_member');
    return group;
  }

  async function asAdmin(groupId, isNeeded = () => true) {
    const group = await asMember(groupId);
    if (isNeeded(group) && !group.participants.iAmAdmin()) throw new Rejection('not_group_admin');
    return group;
  }

  function shown(group) {
    const participants = group.participants.getModelsArray().map(participant);
    return {
      groupId: text(group.id),
      subject: group.subject || (WPP.whatsapp.ChatStore.get(group.id) || {}).name || null,
      description: group.desc || null,
      owner: group.owner ? text(phoneOf(group.owner)) : null,
      createdAt: group.creation || null,
      announce: Boolean(group.announce),
      locked: Boolean(group.restrict),
      isAdmin: Boolean(group.participants.iAmAdmin()),
      participants,
    };
  }

  function listed() {
    const groups = WPP.whatsapp.GroupMetadataStore.getModelsArray();
    return groups.filter(({ participants }) => participants.iAmMember()).map(({ id }) => text(id)).sort();
  }

  walk('groups', listed, (id) => {
    const group = WPP.whatsapp.GroupMetadataStore.get(id);
    return group && shown(group);
  });

  functions.group = async ({ groupId }) => shown(await asMember(groupId));

  const tell = (groupId, action, run, participants = []) =>
    actAndTell(`group|${groupId}|${action}`, run, 'group_change', { groupId, action, participants });

  // ---- made, joined, left ------------------------------------------------------------------------------------

  functions.create_group = async ({ subject, participants }) => {
    const people = await Promise.all(participants.map(async (who) => (await personFor(who)).wid));
    // Its id is known when it is there: until then a new group is ours.
    const made = await act('group|*|create', () => WPP.group.create(subject, people));
    const groupId = text(made.gid);
    const others = Object.entries(made.participants || {}).filter(([id]) => !shapes.isMe(id));
    const added = others.map(([id, { code }]) => ({ id: text(phoneOf(id)), code: Number(code) || 200 }));
    const joined = added.filter(({ code }) => code === 200).map(({ id }) => id);
    await tell(groupId, 'add', async () => {}, joined);
    return { ...shown(await metadata(groupId)), results: added.map((one) => result(one.id, 'add', one.code)) };
  };

  const codeOf = (answer) => String((answer && answer.code) || answer);

  functions.group_invite = async ({ groupId, anew }) => {
    await asAdmin(groupId);
    return { code: codeOf(await (anew ? WPP.group.revokeInviteCode(groupId) : WPP.group.getInviteCode(groupId))) };
  };

  functions.join_group = async ({ code }) => {
    const joined = await WPP.group.join(code).catch((error) => {
      throw new Rejection('invite_not_found', describe(error));
    });
    return { groupId: text(joined.id || joined.gid) };
  };

  functions.leave_group = async ({ groupId }) => {
    await asMember(groupId);
    await tell(groupId, 'remove', () => WPP.group.leave(groupId), [me()]);
    return { groupId };
  };

  // ---- changed -----------------------------------------------------------------------------------------------

  const SETTERS = {
    subject: ['subject', (id, value) => WPP.group.setSubject(id, value)],
    description: ['description', (id, value) => WPP.group.setDescription(id, value)],
    picture: ['picture', (id, value) => (value ? WPP.group.setIcon(id, value) : WPP.group.removeIcon(id))],
    announce: ['settings', (id, value) => WPP.group.setProperty(id, 'announcement', value)],
    locked: ['settings', (id, value) => WPP.group.setProperty(id, 'restrict', value)],
  };
  const FOR_ADMINS = new Set(['announce', 'locked']);

  functions.change_group = async ({ groupId, changes }) => {
    const wanted = Object.entries(changes);
    await asAdmin(groupId, (group) => group.restrict || wanted.some(([name]) => FOR_ADMINS.has(name)));
    for (const [name, value] of wanted) {
      const [action, set] = SETTERS[name];
      await tell(groupId, action, () => set(groupId, value));
    }
    return shown(await metadata(groupId));
  };

  const ACTS = {
    add: (id, wid) => WPP.group.addParticipants(id, wid),
    remove: (id, wid) => WPP.group.removeParticipants(id, wid),
    promote: (id, wid) => WPP.group.promoteParticipants(id, wid),
    demote: (id, wid) => WPP.group.demoteParticipants(id, wid),
  };
  const OK = 200;
  const NOT_THERE = 404;

  const result = (id, action, code) => ({ phone: digits(id), id, action, success: code === OK, code });

  /** What WhatsApp answered for this one; it answers nothing where all went well. */
  function outcomeOf(answer) {
    const [first] = Object.values(answer && typeof answer === 'object' ? answer : {});
    return (first && Number(first.code)) || OK;
  }

  async function change(groupId, action, who) {
    try {
      const { wid } = await personFor(who);
      const person = text(phoneOf(wid));
      const code = await act(`group|${groupId}|${action}`, async () => outcomeOf(await ACTS[action](groupId, wid)));
      return result(person, action, code);
    } catch (error) {
      if (error.reason && error.reason !== 'not_on_whatsapp') throw error;
      return result(who, action, NOT_THERE);
    }
  }

  /** One after the other, so that each has an answer of its own. */
  functions.change_participants = async ({ groupId, changes }) => {
    await asAdmin(groupId, (group) => Object.keys(changes).some((action) => action !== 'add') || group.memberAddMode !== 'all_member_add');
    const results = [];
    for (const [action, people] of Object.entries(changes)) {
      const done = [];
      for (const who of people) done.push(await change(groupId, action, who));
      const changed = done.filter(({ success }) => success).map(({ id }) => id);
      if (changed.length) await tell(groupId, action, async () => {}, changed);
      results.push(...done);
    }
    return { results };
  };
})();
