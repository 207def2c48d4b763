// What a person would see: the code to scan, the passkey step, or the list of chats.

const QUIET_ZONE = 4;
const PIXELS_PER_MODULE = 4;

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function button(label, onClick) {
  const made = element('button', { type: 'button' }, label);
  made.addEventListener('click', onClick);
  return made;
}

function show(...children) {
  document.getElementById('app').replaceChildren(...children);
}

// ---- at the door

let passkeyAsked = false;
let drawn;

// The landing page shows what the backend's state asks for.
async function showLanding() {
  if (Socket.hasSynced || passkeyAsked) return;
  if (isRegistered()) return showInLanding(element('progress', {}));
  const state = BackendEventBus.socketState;
  drawn = state === 'UNPAIRED' && NetworkStatus.online ? codeText() : state;
  if (drawn !== state) return showCode(drawn);
  const idle = state === 'UNPAIRED_IDLE' && NetworkStatus.online;
  showInLanding(
    idle ? button('Clique para recarregar o QR code', comms.restart) : element('div', { class: 'spinner' }),
  );
}

function showInLanding(...children) {
  show(element('div', { class: 'landing-wrapper' }, ...children));
}

async function showCode(text) {
  const { matrix } = await link.call('draw', { text }).catch(() => ({}));
  if (!matrix || text !== drawn) return;
  const side = (matrix.length + 2 * QUIET_ZONE) * PIXELS_PER_MODULE;
  const canvas = element('canvas', { width: side, height: side, role: 'img', 'aria-label': 'Scan this QR code' });
  paint(canvas.getContext('2d'), side, matrix);
  showInLanding(element('div', { 'data-ref': text }, canvas));
}

function paint(context, side, matrix) {
  context.fillStyle = '#fff';
  context.fillRect(0, 0, side, side);
  context.fillStyle = '#000';
  matrix.forEach((row, y) => {
    for (let x = 0; x < row.length; x += 1) {
      if (row[x] === '1')
        context.fillRect(
          (x + QUIET_ZONE) * PIXELS_PER_MODULE,
          (y + QUIET_ZONE) * PIXELS_PER_MODULE,
          PIXELS_PER_MODULE,
          PIXELS_PER_MODULE,
        );
    }
  });
}

// Part of the landing page and no dialog: it has no role.
function showPasskeyStep() {
  passkeyAsked = true;
  drawn = undefined;
  const cancel = button('Cancelar', () => {
    passkeyAsked = false;
    resetLinkDeviceState({ linkDeviceMethod: 'QR_CODE' });
  });
  cancel.setAttribute('data-testid', 'shortcake_cancel_button');
  showInLanding(
    element('h1', {}, 'Use sua chave de acesso para conectar este dispositivo'),
    button('Usar chave de acesso', () => {}),
    cancel,
  );
}

BackendEventBus.on('set_socket_state', showLanding);
NetworkStatus.on('change:online', showLanding);
Conn.on('change:ref', showLanding);
advSecretEventEmitter.on('change', showLanding);
linkDeviceEvents.on('link_device_events:passkey_prologue_request', showPasskeyStep);

// ---- inside

function showChats() {
  show(
    element(
      'div',
      { class: 'app two', tabindex: '-1' },
      element('div', { id: 'side' }, element('div', { id: 'pane-side' })),
    ),
  );
}
