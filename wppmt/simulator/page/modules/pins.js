// Messages pinned in a chat for everybody, and messages kept in a chat that disappears.

const PIN_STATE = { INVALID: 0, PIN: 1, UNPIN: 2 };
const PinExpiryDurationOption = enumeration(
  'FiveSeconds',
  'FifteenSeconds',
  'OneMinute',
  'OneDay',
  'SevenDays',
  'ThirtyDays',
);
const PIN_SECONDS = {
  FiveSeconds: 5,
  FifteenSeconds: 15,
  OneMinute: 60,
  OneDay: 86400,
  SevenDays: 7 * 86400,
  ThirtyDays: 30 * 86400,
};

class PinInChat extends BaseModel {}
named(PinInChat, 'pinInChat');
class PinInChatCollectionImpl extends BaseCollection {
  getByParentMsgKey(key) {
    return this.get(`!!${key}`);
  }
}
PinInChatCollectionImpl.model = PinInChat;
const PinsInChats = new PinInChatCollectionImpl();

function pinRow({ key, sender, target, t, content }) {
  return {
    id: `pin|${target}`,
    type: 'pin',
    key: String(key),
    parent: String(target),
    chat: String(target.remote),
    sender: String(sender),
    t,
    pinType: content.pinType,
    seconds: content.seconds,
  };
}

// A pin that has been taken back stays known as UNPIN.
function showPin(row) {
  const parentMsgKey = MsgKey.fromString(row.parent);
  PinsInChats.remove(`!!${row.parent}`);
  PinsInChats.add({
    id: `!!${row.parent}`,
    msgKey: MsgKey.fromString(row.key),
    parentMsgKey,
    chatId: toWid(row.chat),
    sender: toWid(row.sender),
    pinType: row.pinType,
    pinExpiryDuration: row.seconds,
    t: row.t,
    senderTimestampMs: row.t * 1000,
  });
}

async function receivePin(addon) {
  const row = pinRow(addon);
  await keepAddon(row);
  showPin(row);
}

async function sendPinInChatMsg(message, pinType, duration) {
  // Through the module's exports: clients put a duration of their own there.
  const { getPinExpiryDuration, DEFAULT_PIN_EXPIRY_DURATION_OPTION } = importNamespace('WAWebPinMsgConstants');
  const seconds = pinType === PIN_STATE.PIN ? getPinExpiryDuration(duration ?? DEFAULT_PIN_EXPIRY_DURATION_OPTION) : 0;
  return sendAddon('pin', message.id, { pinType, seconds });
}

const expiresAt = ({ t, seconds }) => t + seconds;

function pinsTable() {
  const valid = (row) => row.pinType === PIN_STATE.PIN && expiresAt(row) > unixTime();
  const shown = (row) => ({
    msgKey: row.key,
    parentMsgKey: row.parent,
    chatId: row.chat,
    pinType: row.pinType,
    t: row.t,
  });
  return {
    equals: async (columns, chat) =>
      [...addons.values()].filter((row) => row.type === 'pin' && row.chat === chat && valid(row)).map(shown),
  };
}

define('WAWebPinMsgConstants', () => ({
  DEFAULT_PIN_EXPIRY_DURATION_OPTION: PinExpiryDurationOption.SevenDays,
  PIN_STATE,
  PinExpiryDurationOption,
  getPinExpiryDuration: (option) => PIN_SECONDS[option],
  getPinExpiryOption: (seconds) => Object.keys(PIN_SECONDS).find((option) => PIN_SECONDS[option] === seconds),
}));
define('WAWebPinInChatCollection', () => {
  for (const row of addons.values()) if (row.type === 'pin') showPin(row);
  return { PinInChatCollection: PinsInChats };
});
define('WAWebSendPinMessageAction', () => ({ sendPinInChatMsg }));
define('WAWebPinInChatSchema', () => ({ getTable: pinsTable }));

// ---- kept messages

const KEEP = 1;
const UNDO_KEEP = 2;

async function receiveKeep(addon) {
  const message = await targetOf(addon.target);
  await keepAddon(addonRow('keep', addon, { keepType: addon.content.keepType }));
  if (message) await changeMessage(message, { keepType: addon.content.keepType, kicState: addon.content.keepType });
}

define('WAWebKeepInChatMsgAction', () => ({
  keepMessage: (message) => sendAddon('keep', message.id, { keepType: KEEP }),
  undoKeepMessage: (message) => sendAddon('keep', message.id, { keepType: UNDO_KEEP }),
}));
define('WAWebWamEnumKicEntryPointType', () => ({
  KIC_ENTRY_POINT_TYPE: {
    CHAT_INFO: 1,
    SEARCH: 2,
    CHAT: 3,
    MEDIA: 4,
    DOCS: 5,
    LINKS: 6,
    PHOTOS: 7,
    VIDEOS: 8,
    STICKERS: 9,
    ALL_MEDIA: 10,
  },
}));
