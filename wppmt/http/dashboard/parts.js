// Small pieces that the list and the dialogs share.

import { html } from './lit-html.js';
import { ago, moment } from './format.js';
import { t } from './texts.js';

const ABILITIES = ['canSend', 'canReceive', 'canAck', 'canSendMedia'];

export const badge = (status) => html`<span class="badge ${status}">${t(`state.${status}`)}</span>`;

export const since = (iso) => html`<time datetime=${iso} title=${moment(iso)}>${ago(iso)}</time>`;

export function abilities(session) {
  return html`<ul class="abilities">
    ${ABILITIES.map((name) => {
      const can = session.abilities[name];
      const said = t(can ? `${name}.yes` : `${name}.no`);
      return html`<li class=${can ? 'can' : 'cannot'}><span aria-hidden="true" title=${said}>${t(`${name}.short`)}</span><span class="heard">${said}</span></li>`;
    })}
  </ul>`;
}
