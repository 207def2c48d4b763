// WhatsApp's limits on new contacts: a cool-down (error 463) and a quota of new chats per cycle (error 475).
//
// Both stand behind switches of the server: what the page does not tell is unknown, not unlimited.
(function () {
  'use strict';

  const { emit, functions, attach, module, quietly } = wppmt;

  const ASKED_FOR_MS = 5000;
  const WORDS = { reachout: 'reachout_timelock', quota: 'new_chat_quota' };
  const NAMES = { reachout_timelock: 'reachout', new_chat_quota: 'quota' };

  async function reachout() {
    const { is_active: active, time_enforcement_ends: ends } = await module(
      'WAWebMexFetchReachoutTimelockJob',
    ).mexFetchReachoutTimelock();
    return { active: Boolean(active), until: Number(ends) || null };
  }

  let knowsQuota = false;

  function quota() {
    const utils = module('WAWebIndividualNewChatMessageCappingLimitUtils');
    const data = utils.getCappingData();
    // Nothing is known of a quota whose switch is off; one that was known is over then.
    if (!data) return knowsQuota ? { active: false, until: null } : null;
    knowsQuota = true;
    const until = Number(data.cycle_end_timestamp) || null;
    return { active: Boolean(utils.isUserCapped()), until, used: data.used_quota, total: data.total_quota };
  }

  const inTime = (promise) => Promise.race([promise, new Promise((resolve) => setTimeout(resolve, ASKED_FOR_MS, null))]);

  /** What the page knows now: asks the server for the end of a cool-down. */
  async function read() {
    const [lock, cap] = await Promise.all([inTime(reachout().catch(() => null)), quietly(quota, null)]);
    return { ...(lock && { reachout: lock }), ...(cap && { quota: cap }) };
  }

  const wasActive = new Set();
  let told = '';
  /** Tells a change; who is refused asks first, so that it is told with its end. */
  async function mayHaveChanged() {
    const limits = await read();
    for (const [name, { active }] of Object.entries(limits)) {
      // One that WhatsApp has lifted; one of which it never told is kept to for a while.
      if (!active && wasActive.has(name)) met.delete(WORDS[name]);
      if (active) wasActive.add(name);
      else wasActive.delete(name);
    }
    if (JSON.stringify(limits) !== told) {
      told = JSON.stringify(limits);
      emit('limits_changed', limits);
    }
    return limits;
  }

  const UNKNOWN_MS = 60_000;
  const met = new Map();

  /** The end of the limit for which a send was refused; null where WhatsApp does not tell. */
  wppmt.endOfLimit = async (word) => {
    met.set(word, Date.now() + UNKNOWN_MS);
    const limit = (await mayHaveChanged())[NAMES[word]];
    const until = limit && limit.active ? limit.until : null;
    if (until) met.set(word, until * 1000);
    return until;
  };

  const isMet = (word) => met.get(word) > Date.now();

  const isLocked = () => quietly(() => module('WAWebReachoutTimelockUtils').isUserReachoutTimelocked(), false);
  const isCapped = () => quietly(() => module('WAWebIndividualNewChatMessageCappingLimitUtils').isUserCapped(), false);

  /** Whether WhatsApp itself would let this chat pass: a business, a bot, oneself. */
  function isExempt(chat, name, ask) {
    return quietly(() => module(name)[ask]({ chat, contact: chat.contact }), false);
  }

  /** The word of a limit that forbids this chat now, as the page sees it before any send. */
  wppmt.limitFor = (chat) => {
    const known = Object.values(WORDS).find(isMet);
    if (known) return known;
    if (isLocked() && !isExempt(chat, 'WAWebReachoutTimelockUtils', 'canSendMsgWhileTimelocked')) return WORDS.reachout;
    const utils = 'WAWebIndividualNewChatMessageCappingLimitUtils';
    if (isCapped() && !isExempt(chat, utils, 'canSendMsgWhileCapped')) return WORDS.quota;
    return null;
  };

  functions.limits = mayHaveChanged;

  attach('Cmd', ({ Cmd }) => {
    Cmd.on('reachout_timelock_state_change new_chat_message_capping_state_change', () => {
      mayHaveChanged();
    });
  });
  wppmt.limitsMayHaveChanged = mayHaveChanged;
})();
