// Media: preparing, uploading before the send, downloading on demand.

class OpaqueDataBase {
  throwIfReleased() {}
  autorelease() {}
  release() {}
}

class OpaqueData extends OpaqueDataBase {
  constructor(blob, type) {
    super();
    this.blob = blob;
    this.mimetype = type;
  }

  static async createFromData(data, type) {
    return new OpaqueData(data instanceof Blob ? data : new Blob([data], { type }), type);
  }

  type() {
    return this.mimetype;
  }
  size() {
    return this.blob.size;
  }
  forceToBlob() {
    return this.blob;
  }
  url() {
    return URL.createObjectURL(this.blob);
  }
  formData() {
    return this.blob;
  }
}

class MediaDataModel extends BaseModel {}
named(MediaDataModel, 'media-data', { mediaStage: 'NEED_POKE', mediaBlob: undefined });

// A message that was made with its bytes keeps them.
function mediaDataOf({ type, mimetype, size, filehash, mediaBlob }) {
  const stage = mediaBlob && { mediaBlob, mediaStage: 'RESOLVED' };
  return new MediaDataModel({ type, mimetype, size, filehash, ...stage });
}

// Where WhatsApp's servers would keep the file.
function directPathOf({ filehash }) {
  return filehash && `/v/t62.7118-24/${hexOfBase64(filehash)}.enc`;
}

function base64OfHex(text) {
  return toBase64(text.match(/../g).map((digits) => parseInt(digits, 16)));
}

function hexOfBase64(text) {
  return hex(Array.from(atob(text), (letter) => letter.charCodeAt(0)));
}

async function downloadInto(mediaData) {
  if (mediaData.mediaBlob) return;
  mediaData.set('mediaStage', 'FETCHING');
  const response = await fetch(`/media/${hexOfBase64(mediaData.filehash)}`);
  if (!response.ok) {
    mediaData.set('mediaStage', 'ERROR_MISSING');
    return;
  }
  const blob = new Blob([await response.arrayBuffer()], { type: mediaData.mimetype });
  mediaData.set({ mediaBlob: new OpaqueData(blob, mediaData.mimetype), mediaStage: 'RESOLVED' });
}

// The bytes stay in the database until the message is acknowledged: a killed page still has them to send.
async function uploadedMedia(message) {
  const { mediaData } = message;
  const blob = mediaData.mediaBlob
    ? mediaData.mediaBlob.forceToBlob()
    : await database.get('media', mediaData.filehash);
  mediaData.set('mediaStage', 'UPLOADING');
  const response = await fetch('/media', { method: 'POST', body: blob });
  const { sha256, size } = await response.json();
  mediaData.set('mediaStage', 'RESOLVED');
  return { sha256, size, mimetype: mediaData.mimetype || DEFAULT_MIMETYPES[message.type], fileName: message.filename };
}

// A sticker may come without: it is always the same.
const DEFAULT_MIMETYPES = { sticker: 'image/webp' };

function forgetUpload({ mediaData }) {
  if (mediaData) database.remove('media', mediaData.filehash);
}

function typeOfMedia(mimetype, { asDocument, asSticker, isPtt }) {
  if (asDocument) return 'document';
  if (asSticker) return 'sticker';
  if (isPtt) return 'ptt';
  const family = mimetype.split('/')[0];
  return ['image', 'video', 'audio'].includes(family) ? family : 'document';
}

// A document is called as the file is that was given.
function nameOfMedia(type, opaque, given) {
  return type === 'document' ? opaque.forceToBlob().name || given.filename : undefined;
}

async function prepared(opaque, given) {
  const type = typeOfMedia(opaque.type() || '', given);
  const digest = await crypto.subtle.digest('SHA-256', await opaque.forceToBlob().arrayBuffer());
  return new MediaDataModel({
    type,
    filename: nameOfMedia(type, opaque, given),
    isGif: given.asGif || undefined,
    ...given.precomputedFields,
    mimetype: opaque.type(),
    size: opaque.size(),
    filehash: toBase64(digest),
    mediaBlob: opaque,
    mediaStage: 'PREPARED',
  });
}

function prepRawMedia(opaque, given) {
  return new MediaPrep(prepared(opaque, given));
}

class MediaPrep {
  constructor(preparation) {
    this.preparation = preparation;
    this._mediaData = null;
  }

  async waitForPrep() {
    this._mediaData = await this.preparation;
    return this._mediaData;
  }

  // One parameter: that is how wa-js tells the current signature from the old one.
  async sendToChat({ chat, options: given }) {
    const mediaData = await this.preparation;
    const { type, mimetype, size, filehash, isGif, waveform, duration } = mediaData;
    const own = { type, mimetype, size, filehash, isGif, waveform, duration, mediaData };
    const file = { ...own, caption: given.caption, isViewOnce: given.isViewOnce };
    await database.put('media', mediaData.mediaBlob.forceToBlob(), filehash);
    const raw = given.productMsgOptions || (chat.id.isStatus() ? await rawPost({}) : { id: await ownKey(chat) });
    return send(addMessage({ ...raw, ...file }));
  }
}

define('WAWebMediaOpaqueData', () => ({ default: OpaqueData }));
define('WAWebMediaData', () => ({ default: MediaDataModel }));
define('WAWebMediaGatingUtils', () => ({
  getUploadLimit: (type) => (type === 'document' ? 2 * 2 ** 30 : 64 * 2 ** 20),
}));
define('WAWebMedia', () => ({ MediaPrep, prepRawMedia }));
define('WAWebPrepRawMedia', () => ({ prepRawMedia }));
define('WAWebMediaStore', () => ({
  LruMediaStore: {
    get: async () => undefined,
    put: async () => {},
    del: async () => {},
    clear: async () => {},
    count: async () => 0,
    has: async () => false,
  },
}));
define('WAWebMediaInMemoryBlobCache', () => ({
  InMemoryMediaBlobCacheImpl: class InMemoryMediaBlobCacheImpl {},
  InMemoryMediaBlobCache: { has: () => false, get: () => null },
}));
