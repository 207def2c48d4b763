// The address book, blocked people, and what can be asked about people.

class BlocklistModel extends BaseModel {}
named(BlocklistModel, 'blocklist');
class BlocklistCollectionImpl extends BaseCollection {}
BlocklistCollectionImpl.model = BlocklistModel;
const Blocklist = new BlocklistCollectionImpl();

function learnBlocked(wids) {
  for (const { id } of Blocklist.toArray()) if (!wids.includes(String(id))) Blocklist.remove(id);
  for (const wid of wids) Blocklist.gadd(new Wid(wid));
  for (const contact of Contacts.models) contact.set('isContactBlocked', !!Blocklist.get(contact.id));
}

async function setBlocked(contact, blocked) {
  await answered('block', { wid: String(contact.id), blocked });
  const id = addressOf(contact.id);
  if (blocked) Blocklist.gadd(id);
  else Blocklist.remove(id);
  contact.set('isContactBlocked', blocked);
}

// What the account calls others. null: it has taken them out of its address book.
function applyContact(key, value) {
  const contact = Contacts.get(key) || Contacts.add({ id: new Wid(key) });
  const name = (value && value.name) || undefined;
  contact.set({ name, shortName: name && name.split(' ')[0], type: 'in' });
  const chat = Chats.get(addressOf(contact.id));
  if (chat) chat.set('name', name);
}

// Someone is known by the number, or by a hidden id if that is all that is known.
async function saveContactAction({ phoneNumber, lid, firstName, lastName }) {
  const wid = phoneNumber ? new Wid(`${String(phoneNumber).replace(/\D/g, '')}@c.us`) : new Wid(`${lid}@lid`);
  await putAppState('contact', String(wid), { name: [firstName, lastName].filter(Boolean).join(' ') });
}

async function deleteContactAction({ phoneNumber, lid }) {
  const wid = toWid(phoneNumber || lid);
  await putAppState('contact', String(numberOf(wid) || wid), { name: null });
}

// As the page does for a contact: kept with it as a collection of groups.
async function findCommonGroups(contact) {
  const common = new GroupMetadataCollectionImpl();
  const ids = [contact.id, lidOf(contact.id), numberOf(contact.id)].filter(Boolean);
  for (const group of Groups.models) {
    if (ids.some((id) => group.participants.get(id))) common.add({ id: group.id });
  }
  contact.commonGroups = common;
  return common;
}

// WhatsApp answers with the number under which it keeps the report.
async function reportSpam(chat) {
  return { reportIdMixin: { reportId: (await answered('report', { wid: String(chat.id) })).id } };
}

define('WAWebBlocklistModel', () => ({ default: BlocklistModel }));
define('WAWebBlocklistCollection', () => ({ BlocklistCollection: Blocklist }));
define('WAWebBlockContactAction', () => ({
  blockContact: ({ contact }) => setBlocked(contact, true),
  unblockContact: (contact) => setBlocked(contact, false),
}));
define('WAWebSaveContactAction', () => ({ saveContactAction }));
define('WAWebDeleteContactAction', () => ({ deleteContactAction }));
define('WAWebFindCommonGroupsContactAction', () => ({ findCommonGroups }));
define('WAWebReportSpamJob', () => ({ reportSpam }));
define('WAWebContactUtils', () => ({ canSaveAsMyContact: () => true }));
define('WAWebApiDeviceList', () => ({
  getDeviceIds: (wids) =>
    Promise.all(
      wids.map(async (wid) => {
        const { devices } = await answered('devices', { wid: String(wid) });
        return { id: String(wid), devices: devices.map((id) => ({ id, keyIndex: id })) };
      }),
    ),
}));

// ---- numbers as people read them

const COUNTRY_CODES = /^(1|7|20|27|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|[2-9]\d\d)/;

function countryCodeOf(number) {
  const found = COUNTRY_CODES.exec(String(number).replace(/\D/g, ''));
  return found ? found[0] : '';
}

function formattedNumber(jid) {
  const digits = String(jid).split('@')[0].replace(/\D/g, '');
  const code = countryCodeOf(digits);
  const rest = digits.slice(code.length);
  if (code === '55' && rest.length >= 10) return `+55 ${rest.slice(0, 2)} ${rest.slice(2, -4)}-${rest.slice(-4)}`;
  return `+${code} ${rest}`;
}

define('WAPhoneFindCC', () => ({ findCC: countryCodeOf, extractDigits: (text) => String(text).replace(/\D/g, '') }));
define('WAWebPhoneUtils', () => ({ formattedPhoneNumber: formattedNumber, formatPhone: formattedNumber }));
define('WAWebL10NCountryCodes', () => ({
  getCountryShortcodeByPhone: async (phone) => (countryCodeOf(phone) === '55' ? 'BR' : 'US'),
}));
define('WAWebCurrencyUtils', () => ({ currencyForCountryShortcode: async (code) => (code === 'BR' ? 'BRL' : 'USD') }));

// ---- cards

function escaped(text) {
  return String(text || '').replace(/[\\;,]/g, (letter) => `\\${letter}`);
}

function vcardFromContactModel(contact) {
  const displayName = contact.formattedName || displayNameOf(contact);
  const number = contact.id.isLid() ? numberOf(contact.id) : contact.id;
  const phone = number
    ? [`TEL;type=CELL;waid=${number.user}:${formattedNumber(number)}`]
    : [`X-WA-LID:${contact.id.user}`];
  const lines = [
    'BEGIN:VCARD',
    'VERSION:3.0',
    `N:;${escaped(displayName)};;;`,
    `FN:${escaped(displayName)}`,
    ...phone,
    'END:VCARD',
  ];
  return { displayName, vcard: lines.join('\n'), isMultiVcard: false };
}

function displayNameOf(contact) {
  return contact.displayName || displayName(contact);
}

function parseVcard(text) {
  const lines = String(text).split(/\r?\n/);
  if (lines[0] !== 'BEGIN:VCARD') throw new Error('not a vcard');
  const fields = {};
  for (const line of lines.slice(1, lines.indexOf('END:VCARD'))) {
    const [name, ...value] = line.split(':');
    (fields[name.split(';')[0].toLowerCase()] ||= []).push({ value: value.join(':') });
  }
  return fields;
}

define('WAWebFrontendVcardUtils', () => ({ vcardFromContactModel }));
define('WAWebVcardParsingUtils', () => ({ parseVcard }));
define('WAWebVcardGetNameFromParsed', () => ({ vcardGetNameFromParsed: ({ fn }) => (fn ? fn[0].value : '') }));
