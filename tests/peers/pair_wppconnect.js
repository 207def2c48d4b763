// The unmodified wppconnect, paired as wppconnect-server pairs it, then closed: what it leaves on the disk is what counts.
'use strict';

const wppconnect = require('@wppconnect-team/wppconnect');
const { chromeArguments, executablePath, expect, profile, sim, step, until } = require('./story');

const ANA = '5511911110001';
// As in wppconnect-server: one folder for each session's name, beside its tokens.
const SESSION = 'Loja_Centro';

(async () => {
  const codes = [];
  await sim('PUT', `/accounts/${ANA}`, { name: 'Ana' });
  await step(
    'pairs and closes',
    async () => {
      const starting = wppconnect.create({
        session: SESSION,
        catchQR: (_, __, ___, code) => codes.push(code),
        headless: 'new',
        autoClose: 0,
        logQR: false,
        updatesLog: false,
        disableWelcome: true,
        disableGoogleAnalytics: true,
        browserArgs: chromeArguments,
        puppeteerOptions: { executablePath, userDataDir: `${profile}/userDataDir/${SESSION}`, args: chromeArguments },
        folderNameToken: `${profile}/tokens`,
      });
      await sim('POST', `/accounts/${ANA}/scan`, { qr: await until(() => codes[0], 'a QR code', 40000) });
      const client = await starting;
      expect(await client.isAuthenticated(), 'authenticated');
      await client.close();
    },
    90000,
  );
  process.exit(0);
})();
