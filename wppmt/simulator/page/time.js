// Waiting.

function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, Math.max(ms, 0)));
}

// Runs at the earliest of the times it was asked for, unless it is cancelled.
function shiftTimer(run) {
  let timer;
  let due = Infinity;

  function cancel() {
    clearTimeout(timer);
    due = Infinity;
  }

  function onOrBefore(ms) {
    const wanted = performance.now() + ms;
    if (wanted >= due) return;
    clearTimeout(timer);
    due = wanted;
    timer = setTimeout(() => {
      due = Infinity;
      run();
    }, ms);
  }

  return { cancel, onOrBefore };
}

function unixTime() {
  return Math.floor(Date.now() / 1000);
}

define('WATimeUtils', () => ({ unixTime, unixTimeMs: () => Date.now() }));
