// The websocket to the server: calls with answers, and pushes, which are handled strictly one after the other.

const HEALTH_CHECK_MS = 15_000;
const DEAD_AFTER_MS = 20_000; // without a word from the other side

const link = (() => {
  const handlers = {};
  const calls = new Map();
  let socket;
  let lastCall = 0;
  let lastWord = 0;
  let handled = Promise.resolve();

  const isOpen = () => !!socket && socket.readyState === WebSocket.OPEN;

  function call(type, data) {
    if (!isOpen()) return Promise.reject(new Error('socket is closed'));
    return new Promise((resolve, reject) => {
      lastCall += 1;
      calls.set(lastCall, { resolve, reject });
      socket.send(JSON.stringify({ id: lastCall, type, data: data || {} }));
    });
  }

  function tell(type, data) {
    call(type, data).catch(() => {}); // whoever cares for the answer uses call()
  }

  function confirm(n) {
    if (isOpen()) socket.send(JSON.stringify({ type: 'confirm', data: { n } }));
  }

  async function handle(frame) {
    try {
      await handlers[frame.type](frame.data);
      if (frame.n) confirm(frame.n); // not before it is stored: the server keeps it until then
    } catch (error) {
      throwLater(error);
    }
  }

  function receive(event) {
    lastWord = performance.now();
    const frame = JSON.parse(event.data);
    if (frame.re) {
      calls.get(frame.re).resolve(frame.data);
      calls.delete(frame.re);
    } else {
      handled = handled.then(() => handle(frame));
    }
  }

  function forgetCalls() {
    for (const { reject } of calls.values()) reject(new Error('socket is closed'));
    calls.clear();
  }

  // Gone for the page, whatever becomes of it on the wire; nobody hears of it any more.
  function abandon() {
    if (!socket) return;
    Object.assign(socket, { onmessage: null, onopen: null, onclose: null });
    socket.close();
    forgetCalls();
  }

  function open(onOpen, onLost) {
    const phone = login.me ? new Wid(login.me).user : '';
    socket = new WebSocket(`wss://${location.host}/ws?phone=${phone}`);
    socket.onmessage = receive;
    socket.onopen = () => {
      lastWord = performance.now();
      onOpen();
    };
    socket.onclose = () => {
      forgetCalls();
      onLost();
    };
  }

  // A socket over which nothing comes any more stays open by itself.
  setInterval(() => {
    if (!isOpen()) return;
    if (performance.now() - lastWord < DEAD_AFTER_MS) return tell('ping');
    const { onclose } = socket;
    abandon();
    onclose();
  }, HEALTH_CHECK_MS);

  return {
    msSinceLastWord: () => (lastWord ? performance.now() - lastWord : -1),
    call, tell, open, isOpen, abandon, close: () => socket && socket.close(),
    on: (type, handler) => { handlers[type] = handler; },
  };
})();
