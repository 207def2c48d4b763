// Invitations to groups, and requests to join those whose admins decide.

function codeOf(text) {
  return String(text).split('/').pop();
}

const inviteCode = async (id, anew) => (await askGroup('invite', { id: String(id), anew: !!anew })).code;

async function groupByCode(code) {
  const { group } = await askGroup('byCode', { code: codeOf(code) });
  const groupInfo = {
    id: new Wid(group.id),
    subject: group.subject,
    owner: toWid(group.owner),
    creation: group.created,
    desc: group.description,
    size: group.participants.length,
    participants: group.participants.map((wid) => ({
      id: new Wid(wid),
      isAdmin: group.admins.includes(wid),
      isSuperAdmin: wid === group.owner,
    })),
    announce: group.announce,
    restrict: group.restrict,
    membershipApprovalMode: group.approval,
    ephemeralDuration: group.ephemeral,
    parentGroup: toWid(group.parent || undefined),
  };
  return { status: 200, groupInfo };
}

async function joinGroupViaInvite(code) {
  const { group, pending } = await askGroup('join', { code: codeOf(code) });
  if (!pending) learnGroup(group);
  return { gid: new Wid(group.id) };
}

async function membershipRequests(id) {
  const { requests } = await askGroup('requests', { id: String(id) });
  return requests.map(([wid, t]) => ({ id: new Wid(wid), addedBy: new Wid(wid), requestMethod: 'InviteLink', t }));
}

async function decideRequests(id, wids, approve) {
  const { codes } = await askGroup('decide', { id: String(id), participants: wids.map(String), approve });
  return wids.map((wid) => ({ wid, error: codes[String(wid)] === 200 ? undefined : codes[String(wid)] }));
}

// A message with which someone who could not be added is invited.
async function sendGroupInviteMessage(chat, groupId, groupName, code, expiration, comment, thumbnail) {
  const id = new MsgKey({ fromMe: true, remote: chat.id, id: await MsgKey.newId() });
  return send(
    addMessage({
      id,
      from: myNumber(),
      to: chat.id,
      t: unixTime(),
      type: 'groups_v4_invite',
      inviteGrp: String(groupId),
      inviteGrpName: groupName,
      inviteCode: code,
      inviteCodeExp: expiration,
      comment,
      inviteGrpJpegThum: thumbnail,
      isNewMsg: true,
      local: true,
      ack: ACK.CLOCK,
    }),
  );
}

define('WAWebMexFetchGroupInviteCodeJob', () => ({ fetchMexGroupInviteCode: (id) => inviteCode(id) }));
define('WAWebGroupInviteJob', () => ({
  joinGroupViaInvite,
  resetGroupInviteCode: async (id) => ({ code: await inviteCode(id, true) }),
}));
define('WAWebGroupInviteAction', () => ({
  joinGroupViaInvite,
  queryGroupInviteCode: async (chat) => chat.set('inviteCode', await inviteCode(chat.id)),
  revokeGroupInvite: async (chat) => chat.set('inviteCode', await inviteCode(chat.id, true)),
}));
define('WAWebGroupQueryBridge', () => ({ sendQueryGroupInvite: groupByCode, sendQueryGroup: queryGroup }));
define('WAWebApiMembershipApprovalRequestStore', () => ({ getMembershipApprovalRequests: membershipRequests }));
define('WAWebGroupMembershipRequestsActionJob', () => ({
  MembershipApprovalRequestAction: enumeration('Approve', 'Reject'),
  membershipApprovalRequestAction: (id, wids, action) => decideRequests(id, wids, action === 'Approve'),
}));

// ---- the queries under these, as whatsapp-web.js asks them

async function sendAddParticipantsRPC({ participantArgs, iqTo }) {
  const {
    participants: [added],
  } = await changeParticipants(
    new Wid(iqTo),
    'add',
    participantArgs.map(({ participantJid }) => new Wid(participantJid)),
  );
  const failed = added.code === '200' ? {} : { error: added.code };
  const answer = { value: { addParticipantsParticipantMixins: { name: 'ParticipantAdded', value: failed } } };
  return {
    name: 'AddParticipantsResponseSuccess',
    value: {
      addParticipant: [
        { addParticipantsParticipantAddedOrNonRegisteredWaUserParticipantErrorLidResponseMixinGroup: answer },
      ],
    },
  };
}

async function sendMembershipRequestsActionRPC({ iqTo, approveArgs, rejectArgs }) {
  const jids = (approveArgs || rejectArgs).participantArgs.map(({ participantJid }) => participantJid);
  const results = await decideRequests(
    new Wid(iqTo),
    jids.map((jid) => new Wid(jid)),
    !!approveArgs,
  );
  const mixin = approveArgs
    ? 'membershipRequestsActionAcceptParticipantMixins'
    : 'membershipRequestsActionRejectParticipantMixins';
  const participant = results.map(({ error }, index) => ({
    jid: jids[index],
    [mixin]: error && { value: { error: String(error) } },
  }));
  return {
    name: 'MembershipRequestsActionResponseSuccess',
    value: { [approveArgs ? 'membershipRequestsActionApprove' : 'membershipRequestsActionReject']: { participant } },
  };
}

define('WASmaxGroupsAddParticipantsRPC', () => ({ sendAddParticipantsRPC }));
define('WASmaxGroupsMembershipRequestsActionRPC', () => ({ sendMembershipRequestsActionRPC }));
