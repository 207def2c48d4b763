// Media uploaded and downloaded apart from a send, as whatsapp-web.js does it.

class MediaObject extends BaseModel {
  consolidate(properties) {
    this.set(properties);
  }
}
named(MediaObject, 'mediaObject', { contentInfo: () => ({}) });
const mediaObjects = new Map();

function getOrCreateMediaObject(filehash) {
  if (!mediaObjects.has(filehash)) mediaObjects.set(filehash, new MediaObject({ filehash }));
  return mediaObjects.get(filehash);
}

async function hashOf(blob) {
  return toBase64(await crypto.subtle.digest('SHA-256', await blob.arrayBuffer()));
}

// The bytes stay until a message with them is acknowledged: a killed page still has them to send.
async function storeUpload(blob) {
  const filehash = await hashOf(blob);
  const response = await fetch('/media', { method: 'POST', body: blob });
  if (!response.ok) throw new ServerStatusCodeError(response.status, 'upload failed');
  await database.put('media', blob, filehash);
  const directPath = directPathOf({ filehash });
  return {
    filehash,
    directPath,
    mmsUrl: `https://mmg.whatsapp.net${directPath}`,
    deprecatedMms3Url: `https://mmg.whatsapp.net${directPath}`,
    mediaKey: toBase64(crypto.getRandomValues(new Uint8Array(32))),
    mediaKeyTimestamp: unixTime(),
    encFilehash: filehash,
    uploadHash: filehash,
  };
}

async function uploadMedia({ mediaObject }) {
  return { kind: 'success', mediaEntry: await storeUpload(mediaObject.mediaBlob.forceToBlob()) };
}

async function encryptAndUpload({ blob }) {
  const { mmsUrl, ...entry } = await storeUpload(blob);
  return { ...entry, url: mmsUrl };
}

async function downloadAndMaybeDecrypt({ filehash }) {
  const response = await fetch(`/media/${hexOfBase64(filehash)}`);
  if (!response.ok) throw Object.assign(new Error('media is gone'), { status: response.status });
  return response.arrayBuffer();
}

const WEBP_QUALITY = 0.9;
const STICKER_SIDE = 512;

// The picture whole, in the middle of a square.
async function toWebpSticker(file) {
  const bitmap = await createImageBitmap(file);
  const scale = STICKER_SIDE / Math.max(bitmap.width, bitmap.height);
  const canvas = new OffscreenCanvas(STICKER_SIDE, STICKER_SIDE);
  const [width, height] = [bitmap.width * scale, bitmap.height * scale];
  canvas.getContext('2d').drawImage(bitmap, (STICKER_SIDE - width) / 2, (STICKER_SIDE - height) / 2, width, height);
  return canvas.convertToBlob({ type: 'image/webp', quality: WEBP_QUALITY });
}

define('WAWebMediaStorage', () => ({ getOrCreateMediaObject }));
define('WAWebMmsMediaTypes', () => ({
  msgToMediaType: ({ type, isGif }) => (type === 'video' && isGif ? 'gif' : type),
  castToV4: (type) => type,
}));
define('WAWebMediaDataUtils', () => ({ shouldUseMediaCache: () => false }));
define('WAWebMediaMmsV4Upload', () => ({ uploadMedia, uploadUnencryptedMedia: uploadMedia }));
define('WAWebUploadManager', () => ({ default: { encryptAndUpload } }));
define('WAWebDownloadManager', () => ({ downloadManager: { downloadAndMaybeDecrypt } }));
define('WAWebStartMediaUploadQpl', () => ({ startMediaUploadQpl: () => ({}) }));
define('WAWebImageUtils', () => ({ toWebpSticker }));
define('WAWebCryptoCalculateFilehash', () => ({ calculateFilehashFromBlob: hashOf }));
