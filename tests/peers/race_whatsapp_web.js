// whatsapp-web.js as it ships, in the race; a send has ended when WhatsApp's server has it.
'use strict';

const { Client, LocalAuth, MessageMedia } = require('whatsapp-web.js');
const restoreSerialized = require('./serialized');

async function open({ chromeArguments, connected, executablePath, message, profile, qr, session }) {
  const client = new Client({
    authStrategy: new LocalAuth({ clientId: session, dataPath: profile }),
    webVersionCache: { type: 'none' },
    evalOnNewDoc: restoreSerialized,
    puppeteer: { executablePath, headless: true, args: chromeArguments },
  });
  client.on('qr', qr);
  client.on('message', ({ body }) => message(body));
  const ready = new Promise((resolve, reject) => {
    client.on('ready', resolve);
    client.on('auth_failure', reject);
  });
  await client.initialize();
  await ready;
  connected();
  return {
    close: () => client.destroy(),
    send: (to, text) => client.sendMessage(`${to}@c.us`, text, { waitUntilMsgSent: true }),
    async sendFile(to, { base64, name, url }) {
      const media = url
        ? await MessageMedia.fromUrl(url, { unsafeMime: true, filename: name })
        : new MessageMedia('application/pdf', base64, name);
      await client.sendMessage(`${to}@c.us`, media, { sendMediaAsDocument: true, waitUntilMsgSent: true });
    },
  };
}

module.exports = { open };
