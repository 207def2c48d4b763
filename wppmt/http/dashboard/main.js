// The dashboard: logs in, keeps what is shown as it is in the gateway, and leads from one view to another.

import { html, nothing, render } from './lit-html.js';
import { whenDone } from './actions.js';
import { forgetToken, get, hasToken, keepToken, Refused } from './api.js';
import { redrawDetail, showDetail } from './detail.js';
import { figuresShown } from './figures.js';
import { megabytes } from './format.js';
import { Live } from './live.js';
import { forget, model, takeEvent, takeSessions } from './model.js';
import { actorsPanel, alertsPanel, auditPanel } from './operator.js';
import { whenConnected } from './qr.js';
import { drawSessions } from './sessions.js';
import { chooseLanguage, language, loadRemedies, t } from './texts.js';
import { webhooksView } from './webhooks.js';

const find = (id) => document.getElementById(id);
const live = new Live(look, (event) => {
  takeEvent(event);
  drawSoon();
  live.soon();
});
const drawPanel = () => VIEWS[view]?.panel && draw();
const VIEWS = {
  sessions: {},
  alerts: { panel: alertsPanel(drawPanel, showDetail) },
  webhooks: {},
  actors: { panel: actorsPanel(drawPanel) },
  audit: { panel: auditPanel(drawPanel) },
};
let view = 'sessions';
let problem = '';
let planned = 0;

/** Everything, once. Answers whether the gateway was there. */
async function look() {
  try {
    const [rows, health] = await Promise.all([sessions(), get('/api/health')]);
    takeSessions(rows);
    Object.assign(model, { health, isReachable: true });
    problem = '';
    if (view !== 'audit') VIEWS[view].panel?.look();
    draw();
    // After the sessions are drawn: it only adds a number.
    if (model.isAdmin) countAlerts();
  } catch (refused) {
    if (refused instanceof Refused && refused.status === 401) return logOut(t('login.expired'));
    if (refused instanceof Refused && refused.status === 403) problem = 'forbidden';
    else model.isReachable = false;
    draw();
    return false;
  }
  return true;
}

/** As an administrator, or what the token may see. */
async function sessions() {
  if (model.isAdmin !== false) {
    try {
      const { sessions: rows, figures } = await get('/api/admin/sessions');
      Object.assign(model, { isAdmin: true, figures });
      return rows;
    } catch (refused) {
      if (!(refused instanceof Refused && refused.status === 403)) throw refused;
      model.isAdmin = false;
    }
  }
  return (await get('/api/sessions')).sessions;
}

async function countAlerts() {
  if (model.alerts === false) return;
  try {
    model.alerts = (await get('/api/admin/alerts')).firing.map(({ code }) => code);
  } catch (refused) {
    if (refused instanceof Refused) model.alerts = false;
  }
  drawFrame();
}

/** Many events at once are drawn together. */
function drawSoon() {
  planned ||= requestAnimationFrame(() => {
    planned = 0;
    draw();
  });
}

function draw() {
  if (!hasToken()) return;
  drawFrame();
  if (problem) render(html`<p class="state-card" role="alert">${t(problem)}</p>`, find('view'));
  else if (view === 'sessions') drawSessions();
  else render(html`<section aria-labelledby="view-heading"><h2 id="view-heading">${t(`view.${view}`)}</h2>
    ${view === 'webhooks' ? webhooksView(showDetail) : VIEWS[view].panel.draw()}</section>`, find('view'));
  redrawDetail();
}

function drawFrame() {
  document.documentElement.lang = language();
  document.title = `wppmt · ${t('title')}`;
  const links = Object.keys(VIEWS).map((name) => html`<a href="#${name}" aria-current=${name === view ? 'page' : nothing}>${t(`view.${name}`)}
    ${name === 'alerts' && model.alerts?.length ? html`<b class="count">${model.alerts.length}</b>` : nothing}</a>`);
  render(html`<h1 class="brand">wppmt</h1><nav aria-label=${t('views')}>${links}</nav>
    <span class="gap"></span><button type="button" class="plain" id="language" lang=${t('otherCode')} @click=${otherLanguage}>${t('other')}</button>
    <button type="button" class="plain" id="leave" @click=${() => logOut('')}>${t('leave')}</button>`, find('bar'));
  render(banner(), find('banner'));
}

function banner() {
  if (!model.isReachable) return html`<p class="banner bad" role="alert">${t('offline')}</p>`;
  const { health } = model;
  if (!health) return nothing;
  const room = t('health.of', { used: health.sessions.total, most: health.maxSessions });
  // Where the alerts stand, they are not told twice.
  const reasons = health.reasons.filter(({ reasonCode }) => view !== 'alerts' || !(model.alerts || []).includes(reasonCode));
  const weight = health.memoryMb === null || model.figures ? nothing : html` · ${t('health.memory', { mb: megabytes(health.memoryMb) })}`;
  return html`<p class="banner ${health.status}"><span class="dot" aria-hidden="true"></span><strong>${t(`health.${health.status}`)}</strong>
      <span>${room}${weight} · ${health.version}</span>
      ${model.figures ? figuresShown(model.figures) : nothing}</p>
    ${reasons.length ? html`<ul class="banner degraded">${reasons.map(({ reasonCode, reason }) => html`<li><strong>${reasonCode}</strong> ${reason}</li>`)}</ul>` : nothing}
    ${model.isAdmin === false ? html`<p class="banner">${t('notAdmin')}</p>` : nothing}`;
}

function otherLanguage() {
  chooseLanguage(t('otherCode'));
  translateWelcome();
  draw();
}

function translateWelcome() {
  document.documentElement.lang = language();
  for (const part of document.querySelectorAll('[data-language]')) part.hidden = part.dataset.language !== language();
}

function show() {
  view = location.hash.slice(1) in VIEWS ? location.hash.slice(1) : 'sessions';
  VIEWS[view].panel?.look();
  draw();
}

function logIn() {
  find('welcome').hidden = true;
  find('dashboard').hidden = false;
  show();
  live.start();
}

function logOut(why) {
  live.stop();
  forgetToken();
  forget();
  for (const dialog of document.querySelectorAll('dialog')) dialog.close();
  render(nothing, find('view'));
  find('dashboard').hidden = true;
  find('welcome').hidden = false;
  find('login-problem').textContent = why;
  translateWelcome();
  find('token').focus();
  return false;
}

find('login').addEventListener('submit', (event) => {
  event.preventDefault();
  keepToken(find('token').value);
  find('token').value = '';
  if (hasToken()) logIn();
});
for (const button of document.querySelectorAll('.other-language')) button.addEventListener('click', otherLanguage);
window.addEventListener('hashchange', show);
whenDone(() => live.soon());
whenConnected(() => live.soon(0));
translateWelcome();
loadRemedies().then(draw);
if (hasToken()) logIn();
