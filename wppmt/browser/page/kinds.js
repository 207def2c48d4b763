// Messages of every kind that needs no file.
(function () {
  'use strict';

  const { functions, sending } = wppmt;
  const { once, recipient, options, handOver } = sending;

  /** `how`: wa-js's options, with the id in them. */
  function kind(send) {
    return once(async (message) => {
      const whom = await recipient(message);
      const how = await options(whom.chat, message);
      return handOver(whom, message.id, (messageId) =>
        send(whom.chat.id, message, Object.assign(how, { messageId })));
    });
  }

  functions.send_location = kind((chat, { latitude, longitude, name, address }, how) =>
    WPP.chat.sendLocationMessage(chat, Object.assign(how, { lat: latitude, lng: longitude, name, address })));

  /** One card is a message of another type than several; `cards`: [{displayName, vcard}]. */
  functions.send_contacts = kind((chat, { cards }, how) => {
    const [{ displayName, vcard }, ...more] = cards;
    const one = { type: 'vcard', body: vcard, vcardFormattedName: displayName };
    return WPP.chat.sendRawMessage(chat, more.length ? { type: 'multi_vcard', vcardList: cards } : one, how);
  });

  const ANY_NUMBER = 0;

  functions.send_poll = kind((chat, { question, options: choices, multiple }, how) =>
    WPP.chat.sendCreatePollMessage(chat, question, choices, Object.assign(how, { selectableCount: multiple ? ANY_NUMBER : 1 })));

  functions.send_pix = kind((chat, { keyType, key, name, instructions }, how) =>
    WPP.chat.sendPixKeyMessage(chat, { keyType, key, name, instructions }, how));
})();
