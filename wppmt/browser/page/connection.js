// What the page says of its connection and its login, and what it is told to do about them.
(function () {
  'use strict';

  const { emit, functions, Rejection, describe, shapes, attach, module } = wppmt;
  const { text, digits } = shapes;

  // wa-js's getters throw, or name what is not there yet, until WhatsApp's modules are loaded.
  function quietly(read, otherwise) {
    try {
      const value = read();
      return value === undefined || value === null ? otherwise : value;
    } catch {
      return otherwise;
    }
  }

  /** To WhatsApp's server, as far as the page knows. */
  wppmt.isConnected = () => quietly(() => WPP.whatsapp.Socket.stream === 'CONNECTED', false);

  // WhatsApp tells how many seconds a suspension has left, and its end when the page gets in again.
  let bannedUntil = 0;
  const bannedFor = ({ banned, expire }) => (banned ? Date.now() + (Number(expire) * 1000 || Infinity) : 0);

  // `isFullReady` and `main_ready` are true at the QR screen already, `conn.authenticated` is silent on a restored
  // login: the truth is isAuthenticated() together with the socket. Stream.displayInfo hides trouble for 18 s.
  function facts() {
    const inventory = wppmt.inventory();
    if (!quietly(() => WPP.isReady, false)) return { ready: false, authenticated: false, registered: false, mode: '', info: '', inventory };
    const { Stream, Conn, Socket, Cmd } = WPP.whatsapp;
    return {
      ready: true,
      authenticated: quietly(() => WPP.conn.isAuthenticated(), false),
      registered: quietly(() => WPP.conn.isRegistered(), false),
      mode: quietly(() => Stream.mode, ''),
      info: quietly(() => Stream.info, ''),
      socket: quietly(() => Socket.state, ''),
      stream: quietly(() => Socket.stream, ''),
      // False while WhatsApp's server delivers what was missed.
      caughtUp: quietly(() => Cmd.isOfflineDeliveryEnd, true) !== false,
      // Nothing writes it in the builds of 2026; a page that does say that the phone is away is believed.
      phoneOnline: quietly(() => Conn.connected, true) !== false,
      phone: quietly(() => digits(WPP.conn.getMyUserId()), ''),
      lid: quietly(() => text(WPP.conn.getMyUserLid()), ''),
      pushname: quietly(() => Conn.pushname, ''),
      platform: quietly(() => Conn.platform, ''),
      // A page that is only asked to update says so from its third day on, and works on.
      needsUpdate: quietly(() => Boolean(Stream.needsUpdate && Stream.isHardRefresh), false),
      banned: Date.now() < bannedUntil,
      dialog: wppmt.dialog(),
      inventory,
    };
  }

  let told = '';
  function factsMayHaveChanged() {
    const read = facts();
    rememberLogin(read);
    const now = JSON.stringify(read);
    // `ready` tells first, unless it is sure that wa-js will not be there.
    if (now === told || (!told && (read.ready || !read.inventory))) return read;
    told = now;
    emit('facts_changed', { facts: read });
    return read;
  }

  functions.facts = () => facts();
  // Events may be missed; the beat's look at the facts makes up for it.
  wppmt.setFacts(() => {
    wppmt.dismissNews();
    return factsMayHaveChanged();
  });
  wppmt.factsMayHaveChanged = factsMayHaveChanged;

  // ---- the end of a login ------------------------------------------------------------------------------------

  // A page that is logged out loads anew, and WhatsApp's own code may end it without a word. What it leaves behind is
  // read by the next page, before WhatsApp's code runs there, and told, also to a daemon that was away meanwhile.
  const LEFT = 'wppmt';
  const REFUSED = 'pairing_refused';
  let shownCode = null;
  let wasRegistered = false;
  let wasInside = false;
  let logoutReason = 'unknown';
  let isOver = false;

  function rememberLogin({ registered, authenticated, mode }) {
    wasRegistered = wasRegistered || registered;
    if (wasInside || !authenticated || mode !== 'MAIN') return;
    wasInside = true;
    wppmt.expectModules();
    setTimeout(wppmt.limitsMayHaveChanged);
  }

  /** A phone that scanned, and never got in, was refused. */
  const isRefusal = () => shownCode !== null && !wasInside;

  function loggedOut() {
    sessionStorage.setItem(LEFT, isRefusal() ? REFUSED : logoutReason);
    if (isOver || isRefusal()) return;
    isOver = true;
    emit('logged_out', { reason: logoutReason });
    factsMayHaveChanged();
  }

  function tellOfLastPage() {
    const left = sessionStorage.getItem(LEFT);
    if (left === null) return;
    sessionStorage.removeItem(LEFT);
    if (left === REFUSED) emit('pairing_refused');
    else emit('logged_out', { reason: left });
  }
  tellOfLastPage();

  /** By WhatsApp's own word where wa-js does not answer yet; a page that cannot be asked has not lost its login. */
  function isRegistered() {
    const word = quietly(() => WPP.conn.isRegistered(), null);
    return word ?? quietly(() => module('WAWebUserPrefsMultiDevice').isRegistered(), wasRegistered);
  }

  self.addEventListener('pagehide', () => {
    if (wasRegistered && !isRegistered()) loggedOut();
  });

  // ---- codes -------------------------------------------------------------------------------------------------

  const DRAWN_WITHIN_MS = 500;
  const LOOK_MS = 25;
  const CODE_PARTS = 5;
  const drawnTexts = () => [...document.querySelectorAll('[data-ref]')].map(({ dataset }) => dataset.ref);

  /** The text that the page draws, which holds more than wa-js knows of; a phone reads either. */
  async function drawnText(ref) {
    for (let waited = 0; waited < DRAWN_WITHIN_MS; waited += LOOK_MS) {
      const own = drawnTexts().find((code) => code.includes(ref));
      if (own) return own;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    return null;
  }

  function showCode(code, refTTL, at) {
    emit('qr_changed', { code, ttlMs: refTTL > 0 ? refTTL : null, at });
  }

  async function codeMayHaveChanged() {
    const code = await WPP.conn.getAuthCode().catch(() => null);
    if (!code || code.ref === shownCode) return;
    shownCode = code.ref;
    const at = Date.now();
    const shown = (await drawnText(code.ref)) || code.fullCode;
    if (shownCode === code.ref) showCode(shown, quietly(() => WPP.whatsapp.Conn.refTTL, 0), at);
  }

  // Before the reference there may be an address.
  const refOf = (drawn) => drawn.split('#').pop().split(',')[0];

  /** wa-js says nothing until the table of modules was quiet for 750 ms; a phone can scan what is drawn before. */
  function watchWithoutWaJs() {
    if (WPP.isInjected) return;
    setTimeout(watchWithoutWaJs, LOOK_MS);
    if (shownCode === null) firstCodeMayBeDrawn();
    else wasRegistered = wasRegistered || isRegistered();
  }

  function firstCodeMayBeDrawn() {
    const drawn = drawnTexts().find((text) => text.split(',').length >= CODE_PARTS);
    if (!drawn) return;
    shownCode = refOf(drawn);
    showCode(drawn, quietly(() => module('WAWebConnModel').Conn.refTTL, 0), Date.now());
  }

  watchWithoutWaJs();

  // wa-js asks for it where it was until 2025.
  functions.refresh_qr = () => {
    module('WAWebLaunchSocketUtils').refreshQR();
    return {};
  };

  /** wa-js renews the code before it expires, and tells by `pairing_code_changed`; this one too. Asked again, it stays. */
  functions.pairing_code = async ({ phone }) => ({ code: await WPP.conn.startLinkDeviceCodeForPhoneNumber(digits(phone)) });

  functions.logout = async () => {
    logoutReason = 'user_initiated';
    return { done: await WPP.conn.logout() };
  };

  // ---- the login on the disk ---------------------------------------------------------------------------------

  // What WhatsApp's page reads back when it is loaded: the account, its hidden id, the keys of the connection, what they
  // are encrypted with, and what its database is.
  const LOGIN = ['last-wid-md', 'WALid', 'WANoiseInfo', 'WANoiseInfoIv', 'WAWebEncKeySalt'];

  async function digest(value) {
    const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(value)));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  }

  functions.login_items = async () => {
    const held = LOGIN.map((name) => [name, localStorage.getItem(name)]).filter(([, value]) => value !== null);
    return { items: Object.fromEntries(await Promise.all(held.map(async ([name, value]) => [name, await digest(value)]))) };
  };

  // ---- WhatsApp's server -------------------------------------------------------------------------------------

  const ANSWER_MS = 8000;
  const ASK_AGAIN_MS = 1000;

  /** The ping by which the page itself looks after its socket: `false` where there is none, or one is under way. */
  async function isAnswered() {
    const end = Date.now() + ANSWER_MS;
    const late = new Promise((resolve) => setTimeout(() => resolve(false), ANSWER_MS));
    while (Date.now() < end) {
      if (await Promise.race([module('WAComms').sendPing().catch(() => false), late])) return true;
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    }
    return false;
  }

  functions.ask_server = async () => {
    if (!quietly(() => module('WAComms'), null)) throw new Rejection('could_not_ask');
    return { answered: await isAnswered() };
  };

  // ---- events ------------------------------------------------------------------------------------------------

  attach('Socket', ({ Socket }) => Socket.on('change:state change:stream change:hasSynced', factsMayHaveChanged));
  attach('Stream', ({ Stream }) => Stream.on('change:mode change:info change:needsUpdate change:isHardRefresh', factsMayHaveChanged));
  attach('Conn', ({ Conn }) => {
    Conn.on('change:connected change:pushname change:platform change:wid', factsMayHaveChanged);
    Conn.on('change:ref', codeMayHaveChanged);
    codeMayHaveChanged();
  });
  attach('Cmd', ({ Cmd }) => {
    // wa-js's conn.logout waits for an event that nothing triggers any more.
    Cmd.on('logout logout_from_bridge', loggedOut);
    Cmd.on('offline_delivery_end_from_bridge offline_delivery_state_reset_from_bridge', factsMayHaveChanged);
    Cmd.on('account_temporarily_banned_from_bridge', (ban) => backendSaid('account_temporarily_banned', ban));
  });

  function backendSaid(event, data) {
    if (event === 'logout') loggedOut();
    if (event === 'account_temporarily_banned') bannedUntil = bannedFor(data || {});
    factsMayHaveChanged();
  }

  for (const name of ['authenticated', 'main_loaded', 'main_ready', 'needs_update', 'require_auth']) {
    WPP.on(`conn.${name}`, factsMayHaveChanged);
  }
  WPP.on('conn.backend_event', (event, data) => backendSaid(event, data));
  WPP.on('conn.auth_code_change', codeMayHaveChanged);
  WPP.on('conn.link_code_change', (code) => emit('pairing_code_changed', { code }));
  WPP.on('conn.link_code_expired', () => emit('pairing_code_expired'));
  WPP.on('conn.logout_reason', (reason) => {
    logoutReason = String(reason);
  });

  WPP.loader.onReady(() => {
    wppmt.takeInventory();
    const read = facts();
    told = JSON.stringify(read);
    rememberLogin(read);
    emit('ready', { facts: read });
  });
  wppmt.quietly = quietly;
})();
