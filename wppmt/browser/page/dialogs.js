// What WhatsApp shows over its screen, known by its structure and its words.
(function () {
  'use strict';

  const { emit } = wppmt;

  // The step is a part of the landing page, and no dialog: it names its own buttons.
  const PASSKEY = '[data-testid^="shortcake_"]';
  // In Portuguese, English and Spanish: no attribute tells it apart.
  const NEWS = /novidades|what.s new|novedades/i;
  const AGREE = /^(continuar|continue|entendi|got it|entendido|ok)$/i;

  const isShown = (box) => box.getClientRects().length;
  const shown = (selector) => [...document.querySelectorAll(selector)].filter(isShown);

  /** `passkey`, `other` (one that holds up whoever looks at the screen), or nothing. */
  wppmt.dialog = () => {
    if (shown(PASSKEY).length) return 'passkey';
    return shown('[role="dialog"][aria-modal="true"]').length ? 'other' : '';
  };

  /** A new device that leaves WhatsApp's news unread is unlinked after some minutes; reading them does no harm. */
  wppmt.dismissNews = () => {
    for (const box of shown('[role="dialog"]').filter(({ textContent }) => NEWS.test(textContent))) {
      const buttons = [...box.querySelectorAll('button, [role="button"]')];
      const agree = buttons.find(({ textContent }) => AGREE.test(textContent.trim()));
      if (!agree) continue;
      agree.click();
      emit('news_dismissed');
    }
  };
})();
