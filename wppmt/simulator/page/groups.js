// Groups and their participants.

class ParticipantModel extends BaseModel {}
named(ParticipantModel, 'participant', { isAdmin: false, isSuperAdmin: false });

class ParticipantCollection extends BaseCollection {
  iAmMember() { return true; }
  iAmAdmin() { return true; }
  iAmSuperAdmin() { return true; }
}
ParticipantCollection.model = ParticipantModel;

class GroupMetadataModel extends BaseModel {}
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

  async update(id) { return this.assertGet(id); }
  onParentGroupChange() {}
  _handleParentGroupChange() {}
}
GroupMetadataCollectionImpl.model = GroupMetadataModel;

const Groups = new GroupMetadataCollectionImpl();

function learnGroup({ id, subject, participants, created }) {
  const members = new ParticipantCollection();
  for (const participant of participants) members.add({ id: new Wid(participant) });
  const owner = new Wid(participants[0]);
  Groups.add({ id: new Wid(id), subject, owner, creation: created, participants: members }, { merge: true });
  ensureChat(new Wid(id)).set('name', subject);
}

define('WAWebGroupParticipantModel', () => ({ default: ParticipantModel }));
define('WAWebGroupMetadataModel', () => ({ default: GroupMetadataModel }));
define('WAWebGroupMetadataCollection', () => ({ default: Groups }));
define('WAWebGroupQueryJob', () => ({ queryAllGroups: async () => Groups.map(({ id }) => ({ id })) }));
define('WAWebUpdateDbForGroupActionApi', () => ({ updateDBForGroupAction: async () => {} }));
