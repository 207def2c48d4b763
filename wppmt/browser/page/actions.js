// What is done to a message that is there: passed on, reacted to, edited, deleted. Each under an id of its own.
(function () {
  'use strict';

  const { emit, functions, Rejection, shapes, sending, finding } = wppmt;
  const { text, phoneOf } = shapes;
  const { once, recipient, handOver, follow } = sending;

  // ---- ids ---------------------------------------------------------------------------------------------------

  const reserved = [];
  let usual = null;

  /** WhatsApp makes the ids of these by itself, with this one function of its own. */
  function takeOverIds() {
    const { MsgKey } = WPP.whatsapp;
    if (usual) return;
    usual = MsgKey.newId.bind(MsgKey);
    MsgKey.newId = async () => {
      const next = reserved.shift();
      if (next) next.taken();
      return next ? next.id : usual();
    };
  }

  /** `run` ends with what WhatsApp's server says; this resolves, with that promise, as soon as the id is in use. */
  async function underId(id, run) {
    takeOverIds();
    const own = { id };
    const taken = new Promise((resolve) => Object.assign(own, { taken: resolve }));
    reserved.push(own);
    const ended = run().finally(() => {
      if (reserved.includes(own)) reserved.splice(reserved.indexOf(own), 1);
    });
    await Promise.race([taken, ended]);
    return { ended };
  }

  // ---- forwarding --------------------------------------------------------------------------------------------

  const may = (name, message) => wppmt.module('WAWebMsgActionCapability')[name](message);

  functions.forward = once(async (message) => {
    const original = await finding.meantAndWhole(message.messageId);
    if (!may('canForwardMsg', original)) throw new Rejection('not_forwardable');
    const whom = await recipient(message);
    return handOver(whom, message.id, async () => {
      const { ended } = await underId(message.id, () =>
        WPP.chat.forwardMessages(whom.chat.id, [original], { displayCaptionText: true }));
      return { sendMsgResult: [].concat(await ended)[0] };
    });
  });

  // ---- acting on a message -----------------------------------------------------------------------------------

  const SENT = 1;
  const ACTS_KEPT = 5000;
  const acts = new Map();

  function note(id, state) {
    acts.set(id, state);
    if (acts.size > ACTS_KEPT) acts.delete(acts.keys().next().value);
  }

  /**
   * Resolves when it is on its way; what comes of it is told as of a message. `what`: by what name WhatsApp's echo of it
   * is known; `done`: whether it shows.
   */
  async function act(id, message, what, run, done = () => true) {
    const chat = message.id.remote;
    const to = text(phoneOf(chat));
    note(id, { found: true, ack: 0, failed: false, to });
    const { ended } = await underId(id, () => wppmt.act(`${what}|${message.id.id}`, run));
    const said = ended.then((sendMsgResult) => {
      const { messageSendResult } = sendMsgResult || {};
      const isDone = (!messageSendResult || messageSendResult === 'OK') && done();
      note(id, { found: true, ack: isDone ? SENT : 0, failed: !isDone, to });
      if (isDone) emit('ack_changed', { id, chatId: text(chat), ack: SENT, to });
      if (isDone && what === 'revoke') wppmt.tellRevokedByApi(message.id);
      return { sendMsgResult: isDone ? null : sendMsgResult || 'ERROR_UNKNOWN' };
    });
    follow(id, said);
    return { to, messageId: text(message.id), ack: 0 };
  }

  async function target({ messageId, to }, find = finding.meantAndWhole) {
    if (!wppmt.isConnected()) throw new Rejection('could_not_look');
    return find(messageId, to);
  }

  /** An empty emoji takes back. */
  functions.react = once(async ({ id, emoji, ...wanted }) => {
    const message = await target(wanted);
    return act(id, message, 'reaction', async () => (await WPP.chat.sendReactionToMessage(message, emoji)).sendMsgResult);
  });

  const isEditedBy = (message, id) => Boolean(message.latestEditMsgKey) && message.latestEditMsgKey.id === id;

  functions.edit = once(async ({ id, text: body, ...wanted }) => {
    const message = await target(wanted);
    if (!message.id.fromMe) throw new Rejection('not_own_message');
    if (message.type !== 'chat') throw new Rejection('not_editable');
    if (message.ack < SENT) throw new Rejection('could_not_look');
    if (!may('canEditText', message)) throw new Rejection('too_late_to_edit');
    const messageId = await finding.keyFor(message.id.remote, id);
    const options = { messageId, linkPreview: false, markIsRead: false, detectMentioned: false };
    const edited = () => isEditedBy(message, id) && !message.isSendFailure;
    return act(id, message, 'edit', () => WPP.chat.editMessage(text(message.id), body, options).then(() => null), edited);
  });

  function requireRevocable(message, chat) {
    const group = chat.groupMetadata;
    const isAdmin = Boolean(group) && group.participants.iAmAdmin();
    if (!message.id.fromMe && !isAdmin) throw new Rejection('not_own_message');
    if (!may('canSenderRevokeMsg', message) && !may('canAdminRevokeMsg', message)) throw new Rejection('too_late_to_delete');
  }

  // Not by wa-js, which does not wait for what WhatsApp's server says.
  const own = () => wppmt.module('WAWebChatSendMessages');
  const only = (message) => ({ type: 'message', list: [message] });
  const revoke = async (chat, message) => (await own().sendRevokeMsgs(chat, only(message), true))[0];

  async function forget(chat, message) {
    await own().sendDeleteMsgs({ chat_: chat, clearMedia: true, record: only(message) });
  }

  const isGone = (message, chat) => message.type === 'revoked' || !chat.msgs.get(message.id);

  /** One that is gone already is no error: deleting twice is deleting. */
  functions.delete = once(async ({ id, forEveryone, ...wanted }) => {
    const message = await target(wanted, finding.meant);
    const chat = WPP.whatsapp.ChatStore.get(message.id.remote);
    const gone = () => isGone(message, chat);
    if (forEveryone && gone()) return act(id, message, 'nothing', async () => null);
    if (forEveryone) requireRevocable(message, chat);
    const what = forEveryone ? 'revoke' : 'forget';
    return act(id, message, what, () => (forEveryone ? revoke : forget)(chat, message), gone);
  });

  // ---- whether it was done -----------------------------------------------------------------------------------

  async function isMyReaction(message, id) {
    const { reactionByMe } = await WPP.chat.getReactions(text(message.id));
    return Boolean(reactionByMe) && text(reactionByMe.id).includes(`_${id}`);
  }

  const TRACES = {
    reaction: isMyReaction,
    edit: isEditedBy,
    delete: (message) => message.type === 'revoked',
  };

  /** As `find_message`: of an act, an earlier page may have left only its trace on the message. */
  functions.find_act = async ({ id, kind, ...wanted }) => {
    if (acts.has(id)) return acts.get(id);
    try {
      const message = await target(wanted, finding.meant);
      const isThere = await TRACES[kind](message, id);
      return isThere ? { found: true, ack: SENT, failed: false, to: text(phoneOf(message.id.remote)) } : { found: false };
    } catch (error) {
      if (error.reason !== 'message_not_found') throw error;
      if (kind === 'delete' && !wanted.forEveryone) return { found: true, ack: SENT, failed: false, to: wanted.to };
      // A killed browser may have lost the message, and with it every trace of what was done to it.
      throw new Rejection('could_not_look');
    }
  };
})();
