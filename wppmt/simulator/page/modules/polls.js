// Votes in polls.

function voteRowsOf(parent) {
  return addonsOf('vote', parent).map((row) => ({
    msgKey: row.key,
    parentMsgKey: row.parent,
    sender: row.sender,
    senderTimestampMs: row.t * 1000,
    selectedOptionLocalIds: new Uint8Array(row.selected),
    ack: ACK.SENT,
  }));
}

function voteFromDbRow(row) {
  return {
    ...row,
    msgKey: MsgKey.fromString(row.msgKey),
    parentMsgKey: MsgKey.fromString(row.parentMsgKey),
    sender: toWid(row.sender),
    selectedOptionLocalIds: Array.from(row.selectedOptionLocalIds),
  };
}

// A phone names the options that it has chosen; the page keeps their numbers.
async function receiveVote(addon) {
  const message = await targetOf(addon.target);
  if (!message) return;
  const selected = message.pollOptions
    .filter(({ name }) => addon.content.options.includes(name))
    .map(({ localId }) => localId);
  const row = addonRow('vote', addon, { selected });
  await keepAddon(row);
  const [vote] = voteRowsOf(addon.target).filter(({ sender }) => sender === row.sender);
  await importNamespace('WAWebDBPollsUpsertVotes').upsertVotesDb([
    { ...voteFromDbRow(vote), senderTimestampMs: Date.now() },
  ]);
}

async function sendVote(message, localIds) {
  const chosen = message.pollOptions.filter(({ localId }) => [...localIds].includes(localId));
  return sendAddon('vote', message.id, { options: chosen.map(({ name }) => name) });
}

// Answers by the message that the votes are about.
function votesTable(name) {
  const of = (columns, keys) => [].concat(keys).flatMap((key) => voteRowsOf(key));
  return { name, anyOf: async (columns, keys) => of(columns, keys), equals: async (columns, key) => of(columns, key) };
}

define('WAWebPollsSendVoteMsgAction', () => ({ sendVote }));
// wa-js finds this module by its text, with these quotes.
// prettier-ignore
define('WAWebPollsVotesSchema', () => ({ getTable: () => votesTable("poll-votes") }));
define('WAWebPollsDbSerialization', () => ({ voteFromDbRow }));
define('WAWebDBPollsUpsertVotes', () => ({ upsertVotesDb: async () => {} }));
