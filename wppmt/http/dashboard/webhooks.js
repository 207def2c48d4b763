// The webhooks: how each session's stands, its attempts, the events that were given up on, and their replay.

import { html, nothing } from './lit-html.js';
import { get, post, session as path } from './api.js';
import { notify, said } from './dialog.js';
import { duration, moment, number } from './format.js';
import { model } from './model.js';
import { Panel } from './panel.js';
import { t } from './texts.js';

const LETTERS = 50;

async function act(doing, told, after) {
  try {
    notify(told(await doing()));
  } catch (problem) {
    notify(said(problem), true);
  }
  after();
}

/** In the dialog of one session. */
export function webhookPart(id, redraw) {
  const attempts = new Map();
  const panel = new Panel(() => get(path(id, `/dead-letters?limit=${LETTERS}`)), letters, redraw);
  const look = () => panel.look();
  const replay = (ids) => act(() => post(path(id, '/dead-letters/replay'), ids), ({ replayed }) => t('replayed', { count: replayed }), look);
  const test = () => act(() => post(path(id, '/webhook/test')), ({ delivered, status, elapsedMs, error }) =>
    t(delivered ? 'webhook.test.well' : 'webhook.test.bad', { status: status ?? '–', ms: elapsedMs, error: error ?? '' }), look);

  function toggle(eventId) {
    if (attempts.delete(eventId)) return redraw();
    const asked = new Panel(() => get(path(id, `/events/${eventId}/attempts`)), attemptList, redraw);
    attempts.set(eventId, asked);
    return asked.look();
  }

  function letters({ count, deadLetters, more }) {
    if (!count) return html`<p class="state-card">${t('letters.none')}</p>`;
    return html`<h3>${t('letters.title', { count: number(count) })}</h3>
      <p class="buttons start"><button type="button" class="main" @click=${() => replay()}>${t('letters.replayAll')}</button></p>
      <ul class="letters">${deadLetters.map((letter) => html`<li>
        <p><strong>${letter.event}</strong> <span class="quiet">${moment(letter.timestamp)} · ${t('letters.attempts', { count: letter.attempts })}</span></p>
        <p class="bad">${letter.lastError ?? '–'}</p><p class="quiet url">${letter.url}</p>
        <p class="buttons start"><button type="button" aria-expanded=${String(attempts.has(letter.id))} @click=${() => toggle(letter.id)}>${t('letters.showAttempts')}</button>
          <button type="button" @click=${() => replay({ ids: [letter.id] })}>${t('letters.replay')}</button></p>
        ${attempts.get(letter.id)?.draw() ?? nothing}</li>`)}</ul>
      ${more ? html`<p class="quiet">${t('letters.more', { count: LETTERS })}</p>` : nothing}`;
  }

  return {
    enter: look,
    draw: (session) => html`<dl class="facts">
        <div><dt>URL</dt><dd class="url">${session.webhookUrl ?? t('webhook.none')}</dd></div>
        ${session.webhooks ? html`
          <div><dt>${t('fact.pending')}</dt><dd>${number(session.webhooks.pending)}</dd></div>
          <div><dt>${t('fact.dead')}</dt><dd>${number(session.webhooks.dead)}</dd></div>
          <div><dt>${t('fact.lag')}</dt><dd>${session.webhookLagSeconds === null ? '–' : duration(session.webhookLagSeconds)}</dd></div>` : nothing}
      </dl>
      <p class="buttons start"><button type="button" ?disabled=${!session.webhookUrl} @click=${test}>${t('webhook.test')}</button></p>
      ${panel.draw()}`,
  };
}

function attemptList({ attempts }) {
  if (!attempts.length) return html`<p class="quiet">${t('attempts.none')}</p>`;
  return html`<ol class="attempts">${attempts.map(({ at, status, durationMs, answer }) => html`<li>
    <time datetime=${at}>${moment(at)}</time> <b>${status ? `HTTP ${status}` : t('attempts.noAnswer')}</b> <span class="quiet">${number(durationMs)} ms</span>
    ${answer ? html`<code>${answer}</code>` : nothing}</li>`)}</ol>`;
}

/** All sessions whose webhook is behind, or has given up on something. */
export function webhooksView(show) {
  const rows = [...model.sessions.values()].filter(({ webhooks }) => webhooks?.pending || webhooks?.dead);
  const total = (name) => number([...model.sessions.values()].reduce((sum, { webhooks }) => sum + (webhooks?.[name] ?? 0), 0));
  if (!model.isAdmin) return html`<p class="state-card">${t('panel.forbidden')}</p>`;
  return html`<dl class="facts big"><div><dt>${t('fact.pending')}</dt><dd>${total('pending')}</dd></div><div><dt>${t('fact.dead')}</dt><dd>${total('dead')}</dd></div></dl>
    ${rows.length ? nothing : html`<p class="state-card">${t('webhooks.allWell')}</p>`}
    <ul class="cards">${rows.map(({ sessionId, webhooks, webhookLagSeconds, webhookUrl }) => html`<li class="card">
      <h3>${sessionId}</h3><p class="quiet url">${webhookUrl ?? '–'}</p>
      <p>${t('webhook.pending', { count: number(webhooks.pending) })} · ${t('webhook.dead', { count: number(webhooks.dead) })}
        ${webhookLagSeconds === null ? nothing : html`· ${t('webhook.lag', { time: duration(webhookLagSeconds) })}`}</p>
      <p class="buttons start"><button type="button" @click=${() => show(sessionId, 'webhook')}>${t('webhooks.look')}<span class="heard"> ${sessionId}</span></button></p></li>`)}</ul>`;
}
