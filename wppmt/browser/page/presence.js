// Whether the account is shown as there: only while something is typed or sent. A phone does not ring for what another
// device of its account is there to read.
(function () {
  'use strict';

  const { unavailableSeconds } = self.wppmtSettings;

  // One that nobody ends, because its message was dropped, would last for ever.
  const TYPING_MS = 20_000;

  let timer = null;

  // Not by wa-js, which changes the page's model: that waits for a window to be looked at.
  function tell(name) {
    try {
      if (wppmt.isConnected()) wppmt.module('WAWebPresenceChatAction')[name]();
    } catch {
      // The module is gone: what is sent goes out all the same.
    }
  }

  const leave = () => tell('sendPresenceUnavailable');

  function leaveAfter(milliseconds) {
    clearTimeout(timer);
    if (unavailableSeconds) timer = setTimeout(leave, milliseconds);
  }

  /** Something was sent, or is about to be: so ends the typing, too. */
  const active = () => leaveAfter(unavailableSeconds * 1000);

  /** Others see what is typed only by who is there. */
  function typing() {
    leaveAfter(TYPING_MS);
    if (unavailableSeconds) tell('sendPresenceAvailable');
  }

  wppmt.presence = { active, typing };

  // WhatsApp's page may say that it is there when it comes up.
  wppmt.attach('Stream', ({ Stream }) => {
    const up = () => Stream.mode === 'MAIN' && active();
    Stream.on('change:mode', up);
    up();
  });
})();
