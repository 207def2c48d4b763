// Contacts: every account of the simulator is in everybody's address book. Numbers and their hidden ids (lids).

class ContactModel extends BaseModel {}
named(ContactModel, 'contact', {
  name: undefined, shortName: undefined, pushname: undefined, type: 'in', isBusiness: false, isEnterprise: false,
  isContactBlocked: false, labels: () => [], verifiedName: undefined, verifiedLevel: undefined,
  isAddressBookContact: 1, statusMute: false, phoneNumber: undefined,
});

// wa-js takes a number that stands in this collection for one that exists: asking about it must not add it.
class ContactCollectionImpl extends BaseCollection {
  async find(id) { return this.get(id) || new ContactModel({ id: toWid(id) }); }
}
ContactCollectionImpl.model = ContactModel;

const Contacts = new ContactCollectionImpl();
const lidOfNumber = new Map();
const numberOfLid = new Map();
const lidAddressed = new Set();

function lidOf(wid) { return toWid(lidOfNumber.get(String(wid))); }
function numberOf(lid) { return toWid(numberOfLid.get(String(lid))); }

// Where messages to this person belong: WhatsApp has moved some accounts to their lid.
function addressOf(wid) {
  return lidAddressed.has(String(wid)) ? lidOf(wid) : wid;
}

function learnContact({ id, pn, lid, name, pushname, isBusiness }) {
  lidOfNumber.set(pn, lid);
  numberOfLid.set(lid, pn);
  Contacts.add({ id: new Wid(pn), name, shortName: name, pushname, isBusiness }, { merge: true });
  if (id !== lid) return;
  lidAddressed.add(pn);
  Contacts.add({ id: new Wid(lid), pushname, isBusiness, phoneNumber: new Wid(pn) }, { merge: true });
}

function displayName(contact) { return contact.name || contact.pushname || contact.id.user; }
function never() { return false; }

define('WAWebContactModel', () => ({ default: ContactModel }));
define('WAWebContactCollection', () => ({ ContactCollectionImpl, ContactCollection: Contacts }));
define('WAWebContactGetters', () => ({
  getName: (contact) => contact.name,
  getShortName: (contact) => contact.shortName,
  getPushname: (contact) => contact.pushname,
  getVerifiedName: (contact) => contact.verifiedName,
  getVerifiedLevel: (contact) => contact.verifiedLevel,
  getStatusMute: (contact) => contact.statusMute,
  getIsEnterprise: (contact) => contact.isEnterprise,
  getIsBusiness: (contact) => contact.isBusiness,
  getNotifyName: (contact) => contact.pushname,
  getPremiumMessageName: displayName,
  getUserid: (contact) => contact.id.user,
  getIsMe: (contact) => isMe(contact.id),
  getIsUser: (contact) => contact.id.isUser(),
  getIsGroup: (contact) => contact.id.isGroup(),
  getIsBroadcast: (contact) => contact.id.isBroadcast(),
  getIsWAContact: () => true,
  getIsNewsletter: never,
  getIsPSA: never,
  getIsIAS: never,
  getIsSupportAccount: never,
  getCanRequestPhoneNumber: never,
  getShowBusinessCheckmarkAsPrimary: never,
  getShowBusinessCheckmarkAsSecondary: never,
  getShowBusinessCheckmarkInChatlist: never,
  getIsDisplayNameApproved: never,
  getShouldForceBusinessUpdate: never,
}));
define('WAWebFrontendContactGetters', () => ({
  getPhoneNumber: (contact) => (contact.id.isLid() ? numberOf(contact.id) : contact.id),
  getPnForLid: (contact) => numberOf(contact.id) || null,
  getTextStatusString: () => '',
  getDisplayName: displayName,
  getUserDisplayNameForLid: displayName,
  getFormattedUsernameOrPhone: (contact) => `+${contact.id.user}`,
  getFormattedShortNameWithNonBreakingSpaces: displayName,
  getFormattedShortName: displayName,
  getFormattedName: displayName,
  getFormattedUser: (contact) => contact.id.user,
  getSearchName: (contact) => displayName(contact).toLowerCase(),
  getIsMyContact: (contact) => !!contact.name,
  getSearchVerifiedName: () => '',
  getHeader: (contact) => displayName(contact)[0],
}));
define('WAWebApiContact', () => ({
  getCurrentLid: lidOf,
  getPhoneNumber: numberOf,
  getAlternateUserWid: (wid) => (wid.isLid() ? numberOf(wid) : lidOf(wid)),
  lidPnCache: { getCurrentLid: lidOf, getPhoneNumber: numberOf },
}));
define('WAWebLid1X1MigrationGating', () => ({ Lid1X1MigrationUtils: { isLidMigrated: () => false } }));
define('WAWebLidMigrationUtils', () => ({
  toPn: (wid) => numberOf(wid) || wid,
  toUserLid: (wid) => lidOf(wid) || wid,
  toUserLidOrThrow: (wid) => lidOf(wid) || wid,
}));

async function queryExists(wid) {
  const found = await link.call('exists', { wid: String(wid) });
  if (!found.exists) return null;
  lidOfNumber.set(found.wid, found.lid);
  numberOfLid.set(found.lid, found.wid);
  const disappearingMode = { duration: 0, settingTimestamp: 0 };
  return { wid: new Wid(found.wid), lid: new Wid(found.lid), biz: found.isBusiness, disappearingMode };
}

define('WAWebQueryExistsJob', () => ({
  queryWidExists: queryExists,
  queryPhoneExists: (phone) => queryExists(`${phone.replace(/\D/g, '')}@c.us`),
  queryUsernameExists: async () => null,
  queryWidUsernameExists: async () => null,
}));
