// Who this page is: keys, the account it is linked to, pairing, and leaving.

const RELOAD_AFTER_LOGOUT_MS = 1000; // or the promise of WPP.conn.logout() would die with the page
const LOGOUT_NOT_BEFORE_MS = 2000; // the real handshake takes its time, too: wa-js is listening by then

const login = { keys: undefined, token: undefined, me: undefined, lid: undefined, pushname: undefined };
let lastLogoutReason;

// All modules wait for this, so it writes without waiting.
async function readLogin() {
  const names = ['account', 'keys', 'lastLogout'];
  const [account, keys, reason] = await Promise.all(names.map((name) => database.get('login', name)));
  lastLogoutReason = reason;
  Object.assign(login, account || { keys: keys || newKeys() });
  if (login.me) Conn.set('wid', new Wid(login.me));
}

function newKeys() {
  const random = () => crypto.getRandomValues(new Uint8Array(32)).buffer;
  const keys = { noise: random(), identity: random(), adv: toBase64(random()) };
  database.put('login', keys, 'keys');
  return keys;
}

async function storeLogin({ token, me, lid, pushname }) {
  await database.put('login', { keys: login.keys, token, me, lid, pushname }, 'account');
  Object.assign(login, { token, me, lid, pushname });
  localStorage.setItem('last-wid-md', JSON.stringify(me)); // only a mirror: a killed browser loses it
  tellServerWhosePage();
}

// With the next fetch of the page, for faults that strike one phone's page while it loads.
function tellServerWhosePage() {
  const age = login.me ? 34560000 : 0;
  document.cookie = `phone=${login.me ? new Wid(login.me).user : ''}; max-age=${age}; secure; samesite=strict`;
}

// Called through the module's exports, where wa-js has put its wrapper: conn.logout_reason comes from there.
function announceLogout(reason) {
  const utils = importNamespace('WAWebLogoutReason');
  utils.getErrorCodeFromLogoutReason(reason);
  utils.setPrevLogoutReasonCode(reason);
}

async function leave(reason) {
  await sleep(reason === 'user_initiated' ? 0 : LOGOUT_NOT_BEFORE_MS - performance.now());
  login.me = login.token = undefined;
  Cmd.isMainLoaded = false;
  localStorage.clear();
  tellServerWhosePage();
  announceLogout(reason);
  await database.clear(reason);
  Conn.set('connected', false);
  Socket.set('state', 'UNPAIRED');
  Cmd.trigger('logout', reason);
  Cmd.trigger('logout_from_bridge', reason);
  setTimeout(() => location.reload(), RELOAD_AFTER_LOGOUT_MS);
}

function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, Math.max(ms, 0)));
}

function myNumber() { return toWid(login.me); }
function myLid() { return toWid(login.lid); }

function orThrow(wid) {
  if (!wid) throw new Error('not linked');
  return wid;
}

async function pairingCode(phone) {
  return (await link.call('pairingCode', { phone: String(phone) })).code;
}

define('WAWebUserPrefsIsLoggedIn', () => ({ isLoggedIn: () => !!login.me && Cmd.isMainLoaded }));
define('WAWebUserPrefsMultiDevice', () => ({
  isRegistered: () => !!login.me,
  getADVSecretKey: async () => login.keys.adv,
}));
define('WAWebAdvSignatureApi', () => ({ getADVSecretKey: async () => login.keys.adv }));
define('WAWebUserPrefsInfoStore', () => ({
  waNoiseInfo: { get: async () => ({ staticKeyPair: { pubKey: login.keys.noise } }) },
}));
define('WAWebSignalStoreApi', () => ({
  waSignalStore: {
    getRegistrationInfo: async () => ({ registrationId: 1, identityKeyPair: { pubKey: login.keys.identity } }),
  },
}));
define('WAWebUserPrefsMeUser', () => ({
  getMaybeMePnUser: myNumber,
  getMaybeMeLidUser: myLid,
  getMaybeMeDevicePn: myNumber,
  getMePnUserOrThrow_DO_NOT_USE: () => orThrow(myNumber()),
  getMeUserOrThrow: () => orThrow(myNumber()),
  getMeLidUserOrThrow: () => orThrow(myLid()),
  isMeAccount: (wid) => [login.me, login.lid].includes(String(wid)),
}));
define('WAWebAltDeviceLinkingApi', () => ({
  setPairingType() {},
  initializeAltDeviceLinking: async () => {},
  startAltLinkingFlow: pairingCode,
}));
define('WAWebLinkDeviceAction', () => ({ genLinkDeviceCodeForPhoneNumber: pairingCode }));
define('WAWebLinkDeviceEvents', () => {
  const events = new EventEmitter();
  events.triggerRefreshAltLinkingCode = () => events.trigger('link_device_events:refresh_alt_linking_code');
  return { WAWebLinkDeviceEvents: events };
});
define('WAWebLogoutReasonConstants', () => ({
  LogoutReason: { UserInitiated: 'user_initiated', UnknownCompanion: 'unknown_companion' },
  LOGOUT_REASON_CODE: { CLIENT_FATAL: '0' },
}));
define('WAWebLogoutReason', () => ({
  getErrorCodeFromLogoutReason: () => 0,
  setPrevLogoutReasonCode: (reason) => { lastLogoutReason = reason; },
  getPrevLogoutReasonCode: () => lastLogoutReason,
  setPrevCustomLogoutMessage() {},
  getPrevCustomLogoutMessage() {},
}));
