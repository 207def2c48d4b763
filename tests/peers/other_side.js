// A foreign client at the other end of a conversation: does what each line of standard input asks, answers by a line.
'use strict';

const { createHash } = require('crypto');
const readline = require('readline');
const { client: name, reason, until } = require('./story');

const other = require(`./other_side_${name}`);

// A Pix key is in a button; neither client has a word for it.
function pixOf({ interactivePayload }) {
  for (const { buttonParamsJson } of (interactivePayload && interactivePayload.buttons) || []) {
    for (const setting of JSON.parse(buttonParamsJson).payment_settings || []) {
      const { key_type: keyType, key, merchant_name: name } = setting.pix_static_code;
      return { keyType, key, name };
    }
  }
  return undefined;
}

// All that the client has told of, by kind; whoever asks waits for what is still to come.
const heard = [];
const tell = ({ raw, ...entry }) => heard.push({ ...entry, pix: raw && pixOf(raw) });

const fits = (wanted) => (entry) => Object.entries(wanted).every(([name, value]) => entry[name] === value);

async function download(id) {
  const { data, mimetype } = await other.download(id);
  const bytes = Buffer.from(data, 'base64');
  return { sha256: createHash('sha256').update(bytes).digest('hex'), mimetype };
}

// What such a call gives back is the client's affair.
function quietly(act) {
  return async (...parameters) => {
    await act(...parameters);
  };
}

const commands = {
  pair: (phone) => other.pair(phone, tell),
  hear: (wanted) => until(() => heard.find(fits(wanted)), JSON.stringify(wanted)),
  download,
  send: (kind, to, content) => other.sends[kind](to, content),
  act: quietly((kind, id, content) => other.acts[kind](id, content)),
  seen: quietly((chat) => other.seen(chat)),
  close: quietly(() => other.close()),
};

const answer = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

async function obey({ command, parameters }) {
  try {
    answer({ answer: (await commands[command](...parameters)) ?? null });
  } catch (error) {
    answer({ error: reason(error) });
  }
  if (command === 'close') process.exit(0);
}

readline.createInterface({ input: process.stdin }).on('line', (line) => obey(JSON.parse(line)));
