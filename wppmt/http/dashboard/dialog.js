// Dialogs and notices: the browser's own <dialog> keeps the keyboard inside and gives it back afterwards.

import { html, nothing, render } from './lit-html.js';
import { Refused } from './api.js';
import { t } from './texts.js';

const NOTICE_MS = 8000;

/** Opens a dialog; `draw(close)` is its content, `closed` is called when it is gone. Answers how to draw it again. */
export function open(name, draw, closed = () => {}) {
  const dialog = document.createElement('dialog');
  dialog.className = name;
  dialog.setAttribute('aria-labelledby', `${name}-heading`);
  document.body.append(dialog);
  const close = () => dialog.close();
  dialog.addEventListener('close', () => {
    dialog.remove();
    closed();
  });
  dialog.addEventListener('click', (event) => event.target === dialog && close());
  const redraw = () => render(draw(close), dialog);
  redraw();
  dialog.showModal();
  return { redraw, close, isOpen: () => dialog.open };
}

export function heading(name, text, close) {
  return html`<header><h2 id="${name}-heading">${text}</h2>
    <button type="button" class="plain" aria-label=${t('close')} @click=${close}>✕</button></header>`;
}

/** Asks a yes or no. `word`: has to be typed before yes. */
export function confirm({ title, text, losses = [], yes, word = '' }) {
  return new Promise((resolve) => {
    let answer = false;
    let typed = '';
    const submit = (event, close) => {
      event.preventDefault();
      answer = typed.trim() === word;
      if (answer) close();
    };
    const asked = open(
      'confirm',
      (close) => html`${heading('confirm', title, close)}
        <form method="dialog" @submit=${(event) => submit(event, close)}>
          <p>${text}</p>
          ${losses.length ? html`<ul>${losses.map((loss) => html`<li>${loss}</li>`)}</ul>` : nothing}
          ${word
            ? html`<label>${t('typeToConfirm', { word })}
                <input id="confirm-word" autocomplete="off" autocapitalize="none" spellcheck="false"
                  @input=${(event) => { typed = event.target.value; asked.redraw(); }}></label>`
            : nothing}
          <p class="buttons"><button type="button" @click=${close}>${t('cancel')}</button>
            <button class="danger" id="confirm-yes" ?disabled=${typed.trim() !== word}>${yes}</button></p>
        </form>`,
      () => resolve(answer),
    );
  });
}

/** Says it for some seconds, and to a screen reader. */
export function notify(text, isBad = false) {
  const notice = document.createElement('p');
  notice.className = isBad ? 'notice bad' : 'notice';
  notice.textContent = text;
  const notices = document.getElementById('notices');
  notices.append(notice);
  // Again, or a dialog that was opened since would lie over it.
  notices.hidePopover();
  notices.showPopover();
  setTimeout(() => notice.remove(), NOTICE_MS);
}

/** Why something could not be done, in words. */
export function said(problem) {
  if (!(problem instanceof Refused)) return t('unreachable');
  const details = problem.details.map(({ field, problem: what }) => `${field}: ${what}`).join('; ');
  return details ? `${problem.message} (${details})` : problem.message;
}
