// One session, whole: what it is, its day, its page, its webhook, what happened to it.

import { html, nothing } from './lit-html.js';
import { adminSession, get, picture } from './api.js';
import { actionsOf } from './actions.js';
import { day, legend } from './charts.js';
import { heading, open } from './dialog.js';
import { explanation } from './explain.js';
import { megabytes, moment, number, phone } from './format.js';
import { model, STATES } from './model.js';
import { Panel } from './panel.js';
import { abilities, badge, since } from './parts.js';
import { reasonOf, remedyOf, t } from './texts.js';
import { webhookPart } from './webhooks.js';

const HOURS = 24;
const SCREEN_MS = 2000;
const HISTORY_MS = 60_000;
const SHORTEST_MS = 600_000;
let shown = null;

/** The open dialog again, when its session has changed. */
export function redrawDetail() {
  shown?.redraw();
}

export function showDetail(id, first = 'summary') {
  let part = first;
  const redraw = () => shown?.redraw();
  const parts = { summary: summaryPart(id), day: dayPart(id, redraw), webhook: webhookPart(id, redraw), explain: explanation(id, redraw) };
  if (model.isAdmin) parts.screen = screenPart(id, redraw);
  const names = ['summary', 'day', ...(model.isAdmin ? ['screen'] : []), 'webhook', 'explain'];
  const choose = (name) => {
    parts[part].leave?.();
    part = name;
    parts[part].enter?.();
    redraw();
  };
  shown = open('detail', (close) => whole(id, close, tabs(names, part, choose), parts[part]), () => {
    parts[part].leave?.();
    shown = null;
  });
  parts[part].enter?.();
}

function whole(id, close, tabList, part) {
  const session = model.sessions.get(id);
  if (!session) return html`${heading('detail', id, close)}<p class="state-card">${t('gone')}</p>`;
  return html`${heading('detail', id, close)}
    <p class="where">${badge(session.status)} ${since(session.since)}</p>
    <p class="why">${reasonOf(session)}</p>
    ${remedyOf(session) && session.reasonCode !== 'READY' ? html`<p class="remedy"><strong>${t('whatToDo')}</strong> ${remedyOf(session)}</p>` : nothing}
    <p class="buttons start">${actionsOf(session).map(({ name, text, run, kind }) => html`<button type="button" class=${kind} data-act=${name} @click=${run}>${text}</button>`)}</p>
    ${tabList}
    <div role="tabpanel" id="detail-part" aria-labelledby="tab-chosen" tabindex="0">${part.draw(session)}</div>`;
}

function tabs(names, chosen, choose) {
  const move = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    choose(names.at((names.indexOf(chosen) + step) % names.length));
    event.currentTarget.querySelector('[aria-selected=true]').focus();
  };
  return html`<div class="tabs" role="tablist" aria-label=${t('parts')} @keydown=${move}>
    ${names.map((name) => html`<button type="button" role="tab" data-part=${name} id=${name === chosen ? 'tab-chosen' : `tab-${name}`}
      aria-selected=${String(name === chosen)} aria-controls="detail-part" tabindex=${name === chosen ? 0 : -1}
      @click=${() => choose(name)}>${t(`part.${name}`)}</button>`)}</div>`;
}

function summaryPart() {
  const fact = (name, value) => html`<div><dt>${t(`fact.${name}`)}</dt><dd>${value}</dd></div>`;
  const draw = (session) => html`<dl class="facts">
    ${fact('description', session.description ?? '–')}
    ${fact('abilities', abilities(session))}
    ${session.hibernation ? fact('hibernation', t('hibernation', { since: moment(session.hibernation.since), wake: moment(session.hibernation.nextWake) })) : nothing}
    ${fact('phone', phone(session.phone))}
    ${fact('pushname', session.pushname ?? '–')}
    ${fact('platform', session.platform ?? '–')}
    ${fact('connectedAt', session.connectedAt ? moment(session.connectedAt) : '–')}
    ${fact('activity', session.lastActivity ? moment(session.lastActivity) : '–')}
    ${fact('messages', `${number(session.messagesSent)} / ${number(session.messagesReceived)}`)}
    ${fact('queue', number(session.queue))}
    ${fact('restarts', number(session.restarts))}
    ${fact('memory', megabytes(session.memoryMb))}
    ${fact('profile', megabytes(session.profileMb))}
    ${fact('login', t(`login.${session.loginSaved}`))}
    ${fact('waJs', session.waJs ?? '–')}
    ${fact('engine', session.engine ?? t('engine.default'))}
    ${fact('proxy', session.proxy ?? '–')}
    ${fact('createdAt', moment(session.createdAt))}
    ${session.lastError ? fact('lastError', session.lastError) : nothing}
  </dl>`;
  return { draw };
}

function dayPart(id, redraw) {
  const show = ({ points }) => {
    const to = Date.now();
    if (!points.length) return html`<p class="state-card">${t('day.empty')}</p>`;
    const states = STATES.filter((state) => points.some((point) => point.status === state));
    return html`<h3>${t('day.title')}</h3>${legend(states)}${day(points, beginning(points[0], to), to)}`;
  };
  const panel = new Panel(() => get(adminSession(id, `/history?hours=${HOURS}`)), show, redraw);
  let timer = 0;
  return {
    draw: () => panel.draw(),
    enter() {
      panel.look();
      timer = setInterval(() => panel.look(), HISTORY_MS);
    },
    leave: () => clearInterval(timer),
  };
}

/** Of a session that is younger than a day, what there is of it. */
const beginning = (first, to) => Math.min(Math.max(to - HOURS * 3_600_000, Date.parse(first.at)), to - SHORTEST_MS);

function screenPart(id, redraw) {
  let address = '';
  let following = null;
  const forget = () => address && URL.revokeObjectURL(address);
  const show = (found) => {
    if (found !== address) forget();
    address = found;
    return html`<p class="quiet">${t('screen.live')}</p><img class="screen" src=${found} alt=${t('screen.alt', { id })}>`;
  };
  const panel = new Panel(() => picture(adminSession(id, '/screenshot')), show, redraw);
  const follow = async () => {
    const mine = {};
    following = mine;
    while (following === mine) {
      if (!document.hidden) await panel.look();
      await new Promise((resolve) => setTimeout(resolve, SCREEN_MS));
    }
  };
  return {
    draw: () => panel.draw(),
    enter: follow,
    leave() {
      following = null;
      panel.forget();
      forget();
    },
  };
}
