// IndexedDB: chats, messages, media and some preferences. What it has confirmed survives a killed browser.

const database = (() => {
  const STORES = ['prefs', 'chats', 'message', 'media', 'addons'];
  let opened;

  function create(db) {
    db.createObjectStore('prefs');
    db.createObjectStore('chats', { keyPath: 'id' });
    db.createObjectStore('media');
    db.createObjectStore('addons', { keyPath: 'id' });
    const messages = db.createObjectStore('message', { keyPath: 'id' });
    messages.createIndex('chat', ['chat', 'order']);
    messages.createIndex('order', 'order');
    messages.createIndex('rowId', 'order'); // under this name wa-js walks through them
    messages.createIndex('pending', 'pending'); // only rows that have the field: sent, and not yet acknowledged
  }

  function open() {
    opened ||= new Promise((resolve, reject) => {
      const request = indexedDB.open('model-storage', 1);
      request.onupgradeneeded = () => create(request.result);
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    return opened;
  }

  async function read(store, ask) {
    const db = await open();
    return new Promise((resolve, reject) => {
      const request = ask(db.transaction(store).objectStore(store));
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  }

  async function write(stores, change) {
    const db = await open();
    return new Promise((resolve, reject) => {
      const transaction = db.transaction(stores, 'readwrite');
      change(...[].concat(stores).map((store) => transaction.objectStore(store)));
      transaction.oncomplete = () => resolve();
      transaction.onerror = () => reject(transaction.error);
    });
  }

  // For each row whether it was not there before, and is now.
  async function insert(store, rows) {
    const isNew = [];
    await write(store, (held) => rows.forEach((row, index) => {
      held.getKey(row.id).onsuccess = ({ target }) => {
        isNew[index] = target.result === undefined;
        if (isNew[index]) held.put(row);
      };
    }));
    return isNew;
  }

  // The newest rows of an index in a key range, oldest first.
  async function newest(index, range, count, direction) {
    const db = await open();
    return new Promise((resolve, reject) => {
      const rows = [];
      const source = db.transaction('message').objectStore('message').index(index);
      const request = source.openCursor(range, direction || 'prev');
      request.onerror = () => reject(request.error);
      request.onsuccess = () => {
        const cursor = request.result;
        if (!cursor || rows.length >= count) return resolve(direction === 'next' ? rows : rows.reverse());
        rows.push(cursor.value);
        cursor.continue();
      };
    });
  }

  open(); // takes longest of all, so it starts first

  return {
    newest,
    insert,
    get: (store, key) => read(store, (rows) => rows.get(key)),
    all: (store) => read(store, (rows) => rows.getAll()),
    async entries(store) {
      const [keys, values] = await Promise.all([
        read(store, (rows) => rows.getAllKeys()),
        read(store, (rows) => rows.getAll()),
      ]);
      return keys.map((key, index) => [key, values[index]]);
    },
    allBy: (store, index) => read(store, (rows) => rows.index(index).getAll()),
    async moveMessages(from, to) {
      const rows = await newest('chat', IDBKeyRange.bound([from, 0], [from, Infinity]), Infinity);
      await write('message', (messages) => rows.forEach((row) => messages.put({ ...row, chat: to })));
    },
    put: (store, value, key) => write(store, (rows) => rows.put(value, key)),
    remove: (store, key) => write(store, (rows) => rows.delete(key)),
    write,
    // Everything, in one transaction.
    clear: () => write(STORES, (...stores) => stores.forEach((rows) => rows.clear())),
  };
})();
