// WhatsApp's own dialogs, of which none of its modules tells: known by their structure and their words.
(function () {
  'use strict';

  const { emit } = wppmt;

  // In Portuguese, English and Spanish: no attribute tells them apart.
  const PASSKEY = /passkey|chaves? de acesso|llaves? de acceso/i;
  const NEWS = /novidades|what.s new|novedades/i;
  const AGREE = /^(continuar|continue|entendi|got it|entendido|ok)$/i;

  function shown() {
    return [...document.querySelectorAll('[role="dialog"]')].filter((box) => box.getClientRects().length);
  }

  /** `passkey`, `other` (one that holds up whoever looks at the screen), or nothing. */
  wppmt.dialog = () => {
    const boxes = shown();
    if (boxes.some((box) => PASSKEY.test(box.textContent))) return 'passkey';
    return boxes.some((box) => box.getAttribute('aria-modal') === 'true') ? 'other' : '';
  };

  /** A new device that leaves WhatsApp's news unread is unlinked after some minutes; reading them does no harm. */
  wppmt.dismissNews = () => {
    for (const box of shown().filter(({ textContent }) => NEWS.test(textContent) && !PASSKEY.test(textContent))) {
      const buttons = [...box.querySelectorAll('button, [role="button"]')];
      const agree = buttons.find(({ textContent }) => AGREE.test(textContent.trim()));
      if (!agree) continue;
      agree.click();
      emit('news_dismissed');
    }
  };
})();
