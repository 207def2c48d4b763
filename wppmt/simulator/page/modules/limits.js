// What WhatsApp allows towards new contacts, as the page's own jobs and preferences tell it.

const REACHOUT_TIMELOCK_IDB_KEY = 'WAReachoutTimelockState';
const NEW_CHAT_MESSAGE_CAPPING_IDB_KEY = 'WANewChatMessageCappingData';
const CAPPING_PROP = 'wa_individual_new_chat_thread_capping_limit';
const WITHOUT_END_MS = 60_000;

let cappingLimit = 0;

async function asked(call) {
  const answer = await link.call(call);
  if (answer.error) throw new ServerStatusCodeError(500, answer.error);
  return answer;
}

// ---- the cool-down

const isUserReachoutTimelocked = () => userPrefsIdb.get(REACHOUT_TIMELOCK_IDB_KEY) !== undefined;

function isExempt({ chat, contact }) {
  const { id, isEnterprise } = contact;
  const myself = [login.me, login.lid].includes(String(id));
  return !id.isUser() || myself || !!isEnterprise || id.isBot() || !!(chat && chat.getTcToken());
}

const canSendMsgWhileTimelocked = (whom) => !isUserReachoutTimelocked() || isExempt(whom);

async function handleReachoutTimelockUpdate(isActive, enforcementType, ends) {
  if (!isActive) {
    await userPrefsIdb.remove(REACHOUT_TIMELOCK_IDB_KEY);
  } else {
    const { state } = userPrefsIdb.get(REACHOUT_TIMELOCK_IDB_KEY) || { state: 'HIDDEN' };
    const until = ends ? Number(ends) * 1000 : Date.now() + WITHOUT_END_MS;
    const kept = { state, time_enforcement_ends: until, enforcement_type: enforcementType || 'DEFAULT' };
    await userPrefsIdb.set(REACHOUT_TIMELOCK_IDB_KEY, kept);
  }
  Cmd.reachoutTimelockStateChange();
}

async function fetchReachoutTimelock() {
  const { is_active: active, enforcement_type: type, time_enforcement_ends: ends } = await asked('reachoutTimelock');
  await handleReachoutTimelockUpdate(active, type, ends);
}

define('WAWebReachoutTimelockUtils', () => ({
  REACHOUT_TIMELOCK_IDB_KEY,
  isUserReachoutTimelocked,
  isUserReachoutTimelockedAndHidden: () => (userPrefsIdb.get(REACHOUT_TIMELOCK_IDB_KEY) || {}).state === 'HIDDEN',
  isUserReachoutTimelockedAndVisible: () => (userPrefsIdb.get(REACHOUT_TIMELOCK_IDB_KEY) || {}).state === 'VISIBLE',
  canSendMsgWhileTimelocked,
}));
define('WAWebMexFetchReachoutTimelockJob', () => ({ mexFetchReachoutTimelock: () => asked('reachoutTimelock') }));
define('WAWebGetReachoutTimelockJob', () => ({ fetchReachoutTimelock }));
define('WAWebMexReachoutTimelockNotificationHandler', () => ({
  handleReachoutTimelockUpdate,
  mexHandleReachoutTimelockNotification: async (_, { xwa2_notify_account_reachout_timelock: told }) =>
    handleReachoutTimelockUpdate(told.is_active, told.enforcement_type, told.time_enforcement_ends),
}));

// ---- the cap on new chats: where its switch is off, nothing is known of a quota

const isIndividualNewChatMessageCappingEnabled = () => cappingLimit > 0;
const getCappingData = () => userPrefsIdb.get(NEW_CHAT_MESSAGE_CAPPING_IDB_KEY);

async function handleCapStatusUpdate(cap) {
  cappingLimit = cap ? cap.total_quota : 0;
  if (!cap) {
    await userPrefsIdb.remove(NEW_CHAT_MESSAGE_CAPPING_IDB_KEY);
  } else {
    await userPrefsIdb.set(NEW_CHAT_MESSAGE_CAPPING_IDB_KEY, {
      ...cap,
      used_quota: Math.min(cap.used_quota, cap.total_quota),
      cycle_start_timestamp: Number(cap.cycle_start_timestamp),
      cycle_end_timestamp: Number(cap.cycle_end_timestamp),
      server_sent_timestamp: Number(cap.server_sent_timestamp),
    });
  }
  Cmd.newChatMessageCappingStateChange();
}

async function fetchOrUpdateCapStatus() {
  const { cap } = await asked('newChatCap');
  await handleCapStatusUpdate(cap);
}

function isUserCapped() {
  const data = getCappingData();
  if (!isIndividualNewChatMessageCappingEnabled() || !data) return false;
  return unixTime() <= data.cycle_end_timestamp && data.capping_status === 'CAPPED';
}

define('WAWebIndividualNewChatMessageCappingLimitGatingUtils', () => ({ isIndividualNewChatMessageCappingEnabled }));
define('WAWebIndividualNewChatMessageCappingLimitUtils', () => ({
  NEW_CHAT_MESSAGE_CAPPING_IDB_KEY,
  getCappingData,
  getCappingStatus: () => (getCappingData() || { capping_status: 'NONE' }).capping_status,
  isUserCapped,
  canSendMsgWhileCapped: isExempt,
}));
define('WAWebMexFetchNewChatMessageCappingInfoJob', () => ({
  mexFetchNewChatMessageCapping: async () => (await asked('newChatCap')).cap,
}));
define('WAWebGetNewChatMessageCappingInfoJob', () => ({ fetchOrUpdateCapStatus }));
define('WAWebNewChatMessageCappingNotificationHandler', () => ({
  handleCapStatusUpdate,
  mexHandleNewChatMessageCappingNotification: async (_, { xwa2_notify_new_chat_messages_capping_info_update: told }) =>
    handleCapStatusUpdate(told),
}));
define('WAWebABProps', () => ({ getABPropConfigValue: (name) => (name === CAPPING_PROP ? cappingLimit : false) }));

// Both are pushed when they change, and asked for when the page connects.
link.on('limits', async ({ timelock, cap }) => {
  await handleReachoutTimelockUpdate(timelock.is_active, timelock.enforcement_type, timelock.time_enforcement_ends);
  await handleCapStatusUpdate(cap);
});
BackendEventBus.onOpenSocketStream(() => {
  fetchReachoutTimelock().catch(() => {});
  fetchOrUpdateCapStatus().catch(() => {});
});
