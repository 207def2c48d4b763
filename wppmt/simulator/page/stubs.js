// What wa-js wants to find, patches or calls in passing, and what has no meaning here.

function firstLink(text) {
  const found = /https?:\/\/\S+/.exec(text || '');
  return found ? { url: found[0], href: found[0] } : null;
}

define('WAWebGetEphemeralFieldsMsgActionsUtils', () => ({ getEphemeralFields: () => ({}) }));
define('WALinkify', () => ({ findLink: firstLink, findLinks: () => [] }));
define('useWAWebLinkPreview', () => ({ findFirstWebLink: firstLink }));

// What the server says of a link's page, as late as a fault wants it.
async function getLinkPreview({ url }) {
  const { title, description, delayMs } = await link.call('preview', { url });
  await new Promise((resolve) => setTimeout(resolve, delayMs));
  return { url, data: { title, description, canonicalUrl: url, matchedText: url } };
}

define('WAWebLinkPreviewChatAction', () => ({ getLinkPreview }));
define('WAWebGenMinimalLinkPreviewChatAction', () => ({ genMinimalLinkPreview: async () => null }));
define('WAWebMsgReply', () => ({ canReplyMsg: () => true }));
define('WAWebIsOfficialClient', () => ({ isOfficialClient: false, getIsOfficialClient: () => true }));
define('WAWebEnvironment', () => ({ default: { isWeb: true, isWindows: false } }));
define('WAWebMiscBrowserUtils', () => {
  const info = () => ({ os: 'Linux', name: 'Chrome', version: '1', ua: navigator.userAgent });
  return { default: { info, hardRefresh: () => location.reload(), id: 'simulator', startDownloading() {} } };
});
define('WAWebHistorySyncProgressModel', () => {
  class HistorySyncProgressModel extends BaseModel {}
  const progress = new HistorySyncProgressModel({ realProgress: 100, remainingPausedSeconds: 0 });
  return { HistorySyncProgressModel, getHistorySyncProgressModel: () => progress };
});
define('WAWebPrimaryFeatures', () => ({ primaryFeatureEnabled: () => false }));
define('WAWebMsgGetters', () => ({ getIsUnreadType: () => true }));
define('WAWebApiChat', () => ({ createChatRecord: async () => {} }));
define('WAWebChatSearchFilters', () => ({ isFilterExcludedFromSearchTreatmentInInboxFlow: () => false }));
define('WAWebChatSearchQuery', () => ({ SearchQuery: class SearchQuery { updateLabelQuery() {} } }));
define('WAWebOfflineHandler', () => ({ OfflineMessageHandler: { getOfflineDeliveryProgress: () => 100 } }));
define('WAWebCompanionRegClientUtils', () => ({ DEVICE_PLATFORM: 1 }));

class BotProfileCollection extends BaseCollection {}
class NewsletterCollection extends BaseCollection {}

define('WAWebBotProfileCollection', () => ({ BotProfileCollection: new BotProfileCollection() }));
define('WAWebNewsletterCollection', () => ({ default: new NewsletterCollection() }));
