// Files on their way out, and those of received messages.
(function () {
  'use strict';

  const { functions, Rejection, shapes, sending } = wppmt;
  const { text, server, namesOf, idParts, isMeant } = shapes;
  const { once, recipient, options, handOver } = sending;

  // ---- bytes -------------------------------------------------------------------------------------------------

  const BLOB_LIFE_MS = 600_000;
  const blobs = new Map();
  let blobNumber = 0;

  function keep(blob) {
    const number = ++blobNumber;
    blobs.set(number, blob);
    setTimeout(() => blobs.delete(number), BLOB_LIFE_MS);
    return { blob: number, size: blob.size };
  }

  function kept(number) {
    const blob = blobs.get(number);
    if (!blob) throw new Rejection('blob_not_found');
    return blob;
  }

  /** A file that the browser itself opened (input.setFiles): its bytes never pass through the channel. */
  wppmt.openInput = () => Object.assign(document.createElement('input'), { type: 'file' });
  wppmt.keepInput = (input) => JSON.stringify({ value: keep(input.files[0]) });

  functions.blob_read = async ({ blob, offset, length }) => {
    const part = new Uint8Array(await kept(blob).slice(offset, offset + length).arrayBuffer());
    let binary = '';
    for (let at = 0; at < part.length; at += 0x8000) binary += String.fromCharCode(...part.subarray(at, at + 0x8000));
    return { data: btoa(binary) };
  };

  functions.blob_end = ({ blob }) => {
    blobs.delete(blob);
    return {};
  };

  // ---- sending -----------------------------------------------------------------------------------------------

  /** As wa-js sends a voice note, but for the waveform: it would decode the whole sound in the page. */
  async function sendVoice(chat, file, { waveform, seconds, isViewOnce, ...how }) {
    const { OpaqueData, MediaPrep } = WPP.whatsapp;
    const precomputedFields = { duration: seconds, waveform: Uint8Array.from(waveform) };
    const opaque = await OpaqueData.createFromData(file, file.type);
    const prepared = MediaPrep.prepRawMedia(opaque, { isPtt: true, precomputedFields });
    const raw = await WPP.chat.prepareRawMessage(chat, { filename: file.name }, how);
    await prepared.waitForPrep();
    const given = { isViewOnce, productMsgOptions: raw, addEvenWhilePreparing: false, type: raw.type };
    return { sendMsgResult: await prepared.sendToChat({ chat, options: given }) };
  }

  /**
   * `kind`: image, video, audio, document, sticker; `gif` and `note` of a video, `ptt` of a sound, with `waveform` (64
   * bars of 0 to 100) and `seconds` where they are known. `source`: what `upload` gave.
   */
  functions.send_media = once(async (message) => {
    const { id, kind, mimetype, fileName, caption, ptt, gif, note, viewOnce, waveform, seconds, source } = message;
    const file = new File([kept(source)], fileName || 'arquivo', { type: mimetype });
    const whom = await recipient(message);
    const common = Object.assign(await options(whom.chat, message), { isViewOnce: viewOnce || undefined });
    const how = {
      type: kind, caption: caption || undefined, filename: file.name, mimetype, isPtt: Boolean(ptt), waveform: Boolean(ptt),
      isGif: gif || undefined, isPtv: note || undefined,
    };
    const answer = await handOver(whom, id, (messageId) => (waveform
      ? sendVoice(whom.chat, file, { ...common, messageId, waveform, seconds })
      : WPP.chat.sendFileMessage(whom.chat.id, file, { ...common, ...how, messageId })));
    blobs.delete(source);
    return answer;
  });

  // ---- fetching ----------------------------------------------------------------------------------------------

  const CHATS_SEARCHED = 100;

  /** "WhatsApp has it no more" and "could not look" are two answers, too. */
  function gone() {
    return new Rejection(wppmt.isConnected() ? 'media_gone' : 'could_not_look');
  }

  /** The whole ids that these parts may mean. */
  function wholeIds({ chat, id, writer, fromMe }) {
    const chats = WPP.whatsapp.ChatStore.getModelsArray();
    if (!chat) {
      // A short id tells no chat: a person's makes the whole.
      const people = chats.filter((one) => ['c.us', 'lid'].includes(server(one.id))).sort((a, b) => b.t - a.t);
      return people.slice(0, CHATS_SEARCHED).map((one) => `false_${text(one.id)}_${id}`);
    }
    const meant = chats.find((one) => namesOf(one.id).has(chat));
    const names = meant ? [...namesOf(meant.id)] : [chat];
    return names.map((name) => [fromMe, name, id, writer].filter((part) => part !== undefined).join('_'));
  }

  async function received(messageId) {
    const parts = idParts(messageId);
    const side = Boolean(parts.fromMe);
    const here = WPP.whatsapp.MsgStore.findFirst((message) => message.id.fromMe === side && isMeant(parts, message));
    if (here) return here;
    for (const id of wholeIds(parts)) {
      const found = await WPP.chat.getMessageById(id).catch(() => null);
      if (found) return found;
    }
    throw gone();
  }

  const GONE = new Set(['message_not_contains_media', 'media_not_found']);

  /** What its sender says of its size is believed only where that spares the download. */
  functions.download_media = async ({ messageId, limit }) => {
    const message = await received(messageId);
    if ((message.size || (message.mediaData || {}).size || 0) > limit) throw new Rejection('too_large');
    const blob = await WPP.chat.downloadMedia(text(message.id)).catch((error) => {
      throw error && GONE.has(error.code) ? gone() : error;
    });
    return Object.assign(keep(blob), {
      id: message.id.id,
      chats: [...namesOf(message.id.remote)],
      mimetype: message.mimetype || blob.type || 'application/octet-stream',
      fileName: message.filename || null,
    });
  };
})();
