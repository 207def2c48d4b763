// The unmodified wppconnect, paired as wppconnect-server pairs it, then closed: what it leaves on the disk is what counts.
'use strict';

const { readdirSync, readFileSync } = require('fs');
const { join } = require('path');
const wppconnect = require('@wppconnect-team/wppconnect');
const { chromeArguments, executablePath, expect, profile, sim, step, until } = require('./story');

const ANA = '5511911110001';
// As in wppconnect-server: one folder for each session's name, beside its tokens.
const SESSION = 'Loja_Centro';

const STORAGE = `${profile}/userDataDir/${SESSION}/Default/Local Storage/leveldb`;
const isSaved = () => readdirSync(STORAGE).some((name) => readFileSync(join(STORAGE, name)).includes('last-wid-md'));

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
      // Chrome writes localStorage seconds later, under load up to a minute; whoever closes it before loses the login.
      await until(isSaved, 'a login on the disk', 75000);
      await client.close();
    },
    150000,
  );
  process.exit(0);
})();
