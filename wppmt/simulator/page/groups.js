// Groups and their participants, as the server tells of them.

class ParticipantModel extends BaseModel {}
named(ParticipantModel, 'participant', { isAdmin: false, isSuperAdmin: false });

class ParticipantCollection extends BaseCollection {
  me() {
    return this.get(myNumber()) || this.get(myLid());
  }
  iAmMember() {
    return !!this.me();
  }
  iAmAdmin() {
    return !!this.me() && this.me().isAdmin;
  }
  iAmSuperAdmin() {
    return !!this.me() && this.me().isSuperAdmin;
  }
  iAmRestrictedMember() {
    return this.iAmMember() && !!this.group.restrict && !this.iAmAdmin();
  }
  canAdd() {
    return this.iAmAdmin() || (this.iAmMember() && this.group.memberAddMode === 'all_member_add');
  }
  canRemove(participant) {
    return this.iAmAdmin() && !this.isMine(participant);
  }
  canPromote(participant) {
    return this.canRemove(participant) && !participant.isAdmin;
  }
  canDemote(participant) {
    return this.canRemove(participant) && participant.isAdmin;
  }
  isMine(participant) {
    return participant === this.me();
  }
}
ParticipantCollection.model = ParticipantModel;

class PastParticipantCollection extends BaseCollection {}

class GroupMetadataModel extends BaseModel {
  canSetSubject() {
    return this.participants.iAmMember() && !this.participants.iAmRestrictedMember();
  }
  canSetDescription() {
    return this.canSetSubject();
  }
  canSetGroupProperty() {
    return this.participants.iAmAdmin();
  }
  canSetEphemeralSetting() {
    return this.canSetSubject();
  }
  get size() {
    return this.participants.length;
  }
}
named(GroupMetadataModel, 'group-metadata', { groupType: 'DEFAULT', announce: false, restrict: false });

// What WhatsApp's server answers to a query; wa-js hands it on.
class ServerStatusCodeError extends Error {
  constructor(status, text) {
    super(text);
    Object.assign(this, { name: 'ServerStatusCodeError', status, statusCode: status });
  }
}

class GroupMetadataCollectionImpl extends BaseCollection {
  async find(id) {
    const known = this.get(id);
    if (!known) throw new ServerStatusCodeError(404, 'item-not-found');
    return known;
  }

  async update(id) {
    return queryGroup(id);
  }
  onParentGroupChange() {}
  _handleParentGroupChange() {}
}
GroupMetadataCollectionImpl.model = GroupMetadataModel;

const Groups = new GroupMetadataCollectionImpl();

// All groups that the account is in.
function learnGroups(all) {
  const ids = all.map(({ id }) => id);
  for (const { id, participants } of Groups.models) {
    if (!ids.includes(String(id)) && participants.me()) participants.remove(participants.me());
  }
  all.forEach(learnGroup);
}

function learnGroup(given) {
  const id = new Wid(given.id);
  const group =
    Groups.get(id) ||
    Groups.add({ id, participants: new ParticipantCollection(), pastParticipants: new PastParticipantCollection() });
  Object.defineProperty(group.participants, 'group', { value: group, configurable: true });
  group.set({
    subject: given.subject,
    owner: toWid(given.owner),
    creation: given.created,
    desc: given.description || undefined,
    descId: given.descriptionId || undefined,
    announce: given.announce,
    restrict: given.restrict,
    membershipApprovalMode: given.approval,
    memberAddMode: given.everyoneAdds ? 'all_member_add' : 'admin_add',
    ephemeralDuration: given.ephemeral,
    groupType: given.kind,
    isParentGroup: given.kind === 'COMMUNITY',
    parentGroup: toWid(given.parent || undefined),
    isLidAddressingMode: false,
    stale: false,
  });
  learnParticipants(group, given);
  linkSubgroups();
  const chat = ensureChat(id);
  chat.set({ name: given.subject, isParentGroup: group.isParentGroup });
  return group;
}

function learnParticipants({ participants, pastParticipants }, given) {
  for (const { id } of participants.toArray()) if (!given.participants.includes(String(id))) participants.remove(id);
  for (const wid of given.participants) {
    participants
      .gadd(new Wid(wid))
      .set({ isAdmin: given.admins.includes(wid), isSuperAdmin: wid === given.owner && given.admins.includes(wid) });
  }
  pastParticipants.reset();
  for (const [wid, t] of given.past) pastParticipants.add({ id: new Wid(wid), leaveTs: t });
}

// A community knows its groups, a group its community.
function linkSubgroups() {
  for (const community of Groups.filter(({ isParentGroup }) => isParentGroup)) {
    const groups = Groups.filter(({ parentGroup }) => parentGroup && parentGroup.equals(community.id));
    community.set(
      'joinedSubgroups',
      groups.map(({ id }) => id),
    );
  }
}

define('WAWebGroupMetadataModel', () => ({ default: GroupMetadataModel }));
define('WAWebGroupMetadataCollection', () => ({ default: Groups }));
