// The pairing page: asks every two seconds what there is to show, and shows it. All texts stand in the page already.
'use strict';

const LOOK_MS = 2000;
const RETRY_MS = 10_000;
const CODE_MS = 30_000;
const BACK_MS = 4000;
const address = location.pathname.replace(/\/$/, '');
const find = (id) => document.getElementById(id);
let asked = 0;
let isOver = false;
let problem = null;

/** Of all elements that have this attribute, the one with this value is shown. */
function choose(attribute, value) {
  for (const element of document.querySelectorAll(`[data-${attribute}]`)) {
    element.hidden = element.dataset[attribute] !== value;
  }
}

function showStep(step) {
  const passed = step === 'linking' ? 'scan' : step;
  for (const item of document.querySelectorAll('[data-step]')) {
    if (item.dataset.step === passed) item.setAttribute('aria-current', 'step');
    else if (['preparing', 'scan', 'connected'].includes(passed)) item.removeAttribute('aria-current');
  }
}

/** Only what changes is touched, or a screen reader would say it again every two seconds. */
function say(name) {
  const said = document.querySelector('[data-says]:not([hidden])');
  if (!said || said.dataset.says !== name) choose('says', name);
}

function show(state) {
  if (state.step === 'connected') return done(state);
  if (state.step === 'ended') return location.reload();
  showStep(state.step);
  say(state.problem === 'passkey' ? 'passkey' : state.step);
  find('codes').hidden = state.step !== 'scan';
  showQr(state.qrCode);
  showCode(state.pairingCode);
}

function showQr(picture) {
  const image = find('qr');
  image.hidden = !picture;
  find('qr-next').hidden = Boolean(picture);
  if (picture && image.src !== picture) image.src = picture;
}

function showCode(code) {
  const isLate = asked && Date.now() - asked > CODE_MS;
  find('code-shown').hidden = !code;
  find('code-comes').hidden = Boolean(code) || !asked || isLate;
  const shown = code && code.replace(/^(.{4})(.{4})$/, '$1-$2');
  if (code && find('code').textContent !== shown) {
    find('code').textContent = shown;
    find('code').scrollIntoView({ block: 'nearest' });
    find('copy').hidden = !navigator.clipboard;
    choose('copy', 'before');
  }
  if (code) asked = 0;
  if (isLate) {
    asked = 0;
    tell('failed');
  }
}

function tell(name) {
  problem = name;
  choose('problem', name);
  find('phone').setAttribute('aria-invalid', String(name === 'wrong' || name === 'other'));
}

function done({ returnUrl }) {
  isOver = true;
  showStep('connected');
  say('');
  find('codes').hidden = true;
  find('done').hidden = false;
  find('done-heading').focus();
  if (!returnUrl) return;
  find('back').href = returnUrl;
  find('back-line').hidden = false;
  // Inside another page, that page decides what is next.
  if (self === top) setTimeout(() => location.assign(returnUrl), BACK_MS);
}

async function request(method, path, body) {
  const options = { method, cache: 'no-store', credentials: 'omit' };
  if (body) Object.assign(options, { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } });
  const response = await fetch(`${address}/${path}`, options);
  return { status: response.status, body: await response.json() };
}

/** What is on the page now. Answers how long to wait before the next look. */
async function look() {
  const { status, body } = await request('GET', 'state');
  if (status === 404) location.reload();
  else if (status === 200 || status === 410) show(body);
  else say('busy');
  return status === 200 ? LOOK_MS : RETRY_MS;
}

async function open() {
  const { status } = await request('POST', 'open');
  if (status === 404 || status === 410) return true;
  if (status !== 200) say('busy');
  return status === 200;
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function watch() {
  let isOpen = false;
  while (!isOver) {
    let wait = RETRY_MS;
    try {
      isOpen = isOpen || (await open());
      if (isOpen) wait = await look();
    } catch {
      say('waiting');
      wait = LOOK_MS;
    }
    await pause(wait);
  }
}

const REFUSED = { INVALID_PHONE: 'wrong', INVALID_REQUEST: 'wrong', WRONG_PHONE: 'other', RATE_LIMITED: 'many' };

async function askCode() {
  const phone = find('phone').value.trim();
  const isFixed = find('phone').closest('label').hidden;
  tell(null);
  if (!isFixed && phone.replace(/\D/g, '').length < 8) {
    tell('wrong');
    find('phone').focus();
    return;
  }
  find('ask').disabled = true;
  try {
    const { status, body } = await request('POST', 'code', isFixed ? {} : { phone });
    if (status === 200) {
      asked = Date.now();
      choose('ask', 'again');
      show(body);
    } else if (status === 410) location.reload();
    else tell(REFUSED[body.code] || 'failed');
  } catch {
    tell('failed');
  }
  find('ask').disabled = false;
  if (problem && !isFixed) find('phone').focus();
}

find('codes').addEventListener('submit', (event) => {
  event.preventDefault();
  if (!find('by-code').hidden) askCode();
});

function chooseWay(way) {
  find('by-qr').hidden = way !== 'qr';
  find('by-code').hidden = way !== 'code';
}

for (const choice of document.querySelectorAll('[name=way]')) {
  choice.addEventListener('change', () => chooseWay(choice.value));
}

// Who opens the link on the phone has nothing to scan its own screen with.
if (matchMedia('(pointer: coarse) and (max-width: 40rem)').matches) {
  document.querySelector('[name=way][value=code]').checked = true;
  chooseWay('code');
}

find('copy').addEventListener('click', async () => {
  await navigator.clipboard.writeText(find('code').textContent.replace('-', ''));
  choose('copy', 'after');
});

watch();
