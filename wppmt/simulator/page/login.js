// Who this page is: its keys, the account it is linked to, and leaving it.

const LOGOUT_NOT_BEFORE_MS = 3000; // the real handshake takes its time, too: wa-js is listening by then
const LOGOUT_REQUEST_MS = 3000;

const LogoutReason = {
  UserInitiated: 'user_initiated',
  SyncdFailure: 'syncd_failure',
  InvalidAdvStatus: 'invalid_adv_status',
  CriticalSyncTimeout: 'critical_sync_timeout',
  SyncdTimeout: 'syncd_timeout',
  HistorySyncTimeout: 'history_sync_timeout',
  AccountSyncTimeout: 'account_sync_timeout',
  MDOptOut: 'md_opt_out',
  UnknownCompanion: 'unknown_companion',
  ClientVersionOutdated: 'client_version_outdated',
  StorageQuotaExceeded: 'storage_quota_exceeded',
  PrimaryIdentityKeyChange: 'primary_identity_key_change',
  AccountLocked: 'account_locked',
  WebFailOfflineResume: 'web_fail_offline_resume',
  WebFailStorageInitialization: 'web_fail_storage_initialization',
};
const LOGOUT_REASON_CODE = {
  CLIENT_FATAL: '0',
  SYNC_FAIL: '1',
  INITIAL_HISTORY_SYNC_TIMEOUT: '2',
  ACCOUNT_LOCKED: '3',
};
const CODE_OF = {
  web_fail_offline_resume: '0',
  web_fail_storage_initialization: '0',
  syncd_failure: '1',
  syncd_timeout: '1',
  critical_sync_timeout: '1',
  history_sync_timeout: '2',
  account_locked: '3',
};

const login = {
  noise: undefined,
  identity: undefined,
  token: undefined,
  me: undefined,
  lid: undefined,
  pushname: undefined,
};
let connectedAsRegistered = false;

const afterLogout = new URLSearchParams(location.search);
let prevLogoutReasonCode = afterLogout.get('logout_reason');
let prevLogoutMessage = afterLogout.get('logout_message_header') && {
  logoutMessageHeader: afterLogout.get('logout_message_header'),
  logoutMessageSubtext: afterLogout.get('logout_message_subtext'),
};

function isRegistered() {
  return !!login.me;
}

function readLogin() {
  const [me, noise] = [pref(WID_KEY), pref(NOISE_KEY)];
  if (!me || !noise || !SEALS.every(pref)) return;
  Object.assign(login, noise, { me, lid: pref(LID_KEY), pushname: pref(NAME_KEY) });
  Conn.set('wid', new Wid(me));
  connectedAsRegistered = true;
}

async function storeLogin({ token, me, lid, pushname }) {
  await database.clear(); // of whoever was here before
  userPrefsIdb.forget();
  Object.assign(login, { token, me, lid, pushname });
  setPref(WID_KEY, me);
  setPref(LID_KEY, lid);
  setPref(NAME_KEY, pushname);
  SEALS.forEach((key) => setPref(key, randomHex(12)));
  setPref(NOISE_KEY, { noise: login.noise, identity: login.identity, token });
  tellServerWhosePage();
}

// With the next fetch of the page, for faults that strike one phone's page while it loads.
function tellServerWhosePage() {
  const age = login.me ? 34560000 : 0;
  document.cookie = `phone=${login.me ? new Wid(login.me).user : ''}; max-age=${age}; secure; samesite=strict`;
}

// ---- leaving

async function clearLogin() {
  Object.assign(login, { token: undefined, me: undefined, lid: undefined });
  connectedAsRegistered = false;
  Socket.unset('hasSynced');
  sessionStorage.clear();
  await permanentStorage.clear();
  await database.clear();
  tellServerWhosePage();
}

// Called through the module's exports, where wa-js has put its wrapper: conn.logout_reason comes from there.
function reloadAfterLogout(reason, message = {}) {
  const query = new URLSearchParams({ post_logout: '1' });
  const code = reason && importNamespace('WAWebLogoutReason').getErrorCodeFromLogoutReason(reason);
  if (code) query.set('logout_reason', code);
  if (message.header) query.set('logout_message_header', message.header);
  if (message.subtext) query.set('logout_message_subtext', message.subtext);
  location.href = `${location.pathname}?${query}`;
}

async function leave(reason, message) {
  comms.stop();
  await clearLogin();
  reloadAfterLogout(reason, message);
  BackendEventBus.triggerLogout();
}

// The server has unlinked this page, or refuses its login.
async function leaveAsTold({ reason, message, refused }) {
  await sleep(LOGOUT_NOT_BEFORE_MS - performance.now());
  if (!refused) BackendEventBus.triggerStartingLogout();
  await leave(reason, message);
}

async function leaveByOwnWish(reason) {
  BackendEventBus.triggerStartingLogout();
  await Promise.race([link.call('logout', { reason }).catch(() => {}), sleep(LOGOUT_REQUEST_MS)]);
  await leave(reason);
}

link.on('logout', leaveAsTold);
link.on('reset', () => leaveAsTold({ reason: LogoutReason.UnknownCompanion }));

// ---- who I am

function myNumber() {
  return toWid(login.me);
}
function myLid() {
  return toWid(login.lid);
}

function orThrow(wid) {
  if (!wid) throw new Error('not linked');
  return wid;
}

define('WAWebUserPrefsIsLoggedIn', () => ({ isLoggedIn: () => isRegistered() && connectedAsRegistered }));
define('WAWebUserPrefsMeUser', () => ({
  getMaybeMePnUser: myNumber,
  getMaybeMeLidUser: myLid,
  getMaybeMeDevicePn: myNumber,
  getMePnUserOrThrow_DO_NOT_USE: () => orThrow(myNumber()),
  getMeUserOrThrow: () => orThrow(myNumber()),
  getMeLidUserOrThrow: () => orThrow(myLid()),
  getMaybeMeDisplayName: () => login.pushname,
  isMeAccount: (wid) => [login.me, login.lid].includes(String(wid)),
}));
define('WAWebLogoutReasonConstants', () => ({ LogoutReason, LOGOUT_REASON_CODE }));
define('WAWebLogoutReason', () => ({
  getErrorCodeFromLogoutReason: (reason) => CODE_OF[reason] || null,
  setPrevLogoutReasonCode: (code) => {
    prevLogoutReasonCode = code;
  },
  getPrevLogoutReasonCode: () => prevLogoutReasonCode,
  setPrevCustomLogoutMessage: (message) => {
    prevLogoutMessage = message;
  },
  getPrevCustomLogoutMessage: () => prevLogoutMessage,
}));
