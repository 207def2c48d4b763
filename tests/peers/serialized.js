// WhatsApp's message keys have had no `_serialized` since build 1042401057 (July 2026), which whatsapp-web.js 1.34.7
// reads everywhere; its users give it back by a script like this one, handed over in the client's `evalOnNewDoc`.
'use strict';

module.exports = function restoreSerialized() {
  const patch = (MsgKey) => {
    const [, cached] = /return this\.([$\w]+)/.exec(MsgKey.prototype.toString.toString()) || [];
    if (!cached || cached === '_serialized') return;
    Object.defineProperty(MsgKey.prototype, cached, {
      get() {
        return this._serialized;
      },
      set(value) {
        Object.defineProperty(this, '_serialized', { value, writable: true, enumerable: true, configurable: true });
      },
    });
  };
  let loader;
  Object.defineProperty(window, 'require', {
    configurable: true,
    get: () => loader,
    set(value) {
      loader = value;
      try {
        const found = loader('WAWebMsgKey');
        patch(found.default || found);
      } catch (error) {
        /* a page without that module: nothing to restore */
      }
    },
  });
};
