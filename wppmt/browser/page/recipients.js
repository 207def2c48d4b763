// Whom a caller means: numbers, hidden ids and groups, as WhatsApp knows them.
(function () {
  'use strict';

  const { functions, Rejection, describe, shapes } = wppmt;
  const { text, server, digits, phoneOf } = shapes;

  const HOUR = 3_600_000;
  const resolved = new Map();

  /**
   * Mobile numbers that people write in two ways, while WhatsApp knows each by one only. In Brazil with and without the
   * ninth digit: landlines (2-5) never had one, with a 9 before it a landline's number is another person's. In Mexico
   * with and without 1, in Argentina with and without 9, behind the country's code.
   */
  const FORMS = [
    [/^55(\d\d)9([6-9]\d{7})$/, '55$1$2'],
    [/^55(\d\d)([6-9]\d{7})$/, '55$19$2'],
    [/^521(\d{10})$/, '52$1'],
    [/^52(\d{10})$/, '521$1'],
    [/^549(\d{10})$/, '54$1'],
    [/^54(\d{10})$/, '549$1'],
  ];

  function otherForm(phone) {
    const form = FORMS.find(([pattern]) => pattern.test(phone));
    return form && phone.replace(...form);
  }

  /** Who is in the page's contacts exists; of anybody else the server is asked, and no answer is no "no". */
  async function ask(id) {
    const { ContactStore, WidFactory, lidPnCache, functions: pageFunctions } = WPP.whatsapp;
    const wid = WidFactory.createWid(id);
    const known = ContactStore.get(wid) || ContactStore.get(lidPnCache.getCurrentLid(wid));
    if (known) return { wid: known.id, biz: known.isBusiness };
    if (!wppmt.isConnected()) throw new Rejection('could_not_look');
    // wa-js's own function answers null, also when it could not ask.
    return pageFunctions.queryWidExists(wid).catch((error) => {
      throw new Rejection('could_not_look', describe(error));
    });
  }

  async function lookUp(phone) {
    for (const form of [phone, otherForm(phone)]) {
      const found = form && (await ask(`${form}@c.us`));
      if (found) return { wid: found.wid, isBusiness: Boolean(found.biz), phone: form };
    }
    return null;
  }

  async function resolve(phone) {
    const known = resolved.get(phone);
    if (known && known.until > Date.now()) return known.answer;
    const answer = await lookUp(phone);
    if (answer) resolved.set(phone, { answer, until: Date.now() + HOUR });
    return answer;
  }

  // What WhatsApp's server says of a group that the account is not in, and of one that is none.
  const NOT_OUR_GROUP = new Map([[403, 'not_group_member'], [404, 'group_not_found']]);

  /** A chat can be opened for any group's id: whether the account is in such a group is WhatsApp's word. */
  async function groupChat(id) {
    const { ChatStore, GroupMetadataStore } = WPP.whatsapp;
    if (ChatStore.get(id)) return ChatStore.get(id);
    const group = await GroupMetadataStore.find(WPP.util.createWid(id)).catch((error) => {
      const status = Number(error && (error.status || error.statusCode));
      throw new Rejection(NOT_OUR_GROUP.get(status) || 'could_not_look', describe(error));
    });
    if (!group) throw new Rejection('could_not_look');
    return WPP.chat.find(id);
  }

  /** The chat for what a caller wrote: a group's or a hidden id as it is, a number by WhatsApp's own form of it. */
  wppmt.chatFor = async (to) => {
    if (server(to) === 'g.us') return groupChat(to);
    if (server(to) === 'lid') return WPP.chat.find(to);
    const answer = await resolve(digits(to));
    if (!answer) throw new Rejection('not_on_whatsapp');
    return WPP.chat.find(answer.wid);
  };

  /** Who has this number, or hidden id: `{wid, phone}`; a refusal where nobody has it. */
  wppmt.personFor = async (who) => {
    if (server(who) === 'lid') return { wid: WPP.whatsapp.WidFactory.createWid(who), phone: null };
    const answer = await resolve(digits(who));
    if (!answer) throw new Rejection('not_on_whatsapp');
    return answer;
  };

  /** WhatsApp mostly answers with a hidden id; the number is then the one that was asked for. */
  functions.check_number = async ({ phone }) => {
    const answer = await resolve(digits(phone));
    if (!answer) return { valid: false, wid: null, phone: null, isBusiness: false };
    const person = phoneOf(answer.wid);
    const number = server(person) === 'c.us' ? digits(person) : answer.phone;
    return { valid: true, wid: `${number}@c.us`, phone: number, isBusiness: answer.isBusiness };
  };
})();
