// WhatsApp's modules. What the page builds is defined here, under the build's own names; whatever else the build
// exports is there, too, and says that it is not simulated as soon as someone uses it.

const built = new Map();
const namespaces = Object.create(null);

// Asked of any function by whoever only looks at it: wa-js, the console, a promise.
const LOOKED_AT = new Set([
  'prototype',
  '$$typeof',
  'constructor',
  'displayName',
  'proxyName',
  'toJSON',
  'then',
  ...Reflect.ownKeys(Function.prototype),
]);

class NotSimulated extends Error {
  constructor(what) {
    super(`NotSimulated: ${what}`); // also where only the text is told on
  }
}

function notSimulated(what) {
  const refuse = () => {
    throw new NotSimulated(what);
  };
  return new Proxy(function unbuilt() {}, {
    apply: refuse,
    construct: refuse,
    get: (target, name) => (typeof name === 'symbol' || LOOKED_AT.has(name) ? target[name] : refuse()),
  });
}

function define(id, factory) {
  if (!FACTS.modules[id]) throw new Error(`${id} is not in build ${FACTS.build}`);
  if (built.has(id)) throw new Error(`${id} is defined twice`);
  built.set(id, factory);
}

// wa-js writes its wrappers into these objects, so every import gets the very same one.
function importNamespace(id) {
  namespaces[id] ||= namespaceOf(id);
  return namespaces[id];
}

function namespaceOf(id) {
  const names = FACTS.modules[id];
  if (!names) throw new Error(`Requiring unknown module "${id}"`);
  const exports = built.has(id) ? built.get(id)() : {};
  const foreign = Object.keys(exports).find((name) => !names.includes(name));
  if (foreign) throw new Error(`${id}.${foreign} is not in build ${FACTS.build}`);
  for (const name of names) if (!(name in exports)) exports[name] = notSimulated(`${id}.${name}`);
  return exports;
}
