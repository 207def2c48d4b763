// What WhatsApp shows over its screen, known by its structure and its words.
(function () {
  'use strict';

  const { emit } = wppmt;

  // The step is a part of the landing page, and no dialog: it names its own buttons.
  const PASSKEY = '[data-testid^="shortcake_"]';
  const READ_NEWS = '[data-testid="whats_new_continue_button"]';
  // In Portuguese, English and Spanish, for a build that does not name its button.
  const NEWS = /novidades|what.s new|novedades/i;
  const AGREE = /^(continuar|continue|entendi|got it|entendido|ok)$/i;

  const isShown = (box) => box.getClientRects().length;
  const isAgreement = ({ textContent }) => AGREE.test(textContent.trim());
  const shown = (selector) => [...document.querySelectorAll(selector)].filter(isShown);

  /** `passkey`, `other` (one that holds up whoever looks at the screen), or nothing. */
  wppmt.dialog = () => {
    if (shown(PASSKEY).length) return 'passkey';
    return shown('[role="dialog"][aria-modal="true"]').length ? 'other' : '';
  };

  function wordedNewsButtons() {
    const news = shown('[role="dialog"]').filter(({ textContent }) => NEWS.test(textContent));
    return news.flatMap((box) => [...box.querySelectorAll('button, [role="button"]')].filter(isAgreement).slice(0, 1));
  }

  /** A new device that leaves WhatsApp's news unread is unlinked after some minutes; reading them does no harm. */
  wppmt.dismissNews = () => {
    const named = shown(READ_NEWS);
    for (const agree of named.length ? named : wordedNewsButtons()) {
      agree.click();
      emit('news_dismissed');
    }
  };
})();
