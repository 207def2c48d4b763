// wppconnect as it ships, in the race: its own Chrome switches, and only what leads it to the simulator on top.
'use strict';

const wppconnect = require('@wppconnect-team/wppconnect');
const { puppeteerConfig } = require('@wppconnect-team/wppconnect/dist/config/puppeteer.config');

async function open({ chromeArguments, connected, executablePath, message, profile, qr, session }) {
  const browserArgs = [...puppeteerConfig.chromiumArgs, ...chromeArguments];
  const client = await wppconnect.create({
    session,
    catchQR: (_, __, ___, code) => qr(code),
    autoClose: 0,
    logQR: false,
    updatesLog: false,
    disableWelcome: true,
    browserArgs,
    puppeteerOptions: { executablePath, userDataDir: `${profile}/${session}` },
    folderNameToken: `${profile}/tokens`,
  });
  await client.isConnected();
  await client.onMessage(({ body }) => message(body));
  connected();
  return {
    close: () => client.close(),
    send: (to, text) => client.sendText(`${to}@c.us`, text),
    sendFile: (to, { base64, name, url }) =>
      client.sendFile(`${to}@c.us`, url || `data:application/pdf;base64,${base64}`, { type: 'document', filename: name }),
  };
}

module.exports = { open };
