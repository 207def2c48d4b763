// The account's people: contacts, what each shows of himself, who is blocked; and the account's own profile.
(function () {
  'use strict';

  const { functions, Rejection, shapes, quietly, walk, personFor } = wppmt;
  const { text, server, digits, phoneOf, lidOf, namesOf } = shapes;

  const PERSON = ['c.us', 'lid'];

  function contact(model) {
    return { ...shapes.contact(model), savedContact: Boolean(model.name) };
  }

  const modelOf = (id) => WPP.whatsapp.ContactStore.get(id);

  /** WhatsApp may list a person twice, by number and by hidden id: the one of which more is known. */
  function listed({ scope }) {
    const known = new Map();
    for (const model of WPP.whatsapp.ContactStore.getModelsArray()) {
      if (!PERSON.includes(server(model.id)) || shapes.isMe(model.id)) continue;
      if (scope === 'saved' && !model.name) continue;
      const person = text(phoneOf(model.id));
      const before = known.get(person);
      if (!before || (model.name && !before.name)) known.set(person, model);
    }
    return [...known].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, { id }]) => text(id));
  }

  walk('contacts', listed, (id) => {
    const model = modelOf(id);
    return model && contact(model);
  });

  // ---- one person --------------------------------------------------------------------------------------------

  const ASKED_FOR_MS = 5000;

  /** What WhatsApp's server does not say in time, or to this account, is unknown. */
  async function asked(question) {
    const late = new Promise((resolve) => setTimeout(resolve, ASKED_FOR_MS, null));
    const answer = await Promise.race([Promise.resolve().then(question).catch(() => null), late]);
    return answer === undefined ? null : answer;
  }

  /** WhatsApp keeps the person under one id, by which another may be asked for. */
  const isBlocked = (wid) => [...namesOf(wid)].some((name) => quietly(() => WPP.blocklist.isBlocked(name), false));

  function business(profile) {
    if (!profile) return null;
    const { description, email, address, website, categories } = profile;
    const names = (categories || []).map((one) => one.localized_display_name || one.name || String(one));
    return {
      description: description || null, email: email || null, address: address || null,
      websites: (website || []).map((one) => one.url || String(one)), categories: names,
    };
  }

  function numberOf(wid, asked) {
    const person = phoneOf(wid);
    return server(person) === 'c.us' ? digits(person) : asked;
  }

  functions.contact = async ({ who }) => {
    const { wid, phone, isBusiness } = await personFor(who);
    const model = modelOf(wid) || modelOf(phoneOf(wid)) || { id: wid };
    const [about, picture, profile] = await Promise.all([
      asked(() => WPP.contact.getStatus(wid)),
      asked(() => WPP.contact.getProfilePictureUrl(wid)),
      isBusiness || model.isBusiness ? asked(() => WPP.contact.getBusinessProfile(wid)) : null,
    ]);
    const number = numberOf(wid, phone);
    const shown = contact({ ...model.attributes, id: wid, name: model.name, pushname: model.pushname });
    return {
      ...shown,
      id: number ? `${number}@c.us` : text(wid),
      phone: number,
      isBusiness: Boolean(isBusiness || model.isBusiness),
      about: about || null,
      hasPicture: Boolean(picture),
      businessProfile: business(profile),
      lid: lidOf(wid),
      blocked: isBlocked(wid),
    };
  };

  async function bytesOf(url) {
    const response = await fetch(url);
    if (!response.ok) throw new Rejection('picture_not_found');
    const blob = await response.blob();
    const bytes = new Uint8Array(await blob.arrayBuffer());
    let binary = '';
    for (let at = 0; at < bytes.length; at += 0x8000) binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
    return { data: btoa(binary), mimetype: blob.type || 'image/jpeg' };
  }

  /** Of a person, a group or, without `who`, of the account. */
  functions.picture = async ({ who }) => {
    const wid = who ? (server(who) === 'g.us' ? who : (await personFor(who)).wid) : WPP.conn.getMyUserId();
    const url = await asked(() => WPP.contact.getProfilePictureUrl(wid, true));
    if (!url) throw new Rejection('picture_not_found');
    return bytesOf(url);
  };

  // ---- blocked -----------------------------------------------------------------------------------------------

  walk('blocked', () => WPP.blocklist.all().map(text).sort(), (id) => ({
    id: text(phoneOf(id)), phone: numberOf(id, null), lid: lidOf(id),
  }));

  functions.block = async ({ who, blocked }) => {
    const { wid, phone } = await personFor(who);
    if (isBlocked(wid) !== blocked) await (blocked ? WPP.blocklist.blockContact(wid) : WPP.blocklist.unblockContact(wid));
    return { id: text(phoneOf(wid)), phone: numberOf(wid, phone), lid: lidOf(wid), blocked };
  };

  // ---- the account's own profile -----------------------------------------------------------------------------

  async function profile() {
    const me = WPP.conn.getMyUserId();
    const picture = await asked(() => WPP.contact.getProfilePictureUrl(me));
    const about = await asked(() => WPP.profile.getMyStatus());
    return {
      phone: digits(me), lid: lidOf(me), name: quietly(() => WPP.profile.getMyProfileName(), null),
      about, hasPicture: Boolean(picture), isBusiness: Boolean(quietly(() => WPP.profile.isBusiness(), false)),
    };
  }

  functions.profile = profile;

  functions.change_profile = async ({ name, about, picture }) => {
    if (name !== undefined) await WPP.profile.setMyProfileName(name);
    if (about !== undefined) await WPP.profile.setMyStatus(about);
    if (picture) await WPP.profile.setMyProfilePicture(picture);
    else if (picture === null) await WPP.profile.removeMyProfilePicture();
    return profile();
  };
})();
