// What wa-js wants to find, patches or calls in passing, and what has no meaning here.

function firstLink(text) {
  const found = /https?:\/\/\S+/.exec(text || '');
  return found ? { url: found[0], href: found[0] } : null;
}

define('WAWebGetEphemeralFieldsMsgActionsUtils', () => ({ getEphemeralFields: () => ({}) }));
define('WALinkify', () => ({ findLink: firstLink, findLinks: () => [] }));
define('useWAWebLinkPreview', () => ({ findFirstWebLink: firstLink }));
define('WAWebLinkPreviewChatAction', () => ({ getLinkPreview: async () => null }));
define('WAWebGenMinimalLinkPreviewChatAction', () => ({ genMinimalLinkPreview: async () => null }));
define('WAWebMsgReply', () => ({ canReplyMsg: () => true }));
define('WAWebIsOfficialClient', () => ({ isOfficialClient: false, getIsOfficialClient: () => true }));
define('WAWebEnvironment', () => ({ default: { isWeb: true, isWindows: false } }));
define('WAWebMiscBrowserUtils', () => {
  const info = () => ({ os: 'Linux', name: 'Chrome', version: '1', ua: navigator.userAgent });
  return { default: { info, hardRefresh: () => location.reload(), id: 'simulator', startDownloading() {} } };
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
define('WAWap', () => ({ DROP_ATTR: 'DROP_ATTR' }));
define('WAWebHistorySyncProgressModel', () => {
  class HistorySyncProgressModel extends BaseModel {}
  const progress = new HistorySyncProgressModel({ realProgress: 100, remainingPausedSeconds: 0 });
  return { HistorySyncProgressModel, getHistorySyncProgressModel: () => progress };
});
define('WAWebPrimaryFeatures', () => ({ primaryFeatureEnabled: () => false }));
define('WAWebMsgGetters', () => ({ getIsUnreadType: () => true }));
define('WAWebApiChat', () => ({ createChatRecord: async () => {} }));
define('WAWebChatPinBridge', () => ({ getNumConversationsPinned: () => 0 }));
define('WAWebChatSearchFilters', () => ({ isFilterExcludedFromSearchTreatmentInInboxFlow: () => false }));
define('WAWebReactionsMsgAction', () => ({ addOrUpdateReactionsModelCollection() {} }));
define('WAWebDBPollsUpsertVotes', () => ({ upsertVotesDb: async () => {} }));
define('WAWebBizLabelUtils', () => ({ addToLabelCollection() {}, removeLabelFromCollection() {} }));
define('WAWebChatSearchQuery', () => ({ SearchQuery: class SearchQuery { updateLabelQuery() {} } }));
define('WAWebOfflineHandler', () => ({ OfflineMessageHandler: { getOfflineDeliveryProgress: () => 100 } }));
define('WAWebCompanionRegClientUtils', () => ({ DEVICE_PLATFORM: 1 }));

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

define('WAWebCallCollection', () => ({ default: new CallCollectionImpl() }));
define('WAWebBlocklistCollection', () => ({ BlocklistCollection: new BlocklistCollectionImpl() }));
define('WAWebStatusCollection', () => ({ StatusCollection: new StatusCollectionImpl() }));
define('WAWebLabelCollection', () => ({ LabelCollection: new LabelCollection() }));
define('WAWebBotProfileCollection', () => ({ BotProfileCollection: new BotProfileCollection() }));
define('WAWebNewsletterCollection', () => ({ default: new NewsletterCollection() }));
