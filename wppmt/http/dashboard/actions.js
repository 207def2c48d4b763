// What an operator can do to a session: start, restart, restore, reset, close, log out.

import { html, nothing } from './lit-html.js';
import { adminSession, call, post, session as path } from './api.js';
import { confirm, heading, notify, open, said } from './dialog.js';
import { model } from './model.js';
import { showQr } from './qr.js';
import { t } from './texts.js';

const ID = '[a-z0-9]([a-z0-9\\-]{0,62}[a-z0-9])?';
let changed = () => {};

/** `then` is called whenever something was done: there is news. */
export function whenDone(then) {
  changed = then;
}

async function act(doing, done) {
  try {
    const answer = await doing();
    notify(typeof done === 'function' ? done(answer) : done);
    return true;
  } catch (problem) {
    notify(said(problem), true);
    return false;
  } finally {
    changed();
  }
}

const start = (id) => act(() => post(path(id, '/start')), t('done.start', { id })).then((isDone) => isDone && showQr(id));

const restart = (id) =>
  act(() => post(model.isAdmin ? adminSession(id, '/restart') : path(id, '/restart')), t('done.restart', { id }));

const restore = async (id) =>
  (await confirm({ title: t('restore.title', { id }), text: t('restore.text'), yes: t('act.restore') })) &&
  act(() => post(path(id, '/restore')), t('done.restore', { id }));

const reset = async (id) =>
  (await confirm({ title: t('reset.title', { id }), text: t('reset.text'), yes: t('act.reset') })) &&
  (await act(() => post(path(id, '/reset')), t('done.reset', { id }))) &&
  showQr(id);

const closeSession = async (id) =>
  (await confirm({ title: t('close.title', { id }), text: t('close.text'), yes: t('act.close') })) &&
  act(() => call('DELETE', path(id)), t('done.close', { id }));

/** Asks twice: what is lost, then for the session's id. */
async function logOut(id) {
  const title = t('logout.title', { id });
  const losses = [t('logout.loss.login'), t('logout.loss.copies'), t('logout.loss.queue')];
  if (!(await confirm({ title, text: t('logout.text'), losses, yes: t('logout.go') }))) return;
  if (!(await confirm({ title, text: t('logout.sure'), yes: t('act.logout'), word: id }))) return;
  await act(() => post(path(id, '/logout')), ({ unlinked }) => t(unlinked === false ? 'done.logoutHere' : 'done.logout', { id }));
}

export async function restartCrashed() {
  if (!(await confirm({ title: t('restartCrashed'), text: t('restartCrashed.text'), yes: t('restartCrashed') }))) return;
  await act(() => post('/api/admin/sessions/restart-crashed'), ({ restarted, skipped }) => {
    const names = skipped.map(({ sessionId, reasonCode }) => `${sessionId} (${reasonCode})`).join(', ');
    return t('done.restartCrashed', { count: restarted.length }) + (names ? ` ${t('done.skipped', { names })}` : '');
  });
}

const named = (name, run, kind = '') => ({ name, text: t(`act.${name}`), run, kind });

/** All that can be done now, the likeliest first. */
export function actionsOf({ sessionId: id, status, reasonCode }) {
  const qr = named('qr', () => showQr(id), 'main');
  const ending = [named('close', () => closeSession(id)), named('logout', () => logOut(id), 'danger')];
  if (status === 'disconnected') return [named('start', () => start(id), 'main'), named('logout', () => logOut(id), 'danger')];
  const again = named('restart', () => restart(id));
  if (reasonCode === 'TOKEN_CORRUPT') return [named('restore', () => restore(id), 'main'), named('reset', () => reset(id)), again, ...ending];
  return status === 'waiting_scan' || status === 'initializing' ? [qr, again, ...ending] : [again, ...ending];
}

export const mainAction = (session) => actionsOf(session)[0];

/** A new session: its id, and what else a start may say. */
export function startNew() {
  const given = { id: '', description: '', phone: '' };
  let problem = '';
  const submit = async (event, close) => {
    event.preventDefault();
    const { id, ...more } = given;
    const body = Object.fromEntries(Object.entries(more).filter(([, value]) => value.trim()));
    try {
      await post(path(id, '/start'), body);
    } catch (refused) {
      problem = said(refused);
      asked.redraw();
      return;
    }
    close();
    changed();
    showQr(id);
  };
  const field = (name, attributes) => html`<label>${t(`new.${name}`)}
    <input name=${name} id="new-${name}" autocomplete="off" autocapitalize="none" spellcheck="false" maxlength=${attributes.most}
      pattern=${attributes.pattern ?? nothing} ?required=${attributes.required ?? false} inputmode=${attributes.inputmode ?? nothing}
      aria-describedby="new-${name}-hint" @input=${(event) => { given[name] = event.target.value; }}>
    <span class="quiet" id="new-${name}-hint">${t(`new.${name}.hint`)}</span></label>`;
  const asked = open(
    'new',
    (close) => html`${heading('new', t('newSession'), close)}
      <form method="dialog" @submit=${(event) => submit(event, close)}>
        ${field('id', { most: 64, pattern: ID, required: true })}
        ${field('description', { most: 200 })}
        ${field('phone', { most: 25, inputmode: 'tel' })}
        ${problem ? html`<p class="bad" role="alert">${problem}</p>` : nothing}
        <p class="buttons"><button type="button" @click=${close}>${t('cancel')}</button>
          <button class="main" id="new-start">${t('act.start')}</button></p>
      </form>`,
  );
}
