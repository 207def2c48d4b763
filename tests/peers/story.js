// What the foreign clients' stories share: the simulator's control API, waiting, and steps told one a line.
'use strict';

const { chromeArguments, client, executablePath, control, profile } = JSON.parse(process.argv[2]);

const LIMIT_MS = 15000;
const PAUSE_MS = 25;

async function sim(method, path, body) {
  const answer = await fetch(`${control}/sim${path}`, {
    method,
    body: body && JSON.stringify(body),
    headers: { 'Content-Type': 'application/json' },
  });
  const json = await answer.json();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(json)}`);
  return json;
}

// What `look` finds as soon as it finds something.
async function until(look, what, limit = LIMIT_MS) {
  const end = Date.now() + limit;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`not within ${limit} ms: ${what || look}`);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

// The line of a phone's inbox that `test` accepts.
function arrival(phone, test) {
  return until(async () => (await sim('GET', `/accounts/${phone}/inbox`)).find(test), `arrival at ${phone}: ${test}`);
}

function expect(truth, what) {
  if (!truth) throw new Error(`not so: ${what}`);
}

function within(limit, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${limit} ms`)), limit);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function reason(error) {
  return String((error && (error.message || error.text || error.code)) || error).split('\n')[0];
}

// A step that fails is told and the story goes on: what depends on it fails, too, each by its own name.
async function step(name, act, limit = LIMIT_MS) {
  try {
    await within(limit, Promise.resolve().then(act));
    process.stdout.write(`${JSON.stringify({ step: name, ok: true })}\n`);
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ step: name, ok: false, error: reason(error) })}\n`);
  }
}

// Both clients write to the console as they please; the steps have standard output for themselves.
for (const name of ['log', 'info', 'warn', 'debug']) console[name] = console.error;

// What a client leaves behind unanswered when its page goes away is its own affair.
process.on('unhandledRejection', (error) => console.error(error));

module.exports = { arrival, chromeArguments, client, control, executablePath, expect, profile, reason, sim, step, until };
