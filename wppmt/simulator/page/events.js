// The event emitter under every model and collection. Names may be separated by spaces, as in Backbone.

class EventEmitter {
  constructor() {
    Object.defineProperty(this, 'listeners', { value: Object.create(null), writable: true });
  }

  on(names, callback, context) {
    if (typeof callback !== 'function') throw new TypeError('listener is not a function');
    for (const name of names.split(/\s+/)) (this.listeners[name] ||= []).push({ callback, context });
    return this;
  }

  once(names, callback, context) {
    for (const name of names.split(/\s+/)) {
      const wrapper = (...args) => {
        this.off(name, wrapper);
        callback.apply(context || this, args);
      };
      wrapper.original = callback;
      this.on(name, wrapper, context);
    }
    return this;
  }

  off(names, callback) {
    if (!names) this.listeners = Object.create(null);
    else for (const name of names.split(/\s+/)) this.listeners[name] = remaining(this.listeners[name], callback);
    return this;
  }

  listenTo(other, names, callback) { other.on(names, callback, this); return this; }
  stopListening() { return this; }
  addListener(names, callback, context) { return this.on(names, callback, context); }
  removeListener(names, callback) { return this.off(names, callback); }
  removeAllListeners(names) { return this.off(names); }
  emit(name, ...args) { return this.trigger(name, ...args); }

  trigger(name, ...args) {
    this.notify(this.listeners[name], args);
    this.notify(this.listeners.all, [name, ...args]);
    return this;
  }

  notify(listeners, args) {
    for (const { callback, context } of [...(listeners || [])]) {
      try {
        callback.apply(context || this, args);
      } catch (error) {
        throwLater(error); // one listener's fault is neither the caller's nor the next listener's
      }
    }
  }
}

function remaining(listeners, callback) {
  return (listeners || []).filter((one) => callback && one.callback !== callback && one.callback.original !== callback);
}

function throwLater(error) {
  setTimeout(() => { throw error; });
}

define('WAWebEventEmitter', () => ({ default: EventEmitter }));
