// What is done to groups: made, changed, left, and what their members are told of it.

const askGroup = (act, data) => answered('group', { act, ...data });

async function queryGroup(id) {
  return learnGroup((await askGroup('query', { id: String(id) })).group);
}

// ---- told by the server, in the order of the messages

const AS_TOLD_TO_TABLE = {
  add: 'add',
  join: 'add',
  remove: 'remove',
  leave: 'remove',
  promote: 'promote',
  demote: 'demote',
};

link.on('group', async (event) => {
  const group = learnGroup(event.group);
  const by = toWid(event.by);
  const participants = event.participants.map((wid) => ({ id: toWid(wid) }));
  await showNotice(group.id, by, event);
  const actionType = AS_TOLD_TO_TABLE[event.action];
  if (!actionType) return;
  // Through the module's exports, where wa-js has put its wrapper.
  await importNamespace('WAWebUpdateDbForGroupActionApi').updateDBForGroupAction(
    { chatId: group.id, author: by, pushname: (Contacts.get(by) || {}).pushname, ts: event.t },
    {
      actionType,
      participants,
      isInvite: event.action === 'join',
      reason: event.action === 'join' ? 'invite' : undefined,
    },
  );
});

// The line in the chat that says what happened.
async function showNotice(id, by, { id: noticeId, action, participants, group, t }) {
  const key = new MsgKey({ fromMe: isMe(by), remote: id, id: noticeId, participant: by });
  await Msgs.processMultipleMessages(id, [
    {
      id: key,
      from: id,
      to: myNumber(),
      author: by,
      type: 'gp2',
      subtype: action === 'join' ? 'invite' : action,
      t,
      body: action === 'description' ? group.description : group.subject,
      recipients: participants.map(toWid),
      isNewMsg: true,
      ack: ACK.SENT,
      mentionedJidList: [],
    },
  ]);
}

// ---- made

async function createGroup(
  { title, ephemeralDuration, memberAddMode, membershipApprovalMode, announce, restrict, parentGroupId },
  participants,
) {
  const asked = participants.map(({ lid, phoneNumber }) => String(lid || phoneNumber));
  const answer = await askGroup('create', {
    subject: title,
    participants: asked,
    ephemeral: ephemeralDuration || 0,
    everyoneAdds: memberAddMode !== false,
    approval: membershipApprovalMode !== false,
    announce: announce === false, // here true means that everybody may
    restrict: restrict === false,
    parent: parentGroupId ? String(parentGroupId) : null,
  });
  const group = learnGroup(answer.group);
  return {
    wid: group.id,
    subject: title,
    creator: myNumber(),
    ts: group.creation,
    participants: [
      { wid: myNumber(), error: null, type: 'superadmin' },
      ...Object.entries(answer.codes).map(([wid, code]) => ({
        wid: new Wid(wid),
        error: code === 200 ? null : code,
        type: 'participant',
      })),
    ],
    invitedOutContacts: [],
  };
}

// ---- participants

async function changeParticipants(id, change, wids) {
  const { codes } = await askGroup('participants', { id: String(id), change, participants: wids.map(String) });
  return {
    status: 207,
    participants: Object.entries(codes).map(([wid, code]) => ({
      userWid: new Wid(wid),
      username: null,
      code: String(code),
      invite_code: null,
      invite_code_exp: null,
    })),
  };
}

const widsOf = (members) => members.map(({ lid, phoneNumber }) => lid || phoneNumber);

async function changeByAction(chat, change, participants) {
  await changeParticipants(
    chat.id,
    change,
    participants.map(({ id }) => id),
  );
  await queryGroup(chat.id);
}

// ---- what it is called, who may do what

const setText = (id, name, text, textId) => askGroup('setText', { id: String(id), name, text, textId });
const setProperty = (id, name, value) => askGroup('setProperty', { id: String(id), name, value: Number(value) });

async function setGroupText(id, name, text, textId) {
  await setText(id, name, text, textId);
  await queryGroup(id);
}

async function setGroupProperty(id, name, value) {
  await setProperty(id, name, value);
  await queryGroup(id);
}

async function sendExitGroup(chat) {
  await askGroup('leave', { id: String(chat.id) });
}

Object.assign(ChatModel.prototype, {
  iAmAdmin() {
    return !!this.groupMetadata && this.groupMetadata.participants.iAmAdmin();
  },
});

define('WAWebGroupParticipantModel', () => ({ default: ParticipantModel }));
define('WAWebUpdateDbForGroupActionApi', () => ({ updateDBForGroupAction: async () => {} }));
define('WAWebGroupCreateJob', () => ({ createGroup }));
define('WAWebGroupModifyParticipantsJob', () => ({
  addGroupParticipants: (id, members) => changeParticipants(id, 'add', widsOf(members)),
  removeGroupParticipants: (id, wids) => changeParticipants(id, 'remove', wids),
  promoteGroupParticipants: (id, wids) => changeParticipants(id, 'promote', wids),
  demoteGroupParticipants: (id, wids) => changeParticipants(id, 'demote', wids),
}));
define('WAWebModifyParticipantsGroupAction', () => ({
  addParticipants: (chat, participants) => changeByAction(chat, 'add', participants),
  removeParticipants: (chat, participants) => changeByAction(chat, 'remove', participants),
  promoteParticipants: (chat, participants) => changeByAction(chat, 'promote', participants),
  demoteParticipants: (chat, participants) => changeByAction(chat, 'demote', participants),
  promoteCommunityParticipants: (chat, participants) => changeByAction(chat, 'promote', participants),
  demoteCommunityParticipants: (chat, participants) => changeByAction(chat, 'demote', participants),
}));
define('WAWebGroupModifyInfoJob', () => ({
  setGroupSubject: (id, subject) => setGroupText(id, 'subject', subject),
  setGroupDescription: (id, text, textId) => setGroupText(id, 'description', text, textId),
  setGroupProperty,
  setEphemeralGroupProperty: (id, seconds) => setGroupProperty(id, 'ephemeral', seconds),
}));
define('WAWebSetPropertyGroupAction', () => ({
  setGroupProperty: (chat, name, value) => setGroupProperty(chat.id, name, value),
}));
define('WAWebExitGroupAction', () => ({ sendExitGroup }));
define('WAWebGroupConstants', () => ({
  GROUP_SETTING_TYPE: {
    ANNOUNCEMENT: 'announcement',
    RESTRICT: 'restrict',
    EPHEMERAL: 'ephemeral',
    MEMBER_ADD_MODE: 'member_add_mode',
    MEMBERSHIP_APPROVAL_MODE: 'membership_approval_mode',
  },
}));
define('WAWebMiscGatingUtils', () => ({ getGroupSizeLimit: () => 1025 }));
define('WAWebGroupQueryJob', () => ({
  queryAllGroups: async () => Groups.filter(({ participants }) => participants.iAmMember()).map(({ id }) => ({ id })),
  queryAndUpdateGroupMetadataById: ({ id }) => queryGroup(id),
  queryGroupInvite: async (code) => (await groupByCode(code)).groupInfo,
}));
