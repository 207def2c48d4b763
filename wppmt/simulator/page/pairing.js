// How a page gets linked: codes to scan, a code to type, the passkey step.

const REFS_IN_BATCH = 6;
const PAIRING_SYNC_MS = 50;
const REFUSED_AFTER_MS = 1000;
const PLATFORM_CHROME = '1';
const ADV_SECRET_KEY = 'WAADVSecretKey';
const WRAPPED = {
  prefix: (text) => `https://wa.me/settings/linked_devices#${text}`,
  suffix: (text) => `${text},https://faq.whatsapp.com/r/ld`,
};

const advSecretEventEmitter = new EventEmitter();
const linkDeviceEvents = new (class extends EventEmitter {
  triggerRefreshAltLinkingCode() { this.trigger('link_device_events:refresh_alt_linking_code'); }
  triggerErrorAltLinking() { this.trigger('link_device_events:error_alt_linking'); }
  triggerPrimaryHelloReceived() { this.trigger('link_device_events:primary_hello_received'); }
  triggerPasskeyPrologueRequest() { this.trigger('link_device_events:passkey_prologue_request'); }
})();

let batch = { refs: [], firstMs: 0, laterMs: 0, wrapped: undefined };
let pairingType = 'QR_CODE';
const nextCode = shiftTimer(showNextCode);

function pairingKeys() {
  login.noise ||= toBase64(crypto.getRandomValues(new Uint8Array(32)));
  login.identity ||= toBase64(crypto.getRandomValues(new Uint8Array(32)));
  return { noise: login.noise, identity: login.identity };
}

async function generateADVSecretKey() {
  await userPrefsIdb.set(ADV_SECRET_KEY, toBase64(crypto.getRandomValues(new Uint8Array(32))));
  advSecretEventEmitter.trigger('change');
}

const getADVSecretKey = () => userPrefsIdb.get(ADV_SECRET_KEY);

// Six references at a time: when they are used up, none comes by itself.
link.on('refs', async (given) => {
  await generateADVSecretKey();
  batch = given;
  showNextCode();
});

function showNextCode() {
  nextCode.cancel();
  if (isRegistered() || !NetworkStatus.online) return;
  if (!batch.refs.length) return BackendEventBus.triggerSetSocketState('UNPAIRED_IDLE');
  const livesMs = batch.refs.length === REFS_IN_BATCH ? batch.firstMs : batch.laterMs;
  const ref = batch.refs.shift();
  link.tell('shown', { ref, livesMs, adv: getADVSecretKey() });
  Conn.set({ ref, refTTL: livesMs });
  BackendEventBus.triggerSetSocketState('UNPAIRED');
  nextCode.onOrBefore(livesMs);
}

function codeText() {
  const text = [Conn.ref, login.noise, login.identity, getADVSecretKey(), PLATFORM_CHROME].join(',');
  return (WRAPPED[batch.wrapped] || String)(text);
}

link.on('paired', async ({ refused, ...profile }) => {
  nextCode.cancel();
  await storeLogin(profile);
  if (refused) return leaveUnlinked();
  await link.call('linked');
  // A socket that has just paired is opened anew, as that of a linked device.
  connectedAsRegistered = true;
  BackendEventBus.triggerSetSocketState('OPENING');
  BackendEventBus.triggerSetSocketState('PAIRING');
  learnProfile(profile);
  enter();
  BackendEventBus.triggerOfflineDeliveryEnd();
  await sleep(PAIRING_SYNC_MS);
  BackendEventBus.triggerCriticalSyncDone();
  showChats();
});

// Paired by the phone, and refused as soon as it connects as that device: nobody is told, the page starts again.
async function leaveUnlinked() {
  BackendEventBus.triggerSetSocketState('OPENING');
  BackendEventBus.triggerSetSocketState('PAIRING');
  await sleep(REFUSED_AFTER_MS);
  comms.stop();
  await clearLogin();
  reloadAfterLogout();
}

link.on('passkey', async () => {
  await generateADVSecretKey();
  pairingType = 'SHORTCAKE_PASSKEY';
  linkDeviceEvents.triggerPasskeyPrologueRequest();
});

async function startAltLinkingFlow(phone) {
  return (await link.call('pairingCode', { phone: String(phone) })).code;
}

async function resetLinkDeviceState({ linkDeviceMethod }) {
  BackendEventBus.triggerRefreshQR();
  pairingType = linkDeviceMethod;
}

define('WAWebUserPrefsMultiDevice', () => ({ isRegistered, advSecretEventEmitter, getADVSecretKey }));
define('WAWebAdvSignatureApi', () => ({ getADVSecretKey: async () => getADVSecretKey(), generateADVSecretKey }));
define('WAWebUserPrefsInfoStore', () => ({
  waNoiseInfo: { get: async () => ({ staticKeyPair: { pubKey: fromBase64(pairingKeys().noise) } }) },
}));
define('WAWebSignalStoreApi', () => ({
  waSignalStore: {
    getRegistrationInfo: async () => ({
      registrationId: 1, identityKeyPair: { pubKey: fromBase64(pairingKeys().identity) },
    }),
  },
}));
define('WAWebPairingType', () => ({ PairingType: enumeration('QR_CODE', 'ALT_DEVICE_LINKING', 'SHORTCAKE_PASSKEY') }));
define('WAWebAltDeviceLinkingApi', () => ({
  getPairingType: () => pairingType,
  setPairingType: (type) => { pairingType = type; },
  initializeAltDeviceLinking: async () => {},
  initializeQRLinking: async () => {},
  startAltLinkingFlow,
}));
define('WAWebLinkDeviceAction', () => ({
  genLinkDeviceCodeForPhoneNumber: startAltLinkingFlow,
  resetLinkDeviceState,
  refreshAltLinkingCode: () => linkDeviceEvents.triggerRefreshAltLinkingCode(),
}));
define('WAWebLinkDeviceEvents', () => ({ WAWebLinkDeviceEvents: linkDeviceEvents }));
