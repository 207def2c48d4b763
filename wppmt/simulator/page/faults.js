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

function dialog(text, label, onClick, attributes) {
  const box = element('div', { role: 'dialog', 'aria-modal': 'true', 'data-animate-modal-popup': 'true' }, text);
  const agree = element('button', { type: 'button', ...attributes }, label);
  agree.addEventListener('click', () => {
    box.remove();
    onClick();
  });
  box.append(agree);
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

// Hard, WhatsApp's page loads itself anew within a minute; here it stays, for whoever has to see to it.
function askForUpdate({ hard = true }) {
  Stream.set('needsUpdate', true);
  Stream.set('isHardRefresh', hard);
}

// In a language of its own: nobody has to read it to find its button.
function showNews() {
  dialog('Nouveautés', 'Continuer', () => link.tell('dismissed'), { 'data-testid': 'whats_new_continue_button' });
}

const STRIKES = {
  page_hang: hang,
  page_reload: () => location.reload(),
  heap_mb: allocate,
  needs_update: askForUpdate,
  conflict: comms.fallSilent, // another browser has taken the login
  history_sync: syncHistory,
  whats_new_dialog: showNews,
};

link.on('banned', (ban) => BackendEventBus.triggerTemporaryBan(ban));

link.on('fault', ({ kind, ...given }) => STRIKES[kind](given));
