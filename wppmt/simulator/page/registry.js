// The module registry, as Meta's loader shows it: __d, require, importNamespace, ErrorGuard.

const modules = Object.create(null);
const namespaces = Object.create(null);

// require(id) gives the value itself, importNamespace(id) gives {default: value}, as for real CommonJS modules.
class CommonJs {
  constructor(value) { this.value = value; }
}

function define(id, factory) {
  if (id !== options.missingModule) modules[id] = { id, factory, dependencies: [] };
}

function importNamespace(id) {
  if (namespaces[id]) return namespaces[id];
  if (!modules[id]) throw new Error(`Requiring unknown module "${id}"`);
  const made = modules[id].factory();
  // wa-js writes its wrappers into these objects, so every import must get the very same one.
  namespaces[id] = made instanceof CommonJs ? Object.assign({ default: made.value }, made.value) : made;
  if (made instanceof CommonJs) Object.defineProperty(namespaces[id], 'raw', { value: made.value });
  return namespaces[id];
}

function importDefault(id) {
  const namespace = importNamespace(id);
  return 'default' in namespace ? namespace.default : namespace;
}

function requireModule(id) {
  if (id === '__debug') return { modulesMap: modules };
  const namespace = importNamespace(id);
  return namespace.raw || namespace;
}

function defineFromOutside(id, dependencies, factory) {
  define(id, () => {
    const module = { exports: {} };
    factory(window, requireModule, importDefault, importNamespace, requireModule, module, module.exports);
    return module.exports;
  });
}

// Only when the table is complete: wa-js starts to count modules as soon as __d and require are there.
function publishModules() {
  window.ErrorGuard = { skipGuardGlobal() {}, applyWithGuard: (f, self, args) => f.apply(self, args || []) };
  window.importNamespace = importNamespace;
  window.importDefault = importDefault;
  window.Debug = { VERSION };
  window.__d = defineFromOutside;
  window.require = requireModule;
}
