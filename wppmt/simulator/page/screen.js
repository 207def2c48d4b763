// What a person would see: the QR code, or the list of chats.

const QUIET_ZONE = 4;
const PIXELS_PER_MODULE = 4;

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function show(...children) {
  document.getElementById('app').replaceChildren(...children);
}

function showQr(text, matrix) {
  const side = (matrix.length + 2 * QUIET_ZONE) * PIXELS_PER_MODULE;
  const canvas = element('canvas', { width: side, height: side, role: 'img', 'aria-label': 'Scan this QR code' });
  paint(canvas.getContext('2d'), side, matrix);
  show(element('div', { class: 'landing-wrapper' }, element('div', { 'data-ref': text }, canvas)));
}

function paint(context, side, matrix) {
  context.fillStyle = '#fff';
  context.fillRect(0, 0, side, side);
  context.fillStyle = '#000';
  matrix.forEach((row, y) => {
    for (let x = 0; x < row.length; x += 1) {
      if (row[x] === '1') context.fillRect(
        (x + QUIET_ZONE) * PIXELS_PER_MODULE, (y + QUIET_ZONE) * PIXELS_PER_MODULE, PIXELS_PER_MODULE, PIXELS_PER_MODULE,
      );
    }
  });
}

function showChats() {
  show(element('div', { class: 'app two', tabindex: '-1' },
    element('div', { id: 'side' }, element('div', { id: 'pane-side' }))));
}
