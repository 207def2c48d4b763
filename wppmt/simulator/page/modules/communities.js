// Communities: groups of groups, with one in which only their admins write.

async function createCommunity({ name, desc }) {
  const { group } = await askGroup('createCommunity', { subject: name, description: desc });
  const community = learnGroup(group);
  return { wid: community.id, subject: name, creator: myNumber(), ts: community.creation };
}

async function linkGroups({ parentGroupId, subgroupIds }, linked) {
  const { codes } = await askGroup('link', { id: String(parentGroupId), groups: subgroupIds.map(String), linked });
  const jids = Object.keys(codes);
  return {
    linkedGroupJids: jids.filter((jid) => codes[jid] === 200),
    failedGroups: jids.filter((jid) => codes[jid] !== 200).map((jid) => ({ jid, error: String(codes[jid]) })),
  };
}

async function deactivateCommunity({ parentGroupId }) {
  await askGroup('deactivate', { id: String(parentGroupId) });
  return { parent_group_jid: String(parentGroupId) };
}

// Everybody who is in one of its groups.
async function communityParticipants(id) {
  const groups = [Groups.get(id), ...(Groups.get(id).joinedSubgroups || []).map((one) => Groups.get(one))];
  const members = new Map();
  for (const { participants } of groups.filter(Boolean))
    for (const one of participants.models) members.set(String(one.id), one);
  return [...members.values()];
}

define('WAWebGroupCommunityJob', () => ({
  sendCreateCommunity: createCommunity,
  sendLinkSubgroups: (given) => linkGroups(given, true),
  sendUnlinkSubgroups: (given) => linkGroups(given, false),
  sendDeactivateCommunity: deactivateCommunity,
}));
define('WAWebGroupGetCommunityParticipantsJob', () => ({ getCommunityParticipants: communityParticipants }));
