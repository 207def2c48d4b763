// Preferences of this browser only, and switches that WhatsApp's server would set.

const preferences = {
  read: (name, otherwise) => JSON.parse(localStorage.getItem(`preference.${name}`)) ?? otherwise,
  write: (name, value) => localStorage.setItem(`preference.${name}`, JSON.stringify(value)),
};

function preference(name, otherwise) {
  return {
    [`get${name}`]: () => preferences.read(name, otherwise),
    [`set${name}`]: (value) => preferences.write(name, value),
  };
}

define('WAWebUserPrefsGeneral', () => ({
  ...preference('AutoDownloadPhotos', true),
  ...preference('AutoDownloadAudio', true),
  ...preference('AutoDownloadVideos', false),
  ...preference('AutoDownloadDocuments', false),
  ...preference('Theme', 'light'),
  ...preference('SystemThemeMode', true),
  ...preference('BrowserId', undefined),
  getPushname: () => login.pushname,
  setPushname: (pushname) => {
    login.pushname = pushname;
  },
  getUserPrivacySettings,
  getWhatsAppWebExternalBetaJoinedIdb: async () => preferences.read('ExternalBetaJoined', false),
  setWhatsAppWebExternalBetaJoinedIdb: async (joined) => preferences.write('ExternalBetaJoined', joined),
  getWhatsAppWebExternalBetaDirtyBitIdb: async () => preferences.read('ExternalBetaDirtyBit', false),
  setWhatsAppWebExternalBetaDirtyBitIdb: async (dirty) => preferences.write('ExternalBetaDirtyBit', dirty),
}));
define('WAWebUserPrefsNotifications', () => preference('GlobalOfflineNotifications', true));
define('WAWebExternalBetaApi', () => ({
  changeOptInStatusForExternalWebBeta: async (joined) => preferences.write('ExternalBetaJoined', joined),
}));
define('WAWebServerPropConstants', () => ({ MAX_FILE_SIZE_BYTES: 2 * 2 ** 30, MULTICAST_LIMIT_GLOBAL: 5 }));

// No switch is set: each has the value that the page itself starts from.
define('WAWebABPropsCache', () => ({
  getAllABPropConfigs: () => [],
  getAllABPropsMap: () => new Map(),
  getABPropConfigNameFromCode: () => undefined,
}));
define('WAWebGetHistorySyncProgress', () => ({
  getHistorySyncProgress: () => ({ realProgress: 100, remainingPausedSeconds: 0 }),
}));

Object.assign(CmdImpl.prototype, {
  setActiveFilter(filter, label) {
    this.trigger('set_active_filter', filter, label);
  },
});
