// What WhatsApp keeps about itself. The login goes to localStorage and to IndexedDB (`wawc`), and is read back from
// localStorage only: a profile whose localStorage did not reach the disk is logged out.

const WID_KEY = 'last-wid-md';
const LID_KEY = 'WALid';
const NAME_KEY = 'me-display-name';
const NOISE_KEY = 'WANoiseInfo';
// Without the first, the page cannot read its keys, without the second not its database.
const SEALS = ['WANoiseInfoIv', 'WAWebEncKeySalt'];

const wawc = (() => {
  let opened;

  function open() {
    opened ||= new Promise((resolve, reject) => {
      const request = indexedDB.open('wawc', 1);
      request.onupgradeneeded = () => request.result.createObjectStore('user', { keyPath: 'key' });
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    return opened;
  }

  async function write(change) {
    const transaction = (await open()).transaction('user', 'readwrite');
    return new Promise((resolve, reject) => {
      change(transaction.objectStore('user'));
      transaction.oncomplete = () => resolve();
      transaction.onerror = () => reject(transaction.error);
    });
  }

  return {
    put: (key, value) => write((rows) => rows.put({ key, value })),
    remove: (key) => write((rows) => rows.delete(key)),
    clear: () => write((rows) => rows.clear()),
  };
})();

const permanentStorage = {
  getItem: (key) => localStorage.getItem(key),

  setItem(key, value) {
    localStorage.setItem(key, value);
    wawc.put(key, value).catch(() => {}); // a copy that nothing reads
  },

  removeItem(key) {
    localStorage.removeItem(key);
    wawc.remove(key).catch(() => {});
  },

  async clear() {
    localStorage.clear();
    await wawc.clear();
  },
};

function pref(key) {
  const text = permanentStorage.getItem(key);
  return text === null ? undefined : JSON.parse(text);
}

function setPref(key, value) {
  permanentStorage.setItem(key, JSON.stringify(value));
}

// Read into memory at the start, so that it can be asked without waiting.
const userPrefsIdb = (() => {
  const values = new Map();
  return {
    get: (key) => values.get(key),
    set(key, value) {
      values.set(key, value);
      return database.put('prefs', value, key);
    },
    remove(key) {
      values.delete(key);
      return database.remove('prefs', key);
    },
    async restore() {
      for (const [key, value] of await database.entries('prefs')) values.set(key, value);
    },
    forget: () => values.clear(),
  };
})();

define('WAWebPermanentStorage', () => ({ default: permanentStorage }));
define('WAWebUserPrefsIndexedDBStorage', () => ({ userPrefsIdb }));
