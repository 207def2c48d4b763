// Settings that all devices of an account share. The server keeps them; the page applies what it is told, at every
// start and whenever another device changes something.

const appState = new Map();

// What a collection's value means to the page; undefined: the value is gone.
function appliers() {
  return {
    archive: applyArchive,
    pin: applyPin,
    mute: applyMute,
    unread: applyUnread,
    star: applyStar,
    label: applyLabel,
    labelChat: applyLabelChat,
    note: applyNote,
    contact: applyContact,
    privacy: applyPrivacy,
    statusPrivacy: applyStatusPrivacy,
    businessProfile: applyBusinessProfile,
    statusParticipants: () => {},
  };
}

function applyAppState(collection, key, value) {
  const known = appState.get(collection) || new Map();
  appState.set(collection, known);
  if (value === undefined || value === null) known.delete(key);
  else known.set(key, value);
  appliers()[collection](key, value === null ? undefined : value);
}

function appStateOf(collection, key) {
  return (appState.get(collection) || new Map()).get(key);
}

async function putAppState(collection, key, value) {
  await answered('appState', { collection, key, value: value === undefined ? null : value });
  applyAppState(collection, key, value);
}

function learnAppState(collections) {
  for (const [collection, known] of appState) {
    for (const key of [...known.keys()]) {
      if (!(collections[collection] && key in collections[collection])) applyAppState(collection, key, undefined);
    }
  }
  for (const [collection, values] of Object.entries(collections)) {
    for (const [key, value] of Object.entries(values)) applyAppState(collection, key, value);
  }
}

link.on('appState', ({ collection, key, value }) => applyAppState(collection, key, value));

// What the server answers; a refusal becomes the error that WhatsApp's queries end with.
async function answered(type, data) {
  const answer = await link.call(type, data);
  if (answer.error) throw new ServerStatusCodeError(answer.errorCode, answer.text || answer.error);
  return answer;
}
