// Reactions to messages.

const REVOKED_REACTION_TEXT = '';

class ReactionsSenders extends BaseModel {}
named(ReactionsSenders, 'reactionsSenders');
class ReactionsSendersCollection extends BaseCollection {}
ReactionsSendersCollection.model = ReactionsSenders;

class AggReactions extends BaseModel {}
named(AggReactions, 'aggReactions');
class AggReactionsCollection extends BaseCollection {}
AggReactionsCollection.model = AggReactions;

class Reactions extends BaseModel {}
named(Reactions, 'reactions');

class ReactionsCollectionImpl extends BaseCollection {
  async find(id) {
    return reactionsModel(MsgKey.from(id));
  }
}
ReactionsCollectionImpl.model = Reactions;
const ReactionsStore = new ReactionsCollectionImpl();

function reactionRowsOf(parent) {
  return addonsOf('reaction', parent).map((row) => ({
    msgKey: row.key,
    parentMsgKey: row.parent,
    senderUserJid: row.sender,
    reactionText: row.emoji,
    timestamp: row.t * 1000,
    orphan: 0,
    read: true,
    ack: ACK.SENT,
  }));
}

async function getReactions(parent) {
  const byEmoji = new Map();
  for (const row of reactionRowsOf(parent))
    byEmoji.set(row.reactionText, [...(byEmoji.get(row.reactionText) || []), row]);
  const isMine = ({ senderUserJid }) => senderUserJid === login.me;
  return {
    reactionByMe: reactionRowsOf(parent).find(isMine) || null,
    reactions: [...byEmoji].map(([aggregateEmoji, senders]) => ({
      aggregateEmoji,
      senders,
      hasReactionByMe: senders.some(isMine),
    })),
  };
}

// Of one message; made anew at each look, as the rows are the truth.
async function reactionsModel(parent) {
  const aggregated = new AggReactionsCollection();
  const found = await getReactions(parent);
  for (const { aggregateEmoji, senders, hasReactionByMe } of found.reactions) {
    const collection = new ReactionsSendersCollection();
    for (const row of senders)
      collection.add({ ...row, id: row.msgKey, msgKey: MsgKey.fromString(row.msgKey), parentMsgKey: parent });
    aggregated.add({ id: aggregateEmoji, aggregateEmoji, hasReactionByMe, senders: collection });
  }
  ReactionsStore.remove(parent);
  return ReactionsStore.add({ id: parent, reactions: aggregated, reactionByMe: found.reactionByMe });
}

function reactionData({ key, sender, target, t, content }) {
  return {
    id: key,
    type: 'reaction',
    from: key.fromMe ? sender : key.remote,
    to: key.fromMe ? key.remote : myNumber(),
    author: key.participant && sender,
    reactionParentKey: target,
    reactionText: content.emoji,
    reactionTimestamp: t * 1000,
    t,
    ack: ACK.SENT,
    read: false,
  };
}

async function storeReaction({ id, from, author, reactionParentKey, reactionText, t }) {
  const sender = id.fromMe ? myNumber() : author || from;
  const row = addonRow('reaction', { key: id, sender, target: reactionParentKey, t }, { emoji: reactionText });
  if (reactionText === REVOKED_REACTION_TEXT) await dropAddon(row.id);
  else await keepAddon(row);
}

const reactionTableMode = {
  bulkUpsert: async (reactions) => {
    for (const reaction of reactions) await storeReaction(reaction);
  },
};

// Through the modules' exports, where whatsapp-web.js and wa-js have put their wrappers.
async function receiveReaction(addon) {
  await importNamespace('WAWebAddonReactionTableMode').reactionTableMode.bulkUpsert([reactionData(addon)]);
  const message = await targetOf(addon.target);
  if (message) await changeMessage(message, { hasReaction: reactionRowsOf(addon.target).length > 0 });
  const told = {
    msgKey: String(addon.key),
    parentMsgKey: String(addon.target),
    senderUserJid: String(addon.sender),
    reactionText: addon.content.emoji,
    timestamp: addon.t * 1000,
    t: addon.t,
    orphan: 0,
    read: false,
    ack: ACK.SENT,
  };
  await importNamespace('WAWebReactionsMsgAction').addOrUpdateReactionsModelCollection(told, { allowNotify: true });
}

async function addOrUpdateReactionsModelCollection({ parentMsgKey }) {
  await reactionsModel(MsgKey.fromString(parentMsgKey));
}

async function sendReactionToMsg(message, reaction) {
  return sendAddon('reaction', message.id, { emoji: reaction || REVOKED_REACTION_TEXT });
}

define('WAWebAddonReactionTableMode', () => ({ reactionTableMode }));
define('WAWebReactionsModels', () => ({
  AggReactions,
  AggReactionsCollection,
  Reactions,
  ReactionsSenders,
  ReactionsSendersCollection,
}));
define('WAWebReactionsCollection', () => ({ ReactionsCollection: ReactionsStore }));
define('WAWebReactionsMsgAction', () => ({ addOrUpdateReactionsModelCollection }));
define('WAWebSendReactionMsgAction', () => ({ sendReactionToMsg }));
define('WAWebDBGetReactions', () => ({ REVOKED_REACTION_TEXT, getReactions: async (parent) => getReactions(parent) }));
