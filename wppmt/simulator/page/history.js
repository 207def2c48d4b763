// Messages of earlier lives of the page: the newest are loaded at the start, older ones when someone asks.

const LOADED_AT_START = 300;

async function restoreMessages() {
  for (const row of await database.newest('order', null, LOADED_AT_START)) addMessage(fromRow(row));
}

async function loadMessage(key) {
  const row = await database.get('messages', String(key));
  return row && addMessage(fromRow(row));
}

async function orderOf(id) {
  const known = Msgs.get(id);
  return known ? known.order : ((await database.get('messages', String(id))) || {}).order;
}

// wa-js asks with a chat (remote) or with a message key as anchor, which is not part of the answer.
async function findMessages(direction, { remote, id, count, _serialized: anchor }) {
  const order = id ? await orderOf(anchor) : undefined;
  if (id && order === undefined) return [];
  const chat = String(remote);
  const [from, to] = direction === 'after' ? [order || 0, Infinity] : [0, order || Infinity];
  const range = IDBKeyRange.bound([chat, from], [chat, to], true, true);
  const rows = await database.newest('chat', range, count, direction === 'after' ? 'next' : 'prev');
  return rows.map((row) => addMessage(fromRow(row)));
}

async function findMedia({ remote, count, media }) {
  const all = await findMessages('before', { remote, count: Infinity });
  const wanted = media === 'document' ? ['document'] : MEDIA_TYPES;
  return { messages: all.filter(({ type }) => wanted.includes(type)).slice(-count) };
}

// wa-js awaits loadAroundPromise and then looks into the chat's messages and this collection.
function getSearchContext(chat, key) {
  return { collection: { loadAroundPromise: loadMessage(key), get: (id) => Msgs.get(id) } };
}

define('WAWebGetSearchContext', () => ({ getSearchContext }));
define('WAWebDBMessageFindLocal', () => ({
  queryMessageType: async () => [],
  getMsgsByMsgKey: async (keys) => (await Promise.all(keys.map(loadMessage))).filter(Boolean),
  msgFindQuery: async (what, anchor) => {
    if (what === 'media') return findMedia(anchor);
    return ['before', 'after'].includes(what) ? findMessages(what, anchor) : [];
  },
}));
