// Messages of earlier lives of the page: the newest are loaded at the start, older ones when someone asks.

const LOADED_AT_START = 300;

async function restoreMessages() {
  for (const row of await database.newest('order', null, LOADED_AT_START)) addMessage(fromRow(row));
}

async function loadMessage(key) {
  const row = await database.get('message', String(key));
  return row && addMessage(fromRow(row));
}

const LOADED_AT_ONCE = 50;

// The messages before those that the chat shows; none when it shows all.
async function loadEarlier(chat) {
  const shown = chat.msgs.models.map(({ order }) => order);
  const oldest = shown.length ? Math.min(...shown) : Infinity;
  const range = IDBKeyRange.bound([String(chat.id), 0], [String(chat.id), oldest], true, true);
  const rows = await database.newest('chat', range, LOADED_AT_ONCE);
  return rows.map((row) => addMessage(fromRow(row)));
}

async function orderOf(id) {
  const known = Msgs.get(id);
  return known ? known.order : ((await database.get('message', String(id))) || {}).order;
}

// The anchor is a message's key and no part of the answer. What is found is data, not yet messages of the page.
async function findRows({ chat, anchor, count, direction }) {
  const order = anchor ? await orderOf(anchor) : undefined;
  if (anchor && order === undefined) return undefined;
  const chatId = String(chat || anchor.remote);
  const [from, to] = direction === 'after' ? [order || 0, Infinity] : [0, order || Infinity];
  const range = IDBKeyRange.bound([chatId, from], [chatId, to], true, true);
  return database.newest('chat', range, count, direction === 'after' ? 'next' : 'prev');
}

async function msgFindByDirection({ anchor, count, direction }) {
  const rows = await findRows({ anchor, count, direction });
  return rows ? { messages: rows.map(fromRow), status: 200 } : { messages: [], status: 404 };
}

const MEDIA_OF = {
  allMedia: MEDIA_TYPES.filter((type) => type !== 'document'),
  allDocs: ['document'],
  document: ['document'],
};

async function msgFindMedia({ chat, anchor, count, direction, mediaType }) {
  const wanted = MEDIA_OF[mediaType] || [];
  const rows = (await findRows({ chat, anchor, count: Infinity, direction })) || [];
  return rows
    .filter(({ type }) => wanted.includes(type))
    .slice(-count)
    .map(fromRow);
}

// wa-js awaits loadAroundPromise and then looks into the chat's messages and this collection.
function getSearchContext(chat, key) {
  return { collection: { loadAroundPromise: loadMessage(key), get: (id) => Msgs.get(id) } };
}

define('WAWebChatMessageSearch', () => ({ getSearchContext }));
define('WAWebDBMessageFindLocal', () => ({
  msgFindByDirection,
  msgFindBefore: (asked) => msgFindByDirection({ ...asked, direction: 'before' }),
  msgFindAfter: (asked) => msgFindByDirection({ ...asked, direction: 'after' }),
  msgFindMedia,
  msgFindCallLog: async () => [],
}));
