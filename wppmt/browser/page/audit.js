// The page's end of the inbound audit: what others, and the owner on the phone, wrote since a moment, as WhatsApp's
// stores hold it, told or not.
(function () {
  'use strict';

  const { emit, functions, quietly, shapes, isWanted, isIncoming, isFromPhone, hear, isHeard } = wppmt;
  const { beatSeconds } = self.wppmtSettings;
  const { text } = shapes;

  const now = () => Math.floor(Date.now() / 1000);

  /** By WhatsApp's clock, as the messages' own times are. */
  const whatsappNow = () => Math.floor(quietly(() => WPP.whatsapp.functions.unixTime(), now()));

  // ---- a page that does not hear what it stores ----------------------------------------------------------------

  const BORN = now();
  const MARGIN_SECONDS = 5;
  const SUSPECT_SECONDS = 3600;
  const LOOK_BEATS = 6;

  /** Messages that came since then should have been told; what is older may be history. */
  const newsSince = () => Math.max(BORN - MARGIN_SECONDS, now() - SUSPECT_SECONDS);

  const isUnheard = (message, since) => message.isNewMsg && message.t >= since && isIncoming(message) && !isHeard(message);

  const activeChats = (since) =>
    WPP.whatsapp.ChatStore.getModelsArray().filter((chat) => chat.t >= since && isWanted(chat.id));

  /** In either store: where WhatsApp has two of one, nobody fills the one that the bridge listens to. */
  function isDeaf() {
    const since = newsSince();
    const isNews = (message) => isUnheard(message, since);
    return WPP.whatsapp.MsgStore.getModelsArray().some(isNews)
      || activeChats(since).some((chat) => chat.msgs.getModelsArray().some(isNews));
  }

  function look() {
    if (quietly(isDeaf, false)) emit('unheard');
  }
  setInterval(look, LOOK_BEATS * beatSeconds * 1000);

  // ---- the audit -----------------------------------------------------------------------------------------------

  const AT_ONCE = 200;
  const SLICE_MS = 4;
  const breath = () => new Promise((resolve) => setTimeout(resolve));

  /** Runs through long lists in slices, so that sends have their turns in between; `spent` is what they took. */
  class Slices {
    spent = 0;
    began = performance.now();

    async each(items, run) {
      for (let at = 0; at < items.length; at += AT_ONCE) {
        items.slice(at, at + AT_ONCE).forEach(run);
        if (performance.now() - this.began >= SLICE_MS) await this.leaveTo(breath());
      }
    }

    /** What others do meanwhile is theirs. */
    async leaveTo(others) {
      this.end();
      const result = await others;
      this.began = performance.now();
      return result;
    }

    end() {
      this.spent += performance.now() - this.began;
    }
  }

  const LOADED_AT_ONCE = 100;
  const LOADS = 20;

  /** Whether WhatsApp's database may have more of this chat than the page: it was loaded since, or lacks the newest. */
  function isPartlyHeld(chat, since) {
    const times = chat.msgs.getModelsArray().map(({ t }) => t);
    const reachesBack = BORN < since || Math.min(...times, Infinity) < since;
    return !reachesBack || Math.max(...times, 0) < chat.t;
  }

  /** The chat's messages since then out of the database, and whether these are all. */
  async function loaded(chat, since) {
    const messages = [];
    let anchor = null;
    for (let load = 0; load < LOADS; load += 1) {
      const from = anchor && { direction: 'before', id: anchor };
      const batch = await WPP.chat.getMessages(chat.id, { count: LOADED_AT_ONCE, ...from }).catch(() => null);
      if (!batch) return { messages, complete: false };
      messages.push(...batch);
      const oldest = batch.reduce((one, other) => (other.t < one.t ? other : one), batch[0]);
      if (batch.length < LOADED_AT_ONCE || oldest.t < since) return { messages, complete: true };
      anchor = text(oldest.id);
    }
    return { messages, complete: false };
  }

  async function heldSince(since, slices) {
    const [found, news, active] = [new Map(), newsSince(), activeChats(since)];
    let complete = true;
    const isMeant = (message) => message.t >= since && (isIncoming(message) || isFromPhone(message));
    const take = (message) => (isMeant(message) || isUnheard(message, news)) && found.set(text(message.id), message);
    for (const chat of active) {
      await slices.each(chat.msgs.getModelsArray(), take);
      if (!isPartlyHeld(chat, since)) continue;
      const some = await slices.leaveTo(loaded(chat, since));
      complete = complete && some.complete;
      await slices.each(some.messages, take);
    }
    await slices.each(WPP.whatsapp.MsgStore.getModelsArray(), take);
    return { found: [...found.values()].sort((a, b) => a.t - b.t), complete };
  }

  /**
   * What was written since `t` (epoch seconds), in order of time, at most about `limit` of it: a second is told whole.
   * `more` is there from `until` on; otherwise nothing that was written before `until` is left out.
   */
  functions.messages_after = async ({ t, limit }) => {
    const slices = new Slices();
    const until = whatsappNow();
    const { found, complete } = await heldSince(t, slices);
    const more = found.length > limit;
    const last = more ? found[limit - 1].t : Infinity;
    const messages = [];
    await slices.each(found, (message) => message.t <= last && messages.push(hear(message)));
    slices.end();
    return { messages, more, until: more ? last + 1 : until, complete, busyMs: Math.ceil(slices.spent) };
  };
})();
