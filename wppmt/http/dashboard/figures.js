// The figures that alerts judge by, as the command line and the metrics have them.

import { html } from './lit-html.js';
import { megabytes, number } from './format.js';
import { t } from './texts.js';

export function figuresShown(figures) {
  const share = figures.memoryLimitMb ? Math.round((100 * figures.memoryMb) / figures.memoryLimitMb) : 0;
  const said = {
    memory: { used: megabytes(figures.memoryMb), limit: megabytes(figures.memoryLimitMb), share },
    cpu: { percent: number(figures.cpuPercent) },
    connected: { connected: figures.connected, wanted: figures.wanted },
    errors: { percent: number(figures.errorPercent), requests: number(figures.requests) },
    answers: { seconds: number(figures.responseSeconds.toFixed(2)) },
    webhooks: { count: number(figures.webhooksFailed) },
    disk: { free: megabytes(figures.diskFreeMb) },
  };
  return html`<span class="figures">${Object.entries(said).map(([name, places]) => html`<span data-figure=${name}>${t(`figure.${name}`, places)}</span>`)}</span>`;
}
