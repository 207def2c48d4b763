// What is about the service as a whole: alerts, actors, the audit trail.

import { html, nothing } from './lit-html.js';
import { get } from './api.js';
import { moment } from './format.js';
import { Panel } from './panel.js';
import { t } from './texts.js';

const NEWEST = 200;

export function alertsPanel(changed, show) {
  const card = (alert) => html`<li class="card ${alert.endedAt ? 'over' : 'firing'}">
    <p class="quiet"><strong>${alert.code}</strong> · ${moment(alert.since)}${alert.endedAt ? ` – ${moment(alert.endedAt)}` : nothing}</p>
    <p>${alert.message}</p>
    ${alert.remedy ? html`<p class="remedy"><strong>${t('whatToDo')}</strong> ${alert.remedy}</p>` : nothing}
    ${alert.sessionId ? html`<p class="buttons start"><button type="button" @click=${() => show(alert.sessionId)}>${alert.sessionId}</button></p>` : nothing}</li>`;
  const list = (alerts) => html`<ul class="cards">${alerts.map(card)}</ul>`;
  return new Panel(() => get('/api/admin/alerts'), ({ firing, recent }) => html`
    <h3>${t('alerts.firing')}</h3>${firing.length ? list(firing) : html`<p class="state-card good">${t('alerts.none')}</p>`}
    ${recent.length ? html`<h3>${t('alerts.recent')}</h3>${list(recent)}` : nothing}`, changed);
}

/** Root, then who serves all, then the sessions. */
export function actorsPanel(changed) {
  const facts = (row) => Object.entries(row).filter(([name]) => !['actor', 'alive', 'hung'].includes(name));
  const well = (row) => (row.hung ? 'hung' : row.alive === false ? 'dead' : 'alive');
  const item = (row) => html`<li class="actor"><strong>${row.actor}</strong> <span class="health ${well(row)}">${t(`actor.${well(row)}`)}</span>
    <span class="quiet">${facts(row).map(([name, value]) => html`<span>${name}: ${typeof value === 'object' ? JSON.stringify(value) : String(value)}</span> `)}</span></li>`;
  return new Panel(() => get('/api/admin/actors'), ({ actors }) => {
    const [root, ...rest] = actors;
    const services = rest.filter((row) => !row.actor.startsWith('session:'));
    const sessions = rest.filter((row) => row.actor.startsWith('session:'));
    return html`<ul class="tree">${root ? html`${item(root)}` : nothing}
      <li><ul>${services.map(item)}</ul></li><li><ul>${sessions.map(item)}</ul></li></ul>`;
  }, changed);
}

/** The API tells them oldest first; people want the newest on top. */
const newestEntries = async () => (await get(`/api/admin/audit?last=${NEWEST}`)).entries.reverse();

export function auditPanel(changed) {
  return new Panel(newestEntries, (entries) => (entries.length ? html`<div class="scroll" tabindex="0" role="region" aria-label=${t('audit.table')}><table class="plain-table">
    <thead><tr>${['at', 'who', 'address', 'action', 'session', 'target'].map((name) => html`<th scope="col">${t(`audit.${name}`)}</th>`)}</tr></thead>
    <tbody>${entries.map((entry) => html`<tr><td><time datetime=${entry.at}>${moment(entry.at)}</time></td><td>${entry.who || '–'}</td><td>${entry.address ?? '–'}</td>
      <td>${entry.action}</td><td>${entry.sessionId ?? '–'}</td><td>${entry.target ?? '–'}</td></tr>`)}</tbody></table></div>` : html`<p class="state-card">${t('audit.none')}</p>`), changed);
}
