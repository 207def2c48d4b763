// Models (attributes that fire change:NAME) and collections (which repeat the events of their models).

class BaseModel extends EventEmitter {
  constructor(attributes) {
    super();
    Object.defineProperty(this, 'attributes', { value: {}, writable: true });
    const defaults = this.constructor.defaults || {};
    for (const name of Object.keys(defaults)) {
      this.define(name, typeof defaults[name] === 'function' ? defaults[name]() : defaults[name]);
    }
    for (const name of Object.keys(attributes || {})) this.define(name, attributes[name]);
  }

  define(name, value) {
    this.attributes[name] = value;
    if (Object.prototype.hasOwnProperty.call(this, name)) return;
    Object.defineProperty(this, name, {
      configurable: true,
      enumerable: true,
      get: () => this.attributes[name],
      set: (changed) => this.set(name, changed),
    });
  }

  get(name) {
    return this.attributes[name];
  }

  // All of it is there before anybody hears of any of it.
  set(name, value, how) {
    const given = typeof name === 'object' ? Object.entries(name) : [[name, value]];
    const { silent } = (typeof name === 'object' ? value : how) || {};
    const changed = silent
      ? []
      : given.map(([one, now]) => [one, now, this.attributes[one]]).filter(([, now, before]) => now !== before);
    for (const [one, now] of given) this.define(one, now);
    for (const [one, now, before] of changed) this.trigger(`change:${one}`, this, now, before);
    if (changed.length) this.trigger('change', this);
    return this;
  }

  unset(name) {
    return this.set(name, undefined);
  }

  // Collections of its own go along, other models do not.
  toJSON() {
    const plain = Object.entries(this.attributes).filter(([, value]) => !(value instanceof BaseModel));
    return Object.fromEntries(
      plain.map(([name, value]) => [name, value instanceof BaseCollection ? value.toJSON() : value]),
    );
  }

  serialize() {
    return this.toJSON();
  }
}

class BaseCollection extends EventEmitter {
  constructor() {
    super();
    if (!this.constructor.model) this.reason = 'Collection initialized without model'; // wa-js looks for this text
    this.models = [];
    this.byId = new Map();
  }

  static keyOf(id) {
    if (id instanceof BaseModel || (id && id.id instanceof MsgKey)) return String(id.id);
    return id === undefined || id === null ? undefined : id._serialized || String(id);
  }

  get length() {
    return this.models.length;
  }
  get modelClass() {
    return this.constructor.model || BaseModel;
  }
  get _models() {
    return this.models;
  }
  get _index() {
    return Object.fromEntries(this.byId);
  }
  get(id) {
    return this.byId.get(BaseCollection.keyOf(id));
  }
  async find(id) {
    return this.get(id);
  }

  assertGet(id) {
    const model = this.get(id);
    if (!model) throw new Error(`not in collection: ${id}`);
    return model;
  }

  add(model, given) {
    if (Array.isArray(model)) return model.map((one) => this.add(one, given));
    const attributes = model instanceof BaseModel ? model.attributes : model;
    const known = this.byId.get(BaseCollection.keyOf(attributes.id));
    if (known) return given && given.merge ? known.set(attributes) : known;
    if (!(model instanceof BaseModel)) model = new this.modelClass(model);
    const key = BaseCollection.keyOf(model);
    this.byId.set(key, model);
    this.models.push(model);
    if (!model.collection) Object.defineProperty(model, 'collection', { value: this, configurable: true });
    model.on('all', (name, ...args) => this.trigger(name, ...args));
    if (!given || !given.silent) this.trigger('add', model, this, given || {});
    return model;
  }

  remove(id) {
    const key = BaseCollection.keyOf(id);
    const model = this.byId.get(key);
    if (!model) return undefined;
    this.byId.delete(key);
    this.models.splice(this.models.indexOf(model), 1);
    this.trigger('remove', model, this);
    return model;
  }

  reset() {
    for (const model of [...this.models]) this.remove(model);
    return this;
  }
  getModelsArray() {
    return this.models;
  }
  toArray() {
    return [...this.models];
  }
  findFirst(test) {
    return this.models.find(test);
  }
  filter(test) {
    return this.models.filter(test);
  }
  map(change) {
    return this.models.map(change);
  }
  some(test) {
    return this.models.some(test);
  }
  forEach(visit) {
    this.models.forEach(visit);
  }
  head() {
    return this.models[0];
  }
  last() {
    return this.models[this.models.length - 1];
  }
  at(index) {
    return this.models[index];
  }
  toJSON() {
    return this.models.map((model) => model.toJSON());
  }
  serialize() {
    return this.toJSON();
  }

  // The model of that id, made if there is none.
  gadd(id) {
    return this.get(id) || this.add({ id });
  }
}

// wa-js recognises models by the proxyName of their prototype.
function named(Model, proxyName, defaults) {
  Model.prototype.proxyName = proxyName;
  Model.defaults = defaults || {};
  return Model;
}

define('WAWebBaseModel', () => ({ BaseModel, defineModel: (Model) => Model }));
define('WAWebBaseCollection', () => ({ BaseCollection }));
define('WAWebCollection', () => ({ default: BaseCollection }));
