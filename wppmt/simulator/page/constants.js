// Build number and enumerations.

const VERSION = FACTS.build;

const ACK = {
  INACTIVE: -6, CONTENT_UNUPLOADABLE: -5, CONTENT_TOO_BIG: -4, CONTENT_GONE: -3, EXPIRED: -2,
  FAILED: -1, CLOCK: 0, SENT: 1, RECEIVED: 2, READ: 3, PLAYED: 4, PEER: 5,
};

const MEDIA_TYPES = ['image', 'video', 'ptv', 'audio', 'ptt', 'document', 'sticker'];

function enumeration(...names) {
  return Object.fromEntries(names.map((name) => [name, name]));
}

define('WAWebBuildConstants', () => ({
  VERSION_STR: VERSION,
  VERSION_BASE: VERSION,
  VERSION_PRIMARY: '2',
  VERSION_SECONDARY: '3000',
  VERSION_TERTIARY: VERSION.split('.')[2],
  WINDOWS_BUILD: null,
}));
define('WAWebUpdaterVersion', () => ({ SANITIZED_VERSION_STR: VERSION }));

define('WAWebAck', () => ({
  ACK,
  ACK_STRING: {
    SENDER: 'sender', DELIVERY: 'delivery', READ: 'read', PLAYED: 'played', INACTIVE: 'inactive',
    READ_SELF: 'read-self', PLAYED_SELF: 'played-self',
  },
  EDIT_ATTR: {
    NONE: -1, MESSAGE_EDIT: 1, PIN_IN_CHAT: 2, NEWSLETTER_MSG_EDIT: 3, SENDER_REVOKE: 7, ADMIN_REVOKE: 8,
  },
}));

define('WAWebSocketConstants', () => ({
  SOCKET_STATE: enumeration(
    'OPENING', 'PAIRING', 'UNPAIRED', 'UNPAIRED_IDLE', 'CONNECTED', 'UNLAUNCHED', 'CONFLICT', 'PROXYBLOCK',
    'TOS_BLOCK', 'SMB_TOS_BLOCK', 'SCREEN_LOCKED',
  ),
  SOCKET_STREAM: enumeration('DISCONNECTED', 'SYNCING', 'RESUMING', 'CONNECTED'),
}));

define('WAMsgType', () => ({
  MSG_TYPE: {
    CHAT: 'chat', IMAGE: 'image', DOCUMENT: 'document', VIDEO: 'video', AUDIO: 'audio', PTT: 'ptt',
    STICKER: 'sticker', CALL_LOG: 'call_log',
  },
}));

define('WAWebSendMsgResultAction', () => ({
  SendMsgResult: enumeration(
    'OK', 'ERROR_NETWORK', 'ERROR_EXPIRED', 'ERROR_CANCELLED', 'ERROR_UPLOAD', 'ERROR_UNKNOWN', 'ERROR_RATE_LIMIT',
  ),
}));

define('WAWebNonJidMentionType', () => ({ default: { MENTION_ALL: 1 } }));
define('WAWebCommsWapMd', () => ({ GROUP_JID: (wid) => String(wid), CHAT_JID: (wid) => String(wid) }));
define('WAJids', () => ({ STATUS_JID: 'status@broadcast' }));
