// The QR code of a session: follows WhatsApp's rotation, and closes when it was scanned.

import { html, nothing } from './lit-html.js';
import { get, session as path } from './api.js';
import { heading, open, said } from './dialog.js';
import { model } from './model.js';
import { reasonOf, t } from './texts.js';

const LOOK_MS = 1000;
const GLAD_MS = 1500;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
let connected = () => {};

/** `then(id)` is called when a code was scanned. */
export function whenConnected(then) {
  connected = then;
}

export function showQr(id) {
  let shown = null;
  let problem = '';
  const dialog = open('qr', (close) => html`${heading('qr', t('qr.title', { id }), close)}
    <div class="code">${picture(shown)}</div>
    <p role="status" id="qr-said">${problem || told(shown)}</p>
    ${shown?.pairingCode ? html`<p>${t('qr.code')} <strong class="pairing">${shown.pairingCode}</strong></p>` : nothing}
    <ol>${['open', 'menu', 'scan'].map((step) => html`<li>${t(`qr.step.${step}`)}</li>`)}</ol>`);
  follow();

  async function follow() {
    while (dialog.isOpen()) {
      try {
        shown = await get(path(id, '/qrcode'));
        problem = '';
      } catch (refused) {
        problem = said(refused);
      }
      if (!dialog.isOpen()) return;
      dialog.redraw();
      if (shown?.status === 'connected') {
        connected(id);
        await pause(GLAD_MS);
        dialog.close();
        return;
      }
      await pause(LOOK_MS);
    }
  }
}

function picture(shown) {
  if (shown?.status === 'connected') return html`<p class="mark" id="qr-done" aria-hidden="true">✓</p>`;
  if (shown?.qrCode) return html`<img id="qr-picture" src=${shown.qrCode} alt=${t('qr.alt')}>`;
  return html`<p class="spinner" aria-hidden="true"></p>`;
}

function told(shown) {
  if (!shown) return t('loading');
  if (shown.status === 'connected') return t('qr.done');
  if (shown.qrCode) return t('qr.scan');
  return reasonOf({ ...model.sessions.get(shown.sessionId), reason: shown.reason ?? t('loading') });
}
