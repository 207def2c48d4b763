// A day of one session, drawn: its state as a band, its memory as a line.

import { html, nothing, svg } from './lit-html.js';
import { clock, megabytes, moment } from './format.js';
import { t } from './texts.js';

const WIDTH = 720;
const BAND = { top: 8, height: 22 };
const PLOT = { top: 44, height: 120 };

/** `points`: `[{ at, status, memoryMb }]`, oldest first; drawn from `from` to `to` (epoch ms). */
export function day(points, from, to) {
  const x = (at) => ((Math.min(Math.max(at, from), to) - from) / (to - from)) * WIDTH;
  const timed = points.map((point) => ({ ...point, ms: Date.parse(point.at) }));
  const ends = timed.map((point, index) => timed[index + 1]?.ms ?? to);
  return html`<figure class="day">
    <svg viewBox="0 0 ${WIDTH} ${PLOT.top + PLOT.height + 24}" role="img" aria-label=${summary(timed, ends, from, to)}>
      ${timed.map((point, index) => band(point, x(point.ms), x(ends[index])))}
      ${memory(timed, x)}
      ${hours(from, to, x)}
    </svg>
    <figcaption>${summary(timed, ends, from, to)}</figcaption>
  </figure>`;
}

function band(point, left, right) {
  const width = Math.max(right - left, 0.5);
  return svg`<rect class="band ${point.status}" x=${left} y=${BAND.top} width=${width} height=${BAND.height}>
    <title>${moment(point.at)}: ${t(`state.${point.status}`)}</title></rect>`;
}

/** Broken where nothing was measured. */
function memory(points, x) {
  const most = Math.max(...points.map((point) => point.memoryMb ?? 0));
  const y = (value) => PLOT.top + PLOT.height - (value / (most || 1)) * (PLOT.height - 12);
  let pen = 'M';
  const path = points.map((point) => {
    if (point.memoryMb === null) {
      pen = 'M';
      return '';
    }
    const step = `${pen}${x(point.ms).toFixed(1)} ${y(point.memoryMb).toFixed(1)}`;
    pen = 'L';
    return step;
  });
  const bottom = PLOT.top + PLOT.height;
  return svg`<line class="axis" x1="0" x2=${WIDTH} y1=${bottom} y2=${bottom} />
    ${most ? svg`<line class="axis faint" x1="0" x2=${WIDTH} y1=${y(most)} y2=${y(most)} /><text class="label" x="4" y=${y(most) - 4}>${megabytes(most)}</text>` : nothing}
    <path class="memory" d=${path.join('') || 'M0 0'} />`;
}

function hours(from, to, x) {
  const step = (to - from) / 6;
  return [1, 2, 3, 4, 5].map((number) => {
    const at = from + number * step;
    return svg`<text class="label middle" x=${x(at)} y=${PLOT.top + PLOT.height + 18}>${clock(at)}</text>`;
  });
}

function summary(points, ends, from, to) {
  const lasted = (point, index) => Math.max(Math.min(ends[index], to) - Math.max(point.ms, from), 0);
  const known = points.reduce((sum, point, index) => sum + lasted(point, index), 0);
  const well = points.reduce((sum, point, index) => sum + (point.status === 'connected' ? lasted(point, index) : 0), 0);
  const measured = points.map((point) => point.memoryMb).filter((value) => value !== null);
  const share = known ? Math.round((well / known) * 100) : 0;
  const weights = measured.length
    ? ` ${t('day.memory', { least: megabytes(Math.min(...measured)), most: megabytes(Math.max(...measured)) })}`
    : '';
  return t('day.connected', { share }) + weights;
}

export const legend = (states) =>
  states.length ? html`<ul class="legend">${states.map((state) => html`<li><span class="swatch ${state}"></span>${t(`state.${state}`)}</li>`)}</ul>` : nothing;
