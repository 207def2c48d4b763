// The websocket to the server: calls with answers, and pushes, which are handled strictly one after the other.

const RECONNECT_MS = 1000;

const link = (() => {
  const handlers = {};
  const calls = new Map();
  let socket;
  let lastCall = 0;
  let handled = Promise.resolve();

  function call(type, data) {
    if (!socket || socket.readyState !== WebSocket.OPEN) return Promise.reject(new Error('socket is closed'));
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
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ type: 'confirm', data: { n } }));
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
    const frame = JSON.parse(event.data);
    if (frame.re) {
      calls.get(frame.re).resolve(frame.data);
      calls.delete(frame.re);
    } else {
      handled = handled.then(() => handle(frame));
    }
  }

  function lost(onLost) {
    for (const { reject } of calls.values()) reject(new Error('socket is closed'));
    calls.clear();
    onLost();
  }

  function open(onOpen, onLost) {
    const phone = login.me ? new Wid(login.me).user : '';
    socket = new WebSocket(`wss://${location.host}/ws?phone=${phone}`);
    socket.onmessage = receive;
    socket.onopen = onOpen;
    socket.onclose = () => lost(onLost);
  }

  return { call, tell, open, close: () => socket.close(), on: (type, handler) => { handlers[type] = handler; } };
})();
