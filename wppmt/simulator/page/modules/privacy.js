// Who may see what of the account. Each setting is kept under WhatsApp's name for it on the wire.

const PRIVACY_ON_WIRE = {
  about: 'status',
  groupAdd: 'groupadd',
  lastSeen: 'last',
  profilePicture: 'profile',
  online: 'online',
  readReceipts: 'readreceipts',
  callAdd: 'calladd',
};
const PRIVACY_DEFAULTS = {
  about: 'all',
  groupAdd: 'all',
  lastSeen: 'all',
  profilePicture: 'all',
  online: 'all',
  readReceipts: 'all',
  callAdd: 'all',
};
const STATUS_CONTACTS = 'contact';

function getUserPrivacySettings() {
  const read = ([name, wire]) => [name, (appStateOf('privacy', wire) || { value: PRIVACY_DEFAULTS[name] }).value];
  return Object.fromEntries(Object.entries(PRIVACY_ON_WIRE).map(read));
}

function applyPrivacy() {}

// `everyone` are all whom the setting excepts, after this change.
async function setPrivacyForOneCategory({ name, value, dhash }, everyone) {
  if (!Object.values(PRIVACY_ON_WIRE).includes(name)) throw new ServerStatusCodeError(400, `bad-request: ${name}`);
  const disallowed = (everyone || []).map(String);
  await putAppState('privacy', name, { value, disallowed, dhash: (Number(dhash) || 0) + 1 });
}

const disallowedTable = () => ({
  get: async (name) => {
    const known = appStateOf('privacy', name);
    return known && known.disallowed.length ? { disallowedList: known.disallowed, dhash: known.dhash } : undefined;
  },
});

// ---- who sees one's status posts

function applyStatusPrivacy() {}

const statusPrivacy = () => appStateOf('statusPrivacy', 'setting') || { setting: STATUS_CONTACTS, list: [] };
const statusListOf = (setting) => (statusPrivacy().setting === setting ? statusPrivacy().list.map(toWid) : []);

const userPrefsStatus = {
  getStatusPrivacySetting: async () => statusPrivacy().setting,
  getStatusPrivacySettingConfig: async () => statusPrivacy(),
  setStatusPrivacyConfig: ({ setting, list }) =>
    putAppState('statusPrivacy', 'setting', { setting, list: list.map(String) }),
  getStatusAllowList: async () => statusListOf('allow-list'),
  getStatusDenyList: async () => statusListOf('deny-list'),
  getStatusList: async () => statusPrivacy().list.map(toWid),
  getStatusContacts: async () => Contacts.filter(({ name }) => name).map(({ id }) => id),
};

define('WAWebSetPrivacyForOneCategoryAction', () => ({ setPrivacyForOneCategory }));
define('WAWebSchemaPrivacyDisallowedList', () => ({ getPrivacyDisallowedListTable: disallowedTable }));
define('WAWebUserPrefsStatus', () => ({ default: userPrefsStatus }));
