// What wa-js wants to find, patches or calls in passing, and what has no meaning here.

function firstLink(text) {
  const found = /https?:\/\/\S+/.exec(text || '');
  return found ? { url: found[0], href: found[0] } : null;
}

define('WAWebTimeUtils', () => ({ unixTime: () => Math.floor(Date.now() / 1000), unixTimeMs: () => Date.now() }));
define('WAWebGetEphemeralFieldsMsgActionsUtils', () => ({ getEphemeralFields: () => ({}) }));
define('WALinkify', () => ({ findLink: firstLink, findFirstWebLink: firstLink, findLinks: () => [] }));
define('WAWebLinkPreviewChatAction', () => ({ getLinkPreview: async () => null }));
define('WAWebGenMinimalLinkPreview', () => ({ genMinimalLinkPreview: async () => null }));
define('WAWebMsgActionCapability', () => ({ canReplyMsg: () => true }));
define('WAWebMsgReply', () => ({ canReplyMsg: () => true }));
define('WAWebOfficialClientGating', () => ({ isOfficialClient: false }));
define('WAWebEnvironment', () => ({ default: { isWeb: true, isWindows: false } }));
define('WAWebMiscBrowserUtils', () => {
  const info = () => ({ os: 'Linux', name: 'Chrome', version: '1', ua: navigator.userAgent });
  return { info, default: { info, hardRefresh: () => location.reload(), id: 'simulator', startDownloading() {} } };
});
define('WAWebUserPrefsGeneral', () => ({
  getPushname: () => login.pushname,
  setBrowserId() {},
  getUserPrivacySettings: () => ({}),
  getAutoDownloadPhotos: () => false,
  setAutoDownloadPhotos() {},
  getAutoDownloadAudio: () => false,
  setAutoDownloadAudio() {},
  getAutoDownloadVideos: () => false,
  setAutoDownloadVideos() {},
  getAutoDownloadDocuments: () => false,
  setAutoDownloadDocuments() {},
  getTheme: () => 'light',
  setTheme() {},
}));
define('WAWebMediaMisc', () => ({
  generateVideoThumbsAndDuration: async () => ({}),
  processRawSticker: async () => ({}),
  uploadMedia: async () => ({}),
  isAnimatedWebp: () => false,
  processRawMedia: async () => ({}),
  processRawAudioVideo: async () => ({}),
  calculateFilehashFromBlob: async () => '',
}));
define('WAWebMsgProtobufMisc', () => ({
  createMsgProtobuf: () => ({}),
  encryptAndSendMsg: async () => ({}),
  encryptAndSendStatusMsg: async () => ({}),
  createFanoutMsgStanza: async () => ({}),
  mediaTypeFromProtobuf: () => null,
  typeAttributeFromProtobuf: () => 'text',
  encodeMaybeMediaType: () => null,
  DROP_ATTR: 'DROP_ATTR',
}));
define('WAWebHistorySyncProgress', () => ({
  getHistorySyncProgressModel: () => ({ realProgress: 100, remainingPausedSeconds: 0 }),
}));
define('WAWebABPropsMisc', () => ({
  getABPropConfigValue: () => false,
  primaryFeatureEnabled: () => false,
  isUnreadTypeMsg: () => true,
  getIsUnreadType: () => true,
  createChatRecord: async () => {},
  getNumChatsPinned: () => 0,
  isFilterExcludedFromSearchTreatmentInInboxFlow: () => false,
  addOrUpdateReactionsModelCollection() {},
  upsertVotesDb: async () => {},
  addToLabelCollection() {},
  removeLabelFromCollection() {},
  randomHex: (length) => hex(crypto.getRandomValues(new Uint8Array(length))),
}));
define('WAWebChatSearchQuery', () => ({ SearchQuery: class SearchQuery { updateLabelQuery() {} } }));
define('WAWebOfflineHandler', () => ({ OfflineMessageHandler: { getOfflineDeliveryProgress: () => 100 } }));
define('WAWebCompanionRegClientUtils', () => ({ DEVICE_PLATFORM: 1 }));
define('WAWebAdvSignatureApi', () => ({}));
define('WAWebSyncGatingUtils', () => ({ isPlaceholderMessageResendEnabled: () => false }));

class CallCollectionImpl extends BaseCollection {
  processIncomingCall(call) { return call; }
  setActiveCall() {}
}
class BlocklistCollectionImpl extends BaseCollection {}
class StatusCollectionImpl extends BaseCollection {
  getMyStatus() {}
}
class LabelCollection extends BaseCollection {}
class BotProfileCollection extends BaseCollection {}
class NewsletterCollection extends BaseCollection {}

define('WAWebCallCollection', () => ({ CallCollectionImpl, default: new CallCollectionImpl() }));
define('WAWebBlocklistCollection', () => ({
  BlocklistCollectionImpl,
  BlocklistCollection: new BlocklistCollectionImpl(),
}));
define('WAWebStatusCollection', () => ({ StatusCollectionImpl, StatusCollection: new StatusCollectionImpl() }));
define('WAWebLabelCollection', () => ({ LabelCollection: new LabelCollection() }));
define('WAWebBotProfileCollection', () => ({ BotProfileCollection: new BotProfileCollection() }));
define('WAWebNewsletterCollection', () => ({ default: new NewsletterCollection() }));
