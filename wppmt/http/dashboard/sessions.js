// The list of sessions. Of hundreds only those rows are drawn again that have changed.

import { html, nothing, render } from './lit-html.js';
import { mainAction, restartCrashed, startNew } from './actions.js';
import { showDetail } from './detail.js';
import { duration, megabytes, number, phone } from './format.js';
import { chosenSessions, countStates, model, ORDER_NAMES, STATES } from './model.js';
import { abilities, badge, since } from './parts.js';
import { language, reasonOf, remedyOf, t } from './texts.js';

const COLUMNS = ['session', 'state', 'reason', 'messages', 'browser', 'delivery', 'act'];
const STALE_MS = 30_000;
const NEW_AT_ONCE = 100;
const choice = { state: '', words: '', order: 'trouble' };
/** Session → its element, and what it was drawn from. */
const rows = new Map();
let drawnIn = '';

function webhookState(session) {
  if (!session.webhooks) return nothing;
  const { pending, dead } = session.webhooks;
  const lag = session.webhookLagSeconds;
  if (!pending && !dead) return html`<span class="quiet">${t(session.webhookUrl ? 'webhook.well' : 'webhook.none')}</span>`;
  return html`${pending ? html`<span>${t('webhook.pending', { count: number(pending) })}</span>` : nothing}
  ${lag ? html`<span class="quiet">${t('webhook.lag', { time: duration(lag) })}</span>` : nothing}
  ${dead ? html`<span class="bad">${t('webhook.dead', { count: number(dead) })}</span>` : nothing}`;
}

function cell(name, content) {
  return html`<div role="cell" class="cell ${name}" data-label=${t(`column.${name}`)}>${content}</div>`;
}

function rowOf(session) {
  const action = mainAction(session);
  const remedy = remedyOf(session);
  const isTrouble = !['connected', 'disconnected'].includes(session.status);
  return html`
    ${cell('session', html`<button type="button" class="link" @click=${() => showDetail(session.sessionId)}>${session.sessionId}</button>
      ${session.description ? html`<span>${session.description}</span>` : nothing}
      ${session.phone ? html`<span class="quiet">${phone(session.phone)}</span>` : nothing}`)}
    ${cell('state', html`${badge(session.status)} ${since(session.since)} ${abilities(session)}`)}
    ${cell('reason', html`<span>${reasonOf(session)}</span>${isTrouble && remedy ? html`<span class="quiet">${remedy}</span>` : nothing}`)}
    ${cell('messages', html`<span>${t('sent', { count: number(session.messagesSent) })}</span><span>${t('received', { count: number(session.messagesReceived) })}</span>
      ${session.lastActivity ? since(session.lastActivity) : nothing}`)}
    ${cell('browser', html`<span>${t('memory', { mb: megabytes(session.memoryMb) })}</span><span>${t('profile', { mb: megabytes(session.profileMb) })}</span>
      <span>${t('restarts', { count: number(session.restarts) })}</span>`)}
    ${cell('delivery', html`<span>${t('queue', { count: number(session.queue) })}</span>${webhookState(session)}`)}
    ${cell('act', html`<button type="button" @click=${action.run}>${action.text}<span class="heard"> ${session.sessionId}</span></button>`)}`;
}

function chip(state, count) {
  return html`<button type="button" class="chip ${state}" aria-pressed=${String(choice.state === state)}
    @click=${() => choose({ state })}>${state ? t(`state.${state}`) : t('all')} <b>${number(count)}</b></button>`;
}

function choose(change) {
  Object.assign(choice, change);
  drawSessions();
}

function tools() {
  const counts = countStates();
  return html`
    <div class="tools">
      <label class="search"><span class="heard">${t('search')}</span>
        <input type="search" placeholder=${t('search')} .value=${choice.words} @input=${(event) => choose({ words: event.target.value })}></label>
      <label><span>${t('order')}</span> <select @change=${(event) => choose({ order: event.target.value })}>
        ${ORDER_NAMES.map((name) => html`<option value=${name} ?selected=${name === choice.order}>${t(`order.${name}`)}</option>`)}
      </select></label>
      <span class="gap"></span>
      ${model.isAdmin ? html`<button type="button" id="restart-crashed" @click=${restartCrashed}>${t('restartCrashed')}</button>` : nothing}
      <button type="button" class="main" id="new-session" @click=${startNew}>${t('newSession')}</button>
    </div>
    <div class="chips" role="group" aria-label=${t('filter')}>
      ${chip('', model.sessions.size)} ${STATES.filter((state) => counts[state] || choice.state === state).map((state) => chip(state, counts[state]))}
    </div>`;
}

function drawRows(shown, table) {
  for (const [id, row] of rows) {
    if (!model.sessions.has(id)) {
      row.element.remove();
      rows.delete(id);
    }
  }
  const now = performance.now();
  const isOtherLanguage = drawnIn !== language();
  drawnIn = language();
  let place = table.firstElementChild;
  let room = NEW_AT_ONCE;
  for (const session of shown) {
    const known = rows.get(session.sessionId);
    if (!known && room === 0) {
      // What is looked at first is seen first.
      requestAnimationFrame(() => table.isConnected && drawSessions());
      return;
    }
    if (!known) room -= 1;
    const row = known ?? { element: rowElement(session.sessionId) };
    if (row.session !== session || isOtherLanguage || now - row.at > STALE_MS) {
      render(rowOf(session), row.element);
      row.element.dataset.state = session.status;
      Object.assign(row, { session, at: now });
    }
    if (!known) rows.set(session.sessionId, row);
    if (row.element === place) place = place.nextElementSibling;
    else table.insertBefore(row.element, place);
  }
  while (place) {
    const next = place.nextElementSibling;
    place.remove();
    place = next;
  }
}

function rowElement(id) {
  const element = document.createElement('div');
  element.setAttribute('role', 'row');
  element.className = 'row';
  element.dataset.session = id;
  return element;
}

function emptiness(shown) {
  if (!model.isLoaded) return html`<p class="state-card" role="status">${t('loading')}</p>`;
  if (model.sessions.size === 0) {
    return html`<div class="state-card"><h3>${t('empty.title')}</h3><p>${t(model.isAdmin ? 'empty.text' : 'empty.bound')}</p>
      <button type="button" class="main" @click=${startNew}>${t('newSession')}</button></div>`;
  }
  if (shown.length === 0) {
    return html`<div class="state-card"><p>${t('nothingFits')}</p>
      <button type="button" @click=${() => choose({ state: '', words: '' })}>${t('showAll')}</button></div>`;
  }
  return nothing;
}

/** Draws what has changed since the last time. */
export function drawSessions(place = document.getElementById('view')) {
  if (!place.querySelector('.sessions')) {
    render(html`<section class="sessions" aria-labelledby="sessions-heading">
      <h2 id="sessions-heading">${t('view.sessions')}</h2><div class="controls"></div>
      <div class="table" role="table" aria-labelledby="sessions-heading"><div role="rowgroup" class="head"></div><div role="rowgroup" class="rows"></div></div>
      <div class="emptiness"></div></section>`, place);
    rows.clear();
  }
  const find = (name) => place.querySelector(name);
  const shown = chosenSessions(choice);
  find('h2').textContent = t('view.sessions');
  find('.table').hidden = shown.length === 0;
  render(tools(), find('.controls'));
  render(html`<div role="row" class="row">${COLUMNS.map((name) => html`<div role="columnheader" class="cell ${name}">${t(`column.${name}`)}</div>`)}</div>`, find('.head'));
  drawRows(shown, find('.rows'));
  render(emptiness(shown), find('.emptiness'));
}
