// A foreign client that races: many sessions in one process, told what to do by lines of standard input, which may overlap.
// Answers and happenings go to the file descriptor that it was given, each with the machine's monotonic clock in seconds.
'use strict';

const fs = require('fs');
const readline = require('readline');

const { channel, chromeArguments, client: name, executablePath, profile, receiver } = JSON.parse(process.argv[2]);

const { open } = require(`./race_${name}`);

const sessions = new Map();
const now = () => Number(process.hrtime.bigint()) / 1e9;
const out = fs.createWriteStream(null, { fd: channel });
const tell = (line) => out.write(`${JSON.stringify({ at: now(), ...line })}\n`);

// As wppconnect-server hands a message on: one POST, unsigned, not kept, never tried again.
function post(session, text) {
  const body = { sessionId: session, sequence: 0, event: 'message_received', message: { body: text } };
  const headers = { 'Content-Type': 'application/json' };
  fetch(receiver, { method: 'POST', headers, body: JSON.stringify(body) }).catch((error) => console.error(error));
}

function hooks(session) {
  return {
    qr: (text) => tell({ event: 'qr', session, text }),
    connected: () => tell({ event: 'connected', session }),
    message(text) {
      tell({ event: 'message', session, text });
      post(session, text);
    },
  };
}

const commands = {
  async open(session) {
    sessions.set(session, await open({ chromeArguments, executablePath, profile, session, ...hooks(session) }));
  },
  close: (session) => sessions.get(session).close(),
  send: (session, to, text) => sessions.get(session).send(to, text),
  sendFile: (session, to, file) => sessions.get(session).sendFile(to, file),
};

async function obey({ number, command, parameters }) {
  try {
    await commands[command](...parameters);
    tell({ number });
  } catch (error) {
    tell({ number, error: String((error && error.message) || error).split('\n')[0] });
  }
}

// Both clients write to the console as they please; what they leave behind unanswered is their own affair.
for (const word of ['log', 'info', 'warn', 'debug']) console[word] = console.error;
process.on('unhandledRejection', (error) => console.error(error));

const lines = readline.createInterface({ input: process.stdin });
lines.on('line', (line) => obey(JSON.parse(line)));

async function end() {
  await Promise.allSettled([...sessions.values()].map((one) => one.close()));
  process.exit(0);
}
process.on('SIGTERM', end);
tell({ event: 'up' });
