// What the daemon may ask of WhatsApp's page, and what the page tells: wa-js behind the bridge.
(function () {
  'use strict';

  const { emit, functions, Rejection, describe, shapes } = wppmt;
  const { text, server, digits, phoneOf, isIncoming, incoming } = shapes;

  // ---- facts -------------------------------------------------------------------------------------------------

  // wa-js's getters throw, or name what is not there yet, until WhatsApp's modules are loaded.
  function quietly(read, otherwise) {
    try {
      const value = read();
      return value === undefined || value === null ? otherwise : value;
    } catch {
      return otherwise;
    }
  }

  // `isFullReady` and `main_ready` are true at the QR screen already, `conn.authenticated` is silent on a restored
  // login: the truth is isAuthenticated() together with the stream.
  function facts() {
    if (!quietly(() => WPP.isReady, false)) return { ready: false, authenticated: false, registered: false, mode: '', info: '' };
    const { Stream, Conn } = WPP.whatsapp;
    const authenticated = quietly(() => WPP.conn.isAuthenticated(), false);
    return {
      ready: true,
      authenticated,
      registered: quietly(() => WPP.conn.isRegistered(), false),
      mode: quietly(() => Stream.mode, ''),
      info: quietly(() => Stream.displayInfo || Stream.info, ''),
      phoneOnline: !authenticated || quietly(() => Conn.connected, true),
      phone: quietly(() => digits(WPP.conn.getMyUserId()), ''),
      lid: quietly(() => text(WPP.conn.getMyUserLid()), ''),
      pushname: quietly(() => Conn.pushname, ''),
      platform: quietly(() => Conn.platform, ''),
      needsUpdate: quietly(() => Boolean(Stream.needsUpdate), false),
      dialog: wppmt.dialog(),
    };
  }

  let told = '';
  function factsMayHaveChanged() {
    const now = facts();
    if (!told || JSON.stringify(now) === told) return;
    const before = JSON.parse(told);
    told = JSON.stringify(now);
    emit('facts_changed', { facts: now });
    if (now.mode === 'CONFLICT' && before.mode !== 'CONFLICT') emit('conflict');
    if (now.needsUpdate && !before.needsUpdate) emit('needs_update');
  }

  functions.facts = () => facts();
  // Events may be missed; the beat's look at the facts makes up for it.
  wppmt.setFacts(() => {
    wppmt.dismissNews();
    factsMayHaveChanged();
    return facts();
  });

  // ---- events ------------------------------------------------------------------------------------------------

  let shownCode = null;
  // A scan brings PAIRING; back at the codes without a login, WhatsApp has refused the phone.
  let pairing = false;
  function socketMayHaveTurned() {
    const { state } = WPP.whatsapp.Socket;
    if (pairing && state === 'UNPAIRED' && !facts().registered && wppmt.dialog() !== 'passkey') emit('pairing_refused');
    pairing = state === 'PAIRING' && shownCode !== null;
    factsMayHaveChanged();
  }

  async function codeMayHaveChanged() {
    const code = await WPP.conn.getAuthCode().catch(() => null);
    if (!code || code.fullCode === shownCode) return;
    shownCode = code.fullCode;
    const ttl = quietly(() => WPP.whatsapp.Conn.refTTL, 0);
    emit('qr_changed', { code: code.fullCode, ttlMs: ttl > 0 ? ttl : null, at: Date.now() });
  }

  // An unlinked page loads anew and forgets why. Its name outlives that, and tells a daemon that was away meanwhile.
  const GOODBYE = 'wppmt logged out: ';
  if (self.name.startsWith(GOODBYE)) {
    emit('logged_out', { reason: self.name.slice(GOODBYE.length) });
    self.name = '';
  }

  let logoutReason = 'unknown';
  function attachConnection() {
    const { Stream, Conn, Socket } = WPP.whatsapp;
    Socket.on('change:state', socketMayHaveTurned);
    Stream.on('change:mode change:info change:displayInfo change:needsUpdate', factsMayHaveChanged);
    Conn.on('change:connected change:pushname change:platform change:wid', factsMayHaveChanged);
    for (const name of ['authenticated', 'main_loaded', 'main_ready', 'needs_update', 'require_auth']) {
      WPP.on(`conn.${name}`, factsMayHaveChanged);
    }
    WPP.on('conn.auth_code_change', codeMayHaveChanged);
    WPP.on('conn.link_code_change', (code) => emit('pairing_code_changed', { code }));
    WPP.on('conn.link_code_expired', () => emit('pairing_code_expired'));
    WPP.on('conn.logout_reason', (reason) => {
      logoutReason = String(reason);
    });
    WPP.on('conn.logout', () => {
      self.name = GOODBYE + logoutReason;
      emit('logged_out', { reason: logoutReason });
      factsMayHaveChanged();
    });
  }

  const newestAck = new Map();
  const ACKS_KEPT = 5000;
  /** Tells each step of an own message once; steps back are WhatsApp's echoes. */
  function ackMayHaveChanged(key, chat, ack) {
    if (!key.fromMe || ack < 1 || ack <= (newestAck.get(key.id) || 0)) return;
    newestAck.delete(key.id);
    newestAck.set(key.id, ack);
    if (newestAck.size > ACKS_KEPT) newestAck.delete(newestAck.keys().next().value);
    emit('ack_changed', { id: key.id, chatId: text(chat), ack, to: text(phoneOf(chat)) });
  }

  function attachMessages() {
    WPP.on('chat.new_message', (message) => {
      if (isIncoming(message)) emit('message_received', { message: incoming(message) });
    });
    WPP.on('chat.msg_ack_change', ({ ids, chat, ack }) => {
      for (const key of ids) ackMayHaveChanged(key, chat, ack);
    });
    WPP.whatsapp.MsgStore.on('change:ack', (message) => {
      if (message.ack < 0 && message.id.fromMe) wppmt.messageFailed(message);
      else ackMayHaveChanged(message.id, message.id.remote, message.ack);
    });
    WPP.whatsapp.MsgStore.on('add', (message) => wppmt.messageHeld(message));
  }

  // As early as wa-js allows: what arrives before is fetched from the chats by `messages_after`.
  WPP.loader.onInjected(() => {
    attachConnection();
    attachMessages();
    codeMayHaveChanged();
  });
  WPP.loader.onReady(() => {
    told = JSON.stringify(facts());
    emit('ready', { facts: facts() });
  });

  // ---- recipients --------------------------------------------------------------------------------------------

  const HOUR = 3_600_000;
  const resolved = new Map();

  /**
   * Brazil's mobile numbers with and without the ninth digit: WhatsApp knows each by one form only. Landlines (2-5)
   * never had one: with a 9 before it, a landline's number is another person's.
   */
  function otherForm(phone) {
    const parts = /^55(\d\d)(9?)([6-9]\d{7})$/.exec(phone);
    return parts && `55${parts[1]}${parts[2] ? '' : '9'}${parts[3]}`;
  }

  async function lookUp(phone) {
    for (const form of [phone, otherForm(phone)]) {
      const found = form && (await WPP.contact.queryExists(`${form}@c.us`));
      if (found) return { wid: found.wid, isBusiness: Boolean(found.biz) };
    }
    // wa-js answers "no such number" also when it could not ask.
    if (WPP.whatsapp.Stream.mode !== 'MAIN') throw new Rejection('could_not_look');
    return null;
  }

  async function resolve(phone) {
    const known = resolved.get(phone);
    if (known && known.until > Date.now()) return known.answer;
    const answer = await lookUp(phone);
    if (answer) resolved.set(phone, { answer, until: Date.now() + HOUR });
    return answer;
  }

  // What WhatsApp's server says of a group that the account is not in, and of one that is none.
  const NOT_OUR_GROUP = new Set([403, 404]);

  /** A chat can be opened for any group's id: whether the account is in such a group is WhatsApp's word. */
  async function groupChat(id) {
    const { ChatStore, GroupMetadataStore } = WPP.whatsapp;
    if (ChatStore.get(id)) return ChatStore.get(id);
    const group = await GroupMetadataStore.find(WPP.util.createWid(id)).catch((error) => {
      const status = Number(error && (error.status || error.statusCode));
      throw new Rejection(NOT_OUR_GROUP.has(status) ? 'group_not_found' : 'could_not_look', describe(error));
    });
    if (!group) throw new Rejection('could_not_look');
    return WPP.chat.find(id);
  }

  /** The chat for what a caller wrote: a group's or a hidden id as it is, a number by WhatsApp's own form of it. */
  async function chatFor(to) {
    if (server(to) === 'g.us') return groupChat(to);
    if (server(to) === 'lid') return WPP.chat.find(to);
    const answer = await resolve(digits(to));
    if (!answer) throw new Rejection('not_on_whatsapp');
    return WPP.chat.find(answer.wid);
  }

  functions.check_number = async ({ phone }) => {
    const answer = await resolve(digits(phone));
    if (!answer) return { valid: false, wid: null, phone: null, isBusiness: false };
    const person = phoneOf(answer.wid);
    return { valid: true, wid: text(person), phone: digits(person), isBusiness: answer.isBusiness };
  };

  wppmt.chatFor = chatFor;
  wppmt.ackMayHaveChanged = ackMayHaveChanged;

  // ---- the account and its people ----------------------------------------------------------------------------

  /** wa-js renews the code before it expires, and tells by `pairing_code_changed`; this one too. Asked again, it stays. */
  functions.pairing_code = async ({ phone }) => ({ code: await WPP.conn.startLinkDeviceCodeForPhoneNumber(digits(phone)) });

  functions.logout = async () => {
    logoutReason = 'user_initiated';
    return { done: await WPP.conn.logout() };
  };

  functions.contacts = async ({ after, limit }) => {
    const known = new Map();
    // WhatsApp may list a person twice, by number and by lid; both have the same shape but for what is known of them.
    for (const model of await WPP.contact.list()) {
      if (!['c.us', 'lid'].includes(server(model.id)) || model.isMe) continue;
      const contact = shapes.contact(model);
      if (!(known.get(contact.id) || {}).name) known.set(contact.id, contact);
    }
    const all = [...known.values()].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
    const rest = all.filter((one) => !after || one.id > after);
    return { contacts: rest.slice(0, limit), total: all.length, more: rest.length > limit };
  };
})();
