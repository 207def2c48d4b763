// The module table as code from outside sees it: Meta's loader with __d, require, importNamespace, ErrorGuard and the
// Bootloader. It has its real size, and grows in waves: nothing says when it is complete.

const AT_QR_SCREEN = 13327;
const IN_LAZY_BUNDLE = 220;
const FIRST_WAVES_MS = [0, 30, 60];
const LAST_OF_FIRST_WAVES = 330;
const LAZY_BUNDLE_MS = 4000;
const LATE_WAVE_MS = 300;

// In a bundle that WhatsApp fetches when someone forwards a message.
const LAZY = ['WAWebChatForwardMessage', 'WAWebForwardMessagesToChat'];
const LAZY_COMPONENT = 'WAWebMediaForwardMediaMsg';

const table = {};
const missing = new Map(); // by id: hidden, throws, hangs or twice, for code from outside alone
const foreign = Object.create(null);
// With a prototype: most of what wa-js asks of a default would throw without one, thousands of times.
const FILLER = { default: function filler() {} };
const FILLER_ENTRY = { factory() {}, dependencies: [] };

let fillers = 0;
function fill(count) {
  for (const last = fillers + count; fillers < last; fillers += 1) {
    table[`WAWebTableFiller${String(fillers).padStart(5, '0')}`] = FILLER_ENTRY;
  }
}

const TWIN = 'Twin';
const twins = Object.create(null);

// A module of which the table has two; the first one holds what nobody but code from outside finds.
function twinOf(id) {
  const anew = (value) => (value instanceof EventEmitter ? new value.constructor() : value);
  const copy = () => Object.fromEntries(Object.entries(importNamespace(id)).map(([name, value]) => [name, anew(value)]));
  return (twins[id] ||= copy());
}

function publish(ids) {
  for (const id of ids) {
    if (missing.get(id) === 'twice') table[id + TWIN] = { factory: () => twinOf(id), dependencies: [] };
    if (missing.get(id) !== 'hidden') table[id] = { factory: () => importNamespace(id), dependencies: [] };
  }
}

function visible(id) {
  if (!table[id]) throw new Error(`Requiring unknown module "${id}"`);
  if (table[id] === FILLER_ENTRY) return FILLER;
  if (missing.get(id) === 'throws' || missing.get(id) === 'hangs') return broken(id);
  if (id.endsWith(TWIN) && missing.get(id.slice(0, -TWIN.length)) === 'twice') return twinOf(id.slice(0, -TWIN.length));
  return foreign[id] ? foreign[id]() : importNamespace(id);
}

// A module that breaks whoever reads what it exports, or never ends to load.
function broken(id) {
  while (missing.get(id) === 'hangs');
  const exports = {};
  for (const name of FACTS.modules[id] || []) {
    Object.defineProperty(exports, name, { enumerable: true, get() { throw new Error(`${id}.${name} is broken`); } });
  }
  return exports;
}

function visibleDefault(id) {
  const namespace = visible(id);
  return 'default' in namespace ? namespace.default : namespace;
}

// A module that exports nothing but a default is, to require, that default.
function requireModule(id) {
  if (id === '__debug') return { modulesMap: table };
  const namespace = visible(id);
  return Object.keys(namespace).join() === 'default' ? namespace.default : namespace;
}

function defineFromOutside(id, dependencies, factory) {
  const module = { exports: {} };
  let run = () => {
    run = () => {};
    factory(window, requireModule, visibleDefault, visible, requireModule, module, module.exports);
  };
  foreign[id] = () => {
    run();
    return module.exports;
  };
  table[id] = { factory, dependencies };
}

// ---- waves

const eager = Object.keys(FACTS.modules).filter((id) => !LAZY.includes(id));
let lazyBundle;

function fetchLazyBundle() {
  lazyBundle ||= (async () => {
    await sleep(25);
    publish(LAZY);
    fill(IN_LAZY_BUNDLE - LAZY.length);
  })();
  return lazyBundle;
}

function growInOrdinaryWaves() {
  publish(eager);
  fill(AT_QR_SCREEN - Object.keys(table).length - LAST_OF_FIRST_WAVES);
  const [, ...later] = FIRST_WAVES_MS;
  for (const ms of later) setTimeout(() => fill(LAST_OF_FIRST_WAVES / later.length), ms);
  setTimeout(fetchLazyBundle, LAZY_BUNDLE_MS);
}

// The same modules, evenly over all of that time.
function growLate(totalMs) {
  const waves = Math.max(1, Math.ceil(totalMs / LATE_WAVE_MS));
  const share = (wave) => eager.filter((_, index) => Math.floor((index * waves) / eager.length) === wave);
  for (let wave = 0; wave < waves; wave += 1) {
    const grow = () => {
      publish(share(wave));
      fill(Math.floor((AT_QR_SCREEN - eager.length) / waves));
    };
    if (wave === 0) fill(1);
    setTimeout(grow, (totalMs * (wave + 1)) / waves);
  }
  setTimeout(fetchLazyBundle, totalMs + LAZY_BUNDLE_MS);
}

// What was hidden from code from outside is to be seen again.
link.on('reveal', ({ modules }) => {
  modules.forEach((id) => missing.delete(id));
  publish(modules.filter((id) => FACTS.modules[id] && (!LAZY.includes(id) || lazyBundle)));
});

function loadModules(components, callback) {
  const unknown = components.find((name) => name !== LAZY_COMPONENT);
  if (unknown) throw new Error(`Bootloader: unknown component ${unknown}`);
  fetchLazyBundle().then(callback);
}

// Faults of the module table: those that came with the page, and those of the phone that it is linked to.
async function ordersForTable() {
  if (!login.me) return [options];
  const response = await fetch(`/table?phone=${new Wid(login.me).user}`);
  return [options, await response.json()];
}

// wa-js starts to count modules as soon as __d and require are there.
function publishModules(orders) {
  for (const order of orders) Object.entries(order.missing).forEach(([id, how]) => missing.set(id, how));
  foreign.Bootloader = () => ({ loadModules, __debug: { componentMap: new Map([[LAZY_COMPONENT, []]]) } });
  table.Bootloader = { factory: foreign.Bootloader, dependencies: [] };
  const lateMs = Math.max(...orders.map(({ modulesLateMs }) => modulesLateMs));
  if (lateMs) growLate(lateMs);
  else growInOrdinaryWaves();
  window.ErrorGuard = { skipGuardGlobal() {}, applyWithGuard: (f, self, args) => f.apply(self, args || []) };
  window.importNamespace = visible;
  window.importDefault = visibleDefault;
  window.Debug = { VERSION: FACTS.build };
  window.__d = defineFromOutside;
  window.require = requireModule;
}
