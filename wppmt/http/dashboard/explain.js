// Explica: what happened to a session or to one message, as a timeline that ends with what to do.

import { html, nothing } from './lit-html.js';
import { get, session as path } from './api.js';
import { moment } from './format.js';
import { Panel } from './panel.js';
import { t } from './texts.js';

const HOURS = [1, 24, 168];

export function explanation(id, redraw) {
  let message = '';
  let hours = 24;
  const query = () => {
    const since = new Date(Date.now() - hours * 3_600_000).toISOString();
    const asked = new URLSearchParams(message ? { since, message } : { since });
    return path(id, `/explain?${asked}`);
  };
  const panel = new Panel(() => get(query()), shown, redraw);
  const submit = (event) => {
    event.preventDefault();
    message = event.target.elements.message.value.trim();
    hours = Number(event.target.elements.hours.value);
    panel.look();
  };
  return {
    enter: () => panel.look(),
    draw: () => html`<form class="tools" @submit=${submit}>
        <label>${t('explain.message')} <input name="message" autocomplete="off" spellcheck="false" maxlength="256"></label>
        <label>${t('explain.since')} <select name="hours">${HOURS.map((each) => html`<option value=${each} ?selected=${each === hours}>${t(`explain.hours.${each}`)}</option>`)}</select></label>
        <button>${t('explain.go')}</button>
      </form>${panel.draw()}`,
  };
}

function shown({ timeline, advice }) {
  return html`${timeline.length
    ? html`<ol class="timeline">${timeline.map(({ at, text }) => html`<li><time datetime=${at}>${moment(at)}</time> <span>${text}</span></li>`)}</ol>`
    : html`<p class="state-card">${t('explain.empty')}</p>`}
  ${advice ? html`<p class="remedy"><strong>${t('whatToDo')}</strong> ${advice}</p>` : nothing}`;
}
