// What the bridge uses of wa-js and of WhatsApp's page: whether it is there, and what the account can do without it.
(function () {
  'use strict';

  const { emit, functions, describe } = wppmt;

  /** One of WhatsApp's modules by its own name; throws where there is none. */
  wppmt.module = (id) => self.importNamespace(id);

  const isFunction = (value) => typeof value === 'function';
  const isModel = (value) => Boolean(value) && isFunction(value.on);
  const isCollection = (value) => isModel(value) && isFunction(value.get) && isFunction(value.getModelsArray);
  const isThere = (value) => value !== undefined && value !== null;

  const store = (name, check) => [name, check, () => WPP.whatsapp[name]];
  const page = (name, check = isFunction) => [name, check, () => WPP.whatsapp.functions[name]];
  const constant = (name) => [name, isThere, () => WPP.whatsapp.enums[name]];
  const own = (path) => [`WPP.${path}`, isFunction, () => path.split('.').reduce((at, name) => at[name], WPP)];

  const RECEIVE = [
    store('Stream', isModel), store('Socket', isModel), store('Conn', isModel),
    store('MsgStore', isCollection), store('ChatStore', isCollection), store('UserPrefs', isThere),
    page('isAuthenticated'), page('isRegistered'),
    own('conn.isAuthenticated'), own('conn.isRegistered'), own('conn.getMyUserId'), own('chat.getMessages'),
  ];
  const SEND = [
    store('ChatStore', isCollection), store('MsgStore', isCollection), store('WidFactory', isThere),
    store('MsgKey', isFunction), store('ContactStore', isCollection), store('lidPnCache', isThere),
    constant('ACK'), page('findOrCreateLatestChat'), page('addAndSendMsgToChat'), page('getEphemeralFields'),
    page('unixTime'), page('queryWidExists'),
    own('chat.sendTextMessage'), own('chat.find'), own('chat.generateMessageID'), own('chat.getMessageById'),
  ];
  const ACK = [
    store('MsgStore', isCollection), page('handleChatSimpleReceipt'), page('handleGroupSimpleReceipt'),
  ];
  const SEND_MEDIA = [
    ...SEND, store('MediaPrep', isThere), store('OpaqueData', isThere), own('chat.sendFileMessage'),
  ];
  const NEEDS = { canReceive: RECEIVE, canSend: SEND, canAck: ACK, canSendMedia: SEND_MEDIA };

  function trouble([name, check, find]) {
    try {
      return check(find()) ? null : name;
    } catch (error) {
      return `${name} (${describe(error)})`;
    }
  }

  /** Looks at each thing once; what is missing, by name, and what can still be done. */
  function look() {
    const seen = new Map();
    const missing = new Set();
    const abilities = {};
    for (const [ability, needs] of Object.entries(NEEDS)) {
      const lacking = needs.map((need) => {
        if (!seen.has(need[0])) seen.set(need[0], trouble(need));
        return seen.get(need[0]);
      }).filter(Boolean);
      abilities[ability] = !lacking.length;
      lacking.forEach((name) => missing.add(name));
    }
    return { missing: [...missing], ...abilities };
  }

  const text = (read) => {
    try {
      return String(read() || '');
    } catch {
      return '';
    }
  };
  const moduleCount = () => {
    try {
      return Object.keys(self.require('__debug').modulesMap).length;
    } catch {
      return 0;
    }
  };

  // Modules come in waves, and nothing says when it is over. A page without wa-js gets as long.
  const WAVE_MS = 3000;
  const JUDGED_AFTER_MS = 20_000;
  const LOOK_MS = 500;
  const AGAIN_MS = 30_000;

  let current = null;
  let modules = 0;
  let grownAt = performance.now();

  function isSettled() {
    const count = moduleCount();
    if (count !== modules) [modules, grownAt] = [count, performance.now()];
    const quiet = WPP.isReady && performance.now() - grownAt >= WAVE_MS;
    return quiet || performance.now() >= JUDGED_AFTER_MS;
  }

  function judge() {
    const found = look();
    if (!WPP.isReady) found.missing.unshift('wa-js');
    if (!WPP.isReady) Object.keys(NEEDS).forEach((ability) => { found[ability] = false; });
    const told = JSON.stringify(found);
    const before = current && JSON.stringify({ ...current, whatsappBuild: undefined, waJs: undefined });
    current = {
      ...found,
      whatsappBuild: text(() => self.Debug.VERSION) || text(() => WPP.whatsapp.contants.SANITIZED_VERSION_STR),
      waJs: text(() => WPP.version),
    };
    if (told !== before) emit('inventory', current);
  }

  async function watch() {
    for (;;) {
      const complete = WPP.isReady && !look().missing.length;
      if (complete || isSettled()) judge();
      const pause = current && !current.missing.length ? AGAIN_MS : LOOK_MS;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  /** As of the last look; null until it is sure. */
  wppmt.inventory = () => current;

  functions.inventory = () => {
    if (current) judge();
    return current;
  };

  // ---- listening ---------------------------------------------------------------------------------------------

  const RETRY_MS = 500;
  const unattached = new Map();

  function tryToAttach() {
    for (const [run, name] of unattached) {
      try {
        const { whatsapp } = WPP;
        if (!whatsapp[name]) continue;
        run(whatsapp);
        unattached.delete(run);
      } catch {
        // It is looked for again, and the inventory names it.
      }
    }
    if (unattached.size) setTimeout(tryToAttach, RETRY_MS);
  }

  /** Runs once, as soon as wa-js finds the store of this name. */
  wppmt.attach = (name, run) => unattached.set(run, name);

  WPP.loader.onInjected(tryToAttach);
  watch();
})();
