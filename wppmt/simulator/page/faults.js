// The faults that the server orders of a page that is open.

const HISTORY_PER_CHAT = 50;
const HISTORY_CHATS = 20;
const HEAP_MB = 200;
const A_DAY = 86400;
const MEGABYTE = 2 ** 20;

const kept = [];

function hang() {
  for (;;);
}

function allocate({ mb = HEAP_MB }) {
  for (let n = 0; n < mb; n += 1) kept.push(new Uint8Array(MEGABYTE).fill(1)); // untouched pages would take no memory
}

function dialog(text, label, onClick) {
  const box = element('div', { role: 'dialog', 'aria-modal': 'true', 'data-animate-modal-popup': 'true' }, text);
  box.append(
    button(label, () => {
      box.remove();
      onClick();
    }),
  );
  document.body.append(box);
}

function madeUpMessage(chat, index, total) {
  const t = Math.floor(Date.now() / 1000) - A_DAY - (total - index) * 60;
  const id = new MsgKey({ fromMe: false, remote: chat, id: `3A${randomHex(9).toUpperCase()}` });
  return {
    id,
    from: chat,
    to: myNumber(),
    type: 'chat',
    body: `história ${index + 1}`,
    t,
    ack: 0,
    isNewMsg: false,
    mentionedJidList: [],
  };
}

// What a freshly linked device is sent: old messages, which are news to nobody.
async function syncHistory({ chats = HISTORY_CHATS, messages = HISTORY_PER_CHAT }) {
  for (let n = 1; n <= chats; n += 1) {
    const chat = new Wid(`5500900${String(n).padStart(6, '0')}@c.us`);
    const made = Array.from({ length: messages }, (_, index) => addMessage(madeUpMessage(chat, index, messages)));
    await database.write('message', (rows) => made.forEach((message) => rows.put(rowOf(message))));
    await storeChat(ensureChat(chat));
  }
}

const STRIKES = {
  page_hang: hang,
  page_reload: () => location.reload(),
  heap_mb: allocate,
  needs_update: () => Stream.set('needsUpdate', true),
  conflict: comms.fallSilent, // another browser has taken the login
  history_sync: syncHistory,
  whats_new_dialog: () => dialog('Novidades do WhatsApp Web', 'Continuar', () => link.tell('dismissed')),
};

link.on('banned', (ban) => BackendEventBus.triggerTemporaryBan(ban));

link.on('fault', ({ kind, ...given }) => STRIKES[kind](given));
