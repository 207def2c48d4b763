// Contacts, and which number belongs to which hidden id (lid). Strangers are in no address book and have no name.

class ContactModel extends BaseModel {}
named(ContactModel, 'contact', {
  name: undefined, shortName: undefined, pushname: undefined, type: 'in', isBusiness: false, isEnterprise: false,
  isContactBlocked: false, labels: () => [], verifiedName: undefined, verifiedLevel: undefined,
  isAddressBookContact: 0, statusMute: false, phoneNumber: undefined, canSendMsgWhileTimelocked: true,
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
  const number = wid.isLid() ? numberOf(wid) : wid;
  if (!number) return wid;
  return lidAddressed.has(String(number)) ? lidOf(number) : number;
}

function learnMapping({ id, pn, lid }) {
  if (!pn) return;
  lidOfNumber.set(pn, lid);
  numberOfLid.set(lid, pn);
  if (id !== lid || lidAddressed.has(pn)) return;
  lidAddressed.add(pn);
  moveChat(new Wid(pn), new Wid(lid));
}

function learnContact(known) {
  const { id, pn, lid, name, pushname, isBusiness } = known;
  learnMapping(known);
  const details = { pushname, isBusiness };
  const saved = { name: name || undefined, shortName: name || undefined, isAddressBookContact: name ? 1 : 0 };
  if (pn && (name || id === pn)) Contacts.add({ id: new Wid(pn), ...details, ...saved }, { merge: true });
  if (id === lid) Contacts.add({ id: new Wid(lid), ...details, phoneNumber: toWid(pn) }, { merge: true });
}

function displayName(contact) { return contact.name || contact.pushname || contact.id.user; }
function never() { return false; }

define('WAWebContactModel', () => ({ default: ContactModel }));
define('WAWebContactCollection', () => ({ ContactCollectionImpl, ContactCollection: Contacts }));
define('WAWebContactGetters', () => ({
  getId: (contact) => contact.id,
  getName: (contact) => contact.name, // nobody has one who is not in the address book
  getShortName: (contact) => contact.shortName,
  getPushname: (contact) => contact.pushname,
  getVerifiedName: (contact) => contact.verifiedName,
  getVerifiedLevel: (contact) => contact.verifiedLevel,
  getIsBusiness: (contact) => contact.isBusiness,
  getIsEnterprise: (contact) => contact.isEnterprise,
  getIsSmb: (contact) => contact.isBusiness && !contact.isEnterprise,
  getIsBot: (contact) => contact.id.isBot(),
  getLabels: (contact) => contact.labels,
  getStatusMute: (contact) => contact.statusMute,
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
  getIsContactBlocked: (contact) => contact.isContactBlocked,
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

// Asked in hidden-id mode: the answer is the lid. A number that nobody has is null; not to know is an error.
async function queryWidExists(wid) {
  const found = await link.call('exists', { wid: String(wid) });
  if (!found.exists) return null;
  learnMapping(found);
  return {
    wid: new Wid(found.lid),
    biz: found.isBusiness,
    bizInfo: found.isBusiness ? {} : undefined,
    isUsernameSearch: wid.isLid() ? undefined : false,
    disappearingMode: { duration: 0, settingTimestamp: 0 },
  };
}

define('WAWebQueryExistsJob', () => ({
  queryWidExists,
  queryPhoneExists: (phone) => queryWidExists(new Wid(`${phone.replace(/\D/g, '')}@c.us`)),
}));
