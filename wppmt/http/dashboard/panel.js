// A part of the page that is asked for by itself: loading, there, refused, not offered by this gateway.

import { html } from './lit-html.js';
import { Refused } from './api.js';
import { said } from './dialog.js';
import { t } from './texts.js';

/** Asks once at the beginning and with each `look()`; `changed` is called whenever `draw()` has something else to say. */
export class Panel {
  #ask;
  #show;
  #changed;
  #answer;
  #problem = null;

  constructor(ask, show, changed) {
    this.#ask = ask;
    this.#show = show;
    this.#changed = changed;
  }

  async look() {
    try {
      this.#answer = await this.#ask();
      this.#problem = null;
    } catch (problem) {
      this.#problem = problem;
    }
    this.#changed();
  }

  /** What was asked for is of no use any more. */
  forget() {
    this.#answer = undefined;
  }

  draw() {
    if (this.#problem) return this.#refused(this.#problem);
    return this.#answer === undefined ? html`<p class="state-card">${t('loading')}</p>` : this.#show(this.#answer);
  }

  #refused(problem) {
    const again = html`<button type="button" @click=${() => this.look()}>${t('again')}</button>`;
    if (problem instanceof Refused && problem.status === 403) return html`<p class="state-card">${t('panel.forbidden')}</p>`;
    const isMissing = problem instanceof Refused && problem.status === 404 && problem.code === 'NOT_FOUND';
    if (isMissing) return html`<p class="state-card">${t('panel.missing')}</p>`;
    return html`<div class="state-card" role="alert"><p>${said(problem)}</p>${again}</div>`;
  }
}
