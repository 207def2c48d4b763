// What the API itself does to chats, groups and labels: told once it is done, and its echo not told again.
(function () {
  'use strict';

  const { emit } = wppmt;

  const ECHO_MS = 30_000;
  const expected = new Map();

  function forget(act) {
    const left = (expected.get(act) || 1) - 1;
    if (left) expected.set(act, left);
    else expected.delete(act);
  }

  function expect(act) {
    expected.set(act, (expected.get(act) || 0) + 1);
  }

  /** Does `run`; `act` names what WhatsApp will tell of it, so that it is not taken for the phone's. */
  wppmt.act = async (act, run) => {
    expect(act);
    try {
      return await run();
    } finally {
      setTimeout(forget, ECHO_MS, act);
    }
  };

  /** Whether the API is doing this, or has just done it. */
  wppmt.isOurAct = (act) => expected.has(act);

  /** The same, and it is told as `name`. */
  wppmt.actAndTell = async (act, run, name, data) => {
    const done = await wppmt.act(act, run);
    emit(name, { ...data, by: 'api' });
    return done;
  };
})();
