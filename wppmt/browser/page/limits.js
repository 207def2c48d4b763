// WhatsApp's limits on new contacts: a cool-down (error 463) and a quota of new chats per cycle (error 475).
//
// Both stand behind switches of the server: what the page does not tell is unknown, not unlimited.
(function () {
  'use strict';

  const { emit, functions, attach, module, quietly } = wppmt;

  const ASKED_FOR_MS = 5000;
  const QUOTA = 'WAWebIndividualNewChatMessageCappingLimitUtils';
  const COOL_DOWN = 'WAWebReachoutTimelockUtils';
  const WORDS = { reachout: 'reachout_timelock', quota: 'new_chat_quota' };
  const NAMES = { reachout_timelock: 'reachout', new_chat_quota: 'quota' };

  const inTime = (promise) => Promise.race([promise, new Promise((resolve) => setTimeout(resolve, ASKED_FOR_MS, null))]);

  async function reachout() {
    const answer = await module('WAWebMexFetchReachoutTimelockJob').mexFetchReachoutTimelock();
    const { is_active: active, enforcement_type: kind, time_enforcement_ends: ends } = answer;
    return { active: Boolean(active), until: Number(ends) || null, kind: active && kind ? String(kind) : null };
  }

  const fetchQuota = async () => module('WAWebGetNewChatMessageCappingInfoJob').fetchOrUpdateCapStatus();

  let knowsQuota = false;

  function quota() {
    const utils = module(QUOTA);
    const data = utils.getCappingData();
    // Nothing is known of a quota whose switch is off; one that was known is over then.
    if (!data) return knowsQuota ? { active: false, until: null } : null;
    knowsQuota = true;
    const until = Number(data.cycle_end_timestamp) || null;
    const { capping_status: status, used_quota: used, total_quota: total } = data;
    return { active: Boolean(utils.isUserCapped()), until, status, used, total };
  }

  /** What the page knows. The server is always asked for the cool-down; of the quota it tells by itself, or when asked. */
  async function read({ anew }) {
    const asked = [reachout(), anew && fetchQuota()].map((answer) => Promise.resolve(answer).catch(() => null));
    const [lock] = await Promise.all(asked.map(inTime));
    const cap = quietly(quota, null);
    return { ...(lock && { reachout: lock }), ...(cap && { quota: cap }) };
  }

  const wasActive = new Set();
  let told = '';
  let lifted = new Set();

  /** Who is refused asks first, so that it is told with its end. */
  async function mayHaveChanged(how = { anew: true }) {
    const limits = await read(how);
    lifted = new Set(Object.keys(limits).filter((name) => !limits[name].active));
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

  const isLocked = () => quietly(() => module(COOL_DOWN).isUserReachoutTimelocked(), false);
  const isCapped = () => quietly(() => module(QUOTA).isUserCapped(), false);

  /** Whether WhatsApp itself would let this chat pass: a business, a bot, oneself, whoever it trusts. */
  const EXEMPT = {
    reachout_timelock: (whom) => module(COOL_DOWN).canSendMsgWhileTimelocked(whom),
    new_chat_quota: (whom) => module(QUOTA).canSendMsgWhileCapped(whom),
  };
  const HOLDS = { reachout_timelock: isLocked, new_chat_quota: isCapped };

  // While the page's own mark is not set, it would let anybody pass, and says nothing of whom it exempts.
  const isExempt = (chat, word) =>
    HOLDS[word]() && quietly(() => Boolean(EXEMPT[word]({ chat, contact: chat.contact })), false);

  const held = (word, daemons) => isMet(word) || daemons.includes(word) || HOLDS[word]();

  /**
   * The word of a limit that forbids this chat now, before any send. `daemons` are those that the daemon keeps to.
   * A mark that WhatsApp has lifted may stand in the page a little longer: its server has the last word.
   */
  wppmt.limitFor = async (chat, daemons = []) => {
    const word = Object.values(WORDS).find((one) => held(one, daemons) && !isExempt(chat, one));
    if (!word || isMet(word) || daemons.includes(word)) return word || null;
    await mayHaveChanged();
    return lifted.has(NAMES[word]) ? null : word;
  };

  functions.limits = () => mayHaveChanged();

  attach('Cmd', ({ Cmd }) => {
    // Asking for the quota makes this very event, so it is not asked for here.
    Cmd.on('reachout_timelock_state_change new_chat_message_capping_state_change', () => {
      mayHaveChanged({ anew: false });
    });
  });
  wppmt.limitsMayHaveChanged = mayHaveChanged;
})();
