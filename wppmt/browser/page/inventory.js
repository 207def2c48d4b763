// What the bridge uses of wa-js and of WhatsApp's page: whether it is there, and what the account can do without it.
(function () {
  'use strict';

  const { describe, emit, setFacts } = wppmt;
  const { waJs } = self.wppmtSettings;
  const NOTHING = { canReceive: false, canSend: false, canAck: false, canSendMedia: false };

  function text(read) {
    try {
      return String(read() || '');
    } catch {
      return '';
    }
  }

  const whatsappBuild = () => text(() => self.Debug.VERSION) || text(() => WPP.whatsapp.contants.SANITIZED_VERSION_STR);

  // It is no script, or it ended by an error: nothing more of it will come.
  if (!self.WPP || !WPP.loader) {
    const facts = () => ({ ready: false, inventory: { missing: ['wa-js'], ...NOTHING, whatsappBuild: whatsappBuild(), waJs } });
    setFacts(facts);
    emit('facts_changed', { facts: facts() });
    throw new Error('There is no wa-js');
  }

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

  /** Another module of nearly the same name that exports such a thing, too: nobody can tell which one WhatsApp uses. */
  function twinOf(found, id, check) {
    const { moduleRequire } = WPP.loader;
    const key = id && Object.keys(moduleRequire(id)).find((name) => moduleRequire(id)[name] === found);
    const isTwin = (other) => other !== id && (other.startsWith(id) || id.startsWith(other));
    return key && moduleIds().filter(isTwin).find((other) => {
      const value = (moduleRequire(other) || {})[key];
      return value !== found && check(value);
    });
  }

  const looked = new Map();

  /** The names of both; looked for again when there are other modules. */
  function twins(name, found, check) {
    const before = looked.get(name);
    if (before && before.modules === countAtRest()) return before.ids;
    const id = WPP.whatsapp._moduleIdMap.get(found);
    const twin = twinOf(found, id, check);
    looked.set(name, { modules: moduleCount(), ids: twin ? [id, twin] : null });
    return looked.get(name).ids;
  }

  function trouble([name, check, find]) {
    try {
      const found = find();
      if (!check(found)) return name;
      const ids = isModel(found) && twins(name, found, check);
      return ids ? `${name} (duas vezes: ${ids.join(', ')})` : null;
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
    for (const id of hung) missing.add(`${id} (n\u00e3o termina de carregar)`);
    return { missing: [...missing], ...abilities };
  }

  // ---- wa-js's search ----------------------------------------------------------------------------------------

  const COUNTED_FOR_MS = 250;
  // Of a page whose modules have all come: to count thirteen thousand of them is most of what it would do at rest. They
  // come with the page, and with the login.
  const AT_REST_MS = 20_000;
  const COUNTED_AT_REST_MS = 60_000;
  let expectedAt = performance.now();
  let counted = { at: -Infinity, modules: 0 };

  /** None while WhatsApp's loader is not there yet. */
  function moduleIds() {
    try {
      return Object.keys(self.require('__debug').modulesMap);
    } catch {
      return [];
    }
  }

  function moduleCount(forMs = COUNTED_FOR_MS) {
    if (performance.now() - counted.at > forMs) {
      const count = moduleIds().length;
      if (count !== counted.modules) wppmt.expectModules();
      counted = { at: performance.now(), modules: count };
    }
    return counted.modules;
  }

  const isAtRest = () => performance.now() - expectedAt > AT_REST_MS;
  const countAtRest = () => moduleCount(isAtRest() ? COUNTED_AT_REST_MS : COUNTED_FOR_MS);

  /** More may come now. */
  wppmt.expectModules = () => {
    expectedAt = performance.now();
  };

  // wa-js looks through all modules for what it does not find, for some of its stores once for each module: minutes, in
  // which the page stands still. What is not among these modules is looked for again when there are others.
  const { searchId } = WPP.loader;
  const misses = new Map();
  WPP.loader.searchId = (wanted, ...how) => {
    if (misses.get(wanted) === moduleCount()) return null;
    const id = searchId(wanted, ...how);
    if (!id) misses.set(wanted, moduleCount());
    return id;
  };

  // A module that never ends to load holds up the whole page. The daemon ends such a script, of which no `finally` runs:
  // what is still being loaded when the next one begins is that module. Whoever waits to ask for it, and wa-js has many,
  // would hang as well: it is not there any more, and the next page goes on without it.
  const HUNG = 'wppmt.hung';
  const WRAP_MS = 100;
  const hung = new Set(JSON.parse(text(() => sessionStorage.getItem(HUNG)) || '[]'));
  const loading = [];

  // Each search of wa-js lists all modules twice, to see whether there are more than before. None come in mid-script.
  let listed = null;

  function modulesOf(load) {
    if (!listed) {
      listed = load.m;
      queueMicrotask(() => {
        listed = null;
      });
    }
    return listed;
  }

  // wa-js waits longer than that for a quiet table before it asks for the first module.
  function watchLoading() {
    const { moduleRequire } = WPP.loader;
    if (!moduleRequire) {
      setTimeout(watchLoading, WRAP_MS);
      return;
    }
    WPP.loader.moduleRequire = new Proxy(moduleRequire, {
      get: (load, name) => (name === 'm' ? modulesOf(load) : load[name]),
      apply(load, self, [id]) {
        leaveHung();
        if (hung.has(id)) return null;
        loading.push(id);
        try {
          return load(id);
        } finally {
          loading.pop();
        }
      },
    });
  }

  /** WhatsApp's own modules load each other without this, so that nothing is being loaded in between. */
  function leaveHung() {
    if (!loading.length) return;
    hung.add(loading.pop());
    sessionStorage.setItem(HUNG, JSON.stringify([...hung]));
    location.reload();
  }

  // Modules come in waves, and nothing says when it is over. A page without wa-js gets as long.
  const WAVE_MS = 3000;
  const JUDGED_AFTER_MS = 20_000;
  const LOOK_MS = 500;
  const AGAIN_MS = 15_000;

  let current = null;
  let modules = 0;
  let grownAt = performance.now();

  function isSettled() {
    const count = moduleCount();
    if (count !== modules) [modules, grownAt] = [count, performance.now()];
    const quiet = WPP.isReady && performance.now() - grownAt >= WAVE_MS;
    return quiet || performance.now() >= JUDGED_AFTER_MS;
  }

  function withoutWaJs(found) {
    return { ...NOTHING, missing: ['wa-js', ...found.missing] };
  }

  /** What is whole is so at once; what is not may still come. Nothing is asked for while wa-js waits for the table to be quiet. */
  function judge() {
    const mayStillCome = !current && !isSettled();
    if (mayStillCome && !WPP.isInjected) return;
    const found = look();
    if (mayStillCome && !(WPP.isReady && !found.missing.length)) return;
    current = {
      ...(WPP.isReady ? found : withoutWaJs(found)),
      whatsappBuild: whatsappBuild(),
      waJs,
    };
    wppmt.factsMayHaveChanged();
  }

  function watch() {
    // First, since a look may be ended from outside.
    setTimeout(watch, current ? AGAIN_MS : LOOK_MS);
    leaveHung();
    judge();
  }

  /** As of the last look; null until it is sure. */
  wppmt.inventory = () => current;
  wppmt.takeInventory = judge;

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
  // WhatsApp's answer is still to come then: what is found now needs not be looked for when the page is ready.
  WPP.loader.onInjected(judge);
  watchLoading();
  setTimeout(watch);
})();
